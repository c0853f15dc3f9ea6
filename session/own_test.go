package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// The look at our own sends warns of what holds on, at once of what is certain,
// and of nothing else.
func TestOwnSends(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	lag := func(p95 time.Duration, sends uint64) loadengine.Tick {
		return loadengine.Tick{Lag: loadengine.Lag{Sends: sends, P95: p95, Max: 2 * p95}}
	}
	lost := func(sends, missed uint64) loadengine.Tick {
		return loadengine.Tick{Lag: loadengine.Lag{Sends: sends, P95: ms}, Late: missed + 50, Missed: missed}
	}
	kinds := func(kind string, n uint64) loadengine.Tick { return loadengine.Tick{Kinds: map[string]uint64{kind: n}} }
	for name, c := range map[string]struct {
		ticks []loadengine.Tick
		want  []string // of each look: "" is well
	}{
		"on time":                 {[]loadengine.Tick{lag(ms, 100), lag(25*ms, 100), lag(2*ms, 100), lag(ms, 100)}, []string{"", "", "", ""}},
		"late once":               {[]loadengine.Tick{lag(80*ms, 100), lag(ms, 100), lag(80*ms, 100), lag(80*ms, 100)}, []string{"", "", "", ""}},
		"late, and well again":    {[]loadengine.Tick{lag(80*ms, 100), lag(60*ms, 100), lag(40*ms, 100), lag(ms, 100)}, []string{"", "", "sends are late: p95 40 ms after they are due", ""}},
		"too few to say":          {[]loadengine.Tick{lag(80*ms, 9), lag(80*ms, 9), lag(80*ms, 9)}, []string{"", "", ""}},
		"lost, we stood still":    {[]loadengine.Tick{lost(80, 20), lost(80, 20), lost(80, 20)}, []string{"", "", "20 % of the sends could not be made in time"}},
		"lost, users were busy":   {[]loadengine.Tick{lost(80, 0), lost(80, 0), lost(80, 0)}, []string{"", "", ""}},
		"no file":                 {[]loadengine.Tick{kinds(kindFiles, 3), {}}, []string{"no file is left for a connection: 3 requests not sent (ulimit -n)", ""}},
		"no port":                 {[]loadengine.Tick{kinds(kindPorts, 2)}, []string{"no port is left for a connection: 2 requests not sent"}},
		"what is not ours":        {[]loadengine.Tick{kinds("refused", 9)}, []string{""}},
		"nothing at all was sent": {[]loadengine.Tick{{}, {}}, []string{"", ""}},
	} {
		o := &ownSends{}
		for i, tick := range c.ticks {
			o.note(tick)
			if r := o.look(t.Context()); r.Reason != c.want[i] || r.Warn != (c.want[i] != "") || !r.OK {
				t.Errorf("%s, look %d: %+v, want %q", name, i+1, r, c.want[i])
			}
		}
	}
	o := &ownSends{}
	o.note(lag(40*ms, 100))
	o.note(lag(10*ms, 100)) // the worst of the ticks since the last look
	if r := o.look(t.Context()); r.Value != 40 || !r.Measured || r.Unit != "ms" {
		t.Errorf("%+v", r)
	}
}

// A span begins when this machine has trouble under load, and ends with the
// trouble or the load; the state keeps it.
func TestSpansOfOurOwnLimit(t *testing.T) {
	t.Parallel()
	w := &watch{facts: newOutbox()}
	begun := time.Unix(100, 0)
	at := func(s int) time.Time { return begun.Add(time.Duration(s) * time.Second) }
	busy, well := monitors.EnvHealth{State: monitors.Amber, Why: "sends are late"}, monitors.EnvHealth{State: monitors.Green}
	w.quiet = true
	w.bottleneck(at(0), busy, 1) // while it is learned what is usual nobody asks for load
	w.quiet = false
	w.bottleneck(at(1), busy, 0)
	w.bottleneck(at(2), busy, 40)
	w.bottleneck(at(3), busy, 40)
	w.bottleneck(at(5), well, 40)
	w.bottleneck(at(6), well, 40)
	w.bottleneck(at(7), monitors.EnvHealth{State: monitors.Red, Why: "the sink is late"}, 50)
	w.bottleneck(at(9), busy, 0)
	var got []SelfLimit
	st := NewState()
	for i, f := range w.facts.take() {
		got = append(got, *f.body.(*SelfLimit))
		st.Apply(Event{Seq: uint64(i + 1), MS: int64(1000 * i), T: at(i), Type: f.kind, By: f.by, Body: f.body})
		if _, now := st.Limit(); now != (got[i].Span == SpanBegin) {
			t.Errorf("after event %d the limit lasts: %v", i, now)
		}
	}
	want := []SelfLimit{{Why: "sends are late", Span: SpanBegin, Running: 40}, {Span: SpanEnd, Seconds: 3},
		{Why: "the sink is late", Span: SpanBegin, Running: 50}, {Span: SpanEnd, Seconds: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("told %+v", got)
	}
	if want := []LimitSpan{{0, 1000, "sends are late"}, {2000, 3000, "the sink is late"}}; !slices.Equal(st.Limits, want) {
		t.Errorf("kept %+v", st.Limits)
	}
}

// A copy of the state does not change with it, and the spans stay bounded.
func TestLimitSpansAreCopiedAndBounded(t *testing.T) {
	t.Parallel()
	st := NewState()
	seq := uint64(0)
	tell := func(b *SelfLimit) {
		seq++
		st.Apply(Event{Seq: seq, MS: int64(seq), Type: TypeSelfLimit, Body: b})
	}
	tell(&SelfLimit{Why: "a", Span: SpanBegin})
	c := st.Clone()
	tell(&SelfLimit{Span: SpanEnd})
	if _, lasts := c.Limit(); !lasts {
		t.Error("the copy ended with the state")
	}
	for range 3 * maxLimits {
		tell(&SelfLimit{Why: "a", Span: SpanBegin})
	}
	if n := len(st.Limits); n > maxLimits+1 {
		t.Errorf("%d spans are kept", n)
	}
	if len(st.Marks) == 0 || !strings.HasPrefix(st.Marks[0].Text, "you are the bottleneck") {
		t.Errorf("marked as %+v", st.Marks[:min(1, len(st.Marks))])
	}
}

func TestShortfalls(t *testing.T) {
	t.Parallel()
	plan := loadengine.Plan{MaxUsers: 200}
	for _, c := range []struct {
		room monitors.Room
		want []string // what each sentence holds
	}{
		{monitors.Room{}, nil},
		{monitors.Room{Files: 1 << 20, Ports: 28_232}, nil},
		{monitors.Room{Files: 296, Ports: 28_232}, nil}, // 64 kept, 24 of our own, 2 for each of 4 checks: just enough
		{monitors.Room{Files: 295, Ports: 28_232}, []string{"about 199. Start it where ulimit -n is 296 or more"}},
		{monitors.Room{Files: 32, Ports: 150}, []string{"32 files", "150 ports"}},
		{monitors.Room{Files: 1 << 20, Ports: 150}, []string{"--limit-users 150"}},
	} {
		got := shortfalls(plan, 4, c.room)
		if len(got) != len(c.want) {
			t.Errorf("%+v: %q", c.room, got)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%+v: %q does not say %q", c.room, got[i], c.want[i])
			}
		}
	}
}
