package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"crosstalk/notes"
	"crosstalk/session"
)

// secretive is a session on real hosts, with people who talk about them.
func secretive() *tape {
	p := newTape()
	config := json.RawMessage(`{"staging":{"url":"https://stage-7.shop.test","hosts":["login.shop.test"]},"production":{"checks":[{"name":"db","kind":"postgres","address":"postgres://watch:***@pg-1.prod.test:5432/shop"}]},"tracker":{"github":"https://github.com/owner/name","labels":["load"]}}`)
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "zoltan", People: []string{"zoltan", "wulf"}, Charter: "Explore https://stage-7.shop.test/cart", Target: "https://stage-7.shop.test", Config: config,
		Baseline: 20, Limits: session.LoadLimits{Users: 200, Glide: 10},
		Checks: []session.CheckInfo{{Env: "production", Name: "web-9.prod.test:443", Kind: "http", Address: "https://web-9.prod.test/health", Every: 0.25}, {Env: "production", Name: "db", Kind: "postgres", Address: "postgres://watch:***@pg-1.prod.test:5432/shop", Every: 1}}})
	p.quiet(20)
	p.dial("zoltan", 5)
	p.seconds(10)
	p.health("production", "web-9.prod.test:443", "green", "amber", "web-9.prod.test:443 late")
	p.write("zoltan", notes.Bug, "wulf saw WEB-9.prod.test and pg-1 answer 10.1.2.3:80 late #checkout, zoltan too")
	p.write("wulf", notes.Bug, "stage-7 slow (#cart)")
	p.add("brunhild", session.TypeStop, &session.LoadStop{Reason: "operator", By: "brunhild", Running: 5})
	p.end("quit")
	return p
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	dir := secretive().dir(t)
	for words, c := range map[string]struct{ gone, there []string }{
		"":      {[]string{"web-9", "pg-1", "prod.test"}, []string{"zoltan", "stage-7.shop.test", "#checkout", "production-host-1"}},
		"none":  {nil, []string{"web-9.prod.test", "pg-1", "zoltan", "#checkout"}},
		"names": {[]string{"zoltan", "brunhild", "wulf", "web-9"}, []string{"driver", "navigator", "somebody", "stage-7.shop.test"}},
		"hosts": {[]string{"web-9", "pg-1", "stage-7", "shop.test", "10.1.2.3"}, []string{"zoltan", "#checkout", "staging-host-1"}},
		"tags":  {[]string{"#checkout", "#cart", "web-9"}, []string{"zoltan"}},
		"all":   {[]string{"zoltan", "brunhild", "web-9", "pg-1", "stage-7", "shop.test", "10.1.2.3", "#checkout"}, []string{"driver"}},
	} {
		var list []string
		if words != "" {
			list = []string{words}
		}
		p, err := ParseProfile(list)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		written, err := WriteOf(dir, out, Formats(), Options{Profile: p})
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, path := range written {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(path) == ".png" {
				continue
			}
			text := strings.ReplaceAll(strings.ReplaceAll(string(b), "\\", ""), noBreak, "")
			all += text
			for _, g := range c.gone {
				if at := strings.Index(strings.ToLower(text), g); at >= 0 {
					t.Errorf("%q: %s holds %q: …%s…", words, filepath.Base(path), g, text[max(0, at-60):min(len(text), at+60)])
				}
			}
		}
		for _, h := range c.there {
			if !strings.Contains(all, h) {
				t.Errorf("%q: %q is nowhere", words, h)
			}
		}
		i, err := IssueOf(dir, "n1", "", session.TrackerConfig{}, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range c.gone {
			if strings.Contains(strings.ToLower(i.Title+i.Body+i.Link), g) {
				t.Errorf("%q: the issue holds %q", words, g)
			}
		}
	}
	if _, err := ParseProfile([]string{"faces"}); err == nil || !strings.Contains(err.Error(), "names, hosts, tags, all or none") {
		t.Error(err)
	}
	if _, err := ParseProfile([]string{"none,names"}); err == nil {
		t.Error("none with names")
	}
}

