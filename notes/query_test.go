package notes

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func searched() []Note {
	return []Note{
		{ID: "n1", By: "mel", Kind: Bug, Text: "Order doubled #checkout", Tags: []string{"checkout"}, Attachments: []Attachment{{Name: "basket.png"}}},
		{ID: "n2", By: "jon", Kind: Question, Text: "why open?", Tags: []string{"check-in"}},
		{ID: "n3", By: "mel", Kind: Question, Text: "who?", Resolved: &Gone{By: "mel"}},
		{ID: "n4", By: "Melanie", Kind: Plain, Text: "calm", Gone: &Gone{By: "mel"}, Edits: []Edit{{Text: "stormy"}}},
		{ID: "n12", By: "guard", Kind: Decision, Text: "held at 60", System: true},
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query string
		want  string
	}{
		{"", "n1 n2 n3 n4 n12"},
		{"ORDER", "n1"},
		{"order doubled", "n1"},
		{"doubled order", "n1"},
		{`"order doubled"`, "n1"},
		{`"doubled order"`, ""},
		{"kind:bug", "n1"},
		{"kind:q", "n2 n3"},
		{"kind:!", "n1"},
		{"kind:", "n1 n2 n3 n4 n12"},
		{"kind:bug kind:question", "n1 n2 n3"},
		{"tag:checkout", "n1"},
		{"tag:check", "n1 n2"},
		{"#check", "n1 n2"},
		{"#", "n1 n2 n3 n4 n12"},
		{"open", "n2"},
		{`"open"`, "n2"},
		{"resolved", "n3"},
		{"gone", "n4"},
		{"files", "n1"},
		{"by:mel", "n1 n3 n4"},
		{"by:mel by:jon kind:question", "n2 n3"},
		{"basket", "n1"},
		{"stormy", "n4"},
		{"n1", "n1"},
		{"n12", "n12"},
		{`"unfinished quo`, ""},
	} {
		q, err := ParseQuery(c.query)
		if err != nil {
			t.Errorf("%q: %v", c.query, err)
		}
		var got []string
		for _, n := range searched() {
			if q.Match(n) {
				got = append(got, n.ID)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q finds %v, want %s", c.query, got, c.want)
		}
		if q.Empty() != (len(got) == 5 && c.query != "kind:") && c.query != "kind:" {
			t.Errorf("%q: empty %v", c.query, q.Empty())
		}
	}
	if _, err := ParseQuery("kind:poem x"); err == nil || !strings.Contains(err.Error(), "poem") {
		t.Errorf("an unknown kind: %v", err)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"", `"a" b`, "kind:bug tag:x #y by:z open", `"`, "kind:\x00", "#é #库", "by: :"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, _ := ParseQuery(s)
		again, _ := ParseQuery(strings.ToUpper(strings.ToLower(s)))
		if utf8.ValidString(s) && isASCII(s) && !reflect.DeepEqual(q, again) {
			t.Fatalf("%q: %+v, in capitals %+v", s, q, again)
		}
		for _, w := range q.Words {
			if w == "" {
				t.Fatalf("%q looks for nothing: %+v", s, q)
			}
		}
		n := Note{ID: "n1", Kind: Bug, Text: strings.Join(q.Words, " "), Tags: q.Tags}
		n.Resolved, n.Gone = &Gone{}, &Gone{}
		n.Attachments = []Attachment{{}}
		if len(q.By) > 0 {
			n.By = q.By[0]
		}
		if len(q.Kinds) > 0 {
			n.Kind = q.Kinds[0]
		}
		if !q.Open && !q.Match(n) {
			t.Fatalf("%q does not find what it says: %+v in %+v", s, q, n)
		}
	})
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 }) }

func TestTags(t *testing.T) {
	t.Parallel()
	var l List
	for _, text := range []string{"#cart", "#checkout", "#Checkout #chess", "#gone", "#cart #chess"} {
		l.Add(Note{ID: "n" + text, Text: text, Tags: Tags(text)})
	}
	l.Retract("n#gone", Gone{})
	if got := l.TagsByUse(); !slices.Equal(got, []string{"cart", "chess", "checkout"}) {
		t.Errorf("by use: %v", got)
	}
	if got := Completions("Che", l.TagsByUse()); !slices.Equal(got, []string{"chess", "checkout"}) {
		t.Errorf("completions: %v", got)
	}
	if got := Completions("chess", l.TagsByUse()); got != nil {
		t.Errorf("a whole tag goes on with %v", got)
	}
	for _, c := range []struct {
		text  string
		at    int
		begun string
		from  int
		ok    bool
	}{
		{"slow #che", 9, "che", 6, true},
		{"slow #che", 7, "c", 6, true},
		{"#", 1, "", 1, true},
		{"a\n#é", 5, "é", 3, true},
		{"a#b", 3, "", 0, false},
		{"#a b", 4, "", 0, false},
		{"##a", 3, "", 0, false},
		{"", 0, "", 0, false},
		{"#a", 99, "a", 1, true},
	} {
		begun, from, ok := TagAt(c.text, c.at)
		if begun != c.begun || from != c.from || ok != c.ok {
			t.Errorf("TagAt(%q, %d) = %q, %d, %v", c.text, c.at, begun, from, ok)
		}
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"shot.png":                        "shot.png",
		"Screenshot 1 (2).PNG":            "Screenshot-1-2.PNG",
		"../../etc/passwd":                "passwd",
		`C:\dir\x.txt`:                    "x.txt",
		"":                                "file",
		"..":                              "file",
		".hidden":                         "hidden",
		"库.png":                           "file.png",
		"-rf":                             "rf",
		"a\x00b\n.log":                    "a-b.log",
		strings.Repeat("x", 300):          strings.Repeat("x", 100),
		strings.Repeat("x", 300) + ".png": strings.Repeat("x", 96) + ".png",
		"a.b.c":                           "a.b.c",
	} {
		if got := SafeName(name); got != want {
			t.Errorf("SafeName(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a.png", "../x", ".", "库", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := SafeName(s)
		if got == "" || len(got) > longestName || got[0] == '.' || got[0] == '-' || strings.ContainsAny(got, "/\\ \x00\n") || SafeName(got) != got {
			t.Fatalf("SafeName(%q) = %q, and then %q", s, got, SafeName(got))
		}
	})
}

func TestAttach(t *testing.T) {
	t.Parallel()
	var l List
	l.Add(Note{ID: "n1"})
	before := l.Clone()
	l.Attach("n1", Attachment{Name: "a"})
	half := l.Clone()
	l.Attach("n1", Attachment{Name: "b"})
	l.Attach("n9", Attachment{Name: "c"})
	for i, c := range []struct {
		l    *List
		want int
	}{{&before, 0}, {&half, 1}, {&l, 2}} {
		if n, _ := c.l.Get("n1"); len(n.Attachments) != c.want {
			t.Errorf("%d: %d attachments, want %d", i, len(n.Attachments), c.want)
		}
	}
}
