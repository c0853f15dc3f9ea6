package notify

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
)

// live is a real session of a real configuration, with a production that can be broken.
type live struct {
	*session.Session
	cfg   *session.Config
	sick  atomic.Bool
	seen  uint64
	ended chan error
}

func newLive(t *testing.T, notify string) *live {
	t.Helper()
	l := &live{ended: make(chan error, 1)}
	staging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	production := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if l.sick.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(func() { staging.Close(); production.Close() })
	text := fmt.Sprintf("staging: {url: %q, journeys: [{think: 20ms, steps: [GET /]}]}\nproduction: {checks: [{name: web-1, http: %q, every: 50ms}]}\n%s",
		staging.URL, production.URL, notify)
	var err error
	if l.cfg, err = session.ParseConfig("c.yaml", []byte(text), func(string) (string, bool) { return "envTOPSECRET", true }); err != nil {
		t.Fatal(err)
	}
	compiled, err := l.cfg.Compile(t.Context(), session.Caps{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	l.Session, err = session.New(session.Options{Dir: filepath.Join(t.TempDir(), "s"), Plan: compiled.Plan, Checks: compiled.Checks, Limits: compiled.Limits,
		Rules: session.DefaultRules(), Hold: monitors.Hold{Amber: 100 * time.Millisecond, Red: 100 * time.Millisecond},
		Start: session.Start{ID: "20261017-153600", As: "mel", Charter: "explore checkout with rising users", Target: "http://shop.staging.test:8080", Config: compiled.Masked}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// await reads the log until there is an event that fits.
func (l *live) await(t *testing.T, what string, is func(session.Event) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		events, err := l.Since(ctx, l.seen)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		for _, e := range events {
			if l.seen = e.Seq; is(e) {
				return
			}
		}
	}
}

// A webhook that takes the first message and then hangs delays nothing of a session: it turns its dial, is cut and
// ends, all before the webhook's first answer. What waited is then told in order, and the journal holds no secret.
func TestHangingWebhookDelaysNothing(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	mail, hook := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-free:
		case <-r.Context().Done():
		}
	})
	_, board := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who is "+r.Header.Get("Authorization"), http.StatusUnauthorized)
	})
	l := newLive(t, fmt.Sprintf("notify: {webhook: %q, grafana: {url: %q, token: \"${TOKEN}\"}}\n", hook+"/services/T00TOPSECRET/hookTOPSECRET", board))
	f := Follow(t.Context(), l, Options{To: l.cfg.Notify, Failed: l.Remark, times: times{answer: time.Minute, pauses: []time.Duration{time.Millisecond}}})
	go func() { l.ended <- l.Run(t.Context()) }()
	mel := session.Person{Name: "mel", Role: session.Driver}
	l.await(t, "the end of the quiet phase", func(e session.Event) bool { return e.Type == session.TypeBaselineEnd })
	if _, err := l.Do(t.Context(), mel, session.SetDial{To: 5}); err != nil {
		t.Fatal(err)
	}
	l.await(t, "load", func(e session.Event) bool { b, ok := e.Body.(*session.LoadTick); return ok && b.Running == 5 })
	l.sick.Store(true)
	l.await(t, "a cut", func(e session.Event) bool { b, ok := e.Body.(*session.GuardChange); return ok && b.To == "cut" })
	l.await(t, "the failure in the log", func(e session.Event) bool { return e.Type == session.TypeNotifyFailed })
	if _, err := l.Do(t.Context(), mel, session.Finish{Reason: "quit"}); err != nil {
		t.Fatal(err)
	}
	if err := <-l.ended; err != nil {
		t.Fatal(err)
	}
	if n := len(mail.list()); n > 1 {
		t.Errorf("%d messages came although the first has no answer", n)
	}
	close(free)
	err := f.Wait(time.Minute)
	var texts []string
	for _, g := range mail.list() {
		texts = append(texts, g.text(t))
	}
	if n := len(texts); n != 3 || !strings.Contains(texts[0], "began: mel drives") || !strings.Contains(texts[1], "cut the load at 5 users (cut): ") || !strings.Contains(texts[2], "over (left)") {
		t.Errorf("told %q", texts)
	}
	journal, rerr := os.ReadFile(filepath.Join(l.Dir(), session.JournalName))
	if rerr != nil {
		t.Fatal(rerr)
	}
	if !strings.Contains(string(journal), `"type":"notify.failed","body":{"target":"grafana","why":"it answered 401 Unauthorized","count":1}}`) {
		t.Error("the journal does not hold the failure")
	}
	if all := string(journal) + fmt.Sprint(err); strings.Contains(all, "TOPSECRET") {
		t.Errorf("a secret is in the journal or in %v", err)
	}
}
