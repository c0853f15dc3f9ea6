package monitors

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// harsh makes a server of the harsh noise model: log-latency around 44 ms is
// AR(1) with rho 0.7 a tenth of a second and a standard deviation of 0.30, has a
// burst of 0.3 to 1 s by up to a factor e about every 20 s, and drifts by 10 %
// over 5 minutes.
func harsh(r *rand.Rand) reply {
	const rho, sd = 0.7, 0.30
	x := sd * r.NormFloat64()
	phase := r.Float64() * 2 * math.Pi
	var last, burst, burstEnd time.Duration
	var height float64
	burst = time.Duration(r.ExpFloat64() * float64(20*time.Second))
	return func(at time.Duration) (time.Duration, Result) {
		k := math.Pow(rho, (at-last).Seconds()/0.1)
		last = at
		x = k*x + sd*math.Sqrt(1-k*k)*r.NormFloat64()
		if at > burst {
			burstEnd = burst + 300*ms + time.Duration(r.Float64()*float64(700*ms))
			height = r.Float64()
			burst = at + time.Duration(r.ExpFloat64()*float64(20*time.Second))
		}
		log := x + 0.1*math.Sin(phase+2*math.Pi*at.Seconds()/300)
		if at < burstEnd {
			log += height
		}
		return time.Duration(44e6 * math.Exp(log)), Result{OK: true}
	}
}

// strays makes a server that is late once in n answers.
func strays(r *rand.Rand, n int) reply {
	return func(time.Duration) (time.Duration, Result) {
		if r.IntN(n) == 0 {
			return 400 * ms, Result{OK: true}
		}
		return 40*ms + time.Duration(r.IntN(8))*ms, Result{OK: true}
	}
}

// held runs four servers at 4 checks a second for a time after the baseline and
// returns the share of it that production was not green, and how often it went
// red.
func held(every, baseline, length time.Duration, server func() reply) (share float64, reds int) {
	w := newWorld(every, Limits{}, server(), server(), server(), server())
	w.baseline(baseline)
	w.changes = nil
	n, not := 0, 0
	w.each = func(now time.Time) {
		n++
		if w.board.byEnv[Production].announced != Green {
			not++
		}
	}
	w.run(baseline + length)
	for _, c := range w.changes {
		if c.Check == "" && c.To == Red {
			reds++
		}
	}
	return float64(not) / float64(n), reds
}

// The dial must not be held by answers that are late now and then anyway.
func TestStrayAnswersHardlyHoldTheDial(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	share, reds := held(250*ms, 2*time.Minute, time.Hour, func() reply { return strays(r, 1000) })
	t.Logf("1 late answer in 1000: held %.2f %% of the time, %d reds", 100*share, reds)
	if share > 0.02 || reds > 0 {
		t.Errorf("1 late answer in 1000: held %.2f %% of the time, at most 2 %% allowed; %d reds", 100*share, reds)
	}
}

func TestHarshNoiseIsHardlyEverRed(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	reds, hours := 0, 0
	for range 2 {
		_, n := held(250*ms, 2*time.Minute, time.Hour, func() reply { return harsh(r) })
		reds += n
		hours++
	}
	t.Logf("%d reds in %d hours", reds, hours)
	if float64(reds) > 0.5*float64(hours) {
		t.Errorf("%d reds in %d hours, at most one in two allowed", reds, hours)
	}
}
