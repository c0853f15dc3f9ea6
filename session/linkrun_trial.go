package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session/link"
)

// settleFor is what is left out after the load has changed, before the quiet
// that a check learns from.
const settleFor = 500 * time.Millisecond

// guardWord is how long after the brake was pulled the guard's reason may take.
const guardWord = 500 * time.Millisecond

// trial is one check or dips under way.
type trial struct {
	*linkRunner
	o       linkOrder
	core    linkCore
	check   *link.Check // of a check
	dip     *link.Dips  // of dips
	sham    *sham
	grace   time.Duration
	spans   []halfSpan // of the quiet phase
	counted counterUse
	failed  string // why no pair was made
	pairs   int
	settled bool          // how slow staging is
	zeros   time.Duration // at zero after dips
}

// make goes all the way to the end.
func (t *trial) make(ctx context.Context) {
	if why := t.begin(ctx); why != "" {
		t.failed = why
		return
	}
	if why := t.quiet(ctx); why != "" {
		t.failed = why
		return
	}
	if err := t.open(ctx); err != nil {
		t.failed = refusedWords(err)
		return
	}
	at := time.Now()
	zero := false
	for {
		h, ok := t.core.Next()
		if !ok {
			return
		}
		if h.Load == link.Zero && !zero {
			zero = true
			t.atZero()
		}
		// Every half has its place in time, whatever came before it.
		if why := t.half(ctx, h, at); why != "" {
			t.core.Stop(string(why))
			return
		}
		at = at.Add(h.Length)
		if h.Index%2 == 1 && t.o.mode == ModeCheck {
			t.slower()
		}
	}
}

// slower looks after each of the first pairs how long staging takes: its slow answers may
// still be under way when the first one ends. Where three times that is more than a half
// leaves out, those pairs do not count, as their halves without load had some of it, and
// the check goes on with what is left of the order. No verdict could have come of them.
// Where staging is too slow for the profile, the check ends; where only few requests say
// so, it goes on, and says at its end what was left of the load.
func (t *trial) slower() {
	if t.settled || t.check.Done() {
		return
	}
	t.settled = t.pairs >= t.o.profile.MinPairs/2
	enough := enoughRequests
	if t.settled {
		enough = 1 // the last look: too much left out does less harm than too little
	}
	p95 := t.stagingP95(t.o.users, enough)
	switch {
	case 3*p95 <= t.o.profile.Discard || 4*p95 <= 5*t.o.p95: // about what was known
		return
	case t.o.profile.TooSlow(p95) != "":
		if enough > 1 { // else it may have been one login
			t.check.Slow(p95)
		}
		return
	}
	t.settled, t.o.p95 = true, p95
	t.counted = t.probes.countersIn(t.o.profile, p95)
	if err := t.weigh(); err != nil {
		t.check.Stop(fmt.Sprintf("staging takes up to %v, and production is too noisy for what that leaves of each half", p95.Round(10*time.Millisecond)))
		return
	}
	t.pairs = 0
	t.started(fmt.Sprintf("Staging takes up to %v: more of each half is left out, and what was made so far does not count. ", p95.Round(10*time.Millisecond)))
}

// begin lets the guard know: hold and ease are suspended from here on.
func (t *trial) begin(ctx context.Context) string {
	no := "the guard did not answer: start the check again"
	if t.watch.orderAndWait(ctx, func(now time.Time) { no = t.watch.beginCheck(now, t.o.mode, t.o.at) }) {
		return no
	}
	return "the guard did not answer: start the check again"
}

// need is how much constant load a check looks at first. Nearly all of it is
// enough: the rehearsal and the first probes take a moment of every baseline.
func need(p link.Profile, mode string) (halves int, enough time.Duration) {
	least := 6
	if mode == ModeDips {
		least = 4
	}
	halves = max(least, int(p.Quiet/p.Half))
	return halves, time.Duration(max(least, halves*8/10)) * p.Half
}

// constant is how long the load has been what it is, at now.
func (r *linkRunner) constant(now time.Time) time.Duration {
	first := r.still
	if len(r.probes.past) == 0 {
		return 0
	}
	if at := r.probes.past[0].due; at.After(first) {
		first = at
	}
	return max(0, now.Sub(first)-settleFor)
}

