package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"crosstalk/session"
)

// ReplayOptions are how a replay begins, and what its viewer brings along.
type ReplayOptions struct {
	At      time.Duration    // session time to begin at; negative is before the end
	Still   bool             // it does not play until it is told to
	Speed   int              // 1 to MaxSpeed; 0 is 1
	Now     func() time.Time // the wall clock; its zone is the one that is shown
	ASCII   bool             // draw with ASCII alone
	Environ []string         // the viewer's environment: NO_COLOR, TERM

	// ReadOnly: its viewer wanted to go on with the session, and another process
	// writes it. That is said.
	ReadOnly bool
}

// MaxSpeed is how many seconds of a session a replay plays in one.
const MaxSpeed = 64

// Replay is the screen of a session at any of its moments, with a time cursor.
// It has a journal to read from and no session: no key reaches one.
type Replay struct {
	m *Model
	p *session.Playback
	o ReplayOptions

	info    session.PlaybackInfo
	moments []session.Moment

	at        int64 // the cursor, milliseconds
	shown     int64 // the moment that the panes show
	fresh     bool  // nothing is shown yet
	busy      bool  // a look at the journal is on its way
	playing   bool
	following bool // the cursor is the end of a session that goes on
	fromEnd   int64
	speed     int
	played    time.Time // when the cursor last moved by itself
	ticking   bool
	recorded  bool // nobody watches: no key is named

	said   message // its till is the wall clock's
	typing bool    // the text to look for
	find   []rune
	sought string
}

// What a replay is told.
type (
	infoMsg struct {
		info    session.PlaybackInfo
		moments []session.Moment
		more    <-chan struct{}
	}
	// lookMsg brings the events up to a moment, and the state before them unless
	// they follow what is shown.
	lookMsg struct {
		state  *session.State
		events []session.Event
		asked  int64 // where the cursor was
		to     int64 // the same, within the session
		err    error
	}
	playMsg struct{}
	fadeMsg struct{}
)

const (
	playEvery = 66 * time.Millisecond
	infoEvery = 100 * time.Millisecond
	// leadMS is how far before a moment a jump begins, so that the tiles' last
	// minute is known there.
	leadMS = (stripLen + 5) * 1000
	// aheadMS is how far the events between are read rather than jumped over.
	aheadMS = 3 * 60_000
)

// still is the source of a screen that only shows.
type still struct{}

var errReplay = errors.New("this is a replay: nothing here reaches a session")

func (still) Snapshot() *session.State { return session.NewState() }

func (still) Since(ctx context.Context, _ uint64) ([]session.Event, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (still) Do(context.Context, session.Person, session.Command) (session.Reply, error) {
	return session.Reply{}, errReplay
}

func (still) May(session.Person, session.Command) error { return errReplay }

// NewReplay returns the screen of a journal. Its Run must be going.
func NewReplay(p *session.Playback, o ReplayOptions) *Replay {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Replay{p: p, o: o, fresh: true, playing: !o.Still, speed: min(max(1, o.Speed), MaxSpeed)}
	r.at = max(0, o.At.Milliseconds())
	r.fromEnd = min(0, o.At.Milliseconds())
	r.info, _ = p.Info()
	r.m = New(still{}, Options{Now: r.clock, Host: true, ASCII: o.ASCII, Environ: o.Environ})
	r.m.replay, r.m.keys, r.m.refused = r, replayKeys(), map[string]error{}
	return r
}

// clock is the session's wall clock at the moment that is shown: all ages and
// countdowns of the panes are as of then.
func (r *Replay) clock() time.Time {
	zone := r.o.Now().Location()
	if r.m == nil || r.m.s.Began.IsZero() {
		return time.Time{}.In(zone)
	}
	return r.m.s.At(r.shown).In(zone)
}

// RunReplay shows a journal on a terminal until the viewer leaves or ctx is
// done; the last is no error.
func RunReplay(ctx context.Context, p *session.Playback, o ReplayOptions, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := NewReplay(p, o)
	r.m.ctx = ctx
	prog := tea.NewProgram(r, tea.WithContext(ctx), tea.WithInput(heeding(in)), tea.WithOutput(out), tea.WithEnvironment(o.Environ),
		tea.WithColorProfile(colorprofile.Detect(out, o.Environ)), tea.WithoutSignalHandler(), tea.WithFilter(noSuspend))
	_, err := prog.Run()
	if err != nil && (errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("show the replay: %w", err)
	}
	return nil
}

// Init begins to look, and to follow what is known of the journal.
func (r *Replay) Init() tea.Cmd {
	return tea.Batch(r.learn(nil), r.look(), r.tick(), tea.RequestBackgroundColor)
}

// View draws the frame.
func (r *Replay) View() tea.View {
	v := r.m.View()
	v.WindowTitle = "crosstalk replay · " + short(time.Duration(r.at)*time.Millisecond)
	v.ProgressBar, v.Cursor = nil, nil
	return v
}

// Update takes one message. It waits for nothing: what reads the journal is a
// Cmd.
func (r *Replay) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.update(msg)
	r.m.now = r.clock()
	r.m.arrange()
	return r, cmd
}

