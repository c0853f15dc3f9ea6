package locust

import (
	"context"
	"fmt"
	"strings"
	"time"

	"crosstalk/loadengine"
)

// settled is how long an order may take before a different number of users is
// somebody else's doing.
const settled = 3 * time.Second

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

// poll gives one tick. Without an answer it is a tick without requests: the
// next answer's counts hold them.
func (f *Fleet) poll(ctx context.Context, final bool) {
	ask := f.client.plain
	if f.leased || f.seen.Protocol == protocol {
		ask = f.client.detailed
	}
	s, err := ask(ctx)
	now := time.Now()
	var tick loadengine.Tick
	if err != nil {
		if !final && ctx.Err() == nil {
			f.say("poll", err.Error())
		}
		tick = loadengine.Tick{At: now}
	} else {
		f.forget("poll")
		f.mu.Lock()
		tick = f.tally.take(s, now)
		f.total = f.tally.total
		f.mu.Unlock()
		if s.Users >= 0 {
			f.took(&state{State: s.State, Target: s.Users, Users: s.Users, InFlight: s.Users, Workers: s.Workers}, now)
			f.stopAgain(ctx, s.Users)
		}
	}
	l := f.Live()
	tick.Asked, tick.Running, tick.InFlight, tick.Ceiling, tick.Final = l.Asked, l.Running, l.InFlight, l.Ceiling, final
	tick.Nodes = f.nodes()
	if f.hooks.Tick != nil {
		f.hooks.Tick(tick)
	}
}

// stopAgain ends what runs under a latched brake: Locust's own stop, in the
// midst of spawning, may leave a worker at it. The plug-in does so by itself.
func (f *Fleet) stopAgain(ctx context.Context, users int) {
	if _, latched := f.brake.Latched(); latched && users > 0 {
		_ = f.client.stop(ctx) // the next poll sees whether it helped
	}
}

func (f *Fleet) nodes() *loadengine.Nodes {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &loadengine.Nodes{Lost: len(f.lost), Leased: f.leased}
	for _, w := range here(f.seen.Workers) {
		n.Workers++
		n.CPU = max(n.CPU, w.CPU)
	}
	return n
}

// took takes in how the fleet says it stands.
func (f *Fleet) took(s *state, now time.Time) {
	f.running.Store(int64(s.Users))
	f.inFlight.Store(int64(s.InFlight))
	f.mu.Lock()
	before := f.seen
	f.seen = s
	f.mu.Unlock()
	f.missed(before, s)
	f.others(s, now)
	for _, w := range s.Workers {
		for host := range w.Refused {
			f.sayOnce("host "+host, loadengine.Finding{Kind: loadengine.FindingHost, Host: host, Step: "a step of the locustfile",
				Remedy: fmt.Sprintf("hosts: [%q]", host)})
		}
	}
}

// missed says which workers went, and which came without the plug-in.
func (f *Fleet) missed(before, s *state) {
	now := map[string]worker{}
	for _, w := range here(s.Workers) {
		now[w.ID] = w
	}
	for _, w := range here(before.Workers) {
		if _, still := now[w.ID]; still {
			continue
		}
		f.mu.Lock()
		first := !f.lost[w.ID]
		f.lost[w.ID] = true
		f.mu.Unlock()
		if first {
			f.say("lost "+w.ID, fmt.Sprintf("worker %s is lost with its users: %d left, which take no more until the dial moves", brief(w.ID), len(now)))
		}
	}
	known := map[string]bool{}
	for _, w := range here(before.Workers) {
		known[w.ID] = true
	}
	for id := range now {
		if !known[id] {
			f.say("new "+id, fmt.Sprintf("worker %s joined: %d in all", brief(id), len(now)))
		}
	}
}

// brief is a worker's host and the start of the 32 digits that Locust adds.
func brief(id string) string {
	if at := strings.LastIndexByte(id, '_'); at >= 0 && len(id)-at-1 == 32 {
		return id[:at+7]
	}
	return id
}

// others notices orders that are not ours. More than the dial wants is taken
// back; fewer is let be until the dial moves, because everybody may ease load.
func (f *Fleet) others(s *state, now time.Time) {
	f.mu.Lock()
	order, quiet := f.order, now.Sub(f.orderedAt) > settled
	fresh := s.Foreigns > f.foreigns
	f.foreigns = max(f.foreigns, s.Foreigns)
	want := int(f.asked.Load())
	if c := int(f.ceiling.Load()); c >= 0 {
		want = min(want, c)
	}
	alone := len(here(s.Workers)) == 0 && order > 0
	more := !f.leased && quiet && s.Users > order && s.State == "running"
	fewer := alone || quiet && s.Target < order && f.yielded == 0
	if fewer {
		if alone {
			s.Target = 0 // Locust stops a run without workers
		}
		f.yielded, f.yieldedAt, f.order = s.Target+1, want, s.Target
	}
	if more {
		f.order = s.Users // so that the next turn sets it back
	}
	f.mu.Unlock()
	switch at := now.Format(time.RFC3339); {
	case fresh:
		f.say("more "+at, fmt.Sprintf("someone else set %s in Locust itself: set back to %d", users(s.Foreign), order))
	case more:
		f.say("more "+at, fmt.Sprintf("someone else set %s in Locust itself: set back to %d", users(s.Users), order))
	case alone:
		f.say("alone "+at, "no worker is left: nobody runs until one is back and the dial moves")
	case fewer && !runs(s.State):
		f.say("fewer "+at, "someone else stopped the run in Locust itself: nobody runs until the dial moves")
	case fewer:
		f.say("fewer "+at, fmt.Sprintf("someone else set %s in Locust itself: it stays so until the dial moves", users(s.Target)))
	}
}

// runs tells whether a state of the master's is one of a run that goes on.
func runs(state string) bool { return state == "running" || state == "spawning" }

func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// maxSaid bounds what a talkative fleet can make of us.
const maxSaid = 200

// say tells a trouble of the fleet once, until it is over.
func (f *Fleet) say(key, text string) {
	f.sayOnce(key, loadengine.Finding{Kind: loadengine.FindingNodes, Text: text})
}

func (f *Fleet) sayOnce(key string, n loadengine.Finding) {
	f.mu.Lock()
	if f.said[key] || len(f.said) >= maxSaid {
		f.mu.Unlock()
		return
	}
	f.said[key] = true
	f.mu.Unlock()
	if f.hooks.Finding != nil {
		n.Count = 1
		f.hooks.Finding(n)
	}
}

// forget makes a trouble that is over worth telling again.
func (f *Fleet) forget(key string) {
	f.mu.Lock()
	delete(f.said, key)
	f.mu.Unlock()
}
