package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// pageOf draws the page of a session in a folder.
func pageOf(t *testing.T, dir string) string {
	t.Helper()
	out := t.TempDir()
	written, err := Write(dir, out, []Format{HTML})
	if err != nil || len(written) != 1 {
		t.Fatalf("wrote %v, %v", written, err)
	}
	b, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	checkHTML(t, string(b))
	return string(b)
}

// The answer comes first and the long lists last; whatever there is to walk by
// has its name.
func TestPageCanBeWalked(t *testing.T) {
	t.Parallel()
	page := pageOf(t, rich().dir(t))
	last := 0
	for _, name := range []string{"In short", "Charter", "Numbers", "Levels", "Over the session", "Findings", "What we left behind", "Open questions", "Timeline", "How sure are we", "Appendix"} {
		at := strings.Index(page, ">"+name+"</h2>")
		if at < last {
			t.Errorf("%q stands at %d, not after %d", name, at, last)
		}
		last = at
	}
	for what, want := range map[string]int{"<h1>": 1, "<main ": 1, "<title>Crosstalk": 1, `<html lang="en">`: 1, `href="#main"`: 1, `<script`: 0, `style="`: 0} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%d of %s, want %d", got, what, want)
		}
	}
	tables := strings.Count(page, "<table")
	if n := strings.Count(page, "<caption"); n != tables || tables < 10 {
		t.Errorf("%d captions of %d tables", n, tables)
	}
	for _, th := range regexp.MustCompile(`<th [^>]*>|<th>`).FindAllString(page, -1) {
		if !strings.Contains(th, "scope=") {
			t.Fatalf("%s has no scope", th)
		}
	}
	charts := regexp.MustCompile(`<svg class="(wide|narrow)" id="([^"]+)"[^>]*role="img" aria-labelledby="([^ "]+) ([^ "]+)"[^>]*><title id="([^"]+)">[^<]+</title><desc id="([^"]+)">[^<]+</desc>`).FindAllStringSubmatch(page, -1)
	if len(charts) != 10 {
		t.Fatalf("%d drawings, want five charts for two widths", len(charts))
	}
	for _, c := range charts {
		if c[3] != c[5] || c[4] != c[6] {
			t.Errorf("%s is called by %s and %s", c[2], c[3], c[4])
		}
	}
}

func TestPageSays(t *testing.T) {
	t.Parallel()
	plain := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(pageOf(t, rich().dir(t)), " "))
	plain = strings.Join(strings.Fields(plain), " ")
	for _, want := range []string{
		"Checkout shares its pool with production: 80 users on staging slow both.",
		"Production: touched", "It first moved at 00:02:39",
		"Sent to staging: 7386 POST", "POST /cart/{id}/checkout buy POST 7366 20",
		"duplicate order when POST /checkout times out: two rows, one payment",
		"crosstalk demo --linked=true --headless",
		"Staging p95 240 ms 240 ms 480 ms",
		"orders may be <b>doubled</b> when checkout times out",
		"no more than 40 users until the pool is split",
		"not a capacity figure", "the basket keeps its rows | even at 40 users",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, not := range []string{"Draft", "export"} {
		if strings.Contains(plain, not) {
			t.Errorf("the page says %q", not)
		}
	}
	if draft := pageOf(t, crashed().dir(t)); !strings.Contains(draft, "Draft: the sentence is missing.") {
		t.Error("a page without the sentence is not called a draft")
	}
}

