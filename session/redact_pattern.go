package session

import (
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"crosstalk/notes"
)

// Redacted stands where a text was taken out.
const Redacted = "[redacted]"

// Bounds of a text that is taken out, in runes. A shorter one would take the
// record apart.
const (
	shortestText = 3
	longestText  = 1024
)

// pattern finds a text however a file of a session may have written it.
type pattern struct {
	text   string
	any    *regexp.Regexp
	folded []rune // the text in one case
	first  []rune // what it may begin with
	plain  bool   // no white space in it: a line without any escape holds it literally or not at all
}

// newPattern prepares the search for a text. Every rune is matched in any case,
// literally and as JSON, HTML, URLs and Markdown escape it, at any depth of
// backslashes; white space matches any run of it, and a line may have been broken between any two.
func newPattern(text string) (*pattern, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return nil, errors.New("the text is not UTF-8")
	case n < shortestText:
		return nil, fmt.Errorf("the text is shorter than %d characters: that would take the record apart", shortestText)
	case n > longestText:
		return nil, fmt.Errorf("the text is longer than %d characters: give its secret part", longestText)
	case strings.Contains(Redacted, string(foldAll(text))):
		return nil, fmt.Errorf("the mark %s holds that text itself", Redacted)
	case text != notes.Clean(text):
		return nil, errors.New("the text holds control characters: give the part without them")
	}
	p := &pattern{text: text, folded: foldAll(text), plain: strings.IndexFunc(text, unicode.IsSpace) < 0}
	var b strings.Builder
	before := ' '
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) && !unicode.IsSpace(before):
			b.WriteString(anySpace)
		case unicode.IsSpace(r):
		default:
			if b.Len() > 0 && !unicode.IsSpace(before) {
				b.WriteString(anyBreak)
			}
			b.WriteString(anyForm(r))
		}
		before = r
	}
	var err error
	if p.any, err = regexp.Compile(b.String()); err != nil {
		return nil, fmt.Errorf("search for the text: %w", err)
	}
	p.first = cases(p.folded[0])
	return p, nil
}

// White space, and a broken line, raw or escaped. U+2060 is what the report puts
// after an @.
const (
	anySpace = `(?:\s|\\+[nrt]|\\+u00(?:0[9aAdD]|20)|\x{2060}|%20|%0[9aAdD]|\+|&nbsp;|&#160;)+`
	anyBreak = `(?:\x{2060}|[ \t]*(?:\r?\n|(?:\\+r)?\\+n|\\+u000[aA])[ \t>]*)?`
)

// anyForm matches one rune in any case, however it may have been written.
func anyForm(r rune) string {
	var lits, units, decimals, hexes, percents []string
	for _, c := range cases(r) {
		lits = append(lits, regexp.QuoteMeta(string(c)))
		units = append(units, unicodeEscape(c))
		decimals = append(decimals, fmt.Sprint(c))
		hexes = append(hexes, fmt.Sprintf("%x", c))
		var percent strings.Builder
		for _, b := range []byte(string(c)) {
			fmt.Fprintf(&percent, "%%%02X", b)
		}
		percents = append(percents, percent.String())
	}
	lit := oneOf(lits)
	forms := []string{lit, oneOf(units), "&#0*" + oneOf(decimals) + ";", "(?i:&#x0*" + oneOf(hexes) + ";)", "(?i:" + oneOf(percents) + ")"}
	if named := html.EscapeString(string(r)); named != string(r) {
		forms = append(forms, regexp.QuoteMeta(named))
	}
	switch r {
	case '"':
		forms = append(forms, `\\+"`, `""`, `&quot;`)
	case '\\':
		forms[0] = `\\+`
	case '\'':
		forms = append(forms, `\\+'`, `'\\''`, `&apos;`)
	default:
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			forms = append(forms, `\\+`+lit)
		}
	}
	return oneOf(forms)
}

func oneOf(forms []string) string { return "(?:" + strings.Join(forms, "|") + ")" }

func unicodeEscape(r rune) string {
	var out strings.Builder
	for _, u := range utf16.Encode([]rune{r}) {
		fmt.Fprintf(&out, `\\+u(?i:%04x)`, u)
	}
	return out.String()
}

// in tells whether a text holds it.
func (p *pattern) in(s string) bool { return p.any.MatchString(s) }

// cut replaces the text everywhere in s, and counts.
func (p *pattern) cut(s string) (string, int) {
	n := 0
	s = p.any.ReplaceAllStringFunc(s, func(string) string { n++; return Redacted })
	return s, n
}
