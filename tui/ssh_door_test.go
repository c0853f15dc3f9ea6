package tui

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

func TestNobodyWithoutAKeyComesIn(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) { d.b.free = 100 })
	for name, c := range map[string]*gossh.ClientConfig{
		"no proof":  {User: "jon"},
		"wrong key": h.config("jon", "eve"),
		"password":  {User: "jon", Auth: []gossh.AuthMethod{gossh.Password("open")}},
		"questions": {User: "jon", Auth: []gossh.AuthMethod{gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { return nil, nil })}},
	} {
		c.HostKeyCallback = gossh.InsecureIgnoreHostKey() //nolint:gosec // the test's own server
		conn, err := gossh.Dial("tcp", h.addr, c)
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s: let in", name)
		} else if !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := h.await("refusal", func(e session.Event) bool { _, ok := e.Body.(*session.Refused); return ok })
	if b := e.Body.(*session.Refused); e.By != session.BySession || b.Cmd != "join" || !strings.Contains(b.Why, "no key") {
		t.Errorf("the refusal is %s's: %+v", e.By, b)
	}
	h.empty()
	if st := h.Snapshot(); len(st.Pair.People) != 1 {
		t.Errorf("took part: %+v", st.Pair.People)
	}
}

func TestThereIsNothingButTheView(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial("jon", "jon")
	for _, request := range []string{"tcpip-forward", "cancel-tcpip-forward", "streamlocal-forward@openssh.com"} {
		if ok, _, err := c.SendRequest(request, true, gossh.Marshal(struct {
			Addr string
			Port uint32
		}{"127.0.0.1", 0})); ok || err != nil {
			t.Errorf("%s: %t, %v", request, ok, err)
		}
	}
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com"} {
		if ch, _, err := c.OpenChannel(kind, nil); err == nil {
			_ = ch.Close()
			t.Errorf("a channel of %s was opened", kind)
		}
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for request, payload := range map[string][]byte{
		"exec": gossh.Marshal(struct{ C string }{"id"}), "subsystem": gossh.Marshal(struct{ C string }{"sftp"}),
		"auth-agent-req@openssh.com": nil, "x11-req": nil, "break": nil, "signal": gossh.Marshal(struct{ S string }{"KILL"}),
		"env": gossh.Marshal(struct{ K, V string }{"LD_PRELOAD", "/tmp/x"}), "window-change": {1},
	} {
		if ok, err := s.SendRequest(request, true, payload); (ok && request != "window-change") || err != nil {
			t.Errorf("%s: %t, %v", request, ok, err)
		}
	}
	if _, err := c.NewSession(); err == nil {
		t.Error("a second session was opened on one connection")
	}
	// A view without a terminal is refused, and so is everything after it.
	var out bytes.Buffer
	s.Stdout = &out
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	_ = s.Wait()
	if !strings.Contains(out.String(), "for a terminal") {
		t.Errorf("it was told %q", out.String())
	}
	if st := h.Snapshot(); len(st.Pair.Here) != 0 || len(st.Pair.People) != 1 {
		t.Errorf("it counts as here: %+v", st.Pair)
	}
}

func TestNamesAtTheDoor(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING")
	for name, why := range map[string]string{"guard": "nobody may", "mel": "somebody else", "Jon": "another key", "a b": "letters", "": "name"} {
		g := h.guestAs(name, "ann", 80, 24, nil)
		g.sees(why)
		_ = g.end()
	}
	if st := h.Snapshot(); len(st.Pair.Here) != 1 {
		t.Errorf("here: %+v", st.Pair.Here)
	}
}

func TestTheHostLetsInAndSendsAway(t *testing.T) {
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Confirm = true })
	knock := func() Knock {
		t.Helper()
		until(t, "somebody knocks", func() bool { _, ok := h.door.Knocking(); return ok })
		k, _ := h.door.Knocking()
		return k
	}
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("Waiting for mel")
	ann.press("q?\x18") // keys go nowhere while one waits
	k := knock()
	if k.Name != "ann" || k.Role != session.Observer || k.Key != gossh.FingerprintSHA256(h.keys["ann"].PublicKey()) {
		t.Errorf("knocks: %+v", k)
	}
	if len(h.Snapshot().Pair.Here) != 0 {
		t.Error("ann is here before the host let her in")
	}
	h.door.Answer(k.ID, false)
	ann.sees("did not let you in")
	_ = ann.end()
	jon := h.guest("jon", 80, 24, nil)
	h.door.Answer(knock().ID, true)
	jon.sees("STAGING")
	if st := h.Snapshot(); len(st.Stops) != 0 || len(st.Pair.Here) != 1 {
		t.Errorf("stops %v, here %+v", st.Stops, st.Pair.Here)
	}
	// Known from here on: a second time nobody is asked.
	again := h.guest("jon", 80, 24, nil)
	again.sees("STAGING")
	if _, err := h.Do(t.Context(), mel, session.Kick{ID: h.Snapshot().Pair.Here[0].ID}); err != nil {
		t.Fatal(err)
	}
	jon.sees("mel sent you away")
	_ = again.end() // every view of that key
	back := h.guest("jon", 80, 24, nil)
	back.sees("this key was sent away")
}

