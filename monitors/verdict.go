package monitors

import (
	"slices"
	"time"
)

const (
	// kept is how far back answers are held for statistics.
	kept = 10 * time.Second
	// mostMissed bounds the due times held while a probe is unanswered.
	mostMissed = 64
	// leastSilence is the shortest silence that is a loss of sight, and
	// silentPeriods the same in periods of the check.
	leastSilence  = 500 * time.Millisecond
	silentPeriods = 3
	// limitedSight is how long a check that is limited and tells nothing else
	// still counts as sight of its environment.
	limitedSight = 5 * time.Second
)

// verdict is what is known of one probe, from the moment something is known.
type verdict struct {
	watch   *watch
	sample  Sample // the exact sample, or what was known when it was overdue
	at      time.Time
	latency time.Duration // without what a fresh connection usually adds
	late    bool
	failed  bool
	overdue bool // judged before it was answered
	counted bool // among the environment's bad probes
}

func (v *verdict) bad() bool { return v.late || v.failed }

// tells says whether the latency says something about the server: an answer
// does, and so does a probe that was late; a quick refusal does not.
func (v *verdict) tells() bool {
	return v.watch.check.timed() && !v.sample.Result.Limited && (v.sample.Result.OK || v.late)
}

// watch is what a board knows of one check.
type watch struct {
	check     Check
	area      *area
	threshold Threshold

	pending *verdict // sent and not answered; judged when it is in seen
	judged  bool
	missed  []Sample   // due times that came while a probe was unanswered
	counts  time.Time  // the newest due time that is judged: of the probe sent last, or one missed behind it
	seen    []*verdict // oldest first, at least mostInWindow, then those of the last 10 s
	last    *verdict   // the newest verdict
	next    time.Time  // when the next probe is due

	grade      Health // green, amber or red, with hysteresis
	gradeSince time.Time
	goodSince  time.Time // since when green's conditions hold; zero when they do not
	why        string    // of the grade
	evidence   []Sample  // of the grade
	pressing   bool      // a condition that enters amber or red holds now
	limited    bool      // amber for no other reason than that our checks are limited

	blind    bool
	blindWhy string // reason of the newest probe that told nothing
	everSeen bool
	answers  int       // verdicts since sight was lost
	sight    time.Time // of the newest verdict
	limitAt  time.Time // since when every verdict says that our checks are limited; zero: the newest does not

	muted     bool
	aside     bool // set aside: shown, and does not count
	announced Health
	changed   time.Time // of announced
	said      string    // why of the announced state

	lesson lesson
}

// redAfter is the age at which a probe is bad.
func (w *watch) redAfter(fresh bool) time.Duration {
	if !w.check.timed() {
		return w.check.Timeout
	}
	return w.threshold.Red + freshExtra(fresh, w.threshold)
}

// sent notes a probe that went out.
func (w *watch) sent(s Sample) {
	w.pending, w.judged, w.counts = &verdict{watch: w, sample: s}, false, s.Due
}

// missing takes a due time behind an unanswered probe in. Of an eager check those are
// judged that would have come if nobody hurried it: one stall is no worse for being looked
// at more often, nor told later where the hurry began or ended behind it. They are counted
// on from the probe, up to the next due time that somebody tells of.
func (w *watch) missing(s Sample) {
	if w.check.Eager && w.pending != nil {
		for due := w.counts.Add(w.check.Every); due.Before(s.Next); due = due.Add(w.check.Every) {
			s.Due, w.counts = due, due
			w.miss(s)
		}
		return
	}
	w.miss(s)
}

func (w *watch) miss(s Sample) {
	if len(w.missed) < mostMissed {
		w.missed = append(w.missed, s)
	}
}

