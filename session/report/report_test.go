package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

func TestParseFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want []Format
		err  string
	}{
		{"md,json", []Format{Markdown, JSON}, ""},
		{" JSON , json", []Format{JSON}, ""},
		{"", Formats(), ""},
		{"HTML", []Format{HTML}, ""},
		{"ses,chat", []Format{SES, Chat}, ""},
		{"md,pdf", nil, `no format is called "pdf": there are md, html, json, csv, timeline, ses, wiki, chat, share`},
		{"md,", nil, `no format is called "": there are md, html, json, csv, timeline, ses, wiki, chat, share`},
	} {
		got, err := ParseFormats(c.in)
		if !slices.Equal(got, c.want) || c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("ParseFormats(%q) = %v, %v; want %v, %q", c.in, got, err, c.want, c.err)
		}
	}
}

func TestWriteTwiceGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	dir := rich().dir(t)
	journal, err := os.ReadFile(filepath.Join(dir, session.JournalName))
	if err != nil {
		t.Fatal(err)
	}
	read := func() map[string]string {
		out := map[string]string{}
		written, err := Write(dir, "", Formats())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range written {
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			out[p] = string(b)
		}
		return out
	}
	one, two := read(), read()
	for name := range one {
		if one[name] != two[name] {
			t.Errorf("%s differs", name)
		}
	}
	after, err := os.ReadFile(filepath.Join(dir, session.JournalName))
	if err != nil || !bytes.Equal(after, journal) {
		t.Errorf("the journal was touched: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != names()+1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// names is how many files all formats have.
func names() int {
	seen := map[string]bool{}
	for _, f := range files {
		seen[f.name] = true
	}
	return len(seen)
}

func TestEachFormatFailsAlone(t *testing.T) {
	t.Parallel()
	dir, out := crashed().dir(t), filepath.Join(t.TempDir(), "deep", "folder")
	if err := os.MkdirAll(filepath.Join(out, "report.md", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	written, err := Write(dir, out, []Format{Markdown, SES, JSON, CSV})
	if err == nil || !strings.Contains(err.Error(), "report.md") {
		t.Errorf("err = %v, want one that names report.md", err)
	}
	want := []string{"session.json", "notes.csv", "levels.csv", "et-mel-261017-a.ses", "coverage.ini", "report-users.png", "report-latency.png", "report-errors.png"}
	for i := range want {
		want[i] = filepath.Join(out, want[i])
	}
	if !slices.Equal(written, want) {
		t.Errorf("wrote %v, want %v", written, want)
	}
	left, err := filepath.Glob(filepath.Join(out, ".*.part"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

func TestWriteWithoutJournal(t *testing.T) {
	t.Parallel()
	written, err := Write(t.TempDir(), "", Formats())
	if len(written) != 0 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Write = %v, %v", written, err)
	}
}

// The report agrees with the journal to the last request.
func TestTotalsAgreeWithTheJournal(t *testing.T) {
	t.Parallel()
	for name, tape := range map[string]*tape{"rich": rich(), "crashed": crashed(), "resumed": resumed(), "going": going()} {
		t.Run(name, func(t *testing.T) {
			m := tape.model(t)
			if m.Totals.Requests != tape.requests || m.Totals.PeakUsers != tape.peak || m.Totals.Notes != tape.note {
				t.Errorf("requests %d, peak %d, notes %d; the journal has %d, %d, %d", m.Totals.Requests, m.Totals.PeakUsers, m.Totals.Notes, tape.requests, tape.peak, tape.note)
			}
			var levels, steps, errs uint64
			for _, l := range m.Levels {
				levels += l.Requests
				errs += l.Errors
			}
			for _, s := range m.Steps {
				steps += s.Requests
			}
			if levels != tape.requests || steps != tape.requests || errs != m.Totals.Errors {
				t.Errorf("levels add up to %d and steps to %d of %d requests, errors to %d of %d", levels, steps, tape.requests, errs, m.Totals.Errors)
			}
			st := tape.state(t)
			if m.Session.GuardState != st.Guard.State || m.Totals.LastSeq != st.Seq {
				t.Errorf("state %s at %d, want %s at %d", m.Session.GuardState, m.Totals.LastSeq, st.Guard.State, st.Seq)
			}
		})
	}
}

func TestJSONKeepsEveryWord(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	texts := append(slices.Clone(hostile), "plain", "two\nlines", strings.Repeat("long ", 13000))
	for _, text := range texts {
		tape.write("mel", notes.Bug, text)
	}
	var buf bytes.Buffer
	if err := writeJSON(&buf, tape.model(t)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema int
		Notes  []struct{ Text string }
	}
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != Schema || len(got.Notes) != len(texts) {
		t.Fatalf("schema %d, %d notes", got.Schema, len(got.Notes))
	}
	for i, n := range got.Notes {
		if n.Text != string([]rune(texts[i])) { // a byte that is no UTF-8 is U+FFFD
			t.Errorf("note %d is %.80q, want %.80q", i, n.Text, texts[i])
		}
	}
}

func TestProduction(t *testing.T) {
	t.Parallel()
	begin := func() *tape {
		t := newTape()
		t.start()
		t.quiet(5)
		return t
	}
	loaded := func() *tape {
		t := begin()
		t.dial("mel", 10)
		t.seconds(20)
		return t
	}
	stopped := func(t *tape) *tape {
		t.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", Running: 10})
		t.dial("mel", 0)
		t.ms += 1100
		return t
	}
	cases := map[string]struct {
		make func() *tape
		want string
		why  string
	}{
		"no event":    {newTape, NotKnown, "no event"},
		"no load":     {begin, Untouched, "No load"},
		"green":       {loaded, Untouched, "green for"},
		"never seen":  {func() *tape { t := newTape(); t.start(); t.seconds(0); return t }, NotKnown, "never answered"},
		"not watched": {func() *tape { t := newTape(); t.add("session", session.TypeStart, &session.Start{}); return t }, NotKnown, "nobody looked"},
		"amber under load": {func() *tape {
			t := loaded()
			t.health("production", "", "green", "amber", "slow")
			t.seconds(2)
			return t
		}, Touched, "amber for 2 s"},
		"amber for a moment between ticks": {func() *tape {
			t := loaded()
			t.ms += 100
			t.health("production", "", "green", "amber", "slow")
			t.ms += 200
			t.health("production", "", "amber", "green", "well")
			t.ms += 700
			t.tick()
			return t
		}, Touched, "first moved"},
		"amber before any user": {func() *tape {
			t := begin()
			t.health("production", "", "green", "amber", "a deploy")
			t.dial("mel", 10)
			t.seconds(10)
			return t
		}, NotKnown, "before the first user"},
		"red before any user, then amber under load": {func() *tape {
			t := begin()
			t.health("production", "", "green", "red", "a deploy")
			t.dial("mel", 10)
			t.seconds(10)
			t.health("production", "", "red", "amber", "a deploy")
			t.seconds(10)
			return t
		}, NotKnown, "before the first user"},
		"amber before any user, then red under load": {func() *tape {
			t := begin()
			t.health("production", "", "green", "amber", "a deploy")
			t.dial("mel", 10)
			t.seconds(10)
			t.health("production", "", "amber", "red", "worse")
			t.seconds(1)
			return t
		}, Touched, "went red: worse"},
		"amber after the load": {func() *tape {
			t := loaded()
			t.dial("mel", 0)
			t.seconds(10)
			t.health("production", "", "green", "amber", "slow")
			t.seconds(10)
			return t
		}, Untouched, "With no user running, and none in the 5 s before, they were amber or red for 10 s"},
		"amber a moment after a stop": {func() *tape {
			t := stopped(loaded())
			t.health("production", "", "green", "amber", "slow")
			t.seconds(40)
			return t
		}, Touched, "1.1 s after the last of 10 users"},
		"users come back while it is amber from the stop": {func() *tape {
			t := stopped(loaded())
			t.health("production", "", "green", "amber", "slow")
			t.seconds(10)
			t.dial("mel", 10)
			t.seconds(10)
			return t
		}, Touched, "1.1 s after the last of 10 users"},
		"users come back while it is amber by itself": {func() *tape {
			t := stopped(loaded())
			t.seconds(20)
			t.health("production", "", "green", "amber", "a deploy")
			t.seconds(5)
			t.dial("mel", 10)
			t.seconds(10)
			return t
		}, NotKnown, "amber or red while no user ran"},
		"red by itself, and the guard cuts nothing": {func() *tape {
			t := stopped(loaded())
			t.seconds(1200)
			t.health("production", "", "green", "red", "a deploy")
			t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Cause: session.CauseRed})
			t.seconds(10)
			return t
		}, Untouched, "amber or red for 10 s"},
		"cut a moment after a stop": {func() *tape {
			t := stopped(loaded())
			t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Cause: session.CauseRed})
			t.seconds(10)
			return t
		}, Touched, "cut the load once"},
		"only the brake was rehearsed": {func() *tape {
			t := newTape()
			t.start()
			t.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Running: 1, Ceiling: -1})
			t.quiet(5)
			t.ms += 300
			t.health("production", "", "green", "amber", "a deploy")
			t.seconds(10)
			return t
		}, Untouched, "amber or red for 10 s"},
		"out of sight": {func() *tape {
			t := loaded()
			t.health("production", "", "green", "no sight", "no answer")
			t.seconds(3)
			t.health("production", "", "no sight", "green", "answers")
			t.seconds(20)
			return t
		}, NotKnown, "not seen for too long"},
		"nothing told under load": {func() *tape {
			t := loaded()
			t.ms += 6000
			t.seconds(10)
			return t
		}, NotKnown, "not seen for too long"},
		"cut for red": {func() *tape {
			t := loaded()
			t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Cause: session.CauseRed, Running: 10})
			return t
		}, Touched, "cut the load once"},
		"cut for no sight": {func() *tape {
			t := loaded()
			t.health("production", "", "green", "no sight", "no answer")
			t.seconds(5)
			t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "ease", To: "cut", Cause: session.CauseNoSight, Running: 10})
			return t
		}, NotKnown, "cut the load once because production was out of sight"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := c.make().model(t)
			if m.Answer.Production != c.want || !strings.Contains(strings.Join(m.Answer.Why, " "), c.why) {
				t.Errorf("production %s %q, want %s with %q", m.Answer.Production, m.Answer.Why, c.want, c.why)
			}
			if all, err := json.Marshal(m); err != nil || strings.Contains(string(all), "safe") {
				t.Errorf("the word that is never said, or %v", err)
			}
		})
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.dial("mel", 10)
	tape.seconds(5)
	// Moved in the middle of a second: the second belongs to neither's latencies.
	tape.ms += 600
	tape.dial("mel", 20)
	tape.ms += 400
	tape.tick()
	tape.seconds(4)
	for _, to := range []int{21, 22, 23} { // passed through
		tape.ms += 100
		tape.dial("mel", to)
	}
	tape.ms += 700
	tape.tick()
	tape.seconds(3)
	m := tape.model(t)
	type row struct {
		asked, reached, measured int
		requests                 uint64
	}
	want := []row{{0, 0, 0, 0}, {10, 10, 5, 5*40 + 80}, {20, 20, 4, 4 * 80}, {21, 0, 0, 0}, {22, 0, 0, 0}, {23, 23, 3, 4 * 92}}
	for i, l := range m.Levels {
		got := row{l.Asked, l.Reached, l.Load.Measured, l.Requests}
		if i >= len(want) || got != want[i] {
			t.Errorf("level %d is %+v, want %+v", i, got, want[min(i, len(want)-1)])
		}
	}
	if len(m.Levels) != len(want) {
		t.Errorf("%d levels, want %d", len(m.Levels), len(want))
	}
	if l := m.Levels[1]; l.Load.Basis != basisHeld || l.Load.P50 == nil || l.Production.P95 == nil {
		t.Errorf("level of 10: %+v", l)
	}
	if l := m.Levels[3]; l.Load.P50 != nil || l.Production.P50 != nil || l.ProductionState != green {
		t.Errorf("a level passed through knows too much: %+v", l)
	}
}

