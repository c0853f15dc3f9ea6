package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// Where the load went away without a person's move, the line takes it away too.
func TestReproGoesToZeroWithTheLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose func(*tape)
		want string // from the dial on
	}{
		"taken up again": {func(p *tape) {
			p.ms += 5000
			p.add(session.BySession, session.TypeRecovered, &session.Recovered{Away: 5})
			p.asked, p.running = 0, 0
			p.start()
			p.seconds(10)
		}, "--dial 21s=5,31s=0 --for 1m1s"},
		"the journal was lost": {func(p *tape) {
			p.add(session.BySession, session.TypeStop, &session.LoadStop{Reason: "journal", By: session.BySession, Running: 5})
			p.asked = 0
			p.seconds(15)
		}, "--dial 21s=5,31s=0 --for 1m1s"},
		"the timebox eased": {func(p *tape) {
			p.dial(session.BySession, 0)
			p.seconds(15)
		}, "--dial 21s=5,31s=0 --for 1m1s"},
		"the guard cut": {func(p *tape) {
			p.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "guard", By: session.ByGuard, Running: 5})
			p.asked = 0
			p.seconds(15)
		}, "--dial 21s=5 --for 1m1s"},
		"nobody ran it for long": {func(p *tape) {
			p.ms += 400_000
			p.add(session.BySession, session.TypeRecovered, &session.Recovered{Away: 400})
			p.asked, p.running = 0, 0
			p.seconds(15)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			p.start()
			p.quiet(20)
			p.dial("mel", 5)
			p.seconds(10)
			c.lose(p)
			bug := p.write("mel", notes.Bug, "late bug at zero")
			p.ms += 3000 // it was begun three seconds before it was saved
			p.note++
			now := p.now()
			p.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: "late", Kind: notes.Bug, Text: "late bug", Typed: now.Add(-3 * time.Second)})
			for _, id := range []string{bug, "late"} {
				got, err := Repro(p.dir(t), id)
				if err != nil {
					t.Fatal(err)
				}
				if id == "late" && (c.want == "" && got != "" || !strings.HasSuffix(got, c.want)) {
					t.Errorf("got  %s\nwant … %s", got, c.want)
				}
			}
		})
	}
}

// A note that says when it happened has the numbers of then; where nobody kept
// them, and before the session, it has none.
func TestNoteOfAnotherMoment(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(20)
	p.dial("mel", 5)
	p.seconds(10)
	at := p.now()
	p.dial("mel", 0)
	p.seconds(5)
	earlier := p.began.Add(-131 * time.Minute)
	for id, when := range map[string]time.Time{"then": at, "before": earlier} {
		p.note++
		p.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: id, Kind: notes.Bug, Text: "odd", Typed: p.now(), Happened: &when, Begun: p.context(), Context: p.context()})
	}
	m := p.model(t)
	for _, n := range m.Notes {
		switch n.ID {
		case "then":
			if n.Users == nil || *n.Users != 5 || n.From != "history" || n.Staging == nil || n.Staging.P95 == nil || n.Elapsed != secs(p.ms-5000) {
				t.Errorf("then: %+v", n)
			}
		case "before":
			if n.Users != nil || n.Asked != nil || n.Staging != nil || n.Production != nil || n.From != "" || n.Repro != "" || n.Elapsed != -131*60 || !n.T.Equal(earlier) {
				t.Errorf("before: %+v", n)
			}
		}
	}
	var buf bytes.Buffer
	if err := writeNotes(&buf, m); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r[0] == "before" && (r[1] != "2026-10-17T13:09:03.000Z" || r[2] != "" || r[12] != "" || r[13] != "") {
			t.Errorf("notes.csv: %q", r)
		}
	}
	var page bytes.Buffer
	if err := writeMarkdown(&page, m); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "Happened before the session (13:09:03Z), noted by mel") {
		t.Errorf("the report does not say that it was before:\n%s", text)
	}
}

// Users that never came as far as the level tell nothing of it.
func TestCompareLevelsNeverReached(t *testing.T) {
	t.Parallel()
	tape := func(ms float64, levels ...level) recorded {
		p := ms / 1000
		r := recorded{b: newBuilder(), m: &Model{}}
		for _, l := range levels {
			for range 12 {
				l.all = append(l.all, second{p95: &p})
			}
			if l.held > 0 {
				l.full = l.all
			}
			l.prod, l.requests = l.all, 100
			r.b.levels.list = append(r.b.levels.list, &l)
		}
		return r
	}
	five, ten := level{asked: 5, reached: 5, held: 12_000}, level{asked: 10, reached: 10, held: 12_000}
	low := level{asked: 10, reached: 4}
	for name, c := range map[string]struct {
		a, b recorded
		row  string
		want string // staging's verdict
	}{
		"held by both":      {tape(10, five, ten), tape(30, five, ten), "10  ", Higher},
		"held by neither":   {tape(10, five, low), tape(30, five, low), "10 (4 reached)  ", NotKnown},
		"held by one":       {tape(10, five, ten), tape(30, five, low), "10 (B: 4 reached)  ", NotKnown},
		"in one only":       {tape(10, five, low), tape(30, five), "10 (4 reached)  ", NotKnown},
		"reached, not held": {tape(10, five, level{asked: 10, reached: 10}), tape(30, five), "10 (not held)  ", NotKnown},
		"held at last":      {tape(10, five, low, ten, low), tape(30, five, ten), "10  ", Higher},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compare(c.a, c.b)
			l := got.Levels[len(got.Levels)-1]
			if l.Users != 10 || l.Staging != c.want || l.Production != c.want || c.want == NotKnown && l.Errors != NotKnown {
				t.Errorf("%+v", l)
			}
			if !strings.Contains(got.Text(), "\n"+c.row) {
				t.Errorf("no row %q in\n%s", c.row, got.Text())
			}
			if name == "held at last" && (l.A.Visits != 1 || l.A.Seconds != 12) {
				t.Errorf("A %+v", *l.A)
			}
		})
	}
}
