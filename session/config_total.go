package session

import (
	"regexp"
	"slices"
	"strings"
)

// PromQL for series that are put together, and for a series as it is.
var (
	promTogether = regexp.MustCompile(`(?is)^(?:sum|avg|min|max)\s*(?:(?:by|without)\s*\([^()]*\)\s*)?\((.*?)\)\s*(?:(?:by|without)\s*\([^()]*\))?$`)
	promSeries   = regexp.MustCompile(`(?s)^([A-Za-z_:][A-Za-z0-9_:]*)\s*(?:\{(?:[^{}"'\x60]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60[^\x60]*\x60)*\})?$`)
)

// deepest is in how many others a call that puts series together is looked for.
const deepest = 8

// refuseTotal refuses a check whose number only grows, by its name: of a moment it tells
// nothing, however much is done in it.
func (r *configReader) refuseTotal(c Check, path string, seen map[string]place) {
	const gauge = "rate: false if it goes up and down, as pg_stat_activity_count does"
	at, said := seen["rate"]
	switch c.Kind {
	case "metrics":
		if !said && isTotal(c.Series) {
			r.add(seen["series"], "add rate: true: a total that only grows says nothing about a moment ("+gauge+")",
				"the series of a check in %s is named as a total, and has no rate", path)
		}
	case "prometheus", "grafana":
		switch {
		case c.Rate:
			r.add(at, "write rate(http_requests_total[1m]) as its query", "a check of kind %s in %s makes no rate of its query", c.Kind, path)
		case !said && isTotal(seriesOf(c.Query)):
			r.add(seen["query"], "write rate(http_requests_total[1m]): a total that only grows says nothing about a moment ("+gauge+")",
				"the query of a check in %s is of a series that is named as a total, and of no rate", path)
		}
	}
}

// isTotal tells whether a series has a name that Prometheus' rules give to what only
// grows.
func isTotal(series string) bool {
	name, _, _ := strings.Cut(series, "{")
	name = strings.TrimSpace(name)
	return slices.ContainsFunc([]string{"_total", "_count", "_sum"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// seriesOf names the series that a query in PromQL reads as they are, put together or
// not; empty of every other query, and of other languages.
func seriesOf(query string) string {
	for range deepest {
		query = strings.TrimSpace(query)
		if m := promSeries.FindStringSubmatch(query); m != nil {
			return m[1]
		}
		m := promTogether.FindStringSubmatch(query)
		if m == nil {
			return ""
		}
		query = m[1]
	}
	return ""
}
