package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// poolSize is how many connections a database server grants.
	poolSize = 8
	// patience is how long a request may wait for the database in all.
	patience = 2 * time.Second
	// commitCost is what a checkout's commit takes on a busy disk, and
	// heartbeatCost what a health check's does. Both are spent as SQLite's one
	// writer, so 4 ms is a capacity of some 210 checkouts a second.
	commitCost    = 4 * time.Millisecond
	heartbeatCost = time.Millisecond

	// Writers that wait make each other slower, as lock queues do: every one above
	// queueFree adds queueShare of its cost to a commit, up to queueMost times the
	// cost. A queue that has begun to grow so grows by itself: what was a little
	// slow at one user less stands still at one more.
	queueFree  = 6
	queueShare = 0.25
	queueMost  = 3.0

	// Rows kept of each table that grows, so that a long session neither slows
	// down nor fills the disk.
	ordersKept     = 20_000
	heartbeatsKept = 2_000
)

// errBusy is the answer when a request has waited longer than patience.
var errBusy = errors.New("database busy")

// database stands for one database server: one file, a pool of sessions and
// one writer. Waits for a session and for the writer are first come, first
// served, as a real server's lock queue is; SQLite's own busy handler polls
// and database/sql picks a random waiter, which would make latencies wild.
//
// A write holds its session while it waits for the writer. So enough queued
// writers take the whole pool, and reads wait, too: the cliff.
type database struct {
	path string
	db   *sql.DB
	// Goroutines blocked on a channel are woken in the order they came.
	idle   chan *session
	writer chan struct{}
	queue  atomic.Int64 // who waits for the writer, or for a session to wait with
}

// openDatabase makes a new file with the shop's tables and its first stock.
func openDatabase(ctx context.Context, path string) (*database, error) {
	// The file is made here, exclusively: close removes it, and must never
	// remove what somebody else made.
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make database %s: the file exists: remove it or choose another folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("make database: %w", err)
	}
	d := &database{path: path, idle: make(chan *session, poolSize), writer: make(chan struct{}, 1)}
	if err = f.Close(); err == nil {
		err = d.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), d.close())
	}
	return d, nil
}

func (d *database) open(ctx context.Context) error {
	// The commit's cost is simulated, so the real disk is left out of it
	// (synchronous off); small checkpoints keep the write-ahead log short and
	// no single commit slow. The busy timeout serves other processes, which
	// may open the file and know nothing of our queue.
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()),
		"journal_mode(wal)", "synchronous(off)", "wal_autocheckpoint(200)", "temp_store(memory)",
	}}
	name := "file:" + strings.TrimPrefix(dsn(d.path), "sqlite://") + "?" + q.Encode()
	var err error
	if d.db, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	d.db.SetMaxOpenConns(poolSize)
	d.db.SetMaxIdleConns(poolSize)
	if err := createTables(ctx, d.db); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	for range poolSize {
		s, err := newSession(ctx, d.db)
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		d.idle <- s
	}
	return nil
}

// close gives up the sessions and removes the files. Nobody may use d by then.
func (d *database) close() error {
	var errs []error
	for len(d.idle) > 0 {
		errs = append(errs, (<-d.idle).close())
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(d.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// read runs f with a session as soon as one is free.
func (d *database) read(ctx context.Context, f func(*session) error) error {
	s, err := d.session(ctx)
	if err != nil {
		return err
	}
	defer d.release(s)
	return explain(f(s))
}

// write runs f in a transaction, as soon as a session and then the writer are
// free, and spends cost before it commits.
func (d *database) write(ctx context.Context, cost time.Duration, f func(*session) error) error {
	d.queue.Add(1)
	defer d.queue.Add(-1)
	s, err := d.session(ctx)
	if err != nil {
		return err
	}
	defer d.release(s)
	select {
	case d.writer <- struct{}{}:
	case <-ctx.Done():
		return waited(ctx, "writer")
	}
	defer func() { <-d.writer }()
	return explain(s.transact(func() error {
		if err := f(s); err != nil {
			return err
		}
		// What has begun to commit is committed, whether or not the client
		// still waits: hence no ctx here.
		time.Sleep(crowded(cost, d.queue.Load()))
		return nil
	}))
}

// crowded is what a commit costs while so many wait for theirs, this one included.
func crowded(cost time.Duration, waiting int64) time.Duration {
	factor := 1 + queueShare*float64(max(0, waiting-queueFree))
	return time.Duration(float64(cost) * min(queueMost, factor))
}

func (d *database) session(ctx context.Context) (*session, error) {
	select {
	case s := <-d.idle:
		return s, nil
	case <-ctx.Done():
		return nil, waited(ctx, "session")
	}
}

func (d *database) release(s *session) { d.idle <- s }

func waited(ctx context.Context, what string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: no %s within %s", errBusy, what, patience)
	}
	return fmt.Errorf("wait for a database %s: %w", what, ctx.Err())
}

// explain turns SQLite's busy, which only another process can cause, into ours.
func explain(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return fmt.Errorf("%w: %w", errBusy, err)
	}
	return err
}
