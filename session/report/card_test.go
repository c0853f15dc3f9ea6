package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// state folds a tape's events up to a moment.
func (t *tape) state(tb testing.TB) *session.State {
	tb.Helper()
	events, _, err := session.ReadJournal(t.dir(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return session.Fold(events)
}

// going is a session in the middle of its trouble.
func going() *tape {
	t := newTape()
	t.start()
	t.quiet(20)
	t.dial("mel", 40)
	t.seconds(60)
	t.write("mel", notes.Question, "is the retry banner by design?")
	t.dial("mel", 80)
	t.slow = 3
	t.seconds(30)
	t.health("production", "", "green", "amber", "web-3: 2 late answers in 2 s (212 ms, usual 44)")
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: "production is amber: web-3", Cause: "amber", Running: 80, Ceiling: 80})
	t.seconds(3)
	t.write("mel", notes.Bug, "duplicate order when checkout times out \x1b[31m\nsecond line")
	t.write("jo", notes.Next, "drop to 60, check recovery")
	t.ms += 600
	return t
}

func TestCard(t *testing.T) {
	t.Parallel()
	late := going()
	late.ms += 60_000
	for name, tape := range map[string]*tape{"going": going(), "rich": rich(), "empty": newTape(), "late": late} {
		t.Run(name, func(t *testing.T) {
			now := tape.now().In(time.FixedZone("", 2*3600))
			st := tape.state(t)
			lines := Card(st, now)
			if len(lines) > cardLines {
				t.Errorf("%d lines, want at most %d", len(lines), cardLines)
			}
			for _, l := range lines {
				if w := ansi.StringWidth(l); w > cardWidth {
					t.Errorf("%d columns, want at most %d: %s", w, cardWidth, l)
				}
			}
			line := StatusLine(st, now)
			j, err := json.MarshalIndent(StatusJSON(st, now), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "card/"+name+".txt", []byte(strings.Join(lines, "\n")+"\n\n"+line+"\n\n"+string(j)+"\n"))
		})
	}
}

func TestCardOfHostileState(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.add(session.BySession, session.TypeStart, &session.Start{ID: "\x1b[2J", As: "mel\n\u202e", Charter: strings.Repeat("x", 5000) + "\x07", Target: "http://a\x00", Timebox: 1e308})
	tape.seconds(1)
	tape.write("\x1b]0;title\x07", notes.Bug, "\x1b[31m"+strings.Repeat("宽", 4000))
	st := tape.state(t)
	for _, l := range append(Card(st, tape.now()), StatusLine(st, tape.now())) {
		if strings.ContainsAny(l, "\x1b\x07\x00\n\u202e") {
			t.Errorf("a control character in %q", l)
		}
	}
	for _, l := range Card(st, tape.now()) {
		if ansi.StringWidth(l) > cardWidth {
			t.Errorf("too wide: %q", l)
		}
	}
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(StatusJSON(st, tape.now())); err != nil {
		t.Error(err)
	}
}

// A pause is no work: what is left of the timebox does not shrink in it.
func TestStatusCountsWork(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	var events []session.Event
	add := func(ms int64, kind string, body any) {
		events = append(events, session.Event{V: 1, Seq: uint64(len(events) + 1), T: at.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: "mel", Type: kind, Body: body})
	}
	add(0, session.TypeStart, &session.Start{ID: "s", As: "mel", Timebox: 3600})
	add(600_000, session.TypePause, &session.Reason{})
	add(1_200_000, session.TypeResume, &session.Reason{})
	v := status(session.Fold(events), at.Add(1_201*time.Second))
	if v.Worked != 601 || v.Left == nil || *v.Left != 2999 || !v.DoneAbout.Equal(at.Add(4200*time.Second)) {
		t.Errorf("worked %g s, left %v, done about %v", v.Worked, *v.Left, v.DoneAbout)
	}
}

// Who drives is who holds the dial now, and who came since is named.
func TestCardNamesWhoHoldsTheDial(t *testing.T) {
	t.Parallel()
	p := going()
	p.add("kim", session.TypeViewerJoin, &session.ViewerJoin{Name: "kim", Role: session.Navigator})
	p.add("ute", session.TypeViewerJoin, &session.ViewerJoin{Name: "ute", Role: session.Observer})
	says := func(want, not string) {
		t.Helper()
		if card := oneLine(strings.Join(Card(p.state(t), p.now()), "\n")); !strings.Contains(card, want) || not != "" && strings.Contains(card, not) {
			t.Errorf("no %q, or %q, in\n%s", want, not, card)
		}
	}
	says("mel drives, with jo, kim and ute", "kim drives")
	p.add("kim", session.TypeRoleTake, &session.RoleChange{From: "mel", To: "kim", Why: "no answer in 5 s"})
	says("kim drives, with mel, jo and ute", "mel drives")
	if v := status(p.state(t), p.now()); v.Driver != "kim" || len(v.People) != 4 {
		t.Errorf("%s drives, of %v", v.Driver, v.People)
	}
	p.add(session.BySession, session.TypeViewerGone, &session.ViewerGone{Viewer: p.viewer("kim"), Name: "kim"})
	p.add(session.BySession, session.TypeViewerGone, &session.ViewerGone{Viewer: p.viewer("ute"), Name: "ute"})
	says("kim holds the dial and is not here, with mel and jo", "ute")
}

// viewer is the number of the event with which somebody came.
func (t *tape) viewer(name string) uint64 {
	for line := range bytes.SplitSeq(t.buf.Bytes(), []byte("\n")) {
		var e session.Event
		if json.Unmarshal(line, &e) == nil {
			if b, ok := e.Body.(*session.ViewerJoin); ok && b.Name == name {
				return e.Seq
			}
		}
	}
	return 0
}

// A dial of requests a second is told in its unit, and so is its cap.
func TestCardOfARate(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "r", As: "mel", Mode: "rate", Limits: session.LoadLimits{Users: 50, Dial: 500},
		Checks: []session.CheckInfo{{Env: "production", Name: "web-1", Kind: "http", Every: 0.25}}})
	p.quiet(5)
	p.dial("mel", 200)
	p.seconds(40)
	st := p.state(t)
	card := strings.Join(Card(st, p.now()), "\n") + "\n" + StatusLine(st, p.now())
	for _, want := range []string{"holding 200 req/s, STAGING ONLY", "cap 500 req/s", "200 of 200 req/s", "last good 200 req/s"} {
		if !strings.Contains(card, want) {
			t.Errorf("no %q in\n%s", want, card)
		}
	}
	if strings.Contains(card, "user") {
		t.Errorf("users are told of:\n%s", card)
	}
}

// Nothing speaks against the load where nobody listens: that is said.
func TestCardWithoutProduction(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "u", As: "mel", Checks: []session.CheckInfo{{Env: "staging", Name: "web-1", Kind: "http", Every: 1}}})
	p.dial("mel", 5)
	p.seconds(3)
	st := p.state(t)
	card, line := strings.Join(Card(st, p.now()), "\n"), StatusLine(st, p.now())
	if !strings.Contains(card, "GUARD       unguarded: production is not watched, 5 users at most") || !strings.Contains(card, "PRODUCTION  NOT WATCHED") || strings.Contains(card, "speaks") {
		t.Errorf("got\n%s", card)
	}
	if !strings.HasSuffix(line, "production not watched · unguarded") {
		t.Error(line)
	}
	if v := status(st, p.now()); !v.Guard.On || !v.Guard.Blind {
		t.Errorf("%+v", v.Guard)
	}
}
