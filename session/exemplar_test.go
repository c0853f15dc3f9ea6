package session

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"crosstalk/loadengine"
)

func TestExemplarsAreMaskedAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sick := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(rw, "hunter2 is full")
	}))
	defer sick.Close()
	o := w.options(t)
	o.Plan.Base = sick.URL
	o.Exemplar = func(x loadengine.Exemplar) *ExemplarAdd {
		return &ExemplarAdd{Level: x.Level, Asked: x.Asked, Journey: x.Journey, Step: x.Step, Kind: x.Kind, Pick: x.Pick, Start: strings.ReplaceAll(string(x.Start), "hunter2", "***")}
	}
	r := start(t, o)
	r.await("the end of the preparations", ofType(TypeBrakeTest))
	r.do(SetDial{To: 3})
	e := r.await("an exchange that is kept", func(e Event) bool {
		b, ok := e.Body.(*ExemplarAdd)
		return ok && b.Asked == 3
	})
	if b := e.Body.(*ExemplarAdd); b.Kind != "status 503" || b.Pick != "first" || b.Start != "*** is full" || b.Sent <= 0 || b.Sent > e.MS {
		t.Errorf("kept %+v at %d", b, e.MS)
	}
	events := r.finish()
	picks := map[string]int{}
	for _, e := range events {
		if b, ok := e.Body.(*ExemplarAdd); ok && b.Asked == 3 {
			picks[b.Pick]++
		}
	}
	// What was found last comes when the load has ended, before the last line.
	if picks["first"] != 1 || picks["slowest"] == 0 || events[len(events)-1].Type != TypeEnd {
		t.Errorf("picks %v, the last line is %s", picks, events[len(events)-1].Type)
	}
	if st := Fold(events); len(st.Examples("visit", "GET /")) < 2 {
		t.Errorf("the state keeps %+v", st.Exemplars)
	}
}

func TestStateKeepsTheNewestExemplars(t *testing.T) {
	t.Parallel()
	st := NewState()
	add := func(level int, kind, pick, start string) {
		st.exemplar(&ExemplarAdd{Level: level, Journey: "j", Step: "s", Kind: kind, Pick: pick, Start: start})
	}
	add(1, "", "first", "good")
	add(1, "timeout", "slowest", "old")
	before := st.Clone()
	add(1, "timeout", "slowest", "new")
	add(2, "timeout", "first", "later")
	got := st.Examples("j", "s")
	if len(got) != 3 || got[0].Start != "later" || got[1].Start != "new" || got[2].Kind != "" {
		t.Errorf("kept %+v", got)
	}
	if len(before.Exemplars) != 2 || before.Exemplars[1].Start != "old" {
		t.Errorf("a copy changed with it: %+v", before.Exemplars)
	}
	for n := range 3 * maxKeptExemplars {
		add(3+n, "timeout", "first", "x")
	}
	if n := len(st.Exemplars); n != maxKeptExemplars {
		t.Errorf("%d are kept, want %d", n, maxKeptExemplars)
	}
}
