package tui

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// from is a connection from an address.
type from struct {
	net.Conn
	addr string
}

// Close does nothing: there is nobody.
func (f from) Close() error { return nil }

// RemoteAddr is where it comes from.
func (f from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(f.addr), Port: 5} }

// Whichever comes first, the connection's end or its view: a place is given back
// once, and who is gone already wipes nothing.
func TestAPlaceAtTheGateIsGivenBackOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(usual(), time.Now, func(string, int) {})
		counts := func() string {
			g.mu.Lock()
			defer g.mu.Unlock()
			return fmt.Sprintf("%d %d %v", g.conns, g.strangers, g.near)
		}
		g.fail("10.0.0.1")
		for _, order := range []string{"close greet close", "greet close greet", "greet greet close"} {
			c := g.admit(from{addr: "10.0.0.1"})
			for step := range strings.FieldsSeq(order) {
				if step == "close" {
					_ = c.Close()
				} else {
					c.greet()
				}
			}
			if got := counts(); got != "0 0 map[]" {
				t.Errorf("%s: %s", order, got)
			}
		}
		if g.failed["10.0.0.1"] == nil {
			t.Error("failures were wiped before anybody came in")
		}
		g.welcome("10.0.0.1")
		if len(g.failed) != 0 {
			t.Errorf("failures are left: %v", g.failed)
		}
	})
}

func TestOneAddressLeavesPlacesForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := map[string]int{}
		g := newGate(usual(), time.Now, func(why string, n int) { told[why] += n })
		var in []*caller
		for range 40 {
			if c := g.admit(from{addr: "10.0.0.1"}); c != nil {
				in = append(in, c)
			}
		}
		if len(in) != 8 {
			t.Errorf("%d of one address came in", len(in))
		}
		other := g.admit(from{addr: "10.0.0.2"})
		if other == nil {
			t.Fatal("nobody else comes in")
		}
		in[0].greet() // is no stranger, and makes room for another
		if c := g.admit(from{addr: "10.0.0.1"}); c == nil {
			t.Error("who has shown a key still takes a stranger's place")
		}
		time.Sleep(2 * g.b.handshake) // they show none
		g.mu.Lock()
		if g.conns != 1 || g.strangers != 0 || len(g.near) != 0 {
			t.Errorf("%d connections and %d strangers, %v, are left", g.conns, g.strangers, g.near)
		}
		g.mu.Unlock()
		g.report(false)
		if n := told["8 connections from 10.0.0.1 have not shown a key yet"]; n != 32 {
			t.Errorf("told: %v", told)
		}
	})
}

// Who fails waits longer each time, and a key as an address.
func TestWhoFailsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(usual(), time.Now, func(string, int) {})
		for _, want := range []time.Duration{0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30} {
			g.fail("SHA256:x")
			if want *= time.Second; want > 0 {
				time.Sleep(want - 1)
				if !g.waits("SHA256:x") {
					t.Errorf("it does not wait for %v", want)
				}
				time.Sleep(time.Nanosecond)
			}
			if g.waits("SHA256:x") || g.waits("SHA256:y") {
				t.Errorf("it waits longer than %v, or another does", want)
			}
		}
		g.hush("SHA256:y", time.Hour)
		g.fail("SHA256:y")
		if !g.waits("SHA256:y") {
			t.Error("a failure lets in")
		}
		g.anew()
		if g.waits("SHA256:y") {
			t.Error("it still waits")
		}
	})
}

// However often somebody is turned away, a few events a minute say so, and all
// are counted.
func TestRefusalsDoNotFillTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events, counted := 0, 0
		l := newLedger(4, 30, time.Now, func(_ string, n int) { events++; counted += n })
		for second := range 600 {
			for range 8 {
				l.tell("SHA256:x", fmt.Sprintf("name %d", second))
			}
			l.report(false)
			time.Sleep(time.Second)
		}
		if events > 4+4*10 || events < 40 {
			t.Errorf("%d events in ten minutes, of one key", events)
		}
		l.report(true)
		if counted != 600*8 {
			t.Errorf("%d are counted", counted)
		}
		events, counted = 0, 0
		time.Sleep(time.Hour)
		for second := range 60 {
			for i := range 100 {
				l.tell(fmt.Sprint(second, i), "no key")
			}
			l.report(false)
			time.Sleep(time.Second)
		}
		if events > 60 || len(l.whose) > keptTurned+1 {
			t.Errorf("%d events in a minute, of all; %d are kept", events, len(l.whose))
		}
		l.report(true)
		if counted != 6000 || events > 60+31 {
			t.Errorf("%d are counted in %d events", counted, events)
		}
	})
}