// quiet finds the halves of constant load before the check: what is there
// already if that is enough, else once it is.
func (t *trial) quiet(ctx context.Context) string {
	p := t.o.profile
	halves, want := need(p, t.o.mode)
	for t.o.off > 0 && t.level != t.o.off { // on the way down: no quiet yet
		if why := t.wait(ctx, time.Now().Add(4*linkTick), t.cut); why != "" {
			return "Stopped before the first pair: " + string(why) + "."
		}
	}
	if t.counted.hurries && t.o.mode != ModeDips {
		// The counters were asked too seldom until now. Whoever asks "is it me?" under full
		// load, with the guard's steps suspended, does not wait for that.
		t.still = time.Now()
	}
	margin := p.Half / 4 // for the answers of the newest probes
	have := func() time.Duration { return t.constant(time.Now().Add(-margin)) }
	if have() < want {
		want = time.Duration(halves) * p.Half // a quiet phase of its own, in full
	}
	for left := want - have(); left > 0; left = want - have() {
		if why := t.wait(ctx, time.Now().Add(min(left, time.Second)), t.cut); why != "" {
			return "Stopped before the first pair: " + string(why) + "."
		}
	}
	now := time.Now().Add(-margin)
	n := min(halves, int(t.constant(now)/p.Half))
	t.grace = t.probes.patience(now.Add(-time.Duration(n)*p.Half), p.Half)
	for i := range n {
		t.spans = append(t.spans, halfSpan{from: now.Add(-time.Duration(n-i) * p.Half), length: p.Half, grace: t.grace})
	}
	return ""
}

// before is what was seen in the quiet phase.
func (t *trial) before() []link.Observation {
	out := make([]link.Observation, 0, len(t.spans))
	for i, s := range t.spans {
		out = append(out, link.Observation{Half: i, Samples: t.probes.samples(s), Counters: t.probes.counters(s, t.counted)})
	}
	return out
}

// cut tells why a check can't go on before its first half.
func (t *trial) cut() end {
	if g := t.watch.status.Load(); g.early != "" {
		return earlyRed(g)
	}
	if stop, ok := t.brake.Latched(); ok {
		return end(fmt.Sprintf("all load was stopped (%s, %s)", stop.Reason, stop.By))
	}
	return ""
}

// open begins the statistics and, for a check, the sham load.
func (t *trial) open(ctx context.Context) error {
	if err := t.weigh(); err != nil {
		return err
	}
	if t.o.mode == ModeCheck && t.o.profile.ShamFrom > 0 {
		var err error
		if t.sham, err = newSham(context.WithoutCancel(ctx), t.unit, t.o.users, t.version, t.permit, t.brake); err != nil {
			return err
		}
	}
	t.started("")
	return nil
}

// weigh begins the statistics.
func (t *trial) weigh() (err error) {
	setup := link.Setup{Profile: t.o.profile, Seed: t.o.seed, Users: t.o.users, OffUsers: t.o.off, Before: t.o.before, StagingP95: t.o.p95, Mix: t.mix, ShamTo: "to a sink on this machine", Here: t.probes.here(), Proxy: t.proxy, Unit: unitOf(t.unit)}
	if t.o.mode == ModeDips {
		if t.dip, err = link.NewDips(setup, t.before()); err == nil {
			t.core = t.dip
		}
		return err
	}
	setup.Asked = t.counted.asked
	for _, m := range t.counted.missed {
		setup.Unasked = append(setup.Unasked, m.Counter())
	}
	begin := link.New
	if t.check != nil {
		begin = t.check.Anew
	}
	check, err := begin(setup, t.before())
	if err == nil {
		t.core, t.check = check, check
	}
	return err
}

// started tells that the pairs begin, after what else there is to say.
func (t *trial) started(first string) {
	body := &LinkStart{Mode: t.o.mode, Profile: t.o.profile.Name, Users: t.core.Progress().Users, Off: t.o.off, Seed: t.o.seed}
	if t.dip != nil {
		body.Order = t.dip.Assignment().String()
		body.Words = fmt.Sprintf("Dips from %s to nothing and back, at random, never above.", t.unit.Of(t.o.users))
	} else {
		f := t.check.Forecast()
		body.Order, body.Forecast = t.check.Assignment().String(), &f
		body.Words = first + f.Words() + t.counted.words(t.probes.checks, t.o.profile)
	}
	t.facts.put(fact{by: BySession, kind: TypeLinkStart, body: body})
}

func refusedWords(err error) string {
	text := err.Error()
	if _, forecast, ok := strings.Cut(text, link.ErrNoisy.Error()+": "); ok {
		return forecast // a sentence of its own
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "begin dips: "), "begin the link check: ")
	return "Not begun: " + text + "."
}

