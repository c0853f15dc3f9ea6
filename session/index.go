package session

import (
	"sort"
	"sync"
)

// indexEvery is how many events lie between two entries of the index: a read
// scans at most that many lines it does not want.
const indexEvery = 256

// index finds a seq's offset in the journal. The journal's writer adds to it
// while viewers read.
type index struct {
	mu      sync.Mutex
	seqs    []uint64
	offsets []int64
}

func (x *index) add(seq uint64, offset int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := len(x.seqs); n > 0 && seq < x.seqs[n-1]+indexEvery {
		return
	}
	x.seqs = append(x.seqs, seq)
	x.offsets = append(x.offsets, offset)
}

// before returns an offset at or before seq's line.
func (x *index) before(seq uint64) int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := sort.Search(len(x.seqs), func(i int) bool { return x.seqs[i] > seq })
	if i == 0 {
		return 0
	}
	return x.offsets[i-1]
}
