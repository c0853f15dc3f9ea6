package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/loadengine"
	"crosstalk/session"
	"crosstalk/tui"
)

// leanServer answers every request of every connection at once, or slowly, and
// allocates nothing for it: what is counted is the program's own.
func leanServer(t *testing.T) (url string, slow *atomic.Bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	slow = new(atomic.Bool)
	answer, end := []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), []byte("\r\n\r\n")
	serve := func(c net.Conn) {
		defer c.Close()
		in, n := make([]byte, 8<<10), 0
		for {
			got, err := c.Read(in[n:])
			if err != nil {
				return
			}
			if n += got; !bytes.HasSuffix(in[:n], end) {
				continue
			}
			n = 0
			if slow.Load() {
				time.Sleep(200 * time.Millisecond)
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { _ = c.Close() })
			go serve(c)
		}
	}()
	return "http://" + l.Addr().String(), slow
}

// following is what hears of a session's seconds, with a screen or without.
type following struct {
	t    *testing.T
	s    *session.Session
	seq  uint64
	view tea.Model // nil: no screen looks on
	pull tea.Cmd   // of the screen: waits for what comes next
}

// look lets a screen look on from here.
func (f *following) look(who session.Person) {
	m := tui.New(f.s, tui.Options{Who: who, Host: true})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	first, ok := m.Init()().(tea.BatchMsg)
	if !ok || len(first) == 0 {
		f.t.Fatal("the screen begins otherwise")
	}
	f.view, f.pull = m, first[0]
}

// second waits for the next second's tick, and draws the screen once for it.
func (f *following) second() uint64 {
	f.t.Helper()
	for {
		if f.view != nil {
			if f.view, f.pull = f.view.Update(f.pull()); f.pull == nil {
				f.t.Fatal("the screen looks on no more")
			}
		}
		events, err := f.s.Since(f.t.Context(), f.seq)
		if err != nil {
			f.t.Fatal(err)
		}
		requests, ticks := uint64(0), 0
		for _, e := range events {
			f.seq = e.Seq
			if b, ok := e.Body.(*session.LoadTick); ok {
				requests += b.Requests
				ticks++
			}
		}
		for range ticks {
			if f.view != nil {
				f.view.View()
			}
		}
		if ticks > 0 {
			return requests
		}
	}
}

// spent is what some seconds had.
type spent struct{ seconds, requests, mallocs float64 }

// over counts until so many seconds and requests are over, from tick to tick.
func (f *following) over(seconds, requests float64) spent {
	f.t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var n spent
	for n.seconds < seconds || n.requests < requests {
		n.requests += float64(f.second())
		n.seconds++
	}
	runtime.ReadMemStats(&after)
	n.mallocs = float64(after.Mallocs - before.Mallocs)
	return n
}

// What a request allocates in a whole session, from its sending to the journal,
// is the same with a screen that looks on as without: results become no events one
// by one, and nothing is kept of them for a screen. What a second costs, its frame
// among it, is that of seconds with few requests. Not parallel: a process has one
// count of what it allocates.
func TestNothingIsAllocatedForARequest(t *testing.T) {
	url, slow := leanServer(t)
	who := session.Person{Name: "mel", Role: session.Driver}
	plan := loadengine.Plan{Base: url, Version: "test", MaxUsers: 4, Journeys: []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}}}
	s, err := session.New(session.Options{Dir: filepath.Join(t.TempDir(), "s"), Rules: session.DefaultRules(), Plan: plan,
		Start: session.Start{ID: "s", As: "mel", Charter: "what a request costs"}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	if _, err := s.Do(t.Context(), who, session.SetDial{To: 4}); err != nil {
		t.Fatal(err)
	}
	const requests = 5000
	f := &following{t: t, s: s}
	for f.second() == 0 {
	}
	perRequest := func() float64 {
		slow.Store(false)
		f.second() // what came before is told
		many := f.over(1, requests)
		slow.Store(true)
		few := f.over(many.seconds, 0)
		return (many.mallocs - few.mallocs) / (many.requests - few.requests)
	}
	without := perRequest()
	f.look(who)
	first := f.view.View().Content
	with := perRequest()
	if f.view.View().Content == first {
		t.Error("the screen has not moved")
	}
	t.Logf("%.3f allocations for a request without a screen, %.3f with one", without, with)
	if with-without > 0.25 {
		t.Errorf("a screen allocates for a request: %.3f allocations without it, %.3f with it", without, with)
	}
	if _, err := s.Do(t.Context(), who, session.Finish{Reason: "plan"}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
