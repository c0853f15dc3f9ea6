package loadengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// statuses is a compiled Expect.Status: codes, and classes as 2 for 2xx.
type statuses struct{ codes, classes []int }

func parseStatuses(s string) (statuses, error) {
	var st statuses
	if strings.TrimSpace(s) == "" {
		return st, nil
	}
	for f := range strings.SplitSeq(s, ",") {
		f = strings.ToLower(strings.TrimSpace(f))
		if class, ok := strings.CutSuffix(f, "xx"); ok && len(class) == 1 && class[0] >= '1' && class[0] <= '5' {
			st.classes = append(st.classes, int(class[0]-'0'))
			continue
		}
		code, err := strconv.Atoi(f)
		if err != nil || code < 100 || code > 599 {
			return statuses{}, fmt.Errorf("expect: status %q: write a code such as 201, or a class such as 2xx", clip(f))
		}
		st.codes = append(st.codes, code)
	}
	return st, nil
}

// any tells whether no status is asked for.
func (s statuses) any() bool { return s.codes == nil && s.classes == nil }

func (s statuses) ok(code int) bool {
	if s.any() {
		return code < http.StatusBadRequest
	}
	return s.names(code)
}

// names tells whether a code is asked for, by itself or by its class.
func (s statuses) names(code int) bool {
	return slices.Contains(s.codes, code) || slices.Contains(s.classes, code/100)
}

// expectation is a compiled Expect.
type expectation struct {
	status statuses
	body   []byte
	json   []jsonExpect
}

type jsonExpect struct {
	path jsonPath
	want any
}

func compileExpect(e Expect) (expectation, []error) {
	var errs []error
	st, err := parseStatuses(e.Status)
	if err != nil {
		errs = append(errs, err)
	}
	x := expectation{status: st, body: []byte(e.Body)}
	for _, path := range sortedKeys(e.JSON) {
		p, err := parseJSONPath(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("expect: %w", err))
			continue
		}
		want, err := jsonValue([]byte(e.JSON[path]))
		if err != nil {
			errs = append(errs, fmt.Errorf("expect: %s: %w", path, err))
			continue
		}
		x.json = append(x.json, jsonExpect{path: p, want: want})
	}
	return x, errs
}

func (x expectation) needsBody() bool { return len(x.body) > 0 || len(x.json) > 0 }

// judge returns the kind of error that the response is, or "" for a good one.
func (x expectation) judge(code int, body []byte) string {
	if !x.status.ok(code) {
		return "status " + strconv.Itoa(code)
	}
	if len(x.body) > 0 && !bytes.Contains(body, x.body) {
		return "expect body"
	}
	for _, j := range x.json {
		if _, err := j.find(body); err != nil {
			return "expect json"
		}
	}
	return ""
}

var errOther = errors.New("another value")

// find returns what is at the path; an error if it is not what it should be,
// errOther if there is something else.
func (j jsonExpect) find(body []byte) (json.RawMessage, error) {
	raw, err := j.path.raw(body)
	if err != nil {
		return nil, err
	}
	got, err := jsonValue(raw)
	if err != nil {
		return nil, err
	}
	if !sameJSON(got, j.want) {
		return raw, errOther
	}
	return raw, nil
}

// saver takes one value out of a response.
type saver struct {
	name string
	from func(r *http.Response, body []byte, cookie func(string) (string, bool)) (string, bool)
	body bool
}

func compileSave(save map[string]string) ([]saver, []error) {
	var all []saver
	var errs []error
	for _, name := range sortedKeys(save) {
		if !isName(name) {
			errs = append(errs, fmt.Errorf("save: %q is not a name (letters, digits, _ - .)", clip(name)))
			continue
		}
		s, err := compileSaver(name, save[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("save %s: %w", name, err))
			continue
		}
		all = append(all, s)
	}
	return all, errs
}

func compileSaver(name, from string) (saver, error) {
	kind, arg, _ := strings.Cut(from, ":")
	switch {
	case strings.HasPrefix(from, "$"):
		p, err := parseJSONPath(from)
		if err != nil {
			return saver{}, err
		}
		return saver{name: name, body: true, from: func(_ *http.Response, body []byte, _ func(string) (string, bool)) (string, bool) {
			v, err := p.find(body)
			return v, err == nil
		}}, nil
	case kind == "header" && isToken(arg):
		return saver{name: name, from: func(r *http.Response, _ []byte, _ func(string) (string, bool)) (string, bool) {
			v := r.Header.Get(arg)
			return v, v != ""
		}}, nil
	case kind == "cookie" && isToken(arg):
		return saver{name: name, from: func(_ *http.Response, _ []byte, cookie func(string) (string, bool)) (string, bool) {
			return cookie(arg)
		}}, nil
	case kind == "regex" && arg != "":
		re, err := regexp.Compile(arg)
		if err != nil {
			return saver{}, fmt.Errorf("compile regex: %w", err)
		}
		return saver{name: name, body: true, from: func(_ *http.Response, body []byte, _ func(string) (string, bool)) (string, bool) {
			m := re.FindSubmatch(body)
			switch {
			case m == nil:
				return "", false
			case len(m) > 1:
				return string(m[1]), true
			default:
				return string(m[0]), true
			}
		}}, nil
	default:
		return saver{}, fmt.Errorf("%q: write $.path, header:NAME, cookie:NAME or regex:EXPR", clip(from))
	}
}

// isToken tells whether s may be a method or a header name (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// validJSON says why text is not one JSON value.
func validJSON(text []byte) error {
	var v json.RawMessage
	if err := json.Unmarshal(text, &v); err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	return nil
}
