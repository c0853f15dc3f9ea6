package tui

import (
	"slices"
	"strings"

	"crosstalk/session"
)

// header is the first line: what is recorded, for how long, what for, and who
// holds the dial.
type header struct{ m *Model }

func (b header) render(w, _ int) string {
	m, s := b.m, b.m.s
	c := newCanvas(m.st, w, 1)
	x := c.text(1, 0, "crosstalk", inkStrong)
	if m.o.Demo || s.Start.Demo != "" {
		x = c.text(x, 0, " demo", inkDim)
	}
	x++
	switch {
	case m.replay != nil:
		x = m.replay.sign(c, x)
	case s.Ended != nil:
		x = c.text(x, 0, "■ ended", inkDim)
	case s.Paused:
		x = c.text(x, 0, "paused", inkAmber)
	default:
		x = c.text(x, 0, "●", inkStaging)
	}
	who := m.people(w * 2 / 5)
	time := m.clockLine()
	for len(time) > 2 && x+total([][]piece{time})+width(who)+6 > w {
		time = time[:len(time)-1]
	}
	for _, p := range time {
		x = c.text(x, 0, p.text, p.ink)
	}
	end := w - 1
	if who != "" {
		end = c.right(w-1, 0, who, inkDim) - 3
	}
	charter := s.Charter
	if charter == "" {
		charter = "no charter"
	}
	if end-x-3 >= 8 {
		c.clip(x+3, 0, end, cut(strings.Join(strings.Fields(charter), " "), end-x-3), inkText)
	}
	return c.String()
}

// status is the last line: the guard, production and the link on the left, and
// on the right the keys, a question or what there is to say.
type status struct{ m *Model }

func (b status) render(w, _ int) string {
	m := b.m
	c := newCanvas(m.st, w, 1)
	switch {
	case m.replay != nil:
		return m.replay.status(w)
	case m.leaving:
		c.text(1, 0, "ending the session and writing its report …", inkText)
		return c.String()
	case m.mode == modeAsk:
		x := c.clip(1, 0, w-20, m.ask.text, inkStrong)
		x = c.text(x+2, 0, "y", inkKey)
		x = c.text(x, 0, " yes  ", inkDim)
		if m.ask.no != nil {
			x = c.text(x, 0, "n", inkKey)
			x = c.text(x, 0, " no  ", inkDim)
			x = c.text(x, 0, "Esc", inkKey)
			c.text(x, 0, " not yet", inkDim)
			return c.String()
		}
		x = c.text(x, 0, "Esc", inkKey)
		c.text(x, 0, " no", inkDim)
		return c.String()
	}
	lefts := b.lefts()
	if msg := b.message(); msg.text != "" && b.fits(msg) {
		b.say(c, w, msg, lefts)
		return c.String()
	}
	left := lefts[0]
	for _, left = range lefts {
		keep := 0
		if len(left) == 3 { // most keys before the link or our own trouble
			keep = len(dropped) - 1
		}
		if total(left)+6+total([][]piece{b.keys(keep)}) <= w {
			break
		}
	}
	left = trim(left, w-6-total([][]piece{b.keys(0)}))
	flow(c, 1, 0, w-2, 1, left)
	room := w - 3 - total(left) - 3
	for drop := range len(dropped) + 1 {
		g := b.keys(len(dropped) - drop)
		if n := total([][]piece{g}); n <= room {
			x := w - 1 - n
			for _, p := range g {
				x = c.text(x, 0, p.text, p.ink)
			}
			break
		}
	}
	return c.String()
}

// lefts are what the left side may say, the longest first. Our own trouble
// outlives production's state, which its pane shows, too.
func (b status) lefts() [][][]piece {
	guard, brief, production := b.guard(false), b.guard(true), b.production()
	if b.m.unwatched() {
		return [][][]piece{{guard}, {brief}}
	}
	if why := b.m.selfTrouble(); why != "" && b.m.s.Guard.Cause != session.CauseSelf {
		word := "our own machine is busy: "
		if _, ok := b.m.s.Limit(); ok {
			word = "you are the bottleneck: "
		}
		self := []piece{{word + cut(why, 60), inkAmber}}
		return [][][]piece{{guard, production, self}, {guard, self}, {brief, self}}
	}
	words := []piece{b.m.linkWords()}
	if v := b.m.s.Link; v.Running != nil || v.Lock != nil || v.Last != nil { // somebody asked: it outlives production's state
		return [][][]piece{{guard, words}, {brief, words}, {brief}}
	}
	return [][][]piece{{guard, production, words}, {guard, production}, {guard}, {brief, production}, {brief}}
}

// trim cuts the last piece so that groups take at most w columns.
func trim(groups [][]piece, w int) [][]piece {
	over := total(groups) - w
	if over <= 0 {
		return groups
	}
	last := groups[len(groups)-1]
	end := last[len(last)-1]
	end.text = cut(end.text, max(4, width(end.text)-over))
	out := slices.Clone(groups)
	out[len(out)-1] = append(slices.Clone(last[:len(last)-1]), end)
	return out
}

