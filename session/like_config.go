package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// onlyNames is a text that is nothing but the environment's, after a scheme such
// as Bearer: what it says of a secret is its name.
var onlyNames = regexp.MustCompile(`^(?:[A-Za-z]+ )?(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+$`)

// wrote keeps how a text was written that took a value from the environment.
func (c *Config) wrote(expanded, written string) {
	if c.written == nil {
		c.written = map[string]string{}
	}
	c.written[expanded] = written
}

// fromEnv tells where in the masked configuration a value of the environment
// was: JSON pointer (RFC 6901) → the text with ${NAME} as it was written. It says
// nothing that the masked configuration does not show, but names of variables.
func (c *Config) fromEnv(masked json.RawMessage) (map[string]string, error) {
	if len(c.written) == 0 {
		return nil, nil
	}
	whole, err := marshal(c)
	if err != nil {
		return nil, fmt.Errorf("look for what came from the environment: %w", err)
	}
	var open, shown any
	if err := decodeNumbers(whole, &open); err != nil {
		return nil, fmt.Errorf("look for what came from the environment: %w", err)
	}
	if err := decodeNumbers(masked, &shown); err != nil {
		return nil, fmt.Errorf("look for what came from the environment: %w", err)
	}
	out := map[string]string{}
	eachText(open, "", func(at, s string) {
		written, public, ok := c.writtenAs(s)
		if !ok {
			return
		}
		m, ok := textAt(shown, at)
		if ok && (m == public || onlyNames.MatchString(written)) {
			out[at] = written
		}
	})
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// writtenAs returns how a text was written, and how it may be shown. The text
// may be the end of what stood in the file, as the path is of "GET /path".
func (c *Config) writtenAs(s string) (written, public string, ok bool) {
	if w, ok := c.written[s]; ok {
		return w, c.inPlace[s], true
	}
	if !slices.ContainsFunc(c.Secrets, func(v string) bool { return strings.Contains(s, v) }) {
		return "", "", false
	}
	for _, whole := range slices.Sorted(maps.Keys(c.written)) {
		lead, ends := strings.CutSuffix(whole, s)
		if !ends {
			continue
		}
		w, literal := strings.CutPrefix(c.written[whole], lead)
		p, same := strings.CutPrefix(c.inPlace[whole], lead)
		if literal && same && !strings.Contains(lead, "$") {
			return w, p, true
		}
	}
	return "", "", false
}

// RestoreConfig makes a configuration of what a session's journal holds of it:
// raw is masked, env tells what came from the environment and is taken from
// there again. Paths of files start at the folder dir. The error is Problems:
// variables that are missing, and values that stood in the file itself and are
// in no record. What the identity check compared is never stored: it is left
// out.
func RestoreConfig(raw json.RawMessage, env map[string]string, dir string, getenv func(string) (string, bool)) (*Config, error) {
	if len(raw) == 0 {
		return nil, Problems{{What: "the earlier session's journal holds no configuration", Remedy: "give it with -c FILE"}}
	}
	var tree any
	if err := decodeNumbers(raw, &tree); err != nil {
		return nil, Problems{{What: "the earlier session's configuration can't be read: " + err.Error(), Remedy: "give it with -c FILE"}}
	}
	if top, ok := tree.(map[string]any); ok {
		delete(top, "identity")
	}
	r := &configReader{config: &Config{inPlace: map[string]string{}, Dir: dir}, getenv: getenv, anchors: map[string]ast.Node{}, filesAt: map[string]place{}}
	for _, at := range slices.Sorted(maps.Keys(env)) {
		if _, ok := textAt(tree, at); !ok {
			continue // the identity's, or a record that was redacted
		}
		if s, ok := r.expand(env[at], place{}, named(at)); ok {
			setText(tree, at, s)
		} else {
			setText(tree, at, "") // said already
		}
	}
	eachText(tree, "", func(at, s string) {
		_, again := env[at]
		if !again && (strings.Contains(s, masked) || strings.Contains(s, Redacted)) {
			r.add(place{}, "give the configuration itself with -c FILE", "%s is masked in the record: it stood in the file, not in the environment", named(at))
		}
	})
	b, err := marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("restore configuration: %w", err)
	}
	c := r.config
	if err := decodeNumbers(b, c); err != nil {
		return nil, Problems{{What: "the earlier session's configuration does not fit this version: " + err.Error(), Remedy: "give it with -c FILE"}}
	}
	if len(r.problems) == 0 {
		r.files()
		r.problems = append(r.problems, c.Conflicts()...)
	}
	for i := range r.problems {
		r.problems[i].File, r.problems[i].Line, r.problems[i].Column = "", 0, 0 // of no file
	}
	return r.result()
}

// decodeNumbers decodes without turning numbers into floats.
func decodeNumbers(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(to)
}

// eachText calls f with every text of a document, in order, and its pointer.
func eachText(v any, at string, f func(at, s string)) {
	switch v := v.(type) {
	case string:
		f(at, v)
	case []any:
		for i, e := range v {
			eachText(e, at+"/"+strconv.Itoa(i), f)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			eachText(v[k], at+"/"+pointerOut.Replace(k), f)
		}
	}
}

var (
	pointerOut = strings.NewReplacer("~", "~0", "/", "~1")
	pointerIn  = strings.NewReplacer("~1", "/", "~0", "~")
)

// textAt returns the text at a pointer.
func textAt(v any, at string) (string, bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
		switch in := v.(type) {
		case map[string]any:
			v = in[pointerIn.Replace(part)]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(in) {
				return "", false
			}
			v = in[i]
		default:
			return "", false
		}
	}
	s, ok := v.(string)
	return s, ok
}

// setText replaces the text at a pointer that textAt finds.
func setText(v any, at, s string) {
	parts := strings.Split(strings.TrimPrefix(at, "/"), "/")
	for i, part := range parts {
		switch in := v.(type) {
		case map[string]any:
			key := pointerIn.Replace(part)
			if i == len(parts)-1 {
				in[key] = s
				return
			}
			v = in[key]
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(in) {
				return
			}
			if i == len(parts)-1 {
				in[n] = s
				return
			}
			v = in[n]
		}
	}
}

// named is a pointer as a configuration's keys are named.
func named(at string) string {
	return strings.ReplaceAll(pointerIn.Replace(strings.TrimPrefix(at, "/")), "/", ".")
}

// Config is the earlier session's configuration, with what came from the
// environment taken from there again; see RestoreConfig.
func (e *Earlier) Config(dir string, getenv func(string) (string, bool)) (*Config, error) {
	return RestoreConfig(e.State.Start.Config, e.State.Start.Env, dir, getenv)
}
