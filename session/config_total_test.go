package session

import (
	"fmt"
	"strings"
	"testing"
)

// A query is of a total where it reads series as they are; what makes a rate of them, or
// compares them, is none.
func TestTotalsAmongQueries(t *testing.T) {
	for query, want := range map[string]string{
		"http_requests_total":                                       "http_requests_total",
		" http_requests_total{code=\"200\"} \n":                     "http_requests_total",
		`http_requests_total{path="/a/{id}", by=~'x\'}y'}`:          "http_requests_total",
		"took_seconds_sum{job=`a}b`}":                               "took_seconds_sum",
		"sum(http_requests_total)":                                  "http_requests_total",
		"SUM by (job) (took_seconds_count)":                         "took_seconds_count",
		"sum(http_requests_total{code=~\"5..|()\"}) by (job, code)": "http_requests_total",
		"max(sum without(instance) (http_requests_total))":          "http_requests_total",
		"max(sum(http_requests_total) by (job))":                    "http_requests_total",
		"rate(http_requests_total[1m])":                             "",
		"sum(rate(http_requests_total[1m]))":                        "",
		"sum by (job) (rate(http_requests_total[1m]))":              "",
		"sum(rate(a_sum[1m])) / sum(rate(a_count[1m]))":             "",
		"sum(in_total) - sum(out_total)":                            "",
		`in_total{a="1"} - out_total{a="1"}`:                        "",
		"in_total - out_total":                                      "",
		"http_requests_total - http_requests_total offset 1m":       "",
		"node_load1":                                                         "",
		"node_memory_MemTotal_bytes":                                         "",
		"sum(pg_stat_activity_numbers)":                                      "",
		"SELECT count(*) AS order_count FROM orders":                         "",
		`sum(count_over_time({app="shop"} |= "error_total" [1m]))`:           "",
		strings.Repeat("sum(", 5000) + "x_total" + strings.Repeat(")", 5000): "",
		"": "",
	} {
		got := seriesOf(query)
		if !isTotal(got) {
			got = ""
		}
		if got != want {
			t.Errorf("%.60s is of the total %q, want %q", query, got, want)
		}
	}
}

// What is refused says what to write instead, and what is meant is taken.
func TestATotalThatIsAskedForIsRefused(t *testing.T) {
	read := func(check string) error {
		_, err := ParseConfig("total.yaml", fmt.Appendf(nil, "staging: {url: \"http://127.0.0.1:8080\"}\nproduction:\n  checks:\n    - http: \"http://10.0.0.1/\"\n    - %s\n", check), configEnv("TOTAL", "http_requests_total"))
		return err
	}
	for _, kind := range []string{`prometheus: "http://10.0.0.1:9090"`, `grafana: "http://10.0.0.1:3000", datasource: prom, token: abcdef`} {
		for _, query := range []string{"http_requests_total", "sum(http_requests_total)", "${TOTAL}"} {
			err := read(fmt.Sprintf("{%s, query: %q}", kind, query))
			if err == nil || !strings.Contains(err.Error(), "total.yaml:5:") || !strings.Contains(err.Error(), "write rate(http_requests_total[1m])") {
				t.Errorf("%s, %s: %v", kind, query, err)
			}
		}
		for _, rest := range []string{`query: "rate(http_requests_total[1m])"`, "query: pg_stat_activity_count, rate: false", "query: node_load1"} {
			if err := read(fmt.Sprintf("{%s, %s}", kind, rest)); err != nil {
				t.Errorf("%s, %s: %v", kind, rest, err)
			}
		}
		if err := read(fmt.Sprintf("{%s, query: up, rate: true}", kind)); err == nil || !strings.Contains(err.Error(), "makes no rate of its query") {
			t.Errorf("%s with rate: true: %v", kind, err)
		}
	}
}
