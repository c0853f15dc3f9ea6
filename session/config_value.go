package session

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// raw gives a text as it stands in the file.
func (r *configReader) raw(n ast.Node, path, example string) (string, place, bool) {
	if n = r.resolve(n); n == nil {
		return "", place{}, false
	}
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, placeOf(n), true
	case *ast.LiteralNode:
		if v.Value != nil {
			return v.Value.Value, placeOf(n), true
		}
	}
	if t := n.GetToken(); t != nil && slices.Contains([]string{"a number", "true or false"}, describe(n)) {
		example = strconv.Quote(t.Value) + ", in quotes"
	}
	r.wrong(n, path, "a text", example)
	return "", place{}, false
}

// text reads a text and puts environment variables in. The values never meet the YAML parser, so none
// can add a key.
func (r *configReader) text(n ast.Node, path, example string) (string, bool) {
	s, at, ok := r.raw(n, path, example)
	if !ok {
		return "", false
	}
	return r.expand(s, at, path)
}

// filled is a text that is not empty.
func (r *configReader) filled(n ast.Node, path, example string) (string, bool) {
	s, ok := r.text(n, path, example)
	if ok && strings.TrimSpace(s) == "" {
		r.wrongText(n, path, "write for example "+example, "is empty")
		return "", false
	}
	return s, ok
}

// label reads a text that is shown and stored, so no secret may come into it.
func (r *configReader) label(n ast.Node, path, example string) (string, bool) {
	s, at, ok := r.raw(n, path, example)
	if !ok {
		return "", false
	}
	if strings.Contains(strings.ReplaceAll(s, "$$", ""), "${") {
		r.add(at, "write it out, or $${ for a literal ${", "%s is shown and stored, so it takes no environment variable", path)
		return "", false
	}
	s = strings.ReplaceAll(s, "$$", "$")
	if strings.TrimSpace(s) == "" {
		r.add(at, "write for example "+example, "%s is empty", path)
		return "", false
	}
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) && path != "charter" {
		r.add(at, "keep it to one line", "%s has a control character or a line break", path)
		return "", false
	}
	return s, true
}

// wrongText notes what is wrong with a text's meaning. The text itself is quoted as it stands in the file,
// before environment variables, so that no message can give a secret away.
func (r *configReader) wrongText(n ast.Node, path, remedy, what string) {
	n = r.resolve(n)
	shown := ""
	switch v := n.(type) {
	case *ast.StringNode:
		shown = v.Value
	case *ast.LiteralNode:
		if v.Value != nil {
			shown = v.Value.Value
		}
	}
	if shown = maskPatterns(shown); len(shown) > 80 {
		shown = strings.ToValidUTF8(shown[:80], "") + "…"
	}
	if strings.TrimSpace(shown) != "" {
		path += " " + strconv.Quote(shown)
	}
	r.add(placeOf(n), remedy, "%s %s", path, what)
}

// duration reads a span such as 300ms, at least least.
func (r *configReader) duration(n ast.Node, path, example string, least time.Duration) time.Duration {
	if v := r.resolve(n); v != nil && describe(v) == "a number" {
		first, _, _ := strings.Cut(example, "..")
		unit := strings.TrimLeft(first, "0123456789")
		r.add(placeOf(v), "write it with its unit, for example "+v.GetToken().Value+unit, "%s has no unit", path)
		return 0
	}
	s, ok := r.text(n, path, example)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimSpace(s))
	switch {
	case err != nil:
		r.wrongText(n, path, "write a number and ms, s, m or h, for example "+example, "is not a duration")
		return 0
	case d < least:
		what := "is too short"
		if d < 0 {
			what = "is negative"
		}
		r.wrongText(n, path, "write for example "+example, what)
		return 0
	}
	return d
}