func TestConnectionsAreCounted(t *testing.T) {
	const most = 6
	h := openHouse(t, func(_ *DoorOptions, d *Door) { d.b.conns, d.b.views, d.b.free = most, most, 3 })
	var guests []*guest
	for i := range most {
		guests = append(guests, h.guestAs(fmt.Sprintf("ann%d", i), "ann", 80, 24, nil))
	}
	for _, g := range guests {
		g.sees("STAGING")
	}
	if _, err := gossh.Dial("tcp", h.addr, h.config("jon", "jon")); err == nil {
		t.Error("one more than the most was let in")
	}
	h.await("the refusal", func(e session.Event) bool {
		b, ok := e.Body.(*session.Refused)
		return ok && strings.Contains(b.Why, fmt.Sprintf("%d connections are open", most))
	})
	for _, g := range guests {
		g.press("q")
		_ = g.end()
	}
	h.empty()
	h.gone("golang.org/x/crypto/ssh.") // at both ends
	// Who fails again and again has to wait. A failure counts a moment after it.
	until(t, "eve is not even asked for a key", func() bool {
		_, err := gossh.Dial("tcp", h.addr, h.config("eve", "eve"))
		if err == nil {
			t.Fatal("eve was let in")
		}
		return !strings.Contains(err.Error(), "unable to authenticate")
	})
	h.await("the wait", func(e session.Event) bool {
		b, ok := e.Body.(*session.Refused)
		return ok && strings.Contains(b.Why, "has to wait")
	})
}

// A hundred connections that show no key take no more places than an address has,
// and a guest still comes in when they are gone.
func TestTheHundredthConnection(t *testing.T) {
	h := openHouse(t, nil)
	var all []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
	}
	// Who is let in hears the door's name; who is not, nothing.
	in := 0
	for _, c := range all {
		b := make([]byte, 11)
		if _, err := io.ReadFull(c, b); err == nil && string(b) == "SSH-2.0-cro" {
			in++
		}
	}
	if in != h.door.b.near || in >= h.door.b.strangers {
		t.Errorf("%d of 100 were let in, want %d", in, h.door.b.near)
	}
	refused := 0
	h.await("the refusals", func(e session.Event) bool {
		if b, ok := e.Body.(*session.Refused); ok && strings.Contains(b.Why, "have not shown a key yet") {
			refused += b.Count
		}
		return refused == 100-in
	})
	for _, c := range all {
		_ = c.Close()
	}
	h.empty()
	h.door.gate.mu.Lock()
	clear(h.door.gate.failed) // they have the address of the guest
	h.door.gate.mu.Unlock()
	h.guest("jon", 80, 24, nil).sees("STAGING")
}

// What is no terminal is turned away before the host is asked anything.
func TestTheHostIsAskedForATerminalAlone(t *testing.T) {
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Confirm = true })
	for what, ask := range map[string]func(*gossh.Session) error{
		"no terminal": func(s *gossh.Session) error { return s.Shell() },
		"a command":   func(s *gossh.Session) error { return s.Start("id") },
		"SFTP":        func(s *gossh.Session) error { return s.RequestSubsystem("sftp") },
	} {
		c := h.dial("jon", "jon")
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := ask(s); err == nil {
			if err := s.Wait(); err == nil {
				t.Errorf("%s: ended well", what)
			}
		}
		if k, ok := h.door.Knocking(); ok {
			t.Errorf("%s: the host is asked about %+v", what, k)
		}
		_ = c.Close()
	}
	h.empty()
}

func TestAViewThatNobodyTouchesEnds(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) { d.b.idle, d.b.ping = time.Nanosecond, 20*time.Millisecond })
	g := h.guest("ann", 80, 24, nil)
	_ = g.end()
	if b := h.leaves("ann"); !strings.Contains(b.Why, "no key was pressed") {
		t.Errorf("ann is gone: %s", b.Why)
	}
	h.empty()
}

// The door stays shut until it is opened, and nothing of it is left when it is
// shut again; then it opens anew under the same key.
func TestTheDoorOpensAndShuts(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING")
	key := h.door.Sight().Fingerprint
	h.door.Shut("the host closed the door")
	jon.sees("the host closed the door")
	_ = jon.end()
	if c, err := net.Dial("tcp", h.addr); err == nil {
		_ = c.Close()
		t.Error("somebody still listens")
	}
	h.empty()
	h.gone("tui.(*Door)", "gliderlabs/ssh.", "golang.org/x/crypto/ssh.")
	if err := h.door.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	sight := h.door.Sight()
	if sight.Fingerprint != key {
		t.Errorf("the key was %s and is %s", key, sight.Fingerprint)
	}
	h.addr = sight.Addr
	h.guest("ann", 80, 24, nil).sees("STAGING")
}