func (r *Replay) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.m.w, r.m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		r.m.restyle(msg.IsDark())
	case infoMsg:
		return r.learned(msg)
	case lookMsg:
		return r.looked(msg)
	case playMsg:
		return r.play()
	case tea.KeyPressMsg:
		return r.press(msg)
	case tea.PasteMsg:
		if r.typing {
			r.find = append(r.find, []rune(msg.Content)...)
		}
	case tea.MouseWheelMsg:
		if r.m.overlay != overlayNone {
			return r.m.turn(msg)
		}
		switch msg.Button {
		case tea.MouseWheelUp:
			return r.step(-10_000)
		case tea.MouseWheelDown:
			return r.step(10_000)
		}
	case tea.MouseClickMsg:
		return r.click(msg.X, msg.Y)
	}
	return nil
}

// learn waits until more is known of the journal than was; a nil channel is
// for the first time.
func (r *Replay) learn(more <-chan struct{}) tea.Cmd {
	ctx, p := r.m.ctx, r.p
	return func() tea.Msg {
		if more != nil {
			select {
			case <-more:
			case <-ctx.Done():
				return nil
			}
			// What comes together is told together.
			t := time.NewTimer(infoEvery)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
				return nil
			}
		}
		moments := p.Moments()
		info, next := p.Info()
		return infoMsg{info: info, moments: moments, more: next}
	}
}

func (r *Replay) learned(msg infoMsg) tea.Cmd {
	was := r.info
	r.info, r.moments = msg.info, msg.moments
	next := r.learn(msg.more)
	if text := r.trouble(); text != "" && r.info.Caught && !was.Caught {
		next = tea.Batch(next, r.say(text, true))
	}
	if !r.info.Caught {
		return next
	}
	switch {
	case r.fromEnd < 0:
		r.at, r.fromEnd = max(0, r.info.End+r.fromEnd), 0
		return tea.Batch(next, r.look())
	case r.following:
		if !r.info.Live || r.info.Ended {
			return tea.Batch(next, r.end())
		}
	case r.at > r.info.End:
		return tea.Batch(next, r.end())
	case !was.Caught:
		return tea.Batch(next, r.tick())
	}
	return next
}

// look reads what the cursor's moment looks like, one look at a time: while one
// is on its way the cursor may move on.
func (r *Replay) look() tea.Cmd {
	if r.busy || !r.fresh && r.at == r.shown {
		return nil
	}
	r.busy = true
	ctx, p, to, seq := r.m.ctx, r.p, r.at, r.m.s.Seq
	on, follow := !r.fresh && to >= r.shown && to-r.shown <= aheadMS, r.following
	return func() tea.Msg {
		msg := lookMsg{asked: to, to: to}
		if on {
			msg.events, msg.err = p.After(seq, to)
		} else {
			msg.state, msg.events, msg.err = p.Range(ctx, to-leadMS, to)
		}
		if info, _ := p.Info(); !follow {
			msg.to = min(to, info.End)
		}
		return msg
	}
}

func (r *Replay) looked(msg lookMsg) tea.Cmd {
	r.busy = false
	if msg.err != nil {
		r.playing = false
		return r.say("this moment could not be read: "+msg.err.Error(), true)
	}
	r.show(msg.state, msg.events, msg.to)
	if r.at == msg.asked {
		return nil
	}
	return r.look()
}

// show puts a moment on the panes.
func (r *Replay) show(state *session.State, events []session.Event, to int64) {
	m := r.m
	if state != nil {
		m.s, m.past = state, map[tileKey]*strip{}
		m.machine = readMachine(m.s.Env("self").Tick.Vitals)
	}
	for _, e := range events {
		m.s.Apply(e)
		m.remember(e)
	}
	r.shown, r.fresh = to, false
}

func (r *Replay) say(text string, bad bool) tea.Cmd {
	r.said = message{text: text, bad: bad, till: r.o.Now().Add(messageFor)}
	return r.after(messageFor+10*time.Millisecond, fadeMsg{})
}
