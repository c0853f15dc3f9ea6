package recipe

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

const (
	leastThink = 300 * time.Millisecond // a shorter gap is the browser, not a person
	mostThink  = 10 * time.Second
)

// recorded is one step of a recording: a request and, where it was redirected,
// the last answer.
type recorded struct {
	q      *request
	first  *harEntry
	last   *harEntry
	twin   *recorded // the earlier step that this one repeats; it is not a step of its own
	then   *recorded // the step that its redirect leads to, where that is a step of its own
	once   bool
	source map[*recorded]bool // steps whose saved values it uses
	grants bool               // a value of its answer is used in a header Authorization
}

// HAR reads a recording of a browser. file names it in messages. The error is
// [session.Problems], each with the line of the file where there is one.
func HAR(file string, data []byte, o HAROptions) (*Recipe, error) {
	h, err := readHAR(file, data)
	if err != nil {
		return nil, err
	}
	r := &Recipe{Source: file}
	kept, err := r.filter(h.entries, o)
	if err != nil {
		return nil, err
	}
	r.cookies(h, kept)
	recs, err := r.record(kept)
	if err != nil {
		return nil, err
	}
	if len(o.Hosts) > 0 { // the first one named is staging's own
		if i := slices.IndexFunc(recs, func(c *recorded) bool { return sameHost(o.Hosts[0], c.first.url.Host) }); i >= 0 {
			r.base = recs[i].q.origin
		}
	}
	twins(recs)
	r.link(recs)
	r.thinking(recs)
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	r.journeys = []journey{arrange(cmp.Or(line(strings.Map(noMark, name)), "recording"), recs)}
	r.finish()
	r.note("the last pause of a round is not in a recording: think is 1s..3s unless you change it")
	return r, nil
}

// record makes requests of entries and joins redirects to one step, where that
// is what the load would do.
func (r *Recipe) record(kept []*harEntry) ([]*recorded, error) {
	var recs []*recorded
	followed, led := map[*harEntry]bool{}, map[*harEntry]*recorded{}
	for i, e := range kept {
		if followed[e] {
			continue
		}
		q, err := r.entry(e)
		if err != nil {
			what, remedy, _ := strings.Cut(err.Error(), ": ")
			r.note("left out: entry %d (%s %s): %s: %s", e.n, e.Request.Method, e.url.Path, what, remedy)
			continue
		}
		c := &recorded{q: q, first: e, last: e, source: map[*recorded]bool{}}
		if before := led[e]; before != nil {
			before.then = c
		}
		chain := r.chain(kept, i, followed)
		if ambiguous(chain) {
			led[chain[1]], chain = c, chain[:1]
		}
		for _, f := range chain[1:] {
			followed[f] = true
		}
		c.last = chain[len(chain)-1]
		switch status := c.last.Response.Status; {
		case status >= 300 && status != 304:
			q.expect = fmt.Sprint(status)
			q.comments = append(q.comments, fmt.Sprintf("answered %d in the recording", status))
		case status == 201 || status == 202 || status == 204:
			q.expect = fmt.Sprint(status)
		}
		recs = append(recs, c)
	}
	if len(recs) == 0 {
		return nil, session.Problems{{File: r.Source, What: "no request is left to repeat (" + strings.Join(r.Notes, "; ") + ")", Remedy: "record it again"}}
	}
	return recs, nil
}

// ownHeader are headers of the browser's, which the load has its own of or does
// without.
var ownHeader = regexp.MustCompile(`^(?i)(:.*|host|connection|keep-alive|content-length|cookie2?|accept-encoding|accept-language|user-agent|upgrade.*|dnt|pragma|` +
	`cache-control|priority|te|if-.*|sec-.*|proxy-.*|x-client-data|x-devtools-.*|alt-used|purpose|transfer-encoding|traceparent|tracestate|baggage|sentry-trace|x-b3-.*|newrelic|expect)$`)

