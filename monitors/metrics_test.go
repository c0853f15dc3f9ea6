package monitors

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/model"
)

// metricsPage is a page with what real ones have: types, histograms, times,
// other names that begin alike, odd numbers.
const metricsPage = `# HELP load Load.
# TYPE load gauge
load 2.5
load_total{a="1"} 9
# TYPE reqs_total counter
reqs_total{code="200",path="/a"} 100
reqs_total{code="500",path="/a"} 3
reqs_total{code="500",path="/b"} 4 1700000000000
# TYPE took histogram
took_bucket{le="0.1"} 5
took_bucket{le="+Inf"} 8
took_sum 3.5
took_count 8
nothing NaN
much +Inf
some{of="nan"} NaN
some{of="three"} 3
{"odd.name", x="y"} 7
free_bytes 1024
`

func TestMetricsFindsASeries(t *testing.T) {
	tests := []struct {
		series string
		limit  *float64
		warn   *float64
		want   Result
	}{
		{"load", nil, nil, Result{OK: true, Measured: true, Value: 2.5}},
		{"load", new(2.5), nil, Result{OK: true, Measured: true, Value: 2.5}},
		{"load", new(2.0), nil, Result{Measured: true, Value: 2.5, Reason: "load is 2.5, limit 2"}},
		{"load", new(3.0), new(2.0), Result{OK: true, Warn: true, Measured: true, Value: 2.5, Reason: "load is 2.5, warns above 2"}},
		{`reqs_total{code="200"}`, nil, nil, Result{OK: true, Measured: true, Value: 100, Total: true}},
		{`reqs_total{code="500"}`, new(3.5), nil, Result{Measured: true, Value: 4, Reason: `reqs_total (path="/b") is 4, limit 3.5`, Total: true}},
		{`reqs_total{code="500", path="/a"}`, new(3.5), nil, Result{OK: true, Measured: true, Value: 3, Total: true}},
		{`reqs_total{code="404"}`, nil, nil, Result{Blind: true, Reason: "the page has no number for reqs_total"}},
		{`load{instance=""}`, nil, nil, Result{OK: true, Measured: true, Value: 2.5}},
		{"took_count", nil, nil, Result{OK: true, Measured: true, Value: 8, Total: true}},
		{`took_bucket{le="0.1"}`, nil, nil, Result{OK: true, Measured: true, Value: 5, Total: true}},
		{"load_total", nil, nil, Result{OK: true, Measured: true, Value: 9}},
		{"took", nil, nil, Result{Blind: true, Reason: "the page has no number for took"}},
		{"nothing", new(1.0), nil, Result{Blind: true, Reason: "the page has no number for nothing"}},
		{"some", nil, nil, Result{OK: true, Measured: true, Value: 3}},
		{"much", new(1.0), nil, Result{Measured: true, Value: math.MaxFloat64, Reason: "much is infinite, limit 1"}},
		{`{"odd.name"}`, nil, nil, Result{OK: true, Measured: true, Value: 7}},
		{"free_bytes", nil, nil, Result{OK: true, Measured: true, Value: 1024, Unit: "B"}},
		{"gone", new(1.0), nil, Result{Blind: true, Reason: "the page has no number for gone"}},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Accept"), "text/plain") || r.Header.Get("X-Key") != "k" {
			w.WriteHeader(http.StatusNotAcceptable)
		}
		fmt.Fprint(w, metricsPage)
	}))
	defer server.Close()
	for _, tt := range tests {
		c, err := Metrics(MetricsOptions{
			Env: Production, Name: "m", URL: server.URL, Every: time.Second, Series: tt.series, Limit: tt.limit, Warn: tt.warn,
			Request: map[string]string{"X-Key": "k"},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if !c.Slow || c.Kind != kindMetrics {
			t.Errorf("%+v", c)
		}
		tt.want.Status = http.StatusOK
		for name, probe := range map[string]Probe{"kept": c.Probe, "fresh": c.Fresh} {
			if got := probe(t.Context()); got != tt.want {
				t.Errorf("%s, %s: %+v, want %+v", tt.series, name, got, tt.want)
			}
		}
	}
}

func TestMetricsPages(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		page   Result // without a series
		series Result // with one
	}{
		{"a page", 200, "load 1\n", Result{OK: true}, Result{OK: true, Measured: true, Value: 1}},
		{"a web page", 200, "<html>load</html>", Result{Hard: true, Reason: "the page is not Prometheus text"},
			Result{Blind: true, Reason: "the page has no number for load"}},
		{"nothing", 200, "", Result{Hard: true, Reason: "the page is not Prometheus text"}, Result{Blind: true, Reason: "the page has no number for load"}},
		{"the series broken", 200, "load one\n", Result{Hard: true, Reason: "the page is not Prometheus text"}, Result{Blind: true, Reason: "the page is not Prometheus text"}},
		{"another one broken", 200, "x one\nload 1\n", Result{Hard: true, Reason: "the page is not Prometheus text"}, Result{OK: true, Measured: true, Value: 1}},
		{"no line end", 200, "load 1", Result{Hard: true, Reason: "the page is not Prometheus text"}, Result{OK: true, Measured: true, Value: 1}},
		{"down", 503, "load 1\n", Result{Hard: true, Reason: "answered 503"}, Result{Blind: true, Reason: "the page of metrics answered 503"}},
		{"no entry", 401, "", Result{Hard: true, Reason: "answered 401"},
			Result{Blind: true, Reason: "the page of metrics does not let our checks in (401): is the token right?"}},
		{"limits us", 429, "", Result{Limited: true, Reason: "limits our checks (429)"}, Result{Limited: true, Reason: "limits our checks (429)"}},
	}
	for _, tt := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		for series, want := range map[string]Result{"": tt.page, "load": tt.series} {
			c, err := Metrics(MetricsOptions{Env: Production, Name: "m", URL: server.URL, Every: time.Second, Series: series})
			if err != nil {
				t.Fatal(err)
			}
			want.Status = tt.status
			if got := c.Probe(t.Context()); got != want {
				t.Errorf("%s, series %q: %+v, want %+v", tt.name, series, got, want)
			}
			c.Close()
		}
		server.Close()
	}
}

