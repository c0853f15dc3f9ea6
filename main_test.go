package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What can't be meant is said in plain lines on stderr, exits with 2 and leaves nothing behind.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	empty, earlier := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(earlier, "events.jsonl"), []byte("kept as it is\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := func(text string) string {
		path := filepath.Join(t.TempDir(), "crosstalk.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sound := config("staging: {url: \"http://127.0.0.1:1\", checks: [{http: \"http://127.0.0.1:1/\"}]}\n")
	tests := []struct {
		name string
		args []string
		say  []string // patterns of the lines on stderr, in order and no others
	}{
		{"unknown flag", []string{"run", "--targte", "x"}, []string{"unknown flag: --targte: did you mean --target\\?"}},
		{"unknown command", []string{"rnu"}, []string{`unknown command "rnu": did you mean run\?`}},
		{"argument too many", []string{"demo", "now"}, []string{`crosstalk demo takes no "now": .*crosstalk demo --help`}},
		{"argument missing", []string{"report"}, []string{"crosstalk report takes DIR, and nothing was given: .*crosstalk sessions"}},
		{"dial", []string{"demo", "--headless", "--dial", "10=5"}, []string{`--dial: "10=5" is not TIME=USERS`}},
		{"note", []string{"demo", "--headless", "--note", "4s=!"}, []string{`--note: "4s=!" is not TIME=TEXT`}},
		{"glide", []string{"demo", "--headless", "--glide", "fast"}, []string{`--glide "fast"`}},
		{"for is no time", []string{"demo", "--headless", "--for", "soon"}, []string{`"soon".*--for.*write 30s`}},
		{"for is in the past", []string{"demo", "--headless", "--for", "-3s"}, []string{"--for -3s"}},
		{"flags all at once", []string{"demo", "--headless", "--dial", "x", "--note", "y", "--glide", "z", "--for", "-1s", "--as", "engine", "--events", "file"},
			[]string{`--glide "z"`, `--dial: "x"`, `--note: "y"`, "--for -1s", `--events "file"`, "--as: .*engine"}},
		{"name of the program", []string{"demo", "--headless", "--as", "guard"}, []string{"--as: nobody may be called guard"}},
		{"no terminal", []string{"demo"}, []string{"no terminal here: add --headless"}},
		{"events need headless", []string{"demo", "--events", "-"}, []string{"--events needs --headless", "no terminal"}},
		{"nothing to run on", []string{"run", "--headless"}, []string{"nothing to run on: give --target URL"}},
		{"target missing", []string{"run", "--headless", "--watch", "http://127.0.0.1:1/"}, []string{"--target is missing.*write --target"}},
		{"bad addresses", []string{"run", "--headless", "--target", "127.0.0.1:1", "--watch", "ftp://x/"}, []string{`--target "127.0.0.1:1"`, `--watch "ftp://x/"`}},
		{"watch is the target", []string{"run", "--headless", "--target", "http://127.0.0.1:1/", "--watch", "http://127.0.0.1:1/health"}, []string{`--watch.*127\.0\.0\.1:1`}},
		{"checks too seldom", []string{"run", "--headless", "--target", "http://127.0.0.1:1/", "--watch", "http://127.0.0.1:2/", "--watch-every", "10m"}, []string{`--watch-every 10m0s.* 5s at most`}},
		{"a blank reason", []string{"run", "--headless", "--target", "http://127.0.0.1:1/", "--no-guard", " \t"}, []string{`--no-guard needs a reason`}},
		{"no reason", []string{"run", "--headless", "--target", "http://127.0.0.1:1/", "--no-guard", ""}, []string{`--no-guard needs a reason`}},
		{"watch is the target by another address", []string{"run", "--headless", "--target", "http://127.0.0.2:19082/", "--watch", "http://127.0.0.1:19082/health"}, []string{`127\.0\.0\.2:19082.*production`, `step 1.*production`}},
		{"file and target", []string{"run", "--headless", "-c", sound, "--target", "http://127.0.0.1:1/"}, []string{"-c and --target"}},
		{"file is not there", []string{"run", "--headless", "-c", filepath.Join(empty, "no.yaml")}, []string{`no\.yaml.*(no such file|cannot find)`}},
		{"file with several problems", []string{"run", "--headless", "-c", config(`timebox: soon
staging:
  url: 127.0.0.1:8080
  limits: {users: many}
  chekcs: []
production:
  checks:
    - {name: web-1, http: "http://127.0.0.1:9081/health", every: 1ms}
    - {name: db, postgers: "x"}
`)}, []string{`crosstalk\.yaml:1:\d+: .*timebox`, `crosstalk\.yaml:3:\d+: .*url`, `crosstalk\.yaml:4:\d+: .*users`, `crosstalk\.yaml:5:\d+: .*"chekcs".*"checks"`,
			`crosstalk\.yaml:8:\d+: .*every`, `crosstalk\.yaml:9:\d+: .*"postgers".*"postgres"`}},
		{"variable missing", []string{"run", "--headless", "-c", config("staging:\n  url: http://127.0.0.1:1\n  headers: {Authorization: \"Bearer ${CROSSTALK_TEST_NOWHERE}\"}\n")},
			[]string{`crosstalk\.yaml:3:\d+: .*CROSSTALK_TEST_NOWHERE is not set.*export CROSSTALK_TEST_NOWHERE=`}},
		{"folder holds a session", []string{"run", "--headless", "-c", sound, "--out", earlier}, []string{"holds a session already: choose another folder"}},
		{"noise of the demo", []string{"demo", "--headless", "--noise", "loud"}, []string{`noise.*"?loud"?`}},
		{"noise of the lab", []string{"lab", "--noise", "loud"}, []string{`noise.*"?loud"?`}},
		{"report without a session", []string{"report", empty}, []string{"holds no session"}},
		{"status without a session", []string{"status", empty}, []string{"holds no session"}},
		{"status of nothing", []string{"status"}, []string{"there is no session yet"}},
		{"unknown format", []string{"report", earlier, "--format", "md,pdf"}, []string{`--format: .*pdf`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, test.args...)
			p := start(t, cmd)
			p.exits(2)
			if out := p.out.text(); out != "" {
				t.Errorf("stdout: %q", out)
			}
			lines := strings.Split(strings.TrimSpace(p.err.text()), "\n")
			if len(lines) != len(test.say) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(test.say), p.err.text())
			}
			for i, line := range lines {
				if !regexp.MustCompile(test.say[i]).MatchString(line) {
					t.Errorf("line %d does not say %q: %s", i+1, test.say[i], line)
				}
			}
			if !strings.HasPrefix(lines[0], "crosstalk: ") {
				t.Errorf("the first line does not say who speaks: %s", lines[0])
			}
			for _, dir := range []string{cmd.Dir, dataHome(cmd.Env), empty} {
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("left behind in %s: %v, %v", dir, left, err)
				}
			}
			if b, err := os.ReadFile(filepath.Join(earlier, "events.jsonl")); err != nil || string(b) != "kept as it is\n" {
				t.Errorf("the earlier session is now %q, %v", b, err)
			}
		})
	}
}

