package main

import (
	"strings"
	"testing"

	"crosstalk/session"
)

func TestInterview(t *testing.T) {
	t.Parallel()
	st := session.NewState()
	st.Answers = map[string]string{"past": "done"}
	var kept []session.Debrief
	var out strings.Builder
	err := interview(strings.NewReader("two bugs\n-\n\nfine\n"), &out, st, "mel", func(l session.Late) error {
		kept = append(kept, *l.Body.(*session.Debrief))
		return nil
	})
	want := []session.Debrief{{Question: "results", Text: "two bugs"}, {Question: "feelings", Text: "fine"}}
	if err != nil || len(kept) != 2 || kept[0] != want[0] || kept[1] != want[1] {
		t.Errorf("kept %+v (%v), want %+v", kept, err, want)
	}
	if strings.Contains(out.String(), "What happened?") {
		t.Error("a question that has an answer is asked again")
	}
}

func TestParseAnswers(t *testing.T) {
	t.Parallel()
	got, err := parseAnswers([]string{"learned=a = b", " past = x "})
	if err != nil || len(got) != 2 || got[0] != (session.Debrief{Question: "learned", Text: "a = b"}) || got[1].Question != "past" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = parseAnswers([]string{"nothing", "pst=x", "past="})
	for _, want := range []string{`"nothing"`, `"pst"`, `"past="`, "learned"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}
