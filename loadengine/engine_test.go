package loadengine

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// running is an engine on the real network.
type running struct {
	*Engine
	*record
	tick chan struct{} // a tick or a stop report came
	end  func() Tick   // ends the run and returns the sum of its ticks
}

// start runs an engine; change, if any, has it before it runs.
func start(t *testing.T, p Plan, change ...func(*Engine)) *running {
	t.Helper()
	return startWith(t, p, func(*Hooks) {}, change...)
}

// startWith lets a test listen to more.
func startWith(t *testing.T, p Plan, more func(*Hooks), change ...func(*Engine)) *running {
	t.Helper()
	r := &running{record: &record{}, tick: make(chan struct{}, 1)}
	permit := NewPermit(SystemClock())
	permit.Grant(time.Hour)
	wake := func() {
		select {
		case r.tick <- struct{}{}:
		default:
		}
	}
	h := r.listen()
	tick, stopped := h.Tick, h.Stopped
	h.Tick = func(tk Tick) { tick(tk); wake() }
	h.Stopped = func(s StopReport) { stopped(s); wake() }
	more(&h)
	e, err := New(p, permit, NewBrake(), h)
	if err != nil {
		t.Fatal(err)
	}
	r.Engine = e
	e.SetSlew(false)
	for _, c := range change {
		c(e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	var once sync.Once
	r.end = func() Tick {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return r.total()
	}
	t.Cleanup(func() { r.end() })
	return r
}

// until waits, tick by tick, for what a test needs.
func (r *running) until(t *testing.T, what string, ok func(sum Tick) bool) {
	t.Helper()
	for !ok(r.total()) {
		select {
		case <-r.tick:
		case <-t.Context().Done():
			t.Fatalf("never came: %s; %+v", what, r.total())
		}
	}
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func hostOf(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

func TestSumOfTicksIsWhatTheServerCounted(t *testing.T) {
	t.Parallel()
	var served, strange atomic.Uint64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if strings.HasPrefix(name, "X-Vegeta") {
				strange.Add(1)
			}
		}
		if r.UserAgent() != "crosstalk/test" || r.Header.Get("X-Build") != "7" || r.URL.Fragment != "" || strings.Contains(r.RequestURI, "#") {
			strange.Add(1)
		}
		if served.Add(1)%10 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, "hello")
	})
	p := onePlan(s.URL, Step{URL: "/", Header: http.Header{"X-Build": {"7"}}})
	p.MaxUsers = 20
	r := start(t, p)
	r.SetAsked(20)
	r.until(t, "2,000 requests", func(sum Tick) bool { return sum.Requests >= 2000 })
	r.SetAsked(0)
	r.until(t, "nothing in flight", func(Tick) bool { return r.Live().InFlight == 0 })
	sum := r.end()
	if sum.Requests != served.Load() || sum.Cancelled != 0 {
		t.Errorf("counted %d requests, the server %d; cancelled %d", sum.Requests, served.Load(), sum.Cancelled)
	}
	if want := served.Load() / 10; sum.Errors != want || sum.Kinds["status 503"] != want || sum.Codes["503"] != want || sum.Codes["200"] != sum.Requests-want {
		t.Errorf("%d of them failed: %+v", want, sum)
	}
	if strange.Load() > 0 {
		t.Errorf("%d requests did not look as they should", strange.Load())
	}
	if !sum.Final {
		t.Error("the last tick is not final")
	}
	if err := r.Run(t.Context()); err == nil {
		t.Error("a second run was not refused")
	}
}

