//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A session that was killed is taken up again: nothing is lost, load begins at
// zero, and while it runs nobody else writes it, but everybody may read it.
func TestResumeAKilledSession(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3", "--note", "1s=! lost order #checkout", "--as", "mel", "--charter", "explore the till")
	p := start(t, command(t, args...))
	p.await("the note", func(e event) bool { return e.Type == "note.add" && e.By == "mel" })
	for _, second := range [][]string{{"run", "--resume", dir, "--headless", "--for", "1s"}, {"redact", dir, "--text", "lost order", "--yes", "REDACT"}} {
		r := run(t, second...)
		r.exits(exitUsage)
		if !strings.Contains(r.err.text(), "is running") {
			t.Errorf("%v: %s", second, r.err.text())
		}
	}
	run(t, "status", dir).exits(0)
	run(t, "report", dir).exits(0)
	p.signal(syscall.SIGKILL)
	p.exits(-1)
	before, torn := readEvents(t, dir)
	const half = `{"v":1,"seq":99999,"t":"2026-10-17T15:36:19.`
	f, err := os.OpenFile(filepath.Join(dir, "events.jsonl"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(half); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	again := run(t, "run", "--resume", dir, "--headless", "--for", "3s", "--dial", "1s=2", "--note", "2s=? and now", "--as", "jo", "--events", "-")
	again.exits(0)
	for _, want := range []string{"taken up again", "no whole lines", "Load begins at zero"} {
		if !strings.Contains(again.err.text(), want) {
			t.Errorf("stderr does not say %q: %s", want, again.err.text())
		}
	}
	j := readJournal(t, dir)
	j.ended(t, "plan")
	part := j[len(before):]
	if part[0].Type != "session.recovered" || int(part[0].num("dropped")) != len(torn)+len(half) || part[1].Type != "session.start" {
		t.Fatalf("it was taken up by %s %v and %s", part[0].Type, part[0].Body, part[1].Type)
	}
	if first := parseEvent(t, []byte(again.out.after(0)[0])); first.Seq != part[0].Seq {
		t.Errorf("stdout begins with event %d, want %d", first.Seq, part[0].Seq)
	}
	if s := part[1]; s.text("charter") != "explore the till" || s.text("id") != j[0].text("id") || s.num("seed") != j[0].num("seed") || s.num("timebox") != j[0].num("timebox") {
		t.Errorf("taken up as %v", s.Body)
	}
	if moves := part.of("dial.set"); len(moves) == 0 || moves[0].num("from") != 0 || moves[0].num("to") != 2 {
		t.Errorf("moves: %v", moves)
	}
	notes := j.of("note.add").where(func(e event) bool { return e.By == "mel" || e.By == "jo" })
	if len(notes) != 2 || notes[0].text("text") != "lost order #checkout" || notes[0].text("id") == notes[1].text("id") {
		t.Errorf("notes: %v", notes)
	}
	if aside := string(readFile(t, dir, "events.jsonl.torn")); !strings.HasSuffix(aside, half) {
		t.Errorf("set aside: %q", aside)
	}
}

func TestAgainRefuses(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "events.jsonl"), []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"holds no session":     {"run", "--resume", empty},
		"exclude each other":   {"run", "--resume", empty, "--like", empty},
		"leave --out away":     {"run", "--resume", empty, "--out", empty},
		"no line that can be":  {"run", "--like", broken},
		"holds no session:":    {"demo", "--like", empty},
		"takes the word":       {"redact", empty, "--text", "hunter2", "--yes", "yes"},
		"that folder holds no": {"redact", empty, "--text", "hunter2", "--yes", "REDACT"},
		"--since":              {"sessions", "--since", "yesterday"},
		"--kind":               {"sessions", "--kind", "tea"},
		"holds the sessions'":  {"sessions", filepath.Join(empty, "gone")},
	} {
		if args[0] == "run" || args[0] == "demo" {
			args = append(args, "--headless", "--for", "1s")
		}
		p := run(t, args...)
		p.exits(exitUsage)
		if !strings.Contains(p.err.text(), want) {
			t.Errorf("%v: %s", args, p.err.text())
		}
	}
}