// overdue judges what is older than the red limit and still unanswered: the
// probe in flight, and due times that came while it was. Those count only once
// the probe has been unanswered for 500 ms: before that it is one late answer,
// however many due times it spans.
func (w *watch) overdue(now time.Time) {
	if p := w.pending; p != nil && !w.judged && now.Sub(p.sample.Due) > w.redAfter(p.sample.Fresh) {
		w.judged = true
		p.overdue, p.late = true, true
		p.latency = now.Sub(p.sample.Due)
		p.sample.Latency, p.sample.At = p.latency, now
		p.sample.Result.Reason = "no answer yet"
		w.add(p, now)
	}
	n := 0
	for _, s := range w.missed {
		if now.Sub(s.Due) <= w.redAfter(false) || w.pending != nil && now.Sub(w.pending.sample.Due) < leastSilence {
			w.missed[n] = s
			n++
			continue
		}
		s.Latency, s.At = now.Sub(s.Due), now
		w.add(&verdict{watch: w, sample: s, latency: s.Latency, late: true, overdue: true}, now)
	}
	w.missed = w.missed[:n]
}

// done takes the outcome of a probe in.
func (w *watch) done(s Sample, now time.Time) {
	w.next = s.Next
	v, judged := w.pending, w.judged
	if v == nil || !v.sample.Due.Equal(s.Due) {
		v, judged = &verdict{watch: w}, false
	}
	w.pending, w.judged = nil, false
	// They would have waited no longer than the probe before them did.
	w.missed = w.missed[:0]
	v.sample = s
	if s.Result.Blind {
		w.blindWhy = s.Result.Reason
		v.late, v.failed = false, false
		if judged {
			w.seen = slices.DeleteFunc(w.seen, func(x *verdict) bool { return x == v })
		}
		return
	}
	v.latency = s.Latency
	w.judge(v)
	if w.area.learning && w.check.timed() {
		if s.Result.OK {
			w.lesson.add(answered{at: s.At, latency: s.Latency, fresh: s.Fresh})
		} else if v.failed {
			w.lesson.failed++
		}
	}
	if judged {
		// It is in the list since it was overdue.
		w.last, w.sight = v, now
		w.limits(now)
		w.area.count(v, now)
		return
	}
	w.add(v, now)
}

// judge decides anew whether an answered probe is bad.
func (w *watch) judge(v *verdict) {
	r := v.sample.Result
	v.failed = !r.OK && !r.Limited
	v.late = !r.Limited && w.check.timed() && v.sample.Latency > w.redAfter(v.sample.Fresh)
	v.latency = max(0, v.sample.Latency-freshExtra(v.sample.Fresh, w.threshold))
}

// add puts a new verdict into the list.
func (w *watch) add(v *verdict, now time.Time) {
	v.at = now
	w.seen = append(w.seen, v)
	w.last = v
	w.sight = now
	w.limits(now)
	w.answers++
	// The first good answer of all counts at once; a first failure waits for a
	// second: one refused probe is neither sight of a well server nor red.
	if w.blind && (!w.everSeen && !v.failed || w.answers >= 2) {
		w.blind = false
	}
	w.everSeen = w.everSeen || !w.blind
	w.area.count(v, now)

	old := 0
	for old < len(w.seen)-mostInWindow && now.Sub(w.seen[old].at) > kept {
		old++
	}
	// Moved in batches, so that the cost of each is small.
	if old >= mostInWindow {
		w.seen = slices.Delete(w.seen, 0, old)
	}
}

// limits keeps since when the check has told nothing but that it is limited.
func (w *watch) limits(now time.Time) {
	switch {
	case !w.last.sample.Result.Limited:
		w.limitAt = time.Time{}
	case w.limitAt.IsZero():
		w.limitAt = now
	}
}

// dim tells whether a check has been limited for so long that it is no sight of
// its server any more, whatever pause the server asked for.
func (w *watch) dim(now time.Time) bool {
	return !w.limitAt.IsZero() && now.Sub(w.limitAt) > max(limitedSight, silentPeriods*w.check.Every)
}

// spacing is the time between two probes as it is now: the check's period, or
// the pause of a server that limits it.
func (w *watch) spacing() time.Duration {
	if w.limitAt.IsZero() {
		return w.check.Every
	}
	return max(w.check.Every, w.next.Sub(w.last.sample.At))
}

// recent returns the verdicts that amber and green look at: those of the last
// 2 s, but at least 5 and at most 20.
func (w *watch) recent(now time.Time) []*verdict {
	n := 0
	for n < len(w.seen) && n < mostInWindow {
		if n >= leastInWindow && now.Sub(w.seen[len(w.seen)-1-n].at) > window {
			break
		}
		n++
	}
	return w.seen[len(w.seen)-n:]
}