// A stop must be seen by the server at once: every request in flight is cut.
func TestStopCancelsInFlight(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*running){
		"brake":      func(r *running) { r.brake.Pull(Stop{Reason: ReasonOperator, By: "mel"}) },
		"end of run": func(r *running) { r.end() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 50
			arrived, left := make(chan struct{}, 2*n), make(chan struct{}, 2*n)
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/body" {
					w.WriteHeader(http.StatusOK)
					_ = http.NewResponseController(w).Flush()
				}
				arrived <- struct{}{}
				<-r.Context().Done()
				left <- struct{}{}
			})
			p := onePlan(s.URL, Step{URL: "/head"})
			p.Journeys = append(p.Journeys, Journey{Name: "body", Steps: []Step{{URL: "/body"}}})
			p.MaxUsers = n
			r := start(t, p)
			r.SetAsked(n)
			for range n {
				<-arrived
			}
			stop(r)
			for range n {
				<-left
			}
			if name == "brake" {
				r.until(t, "a stop report", func(Tick) bool { return len(r.stopped()) == 1 })
				if s := r.stopped()[0]; !s.Drained || s.InFlight != n || s.Zero <= 0 || s.Zero > drainPatience || s.By != "mel" {
					t.Errorf("report %+v", s)
				}
				if l := r.Live(); l.Asked != 0 || l.Running != 0 || l.InFlight != 0 {
					t.Errorf("after the stop: %+v", l)
				}
			}
			if sum := r.end(); sum.Cancelled != n || sum.Requests != 0 || sum.Errors != 0 {
				t.Errorf("counted %+v", sum)
			}
			if len(arrived) > 0 {
				t.Errorf("%d requests came after the stop", len(arrived))
			}
		})
	}
}

func TestRemovedUsersFinish(t *testing.T) {
	t.Parallel()
	const n = 20
	arrived, answer := make(chan struct{}, 10*n), make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
	})
	p := onePlan(s.URL, Step{URL: "/"})
	p.MaxUsers = n
	r := start(t, p)
	r.SetAsked(n)
	for range n {
		<-arrived
	}
	r.SetAsked(0)
	if l := r.Live(); l.Running != 0 || l.InFlight != n {
		t.Errorf("%+v, want %d finishing", l, n)
	}
	close(answer)
	r.until(t, "all finished", func(sum Tick) bool { return sum.Requests == n && r.Live().InFlight == 0 })
	if sum := r.end(); sum.Errors != 0 || sum.Cancelled != 0 || len(arrived) != 0 {
		t.Errorf("counted %+v, %d sent afterwards", sum, len(arrived))
	}
}

