package report

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkWriteEightHours writes every format of an eight-hour session. The
// goal is under 5 s and 300 MB.
func BenchmarkWriteEightHours(b *testing.B) {
	dir, out := b.TempDir(), b.TempDir()
	size, err := day(dir, 8*3600)
	if err != nil {
		b.Fatal(err)
	}
	var most atomic.Uint64
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		watch := time.NewTicker(10 * time.Millisecond)
		defer watch.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-watch.C:
			case <-done:
				return
			}
		}
	}()
	b.ResetTimer()
	for b.Loop() {
		if _, err := Write(dir, out, Formats()); err != nil {
			b.Fatal(err)
		}
	}
	close(done)
	<-stopped
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/export")
	b.ReportMetric(float64(size)/1e6, "MB-journal")
	b.ReportMetric(float64(most.Load())/1e6, "MB-heap")
}
