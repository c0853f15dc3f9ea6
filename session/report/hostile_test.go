package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"crosstalk/notes"
	"crosstalk/session"
)

// hostile are texts that want to be more than text.
var hostile = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &#x3c;b&#x3e;", "a | b | c", `back\slash \| and \\|`,
	"`code` ``` fence", "```\nfence\n```", "# heading", "  # heading", "- item\n- item", "1. one\n2) two", "> quote", "===", "---", "***", "___", "text\n---\ntext\n===",
	"[link](javascript:alert(1))", "![image](http://example.test/p.png)", "[ref]: http://example.test", "[^1]", "<!-- comment -->", "<a href=\"x\">", "**bold** _under_ ~~gone~~",
	"$x^2$ and $$y$$", "{code}x{code}", "@everyone and mel@example.test", "#12 !34", ":smile:", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tTAB", "\r\nfirst", "＝1",
	"\x1b[31mred\x1b[0m \x07 \x00 \x7f", "right \u202eto left\u202c \u200f", "\u2028line\u2029par\u0085nel", "\ufeff\u200bzero\u00ad", "\U000e0041tag", "\xff\xfe", "שלום עולם", "👩‍💻 ok", "    indented", "|", "| --- |", "\n\n\n", "a\n\n    b",
	strings.Repeat("x|<", 11_000), strings.Repeat("\n#", 20_000),
}

// A Markdown table's row, its cells split at pipes that no backslash makes plain.
var cells = regexp.MustCompile(`(?:[^|\\]|\\.)*`)

// checkPage tells what in a page could be taken for more than text: raw HTML, a
// row of a table with too many cells, a character that no reader should get.
func checkPage(t *testing.T, page string) {
	t.Helper()
	for _, c := range pictured {
		page = strings.Replace(page, "!["+c.name+"]("+c.file+")", "", 1)
	}
	page = attachmentLink.ReplaceAllString(page, "$1") // the only links there are
	columns, fence := 0, ""
	for n, line := range strings.Split(page, "\n") {
		if bare := strings.TrimLeft(line, " "); fence == "" && strings.HasPrefix(bare, "```") {
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
			continue
		}
		if fence != "" {
			if strings.TrimSpace(line) == fence {
				fence = ""
			}
			continue
		}
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '\\':
				i++
			case '<', '[', ']', '$', '{', '}':
				t.Fatalf("line %d: %q is not escaped: %.120q", n+1, line[i], line)
			}
		}
		for _, r := range line {
			if r == unicode.ReplacementChar {
				continue
			}
			if r != 0x200C && r != 0x200D && r != 0x2060 && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("line %d holds %U: %.120q", n+1, r, line)
			}
		}
		if !strings.HasPrefix(line, "| ") {
			columns = 0
			continue
		}
		got := 0
		rest := line
		for rest != "" {
			rest = strings.TrimPrefix(rest[len(cells.FindString(rest)):], "|")
			got++
		}
		if columns != 0 && got != columns {
			t.Fatalf("line %d has %d cells, want %d: %.200q", n+1, got, columns, line)
		}
		columns = got
	}
	if fence != "" {
		t.Fatal("a fence is open")
	}
}

