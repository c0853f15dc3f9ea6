package tui

import (
	"cmp"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of one sequence, in bytes: far more than any terminal sends.
const (
	maxParams = 64
	maxString = 1024
	maxNumber = 4 // digits of an OSC's
	maxClip   = 32 << 20
	clipboard = 52 // the OSC that hands a clipboard over, the only long one
)

// staleAfter is when the beginning of a sequence counts as keys of its own: the
// decoder takes it for such after a twentieth of that.
const staleAfter = time.Second

// breaker ends whatever sequence is under way, and is nothing by itself.
const breaker = "\x1b[z"

// sieve lets through of a terminal's input what the decoder of keys can take. It
// fails on control bytes above 0x7f, such as one half of a letter that was torn
// between two reads, makes 65535 keys of one sequence of Windows' input mode, and
// gathers a string without an end for ever.
type sieve struct {
	in    part   // of a sequence
	kind  byte   // of a string: what stands behind Esc
	n     int    // bytes of it so far
	first byte   // of a CSI's parameters
	digit int    // of an OSC's number; -1 behind it
	num   int    // that number
	clip  int    // bytes of a clipboard at most; 0 is maxClip
	half  []byte // of a letter
	mouse []byte // three bytes of an old mouse report
	at    time.Time
}

type part int

const (
	inNothing part = iota
	inEscape
	inCSI
	inSS3
	inString
	inMouse
)

// whole tells that nothing is under way.
func (s *sieve) whole() bool { return s.in == inNothing && len(s.half) == 0 }

// pass adds to out what came and may pass, at most three times as long as it was.
func (s *sieve) pass(out, b []byte, now time.Time) []byte {
	if !s.whole() && now.Sub(s.at) > staleAfter {
		if s.in == inMouse {
			out = append(out, 'M')
		}
		s.in, s.half, s.mouse = inNothing, nil, nil
	}
	s.at = now
	for _, c := range b {
		switch {
		case s.in == inMouse:
			out = s.oldMouse(out, c)
		case c < utf8.RuneSelf:
			s.half = s.half[:0]
			out = s.plain(out, c)
		default:
			out = s.letter(out, c)
		}
	}
	return out
}

// letter gathers a letter of several bytes. What is none is dropped.
func (s *sieve) letter(out []byte, c byte) []byte {
	if utf8.RuneStart(c) {
		s.half = s.half[:0]
	}
	s.half = append(s.half, c)
	if !utf8.FullRune(s.half) {
		return out
	}
	r, n := utf8.DecodeRune(s.half)
	if bad := r == utf8.RuneError && n == 1; bad || unicode.IsControl(r) {
		s.half = s.half[:0]
		return out
	}
	if s.in == inString { // the decoder would look for the string's end in it
		out = append(out, breaker...)
	}
	s.in = inNothing
	out = append(out, s.half...)
	s.half = s.half[:0]
	return out
}

// plain handles one byte of ASCII.
func (s *sieve) plain(out []byte, c byte) []byte {
	if c == 0x1b {
		s.in = inEscape
		return append(out, c)
	}
	switch s.in {
	case inEscape:
		s.in, s.kind, s.n, s.first, s.digit, s.num = inNothing, c, 0, 0, 0, 0
		switch c {
		case '[':
			s.in = inCSI
		case 'O':
			s.in = inSS3
		case ']', 'P', '_', '^', 'X':
			s.in = inString
		}
		return append(out, c)
	case inCSI:
		return s.csi(out, c)
	case inSS3:
		if c < '0' || c > '9' {
			s.in = inNothing
		}
	case inString:
		c = s.inString(c)
	}
	out = append(out, c)
	if s.n++; s.in == inSS3 && s.n >= maxParams || s.in == inString && s.n >= s.longest() || s.digit > maxNumber {
		s.in, s.digit = inNothing, 0
		out = append(out, breaker...)
	}
	return out
}

// longest is how long the string under way may be.
func (s *sieve) longest() int {
	if s.kind == ']' && s.digit < 0 && s.num == clipboard {
		return cmp.Or(s.clip, maxClip)
	}
	return maxString
}

func (s *sieve) csi(out []byte, c byte) []byte {
	switch {
	case c >= 0x20 && c <= 0x3f:
		if s.n++; s.n == 1 {
			s.first = c
		}
		out = append(out, c)
		if s.n >= maxParams {
			s.in = inNothing
			out = append(out, breaker...)
		}
		return out
	case c == 'M' && s.n == 0:
		s.in, s.mouse = inMouse, s.mouse[:0]
		return out
	case c == '_', c == 'M' && s.first != '<':
		c = 'z' // nothing that anybody knows
	}
	s.in = inNothing
	return append(out, c)
}

// inString handles one byte of a string, and tells what stands for it.
func (s *sieve) inString(c byte) byte {
	switch {
	case s.kind != ']' || s.digit < 0:
	case c < '0' || c > '9':
		s.digit = -1 // the number is over
	default:
		s.digit++
		if c == '9' {
			c = '8' // an OSC 95 counts as a key's code, and nobody answers with a 9
		}
		s.num = 10*s.num + int(c-'0')
	}
	switch {
	case c == 0x07 && s.kind == ']', (c == 0x18 || c == 0x1a) && s.kind != 'P':
		s.in = inNothing
	case c == '_' && s.kind == 'P':
		c = 'z' // the end of a key's code, to the decoder
	}
	return c
}

// oldMouse takes what an old terminal tells of its mouse, in three bytes of any
// kind, and says it as a newer one does.
func (s *sieve) oldMouse(out []byte, c byte) []byte {
	s.mouse = append(s.mouse, c)
	if len(s.mouse) < 3 {
		return out
	}
	s.in = inNothing
	const zero = 32
	button := max(0, int(s.mouse[0])-zero)
	does := 'M'
	if button&0b1110_0011 == 0b11 {
		does = 'm' // no button is down any more
	}
	return fmt.Appendf(out, "<%d;%d;%d%c", button, max(0, int(s.mouse[1])-zero), max(0, int(s.mouse[2])-zero), does)
}
