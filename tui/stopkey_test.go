package tui

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"crosstalk/session"
)

// stopForms are keys as terminals send them, and what each of them is.
var stopForms = map[string]rune{
	"\x18": 'x', "\x03": 'c',
	"\x1b[120;5u": 'x', "\x1b[99;5u": 'c', // kitty, and xterm when asked for that form
	"\x1b[27;5;120~": 'x', "\x1b[27;5;99~": 'c', // xterm, mintty, tmux
	"\x1b[27;6;88~": 'x', "\x1b[27;6;120~": 'x', "\x1b[120;6u": 'x', "\x1b[120:88;6u": 'x', // shift, too
	"\x1b[27;7;120~": 'x', "\x1b[120;7u": 'x', // alt
	"\x1b[120;13u": 'x', "\x1b[99;13u": 'c', // super
	"\x1b[120;69u": 'x', "\x1b[120;133u": 'x', "\x1b[120;197u": 'x', "\x1b[27;69;120~": 'x', "\x1b[99;197u": 'c', // caps lock, num lock, both
	"\x1b[120;5:1u": 'x', "\x1b[120;5:2u": 'x', "\x1b[120;5:3u": 0, // pressed, held, let go
	"\x1b[1095::120;5u": 'x', "\x1b[1089::99;5u": 'c', // of a Cyrillic keyboard
	"\x1b[120;3u": 0, "\x1b[120;65u": 0, "\x1b[120u": 0, "\x1b[120;1u": 0, "\x1b[27;2;120~": 0, "\x1b[27;5;121~": 0, "\x1b[5;120~": 0,
	"\x1b[27;5;120u": 0, "x": 0, "c": 0, "\x1b[120;5": 0, "\x1b[120;5v": 0, "": 0, "\x1b": 0, "\x1b[u": 0, "\x1b[~": 0, "\x1b[;u": 0,
	"\x1b[99999999999999999999;5u": 0,
}

// Every form in which a terminal sends ctrl+x stops: at the door, on the screen,
// and in a paste whose end was lost.
func TestStopKeysInEveryForm(t *testing.T) {
	h := openHouse(t, nil)
	for form, want := range stopForms {
		if got := stopKey([]byte(form)); got != want {
			t.Errorf("%q is %q, want %q", form, got, want)
		}
		keys, _ := typedOf(h, "jon")
		stops := 0
		for _, b := range []byte("ab\x1b[A" + form) { // byte by byte, as a line may tear it
			_, n := keys.look([]byte{b})
			stops += n
		}
		if wants := map[rune]int{'x': 1}[want]; stops != wants {
			t.Errorf("%q: the door finds %d stops, want %d", form, stops, wants)
		}
		const start = "\x1b[200~"
		if _, n := keys.look([]byte(start + "half a paste")); n != 0 || !keys.pasting {
			t.Fatalf("%d stops in a paste", n)
		}
		if _, n := keys.look([]byte(form)); n != map[rune]int{'x': 1}[want] {
			t.Errorf("%q in a paste whose end was lost: the door finds %d stops", form, n)
		}
		if form == "" || form[0] == 0x1b && (len(form) < 3 || form[len(form)-1] < 0x40) {
			continue // no whole key
		}
		passed, err := io.ReadAll(heeding(&chunks{start + "half", form}))
		if through := strings.Contains(string(passed), "\x1b[201~"+form+start); err != nil || through != (want != 0) {
			t.Errorf("%q in a paste whose end was lost: the host's screen gets %q, %v", form, passed, err)
		}
		if want == 0 {
			continue
		}
		m, _, src := twoScreens(80, 24)
		for _, e := range decoded(strings.NewReader(form)) {
			if k, ok := e.(uv.KeyPressEvent); ok {
				if cmd := m.press(tea.KeyPressMsg(k)); cmd != nil {
					cmd()
				}
			}
		}
		if got := src.done(); len(got) != 1 || got[0] != (session.Command)(session.StopAll{}) {
			t.Errorf("%q on the screen: %v", form, got)
		}
	}
}

// A guest's ctrl+x as xterm sends it when asked to tell keys apart stops once:
// the door gives it, and the screen, which gets it later, not again.
func TestAGuestsStopAsXtermSendsIt(t *testing.T) {
	var later atomic.Int64
	h := openHouse(t, func(o *DoorOptions, _ *Door) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING", "you navigate")
	jon.press("\x1b[27;5;120~n! behind it\r")
	stops := 0
	h.await("the note", func(e session.Event) bool {
		if e.Type == session.TypeStop && e.By == "jon" {
			stops++
		}
		_, ok := e.Body.(*session.NoteAdd)
		return ok && e.By == "jon"
	})
	if stops != 1 {
		t.Errorf("all load was stopped %d times", stops)
	}
	h.door.mu.Lock()
	var v *view
	for v = range h.door.views {
	}
	h.door.mu.Unlock()
	before := v.heard.Load()
	jon.press("\x1b[200~a paste whose end is lost")
	until(t, "the door hears the paste", func() bool { return v.heard.Load() != before })
	later.Store(int64(time.Minute))
	jon.press("\x1b[27;6;88~")
	until(t, "the second stop", func() bool { return len(h.Snapshot().Stops) == 2 })
}