// The brake is pulled from everywhere while users come and go at full speed.
func TestBrakeUnderLoad(t *testing.T) {
	t.Parallel()
	var served atomic.Uint64
	s := serve(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	p := onePlan(s.URL, Step{URL: "/"})
	p.MaxUsers = 30
	r := start(t, p)
	const rounds, pullers = 10, 8
	for round := range rounds {
		before := served.Load()
		r.SetAsked(30)
		r.until(t, "requests", func(Tick) bool { return served.Load() > before+20 })
		var wg sync.WaitGroup
		for i := range pullers {
			wg.Go(func() { r.brake.Pull(Stop{Reason: ReasonGuard, By: fmt.Sprint("guard ", i)}) })
			wg.Go(func() { r.SetAsked(i); r.SetCeiling(20 + i); r.Live() })
		}
		wg.Wait()
		want := (round + 1) * pullers
		r.until(t, "a report for every order", func(Tick) bool { return len(r.stopped()) >= want })
		r.until(t, "nobody", func(Tick) bool { return r.Live() == Live{Ceiling: r.Live().Ceiling} })
		release(r.brake)
	}
	sum := r.end()
	stops := r.stopped()
	if len(stops) != rounds*pullers {
		t.Errorf("%d reports, want %d", len(stops), rounds*pullers)
	}
	for _, s := range stops {
		if !s.Drained {
			t.Errorf("not drained: %+v", s)
		}
	}
	if n := served.Load(); sum.Requests > n || sum.Requests+sum.Cancelled < n || sum.Errors > 0 {
		t.Errorf("the server counted %d, we %d and %d cancelled; errors %v", n, sum.Requests, sum.Cancelled, sum.Kinds)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var foreign, production atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { foreign.Add(1) })
	live := serve(t, func(http.ResponseWriter, *http.Request) { production.Add(1) })
	var got sync.Map
	inside := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(r.URL.Path, fmt.Sprintf("%s %s auth=%t", r.Method, body, r.Header.Get("Authorization") != ""))
	})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/found":
			http.Redirect(w, r, "/landed", http.StatusFound)
		case "/keep":
			http.Redirect(w, r, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)+"/kept", http.StatusTemporaryRedirect)
		case "/other":
			http.Redirect(w, r, inside.URL+"/other", http.StatusSeeOther)
		case "/out":
			http.Redirect(w, r, elsewhere.URL+"/x", http.StatusFound)
		case "/live":
			http.Redirect(w, r, strings.Replace(live.URL, "127.0.0.1", "localhost", 1)+"/x", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/landed":
			got.Store("/landed", r.Method)
		}
	})
	post := func(url string, e Expect) Step {
		return Step{Name: url, Method: "POST", URL: url, Body: Body{Kind: BodyText, Content: "b"}, Expect: e}
	}
	p := onePlan(s.URL, Step{})
	p.Header = http.Header{"Authorization": {"Bearer x"}}
	p.Hosts = []string{hostOf(inside)}
	p.Forbidden = []string{hostOf(live)}
	p.MaxUsers = 1
	p.Journeys[0].Think = Think{Min: time.Hour}
	p.Journeys[0].Steps = []Step{
		post("/found", Expect{Status: "200"}), post("/keep", Expect{Status: "200"}), post("/other", Expect{Status: "200"}),
		post("/out", Expect{Status: "302"}), post("/out", Expect{Status: "3xx"}), post("/live", Expect{Status: "302"}), post("/loop", Expect{}),
	}
	r := start(t, p)
	r.SetAsked(1)
	r.until(t, "the journey's end", func(sum Tick) bool { return sum.Requests == 7 })
	sum := r.end()
	if sum.Errors != 1 || sum.Kinds["too many redirects"] != 1 || sum.Codes["302"] != 3 {
		t.Errorf("counted %+v", sum)
	}
	for path, want := range map[string]string{"/landed": "GET", "/kept": "POST b auth=true", "/other": "GET  auth=true"} {
		if v, _ := got.Load(path); v != want {
			t.Errorf("%s got %q, want %q", path, v, want)
		}
	}
	if foreign.Load() != 0 || production.Load() != 0 {
		t.Errorf("%d requests reached a foreign host, %d production", foreign.Load(), production.Load())
	}
	f := r.Findings() // nothing of what is expected to lead elsewhere
	if len(f) != 1 || len(r.found) != 1 || f[0].Kind != FindingForbidden || f[0].Remedy != "" {
		t.Errorf("findings %+v", f)
	}
}

func TestSecretsStayAtTheirSite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"a.test", "a.test", true}, {"a.test", "login.a.test", true}, {"a.test", "b.test", false},
		{"a.test", "evila.test", false}, {"login.a.test", "a.test", false}, {"127.0.0.1", "localhost", true},
	} {
		if got := sameSite(c.from, c.to); got != c.want {
			t.Errorf("%s → %s: %v", c.from, c.to, got)
		}
	}
}

