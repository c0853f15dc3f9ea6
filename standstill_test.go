//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// A program that was stopped and goes on, as with a laptop's lid, has not watched
// meanwhile: it sends nothing more, and does not take up its load by itself.
func TestStandingStillStopsTheLoad(t *testing.T) {
	t.Parallel()
	const users = 3
	staging := newSite(t, nil)
	sent := func() (n int) {
		for _, r := range staging.requests() {
			if !strings.HasPrefix(r.Header.Get("User-Agent"), "crosstalk-check/") {
				n++
			}
		}
		return n
	}
	args, dir := onSites(t, "--dial", "0s=3", "--glide", "off")
	setFlag(args, "--target", staging.URL+"/shop")
	p := start(t, command(t, args...))
	p.await("load", func(e event) bool { return e.Type == "load.tick" && e.num("running") == users && e.num("requests") > 0 })
	p.signal(syscall.SIGSTOP)
	// Longer than any lease lasts. Whatever the machine adds makes it only longer.
	lid := time.NewTimer(1500 * time.Millisecond)
	defer lid.Stop()
	<-lid.C
	asleep := sent()
	p.signal(syscall.SIGCONT)
	cut := p.await("the cut", func(e event) bool { return e.Type == "guard.state" && e.text("to") == "cut" })
	if cut.text("cause") != "permit" {
		t.Errorf("the cut: %v", cut.Body)
	}
	idle := func(after int) func(event) bool {
		return func(e event) bool {
			return e.Type == "load.tick" && e.Seq > after && e.num("running") == 0 && e.num("in_flight") == 0
		}
	}
	first := p.await("nobody running", idle(cut.Seq))
	// What had passed the permit before the standstill may still have come out.
	after := sent()
	if n := after - asleep; n > users {
		t.Errorf("%d requests came after the standstill", n)
	}
	second := p.await("a second", idle(first.Seq))
	p.await("another second", idle(second.Seq))
	if n := sent() - after; n > 0 {
		t.Errorf("%d requests came later", n)
	}
	p.signal(syscall.SIGTERM)
	p.exits(130)
	j := readJournal(t, dir)
	j.ended(t, "signal")
	stops := j.of("load.stop")
	if len(stops) == 0 || stops[0].text("reason") != "permit" {
		t.Errorf("stops: %v", stops)
	}
	for _, e := range j.of("guard.state") {
		if e.Seq > cut.Seq {
			t.Errorf("nobody went on, and the guard went %s", e.text("to"))
		}
	}
}
