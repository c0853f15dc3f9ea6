package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crosstalk/monitors/identity"
)

// storeFile makes a file that is one as far as its place goes.
func storeFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	if err := os.WriteFile(path, append([]byte("SQLite format 3\x00"), make([]byte, 84)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}

func TestOneDataStoreLocksTheDial(t *testing.T) {
	t.Parallel()
	dsn := storeFile(t)
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) { o.Identity = IdentityConfig{Staging: dsn, Production: dsn} })
	found := r.sooner("the data stores", TypeIdentity).Body.(*IdentityResult)
	if found.Verdict != identity.SameInstance || found.Words == "" {
		t.Fatalf("found %+v", found)
	}
	note := r.sooner("its note", TypeNoteAdd).Body.(*NoteAdd)
	if note.Kind != "risk" || !strings.Contains(note.Text, found.Words) {
		t.Errorf("noted as %s: %s", note.Kind, note.Text)
	}
	if no := r.refused(SetDial{To: 2}); !strings.Contains(no, "locked at 1 user (data stores)") {
		t.Errorf("the dial says: %s", no)
	}
	if no := r.refused(StartCheck{}); !strings.Contains(no, "no load is needed to tell") {
		t.Errorf("a check says: %s", no)
	}
	r.do(SetDial{To: 1})
	r.do(Unlock{Why: "it is our sandbox"})
	r.do(SetDial{To: 2})
	st := Fold(r.finish())
	if st.Link.Stores == nil || st.Link.Stores.Verdict != identity.SameInstance || st.Link.Lock != nil {
		t.Errorf("folded: %+v", st.Link)
	}
}

func TestTwoDataStoresLockNothing(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) { o.Identity = IdentityConfig{Staging: storeFile(t), Production: storeFile(t)} })
	if found := r.sooner("the data stores", TypeIdentity).Body.(*IdentityResult); found.Linked() {
		t.Fatalf("found %+v", found)
	}
	r.do(SetDial{To: 2})
}

// What people told stays beside what the servers say of themselves, and is not noted twice.
func TestWhatPeopleToldStaysBesideTheStores(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	told := identity.Conclude(identity.Finding{System: "people", Verdict: identity.SameInstance, Question: "Which server is it?", Evidence: "\"the same\", says Ana."})
	r := startTwins(t, w, func(o *Options) {
		o.Told = &told
		o.Identity = IdentityConfig{Staging: storeFile(t), Production: storeFile(t)}
	})
	stores := func(e Event) bool { return e.Type == TypeIdentity && len(e.Body.(*IdentityResult).Findings) > 1 }
	if !slices.ContainsFunc(r.seen, stores) {
		r.await("the data stores", stores)
	}
	r.do(Unlock{Why: "it is our sandbox"})
	results, risks := 0, 0
	events := r.finish()
	for _, e := range events {
		switch b := e.Body.(type) {
		case *IdentityResult:
			if results++; !b.Linked() || !strings.Contains(b.String(), "says Ana") {
				t.Errorf("result %d: %s", results, b)
			}
		case *NoteAdd:
			if b.Kind == "risk" && strings.Contains(b.Text, "share data") {
				risks++
			}
		}
	}
	if st := Fold(events); results != 2 || risks != 1 || len(st.Link.Stores.Findings) < 2 || st.Link.Stores.Verdict != identity.SameInstance {
		t.Errorf("%d notes, folded: %+v", risks, st.Link.Stores)
	}
}
