package tui

import (
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// One key has three views at most: the newest takes the oldest's place, so that
// nobody is kept out by a connection of the own that is dead.
func TestOneKeyHasAFewViews(t *testing.T) {
	h := openHouse(t, nil)
	first := h.guestAs("jon", "jon", 80, 24, nil)
	first.sees("STAGING")
	for _, name := range []string{"jon", "joe", "jim"} {
		h.guestAs(name, "jon", 80, 24, nil).sees("STAGING")
	}
	first.sees("the same key came in once more, and has 3 views at most")
	_ = first.end()
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	until(t, "three views of jon's and one of ann's are here", func() bool { return len(h.Snapshot().Pair.Here) == 4 })
	if b := h.leaves("jon"); !strings.Contains(b.Why, "once more") {
		t.Errorf("jon's first is gone: %s", b.Why)
	}
}

// What a key may ask and write is shared by all of its views, whatever they are
// called.
func TestAKeysViewsShareWhatItMayAsk(t *testing.T) {
	now := time.Now()
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Now = func() time.Time { return now } })
	source := func(key string) *guestSource {
		_, v := typedOf(h, "jon")
		v.key = key
		return newGuestSource(h.door, v)
	}
	one, two, other := source("a"), source("a"), source("b")
	for range writeBurst {
		if no := one.refuses(session.AddNote{}); no != "" {
			t.Fatal(no)
		}
	}
	if no := two.refuses(session.AddNote{}); !strings.Contains(no, "so many notes") {
		t.Errorf("the second view's note: %q", no)
	}
	for range askBurst - writeBurst {
		if no := two.refuses(session.AskDial{}); no != "" {
			t.Fatal(no)
		}
	}
	if no := one.refuses(session.AskDial{}); !strings.Contains(no, "so many keys") {
		t.Errorf("the first view's key: %q", no)
	}
	if no := two.refuses(session.StopAll{}); no != "" {
		t.Errorf("a stop: %q", no)
	}
	if no := other.refuses(session.AddNote{}); no != "" {
		t.Errorf("another key's note: %q", no)
	}
}

func TestAKeyDoesNotComeInAgainAndAgain(t *testing.T) {
	h := openHouse(t, nil)
	now := time.Now()
	a := h.door.allowed("k")
	for range joinBurst {
		if !a.mayJoin(now) {
			t.Fatal("it may not come in so often")
		}
	}
	if a.mayJoin(now) || h.door.allowed("k") != a {
		t.Error("it may come in for ever")
	}
	if !a.mayJoin(now.Add(10 * time.Second)) {
		t.Error("it may never come in again")
	}
	// The last word on a connection.
	key := gossh.FingerprintSHA256(h.keys["ann"].PublicKey())
	for a := h.door.allowed(key); a.mayJoin(time.Now()); {
		continue
	}
	h.guest("ann", 80, 24, nil).sees("again and again")
}

// Whom the host refused does not ask again at once, under whatever name; a door
// that is opened anew begins anew.
func TestWhoWasRefusedKeepsQuiet(t *testing.T) {
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Confirm = true })
	ann := h.guest("ann", 80, 24, nil)
	until(t, "ann knocks", func() bool { _, ok := h.door.Knocking(); return ok })
	k, _ := h.door.Knocking()
	h.door.Answer(k.ID, false)
	ann.sees("did not let you in")
	_ = ann.end()
	again := h.guestAs("anna", "ann", 80, 24, nil)
	again.sees("mel did not let you in: you may ask again in 5 min")
	_ = again.end()
	if k, ok := h.door.Knocking(); ok {
		t.Errorf("the host is asked about %+v", k)
	}
	h.door.Shut("the host closed the door")
	if err := h.door.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.addr = h.door.Sight().Addr
	h.guestAs("anna", "ann", 80, 24, nil).sees("Waiting for mel")
	until(t, "anna knocks", func() bool { k, ok := h.door.Knocking(); return ok && k.Name == "anna" })
}

// Who was sent away hears so once, and then proves nothing.
func TestWhoWasSentAwayProvesNothing(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	if _, err := h.Do(t.Context(), mel, session.Kick{ID: h.Snapshot().Pair.Here[0].ID}); err != nil {
		t.Fatal(err)
	}
	ann.sees("mel sent you away")
	_ = ann.end()
	back := h.guestAs("bea", "ann", 80, 24, nil)
	back.sees("this key was sent away")
	_ = back.end()
	if _, err := gossh.Dial("tcp", h.addr, h.config("ann", "ann")); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("the key is taken once more: %v", err)
	}
	h.guest("bea", 80, 24, nil).sees("STAGING")
}
