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
