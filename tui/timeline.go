package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// moment is the timeline's cursor. Until it is set it goes with the newest.
type moment struct {
	set  bool
	at   int64 // milliseconds of the session
	end  int64 // where the picture ends while it is set
	mark int   // the selected event, if it is of this moment
}

// frame is the axis with the cursor on it: while the cursor is set the picture
// stands, and it moves only as far as the cursor needs.
func (c *moment) frame(a axis, now int64) axis {
	if !c.set {
		return a
	}
	half := int64(a.cols*a.per) * a.bucket / 2
	at := func(end int64) axis {
		dots := int64(a.cols * a.per)
		a.now, a.from = end, (end/a.bucket-dots+1)*a.bucket
		return a
	}
	a = at(c.end)
	if d := a.dot(c.at); d < 0 || d >= a.cols*a.per {
		c.end = min(now, c.at+half)
		a = at(c.end)
	}
	a.past = true
	return a
}

// timeline is the whole session along one axis: both environments' charts, every
// value at the cursor, and what happened around it.
type timeline struct{ m *Model }

func (m *Model) timelineRect() rect {
	l := m.layout
	top := l.banner.y + l.banner.h
	return rect{0, top, l.w, l.status.y - l.bar.h - top}
}

// timelineKeys are the keys of the timeline alone, for the help.
func timelineKeys() []binding {
	return []binding{
		{id: "cursor", show: "← →", does: "the moment before, after (Shift: ten)", group: groupTime},
		{id: "events", show: "↑ ↓", does: "the event before, after", group: groupTime},
		{id: "pages", show: "PgUp PgDn", does: "half a picture back, or on", group: groupTime},
		{id: "ends", show: "Home End", does: "the start; now", group: groupTime},
		{id: "nearer", show: "+ -", does: "show less or more: 1, 5, 15 min, all", group: groupTime},
		{id: "noted", show: "Enter", does: "open the note under the cursor", group: groupTime},
	}
}

// groupTime is the group of what works in the timeline.
const groupTime = "In the timeline (t)"

// where is the cursor's moment.
func (m *Model) where() int64 {
	if m.point.set {
		return m.point.at
	}
	return m.shownTo()
}

// toMoment puts the cursor on a moment; at the newest it goes with it again.
func (m *Model) toMoment(ms int64) {
	now := m.shownTo()
	ms = min(max(0, ms), now)
	if ms == now {
		m.point = moment{}
		return
	}
	if !m.point.set {
		m.point.end = m.view.axis.now
	}
	m.point.set, m.point.at, m.point.mark = true, ms, -1
}

// alongTime handles a key in the timeline and tells whether it was its own.
func (m *Model) alongTime(key string) bool {
	step := max(1000, m.view.axis.bucket)
	at := m.where()
	at -= at % max(1, step) // the beginning of its dot
	half := m.view.axis.bucket * int64(m.view.axis.cols*m.view.axis.per) / 2
	switch key {
	case "left", "h":
		m.toMoment(at - step)
	case "right", "l":
		m.toMoment(at + step)
	case "shift+left":
		m.toMoment(at - 10*step)
	case "shift+right":
		m.toMoment(at + 10*step)
	case "pgup":
		m.toMoment(at - half)
	case "pgdown", "space": // the latter in a replay alone
		m.toMoment(at + half)
	case "home":
		m.toMoment(0)
	case "end":
		m.point = moment{}
	case "up", "k":
		m.toEvent(-1)
	case "down", "j":
		m.toEvent(1)
	case "+", "=", ",":
		m.stretch(-1)
	case "-", ".":
		m.stretch(1)
	case "v":
		m.scale = (m.scale + 1) % scaleCount
	case "p", "Z":
		m.pausePicture()
	case "enter":
		return m.openNoted()
	default:
		return false
	}
	return true
}

// event is the index of the event that is selected: the one that keys chose, else
// the newest that had happened at the cursor; -1 if there was none.
func (m *Model) event() int {
	all, at := m.s.Marks, m.where()
	if i := m.point.mark; m.point.set && i >= 0 && i < len(all) && all[i].MS == at {
		return i
	}
	if b := m.view.axis.bucket; m.point.set && b > 0 { // all that its dot shows had happened
		at += b - 1 - at%b
	}
	for i, e := range slices.Backward(all) {
		if e.MS <= at {
			return i
		}
	}
	return -1
}