// Only one second of twenty minutes is slow: the charts show it, and the fast
// one as well, though two seconds share a column.
func TestSpikesSurvive(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.dial("mel", 100)
	tape.seconds(600)
	tape.slow = 40
	tape.seconds(1)
	tape.slow = 0.1
	tape.seconds(1)
	tape.slow = 1
	tape.seconds(600)
	tape.end("plan")
	m := tape.model(t)
	if m.Series.Low == nil || m.Series.Step != 2 {
		t.Fatalf("columns of %v s, lows %v", m.Series.Step, m.Series.Low != nil)
	}
	for _, wide := range []bool{true, false} {
		c := &canvas{geometry: geometryOf(m, wide)}
		points := c.points(values{m.Series.StagingP95, m.Series.Low.StagingP95}, m.Series.Step)
		var high, low float64
		for _, p := range points {
			if p.there {
				high = max(high, p.high)
				if low == 0 || p.low < low {
					low = p.low
				}
			}
		}
		if high < 3 || low > 0.01 {
			t.Errorf("wide %t: from %v to %v s, want the slow and the fast second", wide, low, high)
		}
		if n := len(points); n > int(c.plot())+1 {
			t.Errorf("%d points on %v pixels", n, c.plot())
		}
	}
	if worst := m.Series.Low.ErrorsWorst; !slices.ContainsFunc(worst, func(p *float64) bool { return p != nil && *p > 0.05 }) {
		t.Error("the errors of one second are lost in its column")
	}
	// The small picture shows the spike as well, not the share of its column.
	flat := *m
	low := *m.Series.Low
	flat.Series.Low = &low
	low.ErrorsWorst = m.Series.StagingErrors
	var spike, column bytes.Buffer
	for m, w := range map[*Model]*bytes.Buffer{m: &spike, &flat: &column} {
		if err := small(errorsPanel)(w, m); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(spike.Bytes(), column.Bytes()) {
		t.Error("report-errors.png flattens the spike")
	}
}

// Where a column holds more than a second, the numbers around a finding are those
// of its worst second, as their caption says.
func TestNumbersAroundAFindingAreWorstSeconds(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.dial("mel", 100)
	tape.seconds(960)
	for i := range 80 {
		if i == 40 {
			tape.write("mel", notes.Bug, "every other second fails")
		}
		tape.slow = 40
		tape.seconds(1)
		tape.slow = 0.1
		tape.seconds(1)
	}
	m := tape.model(t)
	g := m.beforeAfter(m.Notes[0])
	if plain := g.Caption[0].Words; !strings.Contains(plain, "columns of 2 s, each its worst second") {
		t.Errorf("the caption is %q", plain)
	}
	for _, r := range g.Rows {
		if r.Cells[0][0].Words == "Staging errors" && (r.Cells[1][0].Words != "10 %" || r.Cells[3][0].Words != "10 %") {
			t.Errorf("errors before %s, after %s, want 10 %%", r.Cells[1][0].Words, r.Cells[3][0].Words)
		}
	}
}

// A gap is hatched, and no line goes over it.
func TestGapsStayGaps(t *testing.T) {
	t.Parallel()
	m := rich().model(t)
	for i, f := range m.charts() {
		drawn := pictureOf(m, f, true)
		if want := []string{"00:04:32 to 00:04:38", "00:04:31 to 00:04:39: a gap: nothing was told"}[i/4]; !strings.Contains(drawn, `<rect class="gap"`) || !strings.Contains(drawn, want) {
			t.Errorf("%s does not hatch the gap", f.id)
		}
	}
	if c := crashedLate(t); !strings.Contains(pictureOf(c, c.charts()[0], true), "00:00:06 to 00:01:06") {
		t.Error("the time after the last tick is not hatched")
	}
	c := &canvas{geometry: geometryOf(m, true)}
	points := c.points(values{high: m.Series.ProductionP95}, 1)
	parts := 0
	runs(points, func(run []point) {
		parts++
		for _, p := range run {
			if x := c.x(275); p.x > x-1 && p.x < x+1 {
				t.Errorf("a line stands in the gap, at %v", p.x)
			}
		}
	})
	if parts != 2 {
		t.Errorf("production's line has %d parts, want 2", parts)
	}
}

func TestLinkChecksOnThePage(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 7})
	tape.seconds(10)
	tape.add(session.BySession, session.TypeLinkStart, &session.LinkStart{Mode: session.ModeCheck, Users: 7, Words: "up to 24 pairs"})
	tape.seconds(30)
	tape.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: "no_link_seen", Users: 7, Reach: 7, Words: "not by more than 9 %"})
	tape.add("mel", session.TypeActivity, &session.Activity{What: session.ActBug, Opportunity: true})
	tape.seconds(20)
	tape.add("mel", session.TypePause, &session.Reason{Why: "tea"})
	tape.seconds(10)
	tape.end("quit")
	m := tape.model(t)
	if len(m.Links) != 1 || m.Links[0].From != 6 || m.Links[0].To != 46 || *m.Links[0].Pairs != 16 || m.Links[0].By != "mel" || m.Links[0].Reach != 7 {
		t.Errorf("links are %+v", m.Links)
	}
	if len(m.Activities) != 1 || m.Activities[0].To != 76 || len(m.Pauses) != 1 || m.Pauses[0] != (Stretch{66, 76}) {
		t.Errorf("activities %+v, pauses %+v", m.Activities, m.Pauses)
	}
	if slices.ContainsFunc(m.Answer.Unknown, func(s string) bool { return strings.Contains(s, "no link check") }) {
		t.Error("the answer says that no link check was made")
	}
	page := pageOf(t, tape.dir(t))
	for _, want := range []string{"link check: no link seen", "link check: the pairs begin: up to 24 pairs", "on a bug, beside the charter", "paused"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// The method is the configuration's, whatever the step is called.
func TestWhatWeLeftBehind(t *testing.T) {
	t.Parallel()
	config, err := json.Marshal(session.Config{Staging: session.Staging{Journeys: []session.Journey{{Name: "buy",
		Once:  []session.Step{{Name: "log in", Method: "POST"}},
		Steps: []session.Step{{Name: "POST a look", Method: "GET"}, {Name: "empty", Method: "DELETE"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	tape := newTape()
	tape.add(session.BySession, session.TypeStart, &session.Start{ID: "s", Config: config})
	tape.ms = 1000
	tape.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 1, Running: 1, Requests: 10, Errors: 1, ByStep: []session.StepTick{
		{Journey: "buy", Step: "log in", Requests: 1}, {Journey: "buy", Step: "POST a look", Requests: 5}, {Journey: "buy", Step: "empty", Requests: 4, Errors: 1}}})
	m := tape.model(t)
	want := []Wrote{{"buy", "log in", "POST", 1, 0}, {"buy", "empty", "DELETE", 4, 1}}
	if !slices.Equal(m.Wrote, want) {
		t.Errorf("left behind %v, want %v", m.Wrote, want)
	}
}

const frozen = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20" viewBox="0 0 80 20" role="img">
<title>panes</title><rect x=".5" y=".5" width="79" height="19" rx="9" fill="#fff"/><g xml:space="preserve"><text x="1" y="12">STAGING &amp; PRODUCTION</text></g></svg>
`

// attached is a session with one note and files that belong to it.
func attached(t *testing.T, files map[string]string) string {
	t.Helper()
	tape := newTape()
	tape.start()
	tape.quiet(2)
	id := tape.write("mel", notes.Bug, "it blinks")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, session.AttachmentsName), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(keysOf(files)) {
		content := files[name]
		from, media := notes.FromPanes, map[string]string{".svg": "image/svg+xml", ".txt": "text/plain", ".png": "image/png"}[filepath.Ext(name)]
		if media == "image/png" {
			from = notes.FromFile
		}
		if err := os.WriteFile(filepath.Join(dir, session.AttachmentsName, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		tape.add("mel", session.TypeAttach, &session.AttachAdd{Note: id, Name: name, File: name, Size: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(content))), Media: media, From: from})
	}
	tape.end("quit")
	if err := os.WriteFile(filepath.Join(dir, session.JournalName), tape.buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func keysOf(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Frozen panes appear as they looked; what is not ours, or not what it was, is
// only linked.
func TestFrozenPanes(t *testing.T) {
	t.Parallel()
	dir := attached(t, map[string]string{
		"n1-panes.svg": frozen, "n1-panes.txt": "STAGING  web-1 <12ms>", "n1-basket.png": "\x89PNG\r\n\x1a\n rest", "n1-no.png": "<svg onload=alert(1)>",
		"n1-script.svg": strings.Replace(frozen, "<title>", "<script>alert(1)</script><title>", 1),
		"n1-link.svg":   strings.Replace(frozen, "<rect ", `<rect onclick="alert(1)" `, 1),
		"n1-later.svg":  strings.Replace(frozen, "panes", "before", 1),
	})
	if err := os.WriteFile(filepath.Join(dir, session.AttachmentsName, "n1-later.svg"), []byte(strings.Replace(frozen, "panes", "after!", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	page := pageOf(t, dir)
	if n := strings.Count(page, "<img "); n != 2 {
		t.Errorf("%d pictures, want the panes and the basket", n)
	}
	if n := strings.Count(page, `src="data:image/svg`); n != 1 {
		t.Errorf("%d panes", n)
	}
	for _, want := range []string{"STAGING  web-1 &lt;12ms&gt;", `href="attachments/n1-script.svg"`, `href="attachments/n1-later.svg"`, "Both panes as they looked, frozen at 15:20:06Z"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

func FuzzCleanSVG(f *testing.F) {
	f.Add([]byte(frozen))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	f.Add([]byte(`<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>`))
	bad := regexp.MustCompile(`(?i)<[^>]*(script|foreignobject|image|style|href|\son[a-z]+=|url\()`)
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := cleanSVG(in)
		if err != nil {
			return
		}
		if m := bad.Find(out); m != nil {
			t.Errorf("%q keeps %q", in, m)
		}
		if !bytes.HasPrefix(out, []byte("<")) || !bytes.HasSuffix(out, []byte(">")) {
			t.Errorf("%q becomes %q", in, out)
		}
		again, err := cleanSVG(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("%q becomes %q, %v", out, again, err)
		}
	})
}

// However much was written, the page stays one that opens.
func TestPageStaysSmall(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.dial("mel", 10)
	for i := range 1100 {
		tape.seconds(1)
		tape.write("jo", []notes.Kind{notes.Plain, notes.Bug, notes.Idea}[i%40%3], strings.Repeat("what was seen | <b> ", 5))
		tape.health("production", "web-1", "green", "amber", "slow")
	}
	tape.write("jo", notes.Bug, strings.Repeat("x<", 32<<10))
	tape.end("quit")
	page := pageOf(t, tape.dir(t))
	if len(page) > 2_000_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	if strings.Contains(page, noRoom) {
		t.Error("a page with room leaves something out")
	}
}

// Sixty bugs, each with exchanges and a log: the page shows what it has room for
// and links the rest.
func TestPageStaysSmallWithLogsAndExchanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ log, text string }{
		"logs":    {"12:00:01 GET /cart 503 after 2.1 s\n", "slow again"},
		"hostile": {"<'+'>\n", strings.Repeat("<+'>", 16<<10)},
	} {
		tape := newTape()
		tape.start()
		tape.quiet(5)
		tape.dial("mel", 10)
		files := map[string]string{}
		for i := range 60 {
			tape.seconds(3)
			for _, kind := range []string{"timeout", "status 503"} {
				tape.add(session.ByEngine, session.TypeExemplar, &session.ExemplarAdd{Level: 1, Asked: 10, Journey: "buy", Step: "POST /cart", Kind: kind, Pick: "first", Sent: tape.ms - 1000,
					Seconds: 2, Status: 503, Method: "POST", URL: "http://127.0.0.1:8080/cart", Start: strings.Repeat(c.log, 4000/len(c.log))})
			}
			id := tape.write("jo", notes.Bug, fmt.Sprintf("%d %s", i, c.text))
			text := fmt.Sprintf("log of %d\n", i) + strings.Repeat(c.log, (maxShown-20)/len(c.log))
			name := id + "-pod.log"
			files[name] = text
			tape.add("jo", session.TypeAttach, &session.AttachAdd{Note: id, Name: "pod.log", File: name, Size: int64(len(text)),
				SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Media: "text/plain", From: notes.FromFile})
		}
		tape.end("quit")
		dir := tape.dir(t)
		if err := os.Mkdir(filepath.Join(dir, session.AttachmentsName), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, session.AttachmentsName, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		page := pageOf(t, dir)
		if n := len(page); n > 2_000_000 || n < 1_500_000 {
			t.Errorf("%s: the page has %d bytes", name, n)
		}
		if shown, out := strings.Count(page, "Text: pod.log"), strings.Count(page, noRoom+" it is linked below."); shown != 60 || out == 0 || out == 60 && name == "logs" {
			t.Errorf("%s: %d logs, %d of them left out", name, shown, out)
		}
		if n := strings.Count(page, `pod.log"><bdi>pod.log</bdi></a>`); n < 60 {
			t.Errorf("%s: %d logs are linked", name, n)
		}
	}
}

func TestScales(t *testing.T) {
	t.Parallel()
	for _, most := range []float64{0, 0.01, 0.03, 1, 4.9, 5, 5.1, 80, 99, 100, 101, 1234, 1e300} {
		s := linear(most, 0, 100)
		if n := len(s.ticks); n < 2 || n > 9 || s.high < most*0.999 || s.y(most) < 0 || s.y(0) != 100 {
			t.Errorf("linear to %v: %v, the top at %v", most, s.ticks, s.y(most))
		}
	}
	for _, c := range [][2]float64{{0, 0}, {0.001, 0.001}, {0.012, 0.538}, {0.0001, 60}, {1e-300, 1e300}} {
		s := logarithmic(c[0], c[1], 0, 100)
		if n := len(s.ticks); n < 2 || n > 30 || s.y(c[1]) < 0 || s.y(c[0]) > 100 || s.y(0) != 100 {
			t.Errorf("logarithmic from %v to %v: %v", c[0], c[1], s.ticks)
		}
	}
}

// crashedLate is a session of which nothing is told but a note in its last minute.
func crashedLate(t *testing.T) *Model {
	t.Helper()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.ms += 60_000
	tape.write("mel", notes.Plain, "still here")
	return tape.model(t)
}
