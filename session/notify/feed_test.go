package notify

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crosstalk/session"
)

// feed is a session's log as far as a follower sees it.
type feed struct {
	mu     sync.Mutex
	events []session.Event
	state  *session.State
	more   chan struct{}
	ended  bool
}

func newFeed() *feed { return &feed{state: session.NewState(), more: make(chan struct{})} }

var began = time.Date(2026, 10, 17, 15, 36, 0, 0, time.UTC)

// at adds an event so many milliseconds after the start.
func (f *feed) at(ms int64, by, kind string, body any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := session.Event{V: 1, Seq: uint64(len(f.events) + 1), T: began.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body}
	f.events = append(f.events, e)
	f.state.Apply(e)
	f.ended = kind == session.TypeEnd
	close(f.more)
	f.more = make(chan struct{})
}

func (f *feed) start() {
	f.at(0, session.BySession, session.TypeStart, &session.Start{ID: "20261017-153600", As: "mel", Charter: "explore checkout\nwith rising users",
		Target: "http://shop.staging.test:8080/base", Limits: session.LoadLimits{Users: 200},
		Checks: []session.CheckInfo{{Env: "production", Name: "web-1"}, {Env: "production", Name: "web-2"}, {Env: "staging", Name: "web-1"}}})
}

func (f *feed) guard(ms int64, from, to, cause, why string, running int) {
	f.at(ms, session.ByGuard, session.TypeGuardState, &session.GuardChange{From: from, To: to, Cause: cause, Why: why, Running: running, Ceiling: running / 2})
}

func (f *feed) end(ms int64) {
	f.at(ms, session.BySession, session.TypeEnd, &session.End{Reason: "quit", Seconds: float64(ms) / 1000, Peak: 80})
}

func (f *feed) Snapshot() *session.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state.Clone()
}

func (f *feed) Since(ctx context.Context, seq uint64) ([]session.Event, error) {
	for {
		f.mu.Lock()
		tail, ended, more := slices.Clone(f.events[min(int(seq), len(f.events)):]), f.ended, f.more
		f.mu.Unlock()
		switch {
		case len(tail) > 0:
			return tail, nil
		case ended:
			return nil, session.ErrEnded
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// got is one request as it came in.
type got struct {
	at     time.Time
	method string
	path   string
	kind   string
	auth   string
	body   string
}

// text is what a webhook's message says, without the line that says what it is about.
func (g got) text(t *testing.T) string {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal([]byte(g.body), &m); err != nil || len(m) != 1 {
		t.Fatalf("%s is not Slack's shape: %v", g.body, err)
	}
	text, about, _ := strings.Cut(m["text"], "\n")
	if want := "Session 20261017-153600, staging shop.staging.test:8080: explore checkout with rising users"; about != want {
		t.Errorf("the message is about %q, want %q", about, want)
	}
	return text
}

// mailbox keeps what is posted to it.
type mailbox struct {
	mu  sync.Mutex
	all []got
}

func (m *mailbox) take(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, got{time.Now(), r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(body)})
}

func (m *mailbox) list() []got {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.all)
}

// server is a real one that keeps what comes and then answers.
func server(t *testing.T, answer http.HandlerFunc) (*mailbox, string) {
	t.Helper()
	m := &mailbox{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.take(r)
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return m, s.URL
}

// trip answers without a network, for time that is not real.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answered(code int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("what it says is nobody's business"))}
}

// failures keeps what was said of failures.
type failures struct {
	mu  sync.Mutex
	all []session.NotifyFailed
}

func (f *failures) hear(n session.NotifyFailed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, n)
}

func (f *failures) want(t *testing.T, want ...session.NotifyFailed) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all)+len(want) > 0 && !reflect.DeepEqual(f.all, want) {
		t.Errorf("said of failures: %+v, want %+v", f.all, want)
	}
}

func toWebhook(url string) session.NotifyConfig { return session.NotifyConfig{Webhook: url} }
