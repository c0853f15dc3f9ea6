package notes

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want Draft
	}{
		{"a plain one", Draft{Kind: Plain, Text: "a plain one"}},
		{"! duplicate order #Checkout, #retry-2", Draft{Kind: Bug, Text: "duplicate order #Checkout, #retry-2", Tags: []string{"checkout", "retry-2"}}},
		{"!tight", Draft{Kind: Bug, Text: "tight"}},
		{"bug duplicate order", Draft{Kind: Bug, Text: "duplicate order"}},
		{"BUG: duplicate order", Draft{Kind: Bug, Text: "duplicate order"}},
		{"buggy is no kind", Draft{Kind: Plain, Text: "buggy is no kind"}},
		{"bug", Draft{Kind: Plain, Text: "bug"}},
		{"q by design?", Draft{Kind: Question, Text: "by design?"}},
		{"? by design", Draft{Kind: Question, Text: "by design"}},
		{"| no access", Draft{Kind: Obstacle, Text: "no access"}},
		{"* try carts", Draft{Kind: Idea, Text: "try carts"}},
		{"+ prices right", Draft{Kind: Works, Text: "prices right"}},
		{"~ pool of 8", Draft{Kind: Risk, Text: "pool of 8"}},
		{"> search next", Draft{Kind: Next, Text: "search next"}},
		{"= stop at 60", Draft{Kind: Decision, Text: "stop at 60"}},
		{": fresh stock", Draft{Kind: Setup, Text: "fresh stock"}},
		{"!! is what they shouted", Draft{Kind: Plain, Text: "! is what they shouted"}},
		{`\! not a bug`, Draft{Kind: Plain, Text: "! not a bug"}},
		{"! -2m slow", Draft{Kind: Bug, Text: "slow", Ago: 2 * time.Minute}},
		{"-30s slow", Draft{Kind: Plain, Text: "slow", Ago: 30 * time.Second}},
		{"@15:31 slow", Draft{Kind: Plain, Text: "slow", At: "15:31"}},
		{"-2m ! slow #cart", Draft{Kind: Bug, Text: "slow #cart", Ago: 2 * time.Minute, Tags: []string{"cart"}}},
		{"@15:31 ? by design", Draft{Kind: Question, Text: "by design", At: "15:31"}},
		{"-2m bug slow", Draft{Kind: Bug, Text: "slow", Ago: 2 * time.Minute}},
		{"-2m !! is what they shouted", Draft{Kind: Plain, Text: "! is what they shouted", Ago: 2 * time.Minute}},
		{`-2m \! not a bug`, Draft{Kind: Plain, Text: "! not a bug", Ago: 2 * time.Minute}},
		{`\-2m ! as typed`, Draft{Kind: Plain, Text: "-2m ! as typed"}},
		{"-2m\n! slow", Draft{Kind: Bug, Text: "slow", Ago: 2 * time.Minute}},
		{"-2m -3m twice", Draft{Kind: Plain, Text: "-3m twice", Ago: 2 * time.Minute}},
		{"! -2m ? both", Draft{Kind: Bug, Text: "? both", Ago: 2 * time.Minute}},
		{"@mel said so", Draft{Kind: Plain, Text: "@mel said so"}},
		{"-5 users", Draft{Kind: Plain, Text: "-5 users"}},
		{"  ", Draft{Kind: Plain}},
	} {
		got := Parse(c.line)
		if got.Kind != c.want.Kind || got.Text != c.want.Text || got.Ago != c.want.Ago || got.At != c.want.At || !slices.Equal(got.Tags, c.want.Tags) {
			t.Errorf("%q: %+v, want %+v", c.line, got, c.want)
		}
	}
}

func TestParseAs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want Draft
	}{
		{"-2m slow #Cart", Draft{Kind: Risk, Text: "slow #Cart", Ago: 2 * time.Minute, Tags: []string{"cart"}}},
		{"@15:31 ? whose mark", Draft{Kind: Risk, Text: "? whose mark", At: "15:31"}},
		{"! slow", Draft{Kind: Risk, Text: "! slow"}},
		{`\-2m slow`, Draft{Kind: Risk, Text: "-2m slow"}},
		{"-5 users", Draft{Kind: Risk, Text: "-5 users"}},
	} {
		got := ParseAs(Risk, c.line)
		if got.Kind != c.want.Kind || got.Text != c.want.Text || got.Ago != c.want.Ago || got.At != c.want.At || !slices.Equal(got.Tags, c.want.Tags) {
			t.Errorf("%q: %+v, want %+v", c.line, got, c.want)
		}
	}
}

// What looks like a time and is none is said; other words at the start are not.
func TestWhatIsNoTimeIsSaid(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"@25:99 slow": "@25:99", "! @9.30 slow": "@9.30", "@3pm slow": "@3pm", "@1531 slow": "@1531", "-2min slow": "-2min", "-48h slow": "-48h",
		"-5 users": "", "@mel said so": "", "@40 users it began": "", "-2m slow": "", "@15:31 slow": "", "slow @25:99": "", `\@25:99 as meant`: "", "-x": "",
	} {
		d := Parse(line)
		if d.NoTime != want || (d.Unclear() != "") != (want != "") || !strings.Contains(d.Unclear(), want) {
			t.Errorf("%q: %+v says %q", line, d, d.Unclear())
		}
		if want != "" && !strings.HasPrefix(d.Text, want) {
			t.Errorf("%q is not kept: %q", line, d.Text)
		}
	}
	if d := ParseAs(Risk, "@25:99 slow"); d.NoTime != "@25:99" {
		t.Errorf("with a kind: %+v", d)
	}
}

