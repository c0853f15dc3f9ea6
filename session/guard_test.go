package session

import (
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
)

// drill steps a guard through readings 50 ms apart.
type drill struct {
	g   *Guard
	now time.Time
	r   Reading
	v   Verdict
	log []string // the changes, "run>hold amber"
}

func newDrill(edit func(*GuardRules)) *drill {
	rules := DefaultRules()
	if edit != nil {
		edit(&rules)
	}
	return &drill{g: NewGuard(rules), now: time.Unix(1000, 0), r: Reading{Production: monitors.Green, Self: monitors.Green, Running: 40}}
}

// for runs the present reading for a time. Users follow the ceiling at once.
func (d *drill) lasts(span time.Duration) *drill {
	for end := d.now.Add(span); d.now.Before(end); {
		d.now = d.now.Add(wakeEvery)
		d.r.Now = d.now
		if d.r.Production == monitors.Green {
			d.r.GreenFor += wakeEvery
		} else {
			d.r.GreenFor = 0
		}
		d.r.Pressing = d.r.Production != monitors.Green
		d.v = d.g.Step(d.r)
		d.r.Late = ""
		if d.v.Changed {
			d.log = append(d.log, string(d.v.From)+">"+string(d.v.State)+" "+d.v.Cause)
		}
		if d.v.Ceiling >= 0 {
			d.r.Running = min(d.r.Running, d.v.Ceiling)
		}
	}
	return d
}

func (d *drill) sees(h monitors.Health) *drill { d.r.Production = h; return d }

func (d *drill) controlled(h monitors.Health) *drill {
	d.r.Controlled, d.r.Control = true, h
	return d
}

func (d *drill) want(t *testing.T, state GuardState, ceiling int, log string) {
	t.Helper()
	if d.v.State != state || d.v.Ceiling != ceiling || strings.Join(d.log, ", ") != log {
		t.Errorf("%s with ceiling %d after %q; want %s, %d after %q", d.v.State, d.v.Ceiling, strings.Join(d.log, ", "), state, ceiling, log)
	}
}

