package session

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	configMaxBytes = 1 << 20
	configMaxDepth = 64
	// Aliases can make a small file mean a huge one; this is far above what a person writes.
	configMaxNodes = 100_000
)

// configReader walks a file's syntax tree and collects every problem on the way.
type configReader struct {
	config   *Config
	getenv   func(string) (string, bool)
	problems Problems
	anchors  map[string]ast.Node
	filesAt  map[string]place // where staging names files, headers, journeys and limits, by key
	nodes    int
	depth    int
}

// field is one key that a mapping may have.
type field struct {
	key  string
	read func(n ast.Node)
}

// add notes a problem at a place of the file.
func (r *configReader) add(at place, remedy, what string, args ...any) {
	p := Problem{File: r.config.file, Line: max(at.line, 1), Column: max(at.column, 1), What: fmt.Sprintf(what, args...), Remedy: remedy}
	// What an alias repeats is wrong once.
	if !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

// tree parses the text; nil after a problem.
func (r *configReader) tree(text []byte) (body ast.Node) {
	defer func() {
		// The parser is not ours, and the file is anyone's.
		if e := recover(); e != nil {
			body = nil
			r.add(place{}, "check indentation, quotes and brackets", "the file cannot be read as YAML")
		}
	}()
	if len(text) > configMaxBytes {
		r.add(place{}, fmt.Sprintf("keep it under %d bytes", configMaxBytes), "the file has %d bytes", len(text))
		return nil
	}
	// YAML makes every line break \n; done here, because the lexer counts some of the others twice.
	content := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(text), "\ufeff"))
	tokens := lexer.Tokenize(content)
	if at, deep := configTooDeep(tokens); deep {
		r.add(at, "write it flatter", "brackets and lists are nested more than %d deep", configMaxDepth)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err, content)
		return nil
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d != nil && d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		r.add(place{}, "start with staging: {url: \"http://HOST:PORT\"}", "the file is empty")
		return nil
	case len(docs) > 1:
		r.add(placeOf(docs[1]), "keep one document, without a line of ---", "the file has %d documents", len(docs))
	}
	return docs[0]
}

// configTooDeep finds nesting that would take the parser's recursion to the end of the stack.
func configTooDeep(tokens token.Tokens) (place, bool) {
	var brackets int
	var line, dashes int
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			dashes++
		}
		if brackets > configMaxDepth || dashes > configMaxDepth || t.Position.IndentLevel > configMaxDepth {
			return place{line: t.Position.Line, column: t.Position.Column}, true
		}
	}
	return place{}, false
}

// syntax turns the parser's error into a problem.
func (r *configReader) syntax(err error, text string) {
	var at place
	what := "not readable as YAML"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		what = "not readable as YAML (" + strings.ReplaceAll(e.GetMessage(), "\t", `\t`) + ")"
		if t := e.GetToken(); t != nil && t.Position != nil {
			at = place{line: t.Position.Line, column: t.Position.Column}
		}
	}
	remedy := "check indentation, quotes and brackets here"
	if lines := strings.Split(text, "\n"); at.line >= 1 && at.line <= len(lines) {
		switch l := lines[at.line-1]; {
		case strings.HasPrefix(strings.TrimLeft(l, " "), "\t"):
			remedy = "indent with spaces, not tabs"
		case strings.Contains(l, "${") && strings.ContainsAny(l, "{["):
			remedy = `inside braces and brackets write "${NAME}" in quotes`
		}
	}
	r.add(at, remedy, "%s", what)
}

// placeOf is where a node begins.
func placeOf(n ast.Node) place {
	var t *token.Token
	switch n := n.(type) {
	case nil:
		return place{}
	case *ast.MappingNode:
		// A block mapping's own token is its first colon.
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return placeOf(n.Values[0])
		}
		t = n.Start
	case *ast.MappingValueNode:
		if n.Key != nil {
			t = n.Key.GetToken()
		}
	default:
		t = n.GetToken()
	}
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{line: t.Position.Line, column: t.Position.Column}
}

// resolve follows anchors and aliases; nil, and a problem, when there is nothing there.
func (r *configReader) resolve(n ast.Node) ast.Node {
	for range configMaxDepth {
		r.nodes++
		if r.nodes > configMaxNodes {
			if r.nodes == configMaxNodes+1 {
				r.add(placeOf(n), "use fewer aliases", "the file means more than %d values", configMaxNodes)
			}
			return nil
		}
		switch v := n.(type) {
		case *ast.AnchorNode:
			if v.Name != nil && v.Value != nil {
				r.anchors[v.Name.GetToken().Value] = v.Value
			}
			n = v.Value
		case *ast.AliasNode:
			var name string
			if v.Value != nil {
				name = v.Value.GetToken().Value
			}
			to, ok := r.anchors[name]
			if !ok {
				r.add(placeOf(v), fmt.Sprintf("write &%s before the value that is meant, further up", name), "alias *%s has no anchor", name)
				return nil
			}
			n = to
		case *ast.TagNode:
			r.add(placeOf(v), "remove it; quotes make a text", "the tag %s is not understood here", v.Start.Value)
			return nil
		case nil:
			return nil
		default:
			return n
		}
	}
	r.add(placeOf(n), "remove the alias", "an alias leads back to itself")
	return nil
}

// within says where a key stands.
func within(path string) string {
	if path == "the top level" {
		return "at " + path
	}
	return "in " + path
}

