package report

import (
	"fmt"
	"image/color"
	"io"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// panel is one plot of a picture: where it stands, and the scale of its values.
type panel struct {
	p    *painting
	m    *Model
	c    *canvas // for its time axis and its pixel columns
	s    scale
	size int // of its letters

	words []lineWord
}

// curveOf is one line of a panel.
type curveOf struct {
	name   string
	v      values
	ink    color.RGBA
	filled bool
}

// newPanel opens a plot in a picture, with its name and what its lines mean.
func newPanel(p *painting, m *Model, top, bottom float64, size int, s scale) *panel {
	g := geometryOf(m, true)
	g.width = float64(p.img.Bounds().Dx())
	g.left, g.right = float64(size)*5, float64(size)*1.6
	s.top, s.bottom = top, bottom
	return &panel{p: p, m: m, c: &canvas{geometry: g}, s: s, size: size}
}

// head names a panel and its lines, above it.
func (a *panel) head(name string, curves ...curveOf) {
	y := a.s.top - float64(a.size)*0.6
	a.p.text(a.c.left, y, 0, name, a.size, true, inkText)
	x := a.c.left + a.p.width(name, a.size, true) + float64(a.size)*1.5
	for _, l := range curves {
		thick := float64(a.size) / 4
		if l.filled {
			thick = float64(a.size) * 0.7
		}
		mid := y - float64(a.size)*0.35
		a.p.stroke(l.ink, thick, [2]float64{x, mid}, [2]float64{x + float64(a.size)*1.6, mid})
		x += float64(a.size) * 2
		a.p.text(x, y, 0, l.name, a.size, false, inkText)
		x += a.p.width(l.name, a.size, false) + float64(a.size)*1.4
	}
}

// grid draws the axes. The time of day stands above only where there is room.
func (a *panel) grid(word func(float64) string, times bool) {
	left, right := a.c.left, a.c.width-a.c.right
	for _, v := range a.s.ticks {
		y := a.s.y(v)
		a.p.stroke(inkRule, 1, [2]float64{left, y}, [2]float64{right, y})
		a.p.text(left-float64(a.size)*0.5, y+float64(a.size)*0.35, 1, word(v), a.size, false, inkSoft)
	}
	for i, t := range a.c.marks() {
		x := a.c.x(t)
		a.p.stroke(inkRule, 1, [2]float64{x, a.s.top}, [2]float64{x, a.s.bottom})
		if !times {
			continue
		}
		align := 0.5
		if x > right-float64(a.size)*2 {
			align = 1
		} else if i == 0 {
			align = 0
		}
		a.p.text(x, a.s.bottom+float64(a.size)*1.3, align, short(t), a.size, false, inkSoft)
	}
}

// gaps shades where nothing was measured.
func (a *panel) gaps(known func(int) bool) {
	step := a.m.Series.Step
	for i := range a.m.Series.Running {
		if !known(i) {
			a.p.fill(a.c.x(float64(i)*step), a.s.top, a.c.x(float64(i+1)*step), a.s.bottom, inkGap)
		}
	}
}

// mutes mark, at the top, where production's checks failed and told no latency.
func (a *panel) mutes() {
	s := a.m.Series
	for i := range s.Running {
		if s.mute(i) {
			a.p.fill(a.c.x(float64(i)*s.Step), a.s.top, a.c.x(float64(i+1)*s.Step), a.s.top+float64(a.size)*0.5, inkBad)
		}
	}
}

// marks draws cuts and bugs through a panel; their letters stand at its top.
func (a *panel) marks(named bool) {
	next := 0.0
	var last []func() // the letters, over every line
	put := func(at float64, label string, ink color.RGBA) {
		x := a.c.x(at)
		a.p.dashes(x, a.s.top, a.s.bottom, ink)
		if w := a.p.width(label, a.size, true); named && x >= next {
			x = min(x+3, a.c.width-a.c.right-w)
			next = x + w + 4
			write := func() {
				a.p.fill(x-1, a.s.top+2, x+w+1, a.s.top+1.25*float64(a.size), inkGround)
				a.p.text(x, a.s.top+float64(a.size), 0, label, a.size, true, ink)
			}
			last = append(last, write)
		}
	}
	type deed struct {
		at    float64
		label string
		ink   color.RGBA
	}
	var list []deed
	for _, g := range a.m.Guard {
		if cuts(g.To) && !cuts(g.From) {
			list = append(list, deed{g.Elapsed, "CUT", inkText})
		}
	}
	for _, n := range a.m.pick(func(n Note) bool { return n.Kind == notes.Bug && n.Elapsed >= 0 }) {
		list = append(list, deed{n.Elapsed, n.flag(), inkBug})
	}
	for i := 1; i < len(list); i++ { // by time; there are few
		for j := i; j > 0 && list[j].at < list[j-1].at; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	for _, d := range list {
		put(d.at, d.label, d.ink)
	}
	for _, write := range last {
		write()
	}
}

// loadPanel draws the users, or the requests a second, that the dial counted.
func loadPanel(p *painting, m *Model, top, bottom float64, size int, times bool) {
	d := drawing{m: m, s: m.Series}
	a := newPanel(p, m, top, bottom, size, linear(1.08*float64(max(5, m.Totals.PeakAsked, m.Totals.PeakUsers)), top, bottom))
	running, asked := curveOf{"running", values{high: floats(m.Series.Running)}, inkUsers, true}, curveOf{"asked for", values{high: floats(m.Series.Asked)}, inkAsked, false}
	a.head(loadName(m), asked, running)
	a.gaps(d.loadKnown)
	a.area(running.v, running.ink)
	a.grid(wholeWord, times)
	a.asked(asked)
	a.marks(true)
}

// loadName is what the load is counted in, as the head of its panel.
func loadName(m *Model) string {
	if u := session.Unit(m.Session.Mode); u.Rate() {
		return u.Word()
	}
	return "Users"
}

// latencyPanel draws both environments' p95 on one scale.
func latencyPanel(p *painting, m *Model, top, bottom float64, size int, times bool) {
	d := drawing{m: m, s: m.Series}
	low := Low{}
	if m.Series.Low != nil {
		low = *m.Series.Low
	}
	staging, prod := curveOf{"staging, the users' own requests", values{m.Series.StagingP95, low.StagingP95}, inkStaging, false}, curveOf{"production, our checks", values{m.Series.ProductionP95, low.ProductionP95}, inkProduction, false}
	least, most := bounds(staging.v, prod.v)
	a := newPanel(p, m, top, bottom, size, logarithmic(least, most, top, bottom))
	names := []curveOf{staging, prod}
	if m.Series.anyMute() {
		names = append(names, curveOf{"production " + failedMute, values{}, inkBad, true})
	}
	a.head("p95", names...)
	a.gaps(func(i int) bool { return d.loadKnown(i) || d.s.sight(i) })
	a.mutes()
	a.grid(millisTick, times)
	a.curves(staging, prod)
	a.marks(false)
}

// errorsPanel draws the shares of what failed.
func errorsPanel(p *painting, m *Model, top, bottom float64, size int, times bool) {
	staging, prod := curveOf{"staging", m.Series.failed(), inkStaging, false}, curveOf{"production", values{high: m.Series.ProductionErrors}, inkProduction, false}
	_, most := bounds(staging.v, prod.v)
	a := newPanel(p, m, top, bottom, size, linear(max(most, 0.01), top, bottom))
	a.head("Errors", staging, prod)
	a.grid(percent, times)
	a.curves(staging, prod)
	a.marks(false)
}

// The size of the shared picture, as chats and social pages show it, and of the
// small ones beside report.md.
const (
	shareWidth, shareHeight = 1200, 675
	smallWidth, smallHeight = 840, 230
)

// writeShare writes one picture for whoever reads nothing else: what was
// learned, how production was, the load and both latencies.
func writeShare(w io.Writer, m *Model) error {
	p := newPainting(shareWidth, shareHeight)
	const left, right = 48.0, shareWidth - 48.0
	head := oneLine(tidy(cut(m.Answer.Learned, 400)))
	over := "Exploratory load test"
	if m.Answer.Draft {
		head = oneLine(tidy(cut(m.Session.Charter, 400)))
		over += " · draft: what was learned is not said yet"
	}
	if head == "" {
		head = "A session without a charter"
	}
	if b := m.Session.Began; b != nil {
		over += " · " + b.Format("2006-01-02 15:04 UTC") + " · " + lasting(m.Session.Seconds)
	}
	p.text(left, 46, 0, over, 17, false, inkSoft)
	y := 84.0
	for _, l := range p.lines(head, 2, right-left, 31, true) {
		p.text(left, y, 0, l, 31, true, inkText)
		y += 39
	}
	ground, ink, word := inkDark, inkText, "Production: not known"
	switch m.Answer.Production {
	case Touched:
		ground, ink, word = inkBad, inkGround, "▲ Production: touched"
	case Untouched:
		ground, ink, word = inkGood, inkGoodText, "● Production: untouched"
	}
	pill := p.width(word, 20, true) + 28
	p.fill(left, y-20, left+pill, y+14, ground)
	p.text(left+14, y+4, 0, word, 20, true, ink)
	p.text(left+pill+18, y+4, 0, p.fit(shareLine(m), right-left-pill-18, 18, false), 18, false, inkText)
	if len(m.Series.Running) == 0 {
		p.text(left, 320, 0, "Nothing was measured.", 22, false, inkSoft)
		return p.finish(w, m)
	}
	if said := shareTold(m); said != "" {
		y += 36
		p.text(left, y+4, 0, p.fit(said, right-left, 18, true), 18, true, inkText)
	}
	top := y + 66
	middle := top + (614-top)*0.36
	loadPanel(p, m, top, middle, 16, false)
	latencyPanel(p, m, middle+46, 614, 16, true)
	p.text(right, 660, 1, "drawn by Crosstalk from the session's journal", 14, false, inkSoft)
	return p.finish(w, m)
}

// finish says on a picture, and keeps for whoever exports it, that letters of it
// could not be drawn, and writes it.
func (p *painting) finish(w io.Writer, m *Model) error {
	if m.undrawn = len(p.undrawn); m.undrawn > 0 {
		p.text(48, 660, 0, "Letters of the words above can't be drawn in a picture: report.html shows them all.", 14, true, inkBad)
	}
	return p.encode(w)
}

// shareLine are the session's numbers in half a line.
func shareLine(m *Model) string {
	t := m.Totals
	if t.Requests == 0 {
		return "no request was counted"
	}
	return fmt.Sprintf("up to %s · %s, %s failed · %s", session.Unit(m.Session.Mode).Of(t.PeakUsers), count(t.Requests, "request", "requests"), percentOf(t.Errors, t.Requests), list(foundWords(m)))
}

// shareTold is what link checks and data stores told, in few words.
func shareTold(m *Model) string {
	var parts []string
	for _, t := range m.Answer.Link {
		parts = append(parts, oneLine(tidy(t.name()+": "+t.Verdict)))
	}
	return strings.Join(parts, " · ")
}

// small draws one panel as a picture of its own.
func small(of func(p *painting, m *Model, top, bottom float64, size int, times bool)) func(io.Writer, *Model) error {
	return func(w io.Writer, m *Model) error {
		p := newPainting(smallWidth, smallHeight)
		if len(m.Series.Running) == 0 {
			p.text(20, 60, 0, "Nothing was measured.", 15, false, inkSoft)
			return p.encode(w)
		}
		of(p, m, 34, smallHeight-30, 14, true)
		return p.encode(w)
	}
}

// pictured are the small pictures beside report.md, in its order.
var pictured = []struct {
	file, name string
	draw       func(io.Writer, *Model) error
}{
	{"report-users.png", "Users asked for and running", small(loadPanel)},
	{"report-latency.png", "p95 of staging and of production", small(latencyPanel)},
	{"report-errors.png", "Errors of staging and of production", small(errorsPanel)},
}
