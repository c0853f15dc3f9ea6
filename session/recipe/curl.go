package recipe

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"crosstalk/session"
)

// command is a curl command on its way to a request.
type command struct {
	shell   *shell
	flags   map[string]string // the last value of those that count once
	urls    []string
	headers []string
	dropped []string // headers that -H 'Name:' takes away
	data    []string // encoded, ready to be joined
	file    string   // of a body that is one file
	parts   []pair   // of a form with -F
	cookies []string
	json    bool
}

// Curl reads commands as a browser copies them ("Copy as cURL (bash)"), each a
// step of one journey. The error is [session.Problems], with the place in the
// command.
func Curl(commands ...string) (*Recipe, error) {
	r := &Recipe{Source: "--curl"}
	j := journey{name: "curl"}
	for i, text := range commands {
		file := "--curl"
		if len(commands) > 1 {
			file = fmt.Sprintf("--curl %d", i+1)
		}
		q, err := r.command(file, text, fmt.Sprintf("step %d", i+1))
		if err != nil {
			return nil, err
		}
		j.steps = append(j.steps, q)
	}
	if len(j.steps) == 0 {
		return nil, session.Problems{{File: "--curl", What: "there is no command", Remedy: "write --curl 'curl http://HOST/PATH'"}}
	}
	if len(j.steps) == 1 {
		j.name = j.steps[0].method + " " + strings.Map(noMark, j.steps[0].path())
	}
	r.journeys = []journey{j}
	r.finish()
	return r, nil
}

// noMark keeps marks out of names, which take no variables.
func noMark(c rune) rune {
	if c >= envOpen && c <= holeClose || c < ' ' || c == '{' || c == '}' {
		return '_'
	}
	return c
}

// finish does what every source needs once its steps stand.
func (r *Recipe) finish() {
	r.place(r.requests())
	r.hide()
	r.hoist()
	for _, q := range r.requests() {
		bare := q.header("Authorization") == "" && q.header("Cookie") == "" && q.origin == r.base
		if r.alive == "" && bare && q.method == "GET" && len(q.query) == 0 && !marked(q.target(r.base)) && q.expect == "" && strings.IndexFunc(q.path(), func(c rune) bool { return c > 0x7e }) < 0 {
			r.alive = q.path()
		}
	}
}

