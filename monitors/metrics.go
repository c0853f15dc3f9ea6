package monitors

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	// mostMetrics bounds how much of a page of metrics is read, in bytes.
	mostMetrics = 16 << 20
	// mostLabels bounds how many of a series' labels a reason names.
	mostLabels = 3
)

// MetricsOptions describes a check of a page in Prometheus' text format. Env,
// Name, URL and Every are needed.
type MetricsOptions struct {
	Env     string            // role of the environment
	Name    string            // unique within the environment
	URL     string            // http or https
	Every   time.Duration     // period
	Timeout time.Duration     // 0: DefaultTimeout
	Version string            // of the program, for the User-Agent; empty: dev
	Request map[string]string // request headers
	TLS     *tls.Config       // nil: this machine's roots

	Series string   // such as node_load1 or errors_total{code="500"}; empty: only that the page is there
	Rate   bool     // the series is a counter: its rise a second is what counts
	Limit  *float64 // bad above it; nil: none
	Warn   *float64 // warns above it; nil: none
}

// Metrics makes a check that reads a page of metrics, as slow evidence.
//
// Without a series the page itself is watched: it must be there, and be
// metrics. With one, the largest value of the series that have all the labels
// named counts, and a page that cannot be read or lacks the series means that
// nothing is known. A counter that falls began anew at 0; the first reading of
// a counter has no rate yet.
func Metrics(o MetricsOptions) (Check, error) {
	fail := func(err error) (Check, error) {
		return Check{}, fmt.Errorf("make metrics check %s of %s: %w", o.Name, o.Env, err)
	}
	h := HTTPOptions{
		Env: o.Env, Name: o.Name, URL: o.URL, Every: o.Every, Timeout: o.Timeout, Version: o.Version,
		// Nothing but the text format is read here.
		Request: map[string]string{"Accept": "text/plain;version=0.0.4;q=1,*/*;q=0.1"}, TLS: o.TLS,
	}
	maps.Copy(h.Request, o.Request)
	i, err := newInstrument(h, mostMetrics, o.Limit, o.Warn)
	if err != nil {
		return fail(err)
	}
	read := readPage
	if o.Series != "" {
		want, err := parseSeries(o.Series)
		if err != nil {
			return fail(err)
		}
		m := &meter{want: want, rate: o.Rate, limits: i.limits}
		read = m.read
	} else if o.Rate || o.Limit != nil || o.Warn != nil {
		return fail(errors.New("a rate or a limit needs a series"))
	}
	c, err := i.check(h, kindMetrics, read)
	if err != nil {
		return fail(err)
	}
	c.Numbers = o.Series != ""
	return c, nil
}

// readPage accepts any page of metrics.
func readPage(r Result, body []byte) Result {
	if !r.OK {
		return r
	}
	samples, err := parseMetrics(body)
	if err != nil || len(samples) == 0 {
		return Result{Hard: true, Reason: "the page is not Prometheus text"}.onto(r)
	}
	return r
}

// parseMetrics returns all numbers of a page; Timestamp is 0 where the page
// names no time.
func parseMetrics(page []byte) (model.Vector, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(page))
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	var all model.Vector
	for _, f := range families {
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{}, f)
		if err != nil {
			return nil, fmt.Errorf("read metrics: %w", err)
		}
		all = append(all, samples...)
	}
	return all, nil
}

// parseSeries reads a series as it stands in a page: name{label="value",...}.
func parseSeries(s string) (model.Metric, error) {
	// The reader of pages reads it, so that both agree on every quote.
	found, err := parseMetrics([]byte(strings.TrimSpace(s) + " 1\n"))
	if err != nil || len(found) != 1 || found[0].Value != 1 || found[0].Timestamp != 0 || strings.Contains(s, "\n") {
		return nil, fmt.Errorf("the series %q is not of the form name{label=\"value\"}", s)
	}
	return found[0].Metric, nil
}

// find returns the points of a page that have the name and labels of want and
// are numbers. Only lines with that name are parsed: a page has thousands of
// others, and one that is wrong elsewhere still tells this. Without the lines of
// type a histogram's parts are plain numbers, too.
func find(want model.Metric, page []byte) (model.Vector, error) {
	name := []byte(want[model.MetricNameLabel])
	var lines bytes.Buffer
	for line := range bytes.Lines(page) {
		line = bytes.TrimLeft(line, " \t")
		rest, named := bytes.CutPrefix(line, name)
		named = named && len(rest) > 0 && strings.IndexByte("{ \t", rest[0]) >= 0
		// A name in quotes stands inside the braces.
		if named || len(line) > 0 && line[0] == '{' {
			lines.Write(bytes.TrimRight(line, "\r\n"))
			lines.WriteByte('\n')
		}
	}
	points, err := parseMetrics(lines.Bytes())
	return slices.DeleteFunc(points, func(p *model.Sample) bool {
		for k, v := range want {
			// As in PromQL, a label that is not there is an empty one.
			if p.Metric[k] != v {
				return true
			}
		}
		return math.IsNaN(float64(p.Value))
	}), err
}