// span reads a fixed time (2s) or a uniform range (1s..3s).
func (r *configReader) span(n ast.Node, path string) (Range, bool) {
	const example = "1s..3s"
	if v := r.resolve(n); v != nil {
		if d := describe(v); d != "a text" {
			d := r.duration(n, path, example, 0)
			return Range{d, d}, false
		}
	}
	s, ok := r.text(n, path, example)
	if !ok {
		return Range{}, false
	}
	low, high, ranged := strings.Cut(s, "..")
	if !ranged {
		high = low
	}
	a, errA := time.ParseDuration(strings.TrimSpace(low))
	b, errB := time.ParseDuration(strings.TrimSpace(high))
	switch {
	case errA != nil || errB != nil:
		r.wrongText(n, path, "write 2s or 1s..3s", "is not a duration or a range of durations")
	case a < 0 || b < 0:
		r.wrongText(n, path, "write 2s or 1s..3s", "is negative")
	case a > b:
		r.wrongText(n, path, "write the shorter one first", "runs backwards")
	default:
		return Range{a, b}, true
	}
	return Range{}, false
}

// whole reads a whole number, at least least.
func (r *configReader) whole(n ast.Node, path string, least int) int {
	v := r.resolve(n)
	i, ok := v.(*ast.IntegerNode)
	if v == nil {
		return 0
	}
	example := strconv.Itoa(max(least, 1))
	if f, fraction := v.(*ast.FloatNode); fraction {
		r.add(placeOf(v), "write for example "+example, "%s must be a whole number, not %s", path, f.GetToken().Value)
		return 0
	}
	if !ok {
		r.wrong(v, path, "a whole number", example)
		return 0
	}
	x, err := strconv.ParseInt(fmt.Sprint(i.Value), 10, 32)
	if err != nil || x < int64(least) {
		r.add(placeOf(v), fmt.Sprintf("write %d or more, or remove the key", least), "%s is %s", path, i.GetToken().Value)
		if err != nil && x > 0 {
			r.problems[len(r.problems)-1].Remedy = "write a smaller number"
		}
		return 0
	}
	return int(x)
}

// number reads a finite number.
func (r *configReader) number(n ast.Node, path, example string) (float64, bool) {
	v := r.resolve(n)
	if v == nil {
		return 0, false
	}
	x := math.NaN()
	switch v := v.(type) {
	case *ast.IntegerNode:
		if f, err := strconv.ParseFloat(fmt.Sprint(v.Value), 64); err == nil {
			x = f
		}
	case *ast.FloatNode:
		x = v.Value
	case *ast.InfinityNode, *ast.NanNode:
	default:
		r.wrong(v, path, "a number", example)
		return 0, false
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		r.add(placeOf(v), "write for example "+example, "%s is not a number that can be compared", path)
		return 0, false
	}
	return x, true
}

// share reads 1% or 0.01 as 0.01.
func (r *configReader) share(n ast.Node, path string) float64 {
	v := r.resolve(n)
	if v == nil {
		return 0
	}
	at := placeOf(v)
	var x float64
	if describe(v) == "a text" {
		s, ok := r.text(v, path, "1%")
		if !ok {
			return 0
		}
		p, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(f) {
			r.wrongText(v, path, "write 1% or 0.01", "is not a share")
			return 0
		}
		if x = f; percent {
			x /= 100
		}
	} else {
		var ok bool
		if x, ok = r.number(v, path, "1%"); !ok {
			return 0
		}
	}
	if x <= 0 || x > 1 {
		r.add(at, "write for example 1% or 0.01", "%s is not above 0 and at most 100%%", path)
		return 0
	}
	return x
}

// flag reads true or false.
func (r *configReader) flag(n ast.Node, path string) bool {
	v := r.resolve(n)
	b, ok := v.(*ast.BoolNode)
	if v != nil && !ok {
		r.wrong(v, path, "true or false", "true")
	}
	return ok && b.Value
}

// words reads a list of texts, none of them twice.
func (r *configReader) words(n ast.Node, path, example string, read func(n ast.Node) (string, bool)) (list []string, at []place) {
	r.each(n, path, "["+example+"]", func(_ int, n ast.Node) {
		s, ok := read(n)
		switch {
		case !ok:
		case slices.Contains(list, s):
			r.wrongText(n, path, "remove one of the two", "is named twice")
		default:
			list, at = append(list, s), append(at, placeOf(n))
		}
	})
	return list, at
}

