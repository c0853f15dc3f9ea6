package loadengine

import (
	"context"
	"time"
)

const (
	controlPeriod = 12500 * time.Microsecond // a twentieth of a slot
	drainPatience = 2 * time.Second          // until a stop is reported as not drained
)

// control moves running, watches the permit, reports stops and gives ticks,
// until ctx ends.
func (e *Engine) control(ctx context.Context, c *crew) {
	thinned := time.Now()
	clock := time.NewTicker(controlPeriod)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.brake.wake:
		case <-e.schedule.drained:
		case <-clock.C:
		}
		e.watchPermit()
		e.schedule.tend()
		now := time.Now()
		e.report(now)
		e.noticeShortage()
		if c.look(); now.Sub(thinned) >= spareEvery {
			thinned = now
			c.thin()
		}
		e.tickWhenDue()
	}
}

// watchPermit pulls the brake when the permit lapses under load: requests that
// are in flight do not pass the gate again, and must end as well.
func (e *Engine) watchPermit() {
	l := e.Live()
	if l.Asked == 0 && l.Running == 0 && l.InFlight == 0 || e.brake.epoch.Load().latched() || e.permit.Valid() {
		return
	}
	e.brake.Pull(Stop{Reason: ReasonPermit, By: "engine"})
}

// report tells of every order to the brake whose load has come to an end.
func (e *Engine) report(now time.Time) {
	e.pending = append(e.pending, e.brake.take()...)
	if len(e.pending) == 0 {
		return
	}
	flying, zeroAt := e.schedule.flight()
	kept := e.pending[:0]
	for _, o := range e.pending {
		r := StopReport{Stop: o.stop, Running: o.running, InFlight: o.inFlight, Zero: now.Sub(o.pulled)}
		switch {
		case flying == 0 || zeroAt.After(o.pulled):
			r.Drained = true
			r.Zero = max(zeroAt.Sub(o.pulled), 0)
		case r.Zero < drainPatience:
			kept = append(kept, o)
			continue
		}
		if e.hooks.Stopped != nil {
			e.hooks.Stopped(r)
		}
	}
	clear(e.pending[len(kept):])
	e.pending = kept
}

// noticeShortage says once that there are more users than rows of data, and why
// requests that are due are not sent: all users are busy, or redirects that are
// followed take their places.
func (e *Engine) noticeShortage() {
	if rows := len(e.program.data); !e.wrapped && rows > 0 && e.schedule.people() > rows {
		e.wrapped = true
		e.findings.note(Finding{Kind: FindingData})
	}
	if !e.crowded && e.schedule.open.crowded.Load() {
		e.crowded = true
		e.findings.note(Finding{Kind: FindingCrowded})
	}
	if !e.capped && e.schedule.open.capped.Load() {
		e.capped = true
		e.findings.note(Finding{Kind: FindingCapped})
	}
}

// tickWhenDue gives a tick every second, and every 250 ms while something moves.
func (e *Engine) tickWhenDue() {
	slot := int64(e.stats.now() / slotLength)
	if slot == e.slot {
		return
	}
	l := e.Live()
	l.InFlight = e.lastLive.InFlight // thinking users make it move all the time
	second := slot/lastSlots != e.slot/lastSlots
	e.slot = slot
	if second || l != e.lastLive || e.schedule.moving() || len(e.pending) > 0 {
		e.lastLive = l
		e.tick(false)
	}
}

func (e *Engine) tick(final bool) {
	t := e.stats.take(e.schedule.level.Load(), final)
	l := e.Live()
	t.Asked, t.Running, t.InFlight, t.Ceiling = l.Asked, l.Running, l.InFlight, l.Ceiling
	t.Late, t.Missed = e.schedule.late()
	t.Dropped += t.Late
	if e.schedule.open.on {
		t.Users = int(e.schedule.live.users.Load())
	}
	t.Final = final
	e.gate.evidence.hand(t.At, final)
	if e.hooks.Tick != nil {
		e.hooks.Tick(t)
	}
}
