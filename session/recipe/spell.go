package recipe

import (
	"strings"
	"unicode/utf8"
)

// Text under construction holds marks: an environment variable or a saved value
// between two runes that no protocol uses. They stand apart from a literal ${ or
// {{ of the source until the text is written.
const (
	envOpen, envClose   = '\uf5e0', '\uf5e1'
	holeOpen, holeClose = '\uf5e2', '\uf5e3'
)

// env is the mark of an environment variable.
func env(name string) string { return string(envOpen) + name + string(envClose) }

// hole is the mark of a saved value.
func hole(name string) string { return string(holeOpen) + name + string(holeClose) }

// foreign tells whether text from outside has a rune of ours, or is not UTF-8:
// neither can be written.
func foreign(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r >= envOpen && r <= holeClose })
}

// marked tells whether text holds a mark.
func marked(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= envOpen && r <= holeClose })
}

// spell writes text as the reader of crosstalk.yaml takes it: marks as ${NAME} and
// {{name}}, and a dollar doubled where it would begin one.
func spell(s string) string {
	var b strings.Builder
	dollar := false
	for _, r := range s {
		if dollar {
			if r == '$' || r == '{' || r == envOpen {
				b.WriteByte('$')
			}
			dollar = false
		}
		switch r {
		case envOpen:
			b.WriteString("${")
		case envClose:
			b.WriteByte('}')
		case holeOpen:
			b.WriteString("{{")
		case holeClose:
			b.WriteString("}}")
		default:
			b.WriteRune(r)
			dollar = r == '$'
		}
	}
	return b.String()
}

// braces tells whether text has a literal {{, which would be read as a name.
func braces(s string) bool { return strings.Contains(s, "{{") }

// variable makes the name of an environment variable out of any name.
func variable(name string) string {
	var b strings.Builder
	b.WriteString("STAGING")
	gap := true
	for _, r := range strings.ToUpper(name) {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			if gap {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			gap = false
			continue
		}
		gap = true
	}
	if b.Len() > 60 {
		return b.String()[:60]
	}
	return b.String()
}

// word makes a name for {{ }} out of any name.
func word(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r == '_', b.Len() > 0 && r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	out := strings.Trim(b.String(), "_")
	if out == "" {
		return "value"
	}
	if len(out) > 40 {
		out = out[:40]
	}
	return out
}

// line makes foreign text fit for one line of a message or a comment.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(spell(s), "?"))
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