func TestIssues(t *testing.T) {
	t.Parallel()
	dir := rich().dir(t)
	i, err := IssueOf(dir, "6", "", session.TrackerConfig{GitHub: "https://github.com/owner/name", Labels: []string{"load", "bug"}}, DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	if !i.Whole || !strings.HasPrefix(i.Link, "https://github.com/owner/name/issues/new?body=") || !strings.Contains(i.Link, "labels=load%2Cbug") || !strings.Contains(i.Link, "duplicate+order") {
		t.Errorf("%+v", i)
	}
	golden(t, filepath.Join("rich", "issue-n6.md"), []byte(i.Body))
	jira := session.TrackerConfig{Jira: "https://shop.atlassian.net", Project: "10001", Type: "10004"}
	j, err := IssueOf(dir, "n6", "", jira, DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	if !j.Wiki || !strings.Contains(j.Link, "pid=10001") || !strings.Contains(j.Link, "issuetype=10004") || !strings.Contains(j.Body, "||") {
		t.Errorf("%+v", j)
	}
	for id, want := range map[string]string{"n999": "has no note n999: its bugs are n6 and n7", "n3": "n3 was taken back by mel: wrong environment"} {
		if _, err := IssueOf(dir, id, "", jira, DefaultProfile()); !errors.Is(err, ErrNoNote) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	long := newTape()
	long.start()
	long.write("mel", notes.Bug, strings.Repeat("long\nlines of it ", 6000))
	l, err := IssueOf(long.dir(t), "n1", "", session.TrackerConfig{GitHub: "https://github.com/owner/name"}, DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	if l.Whole || len(l.Link) > maxAddress || len(l.Body) > maxIssue+100 || len(l.Body) < 10_000 {
		t.Errorf("whole %v, link of %d, body of %d", l.Whole, len(l.Link), len(l.Body))
	}
}

// units are the characters of a text as trackers count them.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// Jira takes less than GitHub, and counts characters, not bytes.
func TestIssuesForJiraFit(t *testing.T) {
	t.Parallel()
	const jira = 32_767
	p := newTape()
	p.start()
	p.write("mel", notes.Bug, strings.Repeat(`\\\\ C`+"\n", 6000))
	if body := wiki(p.model(t).issue(p.model(t).Notes[0])); units(body) <= jira {
		t.Fatalf("a body of %d characters needs no bound", units(body))
	}
	i, err := IssueOf(p.dir(t), "n1", "", session.TrackerConfig{Jira: "https://shop.atlassian.net", Project: "10001", Type: "10004"}, DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	checkWiki(t, i.Body)
	if size := units(i.Body); !i.Wiki || size > jira || size < maxWiki-200 || !strings.HasSuffix(i.Body, "\n{quote}\n\n(the rest is in the session's report)\n") {
		t.Errorf("a body of %d characters that ends in %q", size, i.Body[max(0, len(i.Body)-100):])
	}
	for _, line := range []string{"orders are doubled\n", "заказы удваиваются\n", "🔥🔥🔥🔥🔥🔥🔥🔥\n"} {
		got := bound(strings.Repeat(line, 4000), maxWiki, true)
		if size := units(got); size > maxWiki+60 || size < maxWiki-60 || !strings.HasPrefix(got, strings.Repeat(line, maxWiki/units(line)-1)) {
			t.Errorf("%q: %d characters", line, size)
		}
	}
}

// A key is kept with its note and stands in every format that tells of it.
func TestFiledNotes(t *testing.T) {
	t.Parallel()
	p := rich()
	p.seq-- // before the last line
	dir := p.dir(t)
	if _, err := session.AddLate(dir, p.now(), []session.Late{{By: "jo", Type: session.TypeNoteLink, Body: &session.NoteLink{ID: "n6", Key: "SHOP-4711", URL: "https://t.test/SHOP-4711"}}}); err != nil {
		t.Fatal(err)
	}
	m, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var page, sheet, ses, whole bytes.Buffer
	if err := errors.Join(writeMarkdown(&page, m), writeHTML(&sheet, m), writeSheet(&ses, m), writeJSON(&whole, m)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{"md": {page.String(), "Filed as SHOP-4711: https://t.test/SHOP-4711"}, "html": {sheet.String(), `href="https://t.test/SHOP-4711"`},
		"ses": {ses.String(), "#BUG SHOP-4711"}, "json": {whole.String(), `"key":"SHOP-4711"`}, "chat": {m.ChatCut(), "SHOP-4711 at 80 users"}} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("%s holds no %q", name, c.want)
		}
	}
}

// A command on a host that stands in another's place would run on a host that
// nobody meant: it is left out, and how to see it is said.
func TestNoCommandNamesAnInventedHost(t *testing.T) {
	t.Parallel()
	made, err := session.DefaultConfig("https://stage-7.shop.test/cart", []string{"https://web-9.prod.test/health"})
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(made.Masked())
	if err != nil {
		t.Fatal(err)
	}
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Charter: "Explore", Target: "https://stage-7.shop.test/cart", Config: config, Baseline: 20, Limits: session.LoadLimits{Users: 200, Glide: 10},
		Checks: []session.CheckInfo{{Env: "production", Name: "web-9", Kind: "http", Address: "https://web-9.prod.test/health", Every: 0.25}}})
	p.quiet(20)
	p.dial("mel", 5)
	p.seconds(10)
	p.write("mel", notes.Bug, "orders are doubled")
	dir := p.dir(t)
	for list, c := range map[string]struct{ line, said string }{
		"":      {"", "it names production's host: crosstalk bug n1 --redact none shows it"},
		"hosts": {"", "it names what is left out here: crosstalk bug n1 --redact none shows it"},
		"none":  {"--watch https://web-9.prod.test/health", ""},
	} {
		profile, err := ParseProfile(strings.Fields(list))
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		written, err := WriteOf(dir, out, []Format{HTML, Markdown, JSON, SES}, Options{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		i, err := IssueOf(dir, "n1", "", session.TrackerConfig{}, profile)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"the issue": i.Body}
		for _, path := range written {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if ext := filepath.Ext(path); ext != ".png" && ext != ".ini" {
				texts[filepath.Base(path)] = html.UnescapeString(string(b))
			}
		}
		if len(texts) < 5 {
			t.Fatalf("%d texts", len(texts))
		}
		for name, text := range texts {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "\\", ""), noBreak, "")
			if strings.Contains(text, "--watch https://production-host") || !strings.Contains(text, c.line) || !strings.Contains(text, c.said) {
				t.Errorf("%q: %s does not say %q and %q", list, name, c.line, c.said)
			}
		}
	}
}
