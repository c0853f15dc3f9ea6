package tui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

const (
	guestFrames = 12                     // frames a second that a guest's screen is written at most
	resizeEvery = 250 * time.Millisecond // a guest's screen takes a new size
	farewellFor = 2 * time.Second        // the last words to a guest may take
)

// view is one guest's screen.
type view struct {
	s      ssh.Session
	conn   *gossh.ServerConn
	caller *caller
	ch     *openChannel
	who    session.Person
	key    string
	order  uint64          // of entering
	id     uint64          // in the session
	ctx    context.Context //nolint:containedctx // the view's own end, which several goroutines wait for
	cancel context.CancelFunc
	once   sync.Once
	why    atomic.Pointer[string]
	heard  atomic.Int64 // when a key came last, in nanoseconds since the door was made
	ends   atomic.Int64 // when the view ends without a key, the same; 0: not soon
	pace   *pace
	silent silence
}

// end ends a view. The first reason counts.
func (v *view) end(why string) {
	v.once.Do(func() { v.why.Store(&why) })
	v.cancel()
}

// cut ends a view whose connection takes nothing any more: only the connection's
// own end frees what waits for it.
func (v *view) cut(why string) {
	v.end(why)
	_ = v.caller.Close()
}

// view serves one session channel: everything is looked at again that was looked
// at before, with the key that was proved.
func (d *Door) view(s ssh.Session) {
	ctx := s.Context()
	conn, _ := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	c, _ := ctx.Value(callerKey{}).(*caller)
	ch, _ := ctx.Value(channelKey{}).(*openChannel)
	if conn == nil || c == nil || ch == nil || conn.Permissions == nil {
		return
	}
	defer c.Close()
	joins, why, told := d.inspect(s, conn, c.addr)
	if why != "" {
		d.gate.tell(cmp.Or(joins.Key, c.addr), why)
		d.refused(joins.Key)
		goodbye(s, c, told, 1)
		return
	}
	v := &view{s: s, conn: conn, caller: c, ch: ch, who: session.Person{Name: joins.Name, Role: joins.Role}, key: joins.Key, pace: newPace()}
	v.ctx, v.cancel = context.WithCancel(ctx)
	defer v.cancel()
	v.heard.Store(int64(d.age()))
	if !d.allowed(v.key).mayJoin(d.o.Now()) {
		d.gate.tell(v.key, "a key that came in again and again, from "+c.addr)
		d.refused(v.key)
		goodbye(s, c, "you came in again and again: wait a minute", 1)
		return
	}
	if !d.enter(v) {
		goodbye(s, c, "The door is closed.", 1)
		return
	}
	defer d.left(v)
	c.greet()
	in, keys := io.Pipe()
	defer in.Close()
	gate := newTyped(d, v)
	d.help.Go(func() { gate.pump(s) })
	d.help.Go(func() { gate.feed(keys) })
	d.help.Go(func() { d.watch(v) })
	d.help.Go(func() { v.pace.follow(v.ctx, conn) })
	if !d.mayEnter(v, joins, gate) {
		d.refused(v.key)
		goodbye(s, c, v.reason(d.host+" did not let you in"), 1)
		return
	}
	reply, err := d.hall.Do(v.ctx, v.who, session.Join{Viewer: joins})
	if err != nil {
		d.gate.tell(v.key, clipped(err.Error(), 120)+", from "+c.addr)
		d.refused(v.key)
		goodbye(s, c, clipped(err.Error(), 200), 1)
		return
	}
	d.mu.Lock()
	v.id = reply.Seq
	d.mu.Unlock()
	d.gate.welcome(v.key, c.addr)
	d.show(v, in, gate)
	d.hall.Unshow(v.id)
	reason := v.reason("left")
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewellFor)
	defer cancel()
	_, _ = d.hall.Do(bye, v.who, session.Leave{ID: v.id, Why: reason})
	last := "You have left; the session goes on."
	if reason != "left" {
		last = "Your view has ended: " + reason + "."
	}
	goodbye(s, c, last, 0)
}

