package picture

import "fmt"

// An rgb is a colour as 0xRRGGBB.
type rgb uint32

func (c rgb) String() string { return fmt.Sprintf("#%06x", uint32(c)) }

// mix returns share of c, 0 to 1, over the rest of under.
func (c rgb) mix(under rgb, share float64) rgb {
	var out rgb
	for _, shift := range []int{16, 8, 0} {
		a, b := float64(c>>shift&0xff), float64(under>>shift&0xff)
		out |= rgb(a*share+b*(1-share)+0.5) << shift
	}
	return out
}

// A theme is what a terminal brings of its own: the two default colours, the frame
// around the window, and the first 16 of the palette.
type theme struct {
	fg, bg, edge rgb
	base         [16]rgb
}

var dark = theme{
	fg: 0xd3d9e3, bg: 0x0f141b, edge: 0x2b3440,
	base: [16]rgb{
		0x1b222c, 0xf0655c, 0x5cc98a, 0xe3b341, 0x6aa7f8, 0xc48cf2, 0x4fc4cf, 0xc5ccd6,
		0x6b7686, 0xff8a80, 0x86e0ab, 0xf5cc66, 0x95c1ff, 0xd9aefc, 0x7fdde6, 0xf4f7fb,
	},
}

var bright = theme{
	fg: 0x24292f, bg: 0xffffff, edge: 0xd0d7de,
	base: [16]rgb{
		0x24292f, 0xc0261c, 0x1a7f37, 0x8a5a00, 0x0957c3, 0x7a35c9, 0x12727c, 0x6a737d,
		0x57606a, 0xa01810, 0x116329, 0x6f4800, 0x0846a0, 0x6226a8, 0x0d5a62, 0x8c959f,
	},
}

// rgb returns the colour that c of a style means, or otherwise where it is unset.
func (t *theme) rgb(c int32, otherwise rgb) rgb {
	switch {
	case c < 0:
		return otherwise
	case c >= direct:
		return rgb(c &^ direct)
	case c < 16:
		return t.base[c]
	case c < 232: // xterm's cube of 6 by 6 by 6, whose first step is larger than the others
		step := func(n int32) rgb {
			if n == 0 {
				return 0
			}
			return rgb(55 + 40*n)
		}
		n := c - 16
		return step(n/36)<<16 | step(n/6%6)<<8 | step(n%6)
	default: // xterm's 24 greys
		return rgb(8+10*(c-232)) * 0x010101
	}
}

// colours returns what a cell of style s is drawn with: its ink and its ground.
func (t *theme) colours(s style) (ink, ground rgb) {
	ink, ground = t.rgb(s.fg, t.fg), t.rgb(s.bg, t.bg)
	if s.reverse {
		ink, ground = ground, ink
	}
	if s.dim {
		ink = ink.mix(ground, 0.55)
	}
	return ink, ground
}
