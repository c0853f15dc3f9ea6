package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DyePlaceholder stands in the requests of a dye test for the record's name.
const DyePlaceholder = "{{dye}}"

// How a dye test looks, unless it says otherwise.
const (
	DyeEvery = time.Second
	DyeFor   = time.Minute
)

const dyeBody = 1 << 20 // bytes of an answer that are looked at

// Request is one configured request. Headers may hold secrets: nothing of a
// request but its URL's host gets into a finding or an error.
type Request struct {
	Method  string // "": GET
	URL     string
	Headers map[string]string
	Body    string
}

// Dye makes one uniquely named, harmless record through staging and looks for it
// in production's answers. Where the record is to be named, in URL, headers or
// body, {{dye}} stands.
type Dye struct {
	Staging    Request       // creates the record
	Look       Request       // finds it through staging; without a URL staging's 2xx is taken for that
	Production Request       // lists, searches or shows it; GET or POST
	Every      time.Duration // between two looks; 0: 1 s
	For        time.Duration // in all; 0: 60 s
}

// Run makes the record and looks for it. Seen, the finding is DataLink, at once;
// not seen in the whole time it is Distinct, of this record; and when a request
// fails, or it is not certain that there is a record, it is Unknown. The record
// stays: its name, which begins with crosstalk-dye-, is in the evidence. It is
// an error when the requests cannot be such a test.
func (d Dye) Run(ctx context.Context, o Options) (Finding, error) {
	o = o.complete()
	if d.Every <= 0 {
		d.Every = DyeEvery
	}
	if d.For <= 0 {
		d.For = DyeFor
	}
	f := Finding{System: systemDye, Question: "Does a record of staging show in production?"}
	if err := d.check(&f); err != nil {
		return Finding{}, fmt.Errorf("prepare dye test: %w", err)
	}
	name := "crosstalk-dye-" + random(8)
	// Another name of the same form: what answers to it, repeats what it is asked.
	// The true one is not asked for before it exists, lest an absence be cached.
	control := "crosstalk-dye-" + random(8)
	if _, why := look(ctx, o, d.Production, control); why != "" {
		return f.open(f.Question, &trouble{"production's request does not work: " + why, "mend dye's production request: it should answer 2xx to a search for anything"}), nil
	}
	status, _, err := o.send(ctx, d.Staging, name)
	if err != nil {
		return f.open(f.Question, &trouble{"staging's request failed: " + connectTrouble(err, o.Limit).why, "mend dye's staging request"}), nil
	}
	if status < 200 || status > 399 {
		return f.open(f.Question, &trouble{fmt.Sprintf("staging did not make the record: it answered %d", status), "mend dye's staging request"}), nil
	}
	return d.watch(ctx, o, f, name, control, status), nil
}

// check refuses what cannot be a dye test.
func (d Dye) check(f *Finding) error {
	var hosts [2]string
	for i, r := range []Request{d.Staging, d.Production} {
		role := [2]string{"staging", "production"}[i]
		u, err := url.Parse(r.URL)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("%s's request needs a URL such as https://HOST/path", role)
		}
		hosts[i] = hostPort(u)
	}
	f.Staging, f.Production = hosts[0], hosts[1]
	switch {
	case hosts[0] == hosts[1]:
		return fmt.Errorf("both requests go to %s: the record must be made through staging and looked for in production", hosts[0])
	case !d.Staging.dyed():
		return errors.New("staging's request has no {{dye}} where the record's name belongs")
	case !d.Production.looks():
		return errors.New("production's request must be a GET, or a POST that only searches: production is looked at, not changed")
	case d.Look.URL != "" && !d.Look.looks():
		return errors.New("the look through staging must be a GET, or a POST that only searches")
	case d.For < d.Every:
		return errors.New("it looks for a shorter time than it waits between two looks")
	}
	return nil
}

// looks says that the request's answer has a body to look at, and that it is not
// meant to change anything.
func (r Request) looks() bool {
	return slices.Contains([]string{"", http.MethodGet, http.MethodPost}, strings.ToUpper(r.Method))
}

func (r Request) dyed() bool {
	for _, v := range r.Headers {
		if strings.Contains(v, DyePlaceholder) {
			return true
		}
	}
	return strings.Contains(r.URL, DyePlaceholder) || strings.Contains(r.Body, DyePlaceholder)
}

