package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"crosstalk/notes"
	"crosstalk/session"
)

// Exchange is one real request and its answer that stands as an example beside a
// finding. Secrets in it are masked.
type Exchange struct {
	Moment            // when it was sent
	Asked    int      `json:"asked"` // on the dial
	Journey  string   `json:"journey"`
	Step     string   `json:"step"`
	Kind     string   `json:"kind"`    // of error; "" for a good answer
	Pick     string   `json:"pick"`    // of its kind and level: "first", "slowest" or "random"
	Seconds  float64  `json:"seconds"` // until the last byte, or until it failed
	Status   int      `json:"status"`  // 0: no answer
	User     int      `json:"user"`    // from 1
	Trace    string   `json:"trace"`   // traceparent, as it was sent; "": none was
	Method   string   `json:"method"`
	URL      string   `json:"url"`
	Sent     []string `json:"sent"` // headers
	Body     string   `json:"body"` // start of what was sent
	BodyCut  bool     `json:"body_cut"`
	Reached  string   `json:"reached"`  // where redirects led
	Answered []string `json:"answered"` // the answer's headers
	Start    string   `json:"start"`    // of the answer's body
	StartCut bool     `json:"start_cut"`
	Why      string   `json:"why"` // there was no answer
}

// What of the kept exchanges a finding may show.
const (
	maxExchanges   = 4000   // kept while a journal is read
	shownExchanges = 2      // beside one finding
	exchangeBefore = 60_000 // milliseconds before a finding, or since its level began
	exchangeAfter  = 15_000
)

// exchanged keeps an exchange, the newest of very many.
func (b *builder) exchanged(x *session.ExemplarAdd) {
	if len(b.exemplars) >= maxExchanges {
		b.exemplars = slices.Clone(b.exemplars[maxExchanges/2:])
	}
	b.exemplars = append(b.exemplars, x)
}

// exchanges are the examples of a finding: what failed around it, one of each step
// and kind of error, else the slowest good answer. A step that its text names
// comes first, then what was sent nearest to it.
func (b *builder) exchanges(n notes.Note) []Exchange {
	from, to := n.MS-exchangeBefore, n.MS+exchangeAfter
	for _, l := range b.levels.list {
		if l.from <= n.MS && n.MS < l.to { // what another level brings later says nothing of it
			from, to = min(from, l.from), min(to, l.to)
		}
	}
	var near []*session.ExemplarAdd
	failed := false
	for _, x := range b.exemplars {
		if x.Sent >= from && x.Sent <= to {
			near = append(near, x)
			failed = failed || x.Kind != ""
		}
	}
	named := longWords(n.Text)
	rank := func(x *session.ExemplarAdd) int {
		if mentions(named, x.Step) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(near, func(x, y *session.ExemplarAdd) int {
		if failed {
			return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(abs(x.Sent-n.MS), abs(y.Sent-n.MS)))
		}
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(y.Seconds, x.Seconds))
	})
	out := []Exchange{}
	seen := map[[3]string]bool{}
	for _, x := range near {
		key := [3]string{x.Journey, x.Step, x.Kind}
		if failed && x.Kind == "" || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, b.exchange(x))
		if len(out) == shownExchanges || !failed {
			break
		}
	}
	return out
}

func (b *builder) exchange(x *session.ExemplarAdd) Exchange {
	return Exchange{Moment: b.at(x.Sent), Asked: x.Asked, Journey: x.Journey, Step: x.Step, Kind: x.Kind, Pick: x.Pick, Seconds: x.Seconds, Status: x.Status, User: x.User,
		Trace: x.Trace, Method: x.Method, URL: x.URL, Sent: headerLines(x.Headers), Body: x.Body, BodyCut: x.MoreSent, Reached: x.Reached, Answered: headerLines(x.Answer),
		Start: x.Start, StartCut: x.More, Why: x.Error}
}

func headerLines(h map[string]string) []string {
	out := []string{}
	for _, name := range sortedKeys(h) {
		out = append(out, name+": "+h[name])
	}
	return out
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// longWords are the words of a text that may name a step: of four letters or more.
func longWords(text string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }), func(w string) bool { return len(w) < 4 })
}

func mentions(words []string, step string) bool {
	step = strings.ToLower(step)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(step, w) })
}

// what tells an exchange in a line.
func (x Exchange) what() text {
	t := join(words("A real exchange: "), foreign(x.Step))
	if x.Kind != "" {
		t = join(t, words(" failed ("), foreign(x.Kind), words(") after "+took(x.Seconds)))
	} else {
		t = join(t, words(" took "+took(x.Seconds)))
	}
	return join(t, words(fmt.Sprintf(", sent at %s (%s) by user %d, %s asked for; the ", clock(x.Elapsed), stamp(x.T), x.User, users(x.Asked))), foreign(x.Pick), words(" of its kind at that level"))
}

// took is how long an exchange lasted.
func took(seconds float64) string {
	if seconds < 1 {
		return millis(seconds)
	}
	return fmt.Sprintf("%.1f s", seconds)
}

// wire is an exchange as it went over the wire, as far as it was kept.
func (x Exchange) wire() string {
	var b strings.Builder
	line := func(s string) {
		if s = oneLine(tidy(s)); s != "" {
			b.WriteString(s + "\n")
		}
	}
	body := func(s string, cutOff bool) {
		if s = strings.TrimSpace(tidy(s)); s == "" {
			return
		}
		b.WriteString("\n" + s)
		if cutOff && !strings.HasSuffix(s, "…") {
			b.WriteString("…")
		}
		b.WriteString("\n")
	}
	line(x.Method + " " + x.URL)
	for _, h := range x.Sent {
		line(h)
	}
	if x.Trace != "" {
		line("traceparent: " + x.Trace)
	}
	body(x.Body, x.BodyCut)
	b.WriteString("\n")
	if x.Reached != "" {
		line("reached " + x.Reached)
	}
	switch {
	case x.Status > 0:
		line(fmt.Sprintf("%d after %s", x.Status, took(x.Seconds)))
	default:
		line("no answer after " + took(x.Seconds) + ": " + orUnknown(x.Why))
	}
	for _, h := range x.Answered {
		line(h)
	}
	body(x.Start, x.StartCut)
	return cut(strings.TrimRight(b.String(), "\n"), maxFinding)
}

// examples are the exchanges beside a finding, on the page.
func (n Note) examples() []block {
	var out []block
	for _, x := range n.Exchanges {
		out = append(out, block{Text: x.what()}, block{Pre: x.wire(), Class: "wrap", Else: words(noRoom + " session.json holds it.")})
	}
	return out
}

// examples are the exchanges beside a finding, as Markdown.
func (p *page) examples(n Note) {
	for _, x := range n.Exchanges {
		var what strings.Builder
		for _, w := range x.what() {
			if w.Foreign {
				what.WriteString(inline(w.Words))
			} else {
				what.WriteString(w.Words)
			}
		}
		p.fenced(what.String(), "http", x.wire())
	}
}
