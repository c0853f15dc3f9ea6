package monitors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// longestRetryAfter bounds what a server may ask for, so that one odd header
// cannot end a check for good.
const longestRetryAfter = time.Hour

// statusSet is the set of HTTP statuses a check accepts.
type statusSet []statusRange

type statusRange struct{ low, high int }

// parseStatus reads "2xx", "200" or a list of both with commas. Empty is 2xx.
func parseStatus(s string) (statusSet, error) {
	if strings.TrimSpace(s) == "" {
		return statusSet{{200, 299}}, nil
	}
	var set statusSet
	for part := range strings.SplitSeq(s, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		if len(part) == 3 && part[1:] == "xx" && part[0] >= '1' && part[0] <= '5' {
			low := int(part[0]-'0') * 100
			set = append(set, statusRange{low, low + 99})
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || len(part) != 3 || n < 100 || n > 599 {
			return nil, fmt.Errorf("read expected status: %q is neither a status such as 200 nor a class such as 2xx", part)
		}
		set = append(set, statusRange{n, n})
	}
	return set, nil
}

func (s statusSet) has(status int) bool {
	for _, r := range s {
		if status >= r.low && status <= r.high {
			return true
		}
	}
	return false
}

// retryAfter reads a Retry-After header: seconds or an HTTP date. What cannot
// be read is 0.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		if n > int64(longestRetryAfter/time.Second) {
			return longestRetryAfter
		}
		return max(0, time.Duration(n)*time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), longestRetryAfter)
}

// fromCache says whether a shared cache answered instead of the server, by the
// headers caches set: Age, and X-Cache with HIT.
func fromCache(h http.Header) bool {
	if n, err := strconv.Atoi(strings.TrimSpace(h.Get("Age"))); err == nil && n > 0 {
		return true
	}
	for _, name := range []string{"X-Cache", "X-Cache-Status", "Cf-Cache-Status"} {
		if strings.Contains(strings.ToUpper(h.Get(name)), "HIT") {
			return true
		}
	}
	return false
}

// jsonStep is one step of a path: a key, or an index when key is empty.
type jsonStep struct {
	key     string
	index   int
	isIndex bool
}

// parseJSONPath reads a path such as $.status, $.nodes[0].state or
// $['odd key']: the part of JSONPath that names exactly one value.
func parseJSONPath(s string) ([]jsonStep, error) {
	bad := func(why string) ([]jsonStep, error) {
		return nil, fmt.Errorf("read JSON path %q: %s", s, why)
	}
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return bad("it does not begin with $")
	}
	var steps []jsonStep
	for rest != "" {
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return bad("a key is empty")
			}
			steps = append(steps, jsonStep{key: rest[1 : 1+end]})
			rest = rest[1+end:]
		case len(rest) > 2 && rest[0] == '[' && (rest[1] == '\'' || rest[1] == '"'):
			end := strings.Index(rest[2:], rest[1:2]+"]")
			if end < 0 {
				return bad("a quoted key is not closed")
			}
			steps = append(steps, jsonStep{key: rest[2 : 2+end]})
			rest = rest[2+end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return bad("an index is not closed")
			}
			n, err := strconv.Atoi(rest[1:end])
			if err != nil || n < 0 {
				return bad("an index is not a whole number")
			}
			steps = append(steps, jsonStep{index: n, isIndex: true})
			rest = rest[end+1:]
		default:
			return bad("after $ comes .key, [0] or ['key']")
		}
	}
	return steps, nil
}

// readJSON reads one JSON value; numbers stay as they are written.
func readJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("the body is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body is not one JSON value")
	}
	return v, nil
}

// jsonAt returns the value at a path. The error says what was missing.
func jsonAt(body []byte, steps []jsonStep) (any, error) {
	v, err := readJSON(body)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		if step.isIndex {
			list, ok := v.([]any)
			if !ok || step.index >= len(list) {
				return nil, fmt.Errorf("the JSON body has no [%d]", step.index)
			}
			v = list[step.index]
			continue
		}
		object, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("the JSON body has no %q", step.key)
		}
		if v, ok = object[step.key]; !ok {
			return nil, fmt.Errorf("the JSON body has no %q", step.key)
		}
	}
	return v, nil
}

// sameValue compares two JSON values by what they are: 19.90 is 19.9, and "5" is
// not 5.
func sameValue(got, want any) bool {
	switch a := got.(type) {
	case json.Number:
		b, ok := want.(json.Number)
		if !ok || a == b {
			return ok
		}
		x, errX := a.Float64()
		y, errY := b.Float64()
		return errX == nil && errY == nil && x == y
	case []any:
		b, ok := want.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case map[string]any:
		b, ok := want.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	default: // nil, a string or a bool
		switch want.(type) {
		case nil, string, bool:
			return got == want
		}
		return false
	}
}
