package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

// recorded writes a journal of bodies, all by mel, a second apart.
func recordedIn(t *testing.T, dir string, bodies ...any) []Event {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"*session.Start": TypeStart, "*session.NoteAdd": TypeNoteAdd, "*session.NoteEdit": TypeNoteEdit, "*session.AttachAdd": TypeAttach,
		"*session.End": TypeEnd, "*session.LoadTick": TypeLoadTick, "*session.DialSet": TypeDialSet, "*session.DialHold": TypeDialHold, "*session.GlideSet": TypeGlide,
		"*session.NoteMark": TypeNoteRetract, "*session.Recovered": TypeRecovered, "*session.Unknown": "tea.poured", "*session.ItemTick": TypeItemTick}
	at := time.Date(2026, 10, 17, 15, 36, 19, 880e6, time.UTC)
	var buf bytes.Buffer
	var out []Event
	for i, b := range bodies {
		e := Event{V: Version, Seq: uint64(i + 1), T: at.Add(time.Duration(i) * time.Second), MS: int64(i) * 1000, By: "mel", Type: types[fmt.Sprintf("%T", b)], Body: b}
		line, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		buf.Write(append(line, '\n'))
		out = append(out, e)
	}
	if err := os.WriteFile(filepath.Join(dir, JournalName), buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func redactAll(t *testing.T, dir, text string) *Redactor {
	t.Helper()
	r, err := OpenRedactor(dir, text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply("jo", "pasted by mistake: "+text, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// A text is found however JSON may have written it, in values and in keys, and
// every line stays the line it was.
func TestRedactInTheJournal(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"hunter2-hunter2", `pa"ss\w/rd`, "zwölf <&> Boxkämpfer", "two words here", "日本の🔑", "mel@shop.example"} {
		t.Run(secret, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "s")
			wrapped := strings.ReplaceAll(secret, string([]rune(secret)[2]), "\n"+string([]rune(secret)[2]))
			spaced := strings.ReplaceAll(secret, " ", "\n  ")
			before := recordedIn(t, dir,
				&Start{ID: "s", As: "mel", Charter: "with " + secret, Config: json.RawMessage(`{"staging":{"url":"http://x/"}}`)},
				&NoteAdd{ID: "n1", Kind: notes.Bug, Text: "the token is " + secret + ", twice: " + secret, Tags: []string{"x"}},
				&NoteAdd{ID: "n2", Kind: notes.Plain, Text: "wrapped " + wrapped + " and " + spaced},
				&LoadTick{Asked: 3, Running: 3, Ceiling: -1, Requests: 7, Kinds: map[string]uint64{"refused " + secret: 2}},
				&NoteAdd{ID: "n3", Kind: notes.Plain, Text: "nothing here"},
				&Unknown{JSON: json.RawMessage(`{"any":"thing","n":123.50,"deep":[{"a":"` + strings.ReplaceAll(fmt.Sprintf("%+q", secret)[1:len(fmt.Sprintf("%+q", secret))-1], `\U0001f511`, `\ud83d\udd11`) + `"}]}`)},
				&End{Reason: "quit"})
			kept, err := os.ReadFile(filepath.Join(dir, JournalName))
			if err != nil {
				t.Fatal(err)
			}
			r := redactAll(t, dir, secret)
			after, rest, err := ReadJournal(dir)
			if err != nil || rest.Torn != 0 || len(after) != len(before)+1 {
				t.Fatalf("%d events, %+v, %v", len(after), rest, err)
			}
			for i, e := range before {
				if a := after[i]; a.Seq != e.Seq || a.MS != e.MS || a.Type != e.Type || a.By != e.By || !a.T.Equal(e.T) {
					t.Errorf("line %d became %+v", i+1, a)
				}
			}
			st := Fold(after)
			if n, _ := st.Notes.Get("n1"); n.Text != "the token is [redacted], twice: [redacted]" || n.Kind != notes.Bug {
				t.Errorf("n1 is %q", n.Text)
			}
			if n, _ := st.Notes.Get("n2"); strings.Count(n.Text, Redacted) != 2 {
				t.Errorf("n2 is %q", n.Text)
			}
			if st.Charter != "with [redacted]" || st.Kinds["refused [redacted]"] != 2 || st.Ended == nil {
				t.Errorf("charter %q, kinds %v, ended %v", st.Charter, st.Kinds, st.Ended)
			}
			last, ok := after[len(after)-1].Body.(*Redaction)
			if !ok || last.By != "jo" || last.Count != 7 || last.Count != r.Count() || !slices.Equal(last.Files, []string{JournalName}) || last.Why != "pasted by mistake: [redacted]" {
				t.Errorf("the mark is %+v", last)
			}
			now, err := os.ReadFile(filepath.Join(dir, JournalName))
			if err != nil || bytes.Contains(now, []byte(secret)) {
				t.Errorf("the text stands in the journal: %v", err)
			}
			// What holds nothing of it keeps every byte.
			if line := bytes.Split(kept, []byte("\n"))[4]; !bytes.Contains(now, line) {
				t.Error("a line without the text was changed")
			}
			again, err := OpenRedactor(dir, secret)
			if err != nil || again.Count() != 0 {
				t.Errorf("found again in %d places: %v", again.Count(), err)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
			// The session can be taken up again: no gap, no torn line.
			j, state, torn, err := OpenJournal(dir)
			if err != nil || torn != 0 || state.Seq != uint64(len(after)) {
				t.Fatalf("taken up at %d with %d torn: %v", state.Seq, torn, err)
			}
			if err := j.close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Everything in the folder: attachments, drafts, exports, a torn line, names.
func TestRedactInTheFolder(t *testing.T) {
	t.Parallel()
	const secret = `tok"en-77<x>`
	dir := filepath.Join(t.TempDir(), "s")
	log := "line\nAuthorization: " + secret + "\nmore\n"
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	recordedIn(t, dir, &Start{ID: "s", As: "mel"},
		&NoteAdd{ID: "n1", Kind: notes.Bug, Text: "see the log"},
		&AttachAdd{Note: "n1", Name: "log.txt", File: "n1-log.txt", Size: int64(len(log)), SHA256: sum([]byte(log)), Media: "text/plain"})
	torn := `{"v":1,"seq":4,"t":"2026-10-17T15:36:29.880Z","ms":4000,"by":"mel","type":"note.add","body":{"id":"n2","text":"tok\"en-77\u003cx\u003e`
	f, err := os.OpenFile(filepath.Join(dir, JournalName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(torn); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "attachments", "n1-log.txt"), log)
	put(t, filepath.Join(dir, "attachments", `tok"en-77<x>.txt`), "its name tells")
	put(t, filepath.Join(dir, "attachments", "core.bin"), "\x00\x01"+secret+"\xff")
	put(t, filepath.Join(dir, "attachments", "wide.bin"), "\x00t\x00o\x00k\x00\"\x00e\x00n\x00-\x007\x007\x00<\x00x\x00>")
	put(t, filepath.Join(dir, "attachments", "picture.png"), "\x89PNG\x00\x01")
	put(t, filepath.Join(dir, "drafts", "mel.json"), `{"text":"tok\u0022en-77<x>"}`)
	put(t, filepath.Join(dir, "report.md"), "- tok\"en-77\\<x\\> in Markdown, tok%22en-77%3Cx%3E in a URL\n")
	put(t, filepath.Join(dir, "report.html"), "<p>tok&#34;en-77&lt;x&gt;</p>")
	put(t, filepath.Join(dir, "notes.csv"), "a,\"tok\"\"en-77<x>\"\n")
	put(t, filepath.Join(dir, "session.cast"), `{"version":2}`+"\n"+`[0.5,"o","say tok\"en-77\u003cx>"]`+"\n")
	put(t, filepath.Join(dir, "untouched.txt"), "nothing")

	r := redactAll(t, dir, secret)
	if !slices.Equal(r.Opaque, []string{filepath.Join("attachments", "picture.png")}) {
		t.Errorf("not to be looked into: %v", r.Opaque)
	}
	binaries := 0
	for _, f := range r.Files {
		if strings.Contains(f.Path, secret) {
			t.Errorf("the plan tells the text: %s", f.Path)
		}
		if f.Binary {
			binaries++
		}
	}
	if binaries != 2 {
		t.Errorf("%d binary files in %+v", binaries, r.Files)
	}
	got := map[string]string{}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, rerr := filepath.Rel(dir, path)
		got[filepath.ToSlash(rel)] = string(b)
		return errors.Join(err, rerr)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"attachments/n1-log.txt":     "line\nAuthorization: [redacted]\nmore\n",
		"attachments/[redacted].txt": "its name tells",
		"attachments/core.bin":       markFile,
		"attachments/wide.bin":       markFile,
		"attachments/picture.png":    "\x89PNG\x00\x01",
		"drafts/mel.json":            `{"text":"[redacted]"}`,
		"report.md":                  "- [redacted] in Markdown, [redacted] in a URL\n",
		"report.html":                "<p>[redacted]</p>",
		"notes.csv":                  "a,\"[redacted]\"\n",
		"session.cast":               `{"version":2}` + "\n" + `[0.5,"o","say [redacted]"]` + "\n",
		"untouched.txt":              "nothing",
		TornName:                     strings.ReplaceAll(torn, `tok\"en-77\u003cx\u003e`, Redacted),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for name := range got {
		if strings.Contains(name, secret) || strings.HasSuffix(name, ".part") {
			t.Errorf("%s is left", name)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "report.md")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("report.md may be read by %v, %v", info.Mode(), err)
	}
	events, rest, err := ReadJournal(dir)
	if err != nil || rest.Torn != 0 || len(events) != 4 {
		t.Fatalf("%d events, %+v, %v", len(events), rest, err)
	}
	a := events[2].Body.(*AttachAdd)
	if want := got["attachments/n1-log.txt"]; a.SHA256 != sum([]byte(want)) || a.Size != int64(len(want)) {
		t.Errorf("the attachment is %+v", a)
	}
	if m := events[3].Body.(*Redaction); m.Dropped == 0 || len(m.Files) != len(r.Files) {
		t.Errorf("the mark is %+v", m)
	}
}

// Words of the format stay, whatever is taken out: a record that nobody can read
// hides nothing.
func TestRedactKeepsTheFormat(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"production", "note.add", "text", "bug", "2026-10-17T15:36:19.880Z", "guard", "staging", "asked"} {
		dir := filepath.Join(t.TempDir(), "s")
		before := recordedIn(t, dir, &Start{ID: "s", As: "mel", Checks: []CheckInfo{{Env: "production", Name: "web-1"}}},
			&NoteAdd{ID: "n1", Kind: notes.Bug, Text: "it says " + word, Typed: time.Date(2026, 10, 17, 15, 36, 19, 880e6, time.UTC)}, &End{Reason: "quit"})
		redactAll(t, dir, word)
		after, rest, err := ReadJournal(dir)
		if err != nil || rest.Torn != 0 || len(after) != len(before)+1 {
			t.Fatalf("%s: %d events, %+v, %v", word, len(after), rest, err)
		}
		st := Fold(after)
		if n, ok := st.Notes.Get("n1"); !ok || n.Text != "it says [redacted]" || n.Kind != notes.Bug || st.Start.Checks[0].Env != "production" {
			t.Errorf("%s: %+v", word, n)
		}
	}
}

func TestRedactRefuses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	for _, text := range []string{"", "ab", "   a  ", strings.Repeat("x", 1025), "red", "redacted", "a\x1b[0m", "\xff\xfe\xfd"} {
		if _, err := OpenRedactor(dir, text); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := OpenRedactor(dir, "hunter2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder without a session: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("looking made a folder")
	}
	j, _, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRedactor(dir, "hunter2"); !errors.Is(err, ErrInUse) {
		t.Errorf("a running session: %v", err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

// Whatever stands around it, in whatever escapes: what comes out is JSON of the
// same shape, and the text is not in it.
func FuzzRedactJSON(f *testing.F) {
	f.Add("hunter2", `{"a":"x hunter2 y","b":[1,2.50,{"hunter2":null}]}`)
	f.Add(`a"b\c`, `{"a":"a\"b\\c","b":"a\u0022b\u005cc"}`)
	f.Add("two words", `["two\nwords","two  words"]`)
	f.Fuzz(func(t *testing.T, text, doc string) {
		p, err := newPattern(text)
		if err != nil {
			return
		}
		out, n, _, ok := p.cutJSON([]byte(doc), &vocabulary{})
		if ok != json.Valid([]byte(doc)) {
			t.Fatalf("%q is JSON: %v", doc, ok)
		}
		if !ok {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q", doc, out)
		}
		if n == 0 && string(out) != doc {
			t.Fatalf("nothing was found, and %q became %q", doc, out)
		}
		var v any
		if err := json.Unmarshal(out, &v); err != nil {
			t.Fatal(err)
		}
		eachText(v, "", func(_, s string) {
			if strings.Contains(string(foldAll(s)), string(p.folded)) && !strings.Contains(s, Redacted) {
				t.Fatalf("%q is left in %q", p.text, s)
			}
		})
	})
}
