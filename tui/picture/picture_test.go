package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

func TestApply(t *testing.T) {
	base := blank.style
	with := func(change func(*style)) style { s := base; change(&s); return s }
	tests := []struct {
		name, seq string
		from      style
		want      style
	}{
		{"bold and colour", "\x1b[1;31m", base, with(func(s *style) { s.bold, s.fg = true, 1 })},
		{"C1 introducer", "\x9b1m", base, with(func(s *style) { s.bold = true })},
		{"bright", "\x1b[97;103m", base, with(func(s *style) { s.fg, s.bg = 15, 11 })},
		{"empty is reset", "\x1b[m", style{fg: 1, bg: 2, dim: true}, base},
		{"reset, then dim", "\x1b[0;2m", style{fg: 1, bg: 2}, with(func(s *style) { s.dim = true })},
		{"indexed", "\x1b[38;5;208;48;5;17m", base, with(func(s *style) { s.fg, s.bg = 208, 17 })},
		{"indexed by colons", "\x1b[38:5:208m", base, with(func(s *style) { s.fg = 208 })},
		{"direct", "\x1b[48;2;1;2;3;7m", base, with(func(s *style) { s.bg, s.reverse = direct|0x010203, true })},
		{"direct by colons", "\x1b[38:2:1:2:3m", base, with(func(s *style) { s.fg = direct | 0x010203 })},
		{"direct with a colour space", "\x1b[38:2::1:2:3m", base, with(func(s *style) { s.fg = direct | 0x010203 })},
		{"underline colour is no code", "\x1b[58;2;1;2;3;4m", base, with(func(s *style) { s.under = true })},
		{"curly underline and none", "\x1b[4:3m", base, with(func(s *style) { s.under = true })},
		{"no underline by colon", "\x1b[4:0m", with(func(s *style) { s.under = true }), base},
		{"too large", "\x1b[38;5;999m", base, base},
		{"cut short", "\x1b[38;2;1;2m", base, base},
		{"more params than any terminal keeps", "\x1b[" + strings.Repeat("1;", 500) + "3m", base,
			with(func(s *style) { s.bold, s.italic = true, true })},
		{"private", "\x1b[>4;1m", base, base},
		{"not SGR", "\x1b[2J", base, base},
		{"off", "\x1b[22;23;24;27;28;29;39;49m",
			style{fg: 1, bg: 2, bold: true, dim: true, italic: true, under: true, reverse: true, conceal: true, strike: true}, base},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.from.apply([]byte(tt.seq)); got != tt.want {
				t.Errorf("apply(%q) = %+v, want %+v", tt.seq, got, tt.want)
			}
		})
	}
}

func TestParseKeepsTheGrid(t *testing.T) {
	g, err := parse([]byte("a日b\n\x1b[1mx\n\ty\x1b]8;;http://example.test\x07z\n"))
	if err != nil {
		t.Fatal(err)
	}
	if g.cols != 10 || len(g.rows) != 3 {
		t.Fatalf("grid is %dx%d, want 10x3", g.cols, len(g.rows))
	}
	if c := g.rows[0][2]; c.width != 0 || c.text != "" {
		t.Errorf("second place of the wide character holds %+v", c)
	}
	if c := g.rows[0][3]; c.text != "b" {
		t.Errorf("after the wide character comes %+v, want b", c)
	}
	if c := g.rows[2][8]; c.text != "y" || !c.style.bold {
		t.Errorf("after the tab comes %+v, want a y in the bold of the line before", c)
	}
	if c := g.rows[2][9]; c.text != "z" {
		t.Errorf("after the link sequence comes %+v, want z", c)
	}
	for i, row := range g.rows {
		if len(row) != g.cols {
			t.Errorf("row %d has %d cells of %d", i, len(row), g.cols)
		}
	}
}

