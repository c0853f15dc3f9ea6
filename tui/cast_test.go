package tui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"crosstalk/session"
)

// tube is as much of a terminal as a recording needs: moves, colours, text.
type tube struct {
	*raster
	x, y  int
	style string
}

func newTube(w, h int) *tube { return &tube{raster: newRaster("", w, h)} }

func (d *tube) write(t interface{ Fatalf(string, ...any) }, s string) {
	state := ansi.NormalState
	p := ansi.NewParser()
	for len(s) > 0 {
		seq, width, n, next := ansi.DecodeSequence(s, state, p)
		s, state = s[n:], next
		switch {
		case width > 0:
			if d.x+width > d.w || d.y >= d.h {
				t.Fatalf("%q is written at %d,%d, outside", seq, d.x, d.y)
			}
			d.cells[d.y*d.w+d.x] = drawn{seq, d.style}
			for i := 1; i < width; i++ {
				d.cells[d.y*d.w+d.x+i] = drawn{"", d.style}
			}
			d.x += width
		case seq == "\r" || seq == "\n":
		case seq == ansi.ResetStyle || seq == "\x1b[0m":
			d.style = ""
		case strings.HasSuffix(seq, "m"):
			d.style += seq
		case strings.HasSuffix(seq, "H"):
			row, _ := p.Param(0, 1)
			col, _ := p.Param(1, 1)
			d.x, d.y = col-1, row-1
		case seq == "\x1b[2J":
			d.raster = newRaster("", d.w, d.h)
		case seq == "\x1b[?25l" || seq == "\x1b[?25h":
		default:
			t.Fatalf("a recording has %q in it", seq)
		}
	}
}

func (g *raster) text() string {
	var b strings.Builder
	for i, c := range g.cells {
		if i > 0 && i%g.w == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.text)
	}
	return b.String()
}

