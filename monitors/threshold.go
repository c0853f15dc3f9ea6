package monitors

import (
	"fmt"
	"slices"
	"time"
)

// The numbers of the limits. M3 is the largest over the baseline of "the 3rd
// largest of 5 consecutive answers", the statistic that makes red; med2 is the
// median of a window of 2 s, the statistic that makes amber.
const (
	redOverUsual   = 4                      // red is at least this many times the usual latency
	redOverM3      = 2                      // ... and this many times M3
	redOverM3Short = 3                      // ... or this many, after a short baseline
	redAbove       = 100 * time.Millisecond // ... and this much above the usual
	redCap         = 2 * time.Second        // ... but not beyond this
	redOverSecond  = 1.1                    // ... and this many times the second-longest excess in 2 s
	amberOverUsual = 1.5
	amberOverMed2  = 1.1
	amberOverShort = 1.3 // instead, after a short baseline, which sees fewer of the swings there are
	amberAbove     = 25 * time.Millisecond
	slowOverUsual  = 3 // med2 beyond this many times the usual is red
	slowOverAmber  = 2 // ... and this many times the amber limit

	shortBaseline    = time.Minute
	leastAnswers     = 10 // fewer teach nothing
	leastInWindow    = 5  // answers a median needs
	mostInWindow     = 20
	window           = 2 * time.Second
	mostLearned      = 30_000 // answers kept of one check's baseline
	uncalibratedWarm = 250 * time.Millisecond
	uncalibratedHot  = 500 * time.Millisecond
	amberOfSLO       = 0.8
)

// Limits are absolute limits of an environment, on top of what was learned; the
// lower wins. A zero field sets no limit.
type Limits struct {
	SLO      time.Duration // an answer later than this is bad
	Errors   float64       // share of failed probes over 10 s, 0 to 1
	Tolerate int           // servers that may be red at once before the environment is
}

// Threshold holds the latency limits of one check and what they were made from.
type Threshold struct {
	Env          string        `json:"env"`
	Check        string        `json:"check"`
	N            int           `json:"n"`     // answers in the baseline
	P50          time.Duration `json:"p50"`   // usual latency; 0 when uncalibrated
	P99          time.Duration `json:"p99"`   // 0 when uncalibrated
	M3           time.Duration `json:"m3"`    // largest "3rd largest of 5 consecutive answers"
	Med2         time.Duration `json:"med2"`  // largest median of a window of 2 s
	Fresh        time.Duration `json:"fresh"` // how much longer an answer on a fresh connection usually takes
	Amber        time.Duration `json:"amber"` // amber when the recent median is above this
	Red          time.Duration `json:"red"`   // a single answer later than this is bad
	Short        bool          `json:"short,omitempty"`
	Uncalibrated bool          `json:"uncalibrated,omitempty"`
	Note         string        `json:"note,omitempty"` // for people
}

// uncalibrated returns the limits of a check without a baseline: the absolute
// limit when there is one, else amber at 250 ms and red at 500 ms.
func uncalibrated(env, check string, l Limits) Threshold {
	t := Threshold{
		Env: env, Check: check, Amber: uncalibratedWarm, Red: uncalibratedHot,
		Uncalibrated: true, Note: "uncalibrated",
	}
	if l.SLO > 0 {
		t.Red, t.Amber = l.SLO, scale(l.SLO, amberOfSLO)
	}
	return t
}

// bounded lowers the limits to the absolute ones.
func (t Threshold) bounded(l Limits) Threshold {
	if l.SLO > 0 {
		t.Red = min(t.Red, l.SLO)
		t.Amber = min(t.Amber, scale(l.SLO, amberOfSLO))
	}
	return t
}

// slowRed is the recent median beyond which a check is red.
func (t Threshold) slowRed(l Limits) time.Duration {
	limit := max(slowOverUsual*t.P50, slowOverAmber*t.Amber, t.P50+redAbove)
	if t.Uncalibrated {
		limit = t.Red
	}
	if l.SLO > 0 {
		limit = min(limit, l.SLO)
	}
	return limit
}

// calm is the recent median below which a check counts as usual again. It is
// 0.85 of the amber limit, or half-way from the usual latency to that limit
// where the usual itself is close to it.
func (t Threshold) calm() time.Duration {
	calm := scale(t.Amber, 0.85)
	if t.P50 > 0 && t.P50 < t.Amber {
		calm = max(calm, t.P50+(t.Amber-t.P50)/2)
	}
	return calm
}

// answered is one good answer of a baseline.
type answered struct {
	at      time.Time
	latency time.Duration
	fresh   bool
}

// lesson is what the baseline of one check gathered.
type lesson struct {
	answers []answered
	failed  int
}

func (l *lesson) add(a answered) {
	if len(l.answers) >= mostLearned {
		l.answers = append(l.answers[:0], l.answers[mostLearned/2:]...)
	}
	l.answers = append(l.answers, a)
}

// learned is the statistics of one check's baseline, before limits.
type learned struct {
	t  Threshold
	ok bool
}