// entry makes a request of an entry. An error is what is wrong, a colon, and the
// remedy.
func (r *Recipe) entry(e *harEntry) (*request, error) {
	if foreign(e.Request.URL) {
		return nil, fmt.Errorf("its URL is not text: add the step by hand")
	}
	q, err := newRequest(fmt.Sprintf("entry %d", e.n), e.Request.Method, e.Request.URL)
	if err != nil {
		return nil, err
	}
	for _, h := range e.Request.Headers {
		name, accept := strings.ToLower(h.Name), strings.ToLower(h.Value)
		switch {
		case h.Value == "" || ownHeader.MatchString(h.Name):
			continue
		case name == "accept" && (strings.HasPrefix(accept, "*/*") || strings.HasPrefix(accept, "text/html") || strings.HasPrefix(accept, "image/")):
			continue
		case name == "origin" && q.reads():
			continue
		case name == "referer":
			if q.reads() {
				continue
			}
			h.Value, _, _ = strings.Cut(h.Value, "?")
		}
		if foreign(h.Value) {
			return nil, fmt.Errorf("its header %s is not text: add the step by hand", line(h.Name))
		}
		if strings.EqualFold(h.Name, "Authorization") && q.header("Authorization") != "" {
			continue
		}
		if err := q.addHeader(h.Name, h.Value); err != nil {
			return nil, err
		}
	}
	p := e.Request.Post
	if p == nil {
		return q, nil
	}
	content := p.Text
	if p.Code == "base64" {
		return nil, fmt.Errorf("its body is not text: add the step by hand, with file: NAME")
	}
	multipart := strings.HasPrefix(strings.ToLower(p.Mime), "multipart/")
	upload := slices.ContainsFunc(p.Params, func(h harPair) bool { return h.File != "" })
	if multipart && (content == "" || upload) {
		return nil, fmt.Errorf("the uploaded file is not in the recording: add the step by hand, with file: NAME")
	}
	if content == "" {
		form := make([]pair, len(p.Params))
		for i, h := range p.Params {
			form[i] = pair{h.Name, h.Value}
		}
		if content = encodeForm(form); len(form) > 0 && q.header("Content-Type") == "" {
			q.setHeader("Content-Type", formType)
		}
	}
	if foreign(content) {
		return nil, fmt.Errorf("its body is not text: add the step by hand, with file: NAME")
	}
	if q.header("Content-Type") == "" && p.Mime != "" {
		if err := q.addHeader("Content-Type", p.Mime); err != nil {
			return nil, err
		}
	}
	return q, q.setBody(content)
}

// password tells whether a request logs somebody in.
func (q *request) password() bool {
	if q.reads() {
		return false
	}
	return slices.ContainsFunc(q.atoms(), func(a atom) bool {
		low := strings.ToLower(a.name)
		return (a.place == "form" || a.place == "json") && (strings.Contains(low, "passw") || strings.Contains(low, "pwd") || low == "pass" || strings.Contains(low, "passphrase"))
	})
}

// twins finds logins that repeat an earlier one, and the pages they were typed
// into: the once steps do that by themselves.
func twins(recs []*recorded) {
	for i, c := range recs {
		if !c.q.password() {
			continue
		}
		first := slices.IndexFunc(recs[:i], func(d *recorded) bool { return d.twin == nil && d.q.password() && sameStep(d, c) })
		if first < 0 {
			continue
		}
		c.twin = recs[first]
		if first > 0 {
			page, before := recs[i-1], recs[first-1]
			if page.q.method == "GET" && page.twin == nil && page != before && sameStep(page, before) {
				page.twin = before
			}
		}
		// What the product asks for behind the login is asked for again.
		for k := 1; i+k < len(recs) && first+k < i && recs[first+k].twin == nil && sameStep(recs[i+k], recs[first+k]); k++ {
			recs[i+k].twin = recs[first+k]
		}
	}
}

func sameStep(a, b *recorded) bool {
	return a.q.method == b.q.method && a.q.origin == b.q.origin && a.q.path() == b.q.path()
}

// thinking takes the pauses from the gaps between one answer and the next
// request.
func (r *Recipe) thinking(recs []*recorded) {
	var before *recorded
	for _, c := range recs {
		if before != nil && c.twin == nil {
			gap := c.first.Started.Sub(before.last.ended())
			if gap > mostThink {
				r.note("pauses over %s are cut to that", span(mostThink))
				gap = mostThink
			}
			if gap >= leastThink {
				before.q.think = gap.Round(100 * time.Millisecond)
			}
		}
		if c.twin == nil {
			before = c
		}
	}
}

