package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	file resultsFile
	room int    // bytes of lines that may wait
	head []byte // what all lines begin with
	mask func(s string) string
	tail map[int][]byte // by step: what its lines end with
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	lines []byte
	count uint64    // requests that came
	runs  []lostRun // numbers of those that found no room and have no line yet, in order
	lost  uint64    // all that found none
	wrote uint64    // whole lines in the file
	err   error     // of the first write that failed
	tell  func(why string)

	saidFailed, saidSlow bool // each is told once
}

// resultsFile is what the lines go to.
type resultsFile interface {
	io.WriteCloser
	Sync() error
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
	r := newResults(path, f, resultsRoom, mask)
	go r.write()
	return r, nil
}

func newResults(path string, f resultsFile, room int, mask func(string) string) *results {
	return &results{path: path, file: f, room: room, mask: mask, tail: map[int][]byte{}, stop: make(chan struct{}), done: make(chan struct{})}
}

// follow tells, now or later, that the file does not get all: once of a slow
// disk, and once of one that takes no more.
func (r *results) follow(tell func(why string)) {
	r.mu.Lock()
	r.tell = tell
	r.mu.Unlock()
	r.say()
}

// say tells what there is to tell of the file.
func (r *results) say() {
	r.mu.Lock()
	var why string
	switch {
	case r.tell == nil:
	case r.err != nil && !r.saidFailed:
		r.saidFailed = true
		why = resultsFailed(r.err) + ": no request from here on is in it"
	case r.err == nil && r.lost > 0 && !r.saidSlow:
		r.saidSlow = true
		why = "the disk is too slow: some requests are there with their number alone"
	}
	tell := r.tell
	r.mu.Unlock()
	if why != "" {
		tell(why)
	}
}

// resultsFailed is why a write failed, without the path: that may be private.
func resultsFailed(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return err.Error()
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
	_, _, _ = r.close() // what is removed need not be whole
	_ = os.Remove(r.path)
}

// put takes one result. It waits for no disk.
func (r *results) put(v loadengine.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if r.err != nil {
		return
	}
	if len(r.lines) > r.room {
		r.lost++
		r.runs = lose(r.runs, v.Seq, v.Sent)
		return
	}
	b := r.begun(r.lines, v.Seq)
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
}

// begun appends what each line begins with.
func (r *results) begun(b []byte, seq uint64) []byte {
	return strconv.AppendUint(append(b, r.head...), seq, 10)
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
		lines, runs := r.lines, r.runs
		r.lines, r.runs = spare[:0], nil
		r.mu.Unlock()
		n := r.flush(lines)
		r.mu.Lock()
		r.wrote += n
		r.mu.Unlock()
		spare = lines
		r.fill(runs)
		r.say()
	}
	r.fail(errors.Join(r.file.Sync(), r.file.Close()))
}

// flush writes lines to the file, unless that failed before, and returns how many
// are there whole.
func (r *results) flush(lines []byte) uint64 {
	if len(lines) == 0 || r.failed() {
		return 0
	}
	n, err := r.file.Write(lines)
	if err != nil {
		r.fail(err)
	}
	return uint64(bytes.Count(lines[:n], []byte{'\n'}))
}

func (r *results) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err != nil
}

func (r *results) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// close writes what is left, and returns how many requests the file has whole,
// and how many there were. Nothing may be put after it.
func (r *results) close() (wrote, all uint64, err error) {
	close(r.stop)
	<-r.done
	switch {
	case r.err != nil:
		err = fmt.Errorf("write results: %w", r.err)
	case r.lost > 0:
		err = fmt.Errorf("write results: the disk was too slow for %d of %d requests: of these the number is there and no more", r.lost, r.count)
	}
	return r.wrote, r.count, err
}
