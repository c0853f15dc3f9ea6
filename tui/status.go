package tui

import (
	"fmt"
	"strings"
	"time"
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
	case s.Ended != nil:
		x = c.text(x, 0, "■ ended", inkDim)
	case s.Paused:
		x = c.text(x, 0, "⏸ paused", inkAmber)
	default:
		x = c.text(x, 0, "●", inkStaging)
	}
	t := m.elapsed()
	x = c.text(x+1, 0, clock(t), inkText)
	if s.Timebox > 0 {
		k := inkDim
		if t > s.Timebox {
			k = inkAmber
		}
		x = c.text(x, 0, " of "+short(s.Timebox), k)
		if t > s.Timebox {
			x = c.text(x, 0, " time is up", inkAmber)
		}
	}
	who := ""
	if s.Start.As != "" {
		who = "driver " + s.Start.As
	}
	if !m.o.Host && m.o.Who.Name != "" {
		who = strings.TrimPrefix(who+" · you are "+m.o.Who.Name+", "+string(m.o.Who.Role), " · ")
	}
	who = cut(who, w/3)
	end := w - 1
	if who != "" {
		end = c.right(w-1, 0, who, inkDim) - 3
	}
	charter := s.Charter
	if charter == "" {
		charter = "no charter"
	}
	c.clip(x+3, 0, end, cut(strings.Join(strings.Fields(charter), " "), end-x-3), inkText)
	return c.String()
}

// bannerLines say in plain words what happened when load was taken away, and
// which key does what now. There are none while all is as asked.
func (m *Model) bannerLines() []string {
	s := m.s
	switch {
	case s.Seq == 0 || s.Ended != nil:
		return nil
	case s.Guard.Latched():
		return m.cutLines()
	}
	k, ok := m.stopped()
	if !ok {
		return nil
	}
	what, detail, _ := strings.Cut(k.text, ": ")
	first := "■ All load is off since " + short(time.Duration(k.ms)*time.Millisecond)
	if k.by != "" {
		first += ", stopped by " + k.by
	}
	if why := between(what, "(", ")"); why != "" && why != "operator" {
		first += " (" + why + ")"
	}
	if detail != "" {
		first += ": " + detail
	}
	next := "↑ or a number starts again"
	if s.Dial.LastGood > 0 {
		next += fmt.Sprintf(" · b goes back to %s, the last good level", users(s.Dial.LastGood))
	}
	return m.bannerOf(first, next, "n writes down what you saw")
}

// bannerOf is two lines; the last part gives way first.
func (m *Model) bannerOf(first string, parts ...string) []string {
	for len(parts) > 1 && width(strings.Join(parts, " · ")) > m.w-4 {
		parts = parts[:len(parts)-1]
	}
	return []string{first, "  " + strings.Join(parts, " · ")}
}

func (m *Model) cutLines() []string {
	g := m.s.Guard
	word := "The guard took all load off"
	if g.State == "lockout" {
		word = "The guard took all load off and locked the dial"
	}
	at := ""
	if m.s.Dial.Ghost > 0 {
		at = " (" + users(m.s.Dial.Ghost) + ")"
	}
	first := fmt.Sprintf("■ %s at %s%s: %s", word, short(time.Duration(g.Since)*time.Millisecond), at, g.Why)
	mark, _ := shape(m.s.Env("production").State)
	now := fmt.Sprintf("Production is %s %s now", mark, m.s.Env("production").State)
	if r := g.Recov; r != nil {
		now = fmt.Sprintf("Production recovered after %.1f s", r.Seconds)
	}
	next := "space goes on"
	if err := m.refused["hold"]; err != nil {
		next = "space can’t go on yet: " + err.Error()
	}
	return m.bannerOf(first, now, next, "n writes down what you saw")
}

// halt is the newest order to stop that still holds.
type halt struct {
	text, by string
	ms       int64
}

// stopped tells whether load is off by an order, and not by moving the dial
// since.
func (m *Model) stopped() (halt, bool) {
	s := m.s
	if len(s.Stops) == 0 || s.Dial.Asked > 0 && s.Load.Asked > 0 {
		return halt{}, false
	}
	k := s.Stops[len(s.Stops)-1]
	why := between(k.Text, "(", ")")
	if why != "operator" && why != "permit" && why != "journal" {
		return halt{}, false
	}
	// Stopping may itself set the dial to nothing, just after the order.
	if s.Dial.Since > k.MS && (s.Dial.Asked > 0 || s.Dial.Since-k.MS > 1500) {
		return halt{}, false
	}
	return halt{text: k.Text, by: k.By, ms: k.MS}, true
}

func between(s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	s, _, ok = strings.Cut(s, to)
	if !ok {
		return ""
	}
	return s
}

type banner struct{ m *Model }

