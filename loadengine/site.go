package loadengine

import (
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// credentials are the headers that hold some whatever a configuration says.
var credentials = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// site is where a step goes, as far as its URL says before it is filled in, and
// which of the plan's headers are only for staging's own site: its host, and
// those below it. A further host that load may reach gets them from nobody but
// the step itself.
type site struct {
	base    string   // host of staging's URL
	host    string   // of the step; "" where only its values say
	private []string // of the plan's headers that the step sends
	login   bool     // Authorization is the user:password of staging's URL: for its host alone
}

// siteOf tells where a step with this URL goes; base is staging's.
func siteOf(base, u *url.URL) site {
	s := site{base: base.Hostname()}
	if u != nil {
		s.host = u.Hostname()
	}
	return s
}

// takes tells whether a host gets one of the private headers.
func (s *site) takes(key, host string) bool {
	if s.login && key == "Authorization" {
		return canonicalHost(s.base) == canonicalHost(host)
	}
	return sameSite(s.base, host)
}

// unknown tells whether it shows only at the send who would get what is private.
func (s *site) unknown() bool { return s.host == "" && len(s.private) > 0 }

// leave returns a header without what the host is not to get.
func (s *site) leave(h http.Header, host string) http.Header {
	var out http.Header
	for _, key := range s.private {
		if _, has := h[key]; !has || s.takes(key, host) {
			continue
		}
		if out == nil {
			out = maps.Clone(h)
		}
		delete(out, key)
	}
	if out == nil {
		return h
	}
	return out
}

// private tells whether one of the plan's headers is only for staging's own site.
func (p *Plan) private(key string) bool {
	key = textproto.CanonicalMIMEHeaderKey(key)
	return slices.Contains(credentials, key) || slices.ContainsFunc(p.Private, func(name string) bool { return textproto.CanonicalMIMEHeaderKey(name) == key })
}

// Withheld returns the names of the plan's headers that a step does not send,
// because it goes to another host than Base: what is private, unless the step
// sends it itself. Of a step whose host only its values tell there are none.
func (p Plan) Withheld(s Step) []string {
	base, err := url.Parse(p.Base)
	if err != nil || !strings.Contains(s.URL, "://") {
		return nil
	}
	authority, _, _ := strings.Cut(s.URL, "{{")
	to, err := url.Parse(authority)
	if err != nil || to.Hostname() == "" || authority != s.URL && strings.Count(authority, "/") < 3 {
		return nil
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(p.Header)) {
		if p.private(key) && !sameSite(base.Hostname(), to.Hostname()) && !hasHeader(s.Header, key) {
			out = append(out, key)
		}
	}
	return out
}

func hasHeader(h http.Header, key string) bool {
	for have := range h {
		if strings.EqualFold(have, key) {
			return true
		}
	}
	return false
}