// Every text that comes from outside, in every place it can stand.
func hostileTape(text string) *tape {
	t := newTape()
	t.add(session.BySession, session.TypeStart, &session.Start{ID: text, Version: text, As: text, People: []string{text, "b"}, Charter: text, Target: text, Demo: text, NoGuard: text,
		Checks:   []session.CheckInfo{{Env: text, Name: text, Kind: text, Every: 1}, {Env: "production", Name: text, Every: 1}},
		Journeys: []session.JourneyInfo{{Name: text, Steps: []string{text}}}})
	t.add(text, session.TypeCharter, &session.CharterSet{Text: text + text})
	t.add(session.ByMonitors, session.TypeBaselineEnd, &session.BaselineEnd{Note: text, Thresholds: []session.Threshold{{Env: text, Check: text, Note: text}}})
	t.add(text, session.TypeBuild, &session.Build{Env: text, Build: text, Was: text})
	t.dial(text, 5)
	t.seconds(3)
	t.ms += 1000
	t.add(text, session.TypeLoadTick, &session.LoadTick{Asked: 5, Running: 5, Requests: 9, Errors: 9, Kinds: map[string]uint64{text: 9}, ByStep: []session.StepTick{{Journey: text, Step: text, Requests: 9}}})
	t.add(text, session.TypeHealthTick, &session.HealthTick{Env: "production", State: text, Why: text})
	t.health("production", text, text, text, text)
	t.health("production", "", text, "amber", text)
	t.health(text, "", text, text, text)
	t.add(text, session.TypeGuardState, &session.GuardChange{From: text, To: text, Why: text, Cause: text, Samples: []session.Sample{{Env: text, Check: text, Reason: text}}})
	t.add(text, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Why: text, Cause: text})
	t.add(text, session.TypeStop, &session.LoadStop{Reason: text, By: text, InFlight: 3})
	t.add(text, session.TypeDialHold, &session.DialHold{Why: text})
	t.add(text, session.TypeSelfLimit, &session.SelfLimit{Why: text})
	c := &notes.Context{Guard: text, Staging: notes.Seen{State: text, Build: text, Detail: text}, Production: notes.Seen{State: text, Detail: text}}
	for i, k := range append(notes.Kinds(), notes.KindInfo{Kind: notes.Kind(text)}) {
		t.add(text, session.TypeNoteAdd, &session.NoteAdd{ID: "n" + strconv.Itoa(i), Kind: k.Kind, Text: text, Tags: []string{text}, Typed: t.now(), Context: c})
	}
	t.add(text, session.TypeNoteAdd, &session.NoteAdd{ID: text, Kind: notes.Bug, Text: text, Typed: t.now(), Context: c})
	t.ms += 31_000
	t.add(text, session.TypeNoteEdit, &session.NoteEdit{ID: text, Kind: notes.Bug, Text: text + "2", Why: text})
	t.add(text, session.TypeNoteRetract, &session.NoteMark{ID: "n0", Why: text})
	t.add(text, session.TypeNoteResolve, &session.NoteMark{ID: "n2", Why: text})
	t.add(text, session.TypeViewerJoin, &session.ViewerJoin{Name: text + "b", Role: session.Role(text), From: text})
	for _, kind := range []string{"", text} {
		t.add(session.ByEngine, session.TypeExemplar, &session.ExemplarAdd{Level: 1, Asked: 5, Journey: text, Step: text, Kind: kind, Pick: text, Sent: t.ms - 31_000, Seconds: 0.5, Trace: text, Method: text, URL: text,
			Headers: map[string]string{text: text}, Body: text, Reached: text, Answer: map[string]string{text: text}, Start: text, Error: text, MoreSent: true, More: true})
	}
	t.add(text, session.TypeRefused, &session.Refused{Cmd: text, Why: text, Count: 1})
	t.add(text, session.TypeExport, &session.Export{Files: []string{text}})
	t.add(text, "x."+text, map[string]string{text: text})
	t.add(text, session.TypeDebrief, &session.Debrief{Question: text, Text: text})
	t.add(text, session.TypeDebrief, &session.Debrief{Question: "learned", Text: text})
	t.add(text, session.TypeEnd, &session.End{Reason: text})
	return t
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for i, text := range hostile {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			if len(text) > 10_000 {
				text = text[:3_000] // stands in the journal some fifty times
			}
			m := hostileTape(text).model(t)
			var page, course, sheet, table, levels, whole bytes.Buffer
			err := errors.Join(writeMarkdown(&page, m), writeTimeline(&course, m), writeHTML(&sheet, m), writeNotes(&table, m), writeLevels(&levels, m), writeJSON(&whole, m))
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, page.String())
			checkPage(t, course.String())
			checkHTML(t, sheet.String())
			checkWiki(t, wiki(page.String()))
			checkChat(t, m)
			if !json.Valid(whole.Bytes()) {
				t.Error("session.json is not JSON")
			}
			if i%8 == 0 { // letters are letters: a few show that none of them stops a picture
				if err := writeShare(&whole, m); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Markup of Jira and Confluence that is this package's own.
var wikiOwn = regexp.MustCompile(`\{noformat\}|\{quote\}|\{\{[^{}]*\}\}|\\.|\[(?:[^\[\]\\|]|\\.)*\|attachments/[A-Za-z0-9._-]+\]|!report-[a-z]+\.png!`)

func checkWiki(t *testing.T, page string) {
	t.Helper()
	plain := false
	for n, line := range strings.Split(page, "\n") {
		if line == "{noformat}" {
			plain = !plain
			continue
		}
		if plain {
			if strings.Contains(line, "{noformat}") {
				t.Fatalf("line %d ends the text as it is: %q", n+1, line)
			}
			continue
		}
		if left := wikiOwn.ReplaceAllString(line, ""); strings.ContainsAny(left, "{}[]!~^") {
			t.Fatalf("line %d: %q is not made plain: %.160q", n+1, left, line)
		}
	}
	if plain {
		t.Fatal("a text as it is has no end")
	}
}

func checkChat(t *testing.T, m *Model) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(m.ChatCut(), "\n"), "\n")
	if len(lines) > chatLines {
		t.Fatalf("%d lines for a chat", len(lines))
	}
	for _, l := range lines {
		if strings.TrimSpace(l) == "" || strings.ContainsFunc(l, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }) || len([]rune(l)) > chatWidth+1 {
			t.Fatalf("a chat would get %q", l)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, text := range hostile[:len(hostile)-2] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		p := &page{}
		p.table([]string{"a", "b"}, [][]string{{inline(text), "x"}})
		p.line("- %s\n\n%s", lead(inline(text)), quoted(text))
		checkPage(t, p.b.String())
		if got := literal(text); got != "" && strings.ContainsRune("=+-@\t\r\n", rune(got[0])) {
			t.Errorf("%q begins like a formula", got)
		}
	})
}

