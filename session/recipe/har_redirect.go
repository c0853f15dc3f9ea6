package recipe

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// chain returns an entry and those that its redirects led to, of which none was
// followed before.
func (r *Recipe) chain(kept []*harEntry, i int, followed map[*harEntry]bool) []*harEntry {
	all := []*harEntry{kept[i]}
	for next := i + 1; ; {
		last := all[len(all)-1]
		to := redirected(last)
		if to == nil {
			return all
		}
		at := slices.IndexFunc(kept[next:], func(f *harEntry) bool { return !followed[f] && sameURL(f.url, to) })
		if at < 0 {
			if to.Host != kept[i].url.Host {
				r.note("entry %d leads to %s, where load does not go; --har-host %s lets it", last.n, to.Host, to.Host)
			}
			return all
		}
		next += at + 1
		all = append(all, kept[next-1])
	}
}

// ambiguous tells whether a chain cannot be one step: it ends at a redirect, which
// that step would have to expect, and an earlier answer has the same status. Load
// stops at the first one that is expected, and would never see the rest.
func ambiguous(chain []*harEntry) bool {
	before, last := chain[:len(chain)-1], chain[len(chain)-1].Response.Status
	return last >= 300 && last < 400 && last != 304 && slices.ContainsFunc(before, func(e *harEntry) bool { return e.Response.Status == last })
}

// redirected is where an answer sends the browser; nil when it does not.
func redirected(e *harEntry) *url.URL {
	if !slices.Contains([]int{301, 302, 303, 307, 308}, e.Response.Status) {
		return nil
	}
	to, err := e.url.Parse(cmp.Or(e.answer("Location"), e.Response.Redirect))
	if err != nil || to.Host == "" || to.String() == e.url.String() {
		return nil
	}
	to.Host = strings.ToLower(to.Host)
	return to
}

func sameURL(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host && cmp.Or(a.EscapedPath(), "/") == cmp.Or(b.EscapedPath(), "/") && a.RawQuery == b.RawQuery
}