func TestParseRefusesWhatIsNoScreen(t *testing.T) {
	for name, in := range map[string]string{
		"too wide": strings.Repeat("x", maxCells+1),
		"too tall": strings.Repeat("\n", maxCells+2),
		"too long": strings.Repeat("\x1b[m", maxInput/3+1),
	} {
		if _, err := parse([]byte(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRuns(t *testing.T) {
	tests := []struct {
		name, line string
		want       []string // column, cells, text
	}{
		{"words over single spaces are one piece", "p50 41 ms", []string{"0 9 p50 41 ms"}},
		{"wider gaps part them", "p50  41   ms", []string{"0 3 p50", "5 2 41", "10 2 ms"}},
		{"a symbol stands alone", "a ● web-1↑2", []string{"0 1 a", "2 1 ●", "4 5 web-1", "9 1 ↑", "10 1 2"}},
		{"a wide character stands alone", "日本x", []string{"0 2 日", "2 2 本", "4 1 x"}},
		{"lines are no text", "│a│ b", []string{"1 1 a", "4 1 b"}},
		{"another colour is another piece", "a\x1b[31mb\x1b[39m c", []string{"0 1 a", "1 1 b", "3 1 c"}},
		{"concealed text is left out", "a\x1b[8msecret\x1b[28mb", []string{"0 1 a", "7 1 b"}},
		{"combining marks stay with their letter", "e\u0301x", []string{"0 2 e\u0301x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := parse([]byte(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range runs(g.rows[0], dark) {
				got = append(got, strconv.Itoa(r.col)+" "+strconv.Itoa(r.cells)+" "+r.text)
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("runs = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestColours(t *testing.T) {
	tests := []struct {
		name        string
		s           style
		ink, ground rgb
	}{
		{"defaults", style{fg: unset, bg: unset}, dark.fg, dark.bg},
		{"reversed defaults", style{fg: unset, bg: unset, reverse: true}, dark.bg, dark.fg},
		{"cube", style{fg: 208, bg: 16}, 0xff8700, 0x000000},
		{"greys", style{fg: 232, bg: 255}, 0x080808, 0xeeeeee},
		{"direct", style{fg: direct | 0x123456, bg: unset}, 0x123456, dark.bg},
		{"dim leans to the ground", style{fg: direct | 0xffffff, bg: direct, dim: true}, 0x8c8c8c, 0},
	}
	for _, tt := range tests {
		if ink, ground := dark.colours(tt.s); ink != tt.ink || ground != tt.ground {
			t.Errorf("%s: %v on %v, want %v on %v", tt.name, ink, ground, tt.ink, tt.ground)
		}
	}
}

// Every shape must stay inside its cell: one that leaves it paints over a neighbour.
func TestShapesStayInTheirCell(t *testing.T) {
	var checked int
	for r := rune(0x2500); r <= 0x28ff; r++ {
		if !isShape(r) {
			continue
		}
		checked++
		var p paths
		p.shape(r, 0, 0)
		if r != 0x2800 && p.area.Len()+p.line.Len()+p.dots.Len() == 0 {
			t.Errorf("%c draws nothing", r)
		}
		for piece := range strings.SplitSeq(p.area.String(), "z") {
			if piece == "" {
				continue
			}
			n := numbers(piece)
			if x, y, w, h := n[0], n[1], n[2], n[3]; x < 0 || y < 0 || w <= 0 || h <= 0 || x+w > cellW || y+h > cellH {
				t.Errorf("%c: area %s leaves the cell", r, piece)
			}
		}
	}
	if want := 32 + 256 + 80 + 12 + 7; checked != want {
		t.Errorf("%d characters are shapes, want %d", checked, want)
	}
}

// numbers returns the numbers in a piece of path data.
func numbers(path string) []float64 {
	var out []float64
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' }) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			continue
		}
		out = append(out, n)
	}
	return out
}

// FuzzPicture gives it any bytes: the answer is an error or a well-formed picture with a full grid.
func FuzzPicture(f *testing.F) {
	for _, s := range []string{
		"", "\n", "plain", "\x1b[1;38;5;208mx\x1b[0m", "\x1b[38:2::1:2:3mx", "日本\tx\u0301", "e\u0301", "👩‍👩‍👧 ⚠️ x",
		"\x1b[", "\x1b]8;;u\x1b\\l\x1b]8;;\x1b\\", "\xff\xfe\x00", "\x9b31m", "▖▗▘▙▚▛▜▝▞▟░▒▓⣿╳", "\x1b[" + strings.Repeat(";", 100) + "m",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := parse(data)
		if err != nil {
			return
		}
		for y, row := range g.rows {
			if len(row) != g.cols {
				t.Fatalf("row %d has %d cells of %d", y, len(row), g.cols)
			}
			end := 0
			for _, r := range runs(row, dark) {
				if r.col < end || r.col+r.cells > g.cols {
					t.Fatalf("piece %+v overlaps or leaves the %d columns", r, g.cols)
				}
				end = r.col + r.cells
			}
		}
		var out bytes.Buffer
		draw(&out, g, dark, string(data[:min(len(data), 20)]))
		wellFormed(t, out.Bytes())
	})
}

func wellFormed(t *testing.T, pic []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(pic))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, pic)
		}
	}
}
