package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
)

// Users of the demo's run, and how near a late sink has to be to a hold for both
// to have had one cause.
const (
	demoUsers  = 80
	sameMoment = time.Second
)

// runDemo runs the program's demo without a screen and counts what its guard did.
func (s *settings) runDemo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "crosstalk-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "crosstalk.exe") // the suffix harms nowhere and one system wants it
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "crosstalk").CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	folder := filepath.Join(dir, "session")
	progress("the demo, linked: %v, %d users for %s", s.linked, demoUsers, s.demo)
	c := exec.CommandContext(ctx, program, "demo", fmt.Sprintf("--linked=%v", s.linked), "--headless", "--as", "bench",
		"--for", s.demo.String(), "--dial", fmt.Sprintf("0s=%d", demoUsers), "--out", folder)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = most
	c.Stderr = os.Stderr
	err = c.Run()
	// 3 and 4 are a cut, which is what is counted here.
	var code *exec.ExitError
	if err != nil && (!errors.As(err, &code) || code.ExitCode() != 3 && code.ExitCode() != 4) {
		return fmt.Errorf("run the demo: %w", err)
	}
	events, _, err := session.ReadJournal(folder)
	if err != nil {
		return fmt.Errorf("read what the demo did: %w", err)
	}
	s.tellDemo(events)
	return nil
}

// demoCount is what the guard did in a demo.
type demoCount struct {
	holds, ours, near, eases, cuts int
	peak                           int
	held                           time.Duration // held, eased or cut, to the end
	first                          string        // what the first hold said
	beforeCut                      string        // from the hold before it to the first cut
	recovered                      string
	requests                       uint64
}

func (s *settings) tellDemo(events []session.Event) {
	n := count(events)
	linked := "unlinked"
	if s.linked {
		linked = "linked"
	}
	fmt.Printf("The demo, %s, %s, %d users asked for.\n\n", linked, s.demo, demoUsers)
	printTable([]string{"holds", "said to be our side", "our sink late within a second of it", "eased", "cut", "not free", "hold to cut", "recovered", "most users", "requests"},
		[][]string{{fmt.Sprint(n.holds), fmt.Sprint(n.ours), fmt.Sprint(n.near), fmt.Sprint(n.eases), fmt.Sprint(n.cuts), n.held.Round(100 * time.Millisecond).String(),
			n.beforeCut, n.recovered, fmt.Sprint(n.peak), fmt.Sprint(n.requests)}})
	if n.first != "" {
		fmt.Printf("The first hold said: %s\n\n", n.first)
	}
}

func count(events []session.Event) (n demoCount) {
	// When this machine's own sink was not well, or slow by its own measure.
	var sink []time.Time
	for _, e := range events {
		switch b := e.Body.(type) {
		case *session.HealthState:
			if b.Env == monitors.Self && b.To != monitors.Green.String() && b.From == monitors.Green.String() {
				sink = append(sink, e.T)
			}
		case *session.HealthTick:
			if b.Env == monitors.Self && b.Max != nil && *b.Max > sinkLate.Seconds() {
				sink = append(sink, e.T)
			}
		}
	}
	var from, holdAt time.Time
	ours, held := false, false // of the newest hold; at the end
	for _, e := range events {
		switch b := e.Body.(type) {
		case *session.LoadTick:
			n.peak, n.requests = max(n.peak, b.Running), n.requests+b.Requests
		case *session.GuardRecovered:
			n.recovered = fmt.Sprintf("%.1f s", b.Seconds)
		case *session.GuardChange:
			if b.From == b.To {
				if b.OurSide && !ours { // known only after the hold had begun
					n.ours, ours = n.ours+1, true
				}
				continue
			}
			if b.From != string(session.GuardRun) {
				n.held += e.T.Sub(from)
			}
			from, held = e.T, b.To != string(session.GuardRun)
			switch session.GuardState(b.To) {
			case session.GuardHold:
				n.holds++
				if holdAt = e.T; n.first == "" {
					n.first = b.Why
				}
				near := slices.ContainsFunc(sink, func(t time.Time) bool { return t.Sub(e.T).Abs() <= sameMoment })
				if ours = b.OurSide || b.Cause == session.CauseSelf; ours {
					n.ours++
				}
				if near {
					n.near++
				}
			case session.GuardEase:
				n.eases++
			case session.GuardCut, session.GuardLockout:
				if n.cuts++; n.cuts == 1 && b.From != string(session.GuardRun) {
					n.beforeCut = fmt.Sprintf("%.2f s", e.T.Sub(holdAt).Seconds())
				}
			}
		}
	}
	if held {
		n.held += events[len(events)-1].T.Sub(from)
	}
	return n
}

// sinkLate is a latency that an idle server on loopback never has by itself.
const sinkLate = 50 * time.Millisecond
