package notes

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// TagsByUse returns the tags of the notes that stand, the most used first, and
// of those used equally the one used last.
func (l *List) TagsByUse() []string {
	type use struct{ count, last int }
	uses := map[string]use{}
	for i, n := range l.Notes {
		if n.Gone != nil {
			continue
		}
		for _, t := range n.Tags {
			uses[t] = use{uses[t].count + 1, i}
		}
	}
	out := make([]string, 0, len(uses))
	for t := range uses {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(uses[b].count-uses[a].count, uses[b].last-uses[a].last, strings.Compare(a, b))
	})
	return out
}

// TagAt returns the beginning of the tag that ends at a place in a text, without
// its '#', and where it begins; false if none is being typed there. A tag
// stands at the beginning of a word.
func TagAt(text string, at int) (begun string, from int, ok bool) {
	at = min(max(at, 0), len(text))
	head := text[:at]
	from = strings.LastIndexByte(head, '#')
	if from < 0 {
		return "", 0, false
	}
	if before := strings.TrimRightFunc(head[:from], unicode.IsSpace); before != "" && len(before) == from {
		return "", 0, false // "a#b" is no tag
	}
	begun = head[from+1:]
	if strings.ContainsFunc(begun, func(r rune) bool { return !tagRune(r) }) {
		return "", 0, false
	}
	return begun, from + 1, true
}

// Completions returns the tags that begin so and go on, in their order.
func Completions(begun string, tags []string) []string {
	begun = strings.ToLower(begun)
	var out []string
	for _, t := range tags {
		if len(t) > len(begun) && strings.HasPrefix(t, begun) {
			out = append(out, t)
		}
	}
	return out
}

func tagRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_'
}
