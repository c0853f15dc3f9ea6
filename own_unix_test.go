//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limited makes a run of the program that may open so many files.
func limited(t *testing.T, limits string, args ...string) *process {
	t.Helper()
	cmd := command(t, args...)
	cmd.Args = append([]string{"sh", "-c", limits + `; exec "$0" "$@"`, program}, args...)
	sh, err := lookSh()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = sh
	return start(t, cmd)
}

func lookSh() (string, error) {
	const sh = "/bin/sh"
	_, err := os.Stat(sh)
	return sh, err
}

// A program that runs out of files says so before it starts and while it does,
// is held where it is, never loses sight of production, and reports the span.
func TestWeAreTheBottleneck(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	target := newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		select { // every user's request stays in flight
		case <-free:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(free) })
	watched := newSite(t, nil)
	dir := filepath.Join(t.TempDir(), "session")
	on := []string{"run", "--target", target.URL + "/", "--watch", watched.URL + "/health", "--limit-users", "90", "--out", dir}
	const said = "90 users can't all have a request in flight: this process may open 96 files"

	dry := limited(t, "ulimit -n 96", append(on, "--dry")...)
	dry.exits(0)
	if !strings.Contains(dry.out.text(), said) {
		t.Errorf("the dry run does not say it: %s", dry.out.text())
	}
	p := limited(t, "ulimit -n 96", append(on, "--headless", "--baseline", "0", "--glide", "off", "--for", "14s", "--dial", "0s=5,3s=70,9s=90", "--events", "-")...)
	begun := p.await("the span in which we are the limit", func(e event) bool { return e.Type == "self.limit" && e.text("span") == "begin" })
	if why := begun.text("why"); !strings.Contains(why, "no file is left for a connection") {
		t.Errorf("the span is said to be for: %s", why)
	}
	p.exits(0)
	if !strings.Contains(p.err.text(), said) {
		t.Errorf("it is not said before the start: %s", p.err.text())
	}
	j := readJournal(t, dir)
	holds := j.where(func(e event) bool {
		return e.Type == "guard.state" && e.text("cause") == "self" && e.text("to") == "hold"
	})
	if len(holds) == 0 {
		t.Fatal("the dial is not held")
	}
	for _, e := range j.of("load.tick") {
		if n := e.num("running"); n > 70 {
			t.Errorf("%v users run: the dial went on rising", n)
		}
	}
	if n := len(j.where(func(e event) bool { return e.Type == "guard.state" && e.text("to") == "cut" })); n > 0 {
		t.Errorf("cut %d times: the checks lost sight of production", n)
	}
	// A busy machine may be short of something up to the session's end.
	self := j.of("health.state").where(func(e event) bool { return e.text("env") == "self" && e.text("check") == "" })
	ends := j.where(func(e event) bool { return e.Type == "self.limit" && e.text("span") == "end" })
	if well := self[len(self)-1].text("to") == "green"; well && len(ends) == 0 {
		t.Error("the span does not end")
	}
	md, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil || !strings.Contains(string(md), "Our own limit from") {
		t.Errorf("the report does not say it (%v)", err)
	}
	html, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !strings.Contains(string(html), `class="lapse own"`) {
		t.Errorf("the report's charts do not mark it (%v)", err)
	}
}

// The limit of files is raised to the hard one.
func TestFileLimitIsRaised(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--for", "1s", "--limit-users", "10")
	limited(t, "ulimit -Sn 64 && ulimit -Hn 512", args...).exits(0)
	begun := readJournal(t, dir).of("session.start")[0]
	if n := begun.object("room").num("files"); n < 511 || n > 512 { // the runtime keeps one off, so that children can be told apart
		t.Errorf("%v files may be open, want the hard limit of 512", n)
	}
}
