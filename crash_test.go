//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal ends a session in order: the load first, the record whole.
func TestSignalsEndInOrder(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			args, dir := onSites(t, "--dial", "0s=3")
			p := start(t, command(t, args...))
			p.await("load", loaded)
			p.signal(sig)
			p.exits(130)
			j := readJournal(t, dir)
			j.ended(t, "signal")
			stops := j.of("load.stop")
			if len(stops) == 0 || stops[0].num("running") == 0 {
				t.Errorf("stops: %v", stops)
			}
			for _, s := range stops {
				if s.text("reason") != "quit" || s.Body["ms_to_zero"] == nil {
					t.Errorf("stop: %v", s.Body)
				}
			}
			if string(readFile(t, dir, "events.jsonl")) != p.out.text() {
				t.Error("stdout's lines are not the journal's")
			}
			for _, name := range []string{"report.md", "session.json"} {
				if len(readFile(t, dir, name)) == 0 {
					t.Errorf("%s is empty", name)
				}
			}
		})
	}
}

// A signal does not wait for answers: what is in flight is cancelled.
func TestSignalCancelsWhatIsInFlight(t *testing.T) {
	t.Parallel()
	silent := newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "crosstalk-check/") {
			<-r.Context().Done()
		}
	})
	args, dir := onSites(t, "--dial", "0s=3", "--glide", "off")
	setFlag(args, "--target", silent.URL+"/shop")
	p := start(t, command(t, args...))
	p.await("three requests in flight", func(e event) bool { return e.Type == "load.tick" && e.num("in_flight") == 3 })
	p.signal(syscall.SIGTERM)
	p.exits(130)
	j := readJournal(t, dir)
	j.ended(t, "signal")
	if stop := j.of("load.stop")[0]; stop.num("in_flight") != 3 || stop.Body["ms_to_zero"] == nil {
		t.Errorf("stop: %v", stop.Body)
	}
	ticks := j.of("load.tick")
	if final := ticks[len(ticks)-1]; final.num("cancelled") != 3 || ticks.sum("requests") != 0 {
		t.Errorf("%v cancelled, %d answered", final.num("cancelled"), ticks.sum("requests"))
	}
}

// The rehearsal proves the cut on a real request, before anybody relies on it.
func TestRehearsalCancelsARequest(t *testing.T) {
	t.Parallel()
	cancelled := make(chan struct{}, 10)
	silent := newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "crosstalk-check/") {
			<-r.Context().Done()
			cancelled <- struct{}{}
		}
	})
	args, dir := onSites(t)
	setFlag(args, "--target", silent.URL+"/shop")
	p := start(t, command(t, args...))
	test := p.await("the rehearsal", func(e event) bool { return e.Type == "brake.test" })
	if test.num("users") != 1 || test.num("in_flight") != 1 || test.Body["ok"] != true {
		t.Errorf("the rehearsal: %v", test.Body)
	}
	p.signal(syscall.SIGTERM)
	p.exits(130)
	if n := readJournal(t, dir).of("load.tick").sum("cancelled"); n != 1 || len(cancelled) > 1 {
		t.Errorf("%d requests cancelled, the server saw %d", n, len(cancelled))
	}
}

// A second signal, while the first one is served, breaks nothing.
func TestSignalTwice(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3")
	p := start(t, command(t, args...))
	p.await("load", loaded)
	p.signal(syscall.SIGINT)
	p.signal(syscall.SIGTERM)
	p.exits(130)
	readJournal(t, dir).ended(t, "signal")
}