// arrange makes one journey: what logs in runs once, the rest again and again.
func arrange(name string, recs []*recorded) journey {
	steps := slices.DeleteFunc(slices.Clone(recs), func(c *recorded) bool { return c.twin != nil })
	for _, c := range steps {
		if c.grants || c.q.password() && c.last.Response.Status < 400 {
			c.markOnce()
			// The page of the form gives the cookies it is sent with.
			for _, d := range steps {
				if d == c {
					break
				}
				if d.q.method == "GET" && d.q.path() == c.q.path() {
					d.markOnce()
				}
			}
		}
	}
	j := journey{name: name, think: session.Range{Min: time.Second, Max: 3 * time.Second}}
	for _, c := range steps {
		if c.once {
			j.once = append(j.once, c.q)
		} else {
			j.steps = append(j.steps, c.q)
		}
	}
	if len(j.steps) == 0 {
		j.once, j.steps = nil, j.once
	}
	return j
}

// markOnce takes a step into the login, with all that it needs values from.
func (c *recorded) markOnce() {
	if c.once {
		return
	}
	c.once = true
	if c.then != nil && c.then.twin == nil {
		c.then.markOnce()
	}
	for d := range c.source {
		d.markOnce()
	}
}

var sessionCookie = regexp.MustCompile(`(?i)sess|sid$|^sid|auth|token|jwt|login|remember`)

// cookies says what a recording lacks: cookies altogether, values that were
// blacked out, or the login before it.
func (r *Recipe) cookies(h *harFile, kept []*harEntry) {
	set := map[string]bool{}
	some, auth, black := false, false, false
	var missing []string
	mine := map[*harEntry]bool{}
	for _, e := range kept {
		mine[e] = true
	}
	for _, e := range h.entries {
		sent := map[string]bool{}
		for _, c := range e.Request.Cookies {
			sent[c.Name] = true
			black = black || c.Value != "" && redacted(c.Value)
		}
		for part := range strings.SplitSeq(e.sent("Cookie"), ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
				sent[name] = true
				black = black || value != "" && redacted(value)
			} else if part != "" && redacted(part) {
				black = true
			}
		}
		_, word, split := strings.Cut(e.sent("Authorization"), " ")
		auth = auth || e.sent("Authorization") != ""
		black = black || split && redacted(word) || !split && e.sent("Authorization") != "" && redacted(e.sent("Authorization"))
		for name := range sent {
			some = true
			if mine[e] && !set[name] && sessionCookie.MatchString(name) && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
		for _, c := range setCookies(e) {
			some, set[c.Name] = true, true
			black = black || redacted(c.Value) && c.Value != ""
		}
	}
	slices.Sort(missing)
	switch {
	case black:
		r.note("the recording has its cookies or tokens blacked out: what no answer gives must come from the environment, or record again with sensitive data")
	case !some && !auth:
		say := "the recording has no cookies and no Authorization header"
		if strings.EqualFold(h.creator, "WebInspector") {
			say += ": Chrome leaves them out of Export HAR (sanitized). Choose Export HAR (with sensitive data), which DevTools' settings switch on under Network"
		} else {
			say += ": if the product has a login, they were taken out; export with them"
		}
		r.note("%s", say)
	case len(missing) > 0:
		r.note("cookies that no recorded answer set (%s): the recording began after the login. Record from the login on, in a private window", strings.Join(missing, ", "))
	}
}

// setCookies are the cookies that an answer sets.
func setCookies(e *harEntry) []harPair {
	var out []harPair
	for _, h := range e.Response.Headers {
		if !strings.EqualFold(h.Name, "Set-Cookie") {
			continue
		}
		for one := range strings.SplitSeq(h.Value, "\n") { // several in one, as Chrome writes them
			first, _, _ := strings.Cut(one, ";")
			if name, value, ok := strings.Cut(strings.TrimSpace(first), "="); ok {
				out = append(out, harPair{Name: name, Value: strings.Trim(value, `"`)})
			}
		}
	}
	if len(out) == 0 {
		out = e.Response.Cookies
	}
	return out
}
