package tui

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"image/color"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"crosstalk/session"
)

func TestLayoutFillsTheWindow(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {81, 25}, {100, 30}, {120, 36}, {133, 41}, {200, 60}, {300, 90}, {80, 90}, {300, 24}} {
		for _, z := range []zoom{zoomNone, zoomStaging, zoomProduction, zoomNotes} {
			for _, banner := range []int{0, 2} {
				for _, input := range []int{1, 4} {
					t.Run(fmt.Sprintf("%dx%d zoom %d banner %d input %d", size[0], size[1], z, banner, input), func(t *testing.T) {
						l := arrange(size[0], size[1], banner, input, z)
						seen := make([]int, size[0]*size[1])
						for _, r := range []rect{l.header, l.banner, l.staging, l.production, l.users, l.notes, l.status} {
							if r.w < 0 || r.h < 0 {
								t.Fatalf("%+v", r)
							}
							for y := r.y; y < r.y+r.h; y++ {
								for x := r.x; x < r.x+r.w; x++ {
									seen[y*size[0]+x]++
								}
							}
						}
						for i, n := range seen {
							if n != 1 {
								t.Fatalf("cell %d,%d is in %d parts: %+v", i%size[0], i/size[0], n, l)
							}
						}
					})
				}
			}
		}
	}
}

// Where a terminal or a locale promises no braille, charts are blocks; where it
// names letters other than UTF-8's, all is ASCII.
func TestChartsSuitTheTerminal(t *testing.T) {
	t.Parallel()
	const braille, blocks, ascii = "braille", "blocks", "ascii"
	for env, want := range map[string]string{
		"": braille, "TERM=xterm-256color": braille, "TERM=screen-256color": braille, "TERM=tmux": braille, "TERM=xterm-256color LANG=de_DE.UTF-8": braille, "LANG=C.UTF-8": braille, "LC_ALL=en_US.utf8": braille,
		"TERM=linux": blocks, "TERM=linux-16color": blocks, "TERM=screen.linux": blocks, "TERM=screen.linux-s": blocks, "TERM=vt100": blocks, "TERM=vt220": blocks, "TERM=vt100+fnkeys": blocks,
		"LANG=C": blocks, "LC_ALL=POSIX": blocks, "LANG=de_DE.UTF-8 LC_ALL=C": blocks,
		"LANG=de_DE.ISO-8859-1": ascii, "LANG=de_DE.UTF-8 LC_CTYPE=ru_RU.KOI8-R": ascii, "LANG=de_DE.ISO-8859-15@euro": ascii, "LC_ALL=C.UTF-8 LANG=de_DE.ISO-8859-1": braille,
	} {
		m, _ := screen(busyStory(), 120, 36)
		m.o.Environ = strings.Fields(env)
		m.restyle(true)
		m.Update(clockMsg(m.now))
		got, f := braille, m.text()
		switch {
		case m.st.ascii:
			got = ascii
		case m.st.blocks:
			got = blocks
		}
		has := strings.ContainsFunc(f, func(r rune) bool { return r >= 0x2800 && r <= 0x28ff })
		if got != want || has != (want == braille) || (want == ascii) != !strings.ContainsFunc(f, func(r rune) bool { return r > 126 }) {
			t.Errorf("%q draws in %s, want %s:\n%s", env, got, want, f)
		}
	}
}

func TestLayoutTooSmall(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{0, 0}, {79, 24}, {80, 23}, {1, 1}} {
		if !arrange(size[0], size[1], 0, 1, zoomNone).small {
			t.Errorf("%v is not too small", size)
		}
	}
}

