package tui

import "strings"

// wrapPieces breaks pieces into lines of at most w columns, at their spaces. A
// no-break space holds together what belongs together and is drawn as a space; a
// word that is longer than a line is broken.
func wrapPieces(parts []piece, w int) [][]piece {
	w = max(w, 2)
	lines, at := [][]piece{nil}, 0
	put := func(text string, k ink) {
		last := &lines[len(lines)-1]
		*last = append(*last, piece{strings.ReplaceAll(text, "\u00a0", " "), k})
		at += width(text)
	}
	begin := func() { lines, at = append(lines, nil), 0 }
	words := wordsOf(parts)
	for i := 0; i < len(words); {
		word := words[i] // and the pieces that follow without a space between
		n, end := width(word.text), i+1
		for end < len(words) && words[end].gap == 0 {
			n += width(words[end].text)
			end++
		}
		switch {
		case at == 0:
		case at+word.gap+n > w:
			begin()
		default:
			put(strings.Repeat(" ", word.gap), word.ink)
		}
		for ; i < end; i++ {
			text := words[i].text
			for at+width(text) > w { // too long for any line
				if at < w {
					head, rest := broken(text, w-at)
					put(head, words[i].ink)
					text = rest
				}
				begin()
			}
			put(text, words[i].ink)
		}
	}
	return lines
}

// broken splits a text after at most w columns, and at least one character.
func broken(text string, w int) (head, rest string) {
	at := 0
	for rest = text; rest != ""; {
		g, gw, more := next(rest)
		if at > 0 && at+gw > w {
			break
		}
		head, at, rest = head+g, at+gw, more
	}
	return head, rest
}

// word is a part of a line that is not broken, with the spaces before it.
type word struct {
	gap  int
	text string
	ink  ink
}

func wordsOf(parts []piece) []word {
	var out []word
	gap := 0
	for _, p := range parts {
		for text := p.text; text != ""; {
			rest := strings.TrimLeft(text, " ")
			gap += len(text) - len(rest)
			if rest == "" {
				break
			}
			one, _, _ := strings.Cut(rest, " ")
			out = append(out, word{gap, one, p.ink})
			gap, text = 0, rest[len(one):]
		}
	}
	if len(out) > 0 {
		out[0].gap = max(out[0].gap, 1) // the first begins a line anyway
	}
	return out
}