func TestGuardLadder(t *testing.T) {
	t.Parallel()
	const sec = time.Second
	attended := func(r *GuardRules) { r.Attended = true }
	for _, c := range []struct {
		name    string
		rules   func(*GuardRules)
		act     func(*drill)
		state   GuardState
		ceiling int
		log     string
	}{
		{"green runs", nil, func(d *drill) { d.lasts(sec) }, GuardRun, none, ""},
		{"amber holds", nil, func(d *drill) { d.lasts(sec).sees(monitors.Amber).lasts(sec) }, GuardHold, 40, "run>hold amber"},
		{"amber that lasts eases", nil, func(d *drill) { d.sees(monitors.Amber).lasts(2100 * time.Millisecond) }, GuardEase, 20, "run>hold amber, hold>ease amber"},
		{"easing halves again and again", nil, func(d *drill) { d.sees(monitors.Amber).lasts(6200 * time.Millisecond) }, GuardEase, 5, "run>hold amber, hold>ease amber"},
		{"green ends a hold", nil, func(d *drill) { d.sees(monitors.Amber).lasts(sec).sees(monitors.Green).lasts(sec) }, GuardRun, none, "run>hold amber, hold>run amber"},
		{"attended, users stay below where amber began", attended, func(d *drill) { d.sees(monitors.Amber).lasts(sec).sees(monitors.Green).lasts(sec) }, GuardRun, 40, "run>hold amber, hold>run amber"},
		{"a key lifts that", attended, func(d *drill) {
			d.sees(monitors.Amber).lasts(sec).sees(monitors.Green).lasts(sec)
			d.g.Press()
			d.lasts(sec)
		}, GuardRun, none, "run>hold amber, hold>run amber"},
		{"what was eased comes back in steps", nil, func(d *drill) {
			d.sees(monitors.Amber).lasts(2100 * time.Millisecond).sees(monitors.Green).lasts(8 * sec)
		}, GuardEase, 28, "run>hold amber, hold>ease amber"},
		{"and then runs", nil, func(d *drill) {
			d.sees(monitors.Amber).lasts(2100 * time.Millisecond).sees(monitors.Green).lasts(40 * sec)
		}, GuardRun, none, "run>hold amber, hold>ease amber, ease>run amber"},
		{"red cuts at once", nil, func(d *drill) { d.sees(monitors.Red).lasts(wakeEvery) }, GuardCut, 0, "run>cut red"},
		{"red cuts from a hold", nil, func(d *drill) { d.sees(monitors.Amber).lasts(sec).sees(monitors.Red).lasts(wakeEvery) }, GuardCut, 0, "run>hold amber, hold>cut red"},
		{"green alone does not end a cut", nil, func(d *drill) { d.sees(monitors.Red).lasts(sec).sees(monitors.Green).lasts(300 * sec) }, GuardCut, 0, "run>cut red"},
		{"no sight holds, eases, cuts", nil, func(d *drill) { d.sees(monitors.NoSight).lasts(6 * sec) }, GuardCut, 0, "run>hold no sight, hold>ease no sight, ease>cut no sight"},
		{"sight that comes back in time", nil, func(d *drill) { d.sees(monitors.NoSight).lasts(sec).sees(monitors.Green).lasts(11 * sec) }, GuardRun, none, "run>hold no sight, hold>run no sight"},
		{"no sight after our own trouble has its own patience", nil, func(d *drill) {
			d.r.Self = monitors.Amber
			d.lasts(10 * sec).sees(monitors.NoSight).lasts(sec)
		}, GuardHold, 40, "run>hold self"},
		{"no sight of production at one user in the quiet phase", nil, func(d *drill) {
			d.r.Quiet, d.r.Running = true, 1
			d.sees(monitors.NoSight).lasts(sec)
		}, GuardHold, 1, "run>hold no sight"},
		{"the first probes are on their way", nil, func(d *drill) { d.r.Unseen = true; d.sees(monitors.NoSight).lasts(sec) }, GuardRun, none, ""},
		{"our own machine holds and no more", nil, func(d *drill) { d.r.Self = monitors.Amber; d.lasts(20 * sec) }, GuardHold, 40, "run>hold self"},
		{"one late answer pauses rising", nil, func(d *drill) { d.r.Late = "late"; d.lasts(sec) }, GuardRun, 40, ""},
		{"for two seconds", nil, func(d *drill) { d.r.Late = "late"; d.lasts(3 * sec) }, GuardRun, none, ""},
		{"a lapsed permit cuts", nil, func(d *drill) { d.r.Lapsed = "lapsed"; d.lasts(sec) }, GuardCut, 0, "run>cut permit"},
		{"without checks only a few", func(r *GuardRules) { r.Unguarded = true }, func(d *drill) { d.sees(monitors.NoSight).lasts(20 * sec) }, GuardRun, 5, ""},
		{"switched off", func(r *GuardRules) { r.Off = true }, func(d *drill) { d.sees(monitors.Red).lasts(20 * sec) }, GuardRun, none, ""},
		{"switched off, the permit still counts", func(r *GuardRules) { r.Off = true }, func(d *drill) { d.r.Lapsed = "lapsed"; d.lasts(sec) }, GuardCut, 0, "run>cut permit"},
		{"switched off, we ourselves still hold", func(r *GuardRules) { r.Off = true }, func(d *drill) { d.r.Self = monitors.Amber; d.lasts(20 * sec) }, GuardHold, 40, "run>hold self"},
		{"until we are well", func(r *GuardRules) { r.Off = true }, func(d *drill) {
			d.r.Self = monitors.Amber
			d.lasts(sec)
			d.r.Self = monitors.Green
			d.lasts(11 * sec)
		}, GuardRun, none, "run>hold self, hold>run self"},
		{"and not a moment sooner", func(r *GuardRules) { r.Off = true }, func(d *drill) {
			d.r.Self = monitors.Amber
			d.lasts(sec)
			d.r.Self = monitors.Green
			d.lasts(9 * sec)
		}, GuardHold, 40, "run>hold self"},
		{"or somebody moves up all the same", func(r *GuardRules) { r.Off, r.Attended = true, true }, func(d *drill) {
			d.r.Self = monitors.Red
			d.lasts(sec)
			d.g.Insist()
			d.lasts(20 * sec)
		}, GuardRun, none, "run>hold self, hold>run person"},
		{"a script that moves up has seen nothing", func(r *GuardRules) { r.Off = true }, func(d *drill) {
			d.r.Self = monitors.Red
			d.lasts(sec)
			d.g.Press()
			d.g.Insist()
			d.lasts(20 * sec)
		}, GuardHold, 40, "run>hold self"},
		{"or has done so with it in sight", func(r *GuardRules) { r.Off, r.Attended = true, true }, func(d *drill) {
			d.r.Self, d.r.Running = monitors.Amber, 0
			d.lasts(sec)
			d.g.Insist()
			d.r.Running = 40
			d.lasts(20 * sec)
		}, GuardRun, none, ""},
		{"which holds for this time only", func(r *GuardRules) { r.Off, r.Attended = true, true }, func(d *drill) {
			d.r.Self = monitors.Amber
			d.lasts(sec)
			d.g.Insist()
			d.lasts(sec)
			d.r.Self = monitors.Green
			d.lasts(11 * sec)
			d.r.Self = monitors.Amber
			d.lasts(sec)
		}, GuardHold, 40, "run>hold self, hold>run person, run>hold self"},
		{"switched off, one user in the quiet phase and no more", func(r *GuardRules) { r.Off = true }, func(d *drill) { d.r.Self, d.r.Quiet = monitors.Amber, true; d.lasts(20 * sec) }, GuardRun, 1, ""},
		{"told to warn only, amber holds nothing", nil, func(d *drill) { d.g.Warn(d.now.Add(WarnFor)); d.sees(monitors.Amber).lasts(time.Minute) }, GuardRun, none, ""},
		{"and lets go of what it held", nil, func(d *drill) {
			d.sees(monitors.Amber).lasts(3 * sec)
			d.g.Warn(d.now.Add(WarnFor))
			d.lasts(sec)
		}, GuardRun, none, "run>hold amber, hold>ease amber, ease>run person"},
		{"for five minutes", nil, func(d *drill) { d.g.Warn(d.now.Add(WarnFor)); d.sees(monitors.Amber).lasts(WarnFor + sec) }, GuardHold, 40, "run>hold amber"},
		{"and red cuts all the same", nil, func(d *drill) { d.g.Warn(d.now.Add(WarnFor)); d.sees(monitors.Red).lasts(sec) }, GuardCut, 0, "run>cut red"},
		{"and no sight as well", nil, func(d *drill) { d.g.Warn(d.now.Add(WarnFor)); d.sees(monitors.NoSight).lasts(6 * sec) }, GuardCut, 0, "run>hold no sight, hold>ease no sight, ease>cut no sight"},
		{"one user in the quiet phase", nil, func(d *drill) { d.r.Quiet = true; d.lasts(sec) }, GuardRun, 1, ""},
		{"a server red before anything ran", nil, func(d *drill) { d.r.Quiet, d.r.Running = true, 0; d.sees(monitors.Red).lasts(sec) }, GuardRun, 0, ""},
		{"red at the start cuts where nobody is there to set it aside", nil, func(d *drill) {
			d.r.Quiet, d.r.Running = true, 0
			d.sees(monitors.Red).lasts(sec)
			d.r.Quiet = false
			d.lasts(sec)
		}, GuardCut, 0, "run>cut red"},
		{"and still red when load could begin", attended, func(d *drill) {
			d.r.Quiet, d.r.Running = true, 0
			d.sees(monitors.Red).lasts(sec)
			d.r.Quiet = false
			d.lasts(sec)
		}, GuardHold, 0, "run>hold red"},
		{"is over when it is not red any more", attended, func(d *drill) {
			d.r.Running = 0
			d.sees(monitors.Red).lasts(sec).sees(monitors.Green).lasts(sec)
		}, GuardRun, none, "run>hold red, hold>run red"},
		{"the user of the quiet phase is let go of, and not cut", nil, func(d *drill) {
			d.r.Quiet, d.r.Running = true, 1
			d.sees(monitors.Red).lasts(sec)
		}, GuardRun, 0, ""},
		{"red after load has run cuts, though nobody runs now", nil, func(d *drill) {
			d.lasts(sec)
			d.r.Running = 0
			d.sees(monitors.Red).lasts(sec)
		}, GuardCut, 0, "run>cut red"},
		{"amber here and in the control environment eases as our own side", nil, func(d *drill) {
			d.controlled(monitors.Amber).sees(monitors.Amber).lasts(2100 * time.Millisecond)
		}, GuardEase, 20, "run>hold our side?, hold>ease our side?"},
		{"and never cuts", nil, func(d *drill) { d.controlled(monitors.Red).sees(monitors.Amber).lasts(300 * sec) }, GuardEase, 0, "run>hold our side?, hold>ease our side?"},
		{"and waits for ten seconds without", nil, func(d *drill) {
			d.controlled(monitors.Amber).sees(monitors.Amber).lasts(sec).controlled(monitors.Green).sees(monitors.Green).lasts(9 * sec)
		}, GuardHold, 40, "run>hold our side?"},
		{"and goes on then", nil, func(d *drill) {
			d.controlled(monitors.Amber).sees(monitors.Amber).lasts(sec).controlled(monitors.Green).sees(monitors.Green).lasts(11 * sec)
		}, GuardRun, none, "run>hold our side?, hold>run our side?"},
		{"one patience for amber, whoever is behind it", nil, func(d *drill) {
			d.controlled(monitors.Green).sees(monitors.Amber).lasts(1500 * time.Millisecond).controlled(monitors.Amber).lasts(600 * time.Millisecond)
		}, GuardEase, 20, "run>hold amber, hold>ease our side?"},
		{"the control environment alone is nothing", nil, func(d *drill) { d.controlled(monitors.Red).lasts(sec) }, GuardRun, none, ""},
		{"red cuts and counts, whatever the control environment does", nil, func(d *drill) { d.controlled(monitors.Red).sees(monitors.Red).lasts(sec) }, GuardCut, 0, "run>cut red"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(c.rules)
			c.act(d)
			d.want(t, c.state, c.ceiling, c.log)
		})
	}
}

