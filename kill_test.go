//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// kills is how often TestNotesSurviveKills kills the program; CROSSTALK_KILLS
// overrides it for a long run.
const kills = 6

// A person types notes while the program is killed at random moments, again and
// again in the same session. Every note whose receipt was shown is in the
// journal; a line that was on the disk as unfinished is offered again, or has
// become a note, and never both; nothing is noted that was not typed.
func TestNotesSurviveKills(t *testing.T) {
	t.Parallel()
	rounds := kills
	if s := os.Getenv("CROSSTALK_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("CROSSTALK_KILLS=%q is no number of kills", s)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	k := &killing{t: t, dir: filepath.Join(t.TempDir(), "session"), rnd: rand.New(rand.NewPCG(seed, 1)), typed: map[string]bool{}}
	for round := range rounds {
		k.open(round)
		k.verify()
		if round%2 == 0 {
			k.whileNoting(round)
		} else {
			k.whileTyping(round)
		}
	}
	k.open(rounds)
	k.verify()
	k.press("q")
	k.shows("What did you learn")
	k.press(keyEnter)
	k.exits(0)
	k.verify()
	readJournal(t, k.dir).ended(t, "quit")
	t.Logf("%d kills, %d notes acknowledged, %d typed", rounds, len(k.acknowledged), len(k.typed))
	if len(k.acknowledged) == 0 {
		t.Error("no note was acknowledged: the test shows nothing")
	}
}

// killing is one session through all its kills.
type killing struct {
	*terminal
	t            *testing.T
	dir          string
	rnd          *rand.Rand
	typed        map[string]bool
	acknowledged []string // texts whose receipt was seen
	unfinished   string   // what was on the disk as unfinished at the kill; "" if nothing for certain
}

// open starts the session, or takes it up again, and settles what was left
// unfinished.
func (k *killing) open(round int) {
	k.t.Helper()
	args := []string{"demo", "--linked=false", "--baseline", "1s", "--no-guard", "a busy machine is no part of this test", "--as", "mel"}
	if round == 0 {
		args = append(args, "--out", k.dir)
	} else {
		args = append(args, "--resume", k.dir)
	}
	k.terminal = onScreen(k.t, k.dir, args...)
	k.shows("STAGING", "PRODUCTION", "NOTES")
	if k.unfinished == "" {
		return
	}
	text := k.unfinished
	k.unfinished = ""
	if k.noted(text) > 0 {
		return // verify sees to it that it is there once
	}
	k.shows("Enter takes it, Esc: later · " + text)
	k.press(keyEnter)
	k.shows("note > " + text)
	k.press(keyEnter)
	k.receipt(text)
}

// whileNoting saves one note after the other until the program is killed, at
// any moment of that.
func (k *killing) whileNoting(round int) {
	k.t.Helper()
	after := time.AfterFunc(time.Duration(k.rnd.IntN(2500))*time.Millisecond, func() { _ = k.cmd.Process.Signal(syscall.SIGKILL) })
	defer after.Stop()
	for n := 0; ; n++ {
		text := fmt.Sprintf("r%d-%d", round, n)
		k.typed[text] = true
		if _, err := k.file.WriteString("n" + text + keyEnter); err != nil || !k.receipt(text) {
			break
		}
	}
	k.exits(-1)
	line, typed, ok := k.draft()
	if !ok {
		return
	}
	// A note on the disk that was begun when the line was is what became of it.
	for _, n := range k.notes() {
		at, err := time.Parse(time.RFC3339Nano, n.text("typed"))
		if err != nil {
			k.t.Fatalf("note %s was begun at %q: %v", n.text("id"), n.text("typed"), err)
		}
		if at.Equal(typed) {
			if !strings.HasPrefix(n.text("text"), line) {
				k.t.Errorf("%q and the unfinished %q were begun at one moment", n.text("text"), line)
			}
			return
		}
	}
	k.typed[line] = true // as far as it was typed
	k.unfinished = line
}

// whileTyping kills the program when a line is on the disk as unfinished, or
// just as it becomes a note.
func (k *killing) whileTyping(round int) {
	k.t.Helper()
	text := fmt.Sprintf("r%d-begun", round)
	k.typed[text] = true
	k.press("n" + text)
	k.until("the unfinished line", func() bool { line, _, ok := k.draft(); return ok && line == text })
	if k.rnd.IntN(2) == 0 {
		k.press(keyEnter)
	}
	gone := time.NewTimer(time.Duration(k.rnd.IntN(40)) * time.Millisecond)
	defer gone.Stop()
	<-gone.C
	k.signal(syscall.SIGKILL)
	k.exits(-1)
	k.unfinished = text
}

// receipt waits until the receipt of a text that was just saved is shown; false
// if the program ended before.
func (k *killing) receipt(text string) bool {
	k.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(150 * time.Millisecond)
	defer again.Stop()
	want := fmt.Sprintf("✓ n%d note saved", k.count()+1)
	if n := k.number(text); n > 0 { // on the disk already
		want = fmt.Sprintf("✓ n%d note saved", n)
	}
	for rows := uint16(36); ; {
		drawn, more := k.text()
		if strings.Contains(drawn, want) {
			k.acknowledged = append(k.acknowledged, text)
			return true
		}
		select {
		case <-more:
		case <-again.C:
			rows ^= 1 // another size makes it draw everything
			_ = pty.Setsize(k.file, &pty.Winsize{Cols: 120, Rows: rows})
			if n := k.number(text); n > 0 {
				want = fmt.Sprintf("✓ n%d note saved", n)
			}
		case <-k.exited:
			return false
		case <-late.C:
			k.t.Fatalf("no receipt of %q:\n%s", text, tail(drawn))
		}
	}
}

// verify holds the journal against what was seen.
func (k *killing) verify() {
	k.t.Helper()
	for _, text := range k.acknowledged {
		if n := k.noted(text); n != 1 {
			k.t.Errorf("%q was acknowledged and is noted %d times", text, n)
		}
	}
	for _, n := range k.notes() {
		if text := n.text("text"); !k.typed[text] || k.noted(text) != 1 {
			k.t.Errorf("%q is noted %d times, typed %v", text, k.noted(text), k.typed[text])
		}
	}
}

// notes are the notes that people wrote, as they stand on the disk.
func (k *killing) notes() journal {
	j, _ := readEvents(k.t, k.dir)
	return j.of("note.add").where(func(e event) bool { return e.By == "mel" })
}

func (k *killing) noted(text string) int {
	return len(k.notes().where(func(e event) bool { return e.text("text") == text }))
}

// number is a note's number, 0 if it is not noted.
func (k *killing) number(text string) int {
	for _, e := range k.notes() {
		if e.text("text") == text {
			n, _ := strconv.Atoi(strings.TrimPrefix(e.text("id"), "n"))
			return n
		}
	}
	return 0
}

// count is how many notes there are, the program's own included.
func (k *killing) count() int {
	j, _ := readEvents(k.t, k.dir)
	return len(j.of("note.add"))
}

// draft is the unfinished line on the disk, and when it was begun, as exactly as
// a note says it.
func (k *killing) draft() (string, time.Time, bool) {
	k.t.Helper()
	b, err := os.ReadFile(filepath.Join(k.dir, "drafts", "mel.json"))
	if err != nil {
		return "", time.Time{}, false
	}
	var kept struct {
		Note *struct {
			Text  string    `json:"text"`
			Typed time.Time `json:"typed"`
		} `json:"note"`
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		k.t.Fatalf("the unfinished line: %v: %s", err, b)
	}
	if kept.Note == nil {
		return "", time.Time{}, false
	}
	return kept.Note.Text, kept.Note.Typed.Round(time.Millisecond), true
}

// until waits for something on the disk.
func (k *killing) until(what string, is func() bool) {
	k.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-look.C:
		case <-late.C:
			drawn, _ := k.text()
			k.t.Fatalf("%s does not come to the disk:\n%s", what, tail(drawn))
		}
	}
}