// describe says what a node is, for a person.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.NullNode:
		return "nothing"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	}
	return "something else"
}

// wrong notes that a value is not of the kind that is wanted.
func (r *configReader) wrong(n ast.Node, path, wanted, example string) {
	if _, null := n.(*ast.NullNode); null {
		r.add(placeOf(n), "write for example "+example+", or remove the key", "%s has no value", path)
		return
	}
	r.add(placeOf(n), "write for example "+example, "%s must be %s, not %s", path, wanted, describe(n))
}

// pairs gives the entries of a mapping in the order of the file, without those that appear twice.
func (r *configReader) pairs(n ast.Node, path, example string) (keys []string, values map[string]*ast.MappingValueNode, ok bool) {
	if n = r.resolve(n); n == nil {
		return nil, nil, false
	}
	var entries []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		entries = m.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{m}
	default:
		r.wrong(n, path, "a mapping", example)
		return nil, nil, false
	}
	values = make(map[string]*ast.MappingValueNode, len(entries))
	for _, e := range entries {
		key, known := configKey(e.Key)
		if !known {
			r.add(placeOf(e), "write the keys out", "%s has a key that is not a plain word", path)
			continue
		}
		if first, twice := values[key]; twice {
			r.add(placeOf(e), "remove one of the two", "key %q appears twice %s (first on line %d)", key, within(path), placeOf(first).line)
			continue
		}
		keys, values[key] = append(keys, key), e
	}
	return keys, values, true
}

// configKey is the text of a key; not known for merge keys and collections.
func configKey(k ast.MapKeyNode) (string, bool) {
	var n ast.Node = k
	if q, ok := k.(*ast.MappingKeyNode); ok {
		n = q.Value
	}
	switch k := n.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return k.GetToken().Value, true
	}
	return "", false
}

// mapping reads a mapping with known keys in the order of the file and gives the places of the values that
// were there; nil when it is no mapping. unknown counts the keys nobody knows.
func (r *configReader) mapping(n ast.Node, path, example string, fields []field) (seen map[string]place, unknown int) {
	if !r.enter(n) {
		return nil, 0
	}
	defer r.leave()
	keys, values, ok := r.pairs(n, path, example)
	if !ok {
		return nil, 0
	}
	seen = map[string]place{}
	for _, key := range keys {
		e := values[key]
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		if i < 0 {
			unknown++
			r.add(placeOf(e), remedyForKey(key, fields), "unknown key %q %s", key, within(path))
			continue
		}
		seen[key] = placeOf(e.Value)
		fields[i].read(e.Value)
	}
	return seen, unknown
}

// entry resolves an entry of a list that must be a mapping, or in short form a text where short is allowed;
// nil, and a problem, when it is neither.
func (r *configReader) entry(n ast.Node, path, wanted, example string, short bool) ast.Node {
	v := r.resolve(n)
	if v == nil {
		return nil
	}
	if d := describe(v); d != "a mapping" && (d != "a text" || !short) {
		r.wrong(v, "an entry of "+path, wanted, example)
		return nil
	}
	return v
}

// each calls f for every entry of a list.
func (r *configReader) each(n ast.Node, path, example string, f func(i int, n ast.Node)) (length int, ok bool) {
	if !r.enter(n) {
		return 0, false
	}
	defer r.leave()
	if n = r.resolve(n); n == nil {
		return 0, false
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(n, path, "a list", example)
		return 0, false
	}
	for i, v := range s.Values {
		f(i, v)
	}
	return len(s.Values), true
}

// enter goes one level down; it refuses what an alias makes endless.
func (r *configReader) enter(n ast.Node) bool {
	if r.depth >= configMaxDepth {
		r.add(placeOf(n), "write it flatter, and let no alias contain itself", "values are nested more than %d deep", configMaxDepth)
		return false
	}
	r.depth++
	return true
}

func (r *configReader) leave() { r.depth-- }

// plain reads a value as JSON would hold it, with its texts expanded.
func (r *configReader) plain(n ast.Node, path string) (any, bool) {
	if !r.enter(n) {
		return nil, false
	}
	defer r.leave()
	at := placeOf(n)
	switch n = r.resolve(n); v := n.(type) {
	case nil:
		return nil, false
	case *ast.NullNode:
		return nil, true
	case *ast.BoolNode:
		return v.Value, true
	case *ast.IntegerNode:
		return v.Value, true
	case *ast.FloatNode:
		if math.IsInf(v.Value, 0) || math.IsNaN(v.Value) {
			break
		}
		return v.Value, true
	case *ast.StringNode, *ast.LiteralNode:
		return r.text(n, path, `"text"`)
	case *ast.SequenceNode:
		list, good := make([]any, 0, len(v.Values)), true
		for _, e := range v.Values {
			x, ok := r.plain(e, path)
			list, good = append(list, x), good && ok
		}
		return list, good
	case *ast.MappingNode, *ast.MappingValueNode:
		keys, values, good := r.pairs(n, path, "")
		m := make(map[string]any, len(keys))
		for _, k := range keys {
			x, ok := r.plain(values[k].Value, path+"."+k)
			m[k], good = x, good && ok
		}
		return m, good
	}
	r.add(at, "write a number, a text, true, false, a list or a mapping", "%s holds what JSON cannot", path)
	return nil, false
}
