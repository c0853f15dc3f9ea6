package session

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// fold is the one rune that stands for all that differ from r by case alone:
// Unicode's simple folding. A tag is written in small letters whatever case
// was typed, and strings.ToLower takes İ for an i, which folding does not.
func fold(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	case r == 'İ', r == 'ı':
		return 'i'
	}
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// cases are all runes with the same fold as r.
func cases(r rune) []rune {
	r = fold(r)
	out := []rune{r}
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		out = append(out, o)
	}
	if r == 'i' {
		out = append(out, 'İ', 'ı')
	}
	return out
}

// foldAll folds every rune of a text.
func foldAll(text string) []rune {
	out := []rune(text)
	for i, r := range out {
		out[i] = fold(r)
	}
	return out
}

// foldLine folds UTF-8; it is what every line of a long journal goes through.
func foldLine(b []byte) []byte {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return bytes.Map(fold, b)
		}
	}
	return bytes.ToLower(b)
}

// countIn is how often a file that is no text holds the text: in UTF-8, or in
// UTF-16 of either order.
func (p *pattern) countIn(b []byte) int {
	n := len(p.any.FindAllIndex(b, -1))
	for i := 0; i < len(b); {
		size := p.wideAt(b[i:], binary.LittleEndian)
		if size == 0 {
			size = p.wideAt(b[i:], binary.BigEndian)
		}
		if size > 0 {
			n++
		}
		i += max(size, 1)
	}
	return n
}

// wideAt is how many bytes of UTF-16 b begins with the text in; 0 if not.
func (p *pattern) wideAt(b []byte, order binary.ByteOrder) int {
	at := 0
	for i, want := range p.folded {
		if len(b) < at+2 {
			return 0
		}
		r := rune(order.Uint16(b[at:]))
		at += 2
		if utf16.IsSurrogate(r) {
			if len(b) < at+2 {
				return 0
			}
			r = utf16.DecodeRune(r, rune(order.Uint16(b[at:])))
			at += 2
		}
		// Most places differ in their first rune: that one is compared unfolded.
		if i == 0 && !slices.Contains(p.first, r) || i > 0 && fold(r) != want {
			return 0
		}
	}
	return at
}
