package tui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

var jon = session.Person{Name: "jon", Role: session.Navigator}

// company is what the screens of one session know of each other.
type company struct {
	mu sync.Mutex
	by map[uint64]session.Presence
}

// seatSource is a source whose screens see each other, and which signs.
type seatSource struct {
	*fakeSource
	room   *company
	signed []string // who gave each command
}

func (s *seatSource) Show(p session.Presence) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.by[p.Viewer] = p
}

func (s *seatSource) Shown() []session.Presence {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	var all []session.Presence
	for _, id := range slices.Sorted(maps.Keys(s.room.by)) {
		all = append(all, s.room.by[id])
	}
	return all
}

func (s *seatSource) Do(ctx context.Context, who session.Person, cmd session.Command) (session.Reply, error) {
	s.signed = append(s.signed, who.Name)
	return s.fakeSource.Do(ctx, who, cmd)
}

// pairStory is a busy session in which jon navigates and ann watches.
func pairStory() *story {
	t := busyStory()
	t.add("jon", session.TypeViewerJoin, &session.ViewerJoin{Name: "jon", Role: session.Navigator, Key: "SHA256:nYH9oOuh3LCYgCHmQJmrPOiU0zjFpwVEWL1aA+D0Cvk", From: "192.0.2.7"})
	t.add("ann", session.TypeViewerJoin, &session.ViewerJoin{Name: "ann", Role: session.Observer, Key: "SHA256:rzVXdctjqLJG9KbCXfeNEJY+EOxUVb4o2CzqFnQFq04", From: "198.51.100.23"})
	return t
}

// twoScreens are mel's, who is the host, and jon's.
func twoScreens(w, h int) (m, j *Model, src *seatSource) {
	t := pairStory()
	src = &seatSource{fakeSource: newSource(t), room: &company{by: map[uint64]session.Presence{}}}
	now := func() time.Time { return storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond) }
	m = New(src, Options{Who: mel, Host: true, Now: now})
	j = New(src, Options{Who: jon, Viewer: seatOf(m, "jon").viewer.ID, Now: now})
	for _, s := range []*Model{m, j} {
		s.Update(tea.WindowSizeMsg{Width: w, Height: h})
	}
	return m, j, src
}

// seatOf is where somebody sits.
func seatOf(m *Model, name string) seat {
	for _, s := range m.seats() {
		if s.name == name {
			return s
		}
	}
	return seat{}
}

// meet lets both screens tell what they show, and see what the other does.
func meet(screens ...*Model) {
	for range 2 {
		for _, s := range screens {
			s.present()
		}
	}
}

func TestFollowShowsWhatTheOtherLooksAt(t *testing.T) {
	m, j, _ := twoScreens(120, 36)
	meet(m, j)
	own := j.looks()
	j.pressAll("s")
	j.pressAll("f") // mel is the first
	if j.pair.follow != "mel" || j.overlay != overlayNone {
		t.Fatalf("jon follows %q: %s", j.pair.follow, j.message.text)
	}
	if text := ansi.Strip(j.View().Content); !strings.Contains(text, "following mel, Esc ends it") {
		t.Errorf("it is not said:\n%s", text)
	}
	for _, keys := range [][]string{{"e"}, {"down", "down"}, {"esc", "l"}, {"esc", "t"}, {"left", "left"}, {"+"}, {"esc", "tab"}, {"up", "enter"}, {"esc", "esc", "?"}, {"esc", "z"}} {
		m.pressAll(keys...)
		meet(m, j)
		if j.looks() != m.looks() {
			t.Errorf("after %v mel's screen shows %+v, jon's %+v", keys, m.looks(), j.looks())
		}
	}
	// What jon opens himself stays until he closes it, and mel's never follows jon's.
	still := m.looks()
	j.pressAll("?")
	meet(m, j)
	if j.overlay != overlayHelp || m.looks() != still {
		t.Errorf("jon's own key: his shows %v, mel's %+v", j.overlay, m.looks())
	}
	m.pressAll("esc", "w")
	meet(m, j)
	if j.overlay != overlayHelp {
		t.Errorf("jon's own card gave way to %v", j.overlay)
	}
	j.pressAll("q")
	meet(m, j)
	if j.overlay != overlayCard || j.pair.follow != "mel" {
		t.Errorf("after it jon follows %q and sees %v", j.pair.follow, j.overlay)
	}
	// A note in the making is not torn away.
	j.pressAll("n")
	j.typeText("! half")
	m.pressAll("esc", "e")
	meet(m, j)
	if j.mode != modeEdit || j.editor.text != "! half" {
		t.Errorf("jon's line holds %q", j.editor.text)
	}
	j.pressAll("esc")
	meet(m, j)
	if j.overlay != overlayErrors {
		t.Errorf("after the note jon's shows %v", j.overlay)
	}
	for _, key := range []string{"esc", "s", "q", "enter"} {
		j.pursue(seatOf(j, "mel"))
		meet(m, j)
		if j.pressAll(key); j.pair.follow != "" || j.looks() != own {
			t.Errorf("after %s jon still follows %q, and sees %+v", key, j.pair.follow, j.looks())
		}
	}
	m.pressAll("esc", "l")
	meet(m, j)
	if got := j.looks(); got != own {
		t.Errorf("jon's own view shows %+v", got)
	}
	j.pressAll("s", "down", "f")
	if j.pair.follow != "" || !strings.Contains(j.message.text, "somebody else") {
		t.Errorf("jon follows himself: %q, %s", j.pair.follow, j.message.text)
	}
}

