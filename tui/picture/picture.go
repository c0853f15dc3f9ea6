// Package picture turns a terminal screen into an SVG picture.
//
// It reads what a terminal would be written: text, line feeds, SGR sequences. It
// draws on an exact grid of cells: every text run carries its place and its
// length, and lines, blocks and braille are drawn as shapes, so that the picture
// is the same in whatever monospace font the reader has.
package picture

import (
	"bufio"
	"fmt"
	"io"
)

// MaxScreen is the most bytes that are taken for one screen.
const MaxScreen = maxInput

// Options are how a screen is drawn.
type Options struct {
	Title      string // what the picture shows, for those who hear it
	Cols, Rows int    // cells at least; 0: as many as the screen has
	Light      bool   // on a light ground
}

// Draw writes a screen as an SVG picture. What no screen can be (more than
// MaxScreen bytes, or than 1000 lines or columns) is an error.
func Draw(w io.Writer, screen []byte, o Options) error {
	g, err := parse(screen)
	if err != nil {
		return fmt.Errorf("read the captured screen: %w", err)
	}
	if err := g.grow(o.Cols, o.Rows); err != nil {
		return fmt.Errorf("size the picture: %w", err)
	}
	th := dark
	if o.Light {
		th = bright
	}
	b := bufio.NewWriter(w)
	draw(b, g, th, o.Title)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}