// tail returns the newest n verdicts.
func (w *watch) tail(n int) []*verdict { return w.seen[max(0, len(w.seen)-n):] }

// med2 returns the recent median; ok is false when too little was seen.
func (w *watch) med2(now time.Time) (d time.Duration, ok bool) {
	var buf [mostInWindow]time.Duration
	in := buf[:0]
	for _, v := range w.recent(now) {
		if v.tells() {
			in = append(in, v.latency)
		}
	}
	if len(in) < leastInWindow {
		return 0, false
	}
	return median(in), true
}

// look updates sight: whether anything was heard of the server lately.
func (w *watch) look(now time.Time) {
	if w.blind {
		return
	}
	from := w.sight
	if w.last != nil && w.last.sample.Result.Limited && w.next.After(from) {
		// The pause is the server's wish and known; it is no loss of sight.
		from = w.next
	}
	if p := w.pending; p != nil && !w.judged {
		// It is awaited, and will be bad soon if it stays unanswered.
		if due := p.sample.Due.Add(w.redAfter(p.sample.Fresh)); due.After(from) {
			from = due
		}
	}
	if now.Sub(from) > max(leastSilence, silentPeriods*w.check.Every) {
		w.blind, w.answers = true, 0
		if w.check.Slow && w.check.Kind != kindPerson { // an answer stands until the next one
			w.grade, w.gradeSince, w.pressing = Green, now, false
		}
	}
}

// state is what the check shows: red outranks no sight, which outranks the rest.
func (w *watch) state() Health {
	switch {
	case w.blind && (w.check.Slow || w.grade != Red):
		return NoSight
	default:
		return w.grade
	}
}

// evaluate brings the grade up to date.
func (w *watch) evaluate(now time.Time, hold Hold) {
	w.look(now)
	red := w.redNow(now)
	amber := red
	if amber.why == "" {
		amber = w.amberNow(now)
	}
	w.pressing = amber.why != "" && !amber.limited
	if w.area.env == Self {
		// Our own trouble holds the load; alone it never cuts it.
		red = finding{}
	}
	if w.good(now, amber) {
		if w.goodSince.IsZero() {
			w.goodSince = now
		}
	} else {
		w.goodSince = time.Time{}
	}
	held := !w.goodSince.IsZero()
	switch {
	case red.why != "" && w.grade != Red:
		w.enter(Red, red, now)
	case w.check.Kind == kindPerson && amber.why == "" && w.grade != Green:
		// Somebody says that all is well: there is nothing to watch a while longer.
		w.enter(Green, finding{why: w.last.sample.Result.Reason}, now)
	case red.why == "" && amber.why != "" && w.grade == Green:
		w.enter(Amber, amber, now)
	case w.grade == Amber && amber.why != "" && !amber.limited:
		if w.limited {
			w.why, w.evidence = amber.why, amber.samples
		}
		w.limited = false
	case w.grade == Red && held && now.Sub(w.goodSince) >= hold.Red:
		w.enter(Amber, finding{why: w.check.Name + " as usual for " + seconds(hold.Red) + ", watched a while longer"}, now)
	case w.grade == Amber && held && now.Sub(w.goodSince) >= hold.Amber && now.Sub(w.gradeSince) >= hold.Amber:
		w.enter(Green, finding{why: w.check.Name + " as usual for " + seconds(hold.Amber)}, now)
	}
}

func (w *watch) enter(h Health, f finding, now time.Time) {
	w.grade, w.gradeSince, w.why, w.evidence, w.limited = h, now, f.why, f.samples, f.limited
}

// good says whether green's conditions hold; amber is what speaks against it.
func (w *watch) good(now time.Time, amber finding) bool {
	if w.blind || len(w.seen) == 0 || amber.why != "" {
		return false
	}
	for _, v := range w.recent(now) {
		if v.bad() {
			return false
		}
	}
	med, ok := w.med2(now)
	return !ok || med < w.threshold.calm()
}
