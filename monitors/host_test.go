package monitors

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestHostParts(t *testing.T) {
	v := Vitals{
		CPU: 40, Cores: 2, Memory: 60, Swap: 5, Disk: 70, Load1: 1.5, NetIn: 1000, NetOut: 500, OpenFiles: 12,
		told: partCPU | partMemory | partSwap | partDisk | partLoad | partNetwork | partFiles,
	}
	tests := []struct {
		part  string
		value float64
		unit  string
		limit float64
		why   string
	}{
		{"cpu", 40, "%", 39, "CPU use is 40 %, limit 39 %"},
		{"memory", 60, "%", 50, "memory in use is 60 %, limit 50 %"},
		{"swap", 5, "%", 0, "swap in use is 5 %, limit 0 %"},
		{"load", 1.5, "", 1, "the load average is 1.5, limit 1"},
		{"disk", 70, "%", 69.5, "disk in use is 70 %, limit 69.5 %"},
		{"network", 1500, "B/s", 1499, "network traffic is 1500 B/s, limit 1499 B/s"},
		{"files", 12, "", 11, "open files of this program is 12, limit 11"},
		{"all", 40, "%", 65, "disk in use is 70 %, limit 65 %"},
	}
	for _, tt := range tests {
		m := &machine{part: tt.part}
		if r := m.judge(&v); !r.OK || !r.Measured || r.Value != tt.value || r.Unit != tt.unit || r.Vitals != &v {
			t.Errorf("%s without a limit: %+v", tt.part, r)
		}
		m = &machine{part: tt.part, limits: limits{bad: &tt.limit}}
		if r := m.judge(&v); r.OK || r.Hard || r.Value != tt.value || r.Reason != tt.why {
			t.Errorf("%s above its limit: %+v", tt.part, r)
		}
		unknown := Vitals{OpenFiles: -1}
		r := m.judge(&unknown)
		if tt.part == partAll && (!r.OK || r.Measured) || tt.part != partAll && (!r.Blind || r.Measured || r.OK) {
			t.Errorf("%s not told: %+v", tt.part, r)
		}
	}
	m := &machine{part: "cpu"}
	busy := v
	busy.OwnCPU = 190
	for n := range busySamples {
		if r := m.judge(&busy); r.Warn != (n == busySamples-1) || !r.OK {
			t.Errorf("busy for %d samples: %+v", n+1, r)
		}
	}
	full := v
	full.Memory = 96
	for part, warns := range map[string]bool{"all": true, "memory": true, "cpu": false, "disk": false} {
		if r := (&machine{part: part}).judge(&full); r.Warn != warns {
			t.Errorf("%s with full memory: %+v", part, r)
		}
	}
}

func TestHostPartOnThisMachine(t *testing.T) {
	for part := range measuresOf {
		c, err := HostPart(HostOptions{Env: Production, Name: "h", Part: part, Every: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if c.Env != Production || c.Name != "h" || c.timed() || c.Slow {
			t.Errorf("%+v", c)
		}
		r := c.Probe(t.Context())
		// CPU and network are counters: two readings may be too close to tell.
		if !r.Measured && !slices.Contains([]string{"cpu", "network", "all"}, part) || r.Vitals == nil {
			t.Errorf("%s: %+v", part, r)
		}
	}
	c, err := HostPart(HostOptions{Every: time.Second})
	if err != nil || c.Env != Self || c.Name != HostName {
		t.Errorf("%+v, %v", c, err)
	}
	for _, o := range []HostOptions{{Part: "gpu", Every: time.Second}, {Part: "cpu"}, {Limit: new(1.0), Warn: new(2.0), Every: time.Second}} {
		if _, err := HostPart(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// What our collector says is a page that our own check reads.
func TestCollectorServesWhatMetricsReads(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(Collector()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	defer server.Close()
	for _, series := range []string{
		"", "node_load1", `node_cpu_seconds_total{cpu="0",mode="user"}`, "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes",
		`node_network_receive_bytes_total{device="lo"}`, `node_network_transmit_bytes_total{device="lo"}`, "node_boot_time_seconds",
		"node_time_seconds", "crosstalk_cores", `crosstalk_unread{vital="cpu"}`,
	} {
		c, err := Metrics(MetricsOptions{Env: Production, Name: "agent", URL: server.URL, Series: series, Every: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if r := c.Probe(t.Context()); !r.OK || r.Measured != (series != "") {
			t.Errorf("%s: %+v", series, r)
		}
		c.Close()
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("content type %q", resp.Header.Get("Content-Type"))
	}
}
