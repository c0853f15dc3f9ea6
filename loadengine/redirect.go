package loadengine

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// header returns what the user's step sends. The same map serves many requests
// at once when nothing has to be rendered; nobody may write to it.
func (u *user) header() http.Header {
	s := u.step
	if len(s.dynamic) == 0 {
		return s.header
	}
	h := maps.Clone(s.header)
	for _, d := range s.dynamic {
		h[d.key] = append(slices.Clip(h[d.key]), string(d.value.render(nil, u.value)))
	}
	return h
}

// redirect returns the request that follows a response, or nil if the response
// is the last one: it is not a redirect, or it leads where load may not go.
func (g *gate) redirect(u *user, r *http.Request, resp *http.Response) *http.Request {
	method, keepBody := r.Method, false
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if method != http.MethodHead {
			method = http.MethodGet
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		keepBody = true
	default:
		return nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil
	}
	named := u.step.expect.status.names(resp.StatusCode) // the redirect itself is what the step is for
	to, err := r.URL.Parse(location)
	if err != nil {
		if !named {
			g.findings.note(Finding{Kind: FindingLocation, Host: spelled(r.URL.Scheme, r.URL.Host).String(), Step: u.step.name})
		}
		u.out.astray = true
		return nil
	}
	to.RawQuery = strings.ReplaceAll(to.RawQuery, " ", "%20")
	if err := g.hosts.check(to.Scheme, to.Host); err != nil {
		if !named || errors.Is(err, errForbidden) { // what leads to production is worth a word whatever the step is for
			g.findings.refused(FindingRedirect, to, u.step.name, err)
		}
		u.out.astray = true
		return nil
	}
	if named {
		return nil
	}
	next := *r
	next.URL, next.Method = to, method
	// A Location without a host stays with whom we asked: the Host header, where
	// one was set, says who that is, and not the address (RFC 9110, 10.2.2).
	if relative, err := url.Parse(location); err != nil || relative.IsAbs() || relative.Host != "" {
		next.Host = ""
	}
	next.Header = r.Header.Clone()
	if !keepBody {
		next.Body, next.GetBody, next.ContentLength = nil, nil, 0
		next.Header.Del("Content-Type")
	} else if r.GetBody != nil {
		if next.Body, err = r.GetBody(); err != nil {
			return nil
		}
	}
	if !sameSite(r.URL.Hostname(), to.Hostname()) {
		for _, secret := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Www-Authenticate"} {
			next.Header.Del(secret)
		}
	}
	next.Header = u.step.site.leave(next.Header, to.Hostname())
	return &next
}

// sameSite tells whether to may see what was meant for from: the same host or
// one below it.
func sameSite(from, to string) bool {
	from, to = canonicalHost(from), canonicalHost(to)
	return from == to || strings.HasSuffix(to, "."+from)
}
