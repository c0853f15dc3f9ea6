package loadengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// jsonPath is a compiled $.path of names and indexes.
type jsonPath []hop

// hop is a name of an object, or an index of an array when name is nil.
type hop struct {
	name  *string
	index int
}

var errNoValue = errors.New("no value there")

// parseJSONPath compiles the part of JSONPath (RFC 9535) that names one value:
// $.name, ['name'], ["name"] and [index] from 0.
func parseJSONPath(s string) (jsonPath, error) {
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, fmt.Errorf("json path %q: must begin with $", clip(s))
	}
	var p jsonPath
	for rest != "" {
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			name := rest[1 : 1+end]
			if name == "" || name == "*" {
				return nil, fmt.Errorf("json path %q: a name is needed after the dot", clip(s))
			}
			p = append(p, hop{name: &name})
			rest = rest[1+end:]
		case strings.HasPrefix(rest, "['") || strings.HasPrefix(rest, `["`):
			end := strings.Index(rest[2:], rest[1:2]+"]")
			if end < 0 {
				return nil, fmt.Errorf("json path %q: bracket is not closed", clip(s))
			}
			name := rest[2 : 2+end]
			p = append(p, hop{name: &name})
			rest = rest[2+end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, fmt.Errorf("json path %q: bracket is not closed", clip(s))
			}
			i, err := strconv.ParseUint(rest[1:end], 10, 31)
			if err != nil {
				return nil, fmt.Errorf("json path %q: %q is not an index from 0", clip(s), clip(rest[1:end]))
			}
			p = append(p, hop{index: int(i)})
			rest = rest[end+1:]
		default:
			return nil, fmt.Errorf("json path %q: expected . or [ at %q", clip(s), clip(rest))
		}
	}
	return p, nil
}

// raw returns the value at the path as it is written. It reads no further than
// the value, so a body cut short behind it does no harm.
func (p jsonPath) raw(doc []byte) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	for _, h := range p {
		if err := h.enter(d); err != nil {
			return nil, err
		}
	}
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("read json: %w", err)
	}
	return raw, nil
}

// find returns the value at the path as text: strings without quotes, numbers
// as written, objects and arrays as compact JSON; null is none.
func (p jsonPath) find(doc []byte) (string, error) {
	raw, err := p.raw(doc)
	if err != nil {
		return "", err
	}
	switch raw[0] {
	case 'n':
		return "", errNoValue
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", fmt.Errorf("read json: %w", err)
		}
		return s, nil
	case '{', '[':
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return "", fmt.Errorf("read json: %w", err)
		}
		return b.String(), nil
	default:
		return string(raw), nil
	}
}

// enter moves the decoder to the value that the hop names.
func (h hop) enter(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return fmt.Errorf("read json: %w", err)
	}
	want := json.Delim('[')
	if h.name != nil {
		want = '{'
	}
	if open != want {
		return errNoValue
	}
	var skipped json.RawMessage
	for i := 0; d.More(); i++ {
		if h.name == nil && i == h.index {
			return nil
		}
		if h.name != nil {
			key, err := d.Token()
			if err != nil {
				return fmt.Errorf("read json: %w", err)
			}
			if key == *h.name {
				return nil
			}
		}
		if err := d.Decode(&skipped); err != nil {
			return fmt.Errorf("read json: %w", err)
		}
	}
	return errNoValue
}

// jsonValue reads one JSON value; numbers stay as they are written.
func jsonValue(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse: more than one JSON value")
	}
	return v, nil
}

// sameJSON compares two values by what they are: 19.90 is 19.9, "5" is not 5,
// and the order of an object's fields says nothing.
func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameJSON)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameJSON)
	default: // nil, a string or a bool
		switch b.(type) {
		case nil, string, bool:
			return a == b
		}
		return false
	}
}

// sameNumber compares whole numbers digit by digit: a float would take two long
// ones, such as ids, for one.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(a+b, ".eE") {
		return strings.Trim(a, "-0") == "" && strings.Trim(b, "-0") == ""
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}
