package session

import (
	"cmp"
	"slices"
	"strings"
)

// maskSpan is a part of a text that nobody should read.
type maskSpan struct {
	from, to int
	with     string // stands for it
}

// MaskValues masks in a text, as it was sent or answered, what Mask knows by its value, and private values with
// it: each as it may be written, and what stands for it there. A value of one kind that is part of one of the
// other, or overlaps it, leaves nothing of that behind. What shows by its form is left to Mask.
func (c *Config) MaskValues(text string, private map[string]string) string {
	if m, ok := c.inPlace[text]; ok {
		text = m
	}
	var all []maskSpan
	find := func(value, with string) {
		for from := 0; value != ""; {
			i := strings.Index(text[from:], value)
			if i < 0 {
				return
			}
			all = append(all, maskSpan{from + i, from + i + len(value), with})
			from += i + 1
		}
	}
	for _, s := range c.spelledSecrets() {
		find(s, masked)
	}
	for value, with := range private {
		find(value, with)
	}
	slices.SortFunc(all, func(a, b maskSpan) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), strings.Compare(a.with, b.with))
	})
	var b strings.Builder
	at := 0
	for i := 0; i < len(all); {
		s := all[i]
		for i++; i < len(all) && all[i].from < s.to; i++ {
			s.to = max(s.to, all[i].to)
			if all[i].with == masked {
				s.with = masked
			}
		}
		b.WriteString(text[at:s.from])
		b.WriteString(s.with)
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}
