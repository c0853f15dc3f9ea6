package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"crosstalk/notes"
)

// tidy makes foreign text harmless for any reader: no control characters but
// newline and tab, no marks that turn the writing direction, nothing invisible
// but what scripts and emoji need.
func tidy(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x200C, r == 0x200D: // joiners
			return r
		case r == 0x2028, r == 0x2029, r == 0x0085:
			return '\n'
		case r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, notes.Clean(text))
}

// special are the characters that Markdown, its tables, GitHub's formulas or
// Jira's markup may take for their own. All are ASCII punctuation, which a
// backslash makes plain in every CommonMark reader.
const special = "\\`*[]<>|~${}"

// noBreak follows an @ that would call a person of that name to the page.
const noBreak = "\u2060"

// inline makes foreign text one line that Markdown shows as it is, in a table's
// cell or after other words; where it begins a line, lead comes around it.
func inline(text string) string {
	return escape(strings.Join(strings.Fields(strings.ReplaceAll(strings.TrimSpace(tidy(text)), "\n", " ↵ ")), " "))
}

// quoted makes foreign text a block quote that keeps its lines.
func quoted(text string) string {
	var b strings.Builder
	lines := strings.Split(strings.TrimSpace(tidy(text)), "\n")
	for i, l := range lines {
		l = strings.Join(strings.Fields(l), " ")
		b.WriteString("> ")
		b.WriteString(lead(escape(l)))
		if l != "" && i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" {
			b.WriteString("  ") // a line break that every reader knows
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// escape puts a backslash before what Markdown would take for markup.
func escape(s string) string {
	var b strings.Builder
	var before rune
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		switch {
		case strings.ContainsRune(special, r),
			r == '_' && (!word(before) || !word(after)),
			r == '&' && (after == '#' || word(after)),
			r == '!' && after == '[',
			// GitHub and GitLab link #12 and !12 to whatever they number.
			(r == '#' || r == '!') && after >= '0' && after <= '9':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@' && !word(before) && word(after):
			b.WriteString("@" + noBreak)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// word tells whether a rune can stand in the middle of a word. The zero rune
// and utf8.RuneError, of an end, can't.
func word(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// lead escapes what is markup only where a line begins: headings, lists, rules,
// underlines of headings.
func lead(s string) string {
	if s == "" {
		return s
	}
	if strings.ContainsRune("#+-=:", rune(s[0])) {
		return "\\" + s
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')') {
		return s[:digits] + "\\" + s[digits:]
	}
	return s
}
