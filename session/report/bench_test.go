package report

import (
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// eightHours is a long day's journal: 6 checks, a level every five minutes, a
// note every ten.
func eightHours(dir string) (size int64, err error) {
	t := newTape()
	t.start()
	t.quiet(60)
	file, err := os.Create(filepath.Join(dir, session.JournalName))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for i := range 8 * 3600 {
		if i%300 == 0 {
			t.dial("mel", (i/300*7)%100)
		}
		if i%600 == 0 {
			t.write("mel", notes.Plain, "what was seen in these ten minutes")
		}
		t.seconds(1)
		if t.buf.Len() > 1<<20 {
			n, err := t.buf.WriteTo(file)
			if err != nil {
				return 0, err
			}
			size += n
		}
	}
	t.end("plan")
	n, err := t.buf.WriteTo(file)
	return size + n, err
}

// BenchmarkWriteEightHours writes every format of an eight-hour session. The
// goal is under 5 s and 300 MB.
func BenchmarkWriteEightHours(b *testing.B) {
	dir, out := b.TempDir(), b.TempDir()
	size, err := eightHours(dir)
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
