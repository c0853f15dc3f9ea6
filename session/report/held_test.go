package report

import (
	"bytes"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// levelsOf makes levels of what each number of users brought a second.
func levelsOf(held int64, rates ...[2]float64) *levels {
	l := &levels{}
	at := int64(0)
	for _, r := range rates {
		c := &level{from: at, to: at + held, asked: int(r[0])}
		for range held / 1000 {
			c.full = append(c.full, second{rps: &r[1]})
		}
		l.list = append(l.list, c)
		at += held
	}
	return l
}

func TestKnee(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		levels *levels
		capped float64
		from   int // 0: not seen
		how    string
	}{
		"found":          {levelsOf(10_000, [2]float64{5, 50}, [2]float64{10, 99}, [2]float64{20, 190}, [2]float64{40, 220}), 0, 20, "from 10 (at 5) to 5.5 (at 40)"},
		"in any order":   {levelsOf(10_000, [2]float64{40, 220}, [2]float64{5, 50}, [2]float64{20, 190}, [2]float64{10, 99}), 0, 20, "between 20 and 40 users"},
		"not reached":    {levelsOf(10_000, [2]float64{5, 50}, [2]float64{10, 99}, [2]float64{20, 190}), 0, 0, "not reached up to 20 users"},
		"too few":        {levelsOf(10_000, [2]float64{5, 50}, [2]float64{10, 20}), 0, 0, "there were 2"},
		"too short":      {levelsOf(4000, [2]float64{5, 50}, [2]float64{10, 20}, [2]float64{20, 20}), 0, 0, "there was none"},
		"under a cap":    {levelsOf(10_000, [2]float64{5, 50}, [2]float64{10, 60}, [2]float64{20, 60}), 60, 5, "the cap of 60 requests a second may be the reason"},
		"the same twice": {levelsOf(10_000, [2]float64{5, 50}, [2]float64{10, 99}, [2]float64{5, 50}), 0, 0, "there were 2"},
	} {
		k := c.levels.knee(c.capped, "")
		if k.Seen != (c.from > 0) || k.Seen && *k.From != c.from || !strings.Contains(k.How, c.how) {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

// A level that the guard cut stands in the table however short it was; one that
// the dial passed through does not.
func TestHeldLevels(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	p.dial("mel", 5)
	p.seconds(8)
	p.dial("mel", 6)
	p.seconds(2)
	p.dial("mel", 80)
	p.seconds(2)
	p.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Why: "production is red", Cause: "red", Running: 26})
	p.asked, p.running = 0, 0
	p.seconds(3)
	m := p.model(t)
	var got []int
	for _, l := range m.heldLevels() {
		got = append(got, l.Asked)
	}
	if len(got) != 2 || got[0] != 5 || got[1] != 80 || m.passed() != 1 {
		t.Errorf("held %v, passed %d", got, m.passed())
	}
	if last := m.heldLevels()[1].cells()[3]; !strings.HasSuffix(last, ", cut") {
		t.Errorf("%q", last)
	}
}

// Only the row that earned it is flagged as the last good level, and what nobody
// watched is not called green.
func TestLastGoodClaimsNoMore(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	for _, n := range []int{5, 20, 5, 20} {
		p.dial("mel", n)
		p.seconds(14)
	}
	m := p.model(t)
	var flagged []float64
	for _, l := range m.Levels {
		if l.LastGood {
			flagged = append(flagged, l.Elapsed)
		}
	}
	if len(flagged) != 1 || flagged[0] != 25 || !strings.Contains(markdownOf(m), "**Last good:** 20 users, held 10 s with both environments green.") {
		t.Errorf("flagged the levels from %v of %+v", flagged, m.Levels)
	}
	for want, envs := range map[string][]string{"staging green; production not watched": {"staging"}, "production green; staging not watched": {"production"}, "neither environment watched": nil} {
		q := newTape()
		start := &session.Start{ID: "u", As: "mel"}
		for _, env := range envs {
			start.Checks = append(start.Checks, session.CheckInfo{Env: env, Name: "web-1", Kind: "http", Every: 1})
		}
		q.add(session.BySession, session.TypeStart, start)
		q.dial("mel", 5)
		for range 14 {
			q.ms += 1000
			q.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 5, Running: 5, Requests: 5, RPS: 5, P50: new(0.01), P95: new(0.02), Ceiling: -1})
			for _, env := range envs {
				q.healthTick(env, "green", 0.01, 1)
				if q.ms == 1000 {
					q.health(env, "", "no sight", "green", "answers")
				}
			}
		}
		m := q.model(t)
		var page bytes.Buffer
		if err := writeHTML(&page, m); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(markdownOf(m), "**Last good:** 5 users, held 10 s with "+want+".") || !strings.Contains(page.String(), want) {
			t.Errorf("%v: no %q: %v", envs, want, m.Totals.LastGood)
		}
		if none := (&Model{Sure: m.Sure}).lastGoodWords(); none != "none was held for 10 s with "+want {
			t.Error(none)
		}
	}
}

