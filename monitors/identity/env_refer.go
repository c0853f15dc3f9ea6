package identity

import (
	"cmp"

	"github.com/goccy/go-yaml/ast"
)

// hold keeps what a Secret or a ConfigMap holds for those that refer to it; first is
// the first of its settings.
func (r *yamlReader) hold(kind string, metadata ast.Node, first int) {
	name := r.scalar(r.fields(metadata)["name"])
	if name == "" {
		return
	}
	values := map[string]string{}
	for _, s := range r.settings[first:] {
		values[s.key] = s.value
	}
	r.held[kind+"/"+name] = values
}

// referAll reads what takes all settings of another document, of a file or of a
// store of secrets.
func (r *yamlReader) referAll(fields map[string]ast.Node) {
	for _, ref := range []struct{ field, kind, why string }{
		{"secretRef", "Secret", ""}, {"configMapRef", "ConfigMap", ""},
		{"env_file", "", "the settings of another file come with it"}, {"dataFrom", "", "its settings come from a store of secrets"},
	} {
		if n := fields[ref.field]; n != nil {
			r.settings = append(r.settings, setting{key: ref.field, line: r.line(lineOf(n)), scope: r.scope, many: true,
				kind: ref.kind, from: r.scalar(r.fields(n)["name"]), elsewhere: ref.why})
		}
	}
}

// refer reads a setting of a container whose value stands in another document, or
// nowhere that a file could tell.
func (r *yamlReader) refer(name string, valueFrom ast.Node) {
	fields := r.fields(valueFrom)
	s := setting{key: name, line: r.line(lineOf(valueFrom)), scope: r.scope}
	for kind, field := range map[string]string{"Secret": "secretKeyRef", "ConfigMap": "configMapKeyRef"} {
		if fields[field] != nil {
			ref := r.fields(fields[field])
			s.kind, s.from, s.of = kind, r.scalar(ref["name"]), r.scalar(ref["key"])
		}
	}
	if s.kind == "" {
		if fields["fieldRef"] != nil || fields["resourceFieldRef"] != nil {
			return // of the container itself
		}
		s.elsewhere = "its value comes from elsewhere (valueFrom)"
	}
	r.settings = append(r.settings, s)
}

// settle fills in what refers to a Secret or a ConfigMap of this file.
func (r *yamlReader) settle() {
	for i := range r.settings {
		s := &r.settings[i]
		if s.kind == "" {
			continue
		}
		values, known := r.held[s.kind+"/"+s.from]
		value, there := values[s.of]
		switch what := s.kind + " " + cmp.Or(clean(s.from), "without a name"); {
		case s.many && !known:
			s.elsewhere = "the settings of the " + what + " come with it, which the file does not hold"
		case !s.many && !there:
			s.elsewhere = "its value comes from the " + what + ", which the file does not hold"
		default:
			s.value = value
		}
	}
}
