package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"crosstalk/session"
	"crosstalk/session/report"
)

// PlainOptions are what a session without a picture brings along.
type PlainOptions struct {
	Who        session.Person
	Now        func() time.Time // the clock; its zone is the one that is told
	Interrupts <-chan struct{}  // ctrl+c, when all load is stopped by it already; a second one leaves
	Every      time.Duration    // between two reports of how it goes while load runs; 0: PlainEvery
	Door       *Door            // where guests come in; nil: there is none
	Mystery    bool             // whether the environments are linked is to be found out
	Express    bool             // a short session: the charter is asked for, and the quick link check offered
	From       *session.State   // what was known before it began; it is taken over. Nil: nothing was
}

// PlainEvery is how often it is told how it goes while load runs.
const PlainEvery = 10 * time.Second

// plain is the session as a stream of sentences, and a prompt: for screen
// readers, for slow links, and for terminals that draw nothing.
type plain struct {
	src Source
	o   PlainOptions
	s   *session.State
	// resumed says that there was something of the session before.
	resumed bool
	out     io.Writer
	wrong   error // the first that writing met
	told    time.Time
	armed   time.Time               // until then a second ctrl+c leaves
	asks    func(line string) error // takes the next line as an answer; nil: it is a command
	state   map[string]string       // of environments, as told

	knock    Knock  // who waits at the door, as told
	answered bool   // that one has its answer
	slips    string // of the file of keys, as told
}

// errLeave ends a plain session in order.
var errLeave = errors.New("leave")

// Plain runs a session as sentences on out and commands from in, a line each,
// until the person leaves, in ends, or the session does.
func Plain(ctx context.Context, src Source, o PlainOptions, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Every <= 0 {
		o.Every = PlainEvery
	}
	p := &plain{src: src, o: o, s: o.From, out: out, state: map[string]string{}}
	if p.s == nil {
		p.s = session.NewState()
	}
	p.resumed = !p.s.Began.IsZero()
	lines, events := make(chan string), make(chan []session.Event)
	go readLines(ctx, in, lines)
	go follow(ctx, src, p.s.Seq, events)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for p.wrong == nil {
		select {
		case batch, ok := <-events:
			if !ok {
				return p.wrong
			}
			for _, e := range batch {
				p.tell(e)
				if e.Type == session.TypeEnd { // and not the last line of what is taken up again
					return p.wrong
				}
			}
		case line, ok := <-lines:
			if !ok {
				p.say("Nothing more can be typed: the session ends.")
				return p.finish(ctx, "")
			}
			if err := p.take(ctx, line); errors.Is(err, errLeave) {
				return p.wrong
			}
		case <-o.Interrupts:
			if p.interrupt() {
				return p.finish(ctx, "")
			}
		case <-tick.C:
			p.knocks()
			p.watchDoor()
			p.regular()
		case <-ctx.Done():
			return nil
		}
	}
	return p.wrong
}

// readLines hands over what is typed, a line each, until in ends or nobody
// listens.
func readLines(ctx context.Context, in io.Reader, to chan<- string) {
	defer close(to)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 256<<10)
	for lines.Scan() {
		select {
		case to <- lines.Text():
		case <-ctx.Done():
			return
		}
	}
}

// follow hands over what happens after seq until nothing more will.
func follow(ctx context.Context, src Source, seq uint64, to chan<- []session.Event) {
	defer close(to)
	for {
		batch, err := src.Since(ctx, seq)
		if err != nil {
			return
		}
		if len(batch) == 0 {
			continue
		}
		seq = batch[len(batch)-1].Seq
		select {
		case to <- batch:
		case <-ctx.Done():
			return
		}
	}
}

// say writes one sentence, or several, on a line of its own.
func (p *plain) say(format string, args ...any) {
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if _, err := fmt.Fprintln(p.out, text); err != nil && p.wrong == nil {
		p.wrong = fmt.Errorf("tell how it goes: %w", err)
	}
}

// lines writes a list, a line each, as it stands.
func (p *plain) lines(all []string) {
	for _, l := range all {
		p.say("%s", l)
	}
}

