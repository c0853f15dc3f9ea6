//go:build real

package monitors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/model"
)

func TestRealNodeExporterAndPrometheus(t *testing.T) {
	exporterPath := binary(t, "prometheus-node-exporter", "prometheus-node-exporter")
	prometheusPath := binary(t, "prometheus", "prometheus")
	s := newServant(t, "nobody")
	exporterAt, promAt := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	exporter := s.serve(t, syscall.SIGTERM, exporterPath, "--web.listen-address="+exporterAt)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Collector())
	agent := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer agent.Close()

	page := mustMetrics(t, MetricsOptions{URL: "http://" + exporterAt + "/metrics"})
	r := eventually(t, exporter, page.Probe, isOK)
	if r.Measured || page.Address != exporterAt || !page.Slow {
		t.Errorf("%+v, %+v", page, r)
	}
	quick(t, "node_exporter, whole page", 20, page.Probe)
	load := mustMetrics(t, MetricsOptions{URL: "http://" + exporterAt + "/metrics", Series: "node_load1", Limit: new(1e6)})
	if r = load.Probe(t.Context()); !r.OK || !r.Measured || r.Value < 0 {
		t.Errorf("load: %+v", r)
	}
	quick(t, "node_exporter, one series", 20, load.Probe)
	for _, url := range []string{"http://" + exporterAt + "/metrics", agent.URL} {
		busy := mustMetrics(t, MetricsOptions{URL: url, Series: `node_cpu_seconds_total{mode="idle"}`, Rate: true})
		if r = busy.Probe(t.Context()); !r.Blind {
			t.Errorf("a rate from one reading: %+v", r)
		}
		r = eventually(t, exporter, busy.Probe, func(r Result) bool { return r.Measured && r.Value > 0 })
		if !r.OK || r.Unit != "s/s" {
			t.Errorf("idle: %+v", r)
		}
		t.Logf("most idle core of %s: %.2f", url, r.Value)
	}
	if r = mustMetrics(t, MetricsOptions{URL: agent.URL, Series: "node_memory_MemTotal_bytes", Limit: new(1.0)}).Probe(t.Context()); r.OK || r.Unit != "B" {
		t.Errorf("memory above its limit: %+v", r)
	}
	sameMeaning(t, fetchMetrics(t, agent.URL), fetchMetrics(t, "http://"+exporterAt+"/metrics"))

	config := s.write(t, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: node, static_configs: [{targets: ["%s"]}]}
  - {job_name: agent, static_configs: [{targets: ["%s"]}]}
  - {job_name: gone, static_configs: [{targets: ["127.0.0.1:1"]}]}
`, exporterAt, strings.TrimPrefix(agent.URL, "http://")))
	prom := s.serve(t, syscall.SIGTERM, prometheusPath, "--config.file="+config, "--web.listen-address="+promAt,
		"--storage.tsdb.path="+filepath.Join(s.dir, "tsdb"))
	ask := func(query string, limit *float64) Check {
		c, err := Prometheus(PrometheusOptions{Env: Production, Name: "prom", URL: "http://" + promAt, Query: query, Limit: limit, Every: time.Second})
		return mustCheck(t, c, err)
	}
	one := ask("scalar(vector(41)) + 1", nil)
	if r = eventually(t, prom, one.Probe, isOK); r.Value != 42 || !r.Measured {
		t.Errorf("scalar: %+v", r)
	}
	quick(t, "prometheus, instant query", 50, one.Probe)
	// All three targets have been asked once: two are up.
	up := ask("sum(up) * (count(up) == bool 3)", nil)
	eventually(t, prom, up.Probe, func(r Result) bool { return r.OK && r.Value == 2 })
	tests := []struct {
		query  string
		limit  *float64
		ok     bool
		blind  bool
		reason string
	}{
		{"1 - up", new(0.5), false, false, `the query's value (instance="127.0.0.1:1", job="gone") is 1, limit 0.5`},
		{"up", new(1.0), true, false, ""},
		{"vector(1) / 0", new(10.0), false, false, "the query's value is infinite, limit 10"},
		{"vector(0) / 0", new(10.0), false, true, "the query gives no number"},
		{"no_such_series", new(10.0), false, true, "the query gives no number"},
		{"up[5m]", nil, false, true, "the query gives a range of time, not one moment"},
		{`"text"`, nil, false, true, "the query gives a text, not a number"},
		{"sum(", nil, false, true, "the Prometheus server cannot answer the query: bad_data: "},
		{`count({__name__=~"node_.+", job="agent"}) > 20`, nil, true, false, ""},
	}
	for _, tt := range tests {
		r := ask(tt.query, tt.limit).Probe(t.Context())
		if r.OK != tt.ok || r.Blind != tt.blind || r.Hard || !strings.HasPrefix(r.Reason, tt.reason) || (r.Reason == "") != (tt.reason == "") {
			t.Errorf("%s: %+v", tt.query, r)
		}
	}
	prom.stop(syscall.SIGTERM)
	if r = one.Probe(t.Context()); !r.Blind || r.Hard {
		t.Errorf("Prometheus stopped: %+v", r)
	}
	exporter.stop(syscall.SIGTERM)
	if r = load.Probe(t.Context()); !r.Blind {
		t.Errorf("exporter stopped, with a series: %+v", r)
	}
	if r = page.Probe(t.Context()); r.Blind || !r.Refused {
		t.Errorf("exporter stopped, without one: %+v", r)
	}
}

