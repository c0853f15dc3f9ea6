package tui

import (
	"bytes"
	"io"
	"os"
	"slices"
	"time"
)

// The marks that a terminal puts around what is pasted.
var (
	pasteStart = []byte("\x1b[200~")
	pasteEnd   = []byte("\x1b[201~")
)

// unpasted lets the keys that stop through while a paste is under way: one that is
// long, or whose end got lost on a broken line, would swallow every key. A stop key
// that comes by itself ends the paste before it, and begins it anew behind it, so
// that what is left of the paste never counts as keys.
type unpasted struct {
	open bool
	tail []byte // of what was read last: a mark may be cut in two
}

// spare is what pass may add to what was read.
var spare = len(pasteStart) + len(pasteEnd)

// pass looks at the n bytes read into p, which has room for more, and returns how
// many there are now.
func (u *unpasted) pass(p []byte, n int) int {
	got := slices.Clone(p[:n])
	if u.open && stopKey(got) != 0 {
		return copy(p, slices.Concat(pasteEnd, got, pasteStart))
	}
	seen := slices.Concat(u.tail, got)
	if from, to := bytes.LastIndex(seen, pasteStart), bytes.LastIndex(seen, pasteEnd); from >= 0 || to >= 0 {
		u.open = from > to
	}
	u.tail = seen[max(0, len(seen)-len(pasteEnd)+1):] // shorter than a mark: none counts twice
	return n
}

// cleaned is input as a screen's decoder gets it: sifted, and with the keys that
// stop let through.
type cleaned struct {
	stops unpasted
	sieve sieve
	rest  []byte // that there was no room for
	err   error
}

// keyboard is a terminal's input.
type keyboard struct {
	*os.File // what else is asked of a terminal
	cleaned
}

// Read reads what was typed.
func (k *keyboard) Read(p []byte) (int, error) { return k.read(k.File, p) }

// typing is input that is no file.
type typing struct {
	io.Reader
	cleaned
}

// Read reads what was typed.
func (t *typing) Read(p []byte) (int, error) { return t.read(t.Reader, p) }

// read fills p. It reads so little that p has room for what becomes of it: what
// waits here for another reading would wait for another key. It may return
// nothing, without an error: half a letter.
func (c *cleaned) read(in io.Reader, p []byte) (int, error) {
	if len(c.rest) == 0 && c.err == nil {
		b := make([]byte, max(1, len(p)/4-spare)+spare)
		n, err := in.Read(b[:len(b)-spare])
		if n > 0 {
			c.rest = c.sieve.pass(c.rest[:0], b[:c.stops.pass(b, n)], time.Now())
		}
		c.err = err
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	if len(c.rest) > 0 {
		return n, nil
	}
	err := c.err
	c.err = nil
	return n, err
}

// heeding wraps the input of a screen; nil stays nil: no input.
func heeding(in io.Reader) io.Reader {
	switch in := in.(type) {
	case nil:
		return nil
	case *os.File:
		return &keyboard{File: in}
	default:
		return &typing{Reader: in}
	}
}
