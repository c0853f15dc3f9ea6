package main

import (
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"crosstalk/bench/fault"
	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session"
	"crosstalk/tui"
)

// BenchmarkSession runs a whole session at 10,000 requests a second, or at full
// speed by 64 users who never think, with its screen at 200x60 and its journal on
// the disk, for ten seconds an iteration. bench/screen profiles it and says what
// share of a core the screen and the session take; the engine is not theirs, and
// the servers have processes of their own.
func BenchmarkSession(b *testing.B) {
	program, err := fault.Build(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range []struct {
		name string
		dial int
		plan loadengine.Plan
	}{
		{"rate", 10_000, loadengine.Plan{Mode: loadengine.ModeRate, MaxUsers: 200, MaxRPS: 10_000}},
		{"full-speed", 64, loadengine.Plan{MaxUsers: 64}},
	} {
		b.Run(v.name, func(b *testing.B) { wholeSession(b, program, v.plan, v.dial) })
	}
}

func wholeSession(b *testing.B, program string, plan loadengine.Plan, dial int) {
	who := session.Person{Name: "mel", Role: session.Driver}
	for b.Loop() {
		staging, err := fault.NewApart(program, fault.Options{})
		if err != nil {
			b.Fatal(err)
		}
		production, err := fault.NewApart(program, fault.Options{})
		if err != nil {
			b.Fatal(err)
		}
		plan.Base, plan.Version = staging.URL(), "bench"
		plan.Journeys = []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}, {URL: "/cart"}, {URL: "/checkout"}}}}
		var checks []monitors.Check
		for _, name := range []string{"web-1", "web-2", "web-3", "web-4"} {
			c, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: name, URL: production.URL(), Every: 250 * time.Millisecond})
			if err != nil {
				b.Fatal(err)
			}
			checks = append(checks, c)
		}
		s, err := session.New(session.Options{Dir: filepath.Join(b.TempDir(), "s"), Rules: session.DefaultRules(), Checks: checks, Plan: plan,
			Start: session.Start{ID: "s", As: "mel", Charter: "what the screen costs", NoGuard: "a benchmark"}})
		if err != nil {
			b.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(b.Context()) }()
		p := tea.NewProgram(tui.New(s, tui.Options{Who: who, Host: true}), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithWindowSize(200, 60), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler())
		drawn := make(chan error, 1)
		go func() { _, err := p.Run(); drawn <- err }()
		for s.May(who, session.SetDial{To: dial}) != nil || s.Snapshot().Baseline.To == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := s.Do(b.Context(), who, session.SetDial{To: dial}); err != nil {
			b.Fatal(err)
		}
		before, began := s.Snapshot().Requests, time.Now()
		time.Sleep(10 * time.Second)
		b.ReportMetric(float64(s.Snapshot().Requests-before)/time.Since(began).Seconds(), "req/s")
		if _, err := s.Do(b.Context(), who, session.Finish{Reason: "plan"}); err != nil {
			b.Fatal(err)
		}
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := <-drawn; err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(staging.Err(), production.Err()); err != nil {
			b.Fatal(err)
		}
		staging.Close()
		production.Close()
	}
}
