package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crosstalk/notes"
)

// refused is a session in which production refuses every check for a while.
func refused() *tape {
	t := newTape()
	t.start()
	t.quiet(20)
	t.dial("mel", 5)
	t.seconds(30)
	t.health("production", "", "green", "red", "web-1 refused the connection twice in a row")
	t.refuses = true
	t.seconds(30)
	return t
}

// What refuses has no latency, least of all one of 0 ms: on the card, in one line,
// and in every file.
func TestARefusalIsNoLatency(t *testing.T) {
	t.Parallel()
	tape := refused()
	tape.write("mel", notes.Bug, "production is gone")
	st := tape.state(t)
	card := strings.Join(Card(st, tape.now()), "\n")
	if !strings.Contains(card, "RED · p95 not known · errors 100 %") {
		t.Errorf("the card says:\n%s", card)
	}
	if line := StatusLine(st, tape.now()); !strings.Contains(line, "production red not known") {
		t.Errorf("the line says %q", line)
	}
	if v := status(st, tape.now()).Production; v.P95 != nil || v.Errors == nil || *v.Errors != 1 {
		t.Errorf("the status says %+v", v)
	}
	m := tape.model(t)
	if l := m.Levels[len(m.Levels)-1]; l.ProductionError == nil || *l.ProductionError != 1 {
		t.Errorf("the level says %+v", l)
	}
	out := t.TempDir()
	written, err := Write(tape.dir(t), out, Formats())
	if err != nil || len(written) != names() {
		t.Fatalf("wrote %v, %v", written, err)
	}
	for _, path := range written {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(path) != ".png" && strings.Contains(string(b), "0.0 ms") {
			t.Errorf("%s says 0.0 ms", filepath.Base(path))
		}
	}
}

// Seen to refuse is not unseen: only where nothing was seen is there a gap.
func TestARefusalIsNoGap(t *testing.T) {
	t.Parallel()
	tape := refused()
	tape.refuses = false
	tape.health("production", "", "red", "no sight", "no answer for 500 ms")
	tape.seconds(20)
	tape.health("production", "", "no sight", "green", "answers")
	tape.seconds(20)
	m := tape.model(t)
	drawn := pictureOf(m, m.charts()[1], true)
	for what, want := range map[string]bool{
		noSeen + ", 00:01:21 to 00:01:41":                      true,
		"production: failed, no latency, 00:00:51 to 00:01:21": true,
		noSeen + ", 00:00:51":                                  false,
		`>failed, no latency</text>`:                           true,
		"production: failed, no latency, 00:00:51 to 00:01:41": false,
	} {
		if strings.Contains(drawn, what) != want {
			t.Errorf("the chart holds %q: %t, want %t", what, !want, want)
		}
	}
	if text := m.Series.chart(m.Session.Seconds); !strings.Contains(text, "××") || !strings.Contains(text, "·") {
		t.Errorf("the small chart:\n%s", text)
	}

	// The picture: at the top where it refused, and not shaded there.
	p := newPainting(smallWidth, smallHeight)
	const top, bottom = 34, smallHeight - 30
	latencyPanel(p, m, top, bottom, 14, true)
	a := newPanel(p, m, top, bottom, 14, scale{})
	marked := func(from, to float64) (n int) {
		for x := int(a.c.x(from)); x < int(a.c.x(to)); x++ {
			for y := top; y < top+7; y++ {
				if p.img.RGBAAt(x, y) == inkBad {
					n++
				}
			}
		}
		return n
	}
	if n := marked(55, 75); n < 300 {
		t.Errorf("where it refused %d pixels say so", n)
	}
	if n := marked(83, 100) + marked(5, 48); n != 0 {
		t.Errorf("where it did not refuse %d pixels say so", n)
	}
	whole := refused().model(t)
	whole.Series.ProductionState = slices.Repeat([]*string{new(noSight)}, len(whole.Series.Running))
	if whole.Series.anyMute() {
		t.Error("what was not seen is taken for a failure")
	}
}