// Rates are taken over the time between two readings; a counter that falls began
// anew at 0.
func TestMetricsRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter{want: model.Metric{model.MetricNameLabel: "n_total"}, rate: true, limits: limits{bad: new(50.0)}}
		const unread = "the rate of n_total needs a second reading"
		for i, step := range []struct {
			wait   time.Duration
			page   string
			want   float64
			reason string
		}{
			{0, "n_total 1000\n", 0, unread},
			{2 * time.Second, "n_total 1020\n", 10, ""},
			{time.Second, "n_total 1020\n", 0, ""},
			{time.Second, "n_total 30\n", 30, ""},
			{time.Second, "n_total 90\n", 60, "n_total is 60 /s, limit 50 /s"},
			{0, "n_total 95\n", 60, "n_total is 60 /s, limit 50 /s"},
			{time.Second, "other 1\n", 0, "the page has no number for n_total"},
			{time.Second, "n_total 110\n", 10, ""},
			{time.Second, "n_total{a=\"1\"} 5\nn_total 150\n", 40, ""},
			{time.Second, "n_total{a=\"1\"} 66\nn_total 151\n", 61, `n_total (a="1") is 61 /s, limit 50 /s`},
			{time.Second, "n_total{a=\"1\"} 66\n", 0, ""},
			{time.Second, "n_total 200\n", 0, unread},
			// A page that is not new has no new rate.
			{time.Second, "n_total 300 5000\n", 100, ""},
		} {
			time.Sleep(step.wait)
			if step.reason == "" && step.page == "n_total 300 5000\n" {
				m.seen = nil
				m.read(Result{OK: true}, []byte("n_total 280 3000\n"))
				step.want = 10
			}
			got := m.read(Result{OK: true}, []byte(step.page))
			if got.Value != step.want || got.Reason != step.reason || got.Measured != !got.Blind || got.OK != (step.reason == "") {
				t.Errorf("step %d: %+v, want %v %q", i, got, step.want, step.reason)
			}
		}
		if r := m.read(Result{OK: true}, []byte("n_total 300 5000\n")); r.Value != 10 || !r.OK {
			t.Errorf("a page that repeats itself: %+v", r)
		}
	})
}

func TestMetricsOptionsAreRefused(t *testing.T) {
	tests := []struct {
		o    MetricsOptions
		want string
	}{
		{MetricsOptions{URL: "ftp://u:s3cret@h"}, "http://host/path"},
		{MetricsOptions{URL: "http://u:s3cret@h/%zz"}, "cannot be read"},
		{MetricsOptions{URL: "http://h", Rate: true}, "needs a series"},
		{MetricsOptions{URL: "http://h", Limit: new(1.0)}, "needs a series"},
		{MetricsOptions{URL: "http://h", Series: "a b"}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: "a 1\nb"}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: "a 5"}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: `a{b=~"c"}`}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: `a{b="c"`}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: "#a"}, "not of the form"},
		{MetricsOptions{URL: "http://h", Series: "a", Limit: new(math.NaN())}, "not a number"},
		{MetricsOptions{URL: "http://h", Series: "a", Limit: new(1.0), Warn: new(2.0)}, "above the one that is bad"},
	}
	for _, tt := range tests {
		tt.o.Env, tt.o.Name, tt.o.Every = Production, "m", time.Second
		_, err := Metrics(tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
		}
	}
	if _, err := Metrics(MetricsOptions{Name: "m", URL: "http://h", Every: time.Second}); err == nil {
		t.Error("no environment is accepted")
	}
}

func TestQuantity(t *testing.T) {
	tests := map[float64]string{
		0: "0", 9.2149: "9.215", 87: "87", 100: "100", 999.96: "1000", 1234567: "1234567", 0.00012: "0.00012", 1e-7: "1e-07",
		-3.5: "-3.5", 1e20: "1e+20", math.Inf(1): "infinite", 0.5: "0.5",
	}
	for v, want := range tests {
		if got := quantity(v, ""); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := quantity(88, "%"); got != "88 %" {
		t.Errorf("%q", got)
	}
}

func TestReasonsFromElsewhereAreOnePlainLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[31m\tb\nc":        "a [31m b c",
		"\u202egnp.exe \xff":     "gnp.exe",
		strings.Repeat("x", 200): strings.Repeat("x", longestReasonBytes) + "...",
		strings.Repeat("é", 100): strings.Repeat("é", longestReasonBytes/2) + "...",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
