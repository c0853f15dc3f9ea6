package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

// The moves of an earlier session are made until a person touches the dial; what
// it left open is ticked.
func TestSessionLikeAnEarlierOne(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	o.Start.Like = &Like{ID: "before", Moves: 4, Items: []LikeItem{{ID: "n1", Note: "n1", From: "before", Kind: notes.Bug, Text: "double order"}, {ID: "n4", Note: "n4", From: "before", Kind: notes.Question, Text: "why?"}}}
	s := start(t, o)
	s.await("the start", func(e Event) bool { return e.Type == TypeBrakeTest })
	do := func(cmd Command) error { _, err := s.Do(t.Context(), mel, cmd); return err }
	if err := do(Scripted{SetDial{To: 3}}); err != nil {
		t.Fatal(err)
	}
	s.await("the script's move", func(e Event) bool { d, ok := e.Body.(*DialSet); return ok && d.To == 3 })
	if err := do(Scripted{Hold{}}); err == nil {
		t.Error("a script let go what nobody held")
	}
	jo := Person{Name: "jo", Role: Navigator}
	if _, err := s.Do(t.Context(), jo, TickItem{ID: "n1", Outcome: Still}); err != nil {
		t.Error(err)
	}
	for _, c := range []TickItem{{"n9", Gone}, {"n1", "maybe"}} {
		if err := do(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	if _, err := s.Do(t.Context(), Person{Name: "sam", Role: Observer}, TickItem{ID: "n1", Outcome: Gone}); err == nil {
		t.Error("an observer ticked")
	}
	if err := do(TickItem{ID: "n4", Outcome: Gone}); err != nil {
		t.Error(err)
	}
	if err := do(MoveDial{By: 2}); err != nil {
		t.Fatal(err)
	}
	taken := s.await("the end of the script", ofType(TypeLikeTaken))
	if b := taken.Body.(*LikeTaken); taken.By != "mel" || b.Left != 2 || !strings.Contains(b.Why, "mel took the dial: 2 moves of before") {
		t.Errorf("%s: %+v", taken.By, b)
	}
	var no *Refusal
	if err := do(Scripted{SetDial{To: 20}}); !errors.As(err, &no) || !strings.Contains(no.Why, "a person has the dial") {
		t.Errorf("the script went on: %v", err)
	}
	if err := do(MoveDial{By: 1}); err != nil {
		t.Fatal(err)
	}
	events := s.finish()
	st := Fold(events)
	if len(st.Items) != 2 || st.Items[0].Outcome != Still || st.Items[0].By != "jo" || st.Items[1].Outcome != Gone || st.Taken == "" {
		t.Errorf("items %+v, taken %q", st.Items, st.Taken)
	}
	if n := len(slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Type != TypeLikeTaken })); n != 1 {
		t.Errorf("the script ended %d times", n)
	}
	for _, e := range events {
		if d, ok := e.Body.(*DialSet); ok && d.To == 20 {
			t.Error("the script moved the dial after a person had")
		}
	}
}

// A cut ends with a person, never with a script.
func TestScriptNeverGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Start.Like = &Like{ID: "before", Moves: 9}
	s := start(t, o)
	s.await("the start", ofType(TypeBrakeTest))
	if _, err := s.Do(t.Context(), mel, Scripted{SetDial{To: 2}}); err != nil {
		t.Fatal(err)
	}
	w.sick.Store(true)
	s.await("the cut", guardTo("cut"))
	w.sick.Store(false)
	for s.May(mel, Hold{}) != nil { // until a person might go on
		s.await("anything", func(Event) bool { return true })
	}
	for _, cmd := range []Command{Hold{}, SetDial{To: 3}} {
		if _, err := s.Do(t.Context(), mel, Scripted{cmd}); err == nil || !strings.Contains(err.Error(), "cut") {
			t.Errorf("%T after a cut: %v", cmd, err)
		}
	}
	s.finish()
}