func TestCast(t *testing.T) {
	t.Parallel()
	red := redStory()
	dir := journalOf(t, red.events, "")
	for _, speed := range []int{4, 64} {
		p := reeled(t, dir)
		var out bytes.Buffer
		var told []float64
		if err := WriteCast(t.Context(), p, CastOptions{Width: 100, Height: 30, Speed: speed, Progress: func(f float64) { told = append(told, f) }}, &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		var head struct {
			Version, Width, Height int
			Timestamp              int64
			Title                  string
			Env                    map[string]string
		}
		if err := json.Unmarshal([]byte(lines[0]), &head); err != nil {
			t.Fatal(err)
		}
		if head.Version != 2 || head.Width != 100 || head.Height != 30 || head.Timestamp != storyBegan.Unix() ||
			!strings.Contains(head.Title, "et-mel-261017-a · Explore checkout") || head.Env["TERM"] == "" {
			t.Errorf("header %s", lines[0])
		}
		count := map[string]int{}
		last, frames := -1.0, map[int]int{}
		screen := newTube(100, 30)
		for n, line := range lines[1:] {
			var e []any
			if err := json.Unmarshal([]byte(line), &e); err != nil || len(e) != 3 {
				t.Fatalf("line %d: %v: %s", n+2, err, line)
			}
			at, code, data := e[0].(float64), e[1].(string), e[2].(string)
			if at < last {
				t.Errorf("line %d: %g s after %g s", n+2, at, last)
			}
			if !utf8.ValidString(data) || data == "" {
				t.Errorf("line %d: %q", n+2, data)
			}
			last = at
			count[code]++
			switch code {
			case "o":
				screen.write(t, data)
				frames[int(at*float64(speed))]++
				if n == 0 && !strings.Contains(screen.text(), "STAGING") {
					t.Errorf("the first event is no whole frame: %q", data)
				}
			case "m":
				if strings.ContainsAny(data, "\n\x1b") || len(data) > castMarker+30 {
					t.Errorf("marker %q", data)
				}
			default:
				t.Errorf("line %d: an event of type %q", n+2, code)
			}
		}
		for s, n := range frames {
			if n > 3 { // two, and the end's
				t.Errorf("%d frames in second %d of the session", n, s)
			}
		}
		if want := len(red.s.Notes.Notes); count["m"] != want {
			t.Errorf("%d markers for %d notes", count["m"], want)
		}
		if want := 360.0 / float64(speed); last < want-0.1 || last > want+0.1 {
			t.Errorf("at %dx it lasts %g s, want %g", speed, last, want)
		}
		if !strings.Contains(out.String(), `"m","02:05 ! duplicate order`) {
			t.Error("no marker tells of the bug")
		}
		// What a player has drawn in the end is the last frame, colours and all.
		r := NewReplay(p, ReplayOptions{Speed: speed, Now: func() time.Time { return storyBegan }})
		r.info, _ = p.Info()
		r.moments, r.recorded = p.Moments(), true
		r.m.w, r.m.h = 100, 30
		r.show(nil, red.events, 360_000)
		r.at = r.shown
		r.m.now = r.clock()
		r.m.arrange()
		want := newRaster(r.m.frame(), 100, 30)
		if got := screen.text(); got != want.text() {
			t.Errorf("at %dx the player ends with\n%s\nthe session with\n%s", speed, got, want.text())
		}
		for i := range want.cells {
			if want.cells[i].text != " " && want.cells[i] != screen.cells[i] {
				t.Errorf("cell %d is %q, want %q", i, screen.cells[i], want.cells[i])
				break
			}
		}
		if len(told) == 0 || told[len(told)-1] != 1 {
			t.Errorf("told %v of its progress", told)
		}
	}
}

func TestCastOfNothing(t *testing.T) {
	t.Parallel()
	p := reeled(t, journalOf(t, nil, "not a journal\n"))
	if err := WriteCast(t.Context(), p, CastOptions{Width: 80, Height: 24}, &bytes.Buffer{}); !errors.Is(err, ErrNothing) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	whole := reeled(t, journalOf(t, busyStory().events, ""))
	if err := WriteCast(ctx, whole, CastOptions{Width: 80, Height: 24}, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Hostile names and notes can't bring escapes of their own into a recording.
func TestCastIsClean(t *testing.T) {
	t.Parallel()
	s := baselineStory(10)
	s.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n1", Text: "\x1b]0;title\a \x1b[2J 库\n\t\u202e end"})
	s.add("mel", session.TypeCharter, &session.CharterSet{Text: "\x1b[31m red \x07"})
	s.until(12)
	var out bytes.Buffer
	if err := WriteCast(t.Context(), reeled(t, journalOf(t, s.events, "")), CastOptions{Width: 80, Height: 24, Speed: 1}, &out); err != nil {
		t.Fatal(err)
	}
	screen := newTube(80, 24)
	for line := range strings.Lines(out.String()) {
		var e []any
		if json.Unmarshal([]byte(line), &e) == nil && e[1] == "o" {
			screen.write(t, e[2].(string)) // it knows no other escapes than ours
		}
	}
}

// What changed is enough to make the new frame of the old.
func TestRasterFrom(t *testing.T) {
	t.Parallel()
	const w, h = 12, 3
	frame := func(t *rapid.T, name string) *raster {
		c := newCanvas(newStyles(true, false, false, false, 0), w, h)
		for range rapid.IntRange(0, 8).Draw(t, name) {
			c.text(rapid.IntRange(0, w-1).Draw(t, "x"), rapid.IntRange(0, h-1).Draw(t, "y"), rapid.SampledFrom([]string{"a", "库", "bc", "é", "x 库 y", " "}).Draw(t, "text"),
				rapid.SampledFrom([]ink{inkText, inkRed, inkSelect}).Draw(t, "ink"))
		}
		return newRaster(c.String(), w, h)
	}
	rapid.Check(t, func(t *rapid.T) {
		old, now := frame(t, "old"), frame(t, "new")
		screen := newTube(w, h)
		screen.write(t, old.from(nil))
		screen.write(t, now.from(old))
		if got, want := screen.text(), now.text(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		if now.from(now) != "" {
			t.Fatal("nothing changed, and something is written")
		}
	})
}
