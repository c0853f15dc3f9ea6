package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A whole session on the embedded shop, driven by a script.
func TestDemoByScript(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	temp := t.TempDir()
	cmd := command(t, "demo", "--headless", "--for", "12s", "--baseline", "2s", "--dial", "0s=5,5s=20,9s=0",
		"--note", "4s=! slow checkout, twice #Orders", "--as", "mel", "--out", dir, "--events", "-")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	p := start(t, cmd)
	p.wait()

	j := readJournal(t, dir)
	j.ended(t, "plan")
	want := 0
	switch {
	case len(j.cuts("red")) > 0:
		want = 3
	case len(j.cuts("no sight")) > 0:
		want = 4
	}
	p.exits(want)

	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v, %v", left, err)
	}

	onFile, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onFile, []byte(p.out.text())) {
		t.Error("stdout's lines are not the journal's")
	}

	started := j[0]
	if started.text("as") != "mel" || started.text("demo") != "linked" || started.text("id") != "out" {
		t.Errorf("the session started as %v", started.Body)
	}
	checks := map[string]int{}
	for _, c := range started.Body["checks"].([]any) {
		checks[event{Body: c.(map[string]any)}.text("env")]++
	}
	if checks["staging"] != 2 || checks["production"] != 4 || checks["self"] == 0 {
		t.Errorf("checks by environment: %v", checks)
	}
	for _, env := range []string{"staging", "production", "self"} {
		if n := len(j.of("health.tick").where(func(e event) bool { return e.text("env") == env })); n < 5 {
			t.Errorf("%d health ticks of %s", n, env)
		}
	}
	if n := len(j.of("brake.test")); n != 1 {
		t.Errorf("the brake was rehearsed %d times", n)
	}
	if a, b := j.of("baseline.start"), j.of("baseline.end"); len(a) != 1 || len(b) != 1 || len(b[0].Body["thresholds"].([]any)) == 0 {
		t.Errorf("baseline: %v, %v", a, b)
	}

	moves := j.of("dial.set")
	var to []int
	for i, e := range moves {
		if e.By != "mel" {
			t.Errorf("the dial was moved by %s", e.By)
		}
		if i > 0 && len(j.cuts("")) == 0 && e.num("from") != moves[i-1].num("to") {
			t.Errorf("the dial moved from %v after %v", e.num("from"), moves[i-1].num("to"))
		}
		to = append(to, int(e.num("to")))
	}
	// After a cut the dial stands at nothing already.
	asked := []int{5, 20, 0}
	if !slices.Equal(to, asked) && (len(j.cuts("")) == 0 || len(to) > 3 || !slices.Equal(to, asked[:len(to)])) {
		t.Errorf("the dial moved to %v", to)
	}

	notes := j.of("note.add").where(func(e event) bool { return e.By == "mel" })
	if len(notes) != 1 {
		t.Fatalf("%d notes by mel", len(notes))
	}
	n := notes[0]
	if n.text("kind") != "bug" || n.text("text") != "slow checkout, twice #Orders" {
		t.Errorf("note %q of kind %q", n.text("text"), n.text("kind"))
	}
	if tags, _ := json.Marshal(n.Body["tags"]); string(tags) != `["orders"]` {
		t.Errorf("tags %s", tags)
	}
	seen := n.object("context")
	if ran := seen.num("asked") == 5 && seen.num("running") >= 1; !ran && len(j.cuts("")) == 0 || seen.text("guard") == "" ||
		seen.object("staging").num("p95") <= 0 || seen.object("production").num("p95") <= 0 || seen.object("production").text("state") == "" {
		t.Errorf("the note's context: %v", seen.Body)
	}

	ticks := j.of("load.tick")
	if final := ticks[len(ticks)-1]; final.Body["final"] != true || final.num("running") != 0 || final.num("in_flight") != 0 {
		t.Errorf("the last load tick: %v", final.Body)
	}
	first := readFile(t, dir, "session.json")
	var summary struct {
		Totals struct {
			Requests, Events, Notes int
		}
		Notes []struct{ Text, Kind, By string }
	}
	if err := json.Unmarshal(first, &summary); err != nil {
		t.Fatal(err)
	}
	if sum := ticks.sum("requests"); sum == 0 || sum != summary.Totals.Requests {
		t.Errorf("the ticks count %d requests, session.json %d", sum, summary.Totals.Requests)
	}
	if summary.Totals.Events != len(j) || summary.Totals.Notes != len(j.of("note.add")) {
		t.Errorf("session.json counts %d events and %d notes, the journal holds %d and %d", summary.Totals.Events, summary.Totals.Notes, len(j), len(j.of("note.add")))
	}
	if !bytes.Contains(readFile(t, dir, "report.md"), []byte("slow checkout, twice")) {
		t.Error("report.md does not hold the note")
	}
	for _, say := range []string{"1 bug", "slow checkout, twice", dir, atMost(j)} {
		if !strings.Contains(p.err.text(), say) {
			t.Errorf("the last lines do not say %q:\n%s", say, p.err.text())
		}
	}

	before := sha256.Sum256(onFile)
	run(t, "report", dir, "--format", "json").exits(0)
	if !bytes.Equal(first, readFile(t, dir, "session.json")) {
		t.Error("the same journal gave another session.json")
	}
	if before != sha256.Sum256(readFile(t, dir, "events.jsonl")) {
		t.Error("report wrote to the journal")
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The accident itself: load on staging reaches production by a database they share, and the guard
// lets go of it.
func TestGuardCutsLinkedDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	p := start(t, command(t, "demo", "--headless", "--baseline", "2s", "--glide", "off", "--dial", "3s=80,14s=90", "--as", "mel", "--out", dir, "--events", "-"))
	p.await("the guard's cut", func(e event) bool { return len(journal{e}.cuts("")) > 0 })
	p.await("production's recovery", func(e event) bool { return e.Type == "guard.recovered" })
	p.await("the refusal of a move up", func(e event) bool { return e.Type == "refused" && e.text("cmd") == "dial" })
	p.signal(syscall.SIGTERM)
	p.exits(3) // what the guard did outranks how it ended

	j := readJournal(t, dir)
	j.ended(t, "signal")
	cuts := j.cuts("")
	if len(cuts) != 1 || cuts[0].text("cause") != "red" || cuts[0].By != "guard" {
		t.Fatalf("cuts: %v", cuts)
	}
	samples, _ := cuts[0].Body["samples"].([]any)
	if len(samples) == 0 {
		t.Error("the cut names no sample")
	}
	for _, s := range samples {
		if s := (event{Body: s.(map[string]any)}); s.text("env") != "production" || s.text("check") == "" || s.text("due") == "" {
			t.Errorf("a sample of the cut: %v", s.Body)
		}
	}
	stops := j.of("load.stop").where(func(e event) bool { return e.text("reason") == "guard" })
	if len(stops) != 1 || stops[0].By != "guard" || stops[0].text("by") != "guard" || stops[0].Body["ms_to_zero"] == nil || stops[0].num("in_flight") == 0 {
		t.Fatalf("stops by the guard: %v", stops)
	}

	after := j[stops[0].Seq:]
	// The tick of the second in which load was cut may still count what came before the cut.
	for i, e := range after.of("load.tick") {
		if i > 0 && (e.num("requests") != 0 || e.num("in_flight") != 0) || e.num("running") != 0 {
			t.Errorf("tick %d after the cut: %v", i+1, e.Body)
		}
	}
	if ticks := after.of("load.tick"); len(ticks) < 2 {
		t.Errorf("%d load ticks after the cut", len(ticks))
	}
	if moves := after.of("dial.set"); len(moves) != 0 {
		t.Errorf("the dial moved after the cut: %v", moves)
	}
	if r := after.of("refused"); len(r) != 1 || r[0].By != "mel" || r[0].num("count") != 1 || !strings.Contains(r[0].text("why"), "cut") {
		t.Errorf("refusals: %v", r)
	}
	if n := j.of("note.add").where(func(e event) bool {
		return e.By == "guard" && strings.HasPrefix(e.text("text"), "load cut at 80 users: ")
	}); len(n) != 1 {
		t.Errorf("automatic notes of the cut: %v", j.of("note.add").texts("text"))
	}
	if n := len(after.of("guard.recovered")); n != 1 {
		t.Errorf("recovered %d times", n)
	}
	for _, say := range []string{"cut for production's red once", "Customers"} {
		if !strings.Contains(p.err.text(), say) {
			t.Errorf("the last lines do not say %q:\n%s", say, p.err.text())
		}
	}
}

