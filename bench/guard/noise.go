package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// server is what a simulated server does with a probe that is due at a time
// since the world began: how long its answer takes.
type server func(at time.Duration) time.Duration

// The harsh noise model: log-latency around 44 ms is AR(1) with rho 0.7 a tenth
// of a second and a standard deviation of 0.30, has a burst of 0.3 to 1 s by up
// to a factor e about every 20 s, and drifts by 10 % over 5 minutes. The quiet
// one is a tenth as wide, has no burst and drifts as much.
const (
	usualMS   = 44
	rho       = 0.7
	harshSD   = 0.30
	quietSD   = 0.03
	burstGap  = 20 * time.Second
	driftSize = 0.1
	driftSpan = 300.0 // seconds
)

func harsh(r *rand.Rand) server { return noisy(r, harshSD, true) }
func quiet(r *rand.Rand) server { return noisy(r, quietSD, false) }

func noisy(r *rand.Rand, sd float64, bursts bool) server {
	x := sd * r.NormFloat64()
	phase := r.Float64() * 2 * math.Pi
	var last, burstEnd time.Duration
	var height float64
	gap := func() time.Duration { return time.Duration(r.ExpFloat64() * float64(burstGap)) }
	burst := gap()
	return func(at time.Duration) time.Duration {
		k := math.Pow(rho, (at-last).Seconds()/0.1)
		last = at
		x = k*x + sd*math.Sqrt(1-k*k)*r.NormFloat64()
		log := x + driftSize*math.Sin(phase+2*math.Pi*at.Seconds()/driftSpan)
		if bursts {
			if at > burst {
				burstEnd = burst + 300*time.Millisecond + time.Duration(r.Float64()*float64(700*time.Millisecond))
				height = r.Float64()
				burst = at + gap()
			}
			if at < burstEnd {
				log += height
			}
		}
		return time.Duration(usualMS * math.Exp(log) * float64(time.Millisecond))
	}
}

// strays makes a server that is late once in n answers, for no reason.
func strays(n int) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return func(time.Duration) time.Duration {
			if r.IntN(n) == 0 {
				return 400 * time.Millisecond
			}
			return 40*time.Millisecond + time.Duration(r.Int64N(int64(8*time.Millisecond)))
		}
	}
}
