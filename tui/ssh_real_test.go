//go:build real

package tui

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// patience is how long a test waits for what must come; it measures nothing.
const patience = 60 * time.Second

// house is a live session with an open door, on loopback.
type house struct {
	*session.Session
	t    *testing.T
	door *Door
	addr string
	keys map[string]gossh.Signer
}

// openHouse runs a session of mel's whose door lets in jon, who navigates, and
// ann and bea, who watch. Eve has a key that is in no file.
func openHouse(t *testing.T, change func(*DoorOptions, *Door)) *house {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(web.Close)
	cfg, err := session.DefaultConfig(web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := cfg.Compile(t.Context(), session.Caps{Users: 50, Version: "test", WatchEvery: time.Second, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := session.New(session.Options{Dir: filepath.Join(dir, "s"), Plan: made.Plan, Checks: made.Checks, Rules: session.DefaultRules(),
		Start: session.Start{ID: "s", As: "mel", Charter: "explore"}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Session: s, t: t, keys: map[string]gossh.Signer{}}
	var allow bytes.Buffer
	for _, name := range []string{"jon", "ann", "bea", "eve"} {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if h.keys[name], err = gossh.NewSignerFromKey(private); err != nil {
			t.Fatal(err)
		}
		line := gossh.MarshalAuthorizedKey(h.keys[name].PublicKey())
		switch name {
		case "jon":
			fmt.Fprintf(&allow, "role=\"navigator\" %s", line)
		case "ann", "bea":
			allow.Write(line)
		}
	}
	o := DoorOptions{Addr: "127.0.0.1:0", Allow: filepath.Join(dir, "allow"), HostKey: filepath.Join(dir, "key", "host")}
	if err := os.WriteFile(o.Allow, allow.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(context.WithoutCancel(t.Context())) }()
	d := NewDoor(o)
	if change != nil {
		change(&d.o, d)
	}
	d.For(s, "mel")
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.door, h.addr = d, d.Sight().Addr
	t.Cleanup(func() {
		d.Shut("the test is over")
		_, _ = s.Do(context.Background(), mel, session.Finish{Reason: "quit"})
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) config(name, key string) *gossh.ClientConfig {
	return &gossh.ClientConfig{User: name, Auth: []gossh.AuthMethod{gossh.PublicKeys(h.keys[key])},
		HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: patience} //nolint:gosec // the test's own server
}

func (h *house) dial(name, key string) *gossh.Client {
	h.t.Helper()
	c, err := gossh.Dial("tcp", h.addr, h.config(name, key))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// guest is a client with a terminal of its own.
type guest struct {
	t    *testing.T
	conn *gossh.Client
	sess *gossh.Session
	in   io.WriteCloser
	out  *transcript
	done chan error
}

// transcript is all that came, and tells of more.
type transcript struct {
	mu   sync.Mutex
	all  bytes.Buffer
	more chan struct{}
}

func (o *transcript) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all.Write(b)
	close(o.more)
	o.more = make(chan struct{})
	return len(b), nil
}

func (o *transcript) text() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String(), o.more
}

func (h *house) guest(name string, w, height int, env map[string]string) *guest {
	h.t.Helper()
	return h.guestAs(name, name, w, height, env)
}

func (h *house) guestAs(name, key string, w, height int, env map[string]string) *guest {
	h.t.Helper()
	c := h.dial(name, key)
	s, err := c.NewSession()
	if err != nil {
		h.t.Fatal(err)
	}
	g := &guest{t: h.t, conn: c, sess: s, out: &transcript{more: make(chan struct{})}, done: make(chan error, 1)}
	s.Stdout = g.out
	if g.in, err = s.StdinPipe(); err != nil {
		h.t.Fatal(err)
	}
	term := "xterm-256color"
	for k, v := range env {
		if k == "TERM" {
			term = v
		} else if err := s.Setenv(k, v); err != nil {
			h.t.Fatalf("%s: %v", k, err)
		}
	}
	if err := s.RequestPty(term, height, w, nil); err != nil {
		h.t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		h.t.Fatal(err)
	}
	go func() { g.done <- s.Wait() }()
	return g
}

// sees waits until a text was drawn. Another size makes a screen draw everything
// again, for texts that came in pieces.
func (g *guest) sees(texts ...string) string {
	g.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(400 * time.Millisecond)
	defer again.Stop()
	for rows := 40; ; {
		raw, more := g.out.text()
		text := ansi.Strip(raw)
		missing := slices.IndexFunc(texts, func(s string) bool { return !strings.Contains(text, s) })
		if missing < 0 {
			return raw
		}
		select {
		case <-more:
		case <-again.C:
			rows ^= 1
			_ = g.sess.WindowChange(rows, 120)
		case <-late.C:
			g.t.Fatalf("%q was not drawn:\n%s", texts[missing], text[max(0, len(text)-4000):])
		}
	}
}

func (g *guest) press(keys string) {
	g.t.Helper()
	if _, err := io.WriteString(g.in, keys); err != nil {
		g.t.Fatalf("press %q: %v", keys, err)
	}
}

// await waits for an event.
func (h *house) await(what string, is func(session.Event) bool) session.Event {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for seq := uint64(0); ; {
		events, err := h.Since(ctx, seq)
		if err != nil {
			h.t.Fatalf("no %s: %v", what, err)
		}
		for _, e := range events {
			if seq = e.Seq; is(e) {
				return e
			}
		}
	}
}

func (h *house) leaves(name string) *session.ViewerGone {
	h.t.Helper()
	e := h.await(name+" leaving", func(e session.Event) bool {
		b, ok := e.Body.(*session.ViewerGone)
		return ok && b.Name == name
	})
	return e.Body.(*session.ViewerGone)
}

// empty waits until nobody is left, and nothing of anybody.
func (h *house) empty() {
	h.t.Helper()
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		h.door.gate.mu.Lock()
		n, strangers := h.door.gate.conns, h.door.gate.strangers
		h.door.gate.mu.Unlock()
		h.door.mu.Lock()
		views := len(h.door.views)
		h.door.mu.Unlock()
		if n == 0 && views == 0 && strangers == 0 && len(h.Snapshot().Pair.Here) == 0 {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d connections, %d strangers and %d views are left", n, strangers, views)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

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
		<-g.done
	}
	if st := h.Snapshot(); len(st.Pair.Here) != 1 {
		t.Errorf("here: %+v", st.Pair.Here)
	}
}

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
	for h.Snapshot().Pair.Holder != "jon" { // a key before the question could be read counts for nothing
		jon.press("y")
		time.Sleep(50 * time.Millisecond)
	}
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

func TestTheHostLetsInAndSendsAway(t *testing.T) {
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Confirm = true })
	knock := func() Knock {
		t.Helper()
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if k, ok := h.door.Knocking(); ok {
				return k
			}
		}
		t.Fatal("nobody knocks")
		return Knock{}
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
	<-ann.done
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
	<-again.done // every view of that key
	back := h.guest("jon", 80, 24, nil)
	back.sees("this key was sent away")
}

func TestABadGuestHarmsNobody(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) {
		d.b.stall, d.b.ping, d.b.pong = 300*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond
		make := d.shape
		d.shape = func(src Source, o Options) *Model {
			if o.Who.Name == "bea" {
				src = &failing{Source: src}
			}
			return make(src, o)
		}
	})
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("STAGING")
	// One whose screen fails.
	bea := h.guest("bea", 80, 24, nil)
	bea.sees("this screen failed: broken on purpose")
	if b := h.leaves("bea"); !strings.Contains(b.Why, "broken on purpose") {
		t.Errorf("bea is gone: %s", b.Why)
	}
	// One that floods with keys, pastes and sizes.
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	for range 2000 {
		_ = ann.sess.WindowChange(24+rand32()%40, 80+rand32()%200)
	}
	go func() { // it waits at the guest's own end
		b := bytes.Repeat([]byte("\x1b[A?vz"), 4096)
		for range 64 {
			if _, err := ann.in.Write(b); err != nil {
				return
			}
		}
	}()
	jon.press("?")
	jon.sees("every key there is")
	ann.press("")
	_ = ann.conn.Close() // and vanishes
	// One that takes nothing more from its line.
	raw, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	deaf := &deafConn{Conn: raw, open: make(chan struct{})}
	cc, chans, reqs, err := gossh.NewClientConn(deaf, h.addr, h.config("ann2", "ann"))
	if err != nil {
		t.Fatal(err)
	}
	client := gossh.NewClient(cc, chans, reqs)
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	h.await("ann2", func(e session.Event) bool { b, ok := e.Body.(*session.ViewerJoin); return ok && b.Name == "ann2" })
	deaf.stop()
	if b := h.leaves("ann2"); !strings.Contains(b.Why, "connection") && !strings.Contains(b.Why, "taken") {
		t.Errorf("ann2 is gone: %s", b.Why)
	}
	jon.press("?") // closes the help
	jon.press("q")
	<-jon.done
	h.empty()
}

func rand32() int {
	var b [1]byte
	_, _ = rand.Read(b[:])
	return int(b[0])
}

// failing is a source that fails on purpose once its screen has come up.
type failing struct {
	Source
	n int
}

func (f *failing) May(who session.Person, cmd session.Command) error {
	if f.n++; f.n > 200 {
		panic("broken on purpose")
	}
	return f.Source.May(who, cmd)
}

// deafConn is a line that is taken nothing from, once it is stopped.
type deafConn struct {
	net.Conn
	mu      sync.Mutex
	stopped bool
	open    chan struct{}
}

func (d *deafConn) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
}

func (d *deafConn) Read(b []byte) (int, error) {
	d.mu.Lock()
	stopped := d.stopped
	d.mu.Unlock()
	if stopped {
		<-d.open
	}
	return d.Conn.Read(b)
}

func TestConnectionsAreCounted(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) { d.b.conns, d.b.free = 20, 3 })
	var guests []*guest
	for i := range 20 {
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
		return ok && strings.Contains(b.Why, "20 connections are open")
	})
	before := runtime.NumGoroutine()
	for _, g := range guests {
		g.press("q")
		<-g.done
	}
	h.empty()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before-20*4; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines with 20 guests, %d after they left", before, runtime.NumGoroutine())
		}
		time.Sleep(5 * time.Millisecond)
	}
	// Who fails again and again has to wait. A failure counts a moment after it.
	for range 500 {
		_, err := gossh.Dial("tcp", h.addr, h.config("eve", "eve"))
		if err == nil {
			t.Fatal("eve was let in")
		}
		if !strings.Contains(err.Error(), "unable to authenticate") {
			break // not even asked for a key
		}
	}
	h.await("the wait", func(e session.Event) bool {
		b, ok := e.Body.(*session.Refused)
		return ok && strings.Contains(b.Why, "has to wait")
	})
}
