package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// sqliteFile is a database that is a file, as this machine sees it.
type sqliteFile struct {
	info   os.FileInfo
	memory bool
}

const sqliteMagic = "SQLite format 3\x00"

func openSQLite(ctx context.Context, o Options, p Place) (store, *trouble) {
	if p.Path == ":memory:" {
		return &sqliteFile{memory: true}, nil
	}
	return within(ctx, o.Limit, func() (store, *trouble) { return lookAt(p.Path) })
}

// within looks no longer than the limit: a file system of another machine that is
// gone answers nothing, and a call to it cannot be ended. It goes on alone then.
func within(ctx context.Context, limit time.Duration, look func() (store, *trouble)) (store, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type seen struct {
		store   store
		trouble *trouble
	}
	done := make(chan seen, 1)
	go func() {
		s, t := look()
		done <- seen{s, t}
	}()
	select {
	case got := <-done:
		return got.store, got.trouble
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, &trouble{fmt.Sprintf("the file system did not answer within %v", limit), "check the mount that the path is on, or run the check where the file is"}
		}
		return nil, connectTrouble(ctx.Err(), limit)
	}
}

func lookAt(path string) (store, *trouble) {
	// Before it is opened: opening a pipe would wait for somebody to write.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &trouble{"there is no such file on this machine", "run the check where the application runs, or give the path as it is seen from here"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &trouble{"this user may not see the file", "let this user read the folder that it is in"}
	case err != nil:
		return nil, &trouble{"the file cannot be looked at", "check the path"}
	case !info.Mode().IsRegular():
		return nil, &trouble{"it is no file", "give the path of the database's file"}
	}
	if t := isSQLite(path, info.Size()); t != nil {
		return nil, t
	}
	return &sqliteFile{info: info}, nil
}

// isSQLite reads the first bytes: a path that leads to anything else was meant
// otherwise. A database without a table may be an empty file.
func isSQLite(path string, size int64) *trouble {
	if size == 0 {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		// Which file it is, is known without reading it.
		return nil
	}
	defer file.Close()
	head := make([]byte, len(sqliteMagic))
	if _, err := io.ReadFull(file, head); err != nil || string(head) != sqliteMagic {
		return &trouble{"the file is no database of SQLite", "check the path"}
	}
	return nil
}

func (s *sqliteFile) where() where { return where{} }

func (s *sqliteFile) close() {}

func compareSQLite(_ context.Context, _ Options, f Finding, a, b store) []Finding {
	x, y := a.(*sqliteFile), b.(*sqliteFile)
	switch {
	case x.memory || y.memory:
		return []Finding{f.answer(questionOne, Distinct, "A database in memory is its process's own.")}
	case os.SameFile(x.info, y.info):
		return []Finding{f.answer(questionOne, SameInstance, "Both paths lead to the same file on the same device.")}
	}
	out := []Finding{f.answer(questionOne, Distinct, "They are two files.")}
	if sameDevice(x.info, y.info) {
		g := f.answer("Do both stand on one machine?", SharedNeighbour, "Both files are on one device of this machine: they share its disk.")
		g.Hint, g.Answer = true, "say whether both applications use the files on this machine"
		out = append(out, g)
	}
	return out
}