// grows tells whether a page says that a series only grows: a counter, or a part of a
// histogram or summary.
func grows(name string, page []byte) bool {
	for line := range bytes.Lines(page) {
		rest, ok := bytes.CutPrefix(line, []byte("# TYPE "))
		if !ok {
			continue
		}
		words := strings.Fields(string(rest))
		if len(words) != 2 {
			continue
		}
		part, ours := strings.CutPrefix(name, words[0])
		if !ours {
			continue
		}
		switch words[1] {
		case "counter":
			if part == "" || part == "_total" {
				return true
			}
		case "histogram", "summary":
			if part == "_bucket" || part == "_count" || part == "_sum" {
				return true
			}
		}
	}
	return false
}

// meter reads one series again and again. Only one probe runs at a time, so it
// needs no lock.
type meter struct {
	want   model.Metric
	rate   bool
	limits limits
	seen   map[model.Fingerprint]counter // of counters
}

// counter is what was last read of one.
type counter struct {
	value float64
	at    time.Time
	rate  float64
	known bool // rate is
}

func (m *meter) read(r Result, page []byte) Result {
	if !r.OK {
		return hearsay(r, "the page of metrics")
	}
	name := plain(string(m.want[model.MetricNameLabel]))
	points, err := find(m.want, page)
	if err != nil {
		return Result{Blind: true, Reason: "the page is not Prometheus text"}.onto(r)
	}
	if len(points) == 0 {
		return Result{Blind: true, Reason: "the page has no number for " + name}.onto(r)
	}
	if m.rate {
		if points = m.rates(points, time.Now()); len(points) == 0 {
			return Result{Blind: true, Reason: "the rate of " + name + " needs a second reading"}.onto(r)
		}
	}
	worst := highest(points)
	if len(points) > 1 {
		name += tellLabels(worst.Metric, m.want)
	}
	out := m.limits.measured(name, float64(worst.Value), m.unit()).onto(r)
	out.Total = !m.rate && grows(string(m.want[model.MetricNameLabel]), page)
	return out
}

// rates turns counters into their rise a second since the reading before.
func (m *meter) rates(points model.Vector, now time.Time) model.Vector {
	seen := make(map[model.Fingerprint]counter, len(points))
	var out model.Vector
	for _, p := range points {
		key := p.Metric.Fingerprint()
		c := counter{value: float64(p.Value), at: now}
		if p.Timestamp > 0 {
			c.at = p.Timestamp.Time()
		}
		if before, ok := m.seen[key]; ok {
			if elapsed := c.at.Sub(before.at).Seconds(); elapsed > 0 {
				rise := c.value - before.value
				if rise < 0 {
					rise = c.value // it began anew
				}
				c.rate, c.known = rise/elapsed, true
			} else {
				// The page repeats itself: nothing new is known.
				c = before
			}
		}
		seen[key] = c
		if c.known && !math.IsNaN(c.rate) {
			out = append(out, &model.Sample{Metric: p.Metric, Value: model.SampleValue(c.rate)})
		}
	}
	// Series that are gone are forgotten.
	m.seen = seen
	return out
}

// unit guesses the unit from the name, by Prometheus' rules for names.
func (m *meter) unit() string {
	name := strings.TrimSuffix(string(m.want[model.MetricNameLabel]), "_total")
	unit := ""
	for suffix, u := range map[string]string{"_seconds": "s", "_bytes": "B", "_celsius": "°C", "_percent": "%"} {
		if strings.HasSuffix(name, suffix) {
			unit = u
		}
	}
	if m.rate {
		unit += "/s"
	}
	return unit
}

// highest returns the largest of at least one points.
func highest(points model.Vector) *model.Sample {
	return slices.MaxFunc(points, func(a, b *model.Sample) int { return cmp.Compare(a.Value, b.Value) })
}

// tellLabels words for a reason the labels that but does not have, at most
// three: ` (device="sda")`.
func tellLabels(labels, but model.Metric) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if _, known := but[k]; !known && k != model.MetricNameLabel && len(parts) < mostLabels {
			parts = append(parts, plain(fmt.Sprintf("%s=%q", k, string(labels[k]))))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
