package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "../../docs/session.schema.json"

// The published schema is what the types say, their comments included.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	t.Parallel()
	s := &schemaOf{said: map[string]string{}, defs: map[string]any{}}
	for _, dir := range []string{".", "..", "../../notes"} {
		s.comments(t, dir)
	}
	root := s.object(reflect.TypeFor[Model]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "session.schema.json"
	root["title"] = "session.json: a session as Crosstalk reports it"
	root["properties"].(map[string]any)["schema"] = map[string]any{"const": Schema, "description": "The version of this form. Fields are added under the same number; one that is renamed or means something else gets a new one."}
	root["$defs"] = s.defs
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not what the types say (go test ./session/report -run Schema -update): %v", schemaFile, err)
	}
}

// Every session.json keeps to the published schema, and what does not is found.
func TestSchema(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	tapes := map[string]*tape{"rich": rich(), "crashed": crashed(), "resumed": resumed(), "empty": newTape(), "secretive": secretive(), "hostile": hostileTape(hostile[0]), "going": going()}
	for name, p := range tapes {
		var b bytes.Buffer
		if err := writeJSON(&b, p.model(t)); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for old, broken := range map[string]string{`"schema": 1`: `"schema": 2`, `"levels": [`: `"levelz": [`, `"events": `: `"events": "x", "was": `} {
			wrong := strings.Replace(b.String(), old, broken, 1)
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
			if err != nil || wrong == b.String() {
				t.Fatalf("%s: %q: %v", name, broken, err)
			}
			if schema.Validate(v) == nil {
				t.Errorf("%s: %q is taken", name, broken)
			}
		}
	}
}

// schemaOf makes a schema of types and of what stands beside their fields.
type schemaOf struct {
	said map[string]string // Type.Field → its comment
	defs map[string]any
}

// comments reads what a package says of its types and their fields.
func (s *schemaOf) comments(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		pkg := file.Name.Name
		ast.Inspect(file, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok {
				return true
			}
			for _, spec := range d.Specs {
				ts, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				doc := ts.Doc
				if doc == nil {
					doc = d.Doc
				}
				s.said[pkg+"."+ts.Name.Name] = oneLine(doc.Text())
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range st.Fields.List {
					for _, name := range f.Names {
						s.said[pkg+"."+ts.Name.Name+"."+name.Name] = oneLine(f.Comment.Text())
					}
				}
			}
			return true
		})
	}
}

func (s *schemaOf) of(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{s.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Struct:
		name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
		if pkg := filepath.Base(t.PkgPath()); pkg != "report" {
			name = pkg + t.Name()
		}
		if _, ok := s.defs[name]; !ok {
			s.defs[name] = nil // it may hold itself
			s.defs[name] = s.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	}
	return map[string]any{}
}

// object is a struct. Embedded ones lie flat in it, as encoding/json has them.
func (s *schemaOf) object(t reflect.Type) map[string]any {
	fields, required := map[string]any{}, []string{}
	pkg := filepath.Base(t.PkgPath())
	for f := range t.Fields() {
		tag, has := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous && !has {
			in := s.object(f.Type)
			maps.Copy(fields, in["properties"].(map[string]any))
			required = append(required, in["required"].([]string)...)
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		field := s.of(f.Type)
		if text := s.said[pkg+"."+t.Name()+"."+f.Name]; text != "" {
			field["description"] = text
		}
		fields[name] = field
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	out := map[string]any{"type": "object", "properties": fields, "required": required}
	if text := s.said[pkg+"."+t.Name()]; text != "" {
		out["description"] = text
	}
	return out
}
