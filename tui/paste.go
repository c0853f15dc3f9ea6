package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// paste lays a box over lines at a place. Both are lines that a canvas made, and
// whole: what is measured here is measured as it was drawn. Of a wide character
// that is half covered a blank remains.
func paste(base []string, over string, x, y, w int) {
	for line := range strings.SplitSeq(over, "\n") {
		if y >= 0 && y < len(base) {
			base[y] = upTo(base[y], x) + line + behind(base[y], x+w)
		}
		y++
	}
}

// style takes the escape sequence at the beginning of s off it.
func style(s string) (seq, rest string, ok bool) {
	if s[0] != ansi.ESC {
		return "", s, false
	}
	n := strings.IndexByte(s, 'm') + 1 // a canvas writes nothing but styles
	if n == 0 {
		n = len(s)
	}
	return s[:n], s[n:], true
}

// upTo is a line's first w columns.
func upTo(line string, w int) string {
	at, styled := 0, false
	rest := line
	for at < w && rest != "" {
		if seq, more, ok := style(rest); ok {
			rest, styled = more, seq != ansi.ResetStyle
			continue
		}
		_, n, more := next(rest)
		if at+n > w {
			break
		}
		at, rest = at+n, more
	}
	head := line[:len(line)-len(rest)]
	if styled {
		head += ansi.ResetStyle
	}
	return head + strings.Repeat(" ", max(0, w-at))
}

// behind is what a line shows from column x on, in its style.
func behind(line string, x int) string {
	at, now := 0, ""
	for at < x && line != "" {
		if seq, more, ok := style(line); ok {
			if line = more; seq == ansi.ResetStyle {
				now = ""
			} else {
				now += seq
			}
			continue
		}
		_, n, more := next(line)
		at, line = at+n, more
	}
	return strings.Repeat(" ", max(0, at-x)) + now + line
}