// allKeys are every key that the program has a use for, as the key map names it,
// those of cards, lists and lines that it does not name by a key press, and some
// that have none.
var allKeys = func() []string {
	keys := []string{"up", "down", "left", "right", "space", "enter", "esc", "tab", "shift+tab", "backspace", "delete", "home", "end", "pgup", "pgdown", "alt+enter", "shift+left", "shift+right",
		"ctrl+x", "ctrl+c", "ctrl+u", "ctrl+w", "ctrl+k", "ctrl+a", "ctrl+e", "ctrl+s", "f2", "f3", "f4", "0", "y", "Y", "N", "+", "-", ",", ".", "/", "a", "d", "e", "h", "j", "k", "m", "o", "s", "u", "x",
		"é", "库", "👩‍👩‍👧", "🇩🇪", "\u0301"}
	for _, b := range append(keyMap(), replayKeys()...) {
		for _, k := range b.keys {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}()

// TestAnythingFits presses any keys in any windows while anything happens: the
// frame is always exactly the window.
func TestAnythingFits(t *testing.T) {
	t.Parallel()
	starts := []*story{newStory(), baselineStory(3), busyStory(), redStory(), wallStory(), unguardedStory(), selfStory(true)}
	environs := [][]string{nil, {"NO_COLOR=1"}, {"TERM=linux"}}
	rapid.Check(t, func(t *rapid.T) {
		tale := rapid.SampledFrom(starts).Draw(t, "story")
		src := newSource(tale)
		if rapid.Bool().Draw(t, "refuses") {
			src.reply = func(session.Command) (session.Reply, error) {
				return session.Reply{}, &session.Refusal{Why: "no: " + strings.Repeat("x", 99)}
			}
			src.may = func(session.Command) error { return &session.Refusal{Why: "not you"} }
		}
		now := storyBegan.Add(time.Duration(tale.ms) * time.Millisecond)
		o := Options{Who: mel, Host: rapid.Bool().Draw(t, "host"), ASCII: rapid.Bool().Draw(t, "ascii"), Environ: rapid.SampledFrom(environs).Draw(t, "env"), Now: func() time.Time { return now },
			Demo: rapid.Bool().Draw(t, "demo"), Before: rapid.Bool().Draw(t, "before"), Mystery: rapid.Bool().Draw(t, "mystery"), Express: rapid.Bool().Draw(t, "express"), Calm: rapid.Bool().Draw(t, "calm")}
		if rapid.Bool().Draw(t, "tour") {
			o.Tour = &Tour{Act: rapid.IntRange(0, Acts).Draw(t, "act"), Hurt: func() uint64 { return 7 }, Told: [Acts]uint64{312, 4}}
		}
		if rapid.Bool().Draw(t, "door") {
			o.Door = NewDoor(DoorOptions{})
			o.Door.sight = Sight{Open: true, Addr: "127.0.0.1:2222", Allow: "team.keys", Lines: []string{"ssh -p 2222 YOUR-NAME@127.0.0.1"}}
		}
		m := New(src, o)
		seq := m.s.Seq
		happen := func(kind string, body any) {
			seq++
			m.Update(eventsMsg{events: []session.Event{{V: 1, Seq: seq, T: now, MS: now.Sub(storyBegan).Milliseconds(), By: "mel", Type: kind, Body: body}}})
		}
		t.Repeat(map[string]func(*rapid.T){
			"size": func(t *rapid.T) {
				m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(0, 300).Draw(t, "w"), Height: rapid.IntRange(0, 90).Draw(t, "h")})
			},
			"full size": func(t *rapid.T) {
				s := rapid.SampledFrom([][2]int{{80, 24}, {120, 36}, {200, 60}, {81, 31}}).Draw(t, "s")
				m.Update(tea.WindowSizeMsg{Width: s[0], Height: s[1]})
			},
			"key":   func(t *rapid.T) { m.pressAll(rapid.SampledFrom(allKeys).Draw(t, "key")) },
			"keys":  func(t *rapid.T) { m.pressAll(rapid.SliceOfN(rapid.SampledFrom(allKeys), 1, 9).Draw(t, "keys")...) },
			"paste": func(t *rapid.T) { m.Update(tea.PasteMsg{Content: rapid.String().Draw(t, "text")}) },
			"wheel": func(t *rapid.T) {
				_, cmd := m.Update(tea.MouseWheelMsg{Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown}).Draw(t, "b"), X: rapid.IntRange(-1, 300).Draw(t, "x"), Y: rapid.IntRange(-1, 90).Draw(t, "y")})
				m.run(cmd)
			},
			"click": func(t *rapid.T) {
				_, cmd := m.Update(tea.MouseClickMsg{Button: tea.MouseLeft, X: rapid.IntRange(-1, 300).Draw(t, "x"), Y: rapid.IntRange(-1, 90).Draw(t, "y")})
				m.run(cmd)
			},
			"stops": func(t *rapid.T) { // whatever is open: the key stops, and the screen says so
				before := len(src.done())
				m.pressAll("ctrl+x")
				if did := src.done(); len(did) == before || did[len(did)-1] != (session.StopAll{}) {
					t.Fatalf("ctrl+x did not stop: %v", did[before:])
				}
				happen(session.TypeDialSet, &session.DialSet{To: 0, Why: "stop all"})
				happen(session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", InFlight: 3, MSToZero: new(4.0)})
				f := ansi.Strip(m.View().Content)
				if m.layout.small {
					f = strings.Join(strings.Fields(f), " ")
				}
				room := !m.layout.small && m.layout.w > 0 || m.w >= 24 && m.h >= 6
				if room && m.s.Ended == nil && m.s.Seq > 0 && !strings.Contains(f, "All load is off") && !strings.Contains(f, "The guard cut all load") {
					t.Fatalf("the screen does not say that load is off:\n%s", f)
				}
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "ms")) * time.Millisecond)
				m.Update(clockMsg(now))
			},
			"background": func(t *rapid.T) { m.Update(tea.BackgroundColorMsg{Color: color.White}) },
			"dial": func(t *rapid.T) {
				happen(session.TypeDialSet, &session.DialSet{To: rapid.IntRange(0, 99999).Draw(t, "n")})
			},
			"guard": func(t *rapid.T) {
				happen(session.TypeGuardState, &session.GuardChange{To: rapid.SampledFrom([]string{"run", "hold", "ease", "cut", "lockout"}).Draw(t, "to"), Why: rapid.String().Draw(t, "why"),
					Running: rapid.IntRange(0, 500).Draw(t, "r"), Ceiling: rapid.IntRange(-1, 500).Draw(t, "c")})
			},
			"stop": func(t *rapid.T) {
				happen(session.TypeStop, &session.LoadStop{Reason: rapid.SampledFrom([]string{"operator", "guard", "permit"}).Draw(t, "r"), By: rapid.String().Draw(t, "by"), InFlight: 3, MSToZero: new(4.0)})
			},
			"load": func(t *rapid.T) {
				v := rapid.Float64Range(0, 1e6)
				happen(session.TypeLoadTick, &session.LoadTick{Asked: rapid.IntRange(0, 99999).Draw(t, "a"), Running: rapid.IntRange(0, 99999).Draw(t, "r"), InFlight: 7, Ceiling: rapid.IntRange(-1, 9).Draw(t, "c"),
					Requests: 5, RPS: v.Draw(t, "rps"), P50: new(v.Draw(t, "p50")), P95: new(v.Draw(t, "p95")), Errors: 3, Kinds: map[string]uint64{"x": 3}})
			},
			"health": func(t *rapid.T) {
				env := rapid.SampledFrom([]string{"staging", "production"}).Draw(t, "env")
				v := new(rapid.Float64Range(0, 100).Draw(t, "v"))
				st := rapid.SampledFrom([]string{"green", "amber", "red", "no sight"}).Draw(t, "st")
				happen(session.TypeHealthTick, &session.HealthTick{Env: env, State: st, P50: v, P95: v, Now50: v, Now95: v, Age: v, Checks: []session.CheckState{{Name: "web-1", State: st, Latency: v}}})
				happen(session.TypeHealthState, &session.HealthState{Env: env, To: st, Why: rapid.String().Draw(t, "why")})
			},
			"ramp": func(t *rapid.T) {
				happen(session.TypeRampStart, &session.RampStart{From: rapid.IntRange(0, 99999).Draw(t, "from"), To: rapid.IntRange(0, 99999).Draw(t, "to"), Step: rapid.IntRange(-1, 500).Draw(t, "step"),
					Every: rapid.Float64Range(0, 3600).Draw(t, "every"), Until: rapid.SampledFrom([]string{"", "amber", "red", "never", "?"}).Draw(t, "until")})
			},
			"ramp ends": func(t *rapid.T) {
				happen(session.TypeRampEnd, &session.RampEnd{At: rapid.IntRange(0, 99999).Draw(t, "at"), Done: rapid.Bool().Draw(t, "done"), Why: rapid.String().Draw(t, "why")})
			},
			"link check": func(t *rapid.T) {
				if rapid.Bool().Draw(t, "begins") {
					happen(session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: rapid.IntRange(0, 500).Draw(t, "users"), Off: rapid.IntRange(0, 500).Draw(t, "off"), Order: "+-+-"})
					return
				}
				happen(session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: rapid.SampledFrom([]string{"linked", "no link seen", "void"}).Draw(t, "kind"), Words: rapid.String().Draw(t, "words")})
			},
			"note": func(t *rapid.T) {
				happen(session.TypeNoteAdd, &session.NoteAdd{ID: fmt.Sprintf("r%d", seq), Kind: "bug", Text: rapid.String().Draw(t, "text"), Typed: now})
			},
			"": func(t *rapid.T) {
				v := m.View()
				if m.w == 0 || m.h == 0 {
					return
				}
				fits(t, ansi.Strip(v.Content), m.w, m.h)
				if words := strings.Join(strings.Fields(ansi.Strip(v.Content)), " "); m.layout.small && m.w >= 24 && m.h >= 6 && !strings.Contains(words, "ctrl+x stops all load.") {
					t.Fatalf("a small window does not name the key that stops:\n%s", ansi.Strip(v.Content))
				}
				if c := v.Cursor; c != nil && (c.X < 0 || c.Y < 0 || c.X >= m.w || c.Y >= m.h) {
					t.Fatalf("the cursor is at %d,%d of %dx%d", c.X, c.Y, m.w, m.h)
				}
			},
		})
	})
}