// reason is why a view ended.
func (v *view) reason(otherwise string) string {
	if why := v.why.Load(); why != nil {
		return *why
	}
	if v.caller.gone() {
		return "the connection was lost"
	}
	return otherwise
}

// inspect looks at a guest again, inside the handler, with the key whose
// signature was verified. Why is what is written down when it is not let in, and
// told what the guest reads.
func (d *Door) inspect(s ssh.Session, conn *gossh.ServerConn, from string) (v session.Viewer, why, told string) {
	proved := conn.Permissions.Extensions[provedKey]
	v.Key = proved
	entry, ok := d.entry(proved, from)
	if !ok || s.PublicKey() == nil || gossh.FingerprintSHA256(s.PublicKey()) != proved {
		return v, "a key that may not come in, from " + from, "this key may not come in"
	}
	if _, _, terminal := s.Pty(); !terminal || s.RawCommand() != "" || s.Subsystem() != "" {
		return v, "no terminal, from " + from, "there is only a screen here, for a terminal: ssh -t, and no command"
	}
	name := s.User()
	if entry.name != "" && entry.name != name {
		return v, "the key of " + entry.name + " under another name, from " + from, "this key comes in as " + entry.name + " alone"
	}
	v = session.Viewer{Name: name, Role: entry.role, Key: proved, From: from}
	if err := d.hall.MayJoin(v); err != nil {
		why := clipped(err.Error(), 120)
		return v, why + ", from " + from, why
	}
	return v, "", ""
}

// enter counts a view in, unless the door is closed. It may be the end of another
// one of the same key.
func (d *Door) enter(v *view) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.sight.Open {
		return false
	}
	d.crowded(v.key)
	d.next++
	v.order = d.next
	d.views[v] = true
	d.guest.Add(1)
	return true
}

func (d *Door) left(v *view) {
	d.mu.Lock()
	delete(d.views, v)
	d.mu.Unlock()
	_ = v.caller.Close()
	d.guest.Done()
}

// maxKnocks is how many may wait for the host at once.
const maxKnocks = 5

// mayEnter asks the host, the first time that a key comes under a name.
func (d *Door) mayEnter(v *view, j session.Viewer, in *typed) bool {
	if !d.o.Confirm {
		return true
	}
	id := j.Key + " " + j.Name
	d.mu.Lock()
	if d.known[id] {
		d.mu.Unlock()
		return true
	}
	if left := d.quiet[j.Key].Sub(d.o.Now()); left > 0 {
		d.mu.Unlock()
		d.gate.tell(j.Key, d.host+" refused this key before, from "+j.From)
		v.end(fmt.Sprintf("%s did not let you in: you may ask again in %.0f min", d.host, math.Ceil(left.Minutes())))
		return false
	}
	if len(d.knock) >= maxKnocks {
		d.mu.Unlock()
		d.gate.tell(j.Key, "too many wait to be let in, from "+j.From)
		v.end("too many wait to be let in: try again in a minute")
		return false
	}
	d.next++
	k := &knocker{Knock{ID: d.next, Name: j.Name, From: j.From, Key: j.Key, Role: j.Role}, make(chan bool, 1)}
	d.knock = append(d.knock, k)
	d.mu.Unlock()
	in.waiting.Store(true)
	_, _ = fmt.Fprintf(v.sink(d), "Waiting for %s to let you in.\r\nYour key: %s\r\nctrl+c gives up.\r\n", d.host, j.Key)
	timer := time.NewTimer(d.b.knock)
	defer timer.Stop()
	yes := false
	select {
	case yes = <-k.answer:
		if !yes {
			d.gate.tell(j.Key, d.host+" refused "+j.Name+", from "+j.From)
			d.hush(j.Key)
		}
	case <-timer.C:
		d.gate.tell(j.Key, "nobody answered for "+j.Name+", from "+j.From)
		v.end("nobody answered at the other end")
	case <-v.ctx.Done():
	}
	in.waiting.Store(false)
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.knock {
		if d.knock[i] == k {
			d.knock = append(d.knock[:i:i], d.knock[i+1:]...)
			break
		}
	}
	if yes {
		d.known[id] = true
	}
	return yes && v.ctx.Err() == nil
}