// toEvent goes to the event before or after.
func (m *Model) toEvent(by int) {
	i := m.event()
	if i < 0 && by < 0 || len(m.s.Marks) == 0 {
		return
	}
	// From between two events up is to the one that is selected.
	if k := max(0, i); by > 0 || m.point.set && m.s.Marks[k].MS == m.where() {
		i += by
	}
	if i < 0 || i >= len(m.s.Marks) {
		return
	}
	m.toMoment(m.s.Marks[i].MS)
	m.point.mark = i
}

// openNoted opens the note that is selected.
func (m *Model) openNoted() bool {
	i := m.event()
	if i < 0 || m.s.Marks[i].ID == "" || m.replay != nil {
		return false
	}
	if _, ok := m.s.Notes.Get(m.s.Marks[i].ID); !ok {
		return false
	}
	m.overlay = overlayNone
	m.tile, m.sel = tileKey{}, m.s.Marks[i].ID
	m.desk.open, m.desk.top = true, 0
	return true
}

// slotAt is what is drawn at the cursor: all slots that begin in its dot, each
// line at its worst; where slots are longer than a dot, the one that covers it.
// ok is false where nothing was told. Seconds is how much time it is the worst of.
func (m *Model) slotAt() (found session.Second, seconds int, ok bool) {
	v := m.view
	a := v.axis
	if a.bucket == 0 {
		return found, 0, false
	}
	at := m.where()
	lo := at - at%a.bucket
	if at < a.from {
		lo = a.from - a.bucket
	}
	hi := lo + a.bucket
	var cover *session.Second
	for i := range v.slots {
		s := &v.slots[i]
		step := v.step(s)
		if !m.point.set {
			step += max(1000, a.bucket) // the newest tells of now until the next does
		}
		switch {
		case s.MS >= hi:
		case s.MS < lo:
			if s.MS+step > lo {
				cover, seconds = s, int(v.step(s)/1000)
			}
		case ok:
			found.Join(*s)
		default:
			found, ok = *s, true
		}
	}
	switch {
	case ok:
		return found, int(max(a.bucket, v.step(&found))+500) / 1000, true
	case cover != nil:
		return *cover, seconds, true
	}
	return found, 0, false
}

func (t timeline) render(w, h int) string {
	m := t.m
	c := newCanvas(m.st, w, h)
	c.box(inkDim)
	at := m.where()
	x := c.text(1, 0, " TIMELINE ", inkStrong)
	when := fmt.Sprintf("%s · %s", short(time.Duration(at)*time.Millisecond), m.s.At(at).In(m.now.Location()).Format("15:04:05"))
	if back := m.elapsed() - time.Duration(at)*time.Millisecond; back >= time.Second && m.replay == nil {
		when += " · " + span(back) + " ago"
	} else if m.replay == nil {
		when += " · now"
	}
	s, seconds, ok := m.slotAt()
	if ok && seconds > 1 {
		when += fmt.Sprintf(" · worst of %s", span(time.Duration(seconds)*time.Second))
	}
	x = c.clip(x, 0, w-2, when+" ", inkText)
	if m.still.on {
		x = c.clip(x, 0, w-2, "· picture paused ", inkAmber)
	}
	says := " latency, " + m.scaleName() + " · " + m.reachName() + " "
	if x+width(says)+2 < w {
		c.right(w-2, 0, says, inkDim)
	}
	t.values(c, 2, 1, w-4, s, ok)
	list := min(max(3, (h-2)/4), max(1, len(m.s.Marks)))
	room := h - 2 - 3 - list
	upper := room / 2
	v := m.view
	for i, name := range []string{"staging", "production"} {
		y, rows := 4, upper
		if i == 1 {
			y, rows = 4+upper, room-upper
		}
		p := pane{m, name}
		p.chart(c, 1, y, rows)
		t.line(c, 1, y, rows-2, v)
		k := inkStaging
		if i == 1 {
			k = inkProd
		}
		// Over the chart's blank corner, before its first dot.
		c.clip(1+gutter+1, y, w-2, " "+strings.ToUpper(name)+" ", k)
	}
	t.events(c, 2, h-1-list, w-4, list)
	t.foot(c)
	return c.String()
}

// line draws the cursor over a chart.
func (t timeline) line(c *canvas, x, y, h int, v window) {
	col := v.axis.col(t.m.where())
	if !t.m.point.set {
		col = v.axis.cols - 1
	}
	if col < 0 || col >= v.axis.cols {
		return
	}
	for r := range h {
		c.set(x+gutter+col, y+r, "┃", inkStrong)
	}
}

