package monitors

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The answers are as a Prometheus server words them; the tests with the build
// tag real ask one.
func TestPrometheusAnswers(t *testing.T) {
	success := func(kind, result string) string {
		return `{"status":"success","data":{"resultType":"` + kind + `","result":` + result + `}}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		want   Result
	}{
		{"scalar", 200, success("scalar", `[1700000000.1,"42"]`), Result{OK: true, Measured: true, Value: 42}},
		{"vector", 200, success("vector", `[{"metric":{"job":"a"},"value":[1,"2"]},{"metric":{"job":"b"},"value":[1,"3.5"]}]`),
			Result{OK: true, Measured: true, Value: 3.5}},
		{"too much", 200, success("vector", `[{"metric":{"job":"a"},"value":[1,"2"]},{"metric":{"job":"b"},"value":[1,"350"]}]`),
			Result{Measured: true, Value: 350, Reason: `the query's value (job="b") is 350, limit 100`}},
		{"a lot", 200, success("vector", `[{"metric":{},"value":[1,"60"]}]`),
			Result{OK: true, Warn: true, Measured: true, Value: 60, Reason: "the query's value is 60, warns above 50"}},
		{"empty", 200, success("vector", `[]`), Result{Blind: true, Reason: "the query gives no number"}},
		{"null", 200, success("vector", `null`), Result{Blind: true, Reason: "the query gives no number"}},
		{"null in it", 200, success("vector", `[null]`), Result{Blind: true, Reason: "the query gives no number"}},
		{"not a number", 200, success("vector", `[{"metric":{},"value":[1,"NaN"]}]`), Result{Blind: true, Reason: "the query gives no number"}},
		{"range", 200, success("matrix", `[]`), Result{Blind: true, Reason: "the query gives a range of time, not one moment"}},
		{"text", 200, success("string", `[1,"x"]`), Result{Blind: true, Reason: "the query gives a text, not a number"}},
		{"broken number", 200, success("scalar", `[1,"x"]`), Result{Blind: true, Reason: "the numbers of the answer cannot be read"}},
		{"bad query", 400, `{"status":"error","errorType":"bad_data","error":"parse error"}`,
			Result{Blind: true, Reason: "the Prometheus server cannot answer the query: bad_data: parse error"}},
		{"too slow", 503, `{"status":"error","errorType":"timeout","error":"query timed out"}`,
			Result{Blind: true, Reason: "the Prometheus server cannot answer the query: timeout: query timed out"}},
		{"another server", 200, `{"ok":true}`, Result{Blind: true, Reason: "the Prometheus server's answer is not that of a Prometheus server"}},
		{"no JSON", 200, `hello`, Result{Blind: true, Reason: "the Prometheus server's answer is not that of a Prometheus server"}},
		{"a proxy fails", 502, `bad gateway`, Result{Blind: true, Reason: "the Prometheus server answered 502"}},
		{"no entry", 403, ``, Result{Blind: true, Reason: "the Prometheus server does not let our checks ask this (403)"}},
		{"limits us", 429, ``, Result{Limited: true, Reason: "limits our checks (429)"}},
	}
	for _, tt := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/prom/api/v1/query" || r.URL.Query().Get("query") != "up == 1" || r.URL.Query().Get("timeout") != "3s" {
				t.Errorf("asked %s", r.URL)
			}
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		c, err := Prometheus(PrometheusOptions{
			Env: Production, Name: "p", URL: server.URL + "/prom/", Query: "up == 1", Every: time.Second, Limit: new(100.0), Warn: new(50.0),
		})
		if err != nil {
			t.Fatal(err)
		}
		tt.want.Status = tt.status
		if got := c.Probe(t.Context()); got != tt.want || !c.Slow {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		c.Close()
		server.Close()
		if got := c.Probe(t.Context()); !got.Blind || got.Reason != "the Prometheus server refused the connection" {
			t.Errorf("%s, stopped: %+v", tt.name, got)
		}
	}
	if _, err := Prometheus(PrometheusOptions{Env: Production, Name: "p", URL: "http://h", Every: time.Second}); err == nil {
		t.Error("no query is accepted")
	}
}

