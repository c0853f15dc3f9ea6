package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"crosstalk/loadengine"
)

// slowDisk is a file whose writes wait until they may go on, and which is full
// after a number of bytes.
type slowDisk struct {
	mu    sync.Mutex
	got   bytes.Buffer
	room  int
	begun chan struct{}
	goOn  chan struct{}
}

func (d *slowDisk) Write(b []byte) (int, error) {
	d.begun <- struct{}{}
	<-d.goOn
	d.mu.Lock()
	defer d.mu.Unlock()
	if left := d.room - d.got.Len(); len(b) > left {
		d.got.Write(b[:left])
		return left, &fs.PathError{Op: "write", Path: "/private/place", Err: syscall.ENOSPC}
	}
	return d.got.Write(b)
}

func (d *slowDisk) Sync() error  { return nil }
func (d *slowDisk) Close() error { return nil }

func newSlowDisk(room int) *slowDisk {
	return &slowDisk{room: room, begun: make(chan struct{}, 1000), goOn: make(chan struct{})}
}

// shuffled are numbers as requests end: nearly in order.
func shuffled(n int) []uint64 {
	all := make([]uint64, 0, n)
	for i := range n {
		all = append(all, uint64(i))
	}
	for i := 0; i+7 < n; i += 5 {
		all[i], all[i+7] = all[i+7], all[i]
	}
	return all
}

func resultOf(seq uint64) loadengine.Result {
	return loadengine.Result{Seq: seq, Sent: time.Unix(1_700_000_000, int64(seq)*1000), Code: 200, Latency: time.Millisecond, User: 1, Method: "GET", URL: "http://h.test/", Journey: "j", Step: "s"}
}

// What a slow disk has no room for leaves a line with its number, so that none is
// missing and times never go back.
func TestResultsOfASlowDiskHaveEveryNumber(t *testing.T) {
	t.Parallel()
	const n = 5000
	disk := newSlowDisk(1 << 30)
	r := newResults("results.json", disk, 40_000, func(s string) string { return s })
	r.begin("a")
	said := make(chan string, 10)
	r.follow(func(why string) { said <- why })
	go r.write()
	all := shuffled(n)
	r.put(resultOf(all[0]))
	<-disk.begun // the writer has taken the first line and waits for the disk
	for _, seq := range all[1:] {
		r.put(resultOf(seq))
	}
	close(disk.goOn)
	wrote, count, err := r.close()
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("too slow for %d of %d", n-wrote, n)) || count != n || wrote < 100 || wrote > n/2 {
		t.Fatalf("%d of %d written, %v", wrote, count, err)
	}
	if len(said) != 1 || !strings.Contains(<-said, "too slow") {
		t.Error("nothing was said, or more than once")
	}
	dec := vegeta.DecoderFor(bytes.NewReader(disk.got.Bytes()))
	if dec == nil {
		t.Fatal("vegeta does not know the format")
	}
	lines := map[uint64]vegeta.Result{}
	short := uint64(0)
	for {
		var v vegeta.Result
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if _, twice := lines[v.Seq]; twice {
			t.Fatalf("%d stands there twice", v.Seq)
		}
		if v.Error == lostText {
			short++
		} else if v.Code != 200 {
			t.Fatalf("line %+v", v)
		}
		lines[v.Seq] = v
	}
	if len(lines) != n || short != n-wrote {
		t.Fatalf("%d numbers, %d of them short, %d written", len(lines), short, wrote)
	}
	for seq := uint64(1); seq < n; seq++ {
		if lines[seq].Attack != "a" || lines[seq].Timestamp.Before(lines[seq-1].Timestamp) {
			t.Fatalf("%d: %+v after %+v", seq, lines[seq], lines[seq-1])
		}
	}
}

// Runs of lost numbers are what was lost, in whatever order it came.
func TestLostRuns(t *testing.T) {
	t.Parallel()
	for _, order := range [][]uint64{{1, 2, 3, 7, 8}, {8, 7, 3, 2, 1}, {2, 8, 1, 7, 3}, {1, 3, 2, 8, 7}} {
		var runs []lostRun
		for _, seq := range order {
			runs = lose(runs, seq, time.Unix(int64(seq), 0))
		}
		if want := []lostRun{{1, 3, time.Unix(1, 0)}, {7, 8, time.Unix(7, 0)}}; !slices.Equal(runs, want) {
			t.Errorf("%v: %v", order, runs)
		}
	}
}

// A file that fails is said at once, and only what is in it counts as written.
func TestResultsOfAFullDiskAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	disk := newSlowDisk(1000)
	r := newResults("results.json", disk, resultsRoom, func(s string) string { return s })
	r.begin("a")
	close(disk.goOn)
	for seq := range uint64(50) {
		r.put(resultOf(seq))
	}
	go r.write()
	said := make(chan string)
	r.follow(func(why string) { said <- why })
	why := <-said
	if !strings.Contains(why, "no space left") || strings.Contains(why, "private") {
		t.Errorf("said: %s", why)
	}
	r.put(resultOf(50))
	wrote, all, err := r.close()
	whole := uint64(0)
	for line := range bytes.Lines(disk.got.Bytes()) {
		if json.Valid(line) {
			whole++
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || all != 51 || wrote != whole || whole == 0 {
		t.Errorf("%d of %d written, %d whole lines there: %v", wrote, all, whole, err)
	}
}

// A disk that was too slow and is full later is said of both, each once.
func TestResultsOfASlowDiskThatFillsUpSayBoth(t *testing.T) {
	t.Parallel()
	disk := newSlowDisk(1000)
	r := newResults("results.json", disk, 2000, func(s string) string { return s })
	r.begin("a")
	said := make(chan string, 10)
	r.follow(func(why string) { said <- why })
	go r.write()
	r.put(resultOf(0))
	<-disk.begun // the writer has taken the first line and waits for the disk
	for seq := range uint64(50) {
		r.put(resultOf(1 + seq))
	}
	disk.goOn <- struct{}{} // the first line has its place
	if why := <-said; !strings.Contains(why, "too slow") {
		t.Errorf("said first: %s", why)
	}
	close(disk.goOn)
	if why := <-said; !strings.Contains(why, "no space left") {
		t.Errorf("said then: %s", why)
	}
	r.put(resultOf(51))
	if _, all, err := r.close(); !errors.Is(err, syscall.ENOSPC) || all != 52 {
		t.Errorf("of %d: %v", all, err)
	}
	if len(said) > 0 {
		t.Errorf("said once more: %s", <-said)
	}
}
