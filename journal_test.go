package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// event is a journal line as the file's format has it, read without the program's own types: what
// others read the journal by must not change unseen.
type event struct {
	V    int            `json:"v"`
	Seq  int            `json:"seq"`
	T    string         `json:"t"`
	MS   int64          `json:"ms"`
	By   string         `json:"by"`
	Type string         `json:"type"`
	Body map[string]any `json:"body"`
}

func parseEvent(t *testing.T, line []byte) event {
	t.Helper()
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatalf("not a journal line: %v: %s", err, line)
	}
	return e
}

func (e event) text(key string) string  { s, _ := e.Body[key].(string); return s }
func (e event) num(key string) float64  { n, _ := e.Body[key].(float64); return n }
func (e event) object(key string) event { m, _ := e.Body[key].(map[string]any); return event{Body: m} }

// journal is a session's events in order.
type journal []event

// readJournal reads a journal that must be whole, and holds it against what is true of every one.
func readJournal(t *testing.T, dir string) journal {
	t.Helper()
	j, rest := readEvents(t, dir)
	if len(rest) > 0 {
		t.Fatalf("the journal ends in what is no line: %q", rest)
	}
	if len(j) == 0 {
		t.Fatal("the journal is empty")
	}
	var ms int64
	for i, e := range j {
		if e.V != 1 || e.Seq != i+1 {
			t.Fatalf("line %d has v %d and seq %d", i+1, e.V, e.Seq)
		}
		if at, err := time.Parse("2006-01-02T15:04:05.000Z", e.T); err != nil || at.Location() != time.UTC {
			t.Errorf("seq %d: stamp %q", e.Seq, e.T)
		}
		if e.MS < ms {
			t.Errorf("seq %d: ms went back from %d to %d", e.Seq, ms, e.MS)
		}
		ms = e.MS
	}
	if j[0].Type != "session.start" {
		t.Errorf("the first line is %s", j[0].Type)
	}
	return j
}

// readEvents reads the whole lines of a journal and what follows them.
func readEvents(t *testing.T, dir string) (j journal, rest []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		line, after, found := bytes.Cut(data, []byte("\n"))
		if !found {
			return j, line
		}
		j = append(j, parseEvent(t, line))
		data = after
	}
}

// ended checks that the journal's last line, and no other, ends the session.
func (j journal) ended(t *testing.T, reason string) {
	t.Helper()
	ends := j.of("session.end")
	if last := j[len(j)-1]; len(ends) != 1 || last.Type != "session.end" {
		t.Fatalf("%d session.end, and the last line is %s", len(ends), last.Type)
	}
	if got := ends[0].text("reason"); got != reason {
		t.Errorf("the session ended for %q, want %q", got, reason)
	}
}

// of returns the events of a type.
func (j journal) of(kind string) journal {
	return j.where(func(e event) bool { return e.Type == kind })
}

func (j journal) where(is func(event) bool) journal {
	var out journal
	for _, e := range j {
		if is(e) {
			out = append(out, e)
		}
	}
	return out
}

// texts returns one field of each event.
func (j journal) texts(key string) []string {
	var out []string
	for _, e := range j {
		out = append(out, e.text(key))
	}
	return out
}

func (j journal) sum(key string) int {
	var n float64
	for _, e := range j {
		n += e.num(key)
	}
	return int(n)
}

// cuts are the guard's cuts, of one cause or ("") of any.
// stoodStill tells whether this machine was too busy to be trusted: the program
// lost its permit, or its own sink, which does nothing, answered late. What the
// guard did then says nothing about production.
func (j journal) stoodStill(t *testing.T) bool {
	t.Helper()
	late := j.of("health.tick").where(func(e event) bool { return e.text("env") == "self" && e.num("max") > 0.05 })
	if len(late) == 0 && len(j.cuts("permit")) == 0 {
		return false
	}
	t.Logf("this machine stood still: %d late seconds of its own sink, %d lapsed permits", len(late), len(j.cuts("permit")))
	return true
}

func (j journal) cuts(cause string) journal {
	return j.of("guard.state").where(func(e event) bool {
		return (e.text("to") == "cut" || e.text("to") == "lockout") && (cause == "" || e.text("cause") == cause)
	})
}

// atMost is how a session's last lines say how many users ran at once.
func atMost(j journal) string {
	peak := 0.0
	for _, e := range j.of("load.tick") {
		peak = max(peak, e.num("running"))
	}
	if peak == 1 {
		return "at most 1 user,"
	}
	return fmt.Sprintf("at most %v users,", peak)
}

// onDisk waits until the journal of a running session satisfies is, and returns it.
func onDisk(t *testing.T, dir, what string, is func(journal) bool) journal {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	var j journal
	for {
		if _, err := os.Stat(filepath.Join(dir, "events.jsonl")); err == nil {
			if j, _ = readEvents(t, dir); is(j) {
				return j
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		select {
		case <-look.C:
		case <-late.C:
			var last []string
			for _, e := range j[max(0, len(j)-10):] {
				last = append(last, fmt.Sprintf("%d %s by %s: %v", e.Seq, e.Type, e.By, e.Body))
			}
			t.Fatalf("%s does not come to the disk; last:\n%s", what, strings.Join(last, "\n"))
		}
	}
}
