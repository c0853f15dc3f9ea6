package session

import (
	"encoding/json"
	"testing"
)

func TestRemarkIsWrittenAndShown(t *testing.T) {
	t.Parallel()
	r := start(t, newWorld(t).options(t))
	r.Remark(NotifyFailed{Target: "webhook", Why: "no answer within 5s", Count: 2})
	e := r.await("the remark", ofType(TypeNotifyFailed))
	want := NotifyFailed{"webhook", "no answer within 5s", 2}
	if b, ok := e.Body.(*NotifyFailed); !ok || *b != want || e.By != BySession {
		t.Errorf("got %+v by %s", e.Body, e.By)
	}
	if st := r.Snapshot(); st.NotifyFailed == nil || *st.NotifyFailed != want || st.NotifyFailedMS != e.MS {
		t.Errorf("the state shows %+v at %d", st.NotifyFailed, st.NotifyFailedMS)
	}
	journal := r.finish()
	var kept int
	for _, e := range journal {
		if b, ok := e.Body.(*NotifyFailed); ok && *b == want {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("the journal has it %d times", kept)
	}
	r.Remark(want) // after the end: nothing, and nothing hangs
}

func TestNotifyFailedInTheFold(t *testing.T) {
	t.Parallel()
	var e Event
	if err := json.Unmarshal([]byte(`{"v":1,"seq":1,"t":"2026-10-17T15:36:19.880Z","ms":70,"by":"session","type":"notify.failed","body":{"target":"grafana","why":"it answered 401 Unauthorized","count":3}}`), &e); err != nil {
		t.Fatal(err)
	}
	s := Fold([]Event{e})
	if s.NotifyFailed == nil || s.NotifyFailed.Count != 3 || s.NotifyFailedMS != 70 {
		t.Errorf("the state has %+v at %d", s.NotifyFailed, s.NotifyFailedMS)
	}
	if m := s.Marks; len(m) != 1 || m[0].Text != "grafana could not be told: it answered 401 Unauthorized (3 messages)" || m[0].Type != TypeNotifyFailed {
		t.Errorf("marks %+v", m)
	}
}
