package monitors

import (
	"fmt"
	"strings"
	"time"
)

// finding is a condition that holds: its reason in words and the samples that
// show it. An empty why means that it does not hold.
type finding struct {
	why     string
	samples []Sample
	limited bool
}

const (
	badForHold  = 2 // bad probes within 2 s over an environment
	badForRed   = 3 // of the last ofForRed
	ofForRed    = 5
	hardForRed  = 3 // of the last ofForHard
	ofForHard   = 10
	mostNamed   = 3 // servers named in one reason
	leastErrors = 3 // failed probes before a share of errors is red; one less for amber
)

func samplesOf(vs []*verdict, pick func(*verdict) bool) []Sample {
	var out []Sample
	for _, v := range vs {
		if pick(v) {
			out = append(out, v.sample)
		}
	}
	return out
}

// redNow says whether a condition that makes the check red holds.
func (w *watch) redNow(now time.Time) finding {
	if w.check.Kind == kindPerson {
		return w.saidNo()
	}
	name := w.check.Name
	if last := w.tail(2); len(last) == 2 && last[0].sample.Result.Refused && last[1].sample.Result.Refused {
		return finding{
			why:     name + " " + last[1].sample.Result.Reason + " twice in a row",
			samples: []Sample{last[0].sample, last[1].sample},
		}
	}
	if five := samplesOf(w.tail(ofForRed), (*verdict).bad); len(five) >= badForRed {
		return finding{
			why:     fmt.Sprintf("%d of the last %d probes of %s late or failed, newest: %s", len(five), ofForRed, name, w.tellOf(five[len(five)-1])),
			samples: five,
		}
	}
	hard := samplesOf(w.tail(ofForHard), func(v *verdict) bool { return v.failed && v.sample.Result.Hard })
	if len(hard) >= hardForRed {
		return finding{
			why:     fmt.Sprintf("%d of the last %d probes of %s failed, newest: %s", len(hard), ofForHard, name, hard[len(hard)-1].Result.Reason),
			samples: hard,
		}
	}
	if limit := w.threshold.slowRed(w.area.limits); w.check.timed() {
		if med, ok := w.med2(now); ok && med > limit {
			return finding{
				why:     fmt.Sprintf("%s much slower: %s in the middle of the last 2 s%s, limit %s", name, millis(med), w.usual(), millis(limit)),
				samples: w.above(now, limit),
			}
		}
	}
	return w.errorsNow(now, 1, leastErrors)
}

// saidNo is a person's no. It is no probe that may have gone wrong by chance, so
// one is enough, and it holds until a yes, in the words that were said. That
// nobody was looked at in time says nothing.
func (w *watch) saidNo() finding {
	if w.last == nil || w.last.sample.Phase != Done || w.last.sample.Result.OK {
		return finding{}
	}
	return finding{why: w.last.sample.Result.Reason, samples: []Sample{w.last.sample}}
}

// above returns the recent samples beyond a limit: those that lifted the median.
func (w *watch) above(now time.Time, limit time.Duration) []Sample {
	return samplesOf(w.recent(now), func(v *verdict) bool { return v.tells() && v.latency > limit })
}

// amberNow says whether a condition that makes the check amber holds.
func (w *watch) amberNow(now time.Time) finding {
	if f := w.pairNow(now); f.why != "" && w.check.Kind != kindPerson {
		return f
	}
	if w.check.timed() {
		if med, ok := w.med2(now); ok && med > w.threshold.Amber {
			return finding{
				why:     fmt.Sprintf("%s slower: %s in the middle of the last 2 s%s, limit %s", w.check.Name, millis(med), w.usual(), millis(w.threshold.Amber)),
				samples: w.above(now, w.threshold.Amber),
			}
		}
	}
	if f := w.errorsNow(now, amberOfSLO, leastErrors-1); f.why != "" {
		return f
	}
	if w.last == nil {
		return finding{}
	}
	r := w.last.sample.Result
	switch {
	case r.Warn, w.check.Slow && w.last.bad():
		why := r.Reason
		if w.check.Env != Self {
			why = w.check.Name + ": " + why
		}
		return finding{why: why, samples: []Sample{w.last.sample}}
	case r.Limited:
		return finding{
			why:     w.check.Name + " " + r.Reason + "; it is asked less often",
			samples: []Sample{w.last.sample}, limited: true,
		}
	}
	return finding{}
}

