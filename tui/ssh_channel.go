package tui

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Bounds of what a guest may say of the terminal.
const (
	maxVars   = 24
	maxVar    = 256
	maxWidth  = 400
	maxHeight = 150
)

// termSize is the size of a guest's terminal, kept to what is worth drawing.
type termSize struct{ w, h int }

// guestChannel is one session channel with a short list of what may be asked on
// it: a terminal, its size, a few names about it, and the view. Whatever else
// there is in the protocol is refused here, before any library hears of it.
type guestChannel struct {
	gossh.NewChannel
	more    func() // a new size, or the channel's end
	size    atomic.Pointer[termSize]
	mu      sync.Mutex
	vars    []string
	pty     bool
	refused func(what string)
}

// Accept opens the channel and returns the requests that may pass.
func (c *guestChannel) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	ch, in, err := c.NewChannel.Accept()
	if err != nil {
		return nil, nil, err
	}
	out := make(chan *gossh.Request)
	go func() {
		defer close(out)
		for r := range in {
			if c.passes(r) {
				out <- r
			}
		}
	}()
	return ch, out, nil
}

// passes tells whether a request goes on; else it is answered.
func (c *guestChannel) passes(r *gossh.Request) bool {
	no := func() bool {
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
		return false
	}
	switch r.Type {
	case "pty-req":
		w, ok := ptySize(r.Payload)
		if !ok || c.pty {
			return no()
		}
		c.pty = true
		c.size.Store(&w)
		return true
	case "shell":
		return true
	case "window-change":
		if len(r.Payload) >= 8 {
			w := bounded(binary.BigEndian.Uint32(r.Payload), binary.BigEndian.Uint32(r.Payload[4:]))
			c.size.Store(&w)
			c.more()
		}
		if r.WantReply {
			_ = r.Reply(true, nil)
		}
		return false
	case "env":
		var kv struct{ Name, Value string }
		if gossh.Unmarshal(r.Payload, &kv) != nil || !c.keep(kv.Name, kv.Value) {
			return no()
		}
		if r.WantReply {
			_ = r.Reply(true, nil)
		}
		return false
	case "signal", "keepalive@openssh.com": // a guest's signals stop nothing
		return no()
	}
	c.refused(r.Type)
	return no()
}

// keep takes a variable about the terminal. None that makes this machine run or
// look for anything is among them.
func (c *guestChannel) keep(name, value string) bool {
	switch name {
	case "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LANG":
	default:
		if !strings.HasPrefix(name, "LC_") {
			return false
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.vars) >= maxVars || len(name)+len(value) > maxVar || strings.ContainsAny(value, "\x00\n\x1b") {
		return false
	}
	c.vars = append(c.vars, name+"="+value)
	return true
}

// environ is what is known of the guest's terminal.
func (c *guestChannel) environ(term string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(term) > 64 || strings.ContainsAny(term, "\x00\n\x1b=") || term == "" {
		term = "xterm"
	}
	return append([]string{"TERM=" + term, "SSH_TTY=guest"}, c.vars...)
}

// ptySize reads a request for a terminal: its kind, and its size in cells.
func ptySize(payload []byte) (termSize, bool) {
	var req struct {
		Term          string
		Width, Height uint32
		PixelW        uint32
		PixelH        uint32
		Modes         string
	}
	if gossh.Unmarshal(payload, &req) != nil {
		return termSize{}, false
	}
	return bounded(req.Width, req.Height), true
}

func bounded(w, h uint32) termSize {
	return termSize{int(min(w, maxWidth)), int(min(h, maxHeight))}
}

// channelKey is where a connection keeps its one session channel.
type channelKey struct{}

// oneSession opens a connection's session channel; a second one is refused.
func (d *Door) oneSession(srv *ssh.Server, conn *gossh.ServerConn, ch gossh.NewChannel, ctx ssh.Context) {
	g := &guestChannel{NewChannel: ch, more: func() {}, refused: func(what string) {
		d.gate.tell(hostOf(ctx.RemoteAddr()), fmt.Sprintf("%s of a guest: there is only the view here", clipped(what, 40)))
	}}
	changed := make(chan struct{}, 1)
	g.more = func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	ctx.Lock()
	taken := ctx.Value(channelKey{}) != nil
	if !taken {
		ctx.SetValue(channelKey{}, &openChannel{g, changed})
	}
	ctx.Unlock()
	if taken {
		_ = ch.Reject(gossh.ResourceShortage, "one view for each connection")
		return
	}
	ssh.DefaultSessionHandler(srv, conn, g, ctx)
}

// openChannel is a channel with its news of sizes.
type openChannel struct {
	*guestChannel
	changed <-chan struct{}
}