func TestWideTextNeverOverflows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(1, 40).Draw(t, "w")
		c := newCanvas(newStyles(true, false, false, false, 0), w, 1)
		s := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("a库👩\u200d\ufe0f🇩🇪e\u0301한ก็")), 0, 60, -1)).Draw(t, "s")
		c.text(rapid.IntRange(-3, w).Draw(t, "x"), 0, s, inkText)
		fits(t, ansi.Strip(c.String()), w, 1)
		if got := width(cut(s, w)); got > w {
			t.Fatalf("cut to %d is %d wide", w, got)
		}
	})
}

func TestEditorNeverBreaksText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e editor
		for range rapid.IntRange(1, 40).Draw(t, "n") {
			if rapid.Bool().Draw(t, "types") {
				e.insert(rapid.String().Draw(t, "s"))
			} else {
				e.key(key(rapid.SampledFrom([]string{"left", "right", "backspace", "delete", "home", "end", "ctrl+u", "ctrl+w", "ctrl+k", "alt+enter"}).Draw(t, "k")))
			}
			if e.at < 0 || e.at > len(e.text) || strings.ToValidUTF8(e.text, "") != e.text {
				t.Fatalf("at %d of %q", e.at, e.text)
			}
			w := rapid.IntRange(2, 30).Draw(t, "w")
			lines, x, y := e.wrap(w)
			if y < 0 || y >= len(lines) || x < 0 || x >= w {
				t.Fatalf("cursor %d,%d in %d lines of %d", x, y, len(lines), w)
			}
			for _, l := range lines {
				if width(l) > w {
					t.Fatalf("line %q is wider than %d", l, w)
				}
			}
		}
	})
}

