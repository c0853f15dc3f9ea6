package recipe

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strings"
)

type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyForm
	bodyJSON
	bodyText
	bodyFile
)

// body is what a request sends, taken apart as far as its content type allows.
type body struct {
	kind bodyKind
	form []pair // decoded
	json any    // map[string]any, []any, string, json.Number, bool, nil, or rawMark
	text string // as it is sent, for text
	file string
}

// rawMark is a mark that stands in JSON without quotes, in place of a number.
type rawMark string

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// contentTypeOf is the content type that the engine sends with a body unless told
// otherwise.
func contentTypeOf(k bodyKind) string {
	switch k {
	case bodyForm:
		return formType
	case bodyJSON:
		return jsonType
	case bodyText:
		return textType
	default:
		return ""
	}
}

// maxJSONDepth is what YAML in flow style may nest, with the levels around it.
const maxJSONDepth = 50

var (
	wholeNumber = regexp.MustCompile(`^(0|-?[1-9]\d{0,17})$`)
	plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d*)\.\d+$`)
)

// setBody takes a body apart by the content type of the request.
func (q *request) setBody(content string) error {
	if content == "" {
		return nil
	}
	if len(content) > maxText {
		return fmt.Errorf("the body has %d bytes and at most %d are taken over: save it as a file, and write raw: NAME into the step", len(content), maxText)
	}
	if foreign(strings.Map(withoutMarks, content)) || strings.ContainsRune(content, 0) {
		return errors.New("the body is not text: save it as a file, and write file: NAME into the step")
	}
	if q.reads() {
		return errors.New("a " + q.method + " request with a body is not sent: use POST, or put it into the URL after ?")
	}
	kind, _, _ := mime.ParseMediaType(q.header("Content-Type"))
	switch {
	case kind == formType:
		if form, ok := parseForm(content); ok {
			q.body = body{kind: bodyForm, form: form}
			q.setHeader("Content-Type", formType)
			return nil
		}
	case kind == jsonType || strings.HasSuffix(kind, "+json"):
		if v, ok := parseJSON(content); ok {
			q.body = body{kind: bodyJSON, json: v}
			if kind == jsonType {
				q.setHeader("Content-Type", jsonType)
			}
			return nil
		}
	}
	if braces(content) {
		if v, ok := parseJSON(content); ok { // JSON can write a brace in another way
			q.body = body{kind: bodyJSON, json: v}
			return nil
		}
		return errors.New("the body has {{, which crosstalk reads as the name of a value: save the body as a file, and write file: NAME into the step")
	}
	q.body = body{kind: bodyText, text: content}
	return nil
}

// parseForm reads a form; not ok when it has a part that would not come out the
// same.
func parseForm(s string) ([]pair, bool) {
	var out []pair
	for part := range strings.SplitSeq(s, "&") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, false
		}
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || n == "" || marked(n) || foreign(strings.Map(withoutMarks, n+v)) || strings.ContainsRune(n+v, 0) {
			return nil, false
		}
		out = append(out, pair{n, v})
	}
	return out, true
}

// parseJSON reads one JSON value without rounding its numbers.
func parseJSON(s string) (any, bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, false
	}
	if _, err := d.Token(); err == nil {
		return nil, false
	}
	return v, true
}

// shape is how the body is best written: taken apart where the configuration can
// hold it, else as its text.
func (q *request) shape() (body, bodyKind) {
	b := q.body
	switch b.kind {
	case bodyForm:
		if !singles(b.form) {
			b = body{kind: bodyText, text: encodeForm(b.form)}
		}
	case bodyJSON:
		if !fits(b.json, 0) {
			b = body{kind: bodyText, text: encodeJSON(b.json)}
		}
	}
	return b, b.kind
}

// singles tells whether a mapping can hold the form: no name twice, and nothing
// that reads as a template.
func singles(form []pair) bool {
	seen := map[string]bool{}
	for _, p := range form {
		if seen[p.name] || braces(p.name) || braces(p.value) {
			return false
		}
		seen[p.name] = true
	}
	return true
}

// fits tells whether YAML in flow style holds a JSON value as it is.
func fits(v any, depth int) bool {
	if depth > maxJSONDepth {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if k == "" || braces(k) || marked(k) || foreign(k) || !fits(e, depth+1) {
				return false
			}
		}
		return true
	case []any:
		for _, e := range v {
			if !fits(e, depth+1) {
				return false
			}
		}
		return true
	case string:
		return !braces(v)
	case json.Number:
		return exact(v.String())
	case rawMark:
		return false
	default:
		return v != nil || depth > 0
	}
}

// exact tells whether a number comes out of YAML and back as the same one: within
// the 15 digits that a float64 keeps.
func exact(s string) bool {
	return wholeNumber.MatchString(s) || plainNumber.MatchString(s) && len(s) <= 16
}

// encodeForm writes a form as it is sent; marks stay.
func encodeForm(form []pair) string {
	parts := make([]string, len(form))
	for i, p := range form {
		parts[i] = outside(p.name, url.QueryEscape) + "=" + outside(p.value, url.QueryEscape)
	}
	return strings.Join(parts, "&")
}

// outside applies f to the text outside of marks.
func outside(s string, f func(string) string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return r == envOpen || r == holeOpen })
		if i < 0 {
			b.WriteString(f(s))
			break
		}
		b.WriteString(f(s[:i]))
		end := strings.IndexFunc(s, func(r rune) bool { return r == envClose || r == holeClose })
		if end < i {
			break
		}
		end += len(string(envClose))
		b.WriteString(s[i:end])
		s = s[end:]
	}
	return b.String()
}

// encodeJSON writes a value as JSON text. A brace before a brace is written in
// another way, so that no name begins there.
func encodeJSON(v any) string {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range sorted(v) {
			parts = append(parts, encodeString(k)+":"+encodeJSON(v[k]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = encodeJSON(e)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case string:
		return encodeString(v)
	case rawMark:
		return string(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return "null"
		}
		return string(b)
	}
}

func encodeString(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "{{", `\u007b\u007b`)
}

// basic is the value of an Authorization header (RFC 7617).
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
