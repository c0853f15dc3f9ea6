package main

import (
	"cmp"
	"math"
	"slices"
)

// The numbers of the guard's limits, those of monitors; seconds.
const (
	lateForRed  = 3 // of the last ofLate
	ofLate      = 5
	lateForPair = 2 // within recently, over all servers
	recently    = 2.0
	mostRecent  = 20
	leastRecent = 5
	hangs       = 0.5 // after it what was due meanwhile is late as well
	calmFor     = 10.0

	usualToRed, m3ToRed, secondToRed = 4, 2, 1.1
	leastToRed, mostOfSecond, capRed = 0.1, 0.5, 2.0
	usualToAmber, medianToAmber      = 1.5, 1.1
	leastToAmber                     = 0.025
	usualToSlow, amberToSlow         = 3, 2
)

// guard is what the board of monitors makes of production's latency, in short:
// the board itself would take an hour for a table. A test holds it against the
// board.
type guard struct {
	servers []watched
	learned bool
	calm    float64 // seconds since it was last amber
	was     bool    // amber at some time
}

// watched is one server as the guard sees it.
type watched struct {
	answers []answer // of the baseline
	coming  []answer // verdicts that are not due yet, in their order
	seen    []answer // newest last
	limits
	sent float64 // when the probe that is out was sent
	back float64 // when it comes back
}

// answer is a probe and when it was judged.
type answer struct {
	at, latency float64
	late        bool
}

type limits struct{ amber, red, slow float64 }

func newGuard(servers int) guard { return guard{servers: make([]watched, servers)} }

// see takes in a probe that was sent, with what it will take.
func (g *guard) see(server int, now, latency float64) {
	w := &g.servers[server]
	w.sent, w.back = now, now+latency
	switch {
	case !g.learned:
		w.answers = append(w.answers, answer{at: w.back, latency: latency})
	case latency > w.red:
		w.coming = append(w.coming, answer{at: now + w.red, latency: latency, late: true})
	default:
		w.coming = append(w.coming, answer{at: w.back, latency: latency})
	}
}

// missed takes in a due time at which a server had not answered yet.
func (g *guard) missed(server int, now float64) {
	w := &g.servers[server]
	if at := max(now+w.red, w.sent+hangs); g.learned && at < w.back {
		w.coming = append(w.coming, answer{at: at, latency: at - now, late: true})
	}
}

// learn ends the baseline. What fires is the worst of all servers, so each
// borrows the widest swing of any.
func (g *guard) learn() {
	usual := make([]float64, len(g.servers))
	var m3, median2 swing
	var over []answer
	for i := range g.servers {
		y := g.servers[i].answers
		all := make([]float64, len(y))
		for j := range y {
			all[j] = y[j].latency
		}
		m3.take(thirdOfFive(all))
		median2.take(largestMedian(y))
		slices.Sort(all)
		usual[i] = middle(all)
		m3.over(usual[i])
		median2.over(usual[i])
		for _, a := range y {
			over = append(over, answer{at: a.at, latency: a.latency - usual[i]})
		}
	}
	second := secondExcess(over)
	for i := range g.servers {
		w, p50 := &g.servers[i], usual[i]
		w.red = max(usualToRed*p50, m3ToRed*m3.at(p50), min(p50+secondToRed*second, mostOfSecond))
		w.red = max(min(w.red, capRed), p50+leastToRed)
		w.amber = max(usualToAmber*p50, medianToAmber*median2.at(p50), p50+leastToAmber)
		if w.amber >= w.red {
			w.amber = max(p50+leastToAmber, 0.9*w.red)
		}
		w.slow = max(usualToSlow*p50, amberToSlow*w.amber, p50+leastToRed)
		w.answers = nil
	}
	g.learned = true
}

// swing is how far a statistic went at any server, relative and absolute.
type swing struct{ value, ratio, above float64 }

func (s *swing) take(value float64) { s.value = value }
func (s *swing) over(usual float64) {
	s.ratio, s.above = max(s.ratio, s.value/usual), max(s.above, s.value-usual)
}
func (s *swing) at(usual float64) float64 { return min(usual*s.ratio, usual+s.above) }

// state is what the guard sees at a moment.
func (g *guard) state(now float64) (amber, red bool) {
	if !g.learned {
		return false, false
	}
	late := 0
	for i := range g.servers {
		w := &g.servers[i]
		n := 0
		for n < len(w.coming) && w.coming[n].at <= now {
			n++
		}
		w.seen = append(w.seen, w.coming[:n]...)
		w.coming = append(w.coming[:0], w.coming[n:]...)
		if len(w.seen) > 8*mostRecent {
			w.seen = append(w.seen[:0], w.seen[len(w.seen)-2*mostRecent:]...)
		}
		lateOfFive := 0
		for _, a := range w.seen[max(0, len(w.seen)-ofLate):] {
			lateOfFive += count(a.late)
		}
		recent, overAmber, overRed := recentOf(w.seen, now), 0, 0
		for _, a := range recent {
			overAmber += count(a.latency > w.amber)
			overRed += count(a.latency > w.slow)
		}
		for j := len(w.seen) - 1; j >= 0 && now-w.seen[j].at <= recently; j-- {
			late += count(w.seen[j].late)
		}
		red = red || lateOfFive >= lateForRed || len(recent) >= leastRecent && 2*overRed > len(recent)
		amber = amber || len(recent) >= leastRecent && 2*overAmber > len(recent)
	}
	return amber || red || late >= lateForPair, red
}

// recentOf returns what a median is taken of: the last two seconds, but at
// least 5 answers and at most 20.
func recentOf(y []answer, now float64) []answer {
	n := 0
	for n < len(y) && n < mostRecent && (n < leastRecent || now-y[len(y)-1-n].at <= recently) {
		n++
	}
	return y[len(y)-n:]
}

// held is amber with its hysteresis.
func (g *guard) held(amber bool, tick float64) bool {
	g.calm += tick
	if amber {
		g.calm, g.was = 0, true
	}
	return g.was && g.calm < calmFor
}

// thirdOfFive is the largest third of five answers in a row.
func thirdOfFive(y []float64) float64 {
	most := 0.0
	var five [ofLate]float64
	for i := 0; i+ofLate <= len(y); i++ {
		copy(five[:], y[i:])
		slices.Sort(five[:])
		most = max(most, five[2])
	}
	return most
}

func largestMedian(y []answer) float64 {
	most := 0.0
	var room [mostRecent]float64
	for i := range y {
		in := room[:0]
		for _, a := range recentOf(y[:i+1], y[i].at) {
			in = append(in, a.latency)
		}
		if len(in) >= leastRecent {
			slices.Sort(in)
			most = max(most, middle(in))
		}
	}
	return most
}

// middle is the median of sorted values, the lower one of two.
func middle(sorted []float64) float64 { return sorted[(len(sorted)-1)/2] }

// secondExcess is the largest second-longest of two seconds over all servers.
func secondExcess(all []answer) float64 {
	slices.SortFunc(all, func(a, b answer) int { return cmp.Compare(a.at, b.at) })
	most, begin := 0.0, 0
	for end := range all {
		for all[end].at-all[begin].at > recently {
			begin++
		}
		first, second := math.Inf(-1), math.Inf(-1)
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
