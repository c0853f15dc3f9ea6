package session

import (
	"strings"
	"testing"

	"crosstalk/bench/fault"
	"crosstalk/monitors"
)

// A muted server that is down is shown and only warns: load may rise beside it,
// the others cut as ever, and going on takes a reason and no resurrection.
func TestAMutedServerOnlyWarns(t *testing.T) {
	t.Parallel()
	f := newSites(t, 2, 0)
	o := f.options()
	o.Limits = map[string]monitors.Limits{monitors.Production: {Tolerate: 1}}
	r := f.load(o)
	f.production[1].Refuse()
	r.await("web-2 red", health(monitors.Production, "web-2", "red"))
	r.do(Mute{Env: monitors.Production, Check: "web-2", Why: "its disk is being changed"})
	r.known("running beside it", func(e Event) bool {
		b, ok := e.Body.(*GuardChange)
		return ok && b.To == string(GuardRun) && e.Seq > r.noted("web-2 of production only warns")
	})
	// On a crowded machine the other server may be late, and the guard holds for as long.
	grown := false
	for tries := 0; !grown && tries < 10; tries++ {
		if _, err := r.Do(t.Context(), mel, SetDial{To: 12}); err != nil {
			t.Logf("not yet: %v", err)
		}
		e := r.await("more users", func(e Event) bool {
			switch b := e.Body.(type) {
			case *LoadTick:
				return b.Running == 12
			case *GuardChange:
				return b.To == string(GuardRun)
			}
			return false
		})
		_, grown = e.Body.(*LoadTick)
	}
	if !grown {
		t.Fatal("beside the muted one load does not rise")
	}
	if st := r.Snapshot(); st.Env(monitors.Production).State != monitors.Amber.String() {
		t.Errorf("production is shown as %s", st.Env(monitors.Production).State)
	}
	f.production[0].Become(fault.Half)
	r.await("the muted one does not excuse the other", func(e Event) bool {
		b, ok := e.Body.(*GuardChange)
		return ok && b.To != string(GuardRun)
	})
	r.finish()
}

// noted is the event of the note that begins so.
func (r *started) noted(text string) uint64 {
	r.t.Helper()
	return r.known("the note "+text, func(e Event) bool {
		b, ok := e.Body.(*NoteAdd)
		return ok && strings.HasPrefix(b.Text, text)
	}).Seq
}
