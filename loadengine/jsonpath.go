package loadengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// find returns the value at the path as text: strings without quotes, numbers
// as written, objects and arrays as compact JSON. It reads no further than the
// value, so a body cut short behind it does no harm.
func (p jsonPath) find(doc []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	for _, h := range p {
		if err := h.enter(d); err != nil {
			return "", err
		}
	}
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return "", fmt.Errorf("read json: %w", err)
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