// What was acknowledged survives the hardest end there is, and every command reads what is left.
func TestKilledInMidSession(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3", "--note", "1s=! lost order #checkout", "--as", "mel")
	p := start(t, command(t, args...))
	note := p.await("the note", func(e event) bool { return e.Type == "note.add" && e.By == "mel" })

	// While it runs, others may look.
	var now struct{ State, Driver string }
	looks := run(t, "status", dir, "--json")
	looks.exits(0)
	if err := json.Unmarshal([]byte(looks.out.text()), &now); err != nil || now.State != "running" || now.Driver != "mel" {
		t.Errorf("status of the running session: %+v, %v", now, err)
	}
	if list := run(t, "sessions", filepath.Dir(dir)).out.text(); !strings.Contains(list, "running") {
		t.Errorf("sessions while it runs: %s", list)
	}
	run(t, "report", dir).exits(0)

	p.signal(syscall.SIGKILL)
	p.exits(-1)

	before, torn := readEvents(t, dir)
	if len(torn) > 0 {
		t.Logf("torn by the kill: %q", torn)
	}
	if len(before) < note.Seq || before[note.Seq-1].text("text") != "lost order #checkout" {
		t.Fatalf("the acknowledged note %d is not in %d events", note.Seq, len(before))
	}
	readKilled(t, dir, len(before), len(torn))

	path := filepath.Join(dir, "events.jsonl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	half := `{"v":1,"seq":99999,"t":"2026-10-17T15:36:19.`
	if _, err := f.WriteString(half); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	journal := readFile(t, dir, "events.jsonl")
	readKilled(t, dir, len(before), len(torn)+len(half))
	if string(readFile(t, dir, "events.jsonl")) != string(journal) {
		t.Error("reading changed the journal")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.torn")); err != nil || len(left) > 0 {
		t.Errorf("reading set aside %v, %v", left, err)
	}
}

// readKilled reads a killed session's folder by every command there is for it.
func readKilled(t *testing.T, dir string, events, torn int) {
	t.Helper()
	quiet := func(args ...string) string {
		t.Helper()
		p := run(t, args...)
		p.exits(0)
		if p.err.text() != "" {
			t.Errorf("%v complains: %s", args, p.err.text())
		}
		return p.out.text()
	}
	quiet("report", dir, "--format", "md,json,csv")
	var r struct {
		Session struct{ State string }
		Totals  struct{ Events int }
		Sure    struct {
			Torn int `json:"torn_bytes"`
		} `json:"how_sure"`
		Notes []struct{ Text, By string }
	}
	if err := json.Unmarshal(readFile(t, dir, "session.json"), &r); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, n := range r.Notes {
		found = found || n.Text == "lost order #checkout" && n.By == "mel"
	}
	if r.Session.State != "crashed" || r.Totals.Events != events || r.Sure.Torn != torn || !found {
		t.Errorf("session.json: %+v, want %d events and %d torn bytes", r, events, torn)
	}
	if md := string(readFile(t, dir, "report.md")); !strings.Contains(md, "lost order") || !strings.Contains(md, "broke off without an end") {
		t.Errorf("report.md does not tell the note, or that the session broke off:\n%s", tail(md))
	}
	for _, args := range [][]string{{"status", dir}, {"status", dir, "--line"}, {"status", dir, "--json"}} {
		text := quiet(args...)
		if !strings.Contains(strings.ToLower(text), "stopped unasked") || regexp.MustCompile(`(?i)\brunning 00|"state": "running"`).MatchString(text) {
			t.Errorf("%v does not say that the session stopped unasked:\n%s", args, text)
		}
	}
	if card := quiet("status", dir); !strings.Contains(card, "lost order") {
		t.Errorf("status does not show the note:\n%s", card)
	}
	list := quiet("sessions", filepath.Dir(dir))
	if !strings.Contains(list, "stopped unasked") || !strings.Contains(list, dir) {
		t.Errorf("sessions: %s", list)
	}
	if said := strings.Contains(list, "bytes at the end"); said != (torn > 0) {
		t.Errorf("sessions, with %d torn bytes:\n%s", torn, list)
	}
}

// Who reads the events may go away at any time: the session does not go with him.
func TestReaderOfEventsLeaves(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--for", "4s", "--dial", "0s=3")
	cmd := command(t, args...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	p := start(t, cmd)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	// The data did not arrive, and the exit code says so; no signal ended it.
	p.exits(exitInternal)
	if !strings.Contains(p.err.text(), "write events") {
		t.Errorf("stderr: %s", p.err.text())
	}
	j := readJournal(t, dir)
	j.ended(t, "plan")
	if j.of("load.tick").sum("requests") == 0 {
		t.Error("the load ended with the reader")
	}
	if len(readFile(t, dir, "report.md")) == 0 {
		t.Error("report.md is empty")
	}
}

// Who reads the events may also just stop reading: the session ends all the same, and so does the
// program.
func TestReaderOfEventsHangs(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--for", "3s", "--dial", "0s=3")
	cmd := command(t, args...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fill(t, w)
	cmd.Stdout = w
	p := start(t, cmd)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	onDisk(t, dir, "the end", func(j journal) bool { return len(j.of("session.end")) > 0 })
	p.exits(exitInternal)
	readJournal(t, dir).ended(t, "plan")
	if len(readFile(t, dir, "report.md")) == 0 {
		t.Error("report.md is empty")
	}
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	for _, size := range []int{4096, 1} {
		for {
			if err := w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
	if err := w.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}
