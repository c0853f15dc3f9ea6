package notes

import (
	"testing"
	"time"
)

func TestListKeepsHistory(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	var l List
	l.Add(Note{ID: "n1", By: "mel", Kind: Plain, Text: "slow", Typed: at})
	l.Add(Note{ID: "n1", By: "eve", Kind: Bug, Text: "twice"})
	l.Add(Note{ID: "n2", By: "guard", Kind: Plain, Text: "held", System: true})
	l.Add(Note{ID: "n3", By: "jon", Kind: Question, Text: "why?"})
	before := l.Clone()
	l.Edit("n1", at.Add(time.Minute), "mel", Bug, "slow checkout #x")
	l.Retract("n1", Gone{At: at, By: "mel", Why: "wrong environment"})
	l.Edit("n9", at, "mel", Bug, "nobody's")

	n, ok := l.Get("n1")
	if !ok || n.Text != "slow checkout #x" || n.Kind != Bug || len(n.Edits) != 1 || n.Edits[0].Text != "slow" || n.Gone == nil || n.Tags[0] != "x" {
		t.Errorf("n1 is %+v", n)
	}
	if old, _ := before.Get("n1"); old.Text != "slow" || len(old.Edits) != 0 || old.Gone != nil {
		t.Errorf("a clone changed with its origin: %+v", old)
	}
	l.Restore("n1")
	if n, _ := l.Get("n1"); n.Gone != nil {
		t.Error("not restored")
	}
	if q, _ := l.Get("n3"); !q.Open() {
		t.Error("a question is open until it is resolved")
	}
	l.Resolve("n3", Gone{At: at, By: "jon"})
	if q, _ := l.Get("n3"); q.Open() {
		t.Error("resolved and still open")
	}
	l.Retract("n3", Gone{At: at, By: "mel"})
	l.Restore("n3")
	if q, _ := l.Get("n3"); q.Gone != nil || q.Open() || !q.Reopens() {
		t.Errorf("a retraction taken back opened what was resolved: %+v", q)
	}
	l.Restore("n3")
	if q, _ := l.Get("n3"); !q.Open() || q.Reopens() {
		t.Errorf("not open again: %+v", q)
	}
	for id, by := range map[string]string{"n1": "jon", "n2": "guard", "n3": "mel", "n9": "mel"} {
		if err := l.MayEdit(id, by); err == nil {
			t.Errorf("%s may edit %s", by, id)
		}
	}
	if err := l.MayEdit("n1", "mel"); err != nil {
		t.Error(err)
	}
	if len(l.Notes) != 3 {
		t.Errorf("%d notes", len(l.Notes))
	}
}

func TestMomentIsWhatTheAuthorSaid(t *testing.T) {
	t.Parallel()
	typed, said := time.Unix(100, 0), time.Unix(40, 0)
	if n := (Note{Typed: typed}); !n.Moment().Equal(typed) {
		t.Error("without a word of its author's a note happened when it was typed")
	}
	if n := (Note{Typed: typed, Happened: &said}); !n.Moment().Equal(said) {
		t.Error("the author's word comes first")
	}
}