// A session that is taken up again keeps what it had, begins at zero, and the
// time in which nobody ran it is no work.
func TestSessionIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	o.Start.Timebox = 3600
	o.Start.Like = &Like{ID: "before", Items: []LikeItem{{ID: "n1", Note: "n1", From: "before", Kind: notes.Bug, Text: "double order"}}}
	began := time.Now()
	o.Now = func() time.Time { return began.Add(time.Since(began)) }
	s := start(t, o)
	s.await("the start", ofType(TypeBrakeTest))
	for _, cmd := range []Command{SetDial{To: 3}, AddNote{Draft: notes.Parse("! lost order")}, TickItem{ID: "n1", Outcome: Changed}} {
		if _, err := s.Do(t.Context(), mel, cmd); err != nil {
			t.Fatal(err)
		}
	}
	first := s.finish()
	worked := Fold(first).Worked(Fold(first).MS)

	o2 := newWorld(t).options(t)
	o2.Dir, o2.Start.Timebox = o.Dir, 3600
	later := time.Now()
	o2.Now = func() time.Time { return later.Add(2*time.Hour + time.Since(later)) }
	s = start(t, o2)
	s.await("the second start", ofType(TypeBrakeTest))
	if st := s.Snapshot(); st.Dial.Asked != 0 || st.Dial.Running > 1 || len(st.Items) != 1 || st.Items[0].Outcome != Changed {
		t.Errorf("taken up with %+v and %+v", st.Dial, st.Items)
	}
	r, err := s.Do(t.Context(), mel, AddNote{Draft: notes.Parse("? and now")})
	if err != nil || r.Note != "n2" {
		t.Errorf("the next note is %q: %v", r.Note, err)
	}
	events := s.finish()
	st := Fold(events)
	if i := slices.IndexFunc(events, ofType(TypeRecovered)); i != len(first) || events[i].Body.(*Recovered).Away < 7000 {
		t.Errorf("taken up at line %d of %d", i+1, len(events))
	}
	if more := st.Worked(st.MS) - worked; more < 0 || more > time.Minute || st.MS < 7_200_000 {
		t.Errorf("worked %s before and %s more, at %d ms", worked, more, st.MS)
	}
	// The guard may write, too: by this test's clock its probes take two hours.
	if own := slices.DeleteFunc(st.Notes.Notes, func(n notes.Note) bool { return n.System }); len(own) != 2 {
		t.Errorf("notes %+v", own)
	}
}

func TestReadEarlier(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "before")
	bodies := []any{&Start{ID: "before", As: "mel", Seed: 7, Like: &Like{ID: "first", Items: []LikeItem{
		{ID: "n3", Note: "n3", From: "first", Kind: notes.Bug, Text: "old bug"}, {ID: "n5", Note: "n5", From: "first", Kind: notes.Bug, Text: "gone bug"}}}},
		&DialSet{To: 5}, &DialHold{At: 5}, &GlideSet{To: 20}, &DialSet{To: 40, Spike: true},
		&NoteAdd{ID: "n1", Kind: notes.Bug, Text: "double\norder"}, &NoteAdd{ID: "n2", Kind: notes.Question, Text: "why?"}, &NoteAdd{ID: "n3", Kind: notes.Works, Text: "fine"},
		&NoteAdd{ID: "n4", Kind: notes.Bug, Text: "mistaken"}, &NoteMark{ID: "n4"}, &ItemTick{ID: "n5", Outcome: Gone}}
	recordedIn(t, dir, bodies...)
	e, err := ReadEarlier(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Move{{1 * time.Second, SetDial{To: 5}}, {2 * time.Second, Hold{Only: true}}, {3 * time.Second, SetGlide{To: 20}}, {4 * time.Second, SetDial{To: 40, Spike: true}}}
	if !reflect.DeepEqual(e.Moves, want) || e.Length != 10*time.Second {
		t.Errorf("moves %+v in %s", e.Moves, e.Length)
	}
	l := e.Like()
	items := []LikeItem{{"n1", "n1", "before", notes.Bug, "double order"}, {"n2", "n2", "before", notes.Question, "why?"}, {"first/n3", "n3", "first", notes.Bug, "old bug"}}
	if l.ID != "before" || l.Moves != 4 || !slices.Equal(l.Items, items) {
		t.Errorf("like %+v", l)
	}
	if _, err := ReadEarlier(filepath.Join(dir, "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// A configuration comes back from its masked record: what was the environment's
// from the environment, the rest as it was.
func TestConfigComesBackFromItsRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "users.csv"), "login,password\ntina,pw-1\n")
	text := `
charter: {explore: checkout, with: rising users, discover: limits}
timebox: 30m
staging:
  url: http://127.0.0.1:8080
  headers: {Authorization: "Bearer ${TOKEN}", X-Plain: "a$$b"}
  data: users.csv
  journeys:
    - name: buy
      think: 1s..3s
      steps:
        - GET /products?key=${KEY}
        - {post: /cart, json: {sku: tea, n: 9007199254740993, note: "for ${TOKEN}"}, save: {cart: $.id}, expect: 201}
production:
  checks:
    - {name: db, postgres: "${DSN}"}
    - {name: web-1, http: "http://127.0.0.1:9081/a~b/c", every: 100ms, headers: {X-Token: "${TOKEN}"}}
identity: {staging: "${DSN}", production: "${DSN}"}
`
	vars := map[string]string{"TOKEN": "hush-7d1f4c2a9b", "KEY": "k-0815-k", "DSN": "postgres://u:pw@127.0.0.1:5432/shop?sslmode=disable"}
	env := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	path := filepath.Join(dir, "crosstalk.yaml")
	put(t, path, text)
	first, err := ReadConfig(path, env)
	if err != nil {
		t.Fatal(err)
	}
	c, err := first.Compile(t.Context(), Caps{})
	if err != nil {
		t.Fatal(err)
	}
	record := fmt.Sprint(string(c.Masked), c.Env)
	for _, secret := range vars {
		if strings.Contains(record, secret) {
			t.Errorf("%s stands in the record %s", secret, record)
		}
	}
	b, err := json.Marshal(Start{Config: c.Masked, Env: c.Env})
	if err != nil {
		t.Fatal(err)
	}
	var s Start
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	again, err := RestoreConfig(s.Config, s.Env, dir, env)
	if err != nil {
		t.Fatal(err)
	}
	first.Identity = IdentityConfig{} // never stored
	want, err := marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	got, err := marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("came back as\n%s\nwant\n%s", got, want)
	}
	if len(again.Staging.DataRows) != 1 || again.Staging.DataRows[0]["password"] != "pw-1" {
		t.Errorf("rows %v", again.Staging.DataRows)
	}
	second, err := again.Compile(t.Context(), Caps{})
	if err != nil || string(second.Masked) == "" || !reflect.DeepEqual(second.Env, withoutIdentity(c.Env)) {
		t.Errorf("a third session would get %v: %v", second.Env, err)
	}
	if strings.Contains(again.Mask("x "+vars["TOKEN"]), vars["TOKEN"]) {
		t.Error("the restored configuration does not know its secrets")
	}

	delete(vars, "TOKEN")
	_, err = RestoreConfig(s.Config, s.Env, dir, env)
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != 3 || !strings.Contains(err.Error(), "export TOKEN=...") || !strings.Contains(err.Error(), "staging.headers.Authorization") || strings.Contains(err.Error(), "hush") {
		t.Errorf("without the variable: %v", err)
	}
}

