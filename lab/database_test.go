package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pool without a file: what is tested is the queue.
func TestPoolIsFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{idle: make(chan *session, 1)}
		s := &session{}
		d.idle <- s
		if _, err := d.session(t.Context()); err != nil {
			t.Fatal(err)
		}
		served := make(chan int, 20)
		for i := range 20 {
			go func() {
				s, err := d.session(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				served <- i
				d.release(s)
			}()
			synctest.Wait()
		}
		d.release(s)
		synctest.Wait()
		close(served)
		var got []int
		for i := range served {
			got = append(got, i)
		}
		if len(got) != 20 || !slices.IsSorted(got) {
			t.Errorf("served in the order %v", got)
		}
	})
}

func TestWaitEndsWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		d := &database{idle: make(chan *session, 1)}
		if _, err := d.session(ctx); !errors.Is(err, errBusy) {
			t.Errorf("error %v, want busy", err)
		}
		if waited := time.Since(start); waited != patience {
			t.Errorf("waited %s, want %s", waited, patience)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := d.session(gone); !errors.Is(err, context.Canceled) || errors.Is(err, errBusy) {
			t.Errorf("error %v, want cancelled", err)
		}
	})
}

func newTestDatabase(t *testing.T) *database {
	t.Helper()
	d, err := openDatabase(t.Context(), filepath.Join(t.TempDir(), "a shop?#%.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func count(t *testing.T, d *database, table string) (n int) {
	t.Helper()
	// A connection of its own would exceed the pool, so one is borrowed.
	err := d.read(t.Context(), func(s *session) error {
		return s.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTablesStayBounded(t *testing.T) {
	d := newTestDatabase(t)
	err := d.write(t.Context(), 0, func(s *session) error {
		for range heartbeatsKept + 100 {
			if err := s.heartbeat("production", "web-1", time.Now()); err != nil {
				return err
			}
		}
		// As if most of the orders had been placed already.
		if _, err := s.conn.ExecContext(t.Context(), "INSERT INTO orders VALUES (?, 'staging', 1, 1)", 1); err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(t.Context(), "INSERT INTO orders VALUES (?, 'staging', 1, 1)", ordersKept); err != nil {
			return err
		}
		for i := range 100 {
			if _, err := s.order("staging", cart{id: int64(i), sku: "saw"}, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"heartbeats": heartbeatsKept, "orders": 101, "carts": 100} {
		if got := count(t, d, table); got != want {
			t.Errorf("%d %s, want %d", got, table, want)
		}
	}
}

func TestStockNeverRunsOut(t *testing.T) {
	d := newTestDatabase(t)
	lowest := int64(firstStock)
	err := d.write(t.Context(), 0, func(s *session) error {
		for i := range 3 * firstStock {
			if _, err := s.order("staging", cart{id: int64(i), sku: "saw"}, time.Now()); err != nil {
				return err
			}
			p, err := s.product("saw")
			if err != nil {
				return err
			}
			lowest = min(lowest, p.Stock)
		}
		return nil
	})
	if err != nil || lowest < 1 || lowest > lowStock {
		t.Errorf("lowest stock %d, error %v", lowest, err)
	}
}

func TestFailedWriteLeavesNoTrace(t *testing.T) {
	d := newTestDatabase(t)
	boom := errors.New("boom")
	err := d.write(t.Context(), 0, func(s *session) error {
		if _, err := s.order("staging", cart{sku: "saw"}, time.Now()); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
	if got := count(t, d, "orders"); got != 0 {
		t.Errorf("%d orders, want none", got)
	}
}

// Another process's write lock is our busy, and none of our file's removal.
func TestForeignFilesAndLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDatabase(t.Context(), path); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("error %v, want that the file exists", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("the file now holds %q, %v", text, err)
	}

	d := newTestDatabase(t)
	var other *session
	err := d.read(t.Context(), func(s *session) error {
		other = s
		_, err := s.conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Sessions take turns, so the next one is not the one that holds the lock.
	err = d.read(t.Context(), func(s *session) error {
		if _, err := s.conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 1"); err != nil {
			return err
		}
		return s.transact(func() error { return nil })
	})
	if !errors.Is(err, errBusy) {
		t.Errorf("error %v, want busy", err)
	}
	if _, err := other.conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Error(err)
	}
}

func TestCronRunsTwoSecondsInTen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDatabase(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			runCron(ctx, d)
		}()
		time.Sleep(cronEvery - time.Millisecond)
		if got := count(t, d, "heartbeats"); got != 0 {
			t.Errorf("%d steps before it was due", got)
		}
		time.Sleep(cronFor + time.Second)
		once := count(t, d, "heartbeats")
		if most := int(cronFor / cronStep); once < most*9/10 || once > most {
			t.Errorf("%d steps, want about %d", once, most)
		}
		time.Sleep(cronEvery - cronFor - time.Second)
		if got := count(t, d, "heartbeats"); got != once {
			t.Errorf("%d steps after its time", got-once)
		}
		cancel()
		<-ended
	})
}
