package tui

import (
	"context"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/session"
)

// stands tells whether a goroutine is just now inside a function.
func stands(in string) bool {
	b := make([]byte, 8<<20)
	return strings.Contains(string(b[:runtime.Stack(b, true)]), in)
}

// A guest's stop acts while that guest's screen waits for the line, whatever was
// typed before it; the screen, which gets the key late, does not stop again what
// was begun since.
func TestAStopDoesNotWaitForTheScreen(t *testing.T) {
	var later atomic.Int64
	h := openHouse(t, func(o *DoorOptions, d *Door) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		d.b.stall, d.b.pong = time.Hour, time.Hour
	})
	line := newSlowLine(t, h.addr, time.Millisecond)
	h.addr = line.Addr().String()
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING", "you navigate")
	line.hold(true)
	rows := 24
	until(t, "the screen waits for the line", func() bool {
		rows ^= 1
		_ = jon.sess.WindowChange(rows, 80)
		return stands("tui.(*pace).clear")
	})
	h.door.mu.Lock()
	var v *view
	for v = range h.door.views {
	}
	h.door.mu.Unlock()
	for range 5 {
		before := v.heard.Load()
		jon.press("?")
		until(t, "the door hears the key", func() bool { return v.heard.Load() != before })
	}
	jon.press("\x18")
	h.await("the stop", func(e session.Event) bool { return e.Type == session.TypeStop && e.By == "jon" })
	if !stands("tui.(*pace).clear") {
		t.Error("the screen did not wait for the line any more")
	}
	later.Store(int64(time.Minute))
	line.hold(false)
	jon.press("?n! later\r")
	stops := 0
	h.await("the note", func(e session.Event) bool {
		if e.Type == session.TypeStop {
			stops++
		}
		b, ok := e.Body.(*session.NoteAdd)
		return ok && b.Text == "later"
	})
	if stops != 1 {
		t.Errorf("all load was stopped %d times", stops)
	}
	jon.press("\x18")
	h.await("the second stop", func(e session.Event) bool {
		if e.Type == session.TypeStop {
			stops++
		}
		return stops > 2 // the first one counts again
	})
	jon.press("q")
	_ = jon.end()
	h.empty()
}

// typedOf is what takes the keys of a view that has no screen.
func typedOf(h *house, who string) (*typed, *view) {
	v := &view{who: session.Person{Name: who, Role: session.Navigator}, pace: newPace()}
	v.ctx, v.cancel = context.WithCancel(h.t.Context())
	keys := newTyped(h.door, v)
	keys.src.Store(newGuestSource(h.door, v))
	return keys, v
}

func TestAStopBehindTheViewsEndIsHeard(t *testing.T) {
	h := openHouse(t, nil)
	keys, v := typedOf(h, "jon")
	v.end("the test ends it")
	from, guest := io.Pipe()
	over := make(chan struct{})
	go func() { keys.pump(from); close(over) }()
	for _, key := range []string{"a", "b", "\x18"} {
		_, _ = io.WriteString(guest, key)
	}
	_ = guest.Close()
	<-over
	h.await("the stop", func(e session.Event) bool { return e.Type == session.TypeStop && e.By == "jon" })
}

// What a screen has no room for is dropped: nothing waits, no half of a paste
// counts as keys, and keys count again when the screen has taken the rest.
func TestKeysThatAScreenHasNoRoomFor(t *testing.T) {
	h := openHouse(t, nil)
	keys, _ := typedOf(h, "jon")
	give := func(text string) {
		inPaste := keys.pasting
		_, stops := keys.look([]byte(text))
		keys.hand([]byte(text), inPaste, stops)
	}
	take := func() string {
		var all strings.Builder
		for len(keys.keys) > 0 {
			all.Write(<-keys.keys)
		}
		return all.String()
	}
	give("\x1b[200~")
	for range 2 * keptKeys {
		give("p")
	}
	if got, want := take(), "\x1b[200~"+strings.Repeat("p", keptKeys-2)+"\x1b[201~"; got != want {
		t.Errorf("the screen gets %q", got)
	}
	give("q")
	give("q\x1b[201~q")
	give("a")
	if got := take(); got != "a" {
		t.Errorf("behind a paste that was cut, the screen gets %q", got)
	}
	for range keptKeys {
		give("a")
	}
	give("\x1b[200~q")
	<-keys.keys
	give("q")
	if got := take(); strings.Trim(got, "a") != "" {
		t.Errorf("the screen gets %q", got)
	}
	give("q\x1b[201~")
	give("b")
	if got := take(); got != "b" {
		t.Errorf("the screen gets %q", got)
	}
}
