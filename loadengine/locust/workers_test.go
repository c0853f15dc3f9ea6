package locust

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
)

// What has to be known is told whatever a talkative fleet has said before.
func TestSafetysWordsAreNeverTooMany(t *testing.T) {
	t.Parallel()
	f, words := toldFleet(t, true, 40, state{Workers: fit("a")})
	for i := range 2 * maxSaid {
		s := state{State: "running", Target: 40, Users: 40, Workers: fit("a", strings.Repeat("x", i+1))}
		s.Workers[0].Refused = map[string]uint64{strings.Repeat("h", i+1): 1}
		f.took(&s, time.Now())
	}
	if n := len(*words); n > 3*maxSaid {
		t.Errorf("%d words", n)
	}
	s := state{State: "running", Workers: fit("a"), Hands: 1, Hand: hand{"stop", 0}}
	f.took(&s, time.Now())
	f.say("beat", "the master does not answer")
	if !slices.Contains(*words, stoppedWord) || !slices.Contains(*words, "the master does not answer") {
		t.Errorf("the last words are %q", (*words)[len(*words)-2:])
	}
}

// A rack that goes down is one sentence, not one for each worker, and a fleet
// that comes and goes all day is told of again in the next minute.
func TestWorkersAreToldOfTogether(t *testing.T) {
	t.Parallel()
	all := func(n int) []worker {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprint("w", i))
		}
		return fit(ids...)
	}
	f, words := toldFleet(t, true, 40, state{Workers: all(111)})
	at := time.Now()
	look := func(w []worker) { f.took(&state{State: "running", Target: 40, Users: 40, Workers: w}, at) }
	look(all(74))
	look(all(111))
	if want := []string{"37 workers are lost with their users: 74 left, which take no more until the dial moves", "37 workers are back: 111 in all"}; !slices.Equal(*words, want) {
		t.Errorf("it says %q", *words)
	}
	for range 3 * perMinute {
		at = at.Add(time.Second / 2)
		look(all(110))
		look(all(111))
	}
	told := slices.Clone(*words)
	if n := len(told); n != 2*(perMinute+1) {
		t.Errorf("%d sentences in a minute", n)
	}
	for _, want := range []string{"workers are lost so often that no more of it is told for a minute", "workers come back so often that no more of it is told for a minute"} {
		if !slices.Contains(told, want) {
			t.Errorf("not said: %q", want)
		}
	}
	at = at.Add(time.Minute)
	look(all(109))
	if last := (*words)[len(*words)-1]; !strings.HasPrefix(last, "2 workers are lost") {
		t.Errorf("in the next minute: %q", last)
	}
}

// A worker with the plug-in of before is named as such at once; one that has not
// told yet may still do.
func TestAWorkersPlugInIsNamed(t *testing.T) {
	t.Parallel()
	at := time.Now()
	for _, c := range []struct {
		is    worker
		after time.Duration
		want  string
	}{
		{worker{Protocol: 1}, 0, "worker x imports an older crosstalk_guard.py, and gets no users"},
		{worker{Protocol: protocol + 1}, 0, "worker x imports a newer crosstalk_guard.py than the master, and gets no users"},
		{worker{}, 0, ""},
		{worker{}, askFor + time.Second, "worker x does not import crosstalk_guard.py, and gets no users"},
		{worker{Protocol: protocol, Guarded: true}, askFor + time.Second, ""},
	} {
		f, words := toldFleet(t, true, 40, state{Workers: fit("a")})
		c.is.ID, c.is.State = "x", "ready"
		s := &state{State: "running", Target: 40, Users: 40, Workers: append(fit("a"), c.is)}
		f.took(s, at)
		f.took(s, at.Add(c.after))
		want := []string{"worker x joined: 2 in all"}
		if c.want != "" {
			want = append(want, c.want)
		}
		if !slices.Equal(*words, want) {
			t.Errorf("%+v after %s: it says %q, want %q", c.is, c.after, *words, want)
		}
	}
}

// A fleet that is not on the lease because of an older plug-in is told what to
// copy, not to import what it imports; and at once, where every worker has told.
func TestWhatKeepsAFleetOffTheLeaseIsNamed(t *testing.T) {
	t.Parallel()
	is := func(id string, speaks int) worker {
		return worker{ID: id, State: "ready", Guarded: speaks == protocol, Protocol: speaks}
	}
	lost := worker{ID: "lost", State: "missing", Protocol: 1}
	for _, c := range []struct {
		workers []worker
		want    string
	}{
		{[]worker{is("fit", protocol), lost}, ""},
		{[]worker{is("fit", protocol), is("alpha_0123456789abcdef0123456789abcdef", protocol-1)},
			"worker alpha_012345 imports an older crosstalk_guard.py: copy the newer one there"},
		{[]worker{is("a", 1), is("b", protocol-1), lost}, "workers a and b import an older crosstalk_guard.py: copy the newer one there"},
		{[]worker{is("a", protocol+1)}, "worker a imports a newer crosstalk_guard.py than the master: copy the master's there"},
	} {
		told, err := json.Marshal(state{Protocol: protocol, State: "ready", Workers: c.workers})
		if err != nil {
			t.Fatal(err)
		}
		at := master(t, map[string]string{
			"/crosstalk/state": string(told),
			"/stats/requests":  `{"state": "ready", "user_count": 0, "workers": [], "stats": [], "errors": []}`,
		}).base.String()
		f, err := New(t.Context(), Options{URL: at, Session: "s"}, loadengine.NewPermit(loadengine.SystemClock()), loadengine.NewBrake(), loadengine.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Remedy() != c.want || f.Leased() != (c.want == "") {
			t.Errorf("%+v: on the lease %t, it says %q, want %q", c.workers, f.Leased(), f.Remedy(), c.want)
		}
	}
	older, bare := is("a", protocol-1), is("bare", 0)
	for _, c := range []struct {
		all  []worker
		want string
	}{
		{[]worker{bare}, "import crosstalk_guard.py on the master and every worker"},
		{[]worker{older, bare}, "worker a imports an older crosstalk_guard.py: copy the newer one there; worker bare does not import crosstalk_guard.py: import it there"},
		{[]worker{older, older, older, older, older}, "workers a, a, a and 2 more import an older crosstalk_guard.py: copy the newer one there"},
	} {
		if got := remedy(c.all); got != c.want {
			t.Errorf("%+v: it says %q, want %q", c.all, got, c.want)
		}
	}
}