// TestColourIsNeverTheOnlySign draws the same frames without colour: they say
// the same.
func TestColourIsNeverTheOnlySign(t *testing.T) {
	t.Parallel()
	tale := redStory()
	frame := func(env ...string) string {
		m := New(newSource(tale), Options{Who: mel, Host: true, Environ: env, Now: func() time.Time { return storyBegan.Add(time.Duration(tale.ms) * time.Millisecond) }})
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
		return m.View().Content
	}
	plain := frame("NO_COLOR=1")
	if strings.Contains(plain, "38;2;") || strings.Contains(plain, "48;2;") {
		t.Error("there is colour in spite of NO_COLOR")
	}
	if ansi.Strip(plain) != ansi.Strip(frame()) {
		t.Error("the frames differ in more than colour")
	}
}

// With --ascii, and where ambiguous characters are two columns wide, no view draws
// any other but what people typed: a ramp, a tile without a value and a search in a replay, too.
func TestASCIIOnly(t *testing.T) {
	t.Parallel()
	views := append(goldenViews(), goldenView{name: "number", story: busyStory(), keys: []string{"7"}}, goldenView{name: "no value", story: asideStory()},
		goldenView{name: "link check", story: busyStory(), keys: []string{"c"}}, goldenView{name: "pre-flight", story: busyStory(), keys: []string{"p"}},
		goldenView{name: "levels", story: rampStory(), keys: []string{"l"}}, goldenView{name: "share", story: busyStory(), keys: []string{"s"}})
	seen := ""
	for _, o := range []Options{{ASCII: true}, {Environ: []string{"RUNEWIDTH_EASTASIAN=1"}}} {
		for _, v := range views {
			for _, size := range sizes {
				m, _ := screen(v.story, size[0], size[1])
				m.o.ASCII, m.o.Environ = o.ASCII, o.Environ
				m.restyle(true)
				m.pressAll(v.keys...)
				frame := m.text()
				fits(t, frame, size[0], size[1])
				seen += frame
				if i := strings.IndexFunc(frame, func(r rune) bool { return r > 126 && !unicode.Is(unicode.Han, r) }); i >= 0 {
					t.Errorf("%s at %v: %q is not ASCII", v.name, size, []rune(frame[i:])[0])
				}
			}
		}
	}
	for _, want := range []string{"####......", "set aside"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is in no view", want)
		}
	}
}

