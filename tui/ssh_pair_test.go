package tui

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

func TestTwoViewersEachWithTheirOwnScreen(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 200, 60, map[string]string{"COLORTERM": "truecolor"})
	ann := h.guest("ann", 80, 24, map[string]string{"TERM": "xterm"})
	wide := jon.sees("you are jon, navigator", "STAGING")
	small := ann.sees("STAGING")
	if !strings.Contains(wide, "\x1b[38;2;") && !strings.Contains(wide, ";38;2;") {
		t.Error("a terminal with all colours gets fewer")
	}
	if strings.Contains(small, "38;2;") || strings.Contains(small, "38;5;") {
		t.Error("a terminal of sixteen colours gets more")
	}
	// Both write at once, each signed; each sees that the other does.
	kim := h.guestAs("bea", "bea", 120, 36, nil)
	jon.press("n! slow check")
	kim.sees("jon is typing (bug)")
	jon.press("out\r")
	e := h.await("the note", func(e session.Event) bool { _, ok := e.Body.(*session.NoteAdd); return ok && e.By == "jon" })
	if b := e.Body.(*session.NoteAdd); b.Text != "slow checkout" {
		t.Errorf("the note is %+v", b)
	}
	// An observer writes none, and stops all load.
	ann.press("n!\x18")
	stop := h.await("the stop", func(e session.Event) bool { return e.Type == session.TypeStop })
	if stop.By != "ann" {
		t.Errorf("the stop is %s's", stop.By)
	}
	// ctrl+z and a signal do nothing; q ends only the guest's own view.
	jon.press("\x1a")
	_ = jon.sess.Signal(gossh.SIGKILL)
	ann.press("q")
	if err := <-ann.done; err != nil {
		t.Errorf("q: %v", err)
	}
	if b := h.leaves("ann"); b.Why != "left" {
		t.Errorf("ann is gone: %s", b.Why)
	}
	jon.press("?")
	jon.sees("every key there is")
	if h.Snapshot().Ended != nil {
		t.Error("the session has ended")
	}
}

func TestTheDialIsHandedOver(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("driver mel +1")
	if _, err := h.Do(t.Context(), mel, session.OfferDial{To: "jon"}); err != nil {
		t.Fatal(err)
	}
	jon.sees("mel offers you the dial")
	until(t, "jon holds the dial", func() bool { // a key before the question could be read counts for nothing
		jon.press("y")
		return h.Snapshot().Pair.Holder == "jon"
	})
	jon.sees("driver jon")
	jon.press("\x1b[A")
	e := h.await("the move", func(e session.Event) bool { _, ok := e.Body.(*session.DialSet); return ok })
	if e.By != "jon" {
		t.Errorf("the move is %s's", e.By)
	}
	// The driver's connection is lost: the users are held.
	_ = jon.conn.Close()
	hold := h.await("the hold", func(e session.Event) bool { return e.Type == session.TypeDialHold })
	if b := hold.Body.(*session.DialHold); hold.By != session.BySession || !strings.Contains(b.Why, "jon") {
		t.Errorf("held by %s: %+v", hold.By, b)
	}
	if b := h.leaves("jon"); !strings.Contains(b.Why, "connection") {
		t.Errorf("jon is gone: %s", b.Why)
	}
	if _, err := h.Do(t.Context(), mel, session.AskDial{}); err != nil {
		t.Fatal(err)
	}
	if st := h.Snapshot(); st.Pair.Holder != "mel" {
		t.Errorf("%s holds the dial", st.Pair.Holder)
	}
}
