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
	Production Request       // lists, searches or shows it; GET, HEAD or POST
	Every      time.Duration // between two looks; 0: 1 s
	For        time.Duration // in all; 0: 60 s
}

// Run makes the record and looks for it. Seen, the finding is DataLink, at once;
// not seen in the whole time it is Distinct, of this record; and when a request
// fails, or an answer repeats whatever it is asked, it is Unknown. The record
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
	control, why := d.look(ctx, o, "crosstalk-dye-"+random(8))
	if why != "" {
		return f.open(f.Question, &trouble{"production's request does not work: " + why, "mend dye's production request: it should answer 2xx to a search for anything"}), nil
	}
	status, _, err := o.send(ctx, d.Staging, name)
	if err != nil {
		return f.open(f.Question, &trouble{"staging's request failed: " + connectTrouble(err, o.Limit).why, "mend dye's staging request"}), nil
	}
	if status < 200 || status > 399 {
		return f.open(f.Question, &trouble{fmt.Sprintf("staging did not make the record: it answered %d", status), "mend dye's staging request"}), nil
	}
	return d.watch(ctx, o, f, name, control)
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
	case !slices.Contains([]string{"", http.MethodGet, http.MethodHead, http.MethodPost}, strings.ToUpper(d.Production.Method)):
		return errors.New("production's request must be a GET, or a POST that only searches: production is looked at, not changed")
	case d.For < d.Every:
		return errors.New("it looks for a shorter time than it waits between two looks")
	}
	return nil
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
func (d Dye) watch(ctx context.Context, o Options, f Finding, name string, control int) (Finding, error) {
	from := time.Now()
	end := time.NewTimer(d.For)
	defer end.Stop()
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	looks, bad, why := 0, 0, ""
	for {
		n, failed := d.look(ctx, o, name)
		switch {
		case failed != "":
			bad, why = bad+1, failed
		case n > control:
			return f.answer(f.Question, DataLink, "%s, made through staging, was seen in production's answer after %.1f s: they share data, or one copies it to the other.", name, time.Since(from).Seconds()), nil
		}
		looks++
		select {
		case <-tick.C:
			continue
		case <-end.C:
		case <-ctx.Done():
			g := f.open(f.Question, &trouble{fmt.Sprintf("the test was ended after %d looks; %s was not seen until then", looks, name), "run it again to its end"})
			return g, nil
		}
		break
	}
	if bad == looks {
		return f.open(f.Question, &trouble{"no look at production worked: " + why, "mend dye's production request"}), nil
	}
	return f.answer(f.Question, Distinct, "%s, made through staging, was not in any of %d answers of production within %v. That is said of this record and this time alone.", name, looks-bad, d.For), nil
}

// look returns how often production's answer holds the name, or why there was no
// answer to look at. A record that is not found is an answer.
func (d Dye) look(ctx context.Context, o Options, name string) (int, string) {
	status, body, err := o.send(ctx, d.Production, name)
	switch {
	case err != nil:
		return 0, connectTrouble(err, o.Limit).why
	case status == http.StatusNotFound || status == http.StatusGone:
		// It shows one record by its name, and there is none; what it repeats on
		// such a page is no sight of it.
		return 0, ""
	case status < 200 || status > 299:
		return 0, fmt.Sprintf("it answered %d", status)
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
