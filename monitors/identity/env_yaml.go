package identity

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	yamlDepth = 64
	yamlNodes = 50_000 // that are visited, aliases followed
	jsonDepth = 4      // objects in values of objects
)

// yamlReader flattens the documents of a file into settings with dotted keys.
type yamlReader struct {
	name     string
	settings []setting
	problems []*Problem
	anchors  map[string]ast.Node
	visited  int
	offset   int                          // lines before the text in its file
	at       int                          // the line of all of it, where it stands in one; 0: it does not
	nested   int                          // in how many values of other files, one within the other
	scope    int                          // of what is read now
	scopes   int                          // that there are so far
	held     map[string]map[string]string // what Secrets and ConfigMaps hold, by kind/name
}

func readYAML(name, text string) ([]setting, []*Problem) {
	r := &yamlReader{name: name, held: map[string]map[string]string{}}
	r.read(text)
	r.settle()
	if r.visited > yamlNodes {
		r.bad(1, "it has too many entries, and not all were read", "keep only the settings that lead somewhere")
	}
	return r.settings, r.problems
}

// isJSON says that a value is an object or a list of them, as stores of secrets keep
// what belongs together.
func isJSON(value string) bool {
	value = strings.TrimSpace(value)
	list, ok := strings.CutPrefix(value, "[")
	return (strings.HasPrefix(value, "{") || ok && strings.HasPrefix(strings.TrimSpace(list), "{")) && json.Valid([]byte(value))
}

// readWithin reads a value that isJSON or isFile, all of it at one line; false: not all
// of it can be read.
func readWithin(name string, s setting, scope int) ([]setting, bool) {
	r := &yamlReader{name: name, at: s.line, scopes: scope, held: map[string]map[string]string{}}
	r.file(s.key, s.value, s.line)
	r.settle()
	return r.settings, len(r.problems) == 0
}

func (r *yamlReader) bad(line int, what, remedy string) {
	r.problems = append(r.problems, &Problem{File: r.name, Line: r.line(line), What: what, Remedy: remedy})
}

// line is one of the text's in its file.
func (r *yamlReader) line(n int) int {
	if r.at > 0 {
		return r.at
	}
	return max(n, 1) + r.offset
}

func (r *yamlReader) read(text string) {
	defer func() {
		// The parser is not ours, and the file is anyone's.
		if e := recover(); e != nil {
			r.bad(1, "the file cannot be read as YAML", "check indentation, quotes and brackets")
		}
	}()
	tokens := lexer.Tokenize(text)
	if line, deep := tooDeep(tokens); deep {
		r.bad(line, "brackets and lists are nested too deep", "write it flatter")
		return
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		// The parser's message may repeat a value.
		line := 1
		if e, ok := err.(yaml.Error); ok { //nolint:errorlint // it comes straight from the parser
			if t := e.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		r.bad(line, "this is not readable as YAML", "check indentation, quotes and brackets here")
		return
	}
	for _, d := range file.Docs {
		if d != nil && d.Body != nil {
			r.anchors = map[string]ast.Node{}
			r.document(d.Body)
		}
	}
}

// tooDeep finds nesting that would take the parser's recursion to the end of the
// stack.
func tooDeep(tokens token.Tokens) (int, bool) {
	brackets, line, marks := 0, 0, 0
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != line {
			line, marks = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			marks++
		}
		if brackets > yamlDepth || marks > yamlDepth || t.Position.IndentLevel > yamlDepth {
			return line, true
		}
	}
	return 0, false
}

// document reads one document. Of a List of Kubernetes every item is one.
func (r *yamlReader) document(n ast.Node) {
	fields := r.fields(n)
	r.scopes++
	r.scope = r.scopes
	first := len(r.settings)
	switch kind := r.scalar(fields["kind"]); {
	case kind == "Secret" && fields["apiVersion"] != nil:
		r.members(fields["data"], "", 0, true)
		r.members(fields["stringData"], "", 0, false)
		r.hold(kind, fields["metadata"], first)
	case kind == "ConfigMap" && fields["apiVersion"] != nil:
		r.members(fields["data"], "", 0, false)
		r.members(fields["binaryData"], "", 0, true)
		r.hold(kind, fields["metadata"], first)
	case strings.HasSuffix(kind, "List") && fields["items"] != nil:
		if list, ok := r.follow(fields["items"]).(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				if r.visited++; r.visited > yamlNodes {
					return
				}
				r.document(item)
			}
		}
	default:
		r.walk(n, "", 0)
	}
}