// values are three lines: all that was measured at the cursor.
func (t timeline) values(c *canvas, x, y, w int, s session.Second, ok bool) {
	p := func(k session.Curve) []piece {
		if !ok || !k.OK {
			return []piece{{"–", inkDim}}
		}
		return percentiles(false, []string{"p50", "p95", "max"}, []*float64{&k.P50, &k.P95, &k.Max})
	}
	state := func(k session.Curve) []piece {
		if !ok || k.State == "" {
			return []piece{{"○ not told", inkDim}}
		}
		mark, k2 := shape(k.State)
		return []piece{{mark + " " + fmt.Sprintf("%-8s", k.State), k2}}
	}
	c.clip(x, y, x+w, "staging", inkStaging)
	c.clip(x, y+1, x+w, "production", inkProd)
	c.clip(x, y+2, x+w, "users", inkDim)
	in, iw := x+11, w-11
	load := append([]piece{{"requests ", inkDim}}, p(s.Load)...)
	g := [][]piece{state(s.Staging), load}
	if ok && s.Told && s.Load.OK {
		g = append(g, []piece{{fmt.Sprintf("%.0f", s.RPS), inkText}, {" req/s", inkDim}}, errorShare(s.Load.Errors))
	}
	g = append(g, append([]piece{{"checks ", inkDim}}, p(s.Staging)...))
	flow(c, in, y, iw, 1, g)
	g = [][]piece{state(s.Prod), append([]piece{{"checks   ", inkDim}}, p(s.Prod)...)}
	if ok && s.Prod.Counted {
		g = append(g, errorShare(s.Prod.Errors))
	}
	flow(c, in, y+1, iw, 1, g)
	switch {
	case ok && s.Told:
		flow(c, in, y+2, iw, 1, [][]piece{{{fmt.Sprintf("%d", s.Running), inkStrong}, {" running", inkDim}}, {{fmt.Sprintf("%d", s.Asked), inkText}, {" asked for", inkDim}}})
	default:
		c.clip(in, y+2, x+w, "nothing was told at this moment", inkDim)
	}
}

// events lists what happened around the cursor.
func (t timeline) events(c *canvas, x, y, w, h int) {
	m := t.m
	all := m.s.Marks
	if len(all) == 0 {
		c.clip(x, y, x+w, "nothing has happened yet", inkDim)
		return
	}
	sel := m.event()
	from := min(max(0, sel-h/2), max(0, len(all)-h))
	zone := m.now.Location()
	for i := 0; i < h && from+i < len(all); i++ {
		k := all[from+i]
		text, ink := k.Text, inkText
		if n, ok := m.s.Notes.Get(k.ID); ok && k.ID != "" {
			text = strings.TrimSpace(n.Kind.Info().Mark + " " + n.Text)
			if n.System {
				ink = inkSystem
			}
			if n.Gone != nil {
				text, ink = "(note taken back)", inkSystem
			}
		}
		mark := sign{" ", inkDim, 0}
		if s, ok := m.signOf(k); ok {
			mark = s
		}
		dim, line := inkDim, inkText
		if from+i == sel {
			c.set(x-1, y+i, "▸", inkStrong)
			c.fill(x, y+i, w, 1, inkSelect)
			dim, line, ink, mark.ink = inkSelect, inkSelect, inkSelect, inkSelect
		}
		at := c.clip(x, y+i, x+w, fmt.Sprintf("%-8s", since(k.MS)), line)
		at = c.clip(at, y+i, x+w, k.T.In(zone).Format("15:04:05")+"  ", dim)
		at = c.clip(at, y+i, x+w, mark.text+" ", mark.ink)
		who, room := k.By, 9
		if m.s.Shared() {
			who, room = m.signed(k.By, m.s.RoleAt(k.By, k.MS)), 19
		}
		at = c.clip(at, y+i, x+w, fmt.Sprintf("%-*s", room+1, cut(who, room)), dim)
		c.clip(at, y+i, x+w, cut(strings.Join(strings.Fields(text), " "), x+w-at), ink)
	}
}

// foot are the keys, as many as there is room for.
func (t timeline) foot(c *canvas) {
	keys := []string{"← → moment", "↑ ↓ events", "+ - stretch", "p pause", "v scale", "End now", "Esc closes"}
	for len(keys) > 3 && width(strings.Join(keys, " · "))+6 > c.w {
		keys = append(keys[:len(keys)-2], keys[len(keys)-1])
	}
	c.right(c.w-2, c.h-1, " "+strings.Join(keys, " · ")+" ", inkDim)
}
