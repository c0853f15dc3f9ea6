package report

import (
	"encoding/json"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// trial is a session that visits levels; change turns one screw.
type trial struct {
	slow     float64 // of everything, before any load too
	slowLoad float64 // once users run
	config   string
	host     string
	build    string
	fail     bool
	levels   []int
	seconds  int
}

const trialConfig = `{"staging":{"url":"http://127.0.0.1:1","data":"users.csv","journeys":[{"name":"buy","weight":1,"think":{"min_ns":1000000000,"max_ns":3000000000},"steps":[{"name":"GET /","method":"GET","path":"/"}]}]}}`

func usual() trial {
	return trial{slow: 1, slowLoad: 1, config: trialConfig, host: "box", build: "2.4.1", levels: []int{5, 20, 5}, seconds: 20}
}

func (v trial) dir(t *testing.T) string {
	t.Helper()
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Host: v.host, Demo: "linked", Seed: 7, Config: json.RawMessage(v.config),
		Baseline: 5, Limits: session.LoadLimits{Users: 200, Glide: 10},
		Checks: []session.CheckInfo{{Env: "production", Name: "web-1", Kind: "http", Every: 0.25}}})
	p.add(session.ByMonitors, session.TypeBuild, &session.Build{Env: "staging", Build: v.build})
	p.slow = v.slow
	p.seconds(5)
	p.add(session.ByMonitors, session.TypeBaselineEnd, &session.BaselineEnd{Thresholds: []session.Threshold{
		{Env: "production", Check: "web-1", N: 20, P50: 0.012 * v.slow, P99: 0.02 * v.slow}}})
	p.slow = v.slow * v.slowLoad
	if v.fail {
		p.slow = 5 // past that the tape's requests fail
	}
	for _, users := range v.levels {
		p.dial("mel", users)
		p.seconds(v.seconds)
	}
	p.dial("mel", 0)
	p.seconds(3)
	p.end("quit")
	return p.dir(t)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*trial)
		first  string // how the first line begins
		holds  []string
		at20   [3]string // staging, production, errors
	}{
		"equal":             {func(*trial) {}, "comparable: yes, because journeys, data, machine, think time", nil, [3]string{NoChange, NoChange, NoChange}},
		"slower under load": {func(v *trial) { v.slowLoad = 2.5 }, "comparable: yes", []string{"higher (+1"}, [3]string{Higher, Higher, NoChange}},
		"a little slower":   {func(v *trial) { v.slowLoad = 1.02 }, "comparable: yes", nil, [3]string{NoChange, NoChange, NoChange}},
		"failing":           {func(v *trial) { v.fail = true }, "comparable: yes", nil, [3]string{Higher, Higher, Higher}},
		"another build":     {func(v *trial) { v.build = "2.5.0" }, "comparable: yes", []string{"but note: build differs: 2.4.1 against 2.5.0"}, [3]string{NoChange, NoChange, NoChange}},
		"another machine":   {func(v *trial) { v.host = "lap" }, "comparable: no, because machine: box against lap", nil, [3]string{NoChange, NoChange, NoChange}},
		"no machine":        {func(v *trial) { v.host = "" }, "comparable: no, because machine not known", nil, [3]string{NoChange, NoChange, NoChange}},
		"another think time": {func(v *trial) { v.config = strings.Replace(trialConfig, `"min_ns":1000000000`, `"min_ns":0`, 1) }, "comparable: no, because think time: buy 1s..3s against buy 0s..3s", nil,
			[3]string{NoChange, NoChange, NoChange}},
		"another journey":  {func(v *trial) { v.config = strings.Replace(trialConfig, `"path":"/"`, `"path":"/x"`, 1) }, "comparable: no, because journeys: buy x1: GET /", nil, [3]string{NoChange, NoChange, NoChange}},
		"other data":       {func(v *trial) { v.config = strings.Replace(trialConfig, "users.csv", "more.csv", 1) }, "comparable: no, because data: users.csv against more.csv", nil, [3]string{NoChange, NoChange, NoChange}},
		"no configuration": {func(v *trial) { v.config = "null" }, "comparable: no, because journeys: ", nil, [3]string{NoChange, NoChange, NoChange}},
		"noisier":          {func(v *trial) { v.slow = 3 }, "comparable: no, because noise differs: before any load the usual answer of production's checks took 12 ms against 36 ms", nil, [3]string{Higher, Higher, NoChange}},
		"no such level":    {func(v *trial) { v.levels = []int{5} }, "comparable: yes", []string{"only A"}, [3]string{NotKnown, NotKnown, NotKnown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := usual()
			c.change(&b)
			got, err := Compare(usual().dir(t), b.dir(t))
			if err != nil {
				t.Fatal(err)
			}
			text := got.Text()
			if !strings.HasPrefix(text, c.first) {
				t.Errorf("the first line is %s", strings.SplitN(text, "\n", 2)[0])
			}
			for _, h := range c.holds {
				if !strings.Contains(text, h) {
					t.Errorf("%q is not in\n%s", h, text)
				}
			}
			found := false
			for _, l := range got.Levels {
				if l.Users == 20 {
					found = true
					if v := [3]string{l.Staging, l.Production, l.Errors}; v != c.at20 {
						t.Errorf("at 20 users %v, want %v; spread %+v\n%s", v, c.at20, got.Staging, text)
					}
				}
			}
			if !found || got.Staging.Ratio == nil || *got.Staging.Ratio < 1 || got.Comparable != strings.HasPrefix(c.first, "comparable: yes") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Where no two equal parts were measured long enough, nothing is called a change.
func TestCompareWithoutASpread(t *testing.T) {
	t.Parallel()
	a, b := usual(), usual()
	a.seconds, b.seconds = 4, 4
	a.levels, b.levels = []int{20}, []int{20}
	b.slowLoad = 3
	got, err := Compare(a.dir(t), b.dir(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.Staging.Ratio != nil || len(got.Levels) != 1 || got.Levels[0].Staging != NotKnown || !strings.Contains(got.Text(), "spread not known") {
		t.Errorf("%+v\n%s", got, got.Text())
	}
	if _, err := Compare(a.dir(t), t.TempDir()); err == nil {
		t.Error("an empty folder was compared")
	}
	empty, err := Compare(newTape().dir(t), crashed().dir(t))
	if err != nil || empty.Comparable || empty.Levels == nil {
		t.Errorf("an empty journal: %+v, %v", empty, err)
	}
}

// The spread is between parts of equal levels of one session: never between
// levels, never between sessions.
func TestSpreadOfEqualLevels(t *testing.T) {
	t.Parallel()
	part := func(ms ...float64) []second {
		var out []second
		for _, m := range ms {
			p := m / 1000
			out = append(out, second{p95: &p})
		}
		return out
	}
	r := recorded{b: newBuilder()}
	r.b.levels.list = []*level{
		{asked: 0, full: part(900, 900, 900, 900, 900)},
		{asked: 5, full: part(10, 10, 10, 10, 10)},
		{asked: 20, full: part(100, 100, 100, 100, 100, 110, 110, 110, 110, 110)},
		{asked: 5, full: part(12, 12, 12, 12, 12)},
		{asked: 5, full: part(99, 99)}, // too short to count
	}
	s := r.spread(func(l *level) []second { return l.full })
	if s.Ratio == nil || *s.Ratio < 1.199 || *s.Ratio > 1.201 || s.Users != 5 || s.Pairs != 2 {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		a, b float64
		want string
	}{{0.100, 0.119, NoChange}, {0.119, 0.100, NoChange}, {0.100, 0.121, Higher}, {0.121, 0.100, Lower}, {0.0010, 0.0019, NoChange}} {
		if got := s.verdict(&c.a, &c.b); got != c.want {
			t.Errorf("%v against %v: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestReproLine(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(20)
	p.dial("mel", 5)
	p.seconds(300)
	p.dial("mel", 20)
	p.seconds(40)
	p.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Cause: "red", Running: 20})
	p.asked, p.running = 0, 0
	p.seconds(20)
	p.dial("jo", 8)
	p.seconds(30)
	bug := p.write("mel", notes.Bug, "slow")
	p.dial("mel", 0)
	p.seconds(400)
	idle := p.write("mel", notes.Bug, "nothing runs")
	dir := p.dir(t)
	got, err := Repro(dir, bug)
	if err != nil {
		t.Fatal(err)
	}
	// Three minutes before: 5 users ran; the guard's cut is the guard's to make again.
	const want = "crosstalk demo --linked=true --headless --seed 18446744073709551615 --baseline 20s --glide 10 --limit-users 200 " +
		"--dial 0s=5,1m54s=20,2m54s=8 --for 3m36s"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, id := range []string{idle, "n99"} {
		if line, err := Repro(dir, id); err != nil || line != "" {
			t.Errorf("%s: %q, %v", id, line, err)
		}
	}
	m := p.model(t)
	for _, n := range m.Notes {
		if n.ID == bug && n.Repro != want {
			t.Errorf("the model has %q", n.Repro)
		}
	}
}

// On real systems the line names what the two flags said, or the file.
func TestReproOnRealSystems(t *testing.T) {
	t.Parallel()
	secret := newTape()
	secret.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Demo: "mystery", Seed: 7})
	secret.dial("mel", 5)
	secret.seconds(10)
	found := secret.write("mel", notes.Bug, "slow")
	if got, err := Repro(secret.dir(t), found); err != nil || !strings.HasPrefix(got, "crosstalk demo --mystery --headless --seed 7 ") {
		t.Errorf("a mystery's: %s, %v", got, err)
	}
	byFlags, err := session.DefaultConfig("http://127.0.0.1:8080/it's?a=b&c=$HOME`id`", []string{"http://127.0.0.1:9081/health"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(byFlags.Masked())
	if err != nil {
		t.Fatal(err)
	}
	for config, want := range map[string]string{
		string(raw): `crosstalk run --target 'http://127.0.0.1:8080/it'\''s?a=b&c=$HOME` + "`id`" + `' --watch http://127.0.0.1:9081/health --headless`,
		trialConfig: "crosstalk run -c crosstalk.yaml --headless",
		"":          "crosstalk run -c 'my shop.yaml' --headless",
	} {
		p := newTape()
		file := ""
		if config == "" {
			file = "my shop.yaml"
		}
		p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Config: json.RawMessage(config), File: file})
		p.dial("mel", 5)
		p.seconds(10)
		bug := p.write("mel", notes.Bug, "slow")
		got, err := Repro(p.dir(t), bug)
		if err != nil || !strings.HasPrefix(got, want) || strings.Contains(got, "no-guard") {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}