// watch looks for the record until it is seen or the time is over.
func (d Dye) watch(ctx context.Context, o Options, f Finding, name, control string, status int) Finding {
	from := time.Now()
	end := time.NewTimer(d.For)
	defer end.Stop()
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	looks, bad, why := 0, 0, ""
	// What staging answers to a form that was taken, it may answer to one that
	// wants a login first, too.
	made := d.Look.URL == "" && status < 300
	whyNot := ""
	for {
		if !made && d.Look.URL != "" {
			made, whyNot = sighted(ctx, o, d.Look, name, control)
		}
		seen, failed := sighted(ctx, o, d.Production, name, control)
		switch {
		case failed != "":
			bad, why = bad+1, failed
		case seen:
			return f.answer(f.Question, DataLink, "%s, made through staging, was seen in production's answer after %.1f s: they share data, or one copies it to the other.", name, time.Since(from).Seconds())
		}
		looks++
		select {
		case <-tick.C:
			continue
		case <-end.C:
		case <-ctx.Done():
			return f.open(f.Question, &trouble{fmt.Sprintf("the test was ended after %d looks; %s was not seen until then", looks, name), "run it again to its end"})
		}
		break
	}
	switch {
	case bad == looks:
		return f.open(f.Question, &trouble{"no look at production worked: " + why, "mend dye's production request"})
	case 2*bad > looks:
		return f.open(f.Question, &trouble{fmt.Sprintf("%d of %d looks at production failed: %s", bad, looks, why), "run it again when production answers"})
	case made:
		return f.answer(f.Question, Distinct, "%s, made through staging, was not in any of %d answers of production within %v. That is said of this record and this time alone.", name, looks-bad, d.For)
	case d.Look.URL == "":
		return f.open(f.Question, &trouble{fmt.Sprintf("%s was not seen, but whether there is such a record is not known: staging answered %d, as it may also do without making one", name, status), "add a request to dye that finds the record through staging (look)"})
	case whyNot != "":
		return f.open(f.Question, &trouble{name + " was not seen, but whether there is such a record is not known: staging's own look failed: " + whyNot, "mend dye's look request"})
	}
	return f.open(f.Question, &trouble{name + " was not seen in production, but not in staging either: there may be no such record", "mend dye's staging request, or its look"})
}

// sighted looks once, and for the control before and after it. A page that
// repeats what it is asked, or lists what was asked for lately, shows the control
// as often as the true name: it was asked for more often, and at last later.
func sighted(ctx context.Context, o Options, r Request, name, control string) (bool, string) {
	before := 0
	if r.dyed() {
		var why string
		if before, why = look(ctx, o, r, control); why != "" {
			return false, why
		}
	}
	n, why := look(ctx, o, r, name)
	if why != "" || n <= before || !r.dyed() {
		return why == "" && n > before, why
	}
	after, why := look(ctx, o, r, control)
	return why == "" && n > after, why
}

// look returns how often an answer holds the name, or why there was no answer to
// look at. A record that is not found is an answer.
func look(ctx context.Context, o Options, r Request, name string) (int, string) {
	status, body, err := o.send(ctx, r, name)
	switch {
	case err != nil:
		return 0, connectTrouble(err, o.Limit).why
	case status == http.StatusNotFound || status == http.StatusGone:
		// It shows one record by its name, and there is none; what it repeats on
		// such a page is no sight of it.
		return 0, ""
	case status < 200 || status > 299:
		return 0, fmt.Sprintf("it answered %d", status)
	case len(body) == dyeBody:
		return 0, "its answer is too long to be looked through (1 MiB)"
	}
	return bytes.Count(body, []byte(name)), ""
}

// send sends a request with the placeholder filled in.
func (o Options) send(ctx context.Context, r Request, name string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	method := strings.ToUpper(r.Method)
	if method == "" {
		method = http.MethodGet
	}
	fill := func(s string) string { return strings.ReplaceAll(s, DyePlaceholder, name) }
	request, err := http.NewRequestWithContext(ctx, method, fill(r.URL), strings.NewReader(fill(r.Body)))
	if err != nil {
		return 0, nil, errForm
	}
	request.Header.Set("User-Agent", o.UserAgent)
	for key, value := range r.Headers {
		if strings.EqualFold(key, "Host") {
			request.Host = fill(value)
			continue
		}
		request.Header.Set(key, fill(value))
	}
	client, done := o.client(false)
	defer done()
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("send request: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, dyeBody))
	if err != nil {
		return 0, nil, fmt.Errorf("read answer: %w", err)
	}
	return answer.StatusCode, body, nil
}
