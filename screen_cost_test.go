package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session"
	"crosstalk/tui"
)

// BenchmarkSession runs a whole session at 10,000 requests a second, with its
// screen at 200x60 and its journal on the disk, for ten seconds an iteration.
// bench/screen profiles it and says what share of a core the screen and the
// session take; the engine and the servers of the test are not theirs.
func BenchmarkSession(b *testing.B) {
	who := session.Person{Name: "mel", Role: session.Driver}
	for b.Loop() {
		answer := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		staging, production := httptest.NewServer(answer), httptest.NewServer(answer)
		var checks []monitors.Check
		for _, name := range []string{"web-1", "web-2", "web-3", "web-4"} {
			c, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: name, URL: production.URL, Every: 250 * time.Millisecond})
			if err != nil {
				b.Fatal(err)
			}
			checks = append(checks, c)
		}
		s, err := session.New(session.Options{Dir: filepath.Join(b.TempDir(), "s"), Rules: session.DefaultRules(), Checks: checks,
			Plan: loadengine.Plan{Base: staging.URL, Version: "bench", Mode: loadengine.ModeRate, MaxUsers: 200, MaxRPS: 10_000, Glide: 0,
				Journeys: []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}, {URL: "/cart"}, {URL: "/checkout"}}}}},
			Start: session.Start{ID: "s", As: "mel", Charter: "what the screen costs", NoGuard: "a benchmark"}})
		if err != nil {
			b.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(b.Context()) }()
		p := tea.NewProgram(tui.New(s, tui.Options{Who: who, Host: true}), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithWindowSize(200, 60), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler())
		drawn := make(chan error, 1)
		go func() { _, err := p.Run(); drawn <- err }()
		for s.May(who, session.SetDial{To: 10_000}) != nil || s.Snapshot().Baseline.To == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := s.Do(b.Context(), who, session.SetDial{To: 10_000}); err != nil {
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
		staging.Close()
		production.Close()
	}
}