func TestTypingIsOnEverybodysScreen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		m, j, _ := twoScreens(size[0], size[1])
		for _, c := range []struct{ line, says string }{{"! slow", "jon is typing (bug)"}, {"? why", "jon is typing (question)"}, {"hm", "jon is typing"}} {
			j.pressAll("n")
			j.typeText(c.line)
			meet(m, j)
			if text := ansi.Strip(m.View().Content); !strings.Contains(text, c.says) {
				t.Errorf("%v: mel's screen does not say %q", size, c.says)
			}
			if text := ansi.Strip(j.View().Content); strings.Contains(text, "is typing") {
				t.Errorf("%v: jon is told of himself", size)
			}
			j.pressAll("ctrl+u", "esc")
		}
		meet(m, j)
		if text := ansi.Strip(m.View().Content); strings.Contains(text, "is typing") {
			t.Errorf("%v: it is still said after jon put the line aside", size)
		}
	}
}

// Two people at one desk: W asks for the second name once and switches from then
// on; each writes under the own name, with a draft of the own.
func TestTwoAuthorsAtOneDesk(t *testing.T) {
	m, j, src := twoScreens(120, 36)
	signed := func() (string, session.Command) {
		did := src.done()
		return src.signed[len(did)-1], did[len(did)-1]
	}
	m.pressAll("n")
	m.typeText("! mel's half")
	m.pressAll("esc")
	m.pressAll("W")
	if m.mode != modeEdit || m.editor.purpose != editAuthor {
		t.Fatalf("W asks nothing: %s", m.message.text)
	}
	m.typeText("kim")
	m.pressAll("enter")
	who, cmd := signed()
	if c, ok := cmd.(session.Join); !ok || who != "mel" || c.Viewer != (session.Viewer{Name: "kim", Role: session.Navigator, Desk: true}) {
		t.Fatalf("%s gave %+v", who, cmd)
	}
	if m.o.Who.Name != "kim" || !strings.Contains(ansi.Strip(m.View().Content), "you are kim") {
		t.Fatalf("%s writes, and it is said:\n%s", m.o.Who.Name, ansi.Strip(m.View().Content))
	}
	m.pressAll("n")
	if m.editor.text != "" {
		t.Errorf("kim finds mel's draft: %q", m.editor.text)
	}
	m.typeText("+ kim's")
	m.pressAll("enter")
	if who, cmd := signed(); who != "kim" || cmd.(session.AddNote).Draft.Text != "kim's" {
		t.Errorf("%s wrote %+v", who, cmd)
	}
	m.pressAll("W", "n") // at once: both are known
	if m.o.Who.Name != "mel" || m.editor.text != "! mel's half" {
		t.Errorf("%s finds %q", m.o.Who.Name, m.editor.text)
	}
	m.pressAll("enter")
	if who, cmd := signed(); who != "mel" || cmd.(session.AddNote).Draft.Kind != notes.Bug {
		t.Errorf("%s wrote %+v", who, cmd)
	}
	m.pressAll("W", "ctrl+x")
	if who, cmd := signed(); who != "kim" || cmd != (session.Command)(session.StopAll{}) {
		t.Errorf("%s gave %+v", who, cmd)
	}
	// A name that cannot be, as the session says, changes nobody.
	src.reply = func(session.Command) (session.Reply, error) {
		return session.Reply{}, &session.Refusal{Why: "nobody may be called guard"}
	}
	m.pair.names = nil
	m.pressAll("W")
	m.typeText("guard")
	m.pressAll("enter")
	if m.o.Who.Name != "kim" || !strings.Contains(m.message.text, "nobody may be called guard") {
		t.Errorf("%s writes: %s", m.o.Who.Name, m.message.text)
	}
	// A guest writes under the key's name alone.
	j.pressAll("W")
	if j.mode == modeEdit || !strings.Contains(j.message.text, "one name") {
		t.Errorf("a guest's W: %s", j.message.text)
	}
}

