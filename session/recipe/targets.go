package recipe

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"crosstalk/session"
)

const (
	maxTargets  = 2000
	maxProblems = 20
)

// targets reads vegeta's target files, in its http and its json form.
type targets struct {
	file     string
	recipe   *Recipe
	steps    []*request
	problems session.Problems
}

var targetStart = regexp.MustCompile(`^[A-Z]+\s`)

// Targets reads vegeta's targets, http form or json form by the first character,
// as vegeta itself reads them: in order, each a step of one journey. file names
// them in messages. The error is [session.Problems].
func Targets(file string, data []byte) (*Recipe, error) {
	t := &targets{file: file, recipe: &Recipe{Source: file}}
	switch {
	case len(data) > maxFile:
		t.add(0, fmt.Sprintf("the file has %d bytes, and %d are read", len(data), maxFile), "cut it: each target is a step")
	case foreign(string(data)) || bytes.IndexByte(data, 0) >= 0:
		t.add(0, "the file is not text", "give a file of targets as vegeta -targets takes it")
	default:
		trimmed := bytes.TrimSpace(data)
		switch {
		case bytes.HasPrefix(trimmed, []byte("{")):
			t.json(string(data))
		case bytes.HasPrefix(trimmed, []byte("[")):
			t.add(1, "this is one JSON list", "write one JSON object a line, as vegeta -format=json takes it: jq -c '.[]' FILE")
		default:
			t.http(string(data))
		}
		if len(t.steps) == 0 && len(t.problems) == 0 {
			t.add(0, "there is no target", "write for example GET http://HOST:PORT/")
		}
	}
	if len(t.problems) > 0 {
		return nil, t.problems
	}
	r := t.recipe
	r.journeys = []journey{{name: "targets", steps: t.steps}}
	r.finish()
	return r, nil
}

func (t *targets) add(line int, what, remedy string) {
	if len(t.problems) < maxProblems {
		t.problems = append(t.problems, session.Problem{File: t.file, Line: line, What: what, Remedy: remedy})
	}
}

// bad adds an error of the form "what: remedy".
func (t *targets) bad(line int, err error) {
	what, remedy, _ := strings.Cut(err.Error(), ": ")
	t.add(line, what, remedy)
}

// full tells whether reading on makes no sense.
func (t *targets) full(line int) bool {
	if len(t.steps) >= maxTargets {
		t.add(line, fmt.Sprintf("there are more than %d targets", maxTargets), "cut the file: a journey of this length is no journey")
		return true
	}
	return len(t.problems) >= maxProblems
}

// http reads METHOD URL, headers, and @FILE for the body, targets apart by a
// blank line.
func (t *targets) http(data string) {
	lines := strings.Split(strings.ReplaceAll(data, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines) && !t.full(i+1); i++ {
		first := strings.TrimSpace(lines[i])
		if first == "" || first[0] == '#' {
			continue
		}
		method, address, _ := strings.Cut(first, " ")
		at := i + 1
		if address = strings.TrimSpace(address); address == "" || !targetStart.MatchString(first) {
			t.add(at, fmt.Sprintf("%q does not begin a target", firstWord(first)), "write METHOD URL, for example GET http://HOST:PORT/, with a blank line before it")
			i = afterBlank(lines, i)
			continue
		}
		q, err := newRequest(fmt.Sprintf("line %d", at), method, address)
		if err != nil {
			t.bad(at, err)
		}
		for i+1 < len(lines) {
			next := strings.TrimSpace(lines[i+1])
			if next == "" || targetStart.MatchString(next) {
				break
			}
			i++
			if next[0] == '#' {
				continue
			}
			if path, ok := strings.CutPrefix(next, "@"); ok {
				t.bodyFile(q, i+1, path)
				break
			}
			t.header(q, i+1, next)
		}
		if q != nil {
			t.steps = append(t.steps, q)
		}
	}
}

// firstWord is as much of a line as a message may show: what follows may be a
// secret.
func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return line(word)
}

