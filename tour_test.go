package main

import (
	"os"
	"path/filepath"
	"testing"

	"crosstalk/session"
	"crosstalk/tui"
)

// Accepting the acts takes away the session that offered them, unless somebody has
// written something in it, saved or not.
func TestAcceptingTheActsTakesNothingWritten(t *testing.T) {
	t.Parallel()
	const charter = "Explore checkout with rising users"
	for name, wrote := range map[string]struct {
		kind  string
		body  any
		by    string
		draft bool
	}{
		"nothing":          {kind: session.TypeNoteAdd, by: session.BySession, body: &session.NoteAdd{ID: "n1", Kind: "risk", Text: "look here"}},
		"a note":           {kind: session.TypeNoteAdd, by: "mel", body: &session.NoteAdd{ID: "n1", Kind: "bug", Text: "slow"}},
		"a charter":        {kind: session.TypeCharter, by: "mel", body: &session.CharterSet{Text: "Explore the cart"}},
		"a charter's rest": {kind: session.TypeCharter, by: "mel", body: &session.CharterSet{Text: charter, Areas: []string{"cart"}}},
		"an answer":        {kind: session.TypeDebrief, by: "mel", body: &session.Debrief{Question: "past", Text: "we looked"}},
		"more time":        {kind: session.TypeExtend, by: "mel", body: &session.Extend{Seconds: 60, Why: "a trail"}},
		"a draft":          {kind: session.TypeGlide, by: "mel", body: &session.GlideSet{To: 5}, draft: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &live{tour: &tui.Tour{Next: 1}, opts: session.Options{Dir: t.TempDir()}}
			if wrote.draft {
				drafts := filepath.Join(l.opts.Dir, session.DraftsName)
				if err := os.Mkdir(drafts, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(drafts, "mel.json"), []byte("{}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			st := session.Fold([]session.Event{
				{V: session.Version, Seq: 1, By: session.BySession, Type: session.TypeStart, Body: &session.Start{As: "mel", Charter: charter}},
				{V: session.Version, Seq: 2, By: wrote.by, Type: wrote.kind, Body: wrote.body},
				{V: session.Version, Seq: 3, By: session.BySession, Type: session.TypeEnd, Body: &session.End{Reason: "plan"}},
			})
			if got := l.onlyOffered(st); got != (name == "nothing") {
				t.Errorf("its folder goes: %v", got)
			}
		})
	}
}
