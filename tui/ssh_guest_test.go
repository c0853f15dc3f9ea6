package tui

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"
)

// guest is a client with a terminal of its own.
type guest struct {
	t    *testing.T
	w, h int
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
	g := &guest{t: h.t, w: w, h: height, conn: c, sess: s, out: &transcript{more: make(chan struct{})}, done: make(chan error, 1)}
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

// sees waits until a text was drawn. A size that is another by one row makes a
// screen draw everything again, for texts that came in pieces.
func (g *guest) sees(texts ...string) string {
	g.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(400 * time.Millisecond)
	defer again.Stop()
	for rows := 0; ; {
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
			_ = g.sess.WindowChange(g.h+rows, g.w)
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

// end waits for the client's end.
func (g *guest) end() error { return <-g.done }
