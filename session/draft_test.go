package session

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

func TestUnfinishedIsKeptForEachPerson(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := time.Date(2026, 10, 17, 12, 31, 0, 123456789, time.UTC)
	all := []Unfinished{
		{By: "mel", Note: &Line{Text: "half a", Typed: at, Begun: &notes.Context{Running: 40}}},
		{By: "Mel", Note: &Line{Text: "another's", Pasted: true, Typed: at}},
		{By: "../../mel", Note: &Line{Text: "a path for a name", Typed: at}},
		{By: "Zoë %41", Note: &Line{Text: "two\nlines", Typed: at}, Change: &Line{ID: "n3", Text: "better"}},
	}
	for _, u := range all {
		if err := writeUnfinished(dir, u); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range all {
		u.V = 1
		got, err := readUnfinished(dir, u.By)
		if err != nil || !reflect.DeepEqual(got, u) {
			t.Errorf("%s: %+v, %v", u.By, got, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, DraftsName))
	if err != nil || len(entries) != len(all) {
		t.Fatalf("%d files: %v", len(entries), err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v %v", e.Name(), info.Mode(), err)
		}
	}
	if err := writeUnfinished(dir, Unfinished{By: "mel"}); err != nil {
		t.Fatal(err)
	}
	if err := writeUnfinished(dir, Unfinished{By: "mel"}); err != nil {
		t.Errorf("what is gone can be removed again: %v", err)
	}
	if u, err := readUnfinished(dir, "mel"); err != nil || !u.Empty() {
		t.Errorf("after its end: %+v, %v", u, err)
	}
}

func TestUnfinishedIsNotWhatWasSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	typed := time.Now().Add(-time.Second)
	keep := func(u Unfinished) Unfinished {
		t.Helper()
		if err := r.KeepUnfinished(u); err != nil {
			t.Fatal(err)
		}
		got, err := r.Unfinished("mel")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	line := &Line{Text: "! half a", Typed: typed}
	if got := keep(Unfinished{By: "mel", Note: line}); got.Note == nil || got.Note.Text != line.Text || got.At.IsZero() {
		t.Errorf("kept %+v", got)
	}
	r.do(AddNote{Draft: notes.Parse("! half a note"), Typed: typed})
	if got := keep(Unfinished{By: "mel", Note: line, Change: &Line{ID: "n1", Text: "! half a thought"}}); got.Note != nil || got.Change == nil {
		t.Errorf("after the note was saved: %+v", got)
	}
	if got := keep(Unfinished{By: "mel", Change: &Line{ID: "n9", Text: "of no note"}}); !got.Empty() {
		t.Errorf("a change of no note: %+v", got)
	}
	r.do(RetractNote{ID: "n1"})
	if got := keep(Unfinished{By: "mel", Change: &Line{ID: "n1", Text: "of one taken back"}}); !got.Empty() {
		t.Errorf("a change of a note that was taken back: %+v", got)
	}
	r.finish()
}

func FuzzUnfinished(f *testing.F) {
	for _, s := range []string{`{"v":1,"by":"mel","note":{"text":"a\u001b[31m"}}`, `{"v":1,"by":"mel","change":{"text":"x","id":"n1"}}`, `{}`, `null`, `[`, `{"v":1,"by":"mel","note":{"text":" "}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := decodeUnfinished(b, "mel")
		if err != nil && !u.Empty() {
			t.Fatalf("%+v with %v", u, err)
		}
		if !u.Empty() && u.By != "mel" {
			t.Fatalf("somebody else's: %+v", u)
		}
		for _, l := range []*Line{u.Note, u.Change} {
			if l != nil && (l.Text != notes.Clean(l.Text) || strings.TrimSpace(l.Text) == "") {
				t.Fatalf("not fit for a screen: %q", l.Text)
			}
		}
	})
}
