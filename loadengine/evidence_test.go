package loadengine

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gathered are the exemplars of a run, the newest of each key.
type gathered struct {
	mu  sync.Mutex
	all map[string]Exemplar
	n   int
}

func (g *gathered) take(x Exemplar) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	g.all[fmt.Sprintf("%d %s %s %s", x.Asked, x.Step, x.Kind, x.Pick)] = x
}

func startGathering(t *testing.T, p Plan) (*running, *gathered) {
	t.Helper()
	g := &gathered{all: map[string]Exemplar{}}
	r := startWith(t, p, func(h *Hooks) { h.Exemplar = g.take })
	return r, g
}

func TestExemplarsOfEachKind(t *testing.T) {
	t.Parallel()
	var n, traced atomic.Int64
	var traces sync.Map
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if trace := r.Header.Get("Traceparent"); trace != "" {
			if _, again := traces.Swap(trace, true); !again {
				traced.Add(1)
			}
		}
		switch k := n.Add(1); {
		case r.URL.Path == "/bad" && k%20 == 0:
			time.Sleep(20 * time.Millisecond) // the slow ones among them
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "slow queue is full")
		case r.URL.Path == "/bad":
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "queue is full")
		default:
			fmt.Fprintf(w, `{"id":"id-%d"}`, k)
		}
	})
	p := onePlan(s.URL, Step{Name: "good", URL: "/good", Save: map[string]string{"id": "$.id"}})
	p.Journeys[0].Steps = append(p.Journeys[0].Steps, Step{Name: "bad", Method: "POST", URL: "/bad?of={{id}}", Body: Body{Kind: BodyForm, Form: map[string]string{"pw": "{{pw}}"}}})
	p.Data = []map[string]string{{"pw": "row-secret"}}
	p.MaxUsers = 4
	r, g := startGathering(t, p)
	r.SetAsked(4)
	r.until(t, "600 requests and 40 traces", func(sum Tick) bool { return sum.Requests >= 600 && traced.Load() >= 40 })
	r.SetAsked(0)
	r.until(t, "nothing in flight", func(Tick) bool { return r.Live().InFlight == 0 })
	r.end()

	g.mu.Lock()
	defer g.mu.Unlock()
	drawn := 0
	for _, key := range []string{"4 good  first", "4 good  slowest", "4 good  random", "4 bad status 503 first", "4 bad status 503 slowest", "4 bad status 503 random"} {
		x, ok := g.all[key]
		if !ok && !strings.HasSuffix(key, "first") {
			continue // the first is the slowest, or is drawn: it is handed over once
		}
		if !ok {
			t.Errorf("none is kept of %q; there are %v", key, keysOf(g.all))
			continue
		}
		if strings.HasSuffix(key, "random") {
			drawn++
		}
		if _, sent := traces.Load(x.Trace); x.Header.Get("Traceparent") != x.Trace || x.Trace != "" && (!sent || !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(x.Trace)) {
			t.Errorf("%s: the trace %q was not sent", key, x.Trace)
		}
		if x.Level == 0 || x.User < 1 || x.At.IsZero() || x.Latency <= 0 || len(x.Private) == 0 {
			t.Errorf("%s: %+v", key, x)
		}
	}
	if drawn == 0 { // of 40 with a trace, one time in 20 the first of a kind is the one that is drawn
		t.Errorf("none is kept at random; there are %v", keysOf(g.all))
	}
	slow, ok := g.all["4 bad status 503 slowest"]
	if !ok {
		slow = g.all["4 bad status 503 first"]
	}
	if slow.Latency < 20*time.Millisecond || slow.Latency < g.all["4 bad status 503 random"].Latency || !strings.HasSuffix(string(slow.Start), "queue is full") || slow.Code != 503 {
		t.Errorf("the slowest took %v: %q", slow.Latency, slow.Start)
	}
	if !strings.HasPrefix(slow.URL, s.URL+"/bad?of=id-") || string(slow.Body) != "pw=row-secret" || slow.Method != http.MethodPost {
		t.Errorf("the request: %s %s %s", slow.Method, slow.URL, slow.Body)
	}
	if first := g.all["4 good  first"]; !strings.HasPrefix(string(first.Start), `{"id":"id-`) || first.Answer.Get("Content-Length") == "" {
		t.Errorf("the first good one: %q %v", first.Start, first.Answer)
	}
	if g.n > 60 {
		t.Errorf("%d were handed over for two steps of one level", g.n)
	}
}

func keysOf(m map[string]Exemplar) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// What gets no answer at all is kept as well, and says why.
func TestExemplarWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	base := s.URL
	s.Close()
	p := onePlan(base, Step{URL: "/gone"})
	p.MaxUsers = 1
	r, g := startGathering(t, p)
	r.SetAsked(1)
	r.until(t, "some refused", func(sum Tick) bool { return sum.Errors >= 3 })
	r.end()
	g.mu.Lock()
	defer g.mu.Unlock()
	x, ok := g.all["1 GET /gone refused first"]
	if !ok || x.Code != 0 || x.Err == "" || x.URL != base+"/gone" || x.Answer != nil {
		t.Errorf("kept: %+v of %v", x, keysOf(g.all))
	}
}

// Exemplars are bounded in number and in size, and a step's own trace is left.
func TestExemplarsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "mine" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, strings.Repeat("long ", 10_000))
	})
	p := onePlan(s.URL, Step{URL: "/", Header: http.Header{"traceparent": {"mine"}}})
	p.MaxUsers = 400
	r, g := startGathering(t, p)
	var last uint64
	for n := 1; n <= 12; n++ {
		r.SetAsked(1 + n%3)
		r.until(t, "more requests", func(sum Tick) bool { return sum.Requests >= last+5 })
		last = r.total().Requests
	}
	sum := r.end()
	if sum.Kinds["status 500"] != sum.Requests {
		t.Errorf("kinds %v", sum.Kinds)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 || g.n > budgetRoom {
		t.Errorf("%d handed over", g.n)
	}
	for key, x := range g.all {
		if len(x.Start) != keptStart || x.Trace != "mine" {
			t.Errorf("%s keeps %d bytes, trace %q", key, len(x.Start), x.Trace)
		}
	}
}
