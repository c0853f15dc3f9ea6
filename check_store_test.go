package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
)

// redisLike answers as a Redis does that lets everybody, or nobody, in.
func redisLike(t *testing.T, open bool) string {
	t.Helper()
	return redisThat(t, open, true)
}

// redisThat is redisLike; it tells what it has done, or its users have no +info.
func redisThat(t *testing.T, open, tells bool) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var commands atomic.Int64
	serve := func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReader(c)
		for {
			var n int
			if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
				return
			}
			var words []string
			for range n {
				var size int
				var word string
				if _, err := fmt.Fscanf(in, "$%d\r\n%s\r\n", &size, &word); err != nil {
					return
				}
				words = append(words, strings.ToUpper(word))
			}
			done := commands.Add(1)
			info := fmt.Sprintf("total_commands_processed:%d\r\n", done)
			switch {
			case !open:
				fmt.Fprint(c, "-NOAUTH Authentication required.\r\n")
			case words[0] == "DBSIZE":
				fmt.Fprint(c, ":7\r\n")
			case words[0] == "INFO" && !tells:
				fmt.Fprint(c, "-NOPERM this user has no permissions to run the 'info' command\r\n")
			case words[0] == "INFO":
				fmt.Fprintf(c, "$%d\r\n%s\r\n", len(info), info)
			default:
				fmt.Fprint(c, "-ERR unknown command\r\n")
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// A DSN of production that was given for the comparison also counts what production
// does, once a second and during a check twice; one that does not let us in, or is watched already, does not.
func TestProductionsDatabaseCounts(t *testing.T) {
	t.Parallel()
	open, closed := redisLike(t, true), redisLike(t, false)
	var said bytes.Buffer
	watched := []monitors.Check{{Env: monitors.Production, Name: "database", Kind: "http"}}
	dsns := []string{"redis+cluster://" + open + "/0?client=x", "redis://" + open + "/1", "redis://:hunter2@" + closed + "/0", "", "sqlite:x.db"}
	s := countStores(t.Context(), watched, dsns, new(session.Config), &said)
	got, missed := s.checks, s.missed
	if len(got) != 2 {
		t.Fatalf("%d checks: %+v", len(got), got)
	}
	c := got[1]
	if c.Name != "database 2" || c.Env != monitors.Production || c.Kind != "redis" || c.Address != open || c.Every.Seconds() != 1 || c.Hurried(session.CountersEvery).Seconds() != 0.5 {
		t.Errorf("%+v", c)
	}
	if c.Close != nil {
		c.Close()
	}
	kind := "what production's sqlite does is not counted: only PostgreSQL, MySQL, MariaDB, Redis and Valkey are"
	if len(missed) != 1 || missed[0].Counter() != "database 3 commands" || !strings.HasPrefix(missed[0].Said, "what production's redis does is not counted: it ") {
		t.Fatalf("missed %+v", missed)
	}
	if said.String() != "crosstalk: "+missed[0].Said+"\ncrosstalk: "+kind+"\n" || strings.Contains(said.String(), "hunter2") || !slices.Contains(s.hints, kind) {
		t.Errorf("said %q, hints %q", said.String(), s.hints)
	}
}

// One that lets our checks in and keeps its counts to itself is asked all the same, as it may
// tell later; what it has to allow is said. One DSN that is given twice is asked once.
func TestADatabaseThatDoesNotTellIsAskedAgain(t *testing.T) {
	t.Parallel()
	dsn := "redis://" + redisThat(t, true, false) + "/0"
	var said bytes.Buffer
	s := countStores(t.Context(), nil, []string{dsn, dsn, "nonsense"}, new(session.Config), &said)
	if len(s.checks) != 1 || len(s.missed) != 1 || s.missed[0].Counter() != "database 2" {
		t.Fatalf("asked %+v, missed %+v", s.checks, s.missed)
	}
	c := s.checks[0]
	if c.Name != "database" || c.Kind != "redis" || !c.Counts || !c.Eager || c.Every != session.CountersEvery {
		t.Errorf("%+v", c)
	}
	if r := c.Probe(t.Context()); !r.OK || r.Worked { // its connection is open still
		t.Errorf("asked again: %+v", r)
	}
	c.Close()
	want := "what production's redis does is not counted until it tells, which it is asked for every 10 s. Redis has to let the check's user send INFO (+info)"
	if len(s.hints) != 2 || s.hints[0] != "without that no link check says \"no link seen\": "+want || !strings.HasPrefix(said.String(), "crosstalk: "+want+"\n") {
		t.Errorf("hints %q, said %q", s.hints, said.String())
	}
}

// A database that refuses once to tell, at the start of a session, counts once it tells.
func TestARefusalAtTheStartIsNotForTheSession(t *testing.T) {
	t.Parallel()
	cfg, err := session.DefaultConfig(newSite(t, nil).URL+"/", []string{newSite(t, nil).URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	f := checkFlags{profile: "quick", as: "mel", watchEvery: 250e6, prodDSN: "redis://" + redisThat(t, true, false) + "/0"}
	o, err := f.options(t.Context(), cfg, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(o.Checks, func(c monitors.Check) bool { return c.Kind == "redis" })
	if len(o.Uncounted) > 0 || i < 0 || !o.Checks[i].Counts {
		t.Fatalf("missed %+v of %+v", o.Uncounted, o.Checks)
	}
	o.Checks[i].Close()
}

// A check whose database can't be asked or read knows that it is missing: else it would
// be clean without it.
func TestACheckMissesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	cfg, err := session.DefaultConfig(newSite(t, nil).URL+"/", []string{newSite(t, nil).URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	closed := redisLike(t, false)
	for dsn, want := range map[string]string{"redis://:hunter2@" + closed + "/0": "database commands", "what is this hunter2": "database"} {
		f := checkFlags{profile: "quick", as: "mel", watchEvery: 250e6, prodDSN: dsn}
		o, err := f.options(t.Context(), cfg, new(bytes.Buffer))
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Uncounted) != 1 || o.Uncounted[0].Counter() != want || strings.Contains(o.Uncounted[0].Said, "hunter2") {
			t.Errorf("%s is missed as %+v", dsn, o.Uncounted)
		}
	}
	f := checkFlags{profile: "quick", as: "mel", watchEvery: 250e6, prodDSN: "redis://" + redisLike(t, true) + "/0"}
	o, err := f.options(t.Context(), cfg, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(o.Checks, func(c monitors.Check) bool { return c.Kind == "redis" })
	if len(o.Uncounted) > 0 || i < 0 {
		t.Fatalf("missed %+v of %+v", o.Uncounted, o.Checks)
	}
	// The guard goes by the period, which is not the one of the hurry.
	if o.Checks[i].Every.Seconds() != 1 || !o.Checks[i].Eager || !o.Hurried {
		t.Errorf("asked every %v, in a hurry from the start %t", o.Checks[i].Every, o.Hurried)
	}
	o.Checks[i].Close()
}

// A session says into its record what it can't count: its line on stderr is gone once the
// screen is there.
func TestARunNotesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "crosstalk.yaml")
	text := fmt.Sprintf("staging: {url: %q}\nproduction:\n  checks: [{name: web-1, http: %q, every: 100ms}]\nidentity: {staging: %q, production: %q}\n",
		newSite(t, nil).URL, newSite(t, nil).URL, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), "redis://:hunter2@"+redisLike(t, false)+"/0")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	run(t, "run", "-c", config, "--headless", "--baseline", "0", "--for", "1s", "--out", dir).exits(0)
	noted := readJournal(t, dir).of("note.add").where(func(e event) bool {
		return strings.Contains(e.text("text"), "without it no link check says \"no link seen\": what production's redis does is not counted: it ")
	})
	if len(noted) != 1 || strings.Contains(noted[0].text("text"), "hunter2") {
		t.Errorf("noted %+v", noted)
	}

	// Taken up without the file it is missed still, as often as it may be.
	for parts := 2; parts <= 3; parts++ {
		p := run(t, "run", "--resume", dir, "--headless", "--for", "1s")
		p.exits(0)
		const lost = "production's redis (database) was to count in its earlier part and does not now: give -c FILE"
		j := readJournal(t, dir)
		noted := j.of("note.add").where(func(e event) bool {
			return strings.Contains(e.text("text"), "without it no link check says \"no link seen\": "+lost)
		})
		starts := j.of("session.start")
		if len(noted) != parts-1 || !strings.Contains(p.err.text(), lost) || len(starts) != parts {
			t.Errorf("part %d of %d: noted %+v, said\n%s", parts, len(starts), noted, p.err.text())
		}
		for _, s := range starts {
			missed, _ := s.Body["uncounted"].([]any)
			if text := fmt.Sprint(missed); len(missed) != 1 || !strings.Contains(text, "kind:redis") || !strings.Contains(text, "name:database") || strings.Contains(text, "hunter2") {
				t.Errorf("a part begins without %s", text)
			}
		}
	}
}

// What can't be read is said, whether or not it is compared as well.
func TestAStoreThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"what is this hunter2":                        "read DSN",
		"postgres://u:hunter2%zz@192.0.2.1/shop":      "its DSN cannot be read: write postgres://",
		"Host=192.0.2.1;Username=u;Password=hunter2;": "its DSN is of a form that no driver here reads",
	} {
		var said bytes.Buffer
		if s := countStores(t.Context(), nil, []string{dsn}, new(session.Config), &said); len(s.checks) > 0 || len(s.missed) != 1 {
			t.Errorf("%q is counted: %+v, missed: %+v", dsn, s.checks, s.missed)
		}
		if s := said.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "what production's database does is not counted: ") || !strings.Contains(s, want) || strings.Contains(s, "hunter2") {
			t.Errorf("%q: said %q", dsn, s)
		}
	}
}

