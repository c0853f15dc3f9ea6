package picture

import (
	"bytes"
	"strconv"
)

// A style is what SGR set for a cell. Colours are unset, 0 to 255 of the palette, or
// direct | 0xRRGGBB.
type style struct {
	fg, bg                                             int32
	bold, dim, italic, under, reverse, conceal, strike bool
}

const (
	unset  int32 = -1
	direct int32 = 1 << 24
)

// apply returns the style after seq, which is returned unchanged when seq is no well-formed SGR.
func (s style) apply(seq []byte) style {
	body, ok := bytes.CutPrefix(seq, []byte("\x1b["))
	if !ok {
		body, ok = bytes.CutPrefix(seq, []byte("\x9b"))
	}
	if !ok {
		return s
	}
	body, ok = bytes.CutSuffix(body, []byte("m"))
	if !ok {
		return s
	}
	for _, b := range body {
		if (b < '0' || b > '9') && b != ';' && b != ':' {
			return s // Private modes and intermediates: another function that also ends in m.
		}
	}
	params := bytes.Split(body, []byte(";"))
	for len(params) > 0 {
		params = params[s.one(params):]
	}
	return s
}

// one takes the first of params into the style and returns how many of them it used up.
func (s *style) one(params [][]byte) int {
	sub := bytes.Split(params[0], []byte(":"))
	code := number(sub[0])
	switch {
	case code == 0:
		*s = blank.style
	case code == 1:
		s.bold = true
	case code == 2:
		s.dim = true
	case code == 3:
		s.italic = true
	case code == 4:
		s.under = len(sub) < 2 || number(sub[1]) != 0
	case code == 7:
		s.reverse = true
	case code == 8:
		s.conceal = true
	case code == 9:
		s.strike = true
	case code == 21:
		s.under = true
	case code == 22:
		s.bold, s.dim = false, false
	case code == 23:
		s.italic = false
	case code == 24:
		s.under = false
	case code == 27:
		s.reverse = false
	case code == 28:
		s.conceal = false
	case code == 29:
		s.strike = false
	case code >= 30 && code <= 37:
		s.fg = code - 30
	case code == 38:
		return extended(&s.fg, sub, params)
	case code == 39:
		s.fg = unset
	case code >= 40 && code <= 47:
		s.bg = code - 40
	case code == 48:
		return extended(&s.bg, sub, params)
	case code == 49:
		s.bg = unset
	case code == 58: // The underline's own colour: read, so that its numbers are not taken for codes.
		var underline int32
		return extended(&underline, sub, params)
	case code >= 90 && code <= 97:
		s.fg = code - 90 + 8
	case code >= 100 && code <= 107:
		s.bg = code - 100 + 8
	}
	return 1
}

// extended reads a palette or direct colour in either spelling, 38;5;N or 38:5:N and
// 38;2;R;G;B or 38:2:[space]:R:G:B, and returns how many params it used up.
func extended(to *int32, sub, params [][]byte) int {
	if len(sub) > 1 {
		switch kind := number(sub[1]); {
		case kind == 5 && len(sub) >= 3:
			setIndex(to, sub[2])
		case kind == 2 && len(sub) == 5:
			setDirect(to, sub[2:5])
		case kind == 2 && len(sub) >= 6:
			setDirect(to, sub[3:6])
		}
		return 1
	}
	switch {
	case len(params) >= 3 && number(params[1]) == 5:
		setIndex(to, params[2])
		return 3
	case len(params) >= 5 && number(params[1]) == 2:
		setDirect(to, params[2:5])
		return 5
	}
	return len(params) // Cut short: what follows cannot be told from colour numbers.
}

func setIndex(to *int32, p []byte) {
	if n := number(p); n <= 255 {
		*to = n
	}
}

func setDirect(to *int32, rgb [][]byte) {
	r, g, b := number(rgb[0]), number(rgb[1]), number(rgb[2])
	if r <= 255 && g <= 255 && b <= 255 {
		*to = direct | r<<16 | g<<8 | b
	}
}

// number reads a parameter; an empty one is 0, and one that is no small number is none we know.
func number(p []byte) int32 {
	if len(p) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(string(p), 10, 16)
	if err != nil {
		return 1 << 16
	}
	return int32(n)
}
