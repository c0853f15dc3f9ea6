package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// The day after, somebody else files a bug and answers the debrief: that has its
// own time, and makes nobody a tester.
func TestLaterFactsAreLater(t *testing.T) {
	t.Parallel()
	for name, ended := range map[string]bool{"after its end": true, "after it broke off": false} {
		tape := newTape()
		tape.start()
		tape.quiet(20)
		tape.dial("mel", 5)
		tape.seconds(30)
		tape.write("mel", notes.Bug, "orders are doubled")
		state, torn := Crashed, `{"v":1,"seq":`
		row := "it had broken off: what was added stands behind the last that was heard"
		if ended {
			state, torn, row = Ended, "", "the session's end stands behind what was added"
			tape.end("quit")
		}
		tape.raw(torn)
		dir := tape.dir(t)
		st := tape.state(t)
		next := tape.now().Add(24*time.Hour + 1001*time.Second)
		if _, err := session.AddLate(dir, next, []session.Late{{By: "torvald", Type: session.TypeNoteLink, Body: &session.NoteLink{ID: "n1", Key: "SHOP-4711"}},
			{By: "torvald", Type: session.TypeDebrief, Body: &session.Debrief{Question: "learned", Text: "torvald says: orders double"}}}); err != nil {
			t.Fatal(err)
		}
		m, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"mel", "jo"}; !slices.Equal(m.Session.People, want) || !slices.Equal(m.Session.testers(), want) {
			t.Errorf("%s: people %v, testers %v", name, m.Session.People, m.Session.testers())
		}
		if m.Session.Seconds != secs(st.MS) {
			t.Errorf("%s: %v s long", name, m.Session.Seconds)
		}
		lost := fmt.Sprintf("The journal has no end: what happened after %s is not known.", clock(m.Session.Seconds))
		if m.Session.State != state || m.Session.EndReason != map[bool]string{true: "quit"}[ended] || slices.Contains(m.Answer.Unknown, lost) == ended {
			t.Errorf("%s: %s (%s), not known: %q", name, m.Session.State, m.Session.EndReason, m.Answer.Unknown)
		}
		if last := m.Timeline[len(m.Timeline)-1]; last.Text != row {
			t.Errorf("%s: the end's row is %q", name, last.Text)
		}
		if m.Sure.SetAside != int64(len(torn)) || m.Sure.Torn != 0 {
			t.Errorf("%s: %d bytes set aside, %d torn", name, m.Sure.SetAside, m.Sure.Torn)
		}
		events, _, err := session.ReadJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		over := map[bool]string{true: Ended, false: goneState}[ended]
		if v := status(session.Fold(events), next.Add(time.Minute)); v.State != over || !ended && *v.Heard != next.Add(time.Minute).Sub(st.At(st.MS)).Seconds() {
			t.Errorf("%s: the status is %s, heard of %v s ago", name, v.State, *v.Heard)
		}
		var later []string
		for _, r := range m.Timeline {
			if r.Later {
				later = append(later, r.Type)
				if !r.T.Equal(next.Truncate(time.Millisecond)) || r.elapsed() != "later" {
					t.Errorf("%s: %s stands at %v, %s", name, r.Type, r.T, r.elapsed())
				}
			}
		}
		if want := []string{session.TypeNoteLink, session.TypeDebrief, session.TypeEnd}; !slices.Equal(later, want) {
			t.Errorf("%s: later are %v, want %v", name, later, want)
		}
		out := t.TempDir()
		written, err := Write(dir, out, []Format{HTML, Markdown, SES, Timeline})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range written {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := string(b)
			switch filepath.Ext(path) {
			case ".ses":
				if strings.Contains(text, "\ntorvald\n") || strings.Count(text, "\nmel\n") != 1 {
					t.Errorf("%s: the sheet's testers:\n%s", name, text)
				}
			case ".md", ".html":
				if !strings.Contains(text, "2026-10-18 15:37") || !strings.Contains(text, "later") {
					t.Errorf("%s: %s does not tell the day", name, filepath.Base(path))
				}
				if filepath.Base(path) == "timeline.md" && (strings.Contains(text, "torvald") || !strings.Contains(text, "person: colleague")) {
					t.Errorf("%s: the timeline names who filed it:\n%s", name, text)
				}
			}
		}
	}
	// Keeping a key while it runs makes nobody a tester, either; writing a note does.
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.write("mel", notes.Bug, "slow")
	tape.add("torvald", session.TypeNoteLink, &session.NoteLink{ID: "n1", Key: "SHOP-4711"})
	tape.write("ada", notes.Plain, "slow here, too")
	if got, want := tape.model(t).Session.People, []string{"mel", "jo", "ada"}; !slices.Equal(got, want) {
		t.Errorf("people %v, want %v", got, want)
	}
}

// What came within the session, or after it was taken up, is not later.
func TestWithinIsNotLater(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]*tape{"rich": rich(), "resumed": resumed()} {
		for _, r := range of.model(t).Timeline {
			if r.Later {
				t.Errorf("%s: %s is later", name, r.Type)
			}
		}
	}
}

// A span behind the session's end is none of it.
func TestASpanOutsideTheSession(t *testing.T) {
	t.Parallel()
	dir := rich().dir(t)
	for from, refused := range map[float64]bool{0: false, 400: false, 428.03: true, 5400: true} {
		out := t.TempDir()
		written, err := WriteOf(dir, out, []Format{Timeline}, Options{Of: &Stretch{from, 9000}})
		if errors.Is(err, ErrOutside) != refused || refused && (len(written) > 0 || !strings.Contains(err.Error(), "it is 7 min 8 s long")) {
			t.Errorf("from %v: %v, %v", from, written, err)
		}
	}
}
