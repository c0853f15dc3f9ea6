package report

import (
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// writeWiki writes the Markdown report as the markup of Jira and Confluence.
func writeWiki(w io.Writer, m *Model) error {
	_, err := io.WriteString(w, wiki(markdownOf(m)))
	return err
}

// wiki turns Markdown as this package writes it into the markup of Jira and
// Confluence: headings, lists of two depths, tables, quotes, fences, pictures,
// links and emphasis. Whatever else could be markup there is made plain.
func wiki(page string) string {
	var b strings.Builder
	put := func(s string) { b.WriteString(s + "\n") }
	fence, indent, quote, table := "", "", false, false
	for line := range strings.SplitSeq(strings.TrimSuffix(page, "\n"), "\n") {
		if fence != "" {
			if strings.TrimSpace(line) == fence {
				put("{noformat}")
				fence = ""
				continue
			}
			put(strings.ReplaceAll(strings.TrimPrefix(line, indent), "{noformat}", "{ noformat}"))
			continue
		}
		if is := strings.HasPrefix(line, "> ") || line == ">"; is != quote {
			put("{quote}")
			quote = is
		}
		bare := strings.TrimLeft(line, " ")
		switch {
		case strings.HasPrefix(bare, "```"):
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
			indent = line[:len(line)-len(bare)]
			put("{noformat}")
		case quote:
			put(wikiLead(wikiLine(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(line, ">"), " "), "  "))))
		case strings.HasPrefix(line, "# "), strings.HasPrefix(line, "## "), strings.HasPrefix(line, "### "):
			depth := strings.IndexByte(line, ' ')
			put("h" + string(rune('0'+depth)) + ". " + wikiLine(line[depth+1:]))
		case strings.HasPrefix(line, "- "):
			put("* " + wikiLine(line[2:]))
		case strings.HasPrefix(line, "  - "):
			put("** " + wikiLine(line[4:]))
		case wikiRule.MatchString(line):
		case strings.HasPrefix(line, "| "):
			sep := "|"
			if !table {
				sep = "||"
			}
			cells := wikiCells(line)
			put(sep + strings.Join(cells, sep) + sep)
			table = true
			continue
		default:
			put(wikiLead(wikiLine(bare)))
		}
		if !wikiRule.MatchString(line) {
			table = false
		}
	}
	if quote {
		put("{quote}")
	}
	return b.String()
}

var (
	wikiRule  = regexp.MustCompile(`^\|( --- \|)+$`)
	wikiHead  = regexp.MustCompile(`^(h[1-6]|bq)\.`)
	wikiImage = regexp.MustCompile(`^!\[([^\]]*)\]\(([a-z.-]+)\)`)
	wikiTo    = regexp.MustCompile(`^\[((?:[^\]\\]|\\.)*)\]\(([^)]*)\)`)
	wikiBlank = "\u00a0"
)

// wikiLead keeps what begins a line from being a heading or a quote.
func wikiLead(s string) string {
	if wikiHead.MatchString(s) {
		return wikiBlank + s
	}
	return s
}

// wikiCells splits a table's row at the pipes that nothing makes plain.
func wikiCells(line string) []string {
	var out []string
	from := 1
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			cell := wikiLine(strings.TrimSpace(line[from:i]))
			if cell == "" {
				cell = " "
			}
			out = append(out, cell)
			from = i + 1
		}
	}
	return out
}

// wikiLine turns one line's emphasis, code, links, pictures and escapes.
func wikiLine(s string) string {
	var b strings.Builder
	before := ' '
	for s != "" {
		hit := ""
		switch {
		case s[0] == '\\' && len(s) > 1:
			b.WriteString(wikiPlain(rune(s[1])))
			hit = s[:2]
		case s[0] == '`':
			if end := strings.IndexByte(s[1:], '`'); end > 0 {
				b.WriteString("{{" + wikiText(s[1:end+1]) + "}}")
				hit = s[:end+2]
			}
		case strings.HasPrefix(s, "**"):
			b.WriteByte('*')
			hit = "**"
		case strings.HasPrefix(s, "~~"):
			b.WriteByte('-')
			hit = "~~"
		case s[0] == '*':
			b.WriteByte('_')
			hit = "*"
		case strings.HasPrefix(s, "!["):
			if m := wikiImage.FindStringSubmatch(s); m != nil {
				b.WriteString("!" + m[2] + "!")
				hit = m[0]
			}
		case s[0] == '[':
			if m := wikiTo.FindStringSubmatch(s); m != nil {
				b.WriteString("[" + wikiLine(m[1]) + "|" + m[2] + "]")
				hit = m[0]
			}
		}
		if hit != "" {
			before = rune(hit[len(hit)-1])
			s = s[len(hit):]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if (r == '-' || r == '+') && (word(before) || len(s) > size && s[size] == ' ') {
			b.WriteRune(r) // inside a word or alone it is only itself
		} else {
			b.WriteString(wikiPlain(r))
		}
		before = r
		s = s[size:]
	}
	return b.String()
}

// wikiText makes a text plain as it is.
func wikiText(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(wikiPlain(r))
	}
	return b.String()
}

// wikiPlain is a character that means only itself.
func wikiPlain(r rune) string {
	switch {
	case r == '\\':
		return "&#92;" // two of them would be a line break
	case strings.ContainsRune("{}[]*_^~|!-+?#", r):
		return `\` + string(r)
	}
	return string(r)
}
