package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"crosstalk/session"
)

// Source is what a screen is drawn from: a live session, or a replay.
type Source interface {
	// Snapshot returns an own copy of the state, to start from.
	Snapshot() *session.State
	// Since returns the events after seq and waits until there is one. Any error
	// means that there will be no more.
	Since(ctx context.Context, seq uint64) ([]session.Event, error)
	// Do gives a command and returns its answer. It may take as long as a disk.
	Do(ctx context.Context, who session.Person, cmd session.Command) (session.Reply, error)
	// May tells at once whether Do would refuse a command now, and why.
	May(who session.Person, cmd session.Command) error
}

// Options are what one viewer brings along.
type Options struct {
	Who     session.Person
	Now     func() time.Time // the clock; its zone is the one that is shown
	Host    bool             // leaving ends the session; a guest only leaves his view
	Demo    bool             // the embedded lab runs behind it
	Before  bool             // the pre-flight page is shown first
	Tour    *Tour            // the acts that a demo offers, and what became of them; nil: none
	Mystery bool             // whether the lab's environments are linked is to be found out
	Express bool             // the charter is asked for at once, and the quick link check offered
	ASCII   bool             // draw with ASCII alone
	Calm    bool             // reduced motion: few updates a second, a cursor that does not blink
	Shots   string           // the folder whose new images are offered for a note; "" watches none
	Environ []string         // the viewer's environment: NO_COLOR, TERM
	Viewer  uint64           // a guest's number in the session; 0 is the host
	Door    *Door            // the host's; nil where nobody can be let in
}

// Model is one viewer's screen.
type Model struct {
	src Source
	o   Options
	ctx context.Context //nolint:containedctx // a Cmd that waits must end with the program, and bubbletea hands none to it
	s   *session.State
	st  *styles
	now time.Time

	w, h    int
	zoom    zoom
	zones   zones  // what was learnt at each level
	zonesAt uint64 // the newest event in them
	scale   scaling
	theme   theme
	calm    bool          // reduced motion
	ground  bool          // the terminal's, as it told: dark
	reach   time.Duration // how far back the charts reach; 0: by age
	still   stillness
	point   moment           // in the timeline
	cleared int64            // milliseconds; when the load went off whose all-clear was copied last
	slots   []session.Second // what the charts hold, used again for each frame
	layout  layout
	heads   heads  // what stands above the charts
	view    window // what the charts show

	mode       mode
	overlay    overlay
	scroll     int    // of the overlay
	levelSteps bool   // the sheet of levels shows their steps
	item       int    // selected, of what an earlier session left open
	number     string // what is being typed on the dial
	spike      bool   // it is a spike
	ask        question
	editor     editor
	form       form         // while modeForm
	plan       session.Ramp // the last that was begun here; no step: none
	guide      guide        // speaks on the note line; nil: nobody
	draft      draft        // a note put aside by Escape
	desk       desk
	pair       pairing
	sel        string  // the selected note's id; "" when the list has no focus
	tile       tileKey // the selected tile; none when no pane has the focus

	dial        dialQueue
	wheel       time.Time // when the wheel last turned the dial up
	saving      bool      // a note waits for the disk
	holding     bool      // a Hold waits for its answer
	wantsReason bool      // going on after the cut takes a typed reason
	armed       bool      // the next ctrl+c leaves, before until
	until       time.Time
	leaving     bool // Finish is on its way
	over        bool // nothing more will come
	message     message
	receipt     message
	refused     map[string]error // by binding, why its command would be refused now
	past        map[tileKey]*strip
	machine     machine
	keys        []binding
	replay      *Replay // what shows this screen when it is no running session's; else nil
}

// mode is what the keyboard does.
type mode int

const (
	modeMain mode = iota
	modeNumber
	modeAsk
	modeEdit
	modeForm
)

// overlay is what lies over the panes.
type overlay int

const (
	overlayNone overlay = iota
	overlayHelp
	overlayErrors
	overlayLevels
	overlayTimeline
	overlayCard
	overlayAgain
	overlayLink
	overlayPreflight
	overlayShare
)

// message is a line that fades.
type message struct {
	text string
	bad  bool
	till time.Time
}