func (r *Recipe) command(file, text, where string) (*request, error) {
	s := &shell{file: file, in: text}
	trimmed := strings.TrimSpace(text)
	switch {
	case len(text) > maxText:
		return nil, s.problem(0, fmt.Sprintf("the command has %d bytes, and %d are read", len(text), maxText), "put the body into a file: --data-binary @FILE")
	case trimmed == "":
		return nil, s.problem(0, "the command is empty", "write --curl 'curl http://HOST/PATH'")
	case foreign(text) || strings.ContainsRune(text, 0):
		return nil, s.problem(0, "the command is not text", "copy it again, as UTF-8")
	case strings.HasPrefix(trimmed, "fetch("):
		return nil, s.problem(0, "this is JavaScript", "choose Copy as cURL (bash) in the browser")
	case strings.HasPrefix(trimmed, "Invoke-") || strings.HasPrefix(trimmed, "$session"):
		return nil, s.problem(0, "this is PowerShell", "choose Copy as cURL (bash) in the browser")
	case windowsEscape.MatchString(text) && !strings.Contains(text, "'"):
		return nil, s.problem(strings.IndexByte(text, '^'), "this is written for Windows' cmd, with ^ before special characters", "choose Copy as cURL (bash) in the browser; this program reads it on Windows too")
	}
	words, lines, err := s.split()
	if err != nil {
		return nil, err
	}
	if len(words) > 0 && (words[0] == "$" || words[0] == "%" || words[0] == "time" || words[0] == "sudo") {
		words, lines = words[1:], lines[1:]
	}
	if len(words) == 0 {
		return nil, s.problem(0, "the command is empty", "write --curl 'curl http://HOST/PATH'")
	}
	name := strings.ToLower(strings.ReplaceAll(words[0], `\`, "/"))
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".exe")
	if name != "curl" {
		return nil, s.problem(0, "it does not begin with curl but with "+line(words[0]), "write the whole command: curl URL FLAGS")
	}
	c := &command{shell: s, flags: map[string]string{}}
	if err := c.read(words[1:], lines[1:]); err != nil {
		return nil, err
	}
	q, err := c.request(where)
	if err != nil {
		what, remedy, _ := strings.Cut(err.Error(), ": ")
		return nil, session.Problems{{File: file, What: what, Remedy: remedy}}
	}
	q.timeout, err = c.timeout()
	if err != nil {
		return nil, s.problem(0, err.Error(), "write seconds, such as --max-time 10")
	}
	if _, ok := c.flags["insecure"]; ok {
		r.insecure = true
		r.note("-k: certificates are not verified; better give the authority's certificate as staging.ca")
	}
	for _, f := range []struct {
		flag string
		to   *string
	}{{"cacert", &r.ca}, {"cert", &r.cert}, {"key", &r.key}} {
		if v := c.flags[f.flag]; v != "" {
			*f.to = v
		}
	}
	if r.cert != "" && r.key == "" {
		r.key = r.cert // curl takes both from one file
	}
	return q, nil
}

// read goes through the words as curl does.
func (c *command) read(words []string, lines []int) error {
	refuse := func(i int, what, remedy string) error {
		return session.Problems{{File: c.shell.file, Line: lines[min(i, len(lines)-1)], What: what, Remedy: remedy}}
	}
	var problems session.Problems
	plain := false
	for i := 0; i < len(words); i++ {
		at, w := i, words[i]
		names, value := []string{}, ""
		has := false
		switch {
		case plain || w == "-" || !strings.HasPrefix(w, "-"):
			c.urls = append(c.urls, w)
			continue
		case w == "--":
			plain = true
			continue
		case strings.HasPrefix(w, "--"):
			names = append(names, w[2:])
		default:
			for k := 1; k < len(w); k++ {
				long, ok := curlShort[w[k]]
				if !ok {
					long = w[k : k+1]
				}
				names = append(names, long)
				if curlLong[long].value && k+1 < len(w) {
					value, has = w[k+1:], true
					break
				}
			}
		}
		for _, name := range names {
			f, known := curlLong[name]
			spelled := "--" + name
			switch {
			case !known:
				problems = append(problems, session.Problem{File: c.shell.file, Line: lines[at], What: "curl's flag " + line(strings.Fields(w + " ")[0]) + " is not known here",
					Remedy: "leave it out if it changes nothing that is sent; else write what it does as -H or -d"})
			case f.no != "":
				problems = append(problems, session.Problem{File: c.shell.file, Line: lines[at], What: "curl's flag " + spelled + " cannot be taken over", Remedy: f.no})
			}
			if f.value && !has {
				if i++; i >= len(words) {
					return refuse(at, "curl's flag "+spelled+" has no value", "write it behind the flag")
				}
				value = words[i]
			}
			if known && f.no == "" && f.use != skipFlag {
				if err := c.flag(f.use, value); err != nil {
					what, remedy, _ := strings.Cut(err.Error(), ": ")
					problems = append(problems, session.Problem{File: c.shell.file, Line: lines[at], What: spelled + ": " + what, Remedy: remedy})
				}
			}
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// flag takes one flag over. An error is what is wrong, a colon, and the remedy.
func (c *command) flag(name, v string) error {
	switch name {
	case "header":
		return c.header(v)
	case "data", "data-ascii", "json", "data-binary":
		c.json = c.json || name == "json"
		if path, ok := strings.CutPrefix(v, "@"); ok {
			return c.dataFile(path, name)
		}
		c.data = append(c.data, v)
	case "data-raw":
		c.data = append(c.data, v)
	case "data-urlencode":
		return c.urlencode(v, func(s string) { c.data = append(c.data, s) })
	case "url-query":
		return c.urlencode(v, func(s string) { c.flags["query"] = joined(c.flags["query"], s) })
	case "form", "form-string":
		return c.part(name, v)
	case "cookie":
		if !strings.Contains(v, "=") && !marked(v) {
			return errors.New("it names a file of cookies, which is not read: log in as a step of its own, and the cookies are kept; or write -b NAME=VALUE")
		}
		c.cookies = append(c.cookies, v)
	case "url":
		c.urls = append(c.urls, v)
	default:
		c.flags[name] = v
	}
	return nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "&" + b
}

func (c *command) header(v string) error {
	if strings.HasPrefix(v, "@") {
		return errors.New("it names a file of headers, which is not read: write each header with -H")
	}
	if name, ok := strings.CutSuffix(v, ";"); ok && !strings.Contains(v, ":") {
		c.headers = append(c.headers, name+":\x00")
		return nil
	}
	name, value, ok := strings.Cut(v, ":")
	switch {
	case !ok:
		return errors.New("it has no colon: write -H 'Name: value'")
	case strings.TrimSpace(value) == "":
		c.dropped = append(c.dropped, strings.TrimSpace(name))
	default:
		c.headers = append(c.headers, v)
	}
	return nil
}

// dataFile takes a body from a file: by name when it is the only one, else by
// its text.
func (c *command) dataFile(path, flag string) error {
	if path == "-" || path == "" || marked(path) {
		return errors.New("the body would come from standard input or a variable file name: write it into a file, and @FILE")
	}
	if len(c.data) == 0 && c.file == "" && flag != "data" && flag != "data-ascii" {
		c.file = path
		return nil
	}
	text, err := readText(path)
	if err != nil {
		return err
	}
	if flag == "data" || flag == "data-ascii" { // curl takes out line breaks and NUL here
		text = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(text)
	}
	c.data = append(c.data, text)
	return nil
}

// readText reads a small file that is text.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the file %s cannot be read (%s): correct the path", line(path), reason(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("the file %s is not a plain file: correct the path", line(path))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("the file %s cannot be read (%s): correct the path", line(path), reason(err))
	case len(b) > maxText:
		return "", fmt.Errorf("the file %s is larger than %d bytes: name it alone, with --data-binary @FILE", line(path), maxText)
	case foreign(string(b)):
		return "", fmt.Errorf("the file %s is not text: name it alone, with --data-binary @FILE", line(path))
	}
	return string(b), nil
}

// reason is the system's error without the path.
func reason(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// urlencode reads content, =content, name=content, @file and name@file.
func (c *command) urlencode(v string, put func(string)) error {
	name, content := "", v
	if at := strings.IndexAny(v, "=@"); at >= 0 {
		name, content = v[:at], v[at+1:]
		if v[at] == '@' {
			text, err := readText(content)
			if err != nil {
				return err
			}
			content = text
		}
	}
	out := outside(content, url.QueryEscape)
	if name != "" {
		out = name + "=" + out
	}
	put(out)
	return nil
}

// part is one -F name=value.
func (c *command) part(flag, v string) error {
	name, value, ok := strings.Cut(v, "=")
	if !ok || name == "" || strings.ContainsAny(name, "\"\r\n") {
		return errors.New("it is not NAME=VALUE: write -F 'name=value'")
	}
	if flag == "form" && (strings.HasPrefix(value, "@") || strings.HasPrefix(value, "<")) {
		text, err := readText(value[1:])
		if err != nil {
			return errors.New("a file in a form is taken over only if it is a small text: save the whole body to a file, and send it with --data-binary @FILE and its Content-Type")
		}
		file := ""
		if value[0] == '@' {
			base := value[strings.LastIndexAny(value, `/\@`)+1:]
			file = `; filename="` + strings.ReplaceAll(base, `"`, "%22") + `"` + "\r\nContent-Type: application/octet-stream"
		}
		c.parts = append(c.parts, pair{`"` + name + `"` + file, text})
		return nil
	}
	kind := ""
	if at := strings.Index(value, ";type="); flag == "form" && at >= 0 {
		kind = "\r\nContent-Type: " + value[at+len(";type="):]
		value = value[:at]
	}
	c.parts = append(c.parts, pair{`"` + name + `"` + kind, value})
	return nil
}
