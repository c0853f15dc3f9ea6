package main

import (
	"slices"
	"time"
)

// lostRun are requests, one after the other by their numbers, whose lines found
// no room.
type lostRun struct {
	from, to uint64 // both of them lost
	at       time.Time
}

// lostText stands in a line of which nothing but the number is left.
const lostText = "not written: the disk was too slow"

// lose adds a number to the runs, which stay in order. Requests end nearly in the
// order in which they began, so the place is near the end, and runs are few.
func lose(runs []lostRun, seq uint64, at time.Time) []lostRun {
	i := len(runs)
	for i > 0 && runs[i-1].from > seq {
		i--
	}
	// runs[i-1] begins before seq, runs[i] after it.
	before, after := i > 0 && runs[i-1].to+1 == seq, i < len(runs) && runs[i].from == seq+1
	switch {
	case before && after:
		runs[i-1].to = runs[i].to
		return slices.Delete(runs, i, i+1)
	case before:
		runs[i-1].to = seq
		return runs
	case after:
		runs[i].from, runs[i].at = seq, at
		return runs
	}
	return slices.Insert(runs, i, lostRun{from: seq, to: seq, at: at})
}

// fill writes a short line for each lost number: what reads the file by its
// numbers, as vegeta's plot, would wait for ever for one that is missing. Their
// time is that of the first of a run, never before that of an earlier number and
// never after that of a later one.
func (r *results) fill(runs []lostRun) {
	const most = 64 << 10
	var b []byte
	for _, run := range runs {
		stamp := run.at.UTC().Format(time.RFC3339Nano)
		for seq := run.from; seq <= run.to && !r.failed(); seq++ {
			b = r.begun(b, seq)
			b = append(b, `,"code":0,"timestamp":"`...)
			b = append(b, stamp...)
			b = append(b, `","latency":0,"bytes_out":0,"bytes_in":0,"error":"`...)
			b = append(b, lostText...)
			b = append(b, "\"}\n"...)
			if len(b) >= most {
				r.flush(b)
				b = b[:0]
			}
		}
	}
	r.flush(b)
}