func TestWhatHasNoRoomIsCounted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", MaxText/2) + "and more"
	for what, d := range map[string]Draft{"typed": Parse("! " + long), "given": ParseAs(Risk, long), "pasted": Paste(long), "edited": ParseEdit(long)} {
		kept, ok := strings.CutSuffix(d.Text, " [cut at 64 KB]")
		if !ok || len(d.Text) > MaxText || len(kept)+d.Left != len(long) && len(kept)+d.Left != len(long)+2 || !strings.Contains(d.Unclear(), "bytes were left out") {
			t.Errorf("%s: %d bytes kept, %d left out of %d, says %q", what, len(d.Text), d.Left, len(long), d.Unclear())
		}
	}
	if d := Parse(long[:MaxText]); d.Left != 0 || d.Unclear() != "" {
		t.Errorf("what fits says %q", d.Unclear())
	}
	if s, left := CleanTo("no room", 3); s != "" || left != 7 {
		t.Errorf("%q, %d", s, left)
	}
}

func TestPasteSetsNoKind(t *testing.T) {
	t.Parallel()
	d := Paste("! not a bug\r\n-2m \x1b[31mred #tag\x07\n")
	if d.Kind != Plain || d.Text != "! not a bug\n-2m [31mred #tag" || d.Ago != 0 || !slices.Equal(d.Tags, []string{"tag"}) {
		t.Errorf("%+v", d)
	}
}

func TestHappened(t *testing.T) {
	t.Parallel()
	typed := time.Date(2026, 10, 17, 0, 10, 30, 0, time.UTC)
	for _, c := range []struct {
		d    Draft
		want time.Time
		said bool
	}{
		{Draft{}, time.Time{}, false},
		{Draft{Ago: time.Minute}, typed.Add(-time.Minute), true},
		{Draft{At: "00:05"}, time.Date(2026, 10, 17, 0, 5, 0, 0, time.UTC), true},
		{Draft{At: "23:55"}, time.Date(2026, 10, 16, 23, 55, 0, 0, time.UTC), true}, // yesterday: it can't be later than now
	} {
		if got, said := c.d.Happened(typed); !got.Equal(c.want) || said != c.said {
			t.Errorf("%+v: %v, %v", c.d, got, said)
		}
	}
}

func TestEveryKindIsReachedByMarkAndWord(t *testing.T) {
	t.Parallel()
	for _, i := range Kinds() {
		if k, err := ParseKind(string(i.Kind)); err != nil || k != i.Kind {
			t.Errorf("%s: %s, %v", i.Kind, k, err)
		}
		if i.Mark == "" {
			continue
		}
		if d := Parse(i.Mark + " x"); d.Kind != i.Kind {
			t.Errorf("mark %q gives %s", i.Mark, d.Kind)
		}
		if d := Parse(i.Word + " x"); d.Kind != i.Kind {
			t.Errorf("word %q gives %s", i.Word, d.Kind)
		}
	}
	if _, err := ParseKind("poem"); err == nil {
		t.Error("there is no such kind")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"! bug", "@15:31 x #y", "-2m", "\\!", "q", "\x1b]8;;http://x\x07", "\u202Eabc", strings.Repeat("é", MaxText)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []Draft{Parse(s), Paste(s)} {
			if len(d.Text) > MaxText || !utf8.ValidString(d.Text) {
				t.Fatalf("%d bytes, valid %v", len(d.Text), utf8.ValidString(d.Text))
			}
			if strings.ContainsFunc(d.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Fatalf("a control character is left in %q", d.Text)
			}
			if d.Kind.Info().Kind != d.Kind {
				t.Fatalf("unknown kind %q", d.Kind)
			}
		}
	})
}

// An edit that changes nothing changes nothing: what stands on the line is read
// as the kind and the text that the note has, whatever it begins with.
func TestRetypeIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{Plain, Bug, Question, Obstacle, Idea, Works, Risk, Next, Decision, Setup}).Draw(t, "kind")
		start := rapid.SampledFrom([]string{"", "-2m ", "@15:31 ", "! ", "!! ", `\`, `\\`, "bug ", "q: ", ": ", "> "}).Draw(t, "start")
		text := strings.TrimSpace(Clean(start + rapid.String().Draw(t, "text")))
		if text == "" {
			return
		}
		if d := ParseEdit(Retype(kind, text)); d.Kind != kind || d.Text != text {
			t.Fatalf("%s %q is typed as %q and read as %s %q", kind, text, Retype(kind, text), d.Kind, d.Text)
		}
	})
}

// A backslash makes the rest text, a time too.
func TestEscapedTimeIsText(t *testing.T) {
	t.Parallel()
	if d := Parse(`\-2m foo`); d.Text != "-2m foo" || d.Ago != 0 {
		t.Errorf("%+v", d)
	}
	if d := Parse("-2m foo"); d.Text != "foo" || d.Ago == 0 {
		t.Errorf("%+v", d)
	}
}