// The card of who is here is whole in every size: nothing of what has to be sent
// is cut.
func TestShareFrames(t *testing.T) {
	sight := Sight{Open: true, Addr: "0.0.0.0:2222", Allow: "team.keys", Keys: 2, Fingerprint: "SHA256:3TgnZCYN8lLS8Snj8KIY1FunoxklR16qItlKauXiTUk",
		Lines: []string{"ssh -p 2222 YOUR-NAME@192.0.2.10"}, Warning: "everybody who reaches eth0 (192.0.2.10) may knock at this door; only keys in the file come in",
		Skipped: []string{"line 4: its expiry-time is past"}, Reverse: "ssh -N -R 2222:127.0.0.1:2222 YOU@SHARED-SERVER", ReverseFor: "ssh -p 2222 YOUR-NAME@127.0.0.1"}
	here := sight
	here.Addr, here.Lines, here.Warning, here.Skipped, here.Here = "127.0.0.1:2222", []string{sight.ReverseFor}, "", nil, true
	for _, c := range []struct {
		name  string
		sight Sight
		guest bool
	}{{"closed", Sight{Addr: "127.0.0.1:2222", Allow: "/home/mel/.ssh/authorized_keys"}, false}, {"here", here, false}, {"open", sight, false}, {"guest", sight, true}} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				m, j, _ := twoScreens(size[0], size[1])
				meet(m, j)
				if c.guest {
					m = j
				} else {
					m.o.Door = NewDoor(DoorOptions{})
					m.o.Door.sight = c.sight
				}
				m.pressAll("s")
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				if !c.guest {
					for _, want := range append([]string{c.sight.Fingerprint, c.sight.Reverse, c.sight.ReverseFor}, c.sight.Lines...) {
						if !strings.Contains(frame, want) {
							t.Errorf("%q is cut or missing", want)
						}
					}
				}
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// Who comes back to the dial as an observer is here, and turns nothing: the line
// says so.
func TestAHolderWhoOnlyWatchesIsNamed(t *testing.T) {
	m, _, _ := twoScreens(120, 36)
	add := func(seq uint64, kind string, body any) {
		m.s.Apply(session.Event{Seq: m.s.Seq + seq, MS: int64(m.s.Elapsed() / time.Millisecond), By: "jon", Type: kind, Body: body})
	}
	add(1, session.TypeRoleGive, &session.RoleChange{From: "mel", To: "jon"})
	for _, v := range m.s.Pair.Here {
		if v.Name == "jon" {
			add(1, session.TypeViewerGone, &session.ViewerGone{Viewer: v.ID, Name: "jon"})
		}
	}
	m.arrange()
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "jon, who holds the dial, is not here any more") || !strings.Contains(text, "T takes the dial") {
		t.Errorf("gone:\n%s", text)
	}
	add(1, session.TypeViewerJoin, &session.ViewerJoin{Name: "jon", Role: session.Observer, Key: "k"})
	m.arrange()
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "jon, who holds the dial, only watches now") || !strings.Contains(text, "T takes the dial") {
		t.Errorf("back, and watching:\n%s", text)
	}
}

// The key that has to be compared is whole, whatever the name and the address, in
// the question as in the card.
func TestTheKeyToCompareIsWhole(t *testing.T) {
	const key = "SHA256:nYH9oOuh3LCYgCHmQJmrPOiU0zjFpwVEWL1aA+D0Cvk"
	longest := strings.Repeat("w", 32)
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		for _, from := range []string{"192.0.2.7", "2001:0db8:1234:5678:9abc:def0:1234:5678"} {
			m, _, _ := twoScreens(size[0], size[1])
			m.o.Door = NewDoor(DoorOptions{})
			m.o.Door.knock = []*knocker{{Knock{ID: 1, Name: longest, From: from, Key: key, Role: session.Navigator}, make(chan bool, 1)}}
			m.arrange()
			frame := ansi.Strip(m.View().Content)
			fits(t, frame, size[0], size[1])
			for _, want := range []string{"? " + longest + " wants to look on as navigator", "key " + key + " · compare it first", "y lets in · n refuses · from " + from} {
				if !strings.Contains(frame, want) {
					t.Errorf("%v, from %s: %q is cut or missing:\n%s", size, from, want, frame)
				}
			}
			m.o.Door.knock = nil
			m.s.Apply(session.Event{Seq: m.s.Seq + 1, By: longest, Type: session.TypeViewerJoin, Body: &session.ViewerJoin{Name: longest, Role: session.Navigator, Key: key + "x", From: from}})
			m.pressAll("s", "down", "down", "down")
			if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "key "+key+"x") {
				t.Errorf("%v: the card cuts the key:\n%s", size, frame)
			}
			m.pressAll("up", "up")
			if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "key "+key) || strings.Contains(frame, key+"x") {
				t.Errorf("%v: the card does not show jon's key:\n%s", size, frame)
			}
		}
	}
}