func mustMetrics(t *testing.T, o MetricsOptions) Check {
	t.Helper()
	o.Env, o.Name, o.Every = Production, "metrics", time.Second
	c, err := Metrics(o)
	return mustCheck(t, c, err)
}

func fetchMetrics(t *testing.T, url string) model.Vector {
	t.Helper()
	h, err := newHTTPProbe(HTTPOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	client := h.client(true)
	r, body := h.fetch(t.Context(), client, nil, mostMetrics)
	if !r.OK {
		t.Fatalf("%+v", r)
	}
	all, err := parseMetrics(body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameMeaning holds our vitals beside node_exporter's: a name that is taken from
// it must have its labels, and about its value.
func sameMeaning(t *testing.T, ours, theirs model.Vector) {
	t.Helper()
	byName := map[model.LabelValue]model.Vector{}
	exact := map[model.Fingerprint]*model.Sample{}
	for _, s := range theirs {
		name := s.Metric[model.MetricNameLabel]
		byName[name] = append(byName[name], s)
		exact[s.Metric.Fingerprint()] = s
	}
	both := 0
	for _, s := range ours {
		name := s.Metric[model.MetricNameLabel]
		if !strings.HasPrefix(string(name), "node_") {
			continue
		}
		if len(byName[name]) == 0 {
			t.Errorf("node_exporter has no %s", name)
			continue
		}
		for label := range s.Metric {
			if _, ok := byName[name][0].Metric[label]; !ok {
				t.Errorf("node_exporter's %s has no label %s", name, label)
			}
		}
		other, ok := exact[s.Metric.Fingerprint()]
		if !ok {
			continue
		}
		both++
		switch name {
		case "node_memory_MemTotal_bytes", "node_memory_SwapTotal_bytes", "node_boot_time_seconds", "node_filesystem_size_bytes":
			if s.Value != other.Value {
				t.Errorf("%v is %v, node_exporter says %v", s.Metric, s.Value, other.Value)
			}
		case "node_cpu_seconds_total", "node_load5", "node_load15":
			if d := float64(s.Value - other.Value); d < -10 || d > 10 {
				t.Errorf("%v is %v, node_exporter says %v", s.Metric, s.Value, other.Value)
			}
		}
	}
	if both < 20 {
		t.Errorf("only %d series are the same as node_exporter's", both)
	}
	t.Logf("%d of our %d series are also node_exporter's", both, len(ours))
}

func TestRealNginx(t *testing.T) {
	path := binary(t, "nginx", "nginx-light")
	s := newServant(t, "nobody")
	port := freePort(t)
	s.write(t, "metrics", "# TYPE shop_orders_total counter\nshop_orders_total{kind=\"book\"} 7\n")
	config := s.write(t, "nginx.conf", fmt.Sprintf(`
daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen 127.0.0.1:%[2]s;
    location = /health { default_type application/json; return 200 '{"db":"up"}'; }
    location = /metrics { default_type text/plain; root %[1]s; }
    location = /down { return 503; }
    location = /limited { add_header Retry-After 7 always; return 429; }
    location = /cut { return 444; }
  }
}`, s.dir, port))
	nginx := s.serve(t, syscall.SIGTERM, path, "-e", filepath.Join(s.dir, "error.log"), "-p", s.dir, "-c", config)
	ask := func(o HTTPOptions) Check {
		o.Env, o.Name, o.Every, o.URL = Production, "web", time.Second, "http://127.0.0.1:"+port+o.URL
		c, err := HTTP(o)
		return mustCheck(t, c, err)
	}
	health := ask(HTTPOptions{URL: "/health", JSONPath: "$.db", JSONValue: json.RawMessage(`"up"`)})
	eventually(t, nginx, health.Probe, isOK)
	quick(t, "nginx, kept", 300, health.Probe)
	quick(t, "nginx, fresh", 100, health.Fresh)
	if r := ask(HTTPOptions{URL: "/down"}).Probe(t.Context()); r.OK || !r.Hard || r.Status != http.StatusServiceUnavailable {
		t.Errorf("503: %+v", r)
	}
	if r := ask(HTTPOptions{URL: "/limited"}).Probe(t.Context()); !r.Limited || r.RetryAfter != 7*time.Second {
		t.Errorf("429: %+v", r)
	}
	if r := ask(HTTPOptions{URL: "/cut"}).Probe(t.Context()); !r.Refused {
		t.Errorf("cut off: %+v", r)
	}
	orders := mustMetrics(t, MetricsOptions{URL: "http://127.0.0.1:" + port + "/metrics", Series: `shop_orders_total{kind="book"}`, Limit: new(6.0)})
	if r := orders.Probe(t.Context()); r.OK || r.Value != 7 || r.Reason != "shop_orders_total is 7, limit 6" {
		t.Errorf("orders: %+v", r)
	}
	port4, err := TCP(TCPOptions{Env: Production, Name: "port", Address: "127.0.0.1:" + port, Every: time.Second})
	if port4 = mustCheck(t, port4, err); !port4.Probe(t.Context()).OK {
		t.Error("the port is closed")
	}
	nginx.stop(syscall.SIGTERM)
	for name, c := range map[string]Check{"http": health, "tcp": port4} {
		if r := c.Probe(t.Context()); !r.Refused {
			t.Errorf("%s, stopped: %+v", name, r)
		}
	}
}
