package picture

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Limits of what is taken for a screen. A larger one is an error, not a cut picture.
const (
	maxInput = 4 << 20
	maxCells = 1000 // in either direction
	maxMarks = 32   // bytes of one character and its marks
)

// A cell is one place of the screen. A wide character has width 2 and is followed by a
// cell of width 0 that only holds its second place.
type cell struct {
	text  string
	width int
	style style
}

// blank is what a place holds that nothing was written to.
var blank = cell{text: " ", width: 1, style: style{fg: unset, bg: unset}}

// A grid is a captured screen; each row has exactly cols cells.
type grid struct {
	cols int
	rows [][]cell
}

// parse reads a captured screen. Attributes run on from line to line, as tmux writes them.
// Sequences other than SGR are passed over; input that no screen could hold is an error.
func parse(data []byte) (*grid, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("more than %d bytes: not one screen", maxInput)
	}
	g := &grid{}
	if len(data) == 0 {
		return g, nil
	}
	now := blank.style
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		var row []cell
		row, now = parseLine(line, now)
		g.rows = append(g.rows, row)
		g.cols = max(g.cols, len(row))
		if len(g.rows) > maxCells || g.cols > maxCells {
			return nil, fmt.Errorf("more than %d lines or columns: not one screen", maxCells)
		}
	}
	return g, g.grow(0, 0)
}

// parseLine reads one line that begins in style now, and returns its cells and the style it ends in.
func parseLine(line []byte, now style) ([]cell, style) {
	var row []cell
	for len(line) > 0 && len(row) <= maxCells {
		// Widths as wcwidth has them: that is the grid tmux kept.
		seq, width, n, _ := ansi.DecodeSequenceWc(line, ansi.NormalState, nil)
		if n <= 0 { // The decoder made nothing of it; a byte less is progress.
			n = 1
		}
		line = line[n:]
		switch {
		case width > 0:
			row = append(row, cell{text: string(seq), width: width, style: now})
			for range width - 1 {
				row = append(row, cell{style: now})
			}
		case len(seq) == 1 && seq[0] == '\t':
			for ok := true; ok; ok = len(row)%8 != 0 {
				row = append(row, cell{text: " ", width: 1, style: now})
			}
		case seq[0] >= utf8.RuneSelf && utf8.Valid(seq):
			// A mark without a width of its own belongs to the character before it.
			if at := len(row) - 1; at >= 0 && row[at].width == 1 && len(row[at].text) < maxMarks {
				row[at].text += string(seq)
			}
		default:
			now = now.apply(seq)
		}
	}
	return row, now
}

// grow pads the grid with blank cells to at least cols by rows and makes all rows equally long.
func (g *grid) grow(cols, rows int) error {
	if cols > maxCells || rows > maxCells || cols < 0 || rows < 0 {
		return fmt.Errorf("%dx%d: each side must be 0 to %d", cols, rows, maxCells)
	}
	g.cols = max(g.cols, cols)
	for len(g.rows) < rows {
		g.rows = append(g.rows, nil)
	}
	for i, row := range g.rows {
		for len(row) < g.cols {
			row = append(row, blank)
		}
		g.rows[i] = row
	}
	return nil
}
