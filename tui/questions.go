package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"crosstalk/session"
)

// Question is one line of a form that stands alone, outside of a session.
type Question struct {
	Key  string
	Name string // at most 15 columns
	Asks string
	Text string // what stands there already
	// Check tells why an answer can't be taken and what would be; nil takes any.
	Check func(text string) error
}

// ErrLeft says that the form was left without its answers.
var ErrLeft = errors.New("left without answers: nothing was written")

// Ask puts questions in a form on a terminal and returns the answers by key. The
// error is [ErrLeft] when the person leaves it.
func Ask(ctx context.Context, title, about string, questions []Question, o Options, in io.Reader, out io.Writer) (map[string]string, error) {
	q := newQuestions(title, about, questions, o)
	p := tea.NewProgram(q, tea.WithContext(ctx), tea.WithInput(heeding(in)), tea.WithOutput(out), tea.WithEnvironment(o.Environ),
		tea.WithColorProfile(colorprofile.Detect(out, o.Environ)), tea.WithoutSignalHandler(), tea.WithFilter(noSuspend))
	if _, err := p.Run(); err != nil {
		return nil, fmt.Errorf("show the form: %w", err)
	}
	if q.answers == nil {
		return nil, ErrLeft
	}
	return q.answers, nil
}

// questions is a form without a session: the same keys and the same look.
type questions struct {
	m       *Model
	checks  map[string]func(string) error
	answers map[string]string // nil until the form is done
}

func newQuestions(title, about string, asked []Question, o Options) *questions {
	q := &questions{m: New(nobody{}, o), checks: map[string]func(string) error{}}
	f := form{title: title, about: about, done: func(*Model, *form) tea.Cmd { return tea.Quit }}
	for _, a := range asked {
		e := field{key: a.Key, name: a.Name, asks: a.Asks}
		e.editor.text, e.editor.at = a.Text, len(a.Text)
		f.fields = append(f.fields, e)
		q.checks[a.Key] = a.Check
	}
	q.m.openForm(f)
	return q
}

// Init asks for the terminal's ground.
func (q *questions) Init() tea.Cmd { return tea.RequestBackgroundColor }

// Update takes one message.
func (q *questions) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m := q.m
	m.now = m.o.Now()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.restyle(msg.IsDark())
	case tea.PasteMsg:
		m.pasteField(msg.Content)
	case tea.KeyPressMsg:
		cmd = q.press(msg)
	}
	m.arrange()
	return q, cmd
}

// press hands a key to the form, unless an answer has to be right first.
func (q *questions) press(msg tea.KeyPressMsg) tea.Cmd {
	f := &q.m.form
	f.wrong = ""
	switch msg.String() {
	case "ctrl+c", "esc":
		return tea.Quit
	case "ctrl+s":
		for i := range f.fields {
			if !q.right(i) {
				f.at = i
				return nil
			}
		}
	case "enter":
		if !q.right(f.at) {
			return nil
		}
		if f.at == len(f.fields)-1 { // the others may have been passed by with Tab
			for i := range f.fields {
				if !q.right(i) {
					f.at = i
					return nil
				}
			}
		}
	}
	cmd := q.m.fill(msg)
	if q.m.mode != modeForm {
		q.answers = map[string]string{}
		for _, e := range f.fields {
			q.answers[e.key] = strings.TrimSpace(e.editor.text)
		}
		return tea.Quit
	}
	return cmd
}

// right tells whether a field's answer can be taken; if not, the form says why.
func (q *questions) right(i int) bool {
	e := &q.m.form.fields[i]
	check := q.checks[e.key]
	if check == nil {
		return true
	}
	if err := check(strings.TrimSpace(e.editor.text)); err != nil {
		q.m.form.wrong = err.Error()
		return false
	}
	return true
}

// View draws the form alone.
func (q *questions) View() tea.View {
	m := q.m
	v := tea.NewView("")
	v.AltScreen = true
	if m.w < 20 || m.h < 8 {
		return v
	}
	r := rect{0, 0, min(m.w, 100), min(m.h, len(m.form.fields)+formRows+4)}
	r.x, r.y = (m.w-r.w)/2, (m.h-r.h)/2
	lines := strings.Split(newCanvas(m.st, m.w, m.h).String(), "\n")
	paste(lines, sheetForm{m}.render(r.w, r.h), r.x, r.y, r.w)
	v.Content = strings.Join(lines, "\n")
	if m.mode == modeForm {
		x, y := sheetForm{m}.cursor(r.w, r.h)
		v.Cursor = tea.NewCursor(r.x+x, r.y+y)
	}
	return v
}

// nobody is the source of a screen that shows no session.
type nobody struct{}

func (nobody) Snapshot() *session.State { return session.NewState() }

func (nobody) Since(ctx context.Context, _ uint64) ([]session.Event, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (nobody) Do(context.Context, session.Person, session.Command) (session.Reply, error) {
	return session.Reply{}, errors.New("no session runs")
}

func (nobody) May(session.Person, session.Command) error { return nil }
