package session

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/session/link"
)

// A fleet that goes on without this program is kept small, and what its engine
// knows of the remedy is told.
func TestAFleetOffTheLeaseNamesItsRemedy(t *testing.T) {
	t.Parallel()
	for _, remedy := range []string{"", "worker a imports an older crosstalk_guard.py: copy the newer one there"} {
		o := newWorld(t).options(t)
		o.Fleet = &Fleet{Address: "http://master.example.test:8089",
			Make: func(p *loadengine.Permit, b *loadengine.Brake, h loadengine.Hooks) (Engine, string, error) {
				e, err := loadengine.New(o.Plan, p, b, h)
				return e, remedy, err
			}}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.journal.close() })
		said := slices.ContainsFunc(s.o.Hints, func(h string) bool {
			return strings.HasPrefix(h, "the fleet is not on the lease") && strings.HasSuffix(h, "5 users at most; "+remedy)
		})
		if off := remedy != ""; said != off || s.o.Start.Fleet.Leased == off || s.o.Rules.Unleased != off {
			t.Errorf("remedy %q: leased %t, unleased %t, hints %q", remedy, s.o.Start.Fleet.Leased, s.o.Rules.Unleased, s.o.Hints)
		}
	}
}

// tardy is an engine that tells of its requests late, as a fleet does.
type tardy struct {
	Engine
	late time.Duration
	mu   sync.Mutex
	told []loadengine.Total
	at   []time.Time
}

func (e *tardy) look(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		e.mu.Lock()
		e.told, e.at = append(e.told, e.Engine.Total()), append(e.at, time.Now())
		e.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func (e *tardy) Total() (t loadengine.Total) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, at := range e.at {
		if time.Since(at) < e.late {
			break
		}
		t = e.told[i]
	}
	return t
}

// A fleet tells in the half after what it sent in the half before: that is no load in a
// half without.
func TestALinkCheckOfAFleetCountsWhatIsToldLate(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) {
		o.Fleet = &Fleet{Address: "http://master.example.test:8089", Begin: beginFor, Drain: drainFor, Late: 250 * time.Millisecond,
			Make: func(p *loadengine.Permit, b *loadengine.Brake, h loadengine.Hooks) (Engine, string, error) {
				e, err := loadengine.New(o.Plan, p, b, h)
				late := &tardy{Engine: e, late: 150 * time.Millisecond}
				go late.look(t.Context())
				return late, "", err
			}}
	})
	r.do(StartCheck{Users: 3})
	v := r.verdict()
	if v.Kind == string(link.Void) || v.Verdict == nil || v.Verdict.SentOff*10 > v.Verdict.SentOn {
		t.Fatalf("verdict %+v of %+v", v, v.Verdict)
	}
	if v.Verdict.Success < 0.99 {
		t.Errorf("%v of them succeeded", v.Verdict.Success)
	}
}
