package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"

	"crosstalk/loadengine"
)

const (
	resultsEvery = 250 * time.Millisecond // a line is in the file after this at the latest
	resultsRoom  = 16 << 20               // bytes that wait for a slow disk
)

// results writes every request that has ended as a line of JSON that vegeta
// reads, and fields of ours beside them. The engine's goroutine only appends to
// a buffer; another one writes it.
type results struct {
	path string
	file *os.File
	head []byte // what all lines begin with
	mask func(s string) string
	tail map[int][]byte // by step: what its lines end with
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	lines []byte
	last  uint64 // number of the next line
	lost  uint64 // lines that found no room
	err   error  // of the first write that failed
}

// openResults makes a new file. What is there already, a file, a pipe or a
// device, is left alone.
func openResults(path string, mask func(string) string) (*results, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		what := "exists already"
		if info, serr := os.Stat(path); serr == nil && !info.Mode().IsRegular() {
			what = "is no file to write results to"
		}
		return nil, usage(fmt.Errorf("--results %s %s: name a new file", path, what))
	}
	if err != nil {
		return nil, usage(fmt.Errorf("--results: %w", err))
	}
	r := &results{path: path, file: f, mask: mask, tail: map[int][]byte{}, stop: make(chan struct{}), done: make(chan struct{})}
	go r.write()
	return r, nil
}

// begin names the attack, before the first result.
func (r *results) begin(attack string) {
	r.head = append(append([]byte(`{"attack":`), quoted(attack)...), `,"seq":`...)
}

// drop takes back the file of a session that never began.
func (r *results) drop() {
	if r == nil {
		return
	}
	_, _ = r.close() // what is removed need not be whole
	_ = os.Remove(r.path)
}

// put takes one result. It waits for no disk.
func (r *results) put(v loadengine.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	if len(r.lines) > resultsRoom {
		r.lost++
		return
	}
	b := r.lines
	b = append(b, r.head...)
	b = strconv.AppendUint(b, v.Seq, 10)
	b = append(b, `,"code":`...)
	b = strconv.AppendInt(b, int64(v.Code), 10)
	b = append(b, `,"timestamp":"`...)
	b = v.Sent.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","latency":`...)
	b = strconv.AppendInt(b, int64(v.Latency), 10)
	b = append(b, `,"bytes_out":`...)
	b = strconv.AppendInt(b, v.Out, 10)
	b = append(b, `,"bytes_in":`...)
	b = strconv.AppendInt(b, v.In, 10)
	b = append(b, `,"error":`...)
	b = append(b, quoted(v.Kind)...)
	b = append(b, `,"user":`...)
	b = strconv.AppendInt(b, int64(v.User), 10)
	b = append(b, r.end(v)...)
	r.lines = b
	r.last++
}

// end is what all lines of a step end with.
func (r *results) end(v loadengine.Result) []byte {
	end, ok := r.tail[v.StepNumber]
	if !ok {
		end = fmt.Appendf(nil, `,"method":%s,"url":%s,"journey":%s,"step":%s}`+"\n",
			quoted(v.Method), quoted(r.mask(v.URL)), quoted(r.mask(v.Journey)), quoted(r.mask(v.Step)))
		r.tail[v.StepNumber] = end
	}
	return end
}

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // of a string it cannot fail
		return []byte(`""`)
	}
	return b
}

func (r *results) write() {
	defer close(r.done)
	clock := time.NewTicker(resultsEvery)
	defer clock.Stop()
	var spare []byte
	for over := false; !over; {
		select {
		case <-clock.C:
		case <-r.stop:
			over = true
		}
		r.mu.Lock()
		lines := r.lines
		r.lines = spare[:0]
		r.mu.Unlock()
		if len(lines) > 0 {
			if _, err := r.file.Write(lines); err != nil {
				r.fail(err)
			}
		}
		spare = lines
	}
	r.fail(errors.Join(r.file.Sync(), r.file.Close()))
}

func (r *results) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// close writes what is left, and returns how many lines there are. Nothing may
// be put after it.
func (r *results) close() (lines uint64, err error) {
	close(r.stop)
	<-r.done
	switch {
	case r.err != nil:
		err = fmt.Errorf("write results: %w", r.err)
	case r.lost > 0:
		err = fmt.Errorf("write results: the disk was too slow for %d of %d requests", r.lost, r.lost+r.last)
	}
	return r.last, err
}
