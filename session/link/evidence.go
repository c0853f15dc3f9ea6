package link

import "math"

// bets are how bold the evidence bets on a sign, in standard deviations of
// effect; which of them pays depends on the size of the effect, so the stake is
// shared among them.
var bets = [...]float64{0.25, 0.5, 1, 1.6}

// shares are of the stake, by bet. The bold ones have more of it: small effects
// are the last look's to find.
var shares = [len(bets)]float64{0.1, 0.2, 0.4, 0.3}

// stake is how much of what is there a bet may lose. Below 1, one pair the wrong
// way never ends it.
const stake = 0.9

// meanToSD turns a mean absolute value into a standard deviation, for a normal
// distribution.
const meanToSD = 1.2533

// scale is what differences are measured in: it is known before the pair it is
// used for, or the bets would not be fair.
type scale struct {
	sum   float64
	n     float64
	floor float64
}

func (s *scale) add(d float64) { s.sum += math.Abs(d); s.n++ }

func (s *scale) value() float64 {
	if s.n == 0 {
		return math.Inf(1) // Nothing is known: the first pair says nothing.
	}
	return max(meanToSD*s.sum/s.n, s.floor)
}

// evidence is the product of fair bets on the signs of the pairs, a mean over
// bets and channels:
//
//	E_k = Σ_channel weight · Σ_c share · Π_{j≤k} (1 + 0.9·tanh(c·a_j·D_j/scale_j))
//
// with a_j the amplitude relative to the first. Without a link the sign of each
// D_j is a fair coin given all that came before it and |D_j|, so that every
// factor has mean 1 and P(E_k ever ≥ 1/x) ≤ x (Ville 1939).
type evidence struct {
	channels []channel
	scales   []scale
	wealth   [][len(bets)]float64
	value    float64 // now
	highest  float64 // so far
}

// newEvidence starts at 1, with scales from the differences of quiet halves.
func newEvidence(channels []channel, quiet [][]float64) *evidence {
	e := &evidence{
		channels: channels, scales: make([]scale, len(channels)),
		wealth: make([][len(bets)]float64, len(channels)), value: 1, highest: 1,
	}
	for i, c := range channels {
		e.scales[i].floor = c.floor
		for _, d := range quiet {
			if usable(d[i]) {
				e.scales[i].add(d[i])
			}
		}
		for b := range e.wealth[i] {
			e.wealth[i][b] = 1
		}
	}
	return e
}

// add bets on a pair and returns by which factor the evidence changed. Factors
// of chosen pairs alone, multiplied, are evidence of their own, as long as the
// choice was made before the pair. On what was not measured nothing is bet.
func (e *evidence) add(d []float64, amplitude float64) float64 {
	before := e.value
	e.value = 0
	for i := range e.channels {
		if usable(d[i]) {
			s := &e.scales[i]
			z := amplitude * d[i] / s.value()
			for b, c := range bets {
				e.wealth[i][b] *= 1 + stake*math.Tanh(c*z)
			}
			s.add(d[i])
		}
		e.value += e.channels[i].weight * e.of(i)
	}
	e.highest = max(e.highest, e.value)
	return e.value / before
}

// of returns the evidence of one channel.
func (e *evidence) of(channel int) float64 {
	sum := 0.0
	for b, w := range e.wealth[channel] {
		sum += shares[b] * w
	}
	return sum
}

// against returns the highest evidence so far against an effect of t or more
// (sign 1), or of t or less (sign -1): the same bets on the differences less t.
func against(t, sign float64, ds []float64, s scale) float64 {
	var wealth [len(bets)]float64
	for b := range wealth {
		wealth[b] = 1
	}
	highest := 1.0
	for _, d := range ds {
		z := sign * (t - d) / s.value()
		sum := 0.0
		for b, c := range bets {
			wealth[b] *= 1 + stake*math.Tanh(c*z)
			sum += shares[b] * wealth[b]
		}
		highest = max(highest, sum)
		s.add(d - t)
	}
	return highest
}

// most is the largest log effect that bounds are looked for in: elevenfold.
// A bound of most means that nothing was ruled out.
const most = 2.4

// upper returns the smallest log effect that the evidence is at least `line`
// against; lower the largest on the other side. They hold at whatever moment one
// looks (the mirrored test, inverted).
func upper(ds []float64, s scale, line float64) float64 { return bound(ds, s, line, 1) }
func lower(ds []float64, s scale, line float64) float64 { return -bound(ds, s, line, -1) }

func bound(ds []float64, s scale, line, sign float64) float64 {
	lo, hi := sign*mean(ds), most
	if lo >= hi || against(sign*hi, sign, ds, s) < line {
		return most
	}
	for range 24 {
		mid := (lo + hi) / 2
		if against(sign*mid, sign, ds, s) >= line {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

func mean(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// deviation is the standard deviation of a sample; 0 of fewer than two.
func deviation(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}

// student returns the quantile of Student's t with n-1 degrees of freedom that
// belongs to a quantile z of the normal distribution (expansion of Cornish and
// Fisher; Abramowitz and Stegun 26.7.5).
func student(z float64, n int) float64 {
	v := float64(max(n-1, 1))
	z3 := z * z * z
	z5 := z3 * z * z
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v)
}
