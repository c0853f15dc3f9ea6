package report

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"crosstalk/session"
)

// BenchmarkPlaybackEightHours opens an eight-hour journal, reads it whole and
// jumps about in it. The goals: the whole index within 2 s, a jump under 100 ms.
func BenchmarkPlaybackEightHours(b *testing.B) {
	dir := b.TempDir()
	size, err := day(dir, 8*3600)
	if err != nil {
		b.Fatal(err)
	}
	var first, whole time.Duration
	var jumps []time.Duration
	var heap uint64
	for b.Loop() {
		began := time.Now()
		p, err := session.OpenPlayback(dir)
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		if _, _, err := p.Range(ctx, 0, 1000); err != nil {
			b.Fatal(err)
		}
		first += time.Since(began)
		if _, _, err := p.Range(ctx, 1<<40, 1<<40); err != nil {
			b.Fatal(err)
		}
		whole += time.Since(began)
		info, _ := p.Info()
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			to := rnd.Int64N(info.End)
			from := time.Now()
			s, events, err := p.Range(ctx, to-60_000, to)
			if err != nil {
				b.Fatal(err)
			}
			for _, e := range events {
				s.Apply(e)
			}
			jumps = append(jumps, time.Since(from))
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		heap = m.HeapInuse
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(jumps)
	b.ReportMetric(float64(size)/1e6, "MB-journal")
	b.ReportMetric(first.Seconds()*1000/float64(b.N), "ms-first")
	b.ReportMetric(whole.Seconds()*1000/float64(b.N), "ms-whole")
	b.ReportMetric(float64(jumps[len(jumps)/2].Microseconds())/1000, "ms-jump-median")
	b.ReportMetric(float64(jumps[len(jumps)-1].Microseconds())/1000, "ms-jump-worst")
	b.ReportMetric(float64(heap)/1e6, "MB-heap")
}
