package link

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// draws is how many orders the exact test compares with the one that was used.
const draws = 9999

// rounding is what two equal sums may differ by.
const rounding = 1e-9

// exact returns the share of all orders under which production would have
// followed at least as well as under the one used: the p-value of the exact
// randomisation test (Fisher 1935; for switchback experiments Bojinov,
// Simchi-Levi and Zhao 2023). rows are the differences of the pairs by channel.
//
// The statistic is the largest over the channels of Σ D / √ΣD², all under the
// same signs, so that many channels cost little when they move together. With
// few pairs every order is gone through, else 9,999 drawn ones.
func exact(rows [][]float64, seed uint64) float64 {
	n := len(rows)
	if n == 0 || n > 64 {
		return 1
	}
	columns := standard(rows)
	observed := math.Inf(-1)
	for _, c := range columns {
		observed = max(observed, signed(c, 0))
	}
	if len(columns) == 0 {
		return 1
	}
	atLeast := func(flips uint64) bool {
		for _, c := range columns {
			if signed(c, flips) >= observed-rounding {
				return true
			}
		}
		return false
	}
	count := 0
	if n < bits.Len(draws) {
		for flips := range uint64(1) << n {
			if atLeast(flips) {
				count++
			}
		}
		return float64(count) / float64(uint64(1)<<n)
	}
	r := rand.New(rand.NewPCG(seed, signStream))
	for range draws {
		if atLeast(r.Uint64()) {
			count++
		}
	}
	return float64(1+count) / float64(1+draws)
}

// standard returns the channels' differences over the root of their sum of
// squares, which no sign changes. Channels that never differed are left out.
func standard(rows [][]float64) [][]float64 {
	var columns [][]float64
	for c := range rows[0] {
		squares := 0.0
		column := make([]float64, len(rows))
		for i := range rows {
			column[i] = rows[i][c]
			squares += column[i] * column[i]
		}
		if squares == 0 {
			continue
		}
		norm := math.Sqrt(squares)
		for i := range column {
			column[i] /= norm
		}
		columns = append(columns, column)
	}
	return columns
}

// signed sums x with the signs of the set bits of flips turned over.
func signed(x []float64, flips uint64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += math.Float64frombits(math.Float64bits(v) ^ (flips >> uint(i) & 1 << 63))
	}
	return sum
}
