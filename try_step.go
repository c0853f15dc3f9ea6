package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"crosstalk/loadengine"
	"crosstalk/session"
	"crosstalk/session/recipe"
)

const shownBody = 200 // characters of an answer

// triedStep is one step as it is shown: everything in it is masked.
type triedStep struct {
	Journey  string            `json:"-"`
	Step     string            `json:"step"`
	Once     bool              `json:"once,omitempty"`
	Again    bool              `json:"again,omitempty"` // in the second go, after a 401
	OK       bool              `json:"ok"`
	Repeated bool              `json:"repeated,omitempty"` // a 401 after which the user logs in again
	Method   string            `json:"method,omitempty"`
	URL      string            `json:"url,omitempty"`
	Sent     map[string]string `json:"headers,omitempty"`
	Status   int               `json:"status,omitempty"`
	Via      []triedHop        `json:"redirects,omitempty"`
	MS       float64           `json:"ms"`
	Type     string            `json:"content_type,omitempty"`
	Saved    map[string]string `json:"saved,omitempty"`
	Body     string            `json:"body,omitempty"`
	Error    string            `json:"error,omitempty"`  // kind, as the statistics of load name it
	Detail   string            `json:"detail,omitempty"` // what was expected and what was found
	Look     []string          `json:"look,omitempty"`   // what is good by the rules and may mislead
	Remedy   []string          `json:"remedy,omitempty"`

	names []string // of Saved, in order
}

type triedHop struct {
	Status int    `json:"status"`
	To     string `json:"to"`
}

// judge makes of an exchange what a person is shown.
func (t *trial) judge(x loadengine.Exchange) triedStep {
	s := triedStep{Journey: x.Journey, Step: t.mask.text(x.Step), Once: x.Once, Again: x.Again, OK: x.Kind == "", Status: x.Status,
		MS: float64(x.Took.Round(time.Millisecond/10)) / float64(time.Millisecond), Error: x.Kind,
		Detail: clipped(t.mask.text(unnamed(t.mask.values(x.Detail))), exampleURL)}
	if s.Detail == "" && s.Status == 0 && x.Err != nil {
		s.Detail = clipped(t.mask.text(x.Err.Error()), exampleURL)
	}
	for i, h := range x.Hops {
		if i == 0 {
			s.Method, s.URL, s.Sent = h.Method, t.mask.text(h.URL), t.mask.headers(h.Header)
			continue
		}
		s.Via = append(s.Via, triedHop{Status: x.Hops[i-1].Status, To: t.mask.text(h.URL)})
	}
	if n := len(x.Hops); n > 0 {
		s.Type = http.Header(x.Hops[n-1].Answer).Get("Content-Type")
	}
	for _, v := range x.Saved {
		if s.Saved == nil {
			s.Saved = map[string]string{}
		}
		s.Saved[v.Name] = t.mask.saved(v.Value)
		s.names = append(s.names, v.Name)
	}
	s.Body = t.mask.body(x.Body, s.Type, shownBody)
	step := t.step(x)
	for _, f := range x.Found {
		switch {
		case f.Kind == loadengine.FindingRedirect && expects3xx(step):
		case f.Kind == loadengine.FindingRedirect:
			// The engine counts it as an answer; what the step is for was not reached.
			s.OK = false
			s.Error = cmp.Or(s.Error, "redirect not followed")
			s.Detail = cmp.Or(s.Detail, t.mask.text(fmt.Sprintf("the answer leads to %s, where load may not go", f.Host)))
			s.Remedy = append(s.Remedy, t.mask.text("add "+f.Remedy+", or "+asExpected(x)))
		case f.Kind == loadengine.FindingLocation:
			s.Remedy = append(s.Remedy, "a Location that is no address is a finding already: have it mended, or "+asExpected(x))
		case f.Kind == loadengine.FindingForbidden || f.Kind == loadengine.FindingAddress:
			s.OK = false
			s.Error = cmp.Or(s.Error, "production's address")
			s.Detail = cmp.Or(s.Detail, t.mask.text(fmt.Sprintf("it leads to %s, which production's checks watch", cmp.Or(f.Host, f.Addr))))
			s.Remedy = append(s.Remedy, "load never goes there: let staging point to itself, or correct production's check")
		case f.Remedy != "":
			s.Remedy = append(s.Remedy, t.mask.text("add "+f.Remedy))
		}
	}
	switch {
	case x.Status == http.StatusUnauthorized && !x.Once && !x.Again && x.Kind != "" && t.logsIn(x.Journey):
		s.Repeated = true
		s.Look = append(s.Look, "the user logs in again, as under load, where this counts as a failed request")
	case !s.OK && len(s.Remedy) == 0:
		for _, r := range t.remedies(x, step) {
			s.Remedy = append(s.Remedy, t.mask.text(r))
		}
	case s.OK && loginPage(x):
		s.Look = append(s.Look, "the answer is a login page: the rules call it good, the step was hardly reached. An expect: {contains: ...} tells them apart")
	}
	return s
}

