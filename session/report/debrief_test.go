package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/session"
)

// framed is a session with a charter in full, a time split and a debrief.
func framed(facts ...any) *Model {
	var events []session.Event
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	add := func(ms int64, kind string, body any) {
		events = append(events, session.Event{V: 1, Seq: uint64(len(events) + 1), T: at.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: "mel", Type: kind, Body: body})
	}
	add(0, session.TypeStart, &session.Start{ID: "s", As: "mel", Charter: "old", Timebox: 3600})
	for i, f := range facts {
		ms := int64(i+1) * 60_000
		switch b := f.(type) {
		case *session.CharterSet:
			add(ms, session.TypeCharter, b)
		case *session.Activity:
			add(ms, session.TypeActivity, b)
		case *session.Gap:
			add(ms, session.TypeGap, b)
		case *session.Debrief:
			add(ms, session.TypeDebrief, b)
		}
	}
	add(600_000, session.TypeEnd, &session.End{Reason: "quit"})
	return Build(slices.Values(events), Tail{})
}

func TestDebriefIsReported(t *testing.T) {
	t.Parallel()
	m := framed(&session.CharterSet{Text: "Explore checkout", Explore: "checkout", Areas: []string{"cart"}, StopRules: []string{"a customer | notices"}},
		&session.Activity{What: session.ActTest}, &session.Activity{What: session.ActBug, Opportunity: true}, &session.Gap{Seconds: 30, Why: "slept"},
		&session.Debrief{Question: "results", Text: "two *bugs*"}, &session.Debrief{Question: "past", Text: "first"}, &session.Debrief{Question: "learned", Text: "they share a database"})
	if got := []string{m.Debrief[0].Question, m.Debrief[1].Question}; !slices.Equal(got, []string{"past", "results"}) {
		t.Errorf("answers in the order %v", got)
	}
	if m.Session.Split == nil || m.Session.Split.Test != 60 || m.Session.Split.Bug != 390 || m.Session.Split.Opportunity != 390 {
		t.Errorf("split %+v", m.Session.Split)
	}
	if m.Session.Worked != 570 {
		t.Errorf("worked %g s", m.Session.Worked)
	}
	var b strings.Builder
	if err := writeMarkdown(&b, m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Debrief", `two \*bugs\*`, "they share a database", "| Areas | cart |", `a customer \| notices`, "test 13 %, bug 87 %", "87 % beside the charter"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, b.String())
		}
	}
	if want := "**Results.**\n\n> two \\*bugs\\*\n"; !strings.Contains(b.String(), want) {
		t.Errorf("an answer is no quote:\n%s", b.String())
	}
	if out, want := wiki(b.String()), "*Results.*\n\n{quote}\ntwo \\*bugs\\*\n{quote}\n"; !strings.Contains(out, want) {
		t.Errorf("an answer is no quote in the wiki:\n%s", out)
	}
}

// What an earlier session left open is told with what became of it.
func TestAgainIsReported(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	items := []session.LikeItem{{ID: "n1", Note: "n1", From: "old", Kind: "bug", Text: "a | b"}, {ID: "n2", Note: "n2", From: "old", Kind: "question", Text: "why?"}}
	events := []session.Event{
		{V: 1, Seq: 1, T: at, By: "mel", Type: session.TypeStart, Body: &session.Start{ID: "s", As: "mel", Like: &session.Like{ID: "old", Items: items}}},
		{V: 1, Seq: 2, T: at, MS: 10, By: "mel", Type: session.TypeItemTick, Body: &session.ItemTick{ID: "n1", Outcome: session.Gone}},
	}
	var b strings.Builder
	if err := writeMarkdown(&b, Build(slices.Values(events), Tail{})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`| gone | n1 | bug | a \| b | old |`, "| not looked at | n2 |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

func TestNoSplitIsNotGuessed(t *testing.T) {
	t.Parallel()
	m := framed()
	if m.Session.Split != nil || splitWords(nil) == "" || len(m.Debrief) != 0 || m.Debrief == nil {
		t.Errorf("split %+v, debrief %v", m.Session.Split, m.Debrief)
	}
}
