package session

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"
)

// Playback is a journal that is looked at as of any of its moments, ended or
// still being written. It only ever reads. Run indexes the journal and follows
// it; the other methods may be called from any goroutine meanwhile.
//
// It keeps the state at intervals and reads the events between two of them off
// the file when they are wanted, so that memory is bounded however long the
// session lasted, and a jump costs at most one interval.
type Playback struct {
	dir  string
	file *os.File

	mu      sync.Mutex
	stops   []stop
	step    int // events between two stops
	moments []Moment
	info    PlaybackInfo
	more    chan struct{} // closed and replaced when any of the above changes

	reading   sync.Mutex // guards stretches, and is held while one is read
	stretches []stretch  // the last ones read, newest last

	// Run's own.
	tail   *State // after everything read so far
	offset int64  // where the next line begins
	broken bool   // nothing behind offset can be read
}

// PlaybackInfo is what is known of a journal so far.
type PlaybackInfo struct {
	Began   time.Time // the session's first moment; zero before it was read
	End     int64     // milliseconds of the newest event
	Seq     uint64    // and its number
	Ended   bool      // it is the session's last line
	Live    bool      // a process writes the journal
	Caught  bool      // the file was read to its end
	Read    int64     // bytes
	Size    int64     // bytes
	Torn    int64     // bytes at the end that are no whole, sound line
	Why     string    // what is wrong with them
	Unknown int       // events of types that this version does not know
	Newer   int       // events in a form newer than this version's
}

// stop is the state between two events of the journal.
type stop struct {
	state  *State
	offset int64 // where the next line begins
}

// stretch is a stretch of decoded events, from one offset to another.
type stretch struct {
	from, to int64
	events   []Event
}

// Bounds of what Playback keeps. The step doubles whenever the stops are full.
const (
	firstStep    = 128
	maxStops     = 128
	maxStretches = 3
	lookEvery    = 250 * time.Millisecond // for what was written meanwhile
	liveEvery    = 8                      // of these looks one asks whether somebody writes
)

// OpenPlayback opens the journal in dir for reading; Close lets go of it.
func OpenPlayback(dir string) (*Playback, error) {
	file, err := os.Open(filepath.Join(dir, JournalName))
	if err != nil {
		return nil, fmt.Errorf("open session %s: %w", dir, err)
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open session %s: %w", dir, err)
	}
	p := &Playback{dir: dir, file: file, step: firstStep, more: make(chan struct{}), tail: NewState()}
	p.stops = []stop{{state: NewState()}}
	p.info.Size, p.info.Live = size, Running(dir)
	return p, nil
}

// Close lets go of the file. Run must have ended.
func (p *Playback) Close() error { return p.file.Close() }

// Info returns what is known so far, and a channel that is closed when more is.
func (p *Playback) Info() (PlaybackInfo, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.info, p.more
}

// Moments returns what happened so far but for what is measured, in the
// journal's order. It is shared and must not be changed.
func (p *Playback) Moments() []Moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.moments)
}

// Run indexes the journal and follows what is added to it until ctx is done,
// which is no error. A torn or broken line ends what can be read and is told by
// Info.
func (p *Playback) Run(ctx context.Context) error {
	for looks := 0; ; looks++ {
		if looks%liveEvery == 0 {
			live := Running(p.dir)
			p.publish(func() { p.info.Live = live })
		}
		if err := p.catchUp(ctx); err != nil {
			p.publish(func() { p.info.Caught, p.info.Why = true, err.Error() })
			return err
		}
		if !pause(ctx, lookEvery) {
			return nil
		}
	}
}

// publish changes what others see.
func (p *Playback) publish(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.info
	f()
	if p.info != was {
		close(p.more)
		p.more = make(chan struct{})
	}
}

// atOnce is how many events are told at a time.
const atOnce = 512

// catchUp reads the whole lines that are there.
func (p *Playback) catchUp(ctx context.Context) error {
	end, err := p.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	if p.broken || end == p.offset {
		p.publish(func() {
			p.info.Size, p.info.Caught = end, true
			if !p.broken {
				p.info.Torn, p.info.Why = 0, ""
			}
		})
		return nil
	}
	if end < p.offset {
		p.broken = true
		p.publish(func() { p.info.Caught, p.info.Why = true, "the journal became shorter while it was read" })
		return nil
	}
	br := bufio.NewReaderSize(io.NewSectionReader(p.file, p.offset, end-p.offset), 256<<10)
	for ctx.Err() == nil {
		more, rerr := p.some(br)
		if rerr != nil {
			return rerr
		}
		if !more {
			break
		}
	}
	return nil
}