// show runs a guest's own program until the view ends. Nothing of the session
// waits for it: it pulls.
func (d *Door) show(v *view, in io.ReadCloser, keys *typed) {
	pty, _, _ := v.s.Pty()
	environ := v.ch.environ(pty.Term)
	size := v.ch.size.Load()
	src := newGuestSource(d, v)
	keys.src.Store(src)
	m := d.shape(src, Options{Who: v.who, Now: d.o.Now, Demo: d.o.Demo, ASCII: d.o.ASCII, Environ: environ, Viewer: v.id})
	m.ctx = v.ctx
	guarded := newShield(m, func(what string) { v.end("this screen failed: " + what) })
	idle, hush := io.Pipe() // keys come by hand, below; without an input a program asks the terminal for nothing
	p := tea.NewProgram(guarded, tea.WithContext(v.ctx), tea.WithInput(idle), tea.WithOutput(v.sink(d)), tea.WithEnvironment(environ),
		tea.WithColorProfile(colorprofile.Env(environ)), tea.WithWindowSize(size.w, size.h), tea.WithoutSignalHandler(),
		tea.WithFPS(guestFrames), tea.WithFilter(noSuspend))
	over := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { v.resize(p, over) })
	beside.Go(func() {
		deliver(p, in, pty.Term, over, func(what string) { v.end("these keys could not be read: " + what) })
	})
	_, _ = p.Run() // why it ended is the view's own word
	p.Kill()
	close(over)
	_ = hush.Close()
	_ = in.Close()
	beside.Wait()
}

// resize hands new sizes over, however many come.
func (v *view) resize(p *tea.Program, over <-chan struct{}) {
	for {
		select {
		case <-v.ch.changed:
			w := v.ch.size.Load()
			p.Send(tea.WindowSizeMsg{Width: w.w, Height: w.h})
		case <-over:
			return
		}
		pause := time.NewTimer(resizeEvery)
		select {
		case <-pause.C:
		case <-over:
			pause.Stop()
			return
		}
	}
}

// sink is a guest's output: one that takes nothing for too long is cut off.
func (v *view) sink(d *Door) io.Writer { return &sink{v, d.b.stall} }

type sink struct {
	v     *view
	stall time.Duration
}

// sinkPiece is what is written at once, in bytes: a slow line takes so much well
// before anybody would call it stalled.
const sinkPiece = 4 << 10

// Write writes to the guest in pieces.
func (s *sink) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		piece := p[n:min(len(p), n+sinkPiece)]
		off := s.v.pace.late(s.stall, func() { s.v.cut(fmt.Sprintf("nothing of the screen was taken for %.0f s", s.stall.Seconds())) })
		s.v.pace.clear(s.v.ctx, len(piece))
		k, err := s.v.s.Write(piece)
		off()
		s.v.pace.wrote(k)
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// goodbye says the last words and ends the connection, whether they are taken or
// not.
func goodbye(s ssh.Session, c *caller, text string, code int) {
	late := time.AfterFunc(farewellFor, func() { _ = c.Close() })
	defer late.Stop()
	_, _ = io.WriteString(s, "\r\ncrosstalk: "+text+"\r\n")
	_ = s.Exit(code)
	// A connection that is closed before all was read takes the last words with it.
	if conn, ok := s.Context().Value(ssh.ContextKeyConn).(*gossh.ServerConn); ok {
		_ = conn.Wait()
	}
}
