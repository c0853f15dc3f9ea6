package loadengine

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// escape is how a value must be written at its place in a template.
type escape uint8

const (
	escapeNone escape = iota
	escapePath
	escapeQuery
	escapeJSON // inside a JSON string
)

// template is literal text with {{names}} in between.
type template struct{ parts []part }

// part is literal text, or a name when name is set.
type part struct {
	text string
	name string
	esc  escape
}

// parseTemplate splits s at its {{names}}. where decides how a value is written
// there, from the text before it (earlier names left out).
func parseTemplate(s string, where func(before string) escape) (template, error) {
	var t template
	var before strings.Builder
	for {
		open := strings.Index(s, "{{")
		if open < 0 {
			break
		}
		end := strings.Index(s[open:], "}}")
		if end < 0 {
			return template{}, fmt.Errorf("template: {{ without }} in %q", clip(s[open:]))
		}
		name := strings.TrimSpace(s[open+2 : open+end])
		if !isName(name) {
			return template{}, fmt.Errorf("template: {{%s}} is not a name (letters, digits, _ - .)", clip(name))
		}
		if open > 0 {
			t.parts = append(t.parts, part{text: s[:open]})
			before.WriteString(s[:open])
		}
		p := part{name: name}
		if where != nil {
			p.esc = where(before.String())
		}
		t.parts = append(t.parts, p)
		// The name itself counts as something before what follows.
		before.WriteByte('x')
		s = s[open+end+2:]
	}
	if s != "" {
		t.parts = append(t.parts, part{text: s})
	}
	return t, nil
}

// nameInFile is a {{name}} as isName has it.
var nameInFile = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}`)

// parseFile splits the text of a file at its {{names}}. Whatever else stands
// between braces there is the file's own, as in code or a page of another
// template language. In JSON a value between quotes is part of a string.
func parseFile(s string, isJSON bool) template {
	var t template
	var in jsonText
	from := 0
	literal := func(text string) {
		if text != "" {
			t.parts = append(t.parts, part{text: text})
			in.read(text)
		}
	}
	for _, at := range nameInFile.FindAllStringSubmatchIndex(s, -1) {
		literal(s[from:at[0]])
		p := part{name: s[at[2]:at[3]]}
		if isJSON {
			p.esc = in.escape()
		}
		t.parts = append(t.parts, p)
		from = at[1]
	}
	literal(s[from:])
	return t
}

// isName tells whether s may stand between {{ and }}.
func isName(s string) bool {
	for i, c := range s {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		other := c >= '0' && c <= '9' || c == '-' || c == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

// inURL is the escape for a value in a URL: a value that begins the URL is one
// itself and stays as it is.
func inURL(before string) escape {
	switch {
	case before == "":
		return escapeNone
	case strings.Contains(before, "?"):
		return escapeQuery
	default:
		return escapePath
	}
}

// inJSON is the escape for a value in JSON text.
func inJSON(before string) escape {
	var in jsonText
	in.read(before)
	return in.escape()
}

// jsonText knows where in a JSON text its reader is.
type jsonText struct{ quoted, escaped bool }

func (j *jsonText) read(text string) {
	for i := range len(text) {
		switch {
		case j.escaped:
			j.escaped = false
		case text[i] == '\\' && j.quoted:
			j.escaped = true
		case text[i] == '"':
			j.quoted = !j.quoted
		}
	}
}

// escape is how a value is written here: between quotes it is part of a string,
// elsewhere it is JSON itself.
func (j *jsonText) escape() escape {
	if j.quoted {
		return escapeJSON
	}
	return escapeNone
}

// static returns the text of a template that has no names.
func (t template) static() (string, bool) {
	switch len(t.parts) {
	case 0:
		return "", true
	case 1:
		return t.parts[0].text, t.parts[0].name == ""
	default:
		return "", false
	}
}

// names returns the names of the template, in order, with repeats.
func (t template) names() []string {
	var all []string
	for _, p := range t.parts {
		if p.name != "" {
			all = append(all, p.name)
		}
	}
	return all
}

// render appends the text with every name replaced by what value returns.
func (t template) render(to []byte, value func(name string) string) []byte {
	for _, p := range t.parts {
		if p.name == "" {
			to = append(to, p.text...)
			continue
		}
		v := value(p.name)
		switch p.esc {
		case escapePath:
			v = url.PathEscape(v)
		case escapeQuery:
			v = url.QueryEscape(v)
		case escapeJSON:
			v = quoteJSON(v)
		case escapeNone:
		}
		to = append(to, v...)
	}
	return to
}

// quoteJSON returns s as it is written between the quotes of a JSON string.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

// clip shortens foreign text for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