func afterBlank(lines []string, i int) int {
	for i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" {
		i++
	}
	return i
}

func (t *targets) header(q *request, at int, text string) {
	name, value, ok := strings.Cut(text, ":")
	if !ok || strings.TrimSpace(name) == "" || strings.TrimSpace(value) == "" {
		t.add(at, fmt.Sprintf("%q is not a header", firstWord(name)), "write Name: value, or @FILE for the body")
		return
	}
	t.putHeader(q, at, name, value)
}

func (t *targets) putHeader(q *request, at int, name, value string) {
	if q == nil {
		return
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "content-length", "connection", "transfer-encoding":
		return // the engine's own business
	case "accept-encoding":
		if v := strings.TrimSpace(value); !strings.EqualFold(v, "gzip") {
			t.recipe.note("Accept-Encoding: %s is left out: load asks for gzip, which is what it can read", v)
		}
		return
	}
	if err := q.addHeader(name, value); err != nil {
		t.bad(at, err)
	}
}

// bodyFile takes a body by its name: the engine reads the file itself.
func (t *targets) bodyFile(q *request, at int, path string) {
	switch {
	case strings.TrimSpace(path) == "":
		t.add(at, "@ names no file", "write @FILE")
	case q == nil:
	case q.reads():
		t.add(at, "a "+q.method+" request with a body is not sent", "use POST, or put it into the URL after ?")
	default:
		if err := there(path); err != nil {
			t.bad(at, err)
		}
		q.body = body{kind: bodyFile, file: path}
	}
}

// there tells whether a file that is named as a body can be read later.
func there(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s can't be read later: %w", line(path), err)
	case err != nil:
		return fmt.Errorf("there is no file %s: paths start where you are, so go to their folder, or correct the path", line(path))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file: name the file that is to be sent", line(path))
	}
	return nil
}

// jsonTarget is a line of the json form, as vegeta's schema has it.
type jsonTarget struct {
	Method string              `json:"method"`
	URL    string              `json:"url"`
	Body   string              `json:"body"` // base64
	Header map[string][]string `json:"header"`
}

// json reads one object a line.
func (t *targets) json(data string) {
	for i, text := range strings.Split(data, "\n") {
		if t.full(i + 1) {
			return
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		var v jsonTarget
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.add(i+1, "the line is not one JSON object of a target ("+jsonReason(err)+")", `write {"method":"GET","url":"http://HOST:PORT/"} on one line`)
			continue
		}
		switch {
		case v.Method == "":
			t.add(i+1, "the target has no method", `add "method":"GET"`)
			continue
		case v.URL == "":
			t.add(i+1, "the target has no url", `add "url":"http://HOST:PORT/"`)
			continue
		}
		t.jsonTarget(i+1, v)
	}
}

func (t *targets) jsonTarget(at int, v jsonTarget) {
	names := make([]string, 0, len(v.Header))
	for name, values := range v.Header {
		names = append(names, name)
		if foreign(name + strings.Join(values, "")) {
			t.add(at, "a header has characters that cannot be sent", "take them out")
			return
		}
	}
	if foreign(v.URL) {
		t.add(at, "the URL has characters that cannot be sent", "write them as %XX")
		return
	}
	q, err := newRequest(fmt.Sprintf("line %d", at), v.Method, v.URL)
	if err != nil {
		t.bad(at, err)
		return
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range v.Header[name] {
			t.putHeader(q, at, name, value)
		}
	}
	raw, err := base64.StdEncoding.DecodeString(v.Body)
	if err != nil {
		t.add(at, "the body is not base64", "encode it: base64 -w0 FILE")
		return
	}
	if foreign(string(raw)) {
		err = errors.New("the body is not text: save it as a file, and write the target in the http form with @FILE")
	} else {
		err = q.setBody(string(raw))
	}
	if err != nil {
		t.bad(at, err)
		return
	}
	t.steps = append(t.steps, q)
}

// jsonReason says in a few words why text is not JSON.
func jsonReason(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s is a %s", e.Field, e.Value)
	}
	return err.Error()
}
