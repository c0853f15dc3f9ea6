package tui

import (
	"bytes"
	"io"
	"os"
	"slices"
)

// The marks that a terminal puts around what is pasted.
var (
	pasteStart = []byte("\x1b[200~")
	pasteEnd   = []byte("\x1b[201~")
)

// stopKeys are ctrl+x and ctrl+c as terminals send them.
var stopKeys = [][]byte{{0x18}, {0x03}, []byte("\x1b[120;5u"), []byte("\x1b[99;5u")}

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
	if u.open && slices.ContainsFunc(stopKeys, func(k []byte) bool { return bytes.Equal(got, k) }) {
		return copy(p, slices.Concat(pasteEnd, got, pasteStart))
	}
	seen := slices.Concat(u.tail, got)
	if from, to := bytes.LastIndex(seen, pasteStart), bytes.LastIndex(seen, pasteEnd); from >= 0 || to >= 0 {
		u.open = from > to
	}
	u.tail = seen[max(0, len(seen)-len(pasteEnd)+1):] // shorter than a mark: none counts twice
	return n
}

// keyboard is a terminal's input with the keys that stop let through.
type keyboard struct {
	*os.File // what else is asked of a terminal
	stops    unpasted
}

// Read reads what was typed.
func (k *keyboard) Read(p []byte) (int, error) { return k.stops.read(k.File, p) }

// typing is the same for input that is no file.
type typing struct {
	io.Reader
	stops unpasted
}

// Read reads what was typed.
func (t *typing) Read(p []byte) (int, error) { return t.stops.read(t.Reader, p) }

func (u *unpasted) read(in io.Reader, p []byte) (int, error) {
	if len(p) <= spare {
		return in.Read(p)
	}
	n, err := in.Read(p[:len(p)-spare])
	if n > 0 {
		n = u.pass(p, n)
	}
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
