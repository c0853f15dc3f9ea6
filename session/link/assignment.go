package link

import (
	"math/rand/v2"
	"strings"
)

// Assignment is the order of a check, drawn by fair coins before the start:
// true where the load comes in the first half of the pair.
//
// Every pair has its place in time whatever comes of the pairs before it, and a
// sham load only ever fills the half without load. So without a link nothing of
// what production does depends on the coins, and turning the signs of the pairs
// over gives outcomes that were exactly as likely.
type Assignment []bool

// streams keep the random numbers of one seed apart by their use.
const (
	coinStream = 0xc011
	signStream = 0x51675
)

// Assign draws n coins from a seed; the same seed gives the same coins.
func Assign(seed uint64, n int) Assignment {
	r := rand.New(rand.NewPCG(seed, coinStream))
	a := make(Assignment, n)
	for i := range a {
		a[i] = r.Uint64()&1 == 1
	}
	return a
}

// String writes the order with + for load first and - for load second.
func (a Assignment) String() string {
	var b strings.Builder
	for _, on := range a {
		if on {
			b.WriteByte('+')
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}