func withoutIdentity(env map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range env {
		if !strings.HasPrefix(k, "/identity/") {
			out[k] = v
		}
	}
	return out
}

// What stood in the file itself is in no record: it is named, with what to do.
func TestConfigWithSecretsInTheFileDoesNotComeBack(t *testing.T) {
	t.Parallel()
	text := `
staging:
  url: http://127.0.0.1:8080
  headers: {Authorization: "Bearer literal-secret-1 ${TOKEN}"}
production: {checks: [{name: db, mysql: "u:very-secret@tcp(127.0.0.1:3306)/shop"}]}
`
	env := func(name string) (string, bool) { return "value-of-" + name, true }
	first, err := ParseConfig("c.yaml", []byte(text), env)
	if err != nil {
		t.Fatal(err)
	}
	c, err := first.Compile(t.Context(), Caps{})
	if err != nil {
		t.Fatal(err)
	}
	if record := fmt.Sprint(string(c.Masked), c.Env); strings.Contains(record, "secret-1") || strings.Contains(record, "very-secret") {
		t.Errorf("a secret stands in the record %s", record)
	}
	_, err = RestoreConfig(c.Masked, c.Env, ".", env)
	if err == nil || !strings.Contains(err.Error(), "staging.headers.Authorization is masked") || !strings.Contains(err.Error(), "production.checks.0.address is masked") || !strings.Contains(err.Error(), "-c FILE") {
		t.Errorf("%v", err)
	}
	for _, raw := range []string{"", "{", `{"staging":3}`} {
		if _, err := RestoreConfig(json.RawMessage(raw), nil, ".", env); err == nil || !strings.Contains(err.Error(), "-c FILE") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzRestoreConfig(f *testing.F) {
	f.Add([]byte(`{"staging":{"url":"http://127.0.0.1:1","headers":{"a/b~c":"x ***"}}}`), "/staging/headers/a~1b~0c", "x ${A}")
	f.Add([]byte(`{"people":["a","***"]}`), "/people/1", "${B}")
	f.Fuzz(func(t *testing.T, raw []byte, at, written string) {
		c, err := RestoreConfig(raw, map[string]string{at: written}, t.TempDir(), func(string) (string, bool) { return "v", true })
		if (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
	})
}