// interrupt is ctrl+c. It tells whether it leaves.
func (p *plain) interrupt() bool {
	if p.o.Now().Before(p.armed) {
		return true
	}
	p.armed = p.o.Now().Add(messageFor)
	p.asks = nil
	p.say("All load is stopped. ctrl+c again within %d seconds leaves.", int(messageFor/time.Second))
	return false
}

// give gives a command and tells its answer.
func (p *plain) give(ctx context.Context, cmd session.Command) {
	p.became(p.src.Do(ctx, p.o.Who, cmd))
}

// became tells what became of something.
func (p *plain) became(reply session.Reply, err error) {
	switch {
	case err != nil:
		p.say("No: %s.", strings.TrimSuffix(err.Error(), "."))
	case reply.Text != "":
		p.say("Yes: %s.", spoken(reply.Text))
	default:
		p.say("Done.")
	}
}

// finish ends the session.
func (p *plain) finish(ctx context.Context, learned string) error {
	if learned != "" {
		_, _ = p.src.Do(ctx, p.o.Who, session.Answer{Question: "learned", Text: learned})
	}
	_, err := p.src.Do(context.WithoutCancel(ctx), p.o.Who, session.Finish{Reason: "quit"})
	if err != nil && p.wrong == nil {
		p.say("No: %s.", err.Error())
	}
	return p.wrong
}

// regular tells how it goes, every so often while load runs.
func (p *plain) regular() {
	now := p.o.Now()
	if p.s.Dial.Asked == 0 && p.s.Dial.Running == 0 || now.Sub(p.told) < p.o.Every {
		return
	}
	p.report()
}

// report tells how it goes in a few sentences.
func (p *plain) report() {
	p.told = p.o.Now()
	s := p.s
	unit := s.Unit()
	p.say("%s. %s asked for, %d running. Staging %s. Production %s. %s", since(s.MS), unit.Of(s.Dial.Asked), s.Dial.Running, p.envWords("staging"), p.envWords("production"), p.guardWords())
}

// envWords is one environment in words.
func (p *plain) envWords(env string) string {
	if !p.s.Watched(env) {
		return "is not watched"
	}
	e := p.s.Env(env)
	text := "is " + e.State
	if e.State != "green" && e.Why != "" {
		text += ", " + e.Why
	}
	if env == "staging" && p.s.Dial.Running > 0 && p.s.Load.P95 != nil {
		return text + fmt.Sprintf(", %.0f requests a second, p95 %s, errors %s", p.s.Load.RPS, millis(*p.s.Load.P95), share(failed(p.s)))
	}
	if e.Tick.P95 != nil {
		text += fmt.Sprintf(", p95 %s", millis(*e.Tick.P95))
	}
	return text
}

// failed is the share of the newest tick's requests that failed.
func failed(s *session.State) float64 {
	if s.Load.Requests == 0 {
		return 0
	}
	return float64(s.Load.Errors) / float64(s.Load.Requests)
}

// guardWords say what the guard does, as the status line has it.
func (p *plain) guardWords() string {
	g := p.s.Guard
	m := p.screen()
	switch {
	case p.s.Start.NoGuard != "":
		return "The guard is off."
	case p.s.Baseline.Running:
		done, all := status{m}.learned()
		return fmt.Sprintf("The guard is learning what is normal, %d s of %d s.", done, all)
	case g.State != string(session.GuardRun):
		return fmt.Sprintf("The guard %s: %s.", guardWord(g.State), strings.TrimSuffix(g.Why, "."))
	case m.unwatched():
		return unguardedWords(p.s) + "."
	case m.warnLeft() > 0:
		return fmt.Sprintf("The guard only warns for %s, red still cuts.", minutes(m.warnLeft()))
	}
	return "The guard is armed."
}

// screen is what a screen would be drawn from now, for words that both say.
func (p *plain) screen() *Model {
	return &Model{src: p.src, o: Options{Who: p.o.Who, Host: true}, s: p.s, now: p.o.Now(), w: 120, h: 36}
}

// card is the answer to "what are you doing right now?".
func (p *plain) card() { p.lines(report.Card(p.s, p.o.Now())) }

// spoken makes a text of the screen one that is read aloud: no arrows.
func spoken(text string) string {
	return strings.TrimSuffix(strings.NewReplacer(" → ", " to ", "→", " to ", "↑", "up", "↓", "down", " · ", ", ").Replace(text), ".")
}