// What the screen's own words and signs are made of has an ASCII form.
func TestEverySignHasAnASCIIForm(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	signs := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "canvas.go" { // which tells widths by letters of all kinds
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range text {
				if r <= 126 {
					continue
				}
				if signs++; toASCII(string(r)) == string(r) {
					t.Errorf("%s draws %q, for which there is no ASCII", name, r)
				}
			}
			return true
		})
	}
	if signs < 100 {
		t.Errorf("only %d signs were found", signs)
	}
}

// TestOneTimeAxis: what happens at one moment stands in the same column of both
// charts.
func TestOneTimeAxis(t *testing.T) {
	t.Parallel()
	for _, w := range []int{80, 81, 120, 121, 200} {
		m, _ := screen(redStory(), w, 40)
		frame := strings.Split(ansi.Strip(m.View().Content), "\n")
		left, right := m.layout.staging.x, m.layout.production.x
		found := false
		for _, l := range frame {
			r := []rune(l)
			for i := range r[:right] {
				if r[i] == 'C' && i > gutter && i+right-left < len(r) && r[i+right-left] == 'C' {
					found = true
				}
			}
		}
		if !found {
			t.Errorf("%d columns: the cut does not stand in the same column of both", w)
		}
	}
}

func TestGapsStayGaps(t *testing.T) {
	t.Parallel()
	tale := baselineStory(60)
	tale.ms += 60_000 // a minute of silence
	tale.until(180)
	m, _ := screen(tale, 120, 36)
	pl := newPlot(m.st, m.view.axis.cols, 10)
	pane{m, "production"}.curves(pl, m.view)
	from, to := m.view.axis.col(65_000)+1, m.view.axis.col(120_000)-1
	for x := from; x < to; x++ {
		for y := range pl.h {
			if pl.bits[y*pl.w+x] != 0 {
				t.Fatalf("something is drawn in the gap, column %d", x)
			}
		}
	}
	if to-from < 4 {
		t.Fatalf("the gap is columns %d to %d", from, to)
	}
}

// A gap among single seconds is one, too, where the picture begins with what is
// kept in tens of seconds; there a slot's own length is bridged.
func TestGapsStayGapsBesideOldTimes(t *testing.T) {
	t.Parallel()
	tale := baselineStory(1000)
	from := tale.ms
	tale.ms += 12_800
	for tale.ms < 1_020_000 {
		tale.second()
	}
	m, _ := screen(tale, 200, 60)
	m.pressAll("t", "-", "-")
	v := m.view
	if v.fine <= v.axis.from || v.axis.bucket >= 5000 {
		t.Fatalf("no old times in the picture: from %d, single seconds from %d, dots of %d ms", v.axis.from, v.fine, v.axis.bucket)
	}
	pl := newPlot(m.st, v.axis.cols, 20)
	pl.line(v.axis, v.scale, v.slots, func(s *session.Second) (float64, bool) { return s.Prod.P95, s.Prod.OK }, inkProd, false)
	drawn := func(dot int) bool {
		for y := range pl.h {
			for row := range uint8(4) {
				if pl.bits[y*pl.w+dot/2]&braille[dot%2][row] != 0 {
					return true
				}
			}
		}
		return false
	}
	empty := 0
	for d := v.axis.dot(from) + 1; d < v.axis.dot(from+12_800); d++ {
		if drawn(d) {
			t.Errorf("dot %d of the gap is drawn", d)
		}
		empty++
	}
	if empty < 2 {
		t.Fatalf("the gap is %d dots", empty)
	}
	for d := v.axis.dot(20_000); d < v.axis.dot(v.fine)-1; d++ {
		if !drawn(d) {
			t.Errorf("dot %d of the old times is left out", d)
		}
	}
}

func TestScaleIsMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 100)
		a, b := v.Draw(t, "a"), v.Draw(t, "b")
		for _, s := range []scale{decades(min(a, b), max(a, b)), flat(max(a, b))} {
			if s.at(min(a, b), 40) > s.at(max(a, b), 40) {
				t.Fatalf("%v: %g stands above %g", s, min(a, b), max(a, b))
			}
			if max(a, b) > s.hi*1.0001 && s.hi < 1000 {
				t.Fatalf("%v does not reach %g", s, max(a, b))
			}
		}
	})
}

func BenchmarkView200x60(b *testing.B) {
	m, _ := screen(redStory(), 200, 60)
	b.ReportAllocs()
	for b.Loop() {
		m.View()
	}
}

func BenchmarkUpdate200x60(b *testing.B) {
	m, _ := screen(redStory(), 200, 60)
	b.ReportAllocs()
	for b.Loop() {
		m.Update(clockMsg{})
	}
}