func total(groups [][]piece) int {
	n := 3 * max(0, len(groups)-1)
	for _, g := range groups {
		for _, p := range g {
			n += width(p.text)
		}
	}
	return n
}

func (b status) message() message {
	if b.m.message.text == "" || !b.m.now.Before(b.m.message.till) {
		return message{}
	}
	return b.m.message
}

// say shows a message that fits at the right; the left gives way, but never the
// guard.
func (b status) say(c *canvas, w int, msg message, lefts [][][]piece) {
	left := lefts[0]
	for _, left = range lefts {
		if total(left)+7+width(msg.text) <= w {
			break
		}
	}
	left = trim(left, max(w/2, w-7-width(msg.text)))
	flow(c, 1, 0, w-2, 1, left)
	k := inkGreen
	if msg.bad {
		k = inkAmber
	}
	x := c.text(1+total(left)+3, 0, msg.mark(), k)
	c.clip(x, 0, w-1, cut(msg.text, w-1-x), inkStrong)
}

// shown are the keys on the status line in their order, dropped those that give
// way first when there is no room. Stopping never gives way.
var (
	shown   = []string{"up", "hold", "good", "stop", "note", "help", "quit"}
	quiet   = []string{"up", "earlier", "skip", "stop", "note", "help", "quit"} // while it is learned what is usual
	dropped = []string{"quit", "good", "hold", "up", "note", "earlier", "skip"}
)

// keys are the key hints with the first of dropped left out, as many as there
// are more than keep. A key that would be refused now is grey.
func (b status) keys(keep int) []piece {
	if g := b.typing(keep); g != nil {
		return g
	}
	gone := map[string]bool{}
	for _, id := range dropped[:len(dropped)-min(keep, len(dropped))] {
		gone[id] = true
	}
	var g []piece
	ids := shown
	if b.m.s.Baseline.Running {
		ids = quiet
	}
	for _, id := range ids {
		k := b.m.binding(id)
		if k == nil || gone[id] || id == "earlier" && b.m.s.Baseline.Offer == nil {
			continue
		}
		name, label := k.show, k.hint
		switch id {
		case "up":
			name, label = "↑↓", b.m.arrows()
		case "stop":
			name = "^x"
		case "hold":
			if b.m.s.Dial.Held || b.m.s.Guard.Latched() {
				label = "go on"
			}
		}
		nk, lk := inkKey, inkDim
		if b.m.refused[id] != nil {
			nk, lk = inkFaint, inkFaint
		}
		if len(g) > 0 {
			g = append(g, piece{"  ", inkDim})
		}
		g = append(g, piece{name, nk}, piece{" " + label, lk})
	}
	return g
}

// arrows are what up and down move: the dial, or what has the focus.
func (m *Model) arrows() string {
	_, open := m.opened()
	switch {
	case open:
		return "scroll"
	case m.sel != "", m.tile.env != "":
		return "select"
	}
	return m.s.Unit().Word()
}

// typing are the keys while something is typed; nil when nothing is.
func (b status) typing(keep int) []piece {
	var names []string
	switch e := b.m.editor; {
	case b.m.mode == modeNumber:
		names = []string{"Enter", "asks for them", "Esc", "leaves it"}
	case b.m.mode == modeForm:
		names = []string{"Enter", "goes on", "Esc", "closes"}
	case b.m.mode == modeMain && b.m.pair.follow != "":
		names = []string{"Esc", "your own view", "n", "note", "?", "help"}
	case b.m.mode == modeMain && b.m.overlay != overlayNone:
		names = []string{"Esc", "closes", "?", "help"}
	case b.m.mode != modeEdit || e.purpose == editLearned:
		return nil
	case e.purpose == editFind:
		names = []string{"Enter", "keeps it", "Esc", "ends it", "↑↓", "others"}
	case e.purpose == editPath:
		names = []string{"Enter", "attaches", "Esc", "leaves it", "Tab", "completes"}
	case e.purpose == editNote:
		names = []string{"Enter", "saves", "Esc", "puts aside", "Alt+Enter", "new line"}
	default:
		names = []string{"Enter", "saves", "Esc", "leaves it as it is"}
	}
	if keep < 2 {
		names = names[:4]
	}
	g := []piece{{"^x", inkKey}, {" stop all", inkDim}}
	for i := 0; i < len(names); i += 2 {
		g = append(g, piece{"  ", inkDim}, piece{names[i], inkKey}, piece{" " + names[i+1], inkDim})
	}
	return g
}

func (m *Model) binding(id string) *binding {
	for i := range m.keys {
		if m.keys[i].id == id {
			return &m.keys[i]
		}
	}
	return nil
}
