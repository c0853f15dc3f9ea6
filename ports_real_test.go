//go:build real && linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ownNetwork takes the calling goroutine, and what it starts, to a network of
// its own that has a loopback and so many ports for connections to one address.
// The thread ends with the goroutine, and the network with the last that uses it.
func ownNetwork(t *testing.T, ports int) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("make a network of our own (as root, or with CAP_SYS_ADMIN): %v", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatalf("raise the loopback: %v", err)
	}
	const low = 40_000
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", fmt.Appendf(nil, "%d %d", low, low+ports-1), 0); err != nil {
		t.Fatalf("narrow the ports: %v", err)
	}
}

// Where the machine's ports for connections to one address run out, that is said
// before the start and while it lasts; the dial is held, and production stays in
// sight.
func TestNoPortIsLeft(t *testing.T) {
	ownNetwork(t, 60)
	free := make(chan struct{})
	target := newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		select { // every user's request stays in flight
		case <-free:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(free) })
	watched := newSite(t, nil)
	dir := filepath.Join(t.TempDir(), "session")
	// Wide limits: a busy machine is no part of this test.
	config := filepath.Join(t.TempDir(), "crosstalk.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `staging: {url: %q, limits: {users: 90}, journeys: [{name: hang, steps: [GET /]}]}
production: {checks: [{name: web-1, http: "%s/health", every: 1s}]}
guard: {slo: 9s}
`, target.URL, watched.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	on := []string{"run", "-c", config, "--out", dir}
	const said = "90 users can't all have a request in flight: this machine has 60 ports for connections to one address"

	dry := start(t, command(t, append(on, "--dry")...))
	dry.exits(0)
	if !strings.Contains(dry.out.text(), said) {
		t.Errorf("the dry run does not say it: %s", dry.out.text())
	}
	p := start(t, command(t, append(on, "--headless", "--baseline", "0", "--glide", "off", "--for", "14s", "--dial", "0s=5,3s=70", "--events", "-")...))
	begun := p.await("the span in which we are the limit", func(e event) bool { return e.Type == "self.limit" && e.text("span") == "begin" })
	if why := begun.text("why"); !strings.Contains(why, "no port is left for a connection") && !strings.Contains(why, "of this machine's 60 ports") {
		t.Errorf("the span is said to be for: %s", why)
	}
	p.exits(0)
	if !strings.Contains(p.err.text(), said) {
		t.Errorf("the start does not say it: %s", p.err.text())
	}
	j := readJournal(t, dir)
	held := j.of("guard.state").where(func(e event) bool { return e.text("to") == "hold" && e.text("cause") == "self" })
	if len(held) == 0 {
		t.Error("the dial was not held")
	}
	lost := 0.0
	for _, e := range j.of("load.tick") {
		if kinds, ok := e.Body["kinds"].(map[string]any); ok {
			n, _ := kinds["no free port here"].(float64)
			lost += n
		}
		if e.num("in_flight") > 70 {
			t.Errorf("%g requests in flight", e.num("in_flight"))
		}
	}
	if lost == 0 {
		t.Error("no request is counted as unsent for want of a port")
	}
	if cuts := j.of("guard.state").where(func(e event) bool { return e.text("to") == "cut" && e.text("cause") != "permit" }); len(cuts) > 0 {
		t.Errorf("the checks lost sight of production: %v", cuts)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil || !strings.Contains(string(text), "our own machine was the bottleneck") {
		t.Errorf("the report does not mark the span (%v)", err)
	}
}
