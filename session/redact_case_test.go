package session

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"crosstalk/notes"
)

// A text is found in any case, in every escape, and so are the tags that a note
// made of it in small letters.
func TestRedactInAnyCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, written, escaped, html, url string }{
		{"Hunter2", "#HUNTER2", `\u0068\u0055nter2`, "&#104;&#x55;nter2", "%68%55nter2"},
		{"zwölfÄpfel", "#ZWÖLFäpfel", `zw\u00d6lf\u00e4pfel`, "zw&#214;lf&#xE4;pfel", "zw%C3%96lf%c3%a4pfel"},
		{"kelvin", "#\u212aelvin", `\u212aELVIN`, "&#x212a;elvin", "%E2%84%AAelvin"},
		{"İstanbul", "#İSTANBUL", `\u0130stanbul`, "&#304;stanbul", "%C4%B0stanbul"},
		{"#Hunter2", "#hUNTER2", `#\u0048unter2`, "#&#72;unter2", "%23hunter2"},
		{"Hunter2.x/y", "#hunter2.X/Y", `hunter2.\u0058\/y`, "hunter2.&#88;/y", "hunter2.x%2fY"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "s")
			text := "the token " + c.written + " leaked #till"
			recordedIn(t, dir, &Start{ID: "s", As: "mel"},
				&NoteAdd{ID: "n1", Kind: notes.Bug, Text: text, Tags: notes.Tags(text)},
				&NoteAdd{ID: "n2", Kind: notes.Plain, Text: "of another #till #hunter", Tags: []string{"till", "hunter"}},
				&Unknown{JSON: json.RawMessage(`{"any":"` + c.escaped + `"}`)},
				&End{Reason: "quit"})
			put(t, filepath.Join(dir, "page.html"), c.html)
			put(t, filepath.Join(dir, "hosts.txt"), c.url)
			redactAll(t, dir, c.text)
			events, rest, err := ReadJournal(dir)
			if err != nil || rest.Torn != 0 {
				t.Fatal(rest, err)
			}
			n := events[1].Body.(*NoteAdd)
			if strings.Contains(n.Text, c.written[1:]) || !slices.Equal(n.Tags, []string{Redacted, "till"}) {
				t.Errorf("the note is %q with tags %q", n.Text, n.Tags)
			}
			if n := events[2].Body.(*NoteAdd); !slices.Equal(n.Tags, []string{"till", "hunter"}) {
				t.Errorf("another note has the tags %q", n.Tags)
			}
			if b := readAll(t, dir, JournalName); strings.Contains(b, c.escaped) {
				t.Errorf("the journal still has it escaped: %s", b)
			}
			for _, name := range []string{"page.html", "hosts.txt"} {
				if b := readAll(t, dir, name); b != Redacted {
					t.Errorf("%s is %q", name, b)
				}
			}
			if again := look(t, dir, strings.ToUpper(c.text)); again.Count() != 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}

