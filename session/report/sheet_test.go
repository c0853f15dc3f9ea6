package report

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crosstalk/session"
)

// sound is a sheet with nothing wrong in it.
func sound(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeSheet(&b, rich().model(t)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSheetRules(t *testing.T) {
	t.Parallel()
	const name = "et-mel-261017-a.ses"
	good := sound(t)
	if problems := CheckSheet(name, good); len(problems) > 0 {
		t.Fatal(problems)
	}
	for want, c := range map[string]struct{ name, old, new string }{
		"is not et-":                         {"et-me-261017-a.ses", "", ""},
		"has capitals":                       {"et-MEL-261017-a.ses", "", ""},
		"another day":                        {"et-mel-261018-a.ses", "", ""},
		"CHARTER is missing":                 {name, "CHARTER\n" + sheetRule, ""},
		"no rule of eight dashes":            {name, "TESTER\n" + sheetRule, "TESTER\n-------"},
		"BUGS stands here twice":             {name, "ISSUES\n" + sheetRule, "BUGS\n" + sheetRule},
		"no text before #AREAS":              {name, "Explore checkout with rising users to discover where orders slow\n", ""},
		"no area":                            {name, "Build | 2.4.1\nStrategy | Load by hand\n", ""},
		"is not mm/dd/yy":                    {name, "3:20pm", "15:20"},
		"nobody stands under TESTER":         {name, "mel\njo\n", ""},
		"is not short, normal or long":       {name, "#DURATION\nshort", "#DURATION\nbrief"},
		"no whole number after":              {name, "#DURATION\nshort", "#DURATION\nshort * 1.5"},
		"add up to 90":                       {name, "EXECUTION\n100", "EXECUTION\n90"},
		"not two numbers that add up to 100": {name, "100/0", "85-15"},
		"DATA FILES has #N/A and something":  {name, "events.jsonl", "events.jsonl\n#N/A"},
		"misspelt #BUG":                      {name, "#BUG n7", "# BUG n7"},
		"has no text":                        {name, "#ISSUE n10\n", "#ISSUE\n\n#ISSUE n10\n"},
		"carriage return":                    {name, "events.jsonl\n", "events.jsonl\r\n"},
		"a tab or a double quote":            {name, "events.jsonl", "events\t.jsonl"},
		"begins with the heading START":      {name, "Times are UTC.", "START was slow.\nTimes are UTC."},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if c.old != "" && text == good {
			t.Errorf("%s: the sheet holds no %q:\n%s", want, c.old, good)
			continue
		}
		said := ""
		for _, p := range CheckSheet(c.name, text) {
			said += p.Error() + "\n"
		}
		if !strings.Contains(said, want) {
			t.Errorf("want %q, got %q", want, said)
		}
	}
}

// Whatever a note says, the sheet can be scanned, and no line of it is lost.
func TestHostileSheets(t *testing.T) {
	t.Parallel()
	for _, text := range append(hostile, "BUG one", "bug: two", "ISSUES\n--------\nx", "START of ramp was slow", "#AREAS", "#N/A", "TEST NOTES", "\"quoted\"", "---------", "שלום") {
		var b bytes.Buffer
		if err := writeSheet(&b, hostileTape(text).model(t)); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// An area may be called like a heading; coverage.ini calls it the same.
func TestSheetOfAnAreaLikeAHeading(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	areas := []string{"Checkout"}
	for _, head := range sheetHeads {
		areas = append(areas, head+" page")
	}
	p.add("mel", session.TypeCharter, &session.CharterSet{Text: "Explore", Areas: areas})
	m := p.model(t)
	var sheet, known bytes.Buffer
	if err := errors.Join(writeSheet(&sheet, m), writeCoverage(&known, m)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nCheckout\n", "\nArea | START page\n", "\nArea | TASK BREAKDOWN page\n"} {
		if !strings.Contains(sheet.String(), want) || !strings.Contains(known.String(), want) {
			t.Errorf("no %q in\n%s\nor\n%s", want, sheet.String(), known.String())
		}
	}
}

// A sheet keeps its name when it is written again, and gets the next letter
// beside one of another session of the day.
func TestSheetLetters(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	first, second := rich().dir(t), func() string {
		p := newTape()
		p.add(session.BySession, session.TypeStart, &session.Start{ID: "another", As: "mel"})
		return p.dir(t)
	}()
	for _, dir := range []string{first, second, first} {
		if _, err := Write(dir, out, []Format{SES}); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"et-mel-261017-a.ses": "demo-20261017-152003", "et-mel-261017-b.ses": "another"} {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(b), "Crosstalk session "+want+"\n") {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, "et-*")); len(left) != 2 {
		t.Errorf("%q", left)
	}
}

func TestHundred(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]float64{{1, 1, 1}, {0, 5, 0}, {2, 1, 3}, {0.1, 0.1, 99}, {7, 11, 13}} {
		sum := 0
		for _, p := range hundred(parts...) {
			sum += p
		}
		if sum != 100 {
			t.Errorf("%v: %v", parts, hundred(parts...))
		}
	}
	for name, want := range map[string]string{"mel": "mel", "Mira Valdez": "mir", "Jo": "jox", "Ann Bea Cox": "abc", "שלום": "xxx", "": "xxx"} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for worked, want := range map[float64]string{600: "short", 4500: "short", 4600: "normal", 7000: "long", 9000: "normal * 2"} {
		if got := durationWord(worked); got != want {
			t.Errorf("%v: %q, want %q", worked, got, want)
		}
	}
}

// Sheets of one day are collected in one folder, without overwriting each other.
func TestSheetsOfADayAreCollected(t *testing.T) {
	t.Parallel()
	sheets := t.TempDir()
	of := func(id string) (dir string, written []string, err error) {
		tape := newTape()
		tape.add(session.BySession, session.TypeStart, &session.Start{ID: id, As: "mel", Charter: "Explore"})
		tape.quiet(5)
		tape.end("quit")
		dir = tape.dir(t)
		written, err = WriteOf(dir, sheets, []Format{SES}, Options{Profile: DefaultProfile()})
		return dir, written, err
	}
	first, _, err := of("s-0")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 26; i++ {
		if _, _, err := of(fmt.Sprintf("s-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	holds := func() map[string]string {
		list, err := os.ReadDir(sheets)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, f := range list {
			b, err := os.ReadFile(filepath.Join(sheets, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			out[f.Name()] = string(b)
			if !strings.HasPrefix(f.Name(), "et-mel-261017-") {
				t.Errorf("%s lies among the sheets", f.Name())
			}
		}
		return out
	}
	before := holds()
	if len(before) != 26 || !strings.Contains(before["et-mel-261017-z.ses"], "Crosstalk session s-25\n") {
		t.Fatalf("%d sheets", len(before))
	}
	if _, written, err := of("s-26"); !errors.Is(err, ErrNoLetter) || len(written) != 1 || filepath.Base(written[0]) != coverageName {
		t.Errorf("the 27th: %v, %v", written, err)
	}
	if _, err := WriteOf(first, sheets, []Format{SES}, Options{Profile: DefaultProfile()}); err != nil {
		t.Error(err)
	}
	if after := holds(); !maps.Equal(before, after) {
		t.Error("a sheet was overwritten")
	}
	if _, err := os.Stat(filepath.Join(first, coverageName)); err != nil {
		t.Error(err)
	}
}

// A session's folder that takes no file keeps no sheet from another folder: what
// the scanner has to know is told instead.
func TestASheetOfAFolderThatTakesNoFile(t *testing.T) {
	t.Parallel()
	dir, out := rich().dir(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, coverageName), 0o755); err != nil { // it stands in the way
		t.Fatal(err)
	}
	var told []string
	o := Options{Profile: DefaultProfile(), Tell: func(s string) { told = append(told, s) }}
	written, err := WriteOf(dir, out, []Format{SES}, o)
	if err != nil || len(written) != 1 || filepath.Base(written[0]) != "et-mel-261017-a.ses" {
		t.Errorf("wrote %v, %v", written, err)
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], "coverage.ini could not be laid into "+dir+" (") || !strings.HasSuffix(told[0], "; its areas:\nBuild | 2.4.1\nStrategy | Load by hand") {
		t.Errorf("told %q", told)
	}
	// In its own folder, and where nobody is told, it is an error.
	for name, write := range map[string]func() ([]string, error){
		"its own folder": func() ([]string, error) { return WriteOf(dir, dir+"/", []Format{SES}, o) },
		"nobody is told": func() ([]string, error) { return Write(dir, out, []Format{SES}) },
	} {
		if _, err := write(); err == nil || !strings.Contains(err.Error(), coverageName) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(told) != 1 {
		t.Errorf("told %q", told)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