// A session counts the database of identity: as a check alone does, so that c sees as much.
func TestARunCountsItsIdentitysDatabase(t *testing.T) {
	t.Parallel()
	site := newSite(t, nil)
	config := filepath.Join(t.TempDir(), "crosstalk.yaml")
	text := fmt.Sprintf("staging: {url: %q}\nproduction:\n  checks: [{name: web-1, http: %q, every: 100ms}]\nidentity: {staging: %q, production: %q}\n",
		site.URL, newSite(t, nil).URL, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), "redis://"+redisLike(t, true)+"/0")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	run(t, "run", "-c", config, "--headless", "--baseline", "1s", "--for", "1s", "--out", dir).exits(0)
	start, _, _ := strings.Cut(string(readFile(t, dir, session.JournalName)), "\n")
	if !strings.Contains(start, `"name":"database"`) || !strings.Contains(start, `"kind":"redis"`) {
		t.Errorf("the session begins with %s", start)
	}

	// Taken up or repeated without the file it does not count, which is said and noted.
	const lost = "production's redis (database) counted in %s and does not now: give -c FILE"
	other := filepath.Join(t.TempDir(), "other")
	notes := map[string]int{}
	for _, again := range []struct {
		when, dir string
		args      []string
	}{
		{"the session before", other, []string{"--like", dir, "--out", other}},
		{"", dir, []string{"--resume", dir, "-c", config}},
		{"its earlier part", dir, []string{"--resume", dir}},
		{"its earlier part", dir, []string{"--resume", dir}}, // after a part without it
	} {
		p := run(t, append([]string{"run", "--headless", "--for", "1s"}, again.args...)...)
		p.exits(0)
		want := fmt.Sprintf(lost, again.when)
		noted := readJournal(t, again.dir).of("note.add").where(func(e event) bool { return strings.Contains(e.text("text"), want) })
		if again.when != "" {
			notes[again.dir]++
		}
		if said := strings.Contains(p.err.text(), "does not now"); said != (again.when != "") || said != strings.Contains(p.err.text(), want) || len(noted) != notes[again.dir] {
			t.Errorf("%v: noted %+v, said\n%s", again.args, noted, p.err.text())
		}
	}
}

// Production's DSN alone counts under the configuration that is there, named or not.
func TestProductionsDSNAloneTakesTheDefaultFile(t *testing.T) {
	f := checkFlags{prodDSN: "redis://127.0.0.1:1/0", watchEvery: time.Second}
	t.Chdir(t.TempDir())
	if _, err := f.read(); err == nil || !strings.Contains(err.Error(), "under a load it counts by itself: give --target or -c FILE") {
		t.Errorf("without a file: %v", err)
	}
	text := "staging: {url: \"http://127.0.0.1:1\"}\nproduction: {checks: [{name: web-1, http: \"http://127.0.0.1:2\"}]}\n"
	if err := os.WriteFile("crosstalk.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if cfg, err := f.read(); err != nil || len(cfg.Production.Checks) != 1 {
		t.Errorf("with one: %+v, %v", cfg, err)
	}
}