// half makes one half: the load as ordered, then what production answered.
func (t *trial) half(ctx context.Context, h link.Half, at time.Time) end {
	seen := link.Observation{Half: h.Index}
	before, flying := t.engine.Total(), t.engine.Live().InFlight
	had, waited := monitors.OwnProcessor()
	var hits int64
	if t.sham != nil {
		hits = t.sham.hits.Load()
		t.sham.set(h.Sham, h.ShamRate)
	}
	t.probes.forget(at)
	t.engine.SetAsked(h.Users)
	under, looks, left := 0, 0, -1
	told, toldFlying, waits := before, flying, t.late > 0
	why := t.wait(ctx, at.Add(h.Length), func() end {
		if waits && time.Since(at) >= t.late { // until now it was of the half before
			told, toldFlying, waits = t.engine.Total(), t.engine.Live().InFlight, false
		}
		if time.Since(at) >= max(h.Discard, t.late) {
			now := t.engine.Live().InFlight
			under, looks = under+now, looks+1
			if left < 0 {
				left = now
			}
		}
		g := t.watch.status.Load()
		seen.Amber = seen.Amber || g.production == monitors.Amber && g.pressing
		return t.guarded(&seen, g, at)
	})
	if seen.Red || seen.NoSight {
		why = ""
	}
	if why != "" {
		return why
	}
	seen.Flying, seen.InFlight, seen.Left = flying, float64(under)/float64(max(1, looks)), max(0, left)
	seen.AmberAtEnd = t.watch.status.Load().production != monitors.Green
	after, now := t.engine.Total(), t.engine.Live().InFlight
	seen.LateSent, seen.LateSucceeded = between(before, told)
	seen.LatePart = min(1, t.late.Seconds()/h.Length.Seconds())
	seen.Sent, seen.Succeeded = between(told, after)
	if h.Users == 0 {
		// What ends in a half without load was sent in the one before.
		seen.Sent = max(0, seen.Sent+now-toldFlying)
		seen.Succeeded = min(seen.Succeeded, seen.Sent)
	}
	if t.sham != nil {
		seen.Sham = int(t.sham.hits.Load() - hits)
		t.sham.learn(int64(seen.Sham), h.Length)
	}
	hadAfter, waitedAfter := monitors.OwnProcessor()
	seen.Had, seen.Waited = hadAfter-had, waitedAfter-waited
	s := halfSpan{from: at, length: h.Length, grace: t.grace}
	seen.Samples, seen.Counters, seen.Busy = t.probes.samples(s), t.probes.counters(s, t.counted), t.probes.busy(s)
	if err := t.core.Observe(seen); err != nil {
		return end(err.Error())
	}
	t.tell(h)
	return ""
}

// between is how many requests ended from one count to the next, and how many well.
func between(from, to loadengine.Total) (sent, succeeded int) {
	sent = int(to.Requests - from.Requests)
	return sent, sent - int(to.Errors-from.Errors)
}

// atZero tells that the time at zero begins, so that nobody takes the rest of the order
// for load.
func (t *trial) atZero() {
	b := t.progress()
	b.Words = "At zero from now on."
	t.facts.put(fact{by: BySession, kind: TypeLinkPair, body: b})
}

// progress is how far it is, without a pair.
func (t *trial) progress() *LinkPair {
	p := t.core.Progress()
	return &LinkPair{Mode: t.o.mode, Pairs: p.Pairs, MaxPairs: p.MaxPairs, Users: p.Users, Effect: p.Effect, Evidence: p.Evidence, Line: p.Line,
		Toward: p.Toward, Done: seconds(p.Done), Most: seconds(p.Most), Likely: seconds(p.Likely), Words: p.Words()}
}

// tell gives a pair that is whole, or a step of the time at zero, to the log.
func (t *trial) tell(h link.Half) {
	p, b := t.core.Progress(), t.progress()
	switch {
	case h.Load == link.Zero:
		t.zeros += h.Length
		b.Words = fmt.Sprintf("At zero for %s.", t.zeros)
	case len(p.Strip) == t.pairs:
		return // half of a pair
	default:
		last := p.Strip[len(p.Strip)-1]
		t.pairs, b.Pair = len(p.Strip), len(p.Strip)
		b.OnFirst, b.Sham, b.Amber, b.Lost, b.Difference = last.OnFirst, last.Sham, last.Amber, last.Lost, last.Difference
	}
	t.facts.put(fact{by: BySession, kind: TypeLinkPair, body: b})
}

// verdict puts the end into words and numbers.
func (t *trial) verdict() *LinkVerdict {
	b := &LinkVerdict{Mode: t.o.mode, Profile: t.o.profile.Name, Users: t.o.users, Refused: t.failed != "", Words: t.failed}
	switch {
	case b.Refused && t.o.mode == ModeDips:
		b.Kind = string(link.CannotTell)
	case b.Refused:
		b.Kind = string(link.Inconclusive)
	case t.dip != nil:
		if r, ok := t.dip.Result(); ok {
			b.Kind, b.Words, b.Dips = string(r.Answer), r.Words(), &r
		}
	default:
		if v, ok := t.check.Verdict(); ok {
			b.Kind, b.Words, b.Verdict, b.Users, b.Reach = string(v.Verdict), v.Words(), &v, v.Users, v.Reach
			if v.Verdict == link.NoLinkSeen || v.Verdict == link.Inconclusive {
				b.Words += t.counted.words(t.probes.checks, t.o.profile)
			}
		}
	}
	return b
}