// fakeGrafana answers as Grafana's query API does. There is no Grafana among
// Debian's packages.
func fakeGrafana(t *testing.T, status int, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/ds/query" || r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var q struct {
			Queries []struct {
				RefID      string            `json:"refId"`
				Datasource map[string]string `json:"datasource"`
				Expr       string            `json:"expr"`
				Instant    bool              `json:"instant"`
			} `json:"queries"`
		}
		if err := json.Unmarshal(sent, &q); err != nil || len(q.Queries) != 1 || q.Queries[0].Expr != "up" ||
			q.Queries[0].RefID != "A" || q.Queries[0].Datasource["uid"] != "abc" || !q.Queries[0].Instant {
			t.Errorf("asked %s: %v", sent, err)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestGrafanaAnswers(t *testing.T) {
	frames := func(s string) string { return `{"results":{"A":{"status":200,"frames":[` + s + `]}}}` }
	frame := func(labels, values, entities string) string {
		return `{"schema":{"refId":"A","fields":[{"name":"Time","type":"time"},{"name":"Value","type":"number","labels":` + labels + `}]},` +
			`"data":{"values":[[1700000000000,1700000015000],` + values + `]` + entities + `}}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		want   Result
	}{
		{"the newest counts", 200, frames(frame(`{}`, `[300,4.5]`, ``)), Result{OK: true, Measured: true, Value: 4.5}},
		{"the largest counts", 200, frames(frame(`{"job":"a"}`, `[1,2]`, ``) + "," + frame(`{"job":"b"}`, `[1,200]`, ``)),
			Result{Measured: true, Value: 200, Reason: `the query's value (job="b") is 200, limit 100`}},
		{"a gap now", 200, frames(frame(`{}`, `[300,null]`, ``)), Result{Blind: true, Reason: "the query gives no number"}},
		{"infinite", 200, frames(frame(`{}`, `[1,null]`, `,"entities":[null,{"Inf":[1]}]`)),
			Result{Measured: true, Value: math.MaxFloat64, Reason: "the query's value is infinite, limit 100"}},
		{"not a number", 200, frames(frame(`{}`, `[1,null]`, `,"entities":[null,{"NaN":[1]}]`)), Result{Blind: true, Reason: "the query gives no number"}},
		{"no rows", 200, frames(`{"schema":{"fields":[{"type":"number"}]},"data":{"values":[[]]}}`), Result{Blind: true, Reason: "the query gives no number"}},
		{"no columns", 200, frames(`{"schema":{"fields":[{"type":"number"}]},"data":{"values":[]}}`), Result{Blind: true, Reason: "the query gives no number"}},
		{"no frames", 200, frames(``), Result{Blind: true, Reason: "the query gives no number"}},
		{"a query that is wrong", 400, `{"results":{"A":{"error":"bad_data: parse error","status":400}}}`,
			Result{Blind: true, Reason: "Grafana cannot answer the query: bad_data: parse error"}},
		{"wrong as a whole", 400, `{"message":"Query data error"}`, Result{Blind: true, Reason: "Grafana cannot answer the query: Query data error"}},
		{"no data source", 404, `{"message":"Data source not found"}`,
			Result{Blind: true, Reason: "Grafana does not know the data source, or is older than 8.0 (404)"}},
		{"no right", 403, `{}`, Result{Blind: true, Reason: "Grafana does not let our checks ask this (403)"}},
		{"no JSON", 200, `<html>`, Result{Blind: true, Reason: "the answer is not that of Grafana"}},
		{"down", 500, `{}`, Result{Blind: true, Reason: "Grafana answered 500"}},
	}
	o := GrafanaOptions{Env: Production, Name: "g", Datasource: "abc", Token: "s3cret", Query: "up", Every: time.Second, Limit: new(100.0)}
	for _, tt := range tests {
		server := fakeGrafana(t, tt.status, tt.body)
		o.URL = server.URL
		c, err := Grafana(o)
		if err != nil {
			t.Fatal(err)
		}
		tt.want.Status = tt.status
		for name, probe := range map[string]Probe{"kept": c.Probe, "fresh": c.Fresh} {
			if got := probe(t.Context()); got != tt.want || !c.Slow {
				t.Errorf("%s, %s: %+v, want %+v", tt.name, name, got, tt.want)
			}
		}
		c.Close()
	}
	o.Token = "other"
	c, err := Grafana(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r := c.Probe(t.Context()); !r.Blind || strings.Contains(r.Reason, "other") || !strings.Contains(r.Reason, "is the token right?") {
		t.Errorf("wrong token: %+v", r)
	}
	for _, need := range []string{"query", "data source", "token"} {
		bad := o
		switch need {
		case "query":
			bad.Query = ""
		case "token":
			bad.Token = ""
		default:
			bad.Datasource = ""
		}
		if _, err := Grafana(bad); err == nil || !strings.Contains(err.Error(), "it has no "+need) {
			t.Errorf("no %s: %v", need, err)
		}
	}
}

func FuzzMetrics(f *testing.F) {
	f.Add(`reqs_total{code="500"}`, metricsPage)
	f.Add("load", "load 1 1\nload{a=\"b\"} 2\n")
	f.Add(`{"odd.name"}`, "{\"odd.name\"} 1\n{")
	f.Add("took_bucket", "took_bucket{le=\"x\"} 1")
	f.Fuzz(func(t *testing.T, series, page string) {
		want, err := parseSeries(series)
		if err != nil {
			return
		}
		if want[""] != "" || len(want) == 0 {
			t.Errorf("%q is read as %v", series, want)
		}
		for _, rate := range []bool{false, true} {
			m := &meter{want: want, rate: rate, limits: limits{bad: new(1.0)}}
			for range 2 {
				sound(t, m.read(Result{OK: true}, []byte(page)))
			}
		}
		sound(t, readPage(Result{OK: true}, []byte(page)))
	})
}

func FuzzQueryAnswers(f *testing.F) {
	f.Add(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]}}`)
	f.Add(200, `{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}`)
	f.Add(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1","sum":"2"}]}]}}`)
	f.Add(400, `{"status":"error","errorType":"bad_data","error":"\u001b[31m"}`)
	f.Add(200, `{"results":{"A":{"frames":[{"schema":{"fields":[{"type":"number","labels":{"a":"b"}}]},"data":{"values":[[1,null]],"entities":[{"Inf":[1]}]}}]}}}`)
	f.Add(200, `{"results":{"A":{"frames":[{"schema":{"fields":[{"type":"number"},{"type":"number"}]},"data":{"values":[[1],["x"]],"entities":[null]}}]}}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		i := &instrument{limits: limits{bad: new(1.0)}}
		r := Result{OK: status == 200, Status: status}
		sound(t, i.readPrometheus(r, []byte(body)))
		sound(t, i.readGrafana(r, []byte(body)))
	})
}

func FuzzRedisInfo(f *testing.F) {
	f.Add("# Replication\r\nrole:master\r\nslave0:ip=1.2.3.4,port=1,state=online,offset=1,lag=3\r\n")
	f.Add("role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:-1\n")
	f.Fuzz(func(t *testing.T, text string) {
		lag, why := redisLag(parseInfo(text))
		if lag < 0 || math.IsNaN(lag) != (why != "") {
			t.Errorf("lag %v, %q", lag, why)
		}
	})
}

// sound fails on a result that says two things at once, or that a screen or the
// journal could not take.
func sound(t *testing.T, r Result) {
	t.Helper()
	if _, err := json.Marshal(r.Value); err != nil {
		t.Errorf("%v: %+v", err, r)
	}
	if r.Blind && (r.OK || r.Hard || r.Measured) || !r.OK && r.Reason == "" || r.Hard && r.OK {
		t.Errorf("unsound: %+v", r)
	}
	if strings.ContainsAny(r.Reason, "\x1b\n\r\x00") {
		t.Errorf("reason %q", r.Reason)
	}
}