// A session like an earlier one, then searched, compared, and redacted: one
// chain, as a tester walks it.
func TestLikeSearchCompareRedact(t *testing.T) {
	t.Parallel()
	const token = "hush-7d1f4c2a9b"
	staging, production := newSite(t, nil), newSite(t, nil)
	config := filepath.Join(t.TempDir(), "crosstalk.yaml")
	text := fmt.Sprintf(`staging:
  url: %s
  limits: {users: 5, rps: 40}
  headers: {Authorization: "Bearer ${TOKEN}"}
  journeys: [{name: look, think: 20ms..40ms, steps: [GET /products]}]
production:
  checks: [{name: web-1, http: "%s/health", every: 100ms}]
`, staging.URL, production.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	one, two := filepath.Join(home, "one"), filepath.Join(home, "two")
	with := func(args ...string) *process {
		cmd := command(t, args...)
		cmd.Env = append(cmd.Env, "TOKEN="+token)
		p := start(t, cmd)
		p.wait()
		return p
	}
	with("run", "-c", config, "--headless", "--baseline", "1s", "--for", "6s", "--dial", "1s=2,3s=4", "--note", `3s=! double "order" #Till`,
		"--note", "4s=? why twice", "--as", "mel", "--out", one).exits(0)

	without := run(t, "run", "--like", one, "--headless", "--out", two)
	without.exits(exitUsage)
	if e := without.err.text(); !strings.Contains(e, "export TOKEN=...") || !strings.Contains(e, "staging.headers.Authorization") {
		t.Errorf("without the variable: %s", e)
	}
	staging.mu.Lock()
	staging.seen = nil
	staging.mu.Unlock()
	like := with("run", "--like", one, "--headless", "--out", two)
	like.exits(0)
	a, b := readJournal(t, one), readJournal(t, two)
	b.ended(t, "plan")
	if a[0].num("seed") != b[0].num("seed") || a[0].num("baseline") != b[0].num("baseline") {
		t.Errorf("seed and baseline: %v, %v", a[0].Body, b[0].Body)
	}
	items, _ := b[0].object("like").Body["items"].([]any)
	if b[0].object("like").text("id") != "one" || len(items) != 2 || (event{Body: items[0].(map[string]any)}).text("text") != `double "order" #Till` {
		t.Errorf("like: %v", b[0].Body["like"])
	}
	var moves [2][]float64
	for i, j := range []journal{a, b} {
		for _, e := range j.of("dial.set") {
			moves[i] = append(moves[i], e.num("to"))
		}
	}
	if fmt.Sprint(moves[0]) != fmt.Sprint(moves[1]) || len(moves[0]) != 2 {
		t.Errorf("moves: %v", moves)
	}
	for _, r := range staging.requests() {
		if strings.HasPrefix(r.Header.Get("User-Agent"), "crosstalk/") && r.Header.Get("Authorization") != "Bearer "+token {
			t.Fatalf("load went out with %q", r.Header.Get("Authorization"))
		}
	}

	if err := os.MkdirAll(filepath.Join(home, "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "broken", "events.jsonl"), []byte("{nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	search := run(t, "sessions", home, "--grep", "DOUBLE", "--kind", "bug", "--tag", "till", "--since", "30d", "--json")
	search.exits(0)
	var got struct {
		Sessions int
		Hits     []struct {
			Session, Note, By, Text string
			Users                   *int
			Elapsed                 float64
		}
		Problems []struct{ Dir, Why string }
	}
	if err := json.Unmarshal([]byte(search.out.text()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Hits) != 1 || got.Hits[0].Session != "one" || got.Hits[0].By != "mel" || got.Hits[0].Users == nil || *got.Hits[0].Users < 1 || got.Hits[0].Elapsed < 2 {
		t.Errorf("found %+v", got)
	}
	if len(got.Problems) != 1 || !strings.HasSuffix(got.Problems[0].Dir, "broken") || !strings.Contains(search.err.text(), "broken") {
		t.Errorf("problems %+v, %s", got.Problems, search.err.text())
	}
	table := run(t, "sessions", home, "--grep", "twice")
	table.exits(0)
	if out := table.out.text(); !strings.Contains(out, "why twice") || strings.Contains(out, "double") {
		t.Errorf("table: %s", out)
	}

	compared := run(t, "compare", one, two)
	compared.exits(0)
	if first, _, _ := strings.Cut(compared.out.text(), "\n"); !strings.HasPrefix(first, "comparable: ") {
		t.Errorf("compare: %s", compared.out.text())
	}
	if !json.Valid([]byte(run(t, "compare", one, two, "--json").out.text())) {
		t.Error("compare --json is no JSON")
	}

	run(t, "report", one, "--format", "md,json,csv").exits(0)
	const secret = `double "order"`
	cmd := command(t, "redact", one)
	cmd.Stdin = strings.NewReader(secret + "\nredact\n")
	no := start(t, cmd)
	no.exits(exitUsage)
	if len(readJournal(t, one)) != len(a) {
		t.Error("it was redacted without the word")
	}
	cmd = command(t, "redact", one, "--as", "jo")
	cmd.Stdin = strings.NewReader(secret + "\nREDACT\n")
	yes := start(t, cmd)
	yes.exits(0)
	named := run(t, "redact", one, "--text", secret, "--yes", "REDACT")
	named.exits(0)
	if !strings.Contains(named.err.text(), "history") || !strings.Contains(named.out.text(), "stands nowhere") {
		t.Errorf("a second time: %s %s", named.out.text(), named.err.text())
	}
	for what, p := range map[string]*process{"refused": no, "done": yes, "again": named} {
		if strings.Contains(p.out.text()+p.err.text(), "double") {
			t.Errorf("%s tells the text: %s %s", what, p.out.text(), p.err.text())
		}
	}
	after := readJournal(t, one)
	mark := after[len(after)-1]
	if len(after) != len(a)+1 || mark.Type != "redacted" || mark.By != "jo" || mark.num("count") < 4 {
		t.Errorf("the mark: %+v", mark)
	}
	err := filepath.WalkDir(one, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "double") {
			t.Errorf("it stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if md := string(readFile(t, one, "report.md")); !strings.Contains(md, "redacted") || !strings.Contains(md, "crosstalk run -c crosstalk.yaml --headless") {
		t.Errorf("report.md: %s", tail(md))
	}
}
