package loadengine

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxServers bounds the names that answers may bring.
const maxServers = 64

// cacheHit tells whether an answer came from a cache in between: the server
// behind it was not asked at all.
func cacheHit(h http.Header) bool {
	if age := h.Get("Age"); age != "" && strings.Trim(age, "0") != "" {
		return true
	}
	for _, name := range [...]string{"X-Cache", "Cf-Cache-Status", "X-Cache-Status", "X-Proxy-Cache"} {
		if v := h.Get(name); v != "" {
			for word := range strings.FieldsFuncSeq(strings.ToLower(v), func(r rune) bool { return r < 'a' || r > 'z' }) {
				if word == "hit" {
					return true
				}
			}
		}
	}
	return false
}

var loginPath = regexp.MustCompile(`(?i)(^|[/._-])(log-?in|sign-?in|sso|saml|oauth2?|authorize|auth)([/._-]|$)`)

// atLogin tells whether a step that is no login ended at a login page: by
// redirects that were followed to it, or by one that leads there.
func atLogin(s *step, sent *http.Request, resp *http.Response, hops int) bool {
	to := sent.URL
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		next, err := sent.URL.Parse(resp.Header.Get("Location"))
		if err != nil {
			return false
		}
		to = next
	case hops == 0:
		return false
	}
	return loginPath.MatchString(to.Path) && !loginPath.MatchString(pathOf(s.written))
}

func pathOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	return u.Path
}

// looks judges what a good answer may hide.
func (g *gate) looks(u *user, sent *http.Request, resp *http.Response) {
	o := &u.out
	o.cached = cacheHit(resp.Header)
	o.login = (resp.StatusCode < 400) && atLogin(u.step, sent, resp, o.hops)
	if g.servedBy != "" {
		o.server = resp.Header.Get(g.servedBy)
	}
}
