package session

import (
	"context"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

// Dips begin at once where the load has been what it is for long: for no counter do they
// wait under full load. A check's quiet phase is read as its halves are.
func TestDipsDoNotWaitForCounters(t *testing.T) {
	t.Parallel()
	for _, check := range []monitors.Check{
		{Env: monitors.Production, Name: "db", Kind: "postgres", Every: time.Second, Eager: true, Counts: true},
		{Env: monitors.Production, Name: "load", Kind: "metrics", Slow: true, Every: 5 * time.Second, Eager: true, Numbers: true},
	} {
		for mode, profile := range map[string]link.Profile{ModeDips: link.IsItMe(), ModeCheck: link.Quick()} {
			now := time.Now()
			p := newProbes([]monitors.Check{check})
			for due := now.Add(-2 * time.Minute); due.Before(now); due = due.Add(check.Every) {
				p.offer(monitors.Sample{Due: due, Phase: monitors.Done, Result: monitors.Result{OK: true, Worked: true, Work: 1, WorkedAt: due, Measured: true, Value: 1}})
			}
			p.drain()
			r := &linkRunner{probes: p, still: now.Add(-time.Hour)}
			tr := &trial{linkRunner: r, o: linkOrder{mode: mode, profile: profile, users: 5}, counted: p.countersIn(profile, 0)}
			if !tr.counted.hurries {
				t.Fatalf("%s, %s: nothing is hurried: %+v", check.Name, mode, tr.counted)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel() // whoever waits is told so
			quiet, why := tr.quiet(ended)
			if waited := why != ""; waited != (mode == ModeCheck) || !waited && len(quiet) != 6 {
				t.Errorf("%s, %s: %d halves, %q", check.Name, mode, len(quiet), why)
			}
		}
	}
}