func dataHome(env []string) string {
	for _, e := range env {
		if dir, ok := strings.CutPrefix(e, "XDG_DATA_HOME="); ok {
			return dir
		}
	}
	return ""
}

// Without --out a session gets a folder of its own in the one home of sessions, and the other
// commands find it there.
func TestSessionsHaveOneHome(t *testing.T) {
	t.Parallel()
	args, _ := onSites(t, "--for", "2s", "--dial", "0s=2", "--charter", "explore the shop", "--out", "")
	cmd := command(t, args...)
	start(t, cmd).exits(0)
	home := filepath.Join(dataHome(cmd.Env), "crosstalk", "sessions")
	made, err := os.ReadDir(home)
	if err != nil || len(made) != 1 {
		t.Fatalf("in the home of sessions: %v, %v", made, err)
	}
	dir := filepath.Join(home, made[0].Name())
	readJournal(t, dir).ended(t, "plan")

	again := func(args ...string) string {
		t.Helper()
		c := command(t, args...)
		c.Env = cmd.Env
		p := start(t, c)
		p.exits(0)
		return p.out.text()
	}
	if list := again("sessions"); !strings.Contains(list, dir) || !strings.Contains(list, "ended") || !strings.Contains(list, "explore the shop") {
		t.Errorf("sessions: %s", list)
	}
	var list []struct {
		Dir, State string
	}
	if err := json.Unmarshal([]byte(again("sessions", "--json")), &list); err != nil || len(list) != 1 || list[0].Dir != dir || list[0].State != "ended" {
		t.Errorf("sessions --json: %v, %v", list, err)
	}
	if line := again("status", "--line"); strings.Count(line, "\n") != 1 {
		t.Errorf("status --line: %q", line)
	}
	if card := again("status"); !strings.Contains(card, "explore the shop") {
		t.Errorf("status: %s", card)
	}

	if empty := run(t, "sessions").out.text(); !strings.Contains(empty, "crosstalk demo") {
		t.Errorf("sessions in an empty home: %s", empty)
	}
}

// The lab alone prints where everything is, serves it, and goes when it is told to.
func TestLabAlone(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	cmd := command(t, "lab", "--linked", "--noise", "busy")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	p := start(t, cmd)
	type server struct {
		Name, URL, Health string
		Deep              string `json:"deep_health"`
	}
	type environment struct {
		URL, DSN string
		Servers  []server
	}
	var lab struct {
		Linked              bool
		Noise               string
		Staging, Production environment
	}
	p.until("the lab's JSON", func() bool { return json.Unmarshal([]byte(p.out.text()), &lab) == nil })
	if !lab.Linked || lab.Noise != "busy" || len(lab.Staging.Servers) != 2 || len(lab.Production.Servers) != 4 {
		t.Errorf("the lab: %+v", lab)
	}
	if lab.Staging.DSN == "" || lab.Staging.DSN != lab.Production.DSN {
		t.Errorf("linked, with the databases %q and %q", lab.Staging.DSN, lab.Production.DSN)
	}
	urls := []string{lab.Staging.URL + "/products", lab.Production.URL + "/products"}
	for _, s := range append(lab.Staging.Servers, lab.Production.Servers...) {
		urls = append(urls, s.URL+"/products", s.Health, s.Deep)
	}
	for _, url := range urls {
		if err := answers(url); err != nil {
			t.Error(err)
		}
	}
	p.signal(os.Interrupt)
	p.exits(0)
	if err := answers(urls[0]); err == nil {
		t.Error("the lab still answers")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the lab left %v, %v", left, err)
	}
}

func answers(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}
