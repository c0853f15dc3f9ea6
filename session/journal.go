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
	"time"

	"github.com/gofrs/flock"
)

// The names of a session's files.
const (
	JournalName = "events.jsonl"
	TornName    = "events.jsonl.torn"
	lockName    = ".lock"
)

// ErrInUse says that another process writes the journal.
var ErrInUse = errors.New("another process runs this session")

// maxLine is the longest journal line that is read. A note of 64 KB in the
// worst JSON escape fits.
const maxLine = 1 << 20

// commitEvery is the longest that a fact waits for its group's commit; notes
// and what people do are committed at once.
const commitEvery = 500 * time.Millisecond

// Journal is the file of a session's events: the only truth. It follows the
// log and nobody waits for it but acknowledgements.
type Journal struct {
	dir  string
	file *os.File
	lock *flock.Flock
	size int64 // bytes that are whole lines
	idx  index
	last uint64 // seq of the last whole line

	synced   uint64 // seq of the last line that is committed
	syncedTo int64  // and where it ends
}

// OpenJournal opens or creates the journal in dir for appending. What stands in
// it is returned folded; a torn last line is moved to events.jsonl.torn first,
// and its length returned. ErrInUse if another process holds it.
func OpenJournal(dir string) (j *Journal, state *State, torn int64, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, 0, fmt.Errorf("create session folder: %w", err)
	}
	// Everybody who may read the journal may ask whether somebody writes it; who
	// asks holds the lock for a moment, which is no reason to give up.
	lock := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o644))
	patient, cancel := context.WithTimeout(context.Background(), commitEvery)
	ok, err := lock.TryLockContext(patient, 10*time.Millisecond)
	cancel()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, nil, 0, fmt.Errorf("lock session folder %s: %w", dir, err)
	}
	if !ok {
		return nil, nil, 0, fmt.Errorf("open session %s: %w", dir, ErrInUse)
	}
	defer func() {
		if err != nil {
			_ = lock.Unlock()
		}
	}()
	path := filepath.Join(dir, JournalName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("open journal: %w", err)
	}
	j = &Journal{dir: dir, file: file, lock: lock}
	state = NewState()
	rest, err := scan(file, func(e Event, offset int64) error {
		state.Apply(e)
		j.idx.add(e.Seq, offset)
		return nil
	})
	if err == nil {
		torn, err = j.setAside(rest)
	}
	if err == nil {
		j.last, j.synced, j.syncedTo = state.Seq, state.Seq, j.size
		err = syncDir(dir)
	}
	if err != nil {
		file.Close()
		return nil, nil, 0, err
	}
	return j, state, torn, nil
}

// setAside moves what follows the last whole line to the torn file.
func (j *Journal) setAside(rest Rest) (int64, error) {
	j.size = rest.Whole
	end, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("read journal: %w", err)
	}
	if n := end - rest.Whole; n > 0 {
		tail := make([]byte, n)
		if _, err := j.file.ReadAt(tail, rest.Whole); err != nil {
			return 0, fmt.Errorf("read torn line: %w", err)
		}
		if err := appendFile(filepath.Join(j.dir, TornName), tail); err != nil {
			return 0, fmt.Errorf("set torn line aside: %w", err)
		}
		if err := j.file.Truncate(rest.Whole); err != nil {
			return 0, fmt.Errorf("cut torn line: %w", err)
		}
	}
	_, err = j.file.Seek(rest.Whole, io.SeekStart)
	return end - rest.Whole, err
}

// follow writes what the log holds until the log ends, and publishes what is on
// the disk. A write error is told to failed, and tried again for as long as the
// session lives: the log keeps what is not durable. After its end it is tried
// for lastTries more, so that a dead disk can't keep a program from ending.
func (j *Journal) follow(ctx context.Context, l *Log, failed func(error)) error {
	var dirty time.Time // when the oldest line that is not synced was written; zero if none
	tries := 0
	again := func(err error) bool {
		failed(err)
		j.rewind()
		dirty = time.Time{}
		if l.over() {
			tries++
		}
		return tries <= lastTries && pause(ctx, commitEvery)
	}
	for {
		wait, cancel := ctx, context.CancelFunc(func() {})
		if !dirty.IsZero() {
			wait, cancel = context.WithDeadline(ctx, dirty.Add(commitEvery))
		}
		events, err := l.Since(wait, j.last)
		cancel()
		if len(events) > 0 {
			if werr := j.write(events); werr != nil {
				if !again(werr) {
					l.abandon(werr)
					return werr
				}
				continue
			}
			if dirty.IsZero() {
				dirty = time.Now()
			}
		}
		ended := errors.Is(err, ErrEnded) || ctx.Err() != nil
		if !dirty.IsZero() && (ended || urgent(events) || time.Since(dirty) >= commitEvery) {
			if serr := j.file.Sync(); serr != nil {
				serr = fmt.Errorf("commit journal: %w", serr)
				if !again(serr) {
					l.abandon(serr)
					return serr
				}
				continue
			}
			dirty = time.Time{}
			j.synced, j.syncedTo = j.last, j.size
			l.setDurable(j.last)
		}
		if ended {
			return nil
		}
	}
}