// pairNow is the condition of two bad probes within 2 s over the environment.
// It concerns every check that had one of them.
func (w *watch) pairNow(now time.Time) finding {
	var bad []*verdict
	mine := 0
	if !w.check.Slow {
		for _, v := range w.area.bad {
			if !v.bad() || now.Sub(v.at) > window || (w.muted || v.watch.muted || w.aside || v.watch.aside) && v.watch != w {
				continue
			}
			bad = append(bad, v)
			if v.watch == w {
				mine++
			}
		}
	}
	if len(bad) >= badForHold && mine > 0 {
		return finding{why: fmt.Sprintf("%d bad probes within 2 s: %s", len(bad), tellOf(bad)), samples: samplesOf(bad, (*verdict).bad)}
	}
	// A check asked less than once a second may never have two in 2 s.
	if w.check.Every >= window/2 {
		if last := samplesOf(w.tail(badForHold+1), (*verdict).bad); len(last) >= badForHold {
			return finding{why: fmt.Sprintf("%d of the last %d probes of %s late or failed", len(last), badForHold+1, w.check.Name), samples: last}
		}
	}
	return finding{}
}

// errorsNow is the absolute limit on the share of failed probes over 10 s. It
// concerns every check that had one of them. of scales the limit.
func (w *watch) errorsNow(now time.Time, of float64, least int) finding {
	limit := w.area.limits.Errors
	if limit <= 0 || w.check.Slow || w.muted || w.aside {
		return finding{}
	}
	failed, n := w.area.errors(now)
	if n == 0 || failed < least || float64(failed)/float64(n) <= limit*of {
		return finding{}
	}
	mine := samplesOf(w.seen, func(v *verdict) bool { return v.failed && now.Sub(v.at) <= kept })
	if len(mine) == 0 {
		return finding{}
	}
	return finding{
		why: fmt.Sprintf("%d of %d probes failed within 10 s (%.1f %%, limit %.1f %%), some of %s",
			failed, n, 100*float64(failed)/float64(n), 100*limit, w.check.Name),
		samples: mine,
	}
}

// usual words the usual latency, when it is known.
func (w *watch) usual() string {
	if w.threshold.P50 <= 0 {
		return ""
	}
	return ", usual " + number(w.threshold.P50)
}

// tellOf words what happened to one bad probe of the check.
func (w *watch) tellOf(s Sample) string {
	switch {
	case s.Phase != Done:
		return "no answer after " + millis(s.Latency) + w.usual()
	case !s.Result.OK:
		return s.Result.Reason
	default:
		return "answered after " + millis(s.Latency) + w.usual()
	}
}

// tellOf words what happened to bad probes of several checks, newest last.
func tellOf(bad []*verdict) string {
	var parts []string
	for _, v := range bad[max(0, len(bad)-mostNamed):] {
		parts = append(parts, v.watch.check.Name+" "+v.watch.tellOf(v.sample))
	}
	return strings.Join(parts, "; ")
}

// tick words a single bad probe.
func (v *verdict) tick() string {
	s, w := v.sample, v.watch
	switch {
	case s.Phase != Done:
		return fmt.Sprintf("no answer yet from %s (%s%s)", w.check.Name, millis(s.Latency), w.usual())
	case v.failed:
		return fmt.Sprintf("one failed probe of %s: %s", w.check.Name, s.Result.Reason)
	default:
		return fmt.Sprintf("one late answer from %s (%s%s)", w.check.Name, millis(s.Latency), w.usual())
	}
}

// unseen words why nothing is known of a check.
func (w *watch) unseen() string {
	switch {
	case w.blindWhy != "":
		return w.check.Name + " not seen: " + w.blindWhy
	case !w.everSeen:
		return "no answer from " + w.check.Name + " yet"
	default:
		return "nothing heard of " + w.check.Name + " since " + w.sight.Format("15:04:05")
	}
}

// millis words a latency: "212 ms", or "4.2 ms" below 10.
func millis(d time.Duration) string { return number(d) + " ms" }

func number(d time.Duration) string {
	ms := d.Seconds() * 1000
	if ms < 10 {
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%g s", d.Round(100*time.Millisecond).Seconds())
}
