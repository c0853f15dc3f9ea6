package tui

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

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

// openHouse runs a session of mel's whose door lets in jon and kim, who
// navigate, and ann and bea, who watch. Eve has a key that is in no file.
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
	for _, name := range []string{"jon", "kim", "ann", "bea", "eve"} {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if h.keys[name], err = gossh.NewSignerFromKey(private); err != nil {
			t.Fatal(err)
		}
		line := gossh.MarshalAuthorizedKey(h.keys[name].PublicKey())
		switch name {
		case "jon", "kim":
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
	d.b.told, d.b.toldAll = 6000, 6000 // a test waits for no minute
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

// until waits for a state of things.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	look, late := time.NewTicker(2*time.Millisecond), time.NewTimer(patience)
	defer look.Stop()
	defer late.Stop()
	for !is() {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatal("it never came to this: " + what)
		}
	}
}

// empty waits until nobody is left, and nothing of anybody: no connection, no
// view, no goroutine.
func (h *house) empty() {
	h.t.Helper()
	until(h.t, "no connection and no view is left", func() bool {
		h.door.gate.mu.Lock()
		n := h.door.gate.conns + h.door.gate.strangers + len(h.door.gate.callers)
		h.door.gate.mu.Unlock()
		h.door.mu.Lock()
		n += len(h.door.views) + len(h.door.knock)
		h.door.mu.Unlock()
		return n == 0 && len(h.Snapshot().Pair.Here) == 0 && len(h.Shown()) == 0
	})
	h.gone("tui.(*Door).view", "tui.(*typed)", "tui.(*pace)", "tui.(*guestChannel)", "bubbletea/v2.", "gliderlabs/ssh.(*Server).HandleConn(")
}

// gone waits until no goroutine does one of these things.
func (h *house) gone(what ...string) {
	h.t.Helper()
	var left string
	b := make([]byte, 8<<20)
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		left = ""
		for g := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
			if slices.ContainsFunc(what, func(w string) bool { return strings.Contains(g, w) }) {
				left += g + "\n\n"
			}
		}
		if left == "" {
			return
		}
		select {
		case <-look.C:
		case <-late.C:
			h.t.Fatalf("goroutines are left:\n%s", left)
		}
	}
}