func readAll(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func look(t *testing.T, dir, text string) *Redactor {
	t.Helper()
	r, err := OpenRedactor(dir, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever changes a rune's case leaves its fold as it was, and a line is folded
// as its runes are.
func TestFold(t *testing.T) {
	t.Parallel()
	for r := range rune(0x20000) { // none above has a case
		for _, o := range []rune{unicode.ToLower(r), unicode.ToUpper(r), unicode.ToTitle(r), unicode.SimpleFold(r), fold(r)} {
			if fold(o) != fold(r) {
				t.Fatalf("%c (%U) folds to %U, and %c to %U", r, r, fold(r), o, fold(o))
			}
		}
		if !slices.Contains(cases(r), r) {
			t.Fatalf("%U is none of its own cases", r)
		}
	}
	for _, s := range []string{"Plain ASCII", "Zwölf \u212aelvin İi", "\xff\x00"} {
		if got, want := string(foldLine([]byte(s))), string(foldAll(s)); got != want {
			t.Errorf("%q is folded to %q, want %q", s, got, want)
		}
	}
}

// A file that is no text is searched in any case, too, and counted once a place.
func TestRedactInBytes(t *testing.T) {
	t.Parallel()
	p, err := newPattern("Hunter🔑Ä")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    string
		want int
	}{
		"UTF-8":           {"\x00\xffhUNTER🔑ä\xff" + "Hunter🔑Ä", 2},
		"UTF-16, little":  {"\xff\xfeH\x00u\x00N\x00t\x00e\x00r\x00\x3d\xd8\x11\xdd\xe4\x00.\x00", 1},
		"UTF-16, big":     {"\xfe\xff\x00h\x00u\x00n\x00t\x00e\x00R\xd8\x3d\xdd\x11\x00\xc4\x00.", 1},
		"not the whole":   {"\xff\xfeH\x00u\x00N\x00t\x00e\x00r\x00\x3d\xd8", 0},
		"another picture": {"\xff\xfeH\x00u\x00N\x00t\x00e\x00r\x00\x3d\xd8\x12\xdd\xe4\x00", 0},
	} {
		if got := p.countIn([]byte(c.b)); got != c.want {
			t.Errorf("%s: %d places, want %d", name, got, c.want)
		}
	}
}

// Two files whose names differ in the case alone stay two files, and the journal
// finds both.
func TestRedactKeepsFilesApart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	add := func(name, text string) *AttachAdd {
		return &AttachAdd{Note: "n1", Name: name, File: "n1-" + name, Size: int64(len(text)), SHA256: hashOf([]byte(text)), Media: "text/plain"}
	}
	recordedIn(t, dir, &Start{ID: "s", As: "mel"}, &NoteAdd{ID: "n1", Kind: notes.Bug, Text: "see both"}, add("Mel.txt", "one"), add("mel.txt", "two"))
	put(t, filepath.Join(dir, AttachmentsName, "n1-Mel.txt"), "one")
	put(t, filepath.Join(dir, AttachmentsName, "n1-mel.txt"), "two")
	if len(readAll(t, dir, AttachmentsName, "n1-Mel.txt")) == len("two") && readAll(t, dir, AttachmentsName, "n1-Mel.txt") == "two" {
		return // a file system that takes them for one
	}
	r := redactAll(t, dir, "mel")
	if !slices.ContainsFunc(r.Files, func(f RedactFile) bool { return f.Renamed && strings.HasSuffix(f.Path, "[redacted]-2.txt") }) {
		t.Errorf("the files are %+v", r.Files)
	}
	events, _, err := ReadJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"one", "two"} {
		a := events[i+2].Body.(*AttachAdd)
		if got := readAll(t, dir, AttachmentsName, a.File); got != want || a.SHA256 != hashOf([]byte(want)) {
			t.Errorf("%+v is %q", a, got)
		}
	}
	if again := look(t, dir, "MEL"); again.Count() != 0 {
		t.Errorf("found again: %+v", again.Files)
	}
}

// A run that broke off between giving a file its new name and taking away the
// old one is repeated without a second copy.
func TestRedactAgainAfterHalf(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	recordedIn(t, dir, &Start{ID: "s", As: "jo"})
	put(t, filepath.Join(dir, DraftsName, "mel.json"), `{"v":1}`)
	put(t, filepath.Join(dir, DraftsName, "[redacted].json"), `{"v":1}`)
	redactAll(t, dir, "mel")
	left, err := filepath.Glob(filepath.Join(dir, DraftsName, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "[redacted].json" {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Names that stay are told, and not with the text in them.
func TestRedactNamesThatStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	recordedIn(t, dir, &Start{ID: "s", As: "jo"})
	put(t, filepath.Join(dir, "of Hunter2", "log.txt"), "nothing")
	if err := os.Symlink("events.jsonl", filepath.Join(dir, "HUNTER2")); err != nil {
		t.Fatal(err)
	}
	r := look(t, dir, "hunter2")
	if !slices.Equal(r.Names, []string{"HUNTER2", "of Hunter2"}) || r.Shown(r.Names[1]) != "of [redacted]" || r.Count() != 0 {
		t.Errorf("names %q, files %+v", r.Names, r.Files)
	}
}

// The mark's own words may be what is taken out.
func TestRedactTheMarksWords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	recordedIn(t, dir, &Start{ID: "s", As: "jo"})
	put(t, filepath.Join(dir, "core.bin"), "\x00the Session\x00")
	redactAll(t, dir, "session")
	if got := readAll(t, dir, "core.bin"); bytes.Contains([]byte(got), []byte("session")) {
		t.Errorf("the mark is %q", got)
	}
	if again := look(t, dir, "session"); again.Count() != 0 {
		t.Errorf("found again: %+v", again.Files)
	}
}
