package locust

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"crosstalk/loadengine"
)

// A dial in motion makes beats due at once. It does not make the fleet silent:
// one slow answer then is one slow answer.
func TestAMovingDialIsNoSilence(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(s.Close)
	c, err := newClient(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	f, words := toldFleet(t, true, 40, state{Workers: fit("a")})
	f.client, f.brake = c, loadengine.NewBrake()
	now := time.Now()
	f.beaten, f.dueAt = now, now.Add(beatEvery)
	for n := range 100 { // an arrow key that is held
		f.ask(n)
	}
	if now.Before(f.dueAt) {
		t.Errorf("the next beat is due in %s", f.dueAt.Sub(now))
	}
	late, cancel := context.WithCancel(t.Context())
	cancel() // the answer does not come in time
	if f.beat(late, 40) {
		t.Error("a beat without an answer is permitted")
	}
	if stop, latched := f.brake.Latched(); latched {
		t.Errorf("the brake was pulled: %+v, %q", stop, *words)
	}
	f.beaten = now.Add(-Lease - time.Second)
	f.beat(late, 40)
	if _, latched := f.brake.Latched(); !latched {
		t.Error("the brake was not pulled after three seconds without an answer")
	}
}