// A name may resolve to what production's checks name by address.
func TestDialRefusesProductionsAddress(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test:8080/", Step{})
	p.Forbidden = []string{"127.0.0.2:8080"}
	e, err := New(p, NewPermit(SystemClock()), NewBrake(), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	e.gate.run = t.Context()
	if _, err := e.gate.dial(t.Context(), "tcp", "127.0.0.2:8080"); !errors.Is(err, errForbidden) {
		t.Errorf("got %v, want a refusal", err)
	}
	if f := e.Findings(); len(f) != 1 || f[0].Kind != FindingAddress || f[0].Addr != "127.0.0.2:8080" {
		t.Errorf("findings %+v", f)
	}
	e.brake.Pull(Stop{Reason: ReasonOperator})
	if _, err := e.gate.dial(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("under the brake got %v, want cancelled", err)
	}
}

func TestKindsOfError(t *testing.T) {
	t.Parallel()
	raw := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 4096))
				serve(c)
				_ = c.Close()
			}
		}()
		return "http://" + l.Addr().String()
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + gone.Addr().String()
	_ = gone.Close()
	ok := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"state":"open"}`) }).URL
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }).URL
	for name, c := range map[string]struct {
		base string
		step Step
	}{
		"refused":     {refused, Step{}},
		"reset":       {raw(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), Step{Method: "POST"}},
		"closed":      {raw(func(net.Conn) {}), Step{Method: "POST"}},
		"not http":    {raw(func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n") }), Step{}},
		"tls":         {strings.Replace(ok, "http:", "https:", 1), Step{}},
		"timeout":     {slow, Step{Timeout: 20 * time.Millisecond}},
		"status 200":  {ok, Step{Expect: Expect{Status: "201"}}},
		"expect body": {ok, Step{Expect: Expect{Body: "closed"}}},
		"expect json": {ok, Step{Expect: Expect{JSON: map[string]string{"$.state": `"done"`}}}},
		"save id":     {ok, Step{Save: map[string]string{"id": "$.id"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onePlan(c.base, c.step)
			p.Journeys[0].Think = Think{Min: time.Hour}
			r := start(t, p)
			r.SetAsked(1)
			r.until(t, "a request", func(sum Tick) bool { return sum.Requests == 1 })
			if sum := r.end(); sum.Errors != 1 || sum.Kinds[name] != 1 {
				t.Errorf("kinds %v", sum.Kinds)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, strings.Repeat("x", 1000)+"needle")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	conns := sync.Map{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		switch r.URL.Path {
		case "/zip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes())
		case "/big":
			for range 64 {
				_, _ = w.Write(make([]byte, 32<<10))
			}
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.Header.Get("Content-Type"), body)
		}
	})
	p := onePlan(s.URL, Step{})
	p.Data = []map[string]string{{"v": `a "b"&c`}}
	p.MaxUsers = 1
	p.Journeys[0].Think = Think{Min: time.Hour}
	p.Journeys[0].Steps = []Step{
		{URL: "/zip", Expect: Expect{Body: "needle"}},
		{URL: "/big", Expect: Expect{Body: "\x00"}},
		{URL: "/big"}, {URL: "/empty"},
		{URL: "/", Body: Body{Kind: BodyJSON, Content: `{"v":"{{v}}"}`}, Expect: Expect{Body: `application/json {"v":"a \"b\"\u0026c"}`}},
		{URL: "/", Body: Body{Kind: BodyForm, Form: map[string]string{"b": "{{v}}", "a": "1 2"}}, Expect: Expect{Body: `x-www-form-urlencoded a=1+2&b=a+%22b%22%26c`}},
		{URL: "/", Body: Body{Kind: BodyText, Content: `<{{v}}>`}, Expect: Expect{Body: `text/plain; charset=utf-8 <a "b"&c>`}},
		{URL: "/", Body: Body{Kind: BodyFile, Content: "doc.go"}, Header: http.Header{"Content-Type": {"text/x-go"}}, Expect: Expect{Body: `text/x-go // Package loadengine`}},
	}
	r := start(t, p)
	r.SetAsked(1)
	r.until(t, "the journey's end", func(sum Tick) bool { return sum.Requests == 8 || sum.Errors > 0 })
	if sum := r.end(); sum.Errors != 0 {
		t.Errorf("kinds %v, %+v", sum.Kinds, r.ticks)
	}
	n := 0
	conns.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections for one user, want 1 kept alive", n)
	}
}
