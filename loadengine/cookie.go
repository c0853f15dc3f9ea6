package loadengine

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
)

// cookieURL is the address that cookies of r belong to: behind one address the
// Host header says who is asked, where there is one, and so whose they are.
func cookieURL(r *http.Request) *url.URL {
	if r.Host == "" || r.Host == r.URL.Host {
		return r.URL
	}
	asked := *r.URL
	asked.Host = r.Host
	return &asked
}

// withCookies returns r with the cookies of the user's jar.
func (u *user) withCookies(r *http.Request) *http.Request {
	if u.jar == nil {
		return r
	}
	cookies := u.jar.Cookies(cookieURL(r))
	if len(cookies) == 0 {
		return r
	}
	with := *r
	with.Header = r.Header.Clone()
	if own := r.Header["Cookie"]; own != nil {
		with.Header.Del("Cookie")
		if left := withoutCookies(own, cookies); left != "" {
			with.Header.Set("Cookie", left)
		}
	}
	for _, c := range cookies {
		with.AddCookie(c)
	}
	return &with
}

// withoutCookies returns a step's own cookies but for those in whose place the
// server has set others since: twice under one name, each server takes the one
// it likes.
func withoutCookies(own []string, set []*http.Cookie) string {
	var left []string
	for _, line := range own {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			name, _, _ := strings.Cut(pair, "=")
			if pair != "" && !slices.ContainsFunc(set, func(c *http.Cookie) bool { return c.Name == strings.TrimSpace(name) }) {
				left = append(left, pair)
			}
		}
	}
	return strings.Join(left, "; ")
}

func (u *user) keepCookies(r *http.Request, resp *http.Response) {
	if len(resp.Header["Set-Cookie"]) == 0 {
		return
	}
	if u.jar == nil {
		u.jar, _ = cookiejar.New(nil) // without options it cannot fail
	}
	u.jar.SetCookies(cookieURL(r), resp.Cookies())
}

// cookie returns a cookie by name, of this response or from before.
func (u *user) cookie(resp *http.Response, name string) (string, bool) {
	for _, c := range resp.Cookies() {
		if c.Name == name {
			return c.Value, true
		}
	}
	if u.jar != nil && resp.Request != nil {
		for _, c := range u.jar.Cookies(cookieURL(resp.Request)) {
			if c.Name == name {
				return c.Value, true
			}
		}
	}
	return "", false
}
