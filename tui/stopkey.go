package tui

import (
	"bytes"
	"strconv"
)

// longestStop is how long a key that stops may be, as a terminal sends it, in
// bytes.
const longestStop = 32

// stopLetter tells whether a key stops: 'x' all load, 'c' all load and then the
// program; else 0. What is held beside ctrl, and what is locked, makes no
// difference; nor does another layout, if the terminal tells where the key is.
func stopLetter(code, base rune, ctrl bool) rune {
	if !ctrl {
		return 0
	}
	for _, r := range []rune{code, base} {
		switch r {
		case 'x', 'X':
			return 'x'
		case 'c', 'C':
			return 'c'
		}
	}
	return 0
}

// stopKey tells whether these bytes are one key that stops, in any of the forms
// that terminals send it: a control byte, xterm's CSI 27;MODIFIERS;CODE~ and
// kitty's CSI CODE;MODIFIERSu.
func stopKey(b []byte) rune {
	switch {
	case len(b) == 1 && b[0] == 0x18:
		return 'x'
	case len(b) == 1 && b[0] == 0x03:
		return 'c'
	case len(b) < len("\x1b[u") || len(b) > longestStop || !bytes.HasPrefix(b, []byte("\x1b[")):
		return 0
	}
	end := b[len(b)-1]
	parts := bytes.Split(b[2:len(b)-1], []byte(";"))
	switch {
	case end == '~' && len(parts) == 3 && string(parts[0]) == "27":
		return stopLetter(param(parts[2], 0), 0, ctrlHeld(parts[1]))
	case end == 'u' && len(parts) >= 2 && param(parts[1], 1) != released:
		return stopLetter(param(parts[0], 0), param(parts[0], 2), ctrlHeld(parts[1]))
	}
	return 0
}

// stopKeyAtEnd tells whether a key that stops is the last of these bytes.
func stopKeyAtEnd(b []byte) rune {
	if len(b) == 0 {
		return 0
	}
	switch end := b[len(b)-1]; end {
	case 'u', '~':
		return stopKey(b[max(0, bytes.LastIndexByte(b, 0x1b)):])
	default:
		return stopKey(b[len(b)-1:])
	}
}

// released is what stands behind a key's modifiers when it was let go.
const released = 3

// ctrlHeld reads modifiers: one more than the sum of their bits.
func ctrlHeld(b []byte) bool { return max(0, param(b, 0)-1)&4 != 0 }

// param is one of a parameter's numbers, parted by colons; 0 when there is none.
func param(b []byte, at int) rune {
	all := bytes.Split(b, []byte(":"))
	if at >= len(all) {
		return 0
	}
	n, err := strconv.ParseUint(string(all[at]), 10, 21)
	if err != nil {
		return 0
	}
	return rune(n)
}
