package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"

	"crosstalk/session/link"
)

// The picture of docs/link-check.md: the order of the halves over two latency
// traces from the simulation, of which the upper one follows it.
const (
	pictureWidth  = 860
	pictureHeight = 380
	left          = 20.0
	right         = 840.0
	picturePairs  = 8
	pictureSeed   = 12
)

func picture(path string) error {
	profile := link.Standard()
	coins := link.Assign(pictureSeed, picturePairs)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="14" role="img" aria-labelledby="t">`+"\n", pictureWidth, pictureHeight)
	b.WriteString("<title id=\"t\">Load on staging in a random order, and two productions: one follows it, one does not</title>\n")
	b.WriteString("<style>.bg{fill:#fff}.on{fill:#d97706}.band{fill:#d97706;opacity:.13}.off{fill:#d4d4d4}.text{fill:#262626}.faint{fill:#525252}.line{fill:none;stroke:#1d4ed8;stroke-width:1.2}.mean{stroke:#b91c1c;stroke-width:2.5}" +
		"@media (prefers-color-scheme:dark){.bg{fill:#171717}.off{fill:#525252}.text{fill:#f5f5f5}.faint{fill:#a3a3a3}.line{stroke:#93c5fd}.mean{stroke:#fca5a5}}</style>\n")
	fmt.Fprintf(&b, "<rect class=\"bg\" width=\"%d\" height=\"%d\"/>\n", pictureWidth, pictureHeight)

	half := (right - left) / (2 * picturePairs)
	fmt.Fprintf(&b, "<text class=\"text\" x=\"%g\" y=\"22\">Load on staging, in an order drawn by lot (%d pairs of halves, 5 s each)</text>\n", left, picturePairs)
	for k, first := range coins {
		for h := range 2 {
			x := left + half*float64(2*k+h)
			class := "off"
			if first == (h == 0) {
				class = "on"
				fmt.Fprintf(&b, "<rect class=\"band\" x=\"%.1f\" y=\"50\" width=\"%.1f\" height=\"320\"/>\n", x, half)
			}
			fmt.Fprintf(&b, "<rect class=\"%s\" x=\"%.1f\" y=\"32\" width=\"%.1f\" height=\"14\"/>\n", class, x, half)
		}
	}
	for i, t := range []struct {
		text   string
		effect float64
		top    float64
	}{
		{"This production follows: each loaded half is slower than its neighbour. Linked.", 0.5, 60},
		{"This one has its own ups and downs, which do not know the order. No link seen.", 0, 220},
	} {
		w := bursty.make(&scenario{effect: t.effect}, rand.New(rand.NewPCG(pictureSeed, uint64(i))), 4000)
		trace(&b, w, profile, coins, t.top, half)
		fmt.Fprintf(&b, "<text class=\"text\" x=\"%g\" y=\"%g\">%s</text>\n", left, t.top+14, t.text)
	}
	b.WriteString("</svg>\n")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// trace draws production's latency and the mean of each half.
func trace(b *strings.Builder, w *world, p link.Profile, coins link.Assignment, top, half float64) {
	d := newDriver(w, users)
	ticks := int(p.Half.Seconds() / w.tick)
	y := func(log float64) float64 {
		return top + 98 - 44*(log-math.Log(productionBase))
	}
	var line, means strings.Builder
	for k, first := range coins {
		for h := range 2 {
			load := float64(count(first == (h == 0)))
			x := left + half*float64(2*k+h)
			var used []float64
			for i := range ticks {
				v := d.measured(0)
				if float64(i)*w.tick >= p.Discard.Seconds() {
					used = append(used, v)
				}
				fmt.Fprintf(&line, "%.1f,%.1f ", x+half*float64(i)/float64(ticks), y(v))
				d.advance(load, load)
			}
			fmt.Fprintf(&means, "<line class=\"mean\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
				x+half*p.Discard.Seconds()/p.Half.Seconds(), x+half, y(trimmed(used)), y(trimmed(used)))
		}
	}
	fmt.Fprintf(b, "<polyline class=\"line\" points=\"%s\"/>\n%s", strings.TrimSpace(line.String()), means.String())
}