// The same load on a staging that shares nothing leaves production in peace.
func TestUnlinkedDemoStaysGreen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	p := run(t, "demo", "--linked=false", "--headless", "--for", "12s", "--baseline", "2s", "--glide", "off", "--dial", "3s=80", "--out", dir)
	j := readJournal(t, dir)
	j.ended(t, "plan")
	if j.stoodStill(t) {
		return
	}
	if red := j.where(func(e event) bool {
		return e.text("env") == "production" && (e.Type == "health.state" && e.text("to") == "red" || e.Type == "health.tick" && e.text("state") == "red")
	}); len(red) > 0 {
		t.Errorf("production was red: %v", red[0].Body)
	}
	if cuts := j.cuts(""); len(cuts) > 0 {
		t.Errorf("the guard cut: %v", cuts[0].Body)
	}
	full := j.of("load.tick").where(func(e event) bool { return e.num("running") == 80 })
	if len(full) == 0 {
		t.Error("80 users never ran")
	}
	if stops := j.of("load.stop"); len(stops) != 1 || stops[0].text("reason") != "plan" {
		t.Errorf("stops: %v", stops)
	}
	p.exits(0)
	if p.out.text() != "" {
		t.Errorf("stdout without --events: %q", p.out.text())
	}
}

// Who only turns the dial sees it, too: users rise slowly, the dial is held when
// production is late, and the first red cuts, before anything else is decided.
// A busy machine is late at so few users that holding them is enough: then
// production is never red, and nothing rises.
func TestTurningTheDialCutsLinkedDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	p := start(t, command(t, "demo", "--headless", "--baseline", "2s", "--dial", "2s=5,3s=80", "--out", dir, "--events", "-"))
	held := int64(0)
	last := p.await("the guard's cut, or 20 s of holding", func(e event) bool {
		if held == 0 && e.Type == "guard.state" && e.text("to") == "hold" {
			held = e.MS
		}
		return len(journal{e}.cuts("")) > 0 || held > 0 && e.MS > held+20_000
	})
	cut := len(journal{last}.cuts("")) > 0
	if cut {
		p.await("production's recovery", func(e event) bool { return e.Type == "guard.recovered" })
	}
	p.signal(syscall.SIGTERM)
	if cut {
		p.exits(3)
	} else {
		p.exits(130)
	}

	j := readJournal(t, dir)
	changes := j.of("guard.state").where(func(e event) bool { return e.text("from") != e.text("to") })
	red := j.of("health.state").where(func(e event) bool {
		return e.text("env") == "production" && e.text("check") == "" && e.text("to") == "red"
	})
	if len(changes) == 0 || changes[0].text("to") != "hold" || len(red) > 0 && changes[0].Seq > red[0].Seq {
		t.Fatalf("the guard did %v, production was red %v", changes, red)
	}
	for _, e := range j.of("load.tick") {
		if n := e.num("running"); n >= 80 {
			t.Errorf("%v users ran: the dial was not held below what was asked", n)
		}
	}
	if !cut {
		if len(red) > 0 {
			t.Errorf("production was red and nothing cut: %v", red[0].Body)
		}
		return
	}
	if len(red) == 0 {
		t.Fatal("cut, and production was never red")
	}
	next := changes.where(func(e event) bool { return e.Seq > red[0].Seq })
	if len(next) == 0 || next[0].text("to") != "cut" || next[0].text("cause") != "red" {
		t.Fatalf("after red the guard did %v", next)
	}
	level := next[0].num("running")
	if level == 0 {
		t.Error("cut at no users")
	}
	if n := j.of("note.add").where(func(e event) bool {
		return e.By == "guard" && strings.HasPrefix(e.text("text"), fmt.Sprintf("load cut at %v users: ", level))
	}); len(n) != 1 {
		t.Errorf("automatic notes of the cut: %v", j.of("note.add").texts("text"))
	}
}