// labels reads a list of texts that are shown and stored.
func (r *configReader) labels(n ast.Node, path, example string) []string {
	list, _ := r.words(n, path, example, func(n ast.Node) (string, bool) { return r.label(n, path, example) })
	return list
}

// dict reads a mapping of free keys to texts; numbers and true or false are taken as they are written.
func (r *configReader) dict(n ast.Node, path, example string, check func(k string, n ast.Node, v string) bool) map[string]string {
	if !r.enter(n) {
		return nil
	}
	defer r.leave()
	keys, values, ok := r.pairs(n, path, example)
	if !ok {
		return nil
	}
	m := make(map[string]string, len(keys))
	for _, k := range keys {
		v := r.resolve(values[k].Value)
		if v == nil {
			continue
		}
		var s string
		switch describe(v) {
		case "a number", "true or false":
			s = v.GetToken().Value
		default:
			if s, ok = r.text(v, path+"."+k, `"text"`); !ok {
				continue
			}
		}
		if check == nil || check(k, v, s) {
			m[k] = s
		}
	}
	return m
}

// headers reads HTTP headers; what would break out of its line is refused.
func (r *configReader) headers(n ast.Node, path string) map[string]string {
	names := map[string]string{}
	return r.dict(n, path, `{X-Team: shop}`, func(k string, n ast.Node, v string) bool {
		switch {
		case !isToken(k):
			r.add(placeOf(n), "use letters, digits and hyphens", "%s has a name that is no header's: %q", path, k)
		case strings.ContainsAny(v, "\r\n\x00"):
			r.add(placeOf(n), "keep it to one line", "%s.%s has a line break", path, k)
		case names[http.CanonicalHeaderKey(k)] != "":
			r.add(placeOf(n), "remove one of the two", "%s names %s twice, as %s too", path, k, names[http.CanonicalHeaderKey(k)])
		default:
			names[http.CanonicalHeaderKey(k)] = k
			if path == "staging.headers" {
				r.filesAt["headers."+http.CanonicalHeaderKey(k)] = placeOf(n)
			}
			return true
		}
		return false
	})
}

// isToken tells whether a header may have this name (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c) {
			return false
		}
	}
	return s != ""
}

// address reads the URL of a server; nothing when there is none, or a wrong one.
func (r *configReader) address(n ast.Node, path string) string {
	const example = "http://127.0.0.1:8080/"
	s, ok := r.filled(n, path, example)
	if !ok {
		return ""
	}
	if what, remedy := wrongURL(s); what != "" {
		// The remedy is made of the value, which may have come from the environment.
		if r.config.inPlace[s] != "" {
			remedy = "write for example " + example
		}
		r.wrongText(n, path, remedy, what)
		return ""
	}
	return s
}

// wrongURL says what is wrong with the URL of a server, and what to do; nothing when it is right.
func wrongURL(s string) (what, remedy string) {
	const example = "http://127.0.0.1:8080/"
	u, err := url.Parse(s)
	switch {
	case !strings.Contains(s, "://"):
		if strings.ContainsAny(s, " \t") || s == "" || strings.HasPrefix(s, "/") {
			return "is not a URL", "write for example " + example
		}
		return "is not a URL (no http:// before the host)", "write http://" + s
	case err != nil:
		return "is not a URL", "write for example " + example
	case u.Scheme != "http" && u.Scheme != "https":
		return "is not an http or https URL", "write for example " + example
	case u.Hostname() == "":
		return "names no host", "write for example " + example
	case strings.ContainsAny(u.Host, " ,{}*$") || !validPort(u.Port(), true):
		return "has a host or port that cannot be", "write for example " + example
	case u.Fragment != "":
		return "has a part after #, which is never sent", "remove the # and what follows"
	}
	return "", ""
}

// validPort tells whether a port can be dialled.
func validPort(s string, optional bool) bool {
	if s == "" {
		return optional
	}
	p, err := strconv.ParseUint(s, 10, 16)
	return err == nil && p > 0
}