// some reads up to atOnce lines and tells whether there may be more.
func (p *Playback) some(br *bufio.Reader) (more bool, err error) {
	var moments []Moment
	var stops []stop
	var unknown, newer int
	why, torn := "", int64(0)
	more = true
	for range atOnce {
		b, rerr := readLine(br)
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			return false, fmt.Errorf("read journal: %w", rerr)
		}
		if len(b) == 0 {
			more = false
			break
		}
		var e Event
		if why = p.sound(b, rerr, &e); why != "" {
			n, _ := io.Copy(io.Discard, br) // a section of the file that was just read
			more, torn = false, int64(len(b))+n
			// The last line of a journal that is being written may come to its end yet.
			p.broken = rerr == nil || len(b) > maxLine
			break
		}
		if _, ok := e.Body.(*Unknown); ok && e.V > Version {
			newer++
		} else if ok {
			unknown++
		}
		marks := len(p.tail.Marks)
		p.tail.Apply(e)
		p.offset += int64(len(b))
		if m, ok := momentOf(e, p.tail, marks); ok {
			moments = append(moments, m)
		}
		if p.tail.Seq%uint64(p.step) == 0 {
			stops = append(stops, stop{p.tail.Clone(), p.offset})
		}
	}
	p.publish(func() {
		p.moments = append(p.moments, moments...)
		p.keep(stops)
		i := &p.info
		i.Began, i.End, i.Seq, i.Ended = p.tail.Began, p.tail.MS, p.tail.Seq, p.tail.Ended != nil
		i.Read, i.Size, i.Torn, i.Why = p.offset, max(i.Size, p.offset), torn, why
		i.Unknown, i.Newer = i.Unknown+unknown, i.Newer+newer
		i.Caught = i.Caught || !more
	})
	return more, nil
}

// sound decodes a line and says what is wrong with it; "" when nothing is.
func (p *Playback) sound(b []byte, rerr error, e *Event) string {
	switch {
	case rerr != nil && len(b) > maxLine:
		return "a line is longer than any that is written"
	case rerr != nil:
		return "the last line has no end"
	}
	if err := json.Unmarshal(b, e); err != nil {
		return err.Error()
	}
	if last := p.tail.Seq; e.Seq != last+1 && last != 0 {
		return fmt.Sprintf("seq %d follows %d", e.Seq, last)
	}
	return ""
}

// keep adds stops; when there are too many every other goes, and from there on
// they come half as often.
func (p *Playback) keep(stops []stop) {
	for _, s := range stops {
		if s.state.Seq%uint64(p.step) == 0 {
			p.stops = append(p.stops, s)
		}
		if len(p.stops) <= maxStops {
			continue
		}
		p.step *= 2
		kept := p.stops[:1]
		for _, s := range p.stops[1:] {
			if s.state.Seq%uint64(p.step) == 0 {
				kept = append(kept, s)
			}
		}
		clear(p.stops[len(kept):])
		p.stops = kept
	}
}

// Range returns a state, which the caller owns, and the events that follow it
// up to the moment to. The state is from no later than the moment from, so what
// is told of only by events is known from there on. It waits until the journal
// was read as far as to, or to its end.
func (p *Playback) Range(ctx context.Context, from, to int64) (*State, []Event, error) {
	if err := p.reach(ctx, to); err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	i := sort.Search(len(p.stops), func(i int) bool { return i > 0 && p.stops[i].state.MS > min(from, to) }) - 1
	at := p.stops[max(0, i)]
	p.mu.Unlock()
	events, err := p.events(at, 0, to)
	if err != nil {
		return nil, nil, err
	}
	return at.state.Clone(), events, nil
}

// After returns the events after seq up to the moment to, as far as the journal
// was read.
func (p *Playback) After(seq uint64, to int64) ([]Event, error) {
	p.mu.Lock()
	i := sort.Search(len(p.stops), func(i int) bool { return i > 0 && p.stops[i].state.Seq > seq }) - 1
	at := p.stops[max(0, i)]
	p.mu.Unlock()
	return p.events(at, seq, to)
}

// reach waits until everything up to a moment was read, or all there is.
func (p *Playback) reach(ctx context.Context, ms int64) error {
	for {
		info, more := p.Info()
		if info.Caught || info.End > ms {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// events returns what follows a stop and seq up to a moment.
func (p *Playback) events(at stop, seq uint64, to int64) ([]Event, error) {
	var out []Event
	most := at.state.MS // an event is as late as the latest before it
	for {
		p.mu.Lock()
		i := sort.Search(len(p.stops), func(i int) bool { return p.stops[i].offset > at.offset })
		last, next := i == len(p.stops), stop{offset: p.info.Read}
		if !last {
			next = p.stops[i]
		}
		p.mu.Unlock()
		events, err := p.stretch(at.offset, next.offset)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if most = max(most, e.MS); most > to {
				return out, nil
			}
			if e.Seq > seq {
				out, seq = append(out, e), e.Seq
			}
		}
		if last {
			return out, nil
		}
		at = next
	}
}

// stretch returns the events between two offsets: from memory where they were read
// before, and what is missing at their end off the file.
func (p *Playback) stretch(from, to int64) ([]Event, error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	s := stretch{from: from, to: from}
	for i, k := range p.stretches {
		if k.from == from {
			s = k
			p.stretches = append(p.stretches[:i], p.stretches[i+1:]...)
			break
		}
	}
	if s.to < to {
		b := make([]byte, to-s.to)
		if _, err := p.file.ReadAt(b, s.to); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		for len(b) > 0 {
			line, rest, _ := bytes.Cut(b, []byte("\n"))
			var e Event
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("read journal again, which has changed: %w", err)
			}
			s.events = append(s.events, e)
			b = rest
		}
		s.to = to
	}
	p.stretches = append(p.stretches, s)
	if len(p.stretches) > maxStretches {
		p.stretches = append(p.stretches[:0], p.stretches[1:]...)
	}
	return s.events, nil
}