var (
	gotJSON = regexp.MustCompile(`(?s) at (\$\S*), got (.*)$`)
	ledTo   = regexp.MustCompile(`(?s)^it leads to "(.*?)", which is no address`)
)

// unnamed takes out of what an answer had instead the value of a field that is
// secret by its name, or of a parameter of where it leads.
func unnamed(detail string) string {
	if m := ledTo.FindStringSubmatchIndex(detail); m != nil {
		return detail[:m[2]] + hideAddress(detail[m[2]:m[3]]) + unnamed(detail[m[3]:])
	}
	m := gotJSON.FindStringSubmatchIndex(detail)
	switch {
	case m == nil:
		return detail
	case session.SecretName(detail[m[2]:m[3]]):
		return detail[:m[4]] + strconv.Quote(shortenedOnce(strings.Trim(detail[m[4]:m[5]], `"`)))
	default:
		return detail[:m[4]] + recipe.Hide(detail[m[4]:m[5]], shortenedOnce)
	}
}

// step is the plan's own step of an exchange.
func (t *trial) step(x loadengine.Exchange) loadengine.Step {
	for _, j := range t.plan.Journeys {
		if j.Name != x.Journey {
			continue
		}
		for _, s := range slices.Concat(j.Once, j.Steps) {
			if s.Name == x.Step {
				return s
			}
		}
	}
	return loadengine.Step{}
}

func (t *trial) logsIn(journey string) bool {
	return slices.ContainsFunc(t.plan.Journeys, func(j loadengine.Journey) bool { return j.Name == journey && len(j.Once) > 0 })
}

func expects3xx(s loadengine.Step) bool {
	for one := range strings.SplitSeq(s.Expect.Status, ",") {
		if strings.HasPrefix(strings.TrimSpace(one), "3") {
			return true
		}
	}
	return false
}

// asExpected says how to make a redirect that is not followed the end that a step
// is for. Where an earlier answer had the same status, expect would end it there.
func asExpected(x loadengine.Exchange) string {
	last := len(x.Hops) - 1
	if last > 0 && slices.ContainsFunc(x.Hops[:last], func(h loadengine.Hop) bool { return h.Status == x.Status }) {
		return fmt.Sprintf("make each of its %d redirects a step of its own, with the status it was answered with as expect: an expect: %d here ends at the first of them", len(x.Hops), x.Status)
	}
	return fmt.Sprintf("expect: %d if the redirect itself is what you want", x.Status)
}

// loginPage tells whether a redirect ended at a page that asks for a password.
func loginPage(x loadengine.Exchange) bool {
	if len(x.Hops) < 2 {
		return false
	}
	first, err1 := url.Parse(x.Hops[0].URL)
	last, err2 := url.Parse(x.Hops[len(x.Hops)-1].URL)
	page := strings.ToLower(string(x.Body))
	return err1 == nil && err2 == nil && first.Path != last.Path && (strings.Contains(page, `type="password"`) || strings.Contains(page, `type=password`))
}