func (l *lesson) learn(env, check string) learned {
	t := Threshold{Env: env, Check: check, N: len(l.answers)}
	if t.N < leastAnswers {
		return learned{t: t}
	}
	var kept, fresh, all []time.Duration
	for _, a := range l.answers {
		all = append(all, a.latency)
		if a.fresh {
			fresh = append(fresh, a.latency)
		} else {
			kept = append(kept, a.latency)
		}
	}
	if len(kept) > 0 && len(fresh) >= 3 {
		t.Fresh = max(0, median(fresh)-median(kept))
	}
	t.M3, t.Med2 = thirdOfFive(all), l.largestMedian()
	slices.Sort(all)
	t.P50, t.P99 = quantile(all, 0.5), quantile(all, 0.99)
	return learned{t: t, ok: true}
}

// thirdOfFive returns the largest over d of the 3rd largest of 5 consecutive.
func thirdOfFive(d []time.Duration) time.Duration {
	var most time.Duration
	var five [5]time.Duration
	for i := 0; i+5 <= len(d); i++ {
		copy(five[:], d[i:i+5])
		slices.Sort(five[:])
		most = max(most, five[2])
	}
	return most
}

// largestMedian returns the largest median of the windows that amber looks at.
func (l *lesson) largestMedian() time.Duration {
	var most time.Duration
	var in []time.Duration
	for i := range l.answers {
		in = in[:0]
		for j := i; j >= 0 && len(in) < mostInWindow; j-- {
			if len(in) >= leastInWindow && l.answers[i].at.Sub(l.answers[j].at) > window {
				break
			}
			in = append(in, l.answers[j].latency)
		}
		if len(in) >= leastInWindow {
			most = max(most, median(in))
		}
	}
	return most
}

// excess is the largest over a baseline of the second-longest excess over the
// usual latency within 2 s over a whole environment: the statistic that makes
// an environment amber.
func excess(all []answered) time.Duration {
	slices.SortFunc(all, func(a, b answered) int { return a.at.Compare(b.at) })
	var most time.Duration
	begin := 0
	for end := range all {
		for all[end].at.Sub(all[begin].at) > window {
			begin++
		}
		var first, second time.Duration
		for _, a := range all[begin : end+1] {
			if a.latency > first {
				first, second = a.latency, first
			} else if a.latency > second {
				second = a.latency
			}
		}
		most = max(most, second)
	}
	return most
}

// calibrate makes the thresholds of one environment's checks. What fires is the
// worst of all checks, so each check borrows the widest swing seen at any of
// them: relative or absolute, whichever is less for it.
func calibrate(lessons []*lesson, names []string, env string, length time.Duration, l Limits) []Threshold {
	stats := make([]learned, len(lessons))
	var m3, med2 swing
	var over []answered
	for i, lesson := range lessons {
		stats[i] = lesson.learn(env, names[i])
		if t := stats[i].t; stats[i].ok {
			m3.take(t.P50, t.M3)
			med2.take(t.P50, t.Med2)
			for _, a := range lesson.answers {
				a.latency = a.latency - t.P50 - freshExtra(a.fresh, t)
				over = append(over, a)
			}
		}
	}
	second := excess(over)
	out := make([]Threshold, len(stats))
	for i, s := range stats {
		if !s.ok {
			out[i] = uncalibrated(env, names[i], l)
			out[i].N = s.t.N
			out[i].Note = fmt.Sprintf("uncalibrated: %d answers in the quiet phase, %d needed", s.t.N, leastAnswers)
			continue
		}
		t := s.t
		factor, room := time.Duration(redOverM3), amberOverMed2
		if length < shortBaseline {
			t.Short, t.Note = true, "short baseline"
			factor, room = redOverM3Short, amberOverShort
		}
		t.Red = max(redOverUsual*t.P50, factor*m3.at(t.P50))
		// Two late answers that come anyway must not hold the dial, but a few
		// strays may not make the guard slower than one without a baseline.
		t.Red = max(t.Red, min(t.P50+scale(second, redOverSecond), uncalibratedHot))
		t.Red = max(min(t.Red, redCap), t.P50+redAbove)
		t.Amber = max(scale(t.P50, amberOverUsual), scale(med2.at(t.P50), room), t.P50+amberAbove)
		if t.Amber >= t.Red {
			t.Amber = max(t.P50+amberAbove, scale(t.Red, 0.9))
		}
		if failed := lessons[i].failed; failed > 0 {
			if t.Note != "" {
				t.Note += ", "
			}
			t.Note += fmt.Sprintf("%d probes failed in the quiet phase", failed)
		}
		out[i] = t.bounded(l)
	}
	return out
}

// swing is how far a statistic went from the usual latency at any check of an
// environment.
type swing struct {
	ratio float64
	above time.Duration
}

func (s *swing) take(usual, value time.Duration) {
	if usual > 0 {
		s.ratio = max(s.ratio, float64(value)/float64(usual))
	}
	s.above = max(s.above, value-usual)
}

func (s *swing) at(usual time.Duration) time.Duration {
	return min(scale(usual, s.ratio), usual+s.above)
}

func freshExtra(fresh bool, t Threshold) time.Duration {
	if fresh {
		return t.Fresh
	}
	return 0
}

// scale multiplies, to the microsecond.
func scale(d time.Duration, f float64) time.Duration {
	return time.Duration(float64(d) * f).Round(time.Microsecond)
}

// median sorts d and returns its middle; the lower of the two middles when even.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return quantile(d, 0.5)
}

// quantile returns the nearest-rank quantile q of sorted d; 0 when d is empty.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	i := int(q*float64(len(d))+0.999999) - 1
	return d[min(max(i, 0), len(d)-1)]
}
