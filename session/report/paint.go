package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours of pictures: the page's, light.
var (
	inkGround     = color.RGBA{0xff, 0xff, 0xff, 0xff}
	inkText       = color.RGBA{0x16, 0x19, 0x1d, 0xff}
	inkSoft       = color.RGBA{0x53, 0x5b, 0x66, 0xff}
	inkRule       = color.RGBA{0xd5, 0xda, 0xe1, 0xff}
	inkStaging    = color.RGBA{0xb6, 0x3d, 0x06, 0xff}
	inkProduction = color.RGBA{0x15, 0x57, 0xb8, 0xff}
	inkUsers      = color.RGBA{0xd3, 0xd9, 0xe2, 0xff}
	inkAsked      = color.RGBA{0x3b, 0x43, 0x50, 0xff}
	inkGood       = color.RGBA{0xbf, 0xe3, 0xd3, 0xff}
	inkGoodText   = color.RGBA{0x0b, 0x51, 0x38, 0xff}
	inkBad        = color.RGBA{0xc2, 0x2f, 0x2f, 0xff}
	inkDark       = color.RGBA{0xd9, 0xdc, 0xe2, 0xff}
	inkBug        = color.RGBA{0x8d, 0x1d, 0x6c, 0xff}
	inkGap        = color.RGBA{0xea, 0xed, 0xf1, 0xff}
)

// typefaces are the two of all pictures; they are part of the program.
var typefaces = sync.OnceValues(func() ([2]*opentype.Font, error) {
	var out [2]*opentype.Font
	for i, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return out, fmt.Errorf("read typeface: %w", err)
		}
		out[i] = f
	}
	return out, nil
})

// painting is a picture of pixels.
type painting struct {
	img   *image.RGBA
	faces map[[2]int]font.Face // by size and weight

	undrawn map[rune]bool // letters that were to be written and that no typeface here has
	glyphs  sfnt.Buffer
}

func newPainting(width, height int) *painting {
	p := &painting{img: image.NewRGBA(image.Rect(0, 0, width, height)), faces: map[[2]int]font.Face{}, undrawn: map[rune]bool{}}
	draw.Draw(p.img, p.img.Bounds(), image.NewUniform(inkGround), image.Point{}, draw.Src)
	return p
}

func (p *painting) encode(w io.Writer) error {
	if err := (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(w, p.img); err != nil {
		return fmt.Errorf("encode picture: %w", err)
	}
	return nil
}

// face is a typeface of a size in pixels.
func (p *painting) face(size int, bold bool) font.Face {
	key := [2]int{size, 0}
	if bold {
		key[1] = 1
	}
	if f := p.faces[key]; f != nil {
		return f
	}
	fonts, err := typefaces()
	if err != nil {
		panic(err) // they are part of the program
	}
	f, err := opentype.NewFace(fonts[key[1]], &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err) // a size of ours
	}
	p.faces[key] = f
	return f
}

func (p *painting) width(s string, size int, bold bool) float64 {
	return float64(font.MeasureString(p.face(size, bold), s)) / 64
}

// text writes a line; y is its baseline, align 0 for left, 0.5 for the middle, 1
// for right of x.
func (p *painting) text(x, y, align float64, s string, size int, bold bool, c color.Color) {
	p.look(s)
	x -= align * p.width(s, size, bold)
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(c), Face: p.face(size, bold), Dot: fixed.Point26_6{X: fixed.Int26_6(math.Round(x * 64)), Y: fixed.Int26_6(math.Round(y * 64))}}
	d.DrawString(s)
}

// look notes the letters of a text that the typefaces do not have: they become boxes.
func (p *painting) look(s string) {
	fonts, err := typefaces()
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, r := range s {
		if r < 0x80 || !unicode.IsGraphic(r) {
			continue
		}
		if i, err := fonts[0].GlyphIndex(&p.glyphs, r); err != nil || i == 0 {
			p.undrawn[r] = true
		}
	}
}

// lines breaks a text between words into at most n lines of a width; what does
// not fit ends with an ellipsis.
func (p *painting) lines(s string, n int, width float64, size int, bold bool) []string {
	var out []string
	words := strings.Fields(s)
	for len(words) > 0 && len(out) < n {
		line := p.fit(words[0], width, size, bold)
		words = words[1:]
		for len(words) > 0 && p.width(line+" "+words[0], size, bold) <= width {
			line += " " + words[0]
			words = words[1:]
		}
		out = append(out, line)
	}
	if len(words) > 0 && len(out) > 0 {
		last := []rune(out[len(out)-1])
		for len(last) > 0 && p.width(string(last)+" …", size, bold) > width {
			last = last[:len(last)-1]
		}
		out[len(out)-1] = strings.TrimRight(string(last), " ,;:") + " …"
	}
	return out
}

// fit cuts one word to a width.
func (p *painting) fit(s string, width float64, size int, bold bool) string {
	if p.width(s, size, bold) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && p.width(string(r)+"…", size, bold) > width {
		r = r[:len(r)*9/10]
	}
	return string(r) + "…"
}

func (p *painting) fill(x0, y0, x1, y1 float64, c color.Color) {
	p.shape(c, [2]float64{x0, y0}, [2]float64{x1, y0}, [2]float64{x1, y1}, [2]float64{x0, y1})
}

// shape fills a polygon.
func (p *painting) shape(c color.Color, points ...[2]float64) {
	if len(points) < 3 {
		return
	}
	b := image.Rectangle{Min: image.Pt(math.MaxInt32, math.MaxInt32), Max: image.Pt(math.MinInt32, math.MinInt32)}
	for _, q := range points {
		b.Min.X, b.Min.Y = min(b.Min.X, int(math.Floor(q[0]))), min(b.Min.Y, int(math.Floor(q[1])))
		b.Max.X, b.Max.Y = max(b.Max.X, int(math.Ceil(q[0]))), max(b.Max.Y, int(math.Ceil(q[1])))
	}
	b = b.Intersect(p.img.Bounds())
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	for i, q := range points {
		x, y := float32(q[0]-float64(b.Min.X)), float32(q[1]-float64(b.Min.Y))
		if i == 0 {
			r.MoveTo(x, y)
			continue
		}
		r.LineTo(x, y)
	}
	r.ClosePath()
	r.Draw(p.img, b, image.NewUniform(c), image.Point{})
}

// stroke draws a line through points.
func (p *painting) stroke(c color.Color, width float64, points ...[2]float64) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		dx, dy := b[0]-a[0], b[1]-a[1]
		n := math.Hypot(dx, dy)
		if n == 0 {
			continue
		}
		// A little longer than it is, so that corners close.
		ex, ey := dx/n*width/3, dy/n*width/3
		ox, oy := -dy/n*width/2, dx/n*width/2
		p.shape(c, [2]float64{a[0] - ex + ox, a[1] - ey + oy}, [2]float64{b[0] + ex + ox, b[1] + ey + oy},
			[2]float64{b[0] + ex - ox, b[1] + ey - oy}, [2]float64{a[0] - ex - ox, a[1] - ey - oy})
	}
}

// dashes draws an upright line of dashes.
func (p *painting) dashes(x, y0, y1 float64, c color.Color) {
	for y := y0; y < y1; y += 7 {
		p.stroke(c, 1.2, [2]float64{x, y}, [2]float64{x, min(y1, y+4)})
	}
}