func TestUnknownEventsAreHarmless(t *testing.T) {
	t.Parallel()
	tape := rich()
	tape.raw(`{"v":1,"seq":` + strconv.FormatUint(tape.seq+1, 10) + `,"t":"2026-10-17T15:28:00Z","ms":480000,"by":"x|y","type":"<b>odd|type</b>","body":{"deep":["|","<script>"]}}` + "\n")
	tape.raw(`{"v":9,"seq":` + strconv.FormatUint(tape.seq+2, 10) + `,"t":"2026-10-17T15:28:00Z","ms":480000,"by":"mel","type":"note.add","body":"of another version"}` + "\n")
	m := tape.model(t)
	last := m.Timeline[len(m.Timeline)-1]
	if last.Known || m.Totals.LastSeq != tape.seq+2 {
		t.Errorf("last row %+v, seq %d", last, m.Totals.LastSeq)
	}
	var buf bytes.Buffer
	if err := writeMarkdown(&buf, m); err != nil {
		t.Fatal(err)
	}
	checkPage(t, buf.String())
}

func TestCSVIsRFC4180(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	for _, text := range hostile {
		tape.write("=cmd|' /C calc'!A0", notes.Bug, text)
	}
	var buf bytes.Buffer
	if err := writeNotes(&buf, tape.model(t)); err != nil {
		t.Fatal(err)
	}
	if strings.Count(buf.String(), "\n") != strings.Count(buf.String(), "\r\n") {
		t.Error("a line ends without CRLF")
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				t.Errorf("a cell begins like a formula: %q", cell)
			}
			if strings.ContainsAny(cell, "\x00\x07\x1b\u202e\u200f") {
				t.Errorf("a cell holds a control character: %.60q", cell)
			}
		}
	}
}