// The second in which users drained had them.
func TestWorstSecondThatDrained(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	p.dial("mel", 5)
	p.seconds(8)
	slow := 0.9
	p.asked, p.running = 0, 0
	p.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", Running: 5})
	p.ms += 1000
	p.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Requests: 5, P50: &slow, P95: &slow, P99: &slow, Max: &slow})
	p.healthTick("production", "green", 0.8, 16)
	m := p.model(t)
	if w := m.Totals.StagingP95; w.Value != slow || w.Users != 5 {
		t.Errorf("staging: %+v", w)
	}
	if w := m.Totals.ProdP95; w.Users != 5 {
		t.Errorf("production: %+v", w)
	}
}

// What the engine kept of a level stands in its row, whatever the seconds say.
func TestWholeLevels(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	p.dial("mel", 5)
	from := p.ms + 300
	p.seconds(7)
	exact := 0.123
	p.ms += 1000
	p.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 5, Running: 5, Requests: 9, P50: &exact, P95: &exact, P99: &exact, Max: &exact,
		Levels: []session.LevelTick{{N: 1, Asked: 5, From: from, LevelSum: session.LevelSum{Requests: 99, Measured: 90, Basis: "held", P50: &exact, P95: &exact, P99: &exact}},
			{N: 2, Asked: 6, From: from, LevelSum: session.LevelSum{Requests: 1, Measured: 1}}}})
	m := p.model(t)
	held := m.heldLevels()
	if len(held) != 1 || held[0].Whole == nil || held[0].Whole.Measured != 90 || held[0].cells()[7] != "123 ms" {
		t.Errorf("%+v", held)
	}
	var sheet bytes.Buffer
	if err := writeSheet(&sheet, m); err != nil || !strings.Contains(sheet.String(), "5 asked, 5 reached") || !strings.Contains(sheet.String(), "p95 123 ms") {
		t.Errorf("%v\n%s", err, sheet.String())
	}
	if !strings.Contains(m.levelWords(), "of all the level's requests at once") {
		t.Error(m.levelWords())
	}
}

// A dial of requests a second has no knee of users, and its levels say its unit.
func TestLevelsOfARate(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "r", As: "mel", Mode: "rate"})
	p.dial("mel", 50)
	p.seconds(8)
	m := p.model(t)
	if m.Knee.Seen || !strings.Contains(m.Knee.How, "requests a second") || m.levelHeads()[1] != "Asked, req/s" || !strings.Contains(markdownOf(m), "read requests a second") {
		t.Errorf("%+v, %v", m.Knee, m.levelHeads())
	}
}

// What leaves the report behind says the unit of a dial of requests a second by
// itself: an issue, the picture and the blameless timeline.
func TestARateStandsAlone(t *testing.T) {
	t.Parallel()
	for mode, c := range map[string]struct {
		unit, head string
		told       bool
	}{"": {"50 users", "Users", false}, "rate": {"50 req/s", "req/s", true}} {
		p := newTape()
		p.add(session.BySession, session.TypeStart, &session.Start{ID: "r", As: "mel", Mode: mode})
		p.dial("mel", 50)
		p.seconds(8)
		p.write("mel", notes.Bug, "orders are doubled")
		m := p.model(t)
		i, err := IssueOf(p.dir(t), "n1", "", session.TrackerConfig{}, DefaultProfile())
		if err != nil {
			t.Fatal(err)
		}
		words := "wherever users are counted here, read requests a second"
		before, _, _ := strings.Cut(i.Body, "| Before |")
		if i.Title != "orders are doubled at "+c.unit || strings.Contains(before, words) != c.told {
			t.Errorf("%q: the issue is called %q and says\n%s", mode, i.Title, i.Body)
		}
		if text := timelineOf(t, m); strings.Contains(text, words) != c.told {
			t.Errorf("%q: the timeline says\n%s", mode, text)
		}
		if line := shareLine(m); !strings.HasPrefix(line, "up to "+c.unit+" · ") || loadName(m) != c.head {
			t.Errorf("%q: the picture says %q and %q", mode, line, loadName(m))
		}
	}
}
