package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"crosstalk/notes"
	"crosstalk/session"
)

// longest are notes of 64 KB, as long as one may be.
var longest = map[string]string{
	"markup":    strings.Repeat("x|<", 64<<10/3),
	"lines":     strings.Repeat("\n#", 64<<10/2),
	"fences":    strings.Repeat("```\n", 64<<10/4),
	"script":    strings.Repeat("<script>", 64<<10/8),
	"formula":   strings.Repeat("=cmd|' /C calc'!A0\n", 64<<10/19),
	"backwards": strings.Repeat("\u202ea\u0000", 64<<10/5),
	"one word":  strings.Repeat("ä", 64<<10/2),
}

// A note of 64 KB is harmless, and no longer than it may be, in every format.
func TestALongestNoteInEveryFormat(t *testing.T) {
	t.Parallel()
	for name, text := range longest {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tape := newTape()
			tape.start()
			tape.quiet(5)
			tape.dial("mel", 5)
			tape.seconds(5)
			for _, k := range []notes.Kind{notes.Bug, notes.Question, notes.Obstacle, notes.Plain} {
				tape.write("mel", k, text)
			}
			tape.end("quit")
			dir, out := tape.dir(t), t.TempDir()
			written, err := Write(dir, out, Formats())
			if err != nil || len(written) != names() {
				t.Fatalf("wrote %v, %v", written, err)
			}
			for _, path := range written {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				page := string(b)
				switch base := filepath.Base(path); {
				case strings.HasSuffix(base, ".md"):
					checkPage(t, page)
				case base == "report.html":
					checkHTML(t, page)
				case base == "report.wiki.txt":
					checkWiki(t, page)
				case base == "session.json":
					if !json.Valid(b) {
						t.Error("session.json is not JSON")
					}
				case strings.HasSuffix(base, ".ses"):
					for _, err := range CheckSheet(base, page) {
						t.Error(err)
					}
				case strings.HasSuffix(base, ".csv"):
					rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
					if err != nil {
						t.Error(err)
					}
					for _, r := range rows {
						for _, cell := range r {
							if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
								t.Errorf("%s: %.40q begins like a formula", base, cell)
							}
						}
					}
				}
				if len(b) > 2_000_000 {
					t.Errorf("%s has %d bytes", filepath.Base(path), len(b))
				}
			}
			m, err := Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			checkChat(t, m)
		})
	}
}

// Whatever a note says, the issue made of it is text in either markup, has a title
// of one line, and opens in a tracker.
func TestHostileTextsInAnIssue(t *testing.T) {
	t.Parallel()
	texts := append([]string{}, hostile...)
	for _, text := range longest {
		texts = append(texts, text)
	}
	for i, text := range texts {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			all := text
			if len(all) > 10_000 {
				all = all[:3_000] // stands in the journal some fifty times
			}
			tape := hostileTape(all)
			tape.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n99", Kind: notes.Bug, Text: text, Typed: tape.now()})
			dir := tape.dir(t)
			for _, id := range []string{"n1", "n99"} {
				for _, c := range []struct {
					markup string
					to     session.TrackerConfig
				}{{"md", session.TrackerConfig{GitHub: "https://github.com/owner/name"}}, {"wiki", session.TrackerConfig{Jira: "https://name.atlassian.net", Project: "1", Type: "2"}}} {
					issue, err := IssueOf(dir, id, c.markup, c.to, DefaultProfile())
					if err != nil {
						t.Fatal(err)
					}
					if c.markup == "wiki" {
						checkWiki(t, issue.Body)
						if n := strings.Count("\n"+issue.Body, "\n{quote}\n"); n%2 != 0 {
							t.Errorf("%d ends of quotes", n)
						}
					} else {
						checkPage(t, issue.Body)
					}
					if strings.ContainsFunc(issue.Title, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }) || len([]rune(issue.Title)) > 260 {
						t.Errorf("title %q", issue.Title)
					}
					if u, err := url.Parse(issue.Link); err != nil || u.Scheme != "https" || len(issue.Link) > maxAddress {
						t.Errorf("a link of %d bytes, %v", len(issue.Link), err)
					}
					most := maxIssue
					if c.markup == "wiki" {
						most = maxWiki
					}
					if n := units(issue.Body); n > most+70 {
						t.Errorf("a body of %d characters", n)
					}
				}
			}
		})
	}
}