// follow goes through anchors, aliases and tags.
func (r *yamlReader) follow(n ast.Node) ast.Node {
	for range yamlDepth {
		if r.visited++; r.visited > yamlNodes {
			return nil
		}
		switch v := n.(type) {
		case *ast.AnchorNode:
			if v.Name != nil && v.Value != nil {
				r.anchors[v.Name.GetToken().Value] = v.Value
			}
			n = v.Value
		case *ast.AliasNode:
			if v.Value == nil {
				return nil
			}
			n = r.anchors[v.Value.GetToken().Value]
		case *ast.TagNode:
			n = v.Value
		default:
			return n
		}
	}
	return nil
}

// fields returns the members of a mapping by their keys, with those that <<
// merges in; nil for anything else.
func (r *yamlReader) fields(n ast.Node) map[string]ast.Node {
	out := map[string]ast.Node{}
	for _, m := range r.pairs(n) {
		out[keyOf(m)] = m.Value
	}
	return out
}

func (r *yamlReader) pairs(n ast.Node) []*ast.MappingValueNode {
	switch v := r.follow(n).(type) {
	case *ast.MappingNode:
		return v.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}
	}
	return nil
}

func keyOf(m *ast.MappingValueNode) string {
	if m.Key == nil || m.Key.GetToken() == nil {
		return ""
	}
	return m.Key.GetToken().Value
}

// scalar returns a value as text; "" for what is none.
func (r *yamlReader) scalar(n ast.Node) string {
	switch v := r.follow(n).(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		if v.Value != nil {
			return v.Value.Value
		}
	case *ast.IntegerNode:
		return v.GetToken().Value
	}
	return ""
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}

func (r *yamlReader) walk(n ast.Node, key string, depth int) {
	if depth > yamlDepth {
		return
	}
	switch v := r.follow(n).(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		// As Kubernetes and compose write variables: name and value side by side.
		fields := r.fields(v)
		if name, value := r.scalar(fields["name"]), r.scalar(fields["value"]); name != "" && value != "" {
			r.put(name, value, lineOf(fields["value"]))
			return
		} else if name != "" && fields["valueFrom"] != nil {
			r.refer(name, fields["valueFrom"])
			return
		} else if name := r.scalar(fields["secretKey"]); name != "" && fields["remoteRef"] != nil {
			r.settings = append(r.settings, setting{key: name, line: r.line(lineOf(v)), scope: r.scope, elsewhere: "its value comes from a store of secrets (remoteRef)"})
			return
		}
		r.referAll(fields)
		r.members(v, key, depth, false)
	case *ast.SequenceNode:
		for i, item := range v.Values {
			// KEY=value, as compose takes them, too.
			if name, value, ok := strings.Cut(r.scalar(item), "="); ok && name != "" && !strings.ContainsAny(name, " :/;@'\"") {
				r.put(name, value, lineOf(item))
				continue
			}
			// The parser takes host:port in brackets for a mapping.
			if all := r.pairs(item); v.IsFlowStyle && len(all) == 1 && strings.Contains(keyOf(all[0]), ".") && r.scalar(all[0].Value) != "" {
				m := all[0]
				r.put(key+"."+strconv.Itoa(i), keyOf(m)+":"+r.scalar(m.Value), lineOf(m.Key))
				continue
			}
			if passesOn(key) {
				r.passed(r.scalar(item), lineOf(item))
				continue
			}
			r.walk(item, key+"."+strconv.Itoa(i), depth+1)
		}
	default:
		if value := r.scalar(v); value != "" {
			r.put(key, value, lineOf(n))
		}
	}
}