// Whatever a journal's sound lines say, every format can be drawn of it.
func FuzzJournal(f *testing.F) {
	small := newTape()
	small.start()
	small.dial("mel", 5)
	small.seconds(2)
	small.write("mel", notes.Bug, "a|<b>")
	f.Add(small.buf.Bytes())
	f.Add([]byte(`{"v":1,"seq":1,"t":"0001-01-01T00:00:00Z","ms":-9223372036854775808,"by":"","type":"load.tick","body":{"asked":-5,"running":-1,"requests":18446744073709551615,"p95":1e308}}` + "\n" +
		`{"v":1,"seq":2,"t":"9999-12-31T23:59:59Z","ms":9223372036854775807,"by":"","type":"load.tick","body":{"requests":1,"rps":1e308,"p50":1e308,"p95":1e308}}` + "\n" +
		`{"v":1,"seq":3,"t":"9999-12-31T23:59:59Z","ms":0,"by":"","type":"note.add","body":{"id":"","happened":"0001-01-01T00:00:00Z"}}` + "\n"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		m := Build(func(yield func(session.Event) bool) {
			for l := range bytes.Lines(journal) {
				var e session.Event
				if json.Unmarshal(l, &e) != nil || !yield(e) {
					return
				}
			}
		}, Tail{Torn: 1, Why: "<b>"})
		var page, course, sheet, whole, table bytes.Buffer
		if err := errors.Join(writeMarkdown(&page, m), writeTimeline(&course, m), writeHTML(&sheet, m), writeNotes(&table, m), writeLevels(&table, m), writeJSON(&whole, m)); err != nil {
			t.Fatal(err)
		}
		checkPage(t, page.String())
		checkPage(t, course.String())
		checkHTML(t, sheet.String())
		checkWiki(t, wiki(page.String()))
		checkChat(t, m)
		if err := writeSheet(&table, m); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(whole.Bytes()) {
			t.Error("session.json is not JSON")
		}
	})
}
