package session

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"crosstalk/notes"
)

// cutJSON replaces the text in every string of a JSON document and leaves every
// other byte as it was: order, numbers and spaces stay. Strings are compared
// as they read, whatever escapes wrote them. schema names the document's own
// keys and tells which values are words of the format: those stay, because a
// record that cannot be read any more hides nothing and helps nobody. kept
// counts them. ok is false when doc is no JSON.
func (p *pattern) cutJSON(doc []byte, schema *vocabulary) (out []byte, cut, kept int, ok bool) {
	if !json.Valid(doc) {
		return nil, 0, 0, false
	}
	w := jsonWalk{p: p, schema: schema}
	for i := 0; i < len(doc); {
		switch c := doc[i]; {
		case c == '"':
			end := stringEnd(doc, i)
			w.text(doc[i:end], after(doc, end) == ':')
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(doc) && strings.IndexByte("0123456789+-.eE", doc[end]) >= 0 {
				end++
			}
			w.number(doc[i:end])
			i = end
		default:
			w.structure(c)
			i++
		}
	}
	return w.out.Bytes(), w.cut, w.kept, true
}

// stringEnd returns the index after a string's closing quote.
func stringEnd(doc []byte, from int) int {
	for i := from + 1; i < len(doc); i++ {
		switch doc[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(doc)
}

// after is the next byte that is no white space.
func after(doc []byte, i int) byte {
	for ; i < len(doc); i++ {
		if strings.IndexByte(" \t\r\n", doc[i]) < 0 {
			return doc[i]
		}
	}
	return 0
}

type jsonWalk struct {
	p         *pattern
	schema    *vocabulary
	out       bytes.Buffer
	key       string   // the last key read, of the innermost object
	path      []string // keys of the objects and lists around
	cut, kept int
}

func (w *jsonWalk) structure(c byte) {
	switch c {
	case '{', '[':
		w.path = append(w.path, w.key)
	case '}', ']':
		if n := len(w.path); n > 0 {
			w.key, w.path = w.path[n-1], w.path[:n-1]
		}
	}
	w.out.WriteByte(c)
}

// text takes a string, as a key or as a value.
func (w *jsonWalk) text(raw []byte, key bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil || !w.p.in(s) {
		if key {
			w.key = s
		}
		w.out.Write(raw)
		return
	}
	if key {
		w.key = s
	}
	if w.schema.keeps(s, w.key, key) {
		w.kept++
		w.out.Write(raw)
		return
	}
	s, n := w.p.cut(s)
	b, err := marshal(s)
	if err != nil { // a string has always a JSON form
		b = []byte(`"` + Redacted + `"`)
	}
	w.cut += n
	w.out.Write(b)
}

// number takes a number out of a configuration, where a card's or a customer's
// number may stand; what was measured is nobody's secret, and typed.
func (w *jsonWalk) number(raw []byte) {
	const longest = 6 // digits that a limit or a period has
	body := false
	for _, k := range w.path {
		body = body || k == "json"
	}
	if body && len(raw) > longest && string(bytes.ToLower(raw)) == string(w.p.folded) {
		w.cut++
		w.out.WriteString(`"` + Redacted + `"`)
		return
	}
	w.out.Write(raw)
}

// vocabulary is what a format's keys and fixed words are.
type vocabulary struct {
	keys  map[string]bool
	words map[string]bool // as whole values, of the keys in fixed
	fixed map[string]bool
}

// keeps tells whether a string is a word of the format itself.
func (v *vocabulary) keeps(s, key string, isKey bool) bool {
	if isKey {
		return v.keys[s]
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return true
	}
	return v.fixed[key] && v.words[s] || (key == "id" || key == "note") && numbered.MatchString(s)
}

// numbered are the journal's own names of notes and the like.
var numbered = regexp.MustCompile(`^[a-z]{1,2}[0-9]+$`)

// journalWords is the journal's vocabulary, read off the bodies themselves so
// that a type added one day is in it.
var journalWords = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{keys: map[string]bool{}, words: map[string]bool{}, fixed: map[string]bool{}}
	seen := map[reflect.Type]bool{}
	v.learn(reflect.TypeFor[line](), seen)
	v.learn(reflect.TypeFor[Config](), seen)
	for kind, body := range bodies {
		v.words[kind] = true
		v.learn(reflect.TypeOf(body()), seen)
	}
	for _, k := range notes.Kinds() {
		v.words[string(k.Kind)] = true
	}
	for _, w := range []string{ByGuard, ByEngine, ByMonitors, BySession, "staging", "production", "control", "self",
		"green", "amber", "red", "no sight", string(GuardRun), string(GuardHold), string(GuardEase), string(GuardCut), string(GuardLockout),
		CauseRed, CauseNoSight, CausePermit, "person", "operator", "plan", "quit", "journal", "signal", "failed", "learned",
		"linked", "unlinked", "still", "gone", "changed", "http", "tcp", "dns", "host", "metrics", "prometheus", "grafana", "postgres", "mysql", "redis"} {
		v.words[w] = true
	}
	for _, k := range []string{"type", "by", "env", "state", "from", "to", "kind", "cause", "reason", "guard", "demo", "question", "outcome"} {
		v.fixed[k] = true
	}
	return v
})

// learn takes the JSON names of a type's fields.
func (v *vocabulary) learn(t reflect.Type, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		v.learn(t.Elem(), seen)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for f := range t.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				v.keys[name] = true
			}
			v.learn(f.Type, seen)
		}
	}
}