// members reads what is in a mapping. encoded says that its values are base64.
func (r *yamlReader) members(n ast.Node, key string, depth int, encoded bool) {
	for _, m := range r.pairs(n) {
		name := keyOf(m)
		switch {
		case name == "<<":
			r.walk(m.Value, key, depth+1)
			continue
		case key != "":
			name = key + "." + name
		}
		if own := keyOf(m); hostLike(own, true) && ofStore(tokens(key)) {
			r.add(key, own, lineOf(m.Key)) // a host by whose name the settings of it go
		}
		value := r.scalar(m.Value)
		if strings.Contains(name, "last-applied-configuration") {
			continue // the same again, or what it was before
		}
		if encoded && value != "" {
			plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
			if err != nil {
				r.bad(lineOf(m.Key), "the value of "+clean(name)+" is not base64", "write it base64-encoded under data, or as it is under stringData")
				continue
			}
			if !utf8.Valid(plain) {
				continue // a key or a certificate: it leads nowhere
			}
			value = string(plain)
		}
		switch {
		case value == "" && passesOn(key):
			r.passed(name, lineOf(m.Key))
		case value == "":
			r.walk(m.Value, name, depth+1)
		case !isJSON(value) && depth <= 2 && r.nested == 0 && isFile(name, value):
			r.file(name, value, lineOf(m.Key))
		default:
			r.put(name, strings.TrimRight(value, "\n"), lineOf(m.Key))
		}
	}
}

// passesOn says that a key without a value has that of whoever starts compose.
func passesOn(parent string) bool { return strings.HasSuffix("."+parent, ".environment") }

func (r *yamlReader) passed(key string, line int) {
	r.settings = append(r.settings, setting{key: key, line: r.line(line), scope: r.scope, elsewhere: "its value comes from elsewhere (environment)"})
}

// isFile says that a value is a whole file of settings, as ConfigMaps hold them.
func isFile(name, value string) bool {
	return strings.Contains(strings.TrimSpace(value), "\n") &&
		(strings.Contains(name, ".") && (isYAML(name, "") || !isYAML(name, "kind:")) || strings.Contains(value, "="))
}

// file reads a value that isFile or isJSON.
func (r *yamlReader) file(name, value string, line int) {
	r.visited += len(value) / 64
	if isJSON(value) || isYAML(name, value) {
		inner := &yamlReader{name: r.name, offset: r.offset + line, at: r.at, nested: r.nested + 1, visited: r.visited, scopes: r.scopes, held: r.held}
		if isJSON(value) {
			inner.at = r.line(line)
		}
		inner.read(value)
		r.visited, r.scopes = inner.visited, inner.scopes
		r.settings = append(r.settings, inner.settings...)
		r.problems = append(r.problems, inner.problems...)
		return
	}
	// Of a file that is no settings at all, what leads to data stores counts.
	settings, problems := readLines(name, value)
	lines := strings.Split(value, "\n")
	for _, p := range problems {
		text := lines[p.Line-1]
		if found, _ := pieces(text); len(found) > 0 || mentions(nil, text, nil) {
			settings = append(settings, setting{key: name, value: text, line: p.Line})
		}
	}
	r.scopes++
	scope := r.scopes
	for _, s := range settings {
		at := line + s.line
		if isJSON(s.value) {
			r.put(s.key, s.value, at)
			continue
		}
		s.line, s.scope = r.line(at), scope
		r.settings = append(r.settings, s)
	}
}

// put reads a value: an object's members, or the setting that it is.
func (r *yamlReader) put(key, value string, line int) {
	r.visited += len(value) / 64 // aliases may repeat it
	switch {
	case !isJSON(value):
		r.add(key, value, line)
	case r.nested < jsonDepth:
		r.file(key, value, line)
	default:
		r.settings = append(r.settings, setting{key: key, line: r.line(line), scope: r.scope, many: true, elsewhere: "objects of JSON stand in it one in the value of another, too deep to be read"})
	}
}

func (r *yamlReader) add(key, value string, line int) {
	r.settings = append(r.settings, setting{key: key, value: value, line: r.line(line), scope: r.scope})
}
