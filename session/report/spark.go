package report

import (
	"fmt"
	"strings"
)

// sparkWidth is the characters of a small chart: it fits a page's code block.
const sparkWidth = 64

// blocks are the heights of a small chart; a gap is a dot on the middle line.
var blocks = []rune("▁▂▃▄▅▆▇█")

const (
	gapDot   = '·'
	muteMark = '×' // what was asked failed, and has no latency
)

// spark draws values as one line of blocks from 0 to the greatest. A character
// shows the worst of its columns; where no column has a value there is a gap, or
// the mark of those that are mute, if that is given.
func spark(values []*float64, width int, mute func(i int) bool) (line string, top *float64) {
	width = min(width, len(values))
	if width == 0 {
		return "", nil
	}
	cells, muted := make([]*float64, width), make([]bool, width)
	for i, v := range values {
		c := i * width / len(values)
		cells[c] = greater(cells[c], v)
		muted[c] = muted[c] || mute != nil && mute(i)
		top = greater(top, v)
	}
	var b strings.Builder
	for i, c := range cells {
		switch {
		case c == nil && muted[i]:
			b.WriteRune(muteMark)
		case c == nil:
			b.WriteRune(gapDot)
		case *top <= 0:
			b.WriteRune(blocks[0])
		default:
			b.WriteRune(blocks[min(len(blocks)-1, int(*c / *top * float64(len(blocks))))])
		}
	}
	return b.String(), top
}

func floats(values []*int) []*float64 {
	out := make([]*float64, len(values))
	for i, v := range values {
		if v != nil {
			f := float64(*v)
			out[i] = &f
		}
	}
	return out
}

// chart is the session in three lines over one time axis, each with its own
// height; "" when nothing was told.
func (s Series) chart(seconds float64) string {
	var b strings.Builder
	rows := []struct {
		name   string
		values []*float64
		unit   func(float64) string
		mute   func(int) bool
	}{
		{"users running", floats(s.Running), func(f float64) string { return users(int(f)) }, nil},
		{"staging p95", s.StagingP95, millis, nil},
		{"production p95", s.ProductionP95, millis, s.mute},
	}
	width := 0
	for _, r := range rows {
		line, top := spark(r.values, sparkWidth, r.mute)
		width = max(width, len([]rune(line)))
		if top == nil && strings.ContainsRune(line, muteMark) {
			fmt.Fprintf(&b, "%-15s %s  no latency\n", r.name, line)
			continue
		}
		if top == nil {
			fmt.Fprintf(&b, "%-15s nothing was measured\n", r.name)
			continue
		}
		fmt.Fprintf(&b, "%-15s %s  %s\n", r.name, line, r.unit(*top))
	}
	if width < 8 {
		return b.String()
	}
	end := clock(seconds)
	fmt.Fprintf(&b, "%-15s 0%*s\n", "", max(0, width-1), end)
	return b.String()
}