// lastTries is how often a commit is tried after the session's end.
const lastTries = 4

// rewind forgets what was written since the last commit, so that it is written
// again: after a failed commit the system may have dropped the very pages it
// could not write, and a second commit alone would call them durable.
func (j *Journal) rewind() { j.last, j.size = j.synced, j.syncedTo }

// write appends whole lines. After an error the file is cut back to its last
// whole line, so that a second try does not write half a line twice.
func (j *Journal) write(events []Event) error {
	var buf bytes.Buffer
	offsets := make([]int64, len(events))
	for i, e := range events {
		b, err := e.MarshalJSON()
		if err != nil {
			return err
		}
		offsets[i] = j.size + int64(buf.Len())
		buf.Write(b)
		buf.WriteByte('\n')
	}
	if _, err := j.file.WriteAt(buf.Bytes(), j.size); err != nil {
		return fmt.Errorf("write journal: %w", errors.Join(err, j.file.Truncate(j.size)))
	}
	j.size += int64(buf.Len())
	for i, e := range events {
		j.idx.add(e.Seq, offsets[i])
		j.last = e.Seq
	}
	return nil
}

// Read returns the events [from, to) from the file.
func (j *Journal) Read(from, to uint64) ([]Event, error) {
	var out []Event
	file, err := os.Open(filepath.Join(j.dir, JournalName))
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(j.idx.before(from), io.SeekStart); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	_, err = scan(file, func(e Event, _ int64) error {
		if e.Seq >= to {
			return errStop
		}
		if e.Seq >= from {
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("read journal: events %d to %d are not there", from, to-1)
	}
	return out, nil
}

// close commits, and lets go of the folder.
func (j *Journal) close() error {
	return errors.Join(j.file.Sync(), j.file.Close(), j.lock.Unlock())
}

// urgent tells whether a person waits for one of these to be on the disk.
func urgent(events []Event) bool {
	for _, e := range events {
		switch e.Type {
		case TypeLoadTick, TypeHealthTick, TypeHealthState:
		default:
			return true
		}
	}
	return false
}

// Rest tells where reading a journal stopped.
type Rest struct {
	Whole int64 // bytes of whole, sound lines
	Lines int
	Torn  int64  // bytes after them that are no line
	Why   string // what is wrong with those bytes
}

var errStop = errors.New("enough")

// scan calls f with each sound line and its offset. It stops at the first line
// that is torn, broken, or out of order, and says where.
func scan(r io.Reader, f func(e Event, offset int64) error) (Rest, error) {
	var rest Rest
	br := bufio.NewReaderSize(r, 64<<10)
	var last uint64
	for {
		b, err := readLine(br)
		if err != nil && !errors.Is(err, io.EOF) {
			return rest, fmt.Errorf("read journal: %w", err)
		}
		if len(b) == 0 && err != nil {
			return rest, nil
		}
		var e Event
		switch uerr := json.Unmarshal(b, &e); {
		case err != nil:
			rest.Why = "the last line has no end"
		case uerr != nil:
			rest.Why = uerr.Error()
		case last != 0 && e.Seq != last+1:
			rest.Why = fmt.Sprintf("seq %d follows %d", e.Seq, last)
		}
		if rest.Why != "" {
			rest.Torn += int64(len(b))
			n, cerr := io.Copy(io.Discard, br)
			rest.Torn += n
			return rest, cerr
		}
		if ferr := f(e, rest.Whole); errors.Is(ferr, errStop) {
			return rest, nil
		} else if ferr != nil {
			return rest, ferr
		}
		last = e.Seq
		rest.Whole += int64(len(b))
		rest.Lines++
	}
}

// readLine returns a line with its newline. One past maxLine is an error of its
// own kind for the caller: it comes back without its newline, as torn.
func readLine(br *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		b, err := br.ReadSlice('\n')
		out = append(out, b...)
		if errors.Is(err, bufio.ErrBufferFull) {
			if len(out) > maxLine {
				return out, io.EOF
			}
			continue
		}
		return out, err
	}
}

// ReadJournal reads a session's journal, live or dead, without touching it.
// All sound lines from the start are returned; Rest says what was not read.
func ReadJournal(dir string) ([]Event, Rest, error) {
	var events []Event
	rest, err := EachEvent(dir, func(e Event) error {
		events = append(events, e)
		return nil
	})
	return events, rest, err
}

// EachEvent calls f with each event of a session's journal in order.
func EachEvent(dir string, f func(Event) error) (Rest, error) {
	file, err := os.Open(filepath.Join(dir, JournalName))
	if err != nil {
		return Rest{}, fmt.Errorf("open session %s: %w", dir, err)
	}
	defer file.Close()
	return scan(file, func(e Event, _ int64) error { return f(e) })
}

// Running tells whether a process writes the session's journal now. Where that
// can't be found out, it says yes: a session is not called dead on a guess.
func Running(dir string) bool {
	path := filepath.Join(dir, lockName)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	ok, err := lock.TryRLock()
	if err == nil && ok {
		_ = lock.Unlock()
		return false
	}
	return true
}

// pause waits d; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func appendFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
