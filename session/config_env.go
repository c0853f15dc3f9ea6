package session

import (
	"slices"
	"strings"
)

// expand replaces ${NAME} by the environment's value and $$ by one dollar; any other dollar stays.
func (r *configReader) expand(s string, at place, path string) (string, bool) {
	if !strings.Contains(s, "$") {
		return s, true
	}
	whole := s
	var out, shown strings.Builder
	good, found := true, false
	put := func(t string) { out.WriteString(t); shown.WriteString(t) }
	for s != "" {
		before, after, more := strings.Cut(s, "$")
		put(before)
		if !more {
			break
		}
		switch {
		case strings.HasPrefix(after, "$"):
			put("$")
			s = after[1:]
		case strings.HasPrefix(after, "{"):
			name, rest, closed := strings.Cut(after[1:], "}")
			if !closed || !isVariable(name) {
				r.add(at, "write ${NAME}, or $$ for a dollar", "%s has a ${ that names no environment variable", path)
				return "", false
			}
			s = rest
			value, set := r.getenv(name)
			if !set || value == "" {
				state := "is not set"
				if set {
					state = "is empty"
				}
				r.add(at, "export "+name+"=...", "environment variable %s %s (%s)", name, state, path)
				good = false
				continue
			}
			found = true
			if !slices.Contains(r.config.Secrets, value) {
				r.config.Secrets = append(r.config.Secrets, value)
			}
			out.WriteString(value)
			shown.WriteString(masked)
		default:
			put("$")
			s = after
		}
	}
	if !good {
		return "", false
	}
	if found {
		r.config.inPlace[out.String()] = shown.String()
		r.config.wrote(out.String(), whole)
	}
	return out.String(), true
}

// isVariable tells whether a name can be an environment variable's.
func isVariable(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
