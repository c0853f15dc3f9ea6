package locust

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crosstalk/loadengine"
)

// watch asks for the statistics once a second and gives ticks.
func (f *Fleet) watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ask, cancel := context.WithTimeout(ctx, askFor)
		f.poll(ask, false)
		cancel()
	}
}

// poll gives one tick. Without an answer there is none: what is on the screen
// grows old, and the next answer's counts hold what is missing.
func (f *Fleet) poll(ctx context.Context, final bool) {
	f.polling.Lock() // an older answer after a newer one would look like counts that began again
	defer f.polling.Unlock()
	s, err := f.ended(ctx)
	now := time.Now()
	if err != nil {
		if !final {
			if !errors.Is(ctx.Err(), context.Canceled) {
				f.say("poll", err.Error())
			}
			return
		}
		s = &stats{Session: f.o.Session} // the last tick is given in any case
	} else {
		f.forget("poll")
	}
	f.mu.Lock()
	f.tally.hold(f.held(), now)
	if err != nil {
		s.Seq = f.tally.since
	}
	tick := f.tally.take(s, now, final)
	f.total = f.tally.total
	f.mu.Unlock()
	l := f.Live()
	tick.Asked, tick.Running, tick.InFlight, tick.Ceiling, tick.Final = l.Asked, l.Running, l.InFlight, l.Ceiling, final
	tick.Nodes = f.nodes()
	if f.hooks.Tick != nil {
		f.hooks.Tick(tick)
	}
}

// held tells whether as many run as are asked for.
func (f *Fleet) held() bool {
	asked := f.asked.Load()
	return asked > 0 && f.running.Load() == asked
}

// ended asks what has ended. Without the lease it looks at the users, too.
func (f *Fleet) ended(ctx context.Context) (*stats, error) {
	if f.leased {
		f.mu.Lock()
		since := f.tally.since
		f.mu.Unlock()
		s, err := f.client.detailed(ctx, since)
		if err == nil && s.Session != f.o.Session {
			if s.Session != "" {
				f.say("taken", (&taken{s.Session}).Error())
			}
			s = &stats{Session: f.o.Session, Seq: since} // nothing of ours
		}
		return s, err
	}
	p, err := f.client.plain(ctx)
	if err != nil {
		return nil, err
	}
	s := p.state()
	if f.plugged {
		if s, err = f.stand(ctx); err != nil {
			return nil, err
		}
	}
	if f.took(s, time.Now()); s.Users > 0 {
		if _, latched := f.brake.Latched(); latched {
			// Locust's own stop, in the midst of spawning, may leave a worker at it. The
			// next look sees whether it helped.
			_ = f.client.stop(ctx)
		}
	}
	return p, nil
}

func (f *Fleet) nodes() *loadengine.Nodes {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &loadengine.Nodes{Lost: len(f.lost), Leased: f.leased}
	for _, w := range here(f.seen.Workers) {
		if !f.lost[w.ID] {
			n.Workers++
			n.CPU = max(n.CPU, w.CPU)
		}
	}
	return n
}

// took takes in how the fleet says it stands, and tells whether it does what it
// was told.
func (f *Fleet) took(s *state, now time.Time) bool {
	f.running.Store(int64(s.Users))
	f.inFlight.Store(int64(s.InFlight))
	f.mu.Lock()
	before := f.seen
	f.seen = s
	f.tally.cancelled(s.Workers)
	f.tally.hold(f.held(), now)
	f.mu.Unlock()
	f.missed(before, s, now)
	obeys := f.others(before, s, now)
	for _, w := range s.Workers {
		for host := range w.Refused {
			f.once("host "+host, loadengine.Finding{Kind: loadengine.FindingHost, Host: host, Step: "a step of the locustfile",
				Remedy: fmt.Sprintf("hosts: [%q]", host)})
		}
	}
	return obeys
}