// question is asked once, on the status line.
type question struct {
	text string
	yes  func(*Model) tea.Cmd
	no   func(*Model) tea.Cmd // by n; nil: every other key leaves all as it is
}

// How long things stay or take.
const (
	messageFor = 6 * time.Second
	receiptFor = 12 * time.Second
	batchEvery = 66 * time.Millisecond // at most 15 updates a second
	clockEvery = 250 * time.Millisecond
	calmEvery  = 500 * time.Millisecond
	wheelEvery = 200 * time.Millisecond // at most 5 users a second upward
)

// New returns a screen of src. It starts from a snapshot, so it can be drawn
// at once.
func New(src Source, o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Model{src: src, o: o, ctx: context.Background(), s: src.Snapshot(), now: o.Now(), refused: map[string]error{}, past: map[tileKey]*strip{}}
	m.keys = keyMap()
	m.calm = o.Calm
	m.machine = readMachine(m.s.Env("self").Tick.Vitals)
	m.restyle(true)
	if b := m.s.Brake; b != nil && m.s.Elapsed() < staleNews {
		m.braked(b)
	}
	// What is taken up again has its old end in this snapshot; what is really over
	// says so at once.
	if m.o.Host && m.o.Door != nil && len(m.o.Door.Sight().looks()) > 0 {
		m.doorOpen()
	}
	m.guide = guideOf(o)
	if o.Before && !o.Express { // there the charter comes first
		m.overlay = overlayPreflight
	}
	m.mayBe()
	m.arrange()
	return m
}

// Init begins to follow the session and the clock.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.pull(time.Time{}), m.tick(), tea.RequestBackgroundColor, m.askUnfinished())
}

func (m *Model) restyle(dark bool) {
	m.ground = dark
	switch m.theme.ground {
	case groundDark:
		dark = true
	case groundLight:
		dark = false
	}
	charset, plain := m.charset()
	ascii := m.o.ASCII || m.env("RUNEWIDTH_EASTASIAN") == "1" || charset != "" && charset != "utf8"
	m.st = newStyles(dark, m.env("NO_COLOR") != "", ascii, plain || m.console(), m.theme.palette)
}

// consoles are terminals that show little more than letters, whatever stands
// before or after the name: linux-16color, screen.linux, vt220.
var consoles = []string{"linux", "vt52", "vt100", "vt102", "vt220", "vt320", "vt420", "vt510", "vt520", "cons25", "ansi", "dumb"}

// console tells of a terminal whose font has no braille, in all likelihood.
func (m *Model) console() bool {
	return slices.ContainsFunc(strings.FieldsFunc(m.env("TERM"), func(r rune) bool { return r == '-' || r == '.' || r == '+' }),
		func(part string) bool { return slices.Contains(consoles, part) })
}

// charset is what the viewer's locale says of letters, as "utf8"; "" where it
// says nothing. Plain tells of the locale that promises nothing (C, POSIX): there
// is no braille there, but what nearly every terminal draws.
func (m *Model) charset() (name string, plain bool) {
	locale := cmp.Or(m.env("LC_ALL"), m.env("LC_CTYPE"), m.env("LANG"))
	_, name, _ = strings.Cut(locale, ".")
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(strings.ReplaceAll(name, "-", "")), locale == "C" || locale == "POSIX"
}

func (m *Model) env(name string) string {
	i := slices.IndexFunc(m.o.Environ, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	if i < 0 {
		return ""
	}
	return m.o.Environ[i][len(name)+1:]
}

// Run shows src on a terminal until the viewer leaves, the session ends or ctx
// is done; the last is no error.
func Run(ctx context.Context, src Source, o Options, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := New(src, o)
	m.ctx = ctx
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(heeding(in)), tea.WithOutput(out), tea.WithEnvironment(o.Environ),
		tea.WithColorProfile(colorprofile.Detect(out, o.Environ)), tea.WithoutSignalHandler(), tea.WithFilter(noSuspend))
	_, err := p.Run()
	if err != nil && (errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// noSuspend drops ctrl+z: it would stop the whole process group, load and guard
// included.
func noSuspend(_ tea.Model, msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); ok {
		return nil
	}
	return msg
}