func (b banner) render(w, h int) string {
	k := inkNotice
	if b.m.s.Guard.Latched() {
		k = inkAlarm
	}
	c := newCanvas(b.m.st, w, h)
	c.fill(0, 0, w, h, " ", k)
	for i, l := range b.m.bannerLines() {
		c.clip(1, i, w-1, cut(l, w-2), k)
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
	case m.leaving:
		c.text(1, 0, "ending the session and writing its report …", inkText)
		return c.String()
	case m.mode == modeAsk:
		x := c.clip(1, 0, w-20, m.ask.text, inkStrong)
		x = c.text(x+2, 0, "y", inkKey)
		x = c.text(x, 0, " yes  ", inkDim)
		x = c.text(x, 0, "Esc", inkKey)
		c.text(x, 0, " no", inkDim)
		return c.String()
	}
	full := [][]piece{b.guard(false), b.production(), {{"link: not checked", inkDim}}}
	brief := [][]piece{b.guard(true)}
	if msg := b.message(); msg.text != "" {
		b.say(c, w, msg, full, brief)
		return c.String()
	}
	left := full
	need := total(full) + 4 + total([][]piece{b.keys(4)})
	if need > w {
		left = full[:2]
	}
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

// say shows a message at the right; the left gives way, but never the guard.
func (b status) say(c *canvas, w int, msg message, full, brief [][]piece) {
	left := full
	if total(full)+5+width(msg.text) > w {
		left = full[:2]
	}
	if total(left)+5+width(msg.text) > w {
		left = brief
	}
	flow(c, 1, 0, w-2, 1, left)
	x := 1 + total(left) + 3
	mark, k := "✓ ", inkGreen
	if msg.bad {
		mark, k = "✕ ", inkAmber
	}
	x = c.text(x, 0, mark, k)
	c.clip(x, 0, w-1, cut(msg.text, w-1-x), inkStrong)
}

// guard is the guard in words.
func (b status) guard(brief bool) []piece {
	m := b.m
	g := m.s.Guard
	name := piece{"GUARD ", inkStrong}
	ceiling := ""
	if n := m.s.Dial.Ceiling; n >= 0 { // it moves within a rung: the dial has the newest
		ceiling = fmt.Sprint(n)
	}
	switch {
	case m.s.Start.NoGuard != "":
		return []piece{name, {"off", inkAmber}}
	case m.s.Baseline.Running:
		return append([]piece{name}, b.learning(brief)...)
	case g.State == "hold":
		return []piece{name, {strings.TrimSpace("holding at " + ceiling), inkAmber}}
	case g.State == "ease":
		return []piece{name, {strings.TrimSpace("eased to " + ceiling), inkAmber}}
	case g.State == "cut":
		return []piece{name, {"CUT", inkRed}}
	case g.State == "lockout":
		return []piece{name, {"LOCKED", inkRed}}
	case m.s.Start.ID != "" && !m.s.Watched("production"):
		return []piece{name, {"watches nothing", inkAmber}}
	}
	return []piece{name, {"armed", inkGreen}}
}

// learning is the baseline's progress.
func (b status) learning(brief bool) []piece {
	v := b.m.s.Baseline
	all := max(1, v.To-v.From)
	done := min(max(0, b.m.elapsed().Milliseconds()-v.From), all)
	text := fmt.Sprintf("%d s of %d s", done/1000, all/1000)
	if brief {
		return []piece{{"learning " + text, inkText}}
	}
	const cells = 8
	n := int(done * cells / all)
	return []piece{{"learning what is normal ", inkText}, {strings.Repeat("▰", n), inkStaging}, {strings.Repeat("▱", cells-n), inkFaint}, {" " + text, inkText}}
}

func (b status) production() []piece {
	s := b.m.s
	if s.Start.ID != "" && !s.Watched("production") {
		return []piece{{"production not watched", inkDim}}
	}
	state := s.Env("production").State
	mark, k := shape(state)
	return []piece{{mark + " ", k}, {"production " + state, inkText}}
}

// shown are the keys on the status line in their order, dropped those that give
// way first when there is no room. Stopping never gives way.
var (
	shown   = []string{"up", "hold", "good", "stop", "note", "help", "quit"}
	dropped = []string{"quit", "good", "hold", "up", "note"}
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
	for _, id := range shown {
		k := b.m.binding(id)
		if k == nil || gone[id] {
			continue
		}
		name, label := k.show, k.hint
		switch id {
		case "up":
			name, label = "↑↓", "users"
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

// typing are the keys while something is typed; nil when nothing is.
func (b status) typing(keep int) []piece {
	var names []string
	switch e := b.m.editor; {
	case b.m.mode == modeNumber:
		names = []string{"Enter", "asks for them", "Esc", "leaves it"}
	case b.m.mode != modeEdit || e.purpose == editLearned:
		return nil
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
