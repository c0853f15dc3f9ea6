package tui

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// hands gives the dial to a guest who navigates, and waits until the door knows.
func (h *house) hands(name string) {
	h.t.Helper()
	if _, err := h.Do(h.t.Context(), mel, session.OfferDial{To: name}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Do(h.t.Context(), session.Person{Name: name, Role: session.Navigator}, session.AnswerOffer{Yes: true}); err != nil {
		h.t.Fatal(err)
	}
	until(h.t, name+" holds the dial, and the door knows", func() bool {
		h.door.mu.Lock()
		defer h.door.mu.Unlock()
		return h.door.dial == name
	})
}

// A driver who vanishes without a word loads nothing more: the door asks who holds
// the dial every second, and what rises is held long before the view has ended. An
// answer lets it go on.
func TestASilentDriverIsHeld(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) {
		d.b.ask, d.b.silence = 20*time.Millisecond, 200*time.Millisecond
		d.b.ping, d.b.pong, d.b.stall = time.Hour, time.Hour, time.Hour
	})
	line := newSlowLine(t, h.addr, time.Millisecond)
	straight := h.addr
	h.addr = line.Addr().String()
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING", "you navigate")
	h.addr = straight
	h.guest("kim", 80, 24, nil).sees("STAGING") // navigates, and nobody's silence but the driver's counts
	h.hands("jon")
	if _, err := h.Do(t.Context(), session.Person{Name: "jon", Role: session.Navigator}, session.SetDial{To: 40}); err != nil {
		t.Fatal(err)
	}
	line.hold(true)
	hold := h.await("the hold", func(e session.Event) bool {
		b, ok := e.Body.(*session.DialHold)
		return ok && e.Type == session.TypeDialHold && e.By == session.BySession && b.Why == "jon, who holds the dial, does not answer"
	})
	if here := h.Snapshot().Pair.Here; len(here) != 2 {
		t.Errorf("it was held when jon's view had ended: %+v", here)
	}
	line.hold(false)
	h.await("the release", func(e session.Event) bool {
		b, ok := e.Body.(*session.DialHold)
		return ok && e.Type == session.TypeDialRelease && e.Seq > hold.Seq && e.By == session.BySession && b.Why == "jon answers again"
	})
}

// Another view of the driver's that answers is enough.
func TestADriverIsSilentWithTheLastView(t *testing.T) {
	h := openHouse(t, nil)
	h.guest("jon", 80, 24, nil).sees("STAGING")
	h.guest("jon", 80, 24, nil).sees("STAGING")
	h.hands("jon")
	if _, err := h.Do(t.Context(), session.Person{Name: "jon", Role: session.Navigator}, session.SetDial{To: 40}); err != nil {
		t.Fatal(err)
	}
	var both []*view
	h.door.mu.Lock()
	for v := range h.door.views {
		both = append(both, v)
	}
	h.door.mu.Unlock()
	held := func() bool { return h.Snapshot().Dial.Held }
	for _, step := range []struct {
		view int
		on   bool
		held bool
	}{{0, true, false}, {1, true, true}, {1, true, true}, {0, false, false}, {0, true, true}, {1, false, false}, {0, false, false}} {
		h.door.unheard(both[step.view], step.on)
		if held() != step.held {
			t.Fatalf("view %d silent %t: held %t", step.view, step.on, held())
		}
	}
	// The limits are those that were promised.
	if b := usual(); b.ask != time.Second || b.silence != 3*time.Second || b.pong > 10*time.Second {
		t.Errorf("the bounds are %+v", b)
	}
}

// Who holds the dial while load runs is not thrown out for looking on; another one
// is, after a warning.
func TestTheDriverMayLookOn(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) {
		d.b.idle, d.b.warn, d.b.ask, d.b.ping = 800*time.Millisecond, 400*time.Millisecond, 10*time.Millisecond, 10*time.Millisecond
	})
	jon := h.guest("jon", 80, 24, nil)
	until(t, "jon is here", func() bool { return len(h.Snapshot().Pair.Here) == 1 })
	h.hands("jon")
	if _, err := h.Do(t.Context(), session.Person{Name: "jon", Role: session.Navigator}, session.SetDial{To: 3}); err != nil {
		t.Fatal(err)
	}
	h.guest("ann", 80, 24, nil)
	if b := h.leaves("ann"); !strings.Contains(b.Why, "no key was pressed") {
		t.Errorf("ann is gone: %s", b.Why)
	}
	if here := h.Snapshot().Pair.Here; len(here) != 1 || here[0].Name != "jon" {
		t.Errorf("here: %+v", here)
	}
	// Without load, it is like anybody's.
	if _, err := h.Do(t.Context(), mel, session.StopAll{}); err != nil {
		t.Fatal(err)
	}
	if b := h.leaves("jon"); !strings.Contains(b.Why, "no key was pressed") {
		t.Errorf("jon is gone: %s", b.Why)
	}
	_ = jon.end()
}

// The warning stands on the guest's screen until a key is pressed.
func TestAViewThatEndsSoonSaysSo(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) {
		d.b.idle, d.b.warn, d.b.ping = time.Hour, time.Hour-1, 10*time.Millisecond
	})
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("this view ends in 59:", "any key keeps it")
	_, v := typedOf(h, "jon")
	src := newGuestSource(h.door, v)
	said := func() bool { _, ok := src.EndsIn(); return ok }
	if said() {
		t.Error("a view that has just begun ends soon")
	}
	h.door.idle(v, false)
	if !said() {
		t.Error("nothing is said of the end")
	}
	v.heard.Store(int64(h.door.age())) // a key
	if said() {
		t.Error("it is still said after a key")
	}
	if usual().warn < time.Minute {
		t.Error("the warning comes late")
	}
}

// A clock on the wall that is set forward throws nobody out.
func TestAClockThatJumpsThrowsNobodyOut(t *testing.T) {
	var later atomic.Int64
	h := openHouse(t, func(o *DoorOptions, d *Door) {
		o.Now = func() time.Time { return time.Now().Round(0).Add(time.Duration(later.Load())) }
		d.b.ping = 10 * time.Millisecond
	})
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	later.Store(int64(3 * time.Hour))
	h.door.mu.Lock()
	var v *view
	for v = range h.door.views {
	}
	h.door.mu.Unlock()
	if h.door.idle(v, false) {
		t.Error("ann is thrown out")
	}
	ann.press("?")
	ann.sees("every key there is")
	if raw, _ := ann.out.text(); strings.Contains(ansi.Strip(raw), "no key was pressed") {
		t.Error("ann was thrown out")
	}
}