func TestGoingOnAfterACut(t *testing.T) {
	t.Parallel()
	d := newDrill(nil)
	d.sees(monitors.Red).lasts(time.Second)
	if err := d.g.GoOn(d.now, true); err == nil {
		t.Fatal("went on while production was red")
	}
	d.sees(monitors.Green).lasts(59 * time.Second)
	if m := d.g.Missing(d.now, false); !strings.Contains(m, "1 s to go") {
		t.Errorf("missing: %q", m)
	}
	d.lasts(2 * time.Second)
	if err := d.g.GoOn(d.now, false); err != nil {
		t.Fatal(err)
	}
	d.r.Running = 40
	d.lasts(time.Second).want(t, GuardRun, 20, "run>cut red") // half the level of the cut
	if most, why := d.g.First(d.now); most != 20 || d.v.Slew != 0.5 || !strings.Contains(why, "at most 20 users (half its level)") || !strings.Contains(why, ": 10 s to go") {
		t.Errorf("first climb: %d %q at slew %v", most, why, d.v.Slew)
	}
	d.lasts(8*time.Second).sees(monitors.Amber).lasts(time.Second).sees(monitors.Green).lasts(9*time.Second).want(t, GuardRun, 20, "run>cut red, run>hold amber, hold>run amber")
	d.lasts(2*time.Second).want(t, GuardRun, 32, "run>cut red, run>hold amber, hold>run amber") // then 80 % of it
	if most, why := d.g.First(d.now); most != 32 || !strings.Contains(why, "at most 32 users since the cut at 40: once 32 have run for 60 s with production green, the next press up lifts that: 60 s to go") || d.v.Slew != 0.5 {
		t.Errorf("proved: %d %q at slew %v", most, why, d.v.Slew)
	}
	d.r.Running = 32
	if d.lasts(9 * time.Second); d.v.Slew != 0.5 {
		t.Error("the slow climb ended before it stood at its limit for ten seconds")
	}
	if d.lasts(2 * time.Second); d.v.Slew != 1 {
		t.Errorf("slew %v after ten seconds at the limit", d.v.Slew)
	}
	d.sees(monitors.Red).lasts(time.Second)
	if d.v.State != GuardLockout {
		t.Fatalf("the second cut is a %s", d.v.State)
	}
	d.sees(monitors.Green).lasts(2 * time.Minute)
	if err := d.g.GoOn(d.now, false); err == nil {
		t.Error("went on after the second cut without a reason")
	}
	if err := d.g.GoOn(d.now, true); err != nil {
		t.Error(err)
	}
}

// A server that was muted before the cut and stays down keeps nobody from going
// on; it takes a reason, because nobody watches that server.
func TestGoingOnBesideAMutedServer(t *testing.T) {
	t.Parallel()
	d := newDrill(nil)
	d.r.Waived = []string{"web-3"}
	d.sees(monitors.Red).lasts(time.Second).sees(monitors.Green).lasts(61 * time.Second)
	if m := d.g.Missing(d.now, false); !strings.Contains(m, "web-3 is muted and not well") {
		t.Errorf("missing: %q", m)
	}
	if err := d.g.GoOn(d.now, false); err == nil {
		t.Error("went on without a reason")
	}
	if err := d.g.GoOn(d.now, true); err != nil {
		t.Error(err)
	}
}
