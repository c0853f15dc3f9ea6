package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// moment is the wall clock at a time elapsed.
func (m *Model) moment(elapsed float64) time.Time {
	if m.Session.Began == nil {
		return time.Time{}
	}
	return utc(m.Session.Began.Add(time.Duration(elapsed * float64(time.Second))))
}

// letters are the notes' kinds on a flag.
var letters = map[notes.Kind]string{notes.Plain: "N", notes.Bug: "B", notes.Question: "Q", notes.Obstacle: "O", notes.Idea: "I",
	notes.Works: "W", notes.Risk: "R", notes.Next: "F", notes.Decision: "D", notes.Setup: "S"}

// flag is a note's name on the charts: its kind's letter and its number, B17.
func (n Note) flag() string {
	letter, ok := letters[n.Kind]
	if !ok {
		letter = "N"
	}
	id := n.ID
	if len(id) > 1 && id[0] == 'n' {
		id = id[1:]
	}
	return letter + cut(oneLine(tidy(id)), 8)
}

// mark is one thing that happened, as the charts show it.
type mark struct {
	at     float64
	label  string
	class  string
	title  string
	first  bool // keeps its place when there is no room for all
	leader bool // a line goes down through all charts
}

// maxLeaders is how many notes may have lines through all charts before only
// the bugs' have.
const maxLeaders = 40

func noteMarks(m *Model) []mark {
	list := m.pick(func(Note) bool { return true })
	var out []mark
	for _, n := range list {
		if n.Elapsed < 0 { // it happened before the session: no place on its axis
			continue
		}
		bug := n.Kind == notes.Bug
		class := "note"
		if bug {
			class = "bug"
		}
		out = append(out, mark{at: n.Elapsed, label: n.flag(), class: class, first: bug, leader: bug || len(list) <= maxLeaders,
			title: fmt.Sprintf("%s %s: %s %s%s: %s", clock(n.Elapsed), n.flag(), n.Kind, n.ID, n.load(), cut(oneLine(tidy(n.Text)), 160))})
	}
	return out
}

// deeds are the guard's words on the charts.
var deeds = map[string]string{"run": "RUN", "hold": "HOLD", "ease": "EASE", "cut": "CUT", "lockout": "LOCKOUT"}

// guardMarks are what the guard and people did to the load.
func guardMarks(m *Model) []mark {
	var out []mark
	for _, a := range m.Guard {
		if a.From == a.To {
			continue
		}
		label, ok := deeds[a.To]
		if !ok {
			label = "GUARD"
		}
		out = append(out, mark{at: a.Elapsed, label: label, class: "deed", first: cuts(a.To), leader: cuts(a.To),
			title: fmt.Sprintf("%s guard: %s to %s at %s%s", clock(a.Elapsed), a.From, a.To, users(a.Users), because(cut(a.Why, 160)))})
	}
	for _, s := range m.Stops {
		if s.By == session.ByGuard && s.Reason == "guard" {
			continue // it is the cut that stands there already
		}
		if s.Users == 0 && s.InFlight == 0 {
			continue // there was nothing to stop
		}
		out = append(out, mark{at: s.Elapsed, label: "STOP", class: "deed", first: s.Users > 0, leader: s.Users > 0,
			title: fmt.Sprintf("%s stop all (%s) by %s at %s: %s", clock(s.Elapsed), s.Reason, s.By, users(s.Users), drained(s.InFlight, s.MSToZero))})
	}
	for _, r := range m.Recoveries {
		out = append(out, mark{at: r.Elapsed, label: "WELL", class: "deed", title: fmt.Sprintf("%s production well again %s after the cut", clock(r.Elapsed), lasting(r.Seconds))})
	}
	slices.SortStableFunc(out, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	return out
}

const flagH = 15

// flags lays marks into lanes, as many as are needed up to most. One that has
// no room is a tick with its hover text.
func (c *canvas) flags(marks []mark, most int) {
	type placed struct {
		mark
		x, w float64
		lane int
	}
	var set []placed
	var rest []mark
	lanes := 0
	// Who keeps a place whatever comes goes first.
	for _, first := range []bool{true, false} {
		for _, k := range marks {
			if k.first != first {
				continue
			}
			w := textWidth(k.label) + 2
			x := min(c.x(k.at), c.width-c.right-w)
			lane := -1
			for l := range most {
				free := true
				for _, p := range set {
					if p.lane == l && x < p.x+p.w+2 && x+w+2 > p.x {
						free = false
						break
					}
				}
				if free {
					lane = l
					break
				}
			}
			if lane < 0 {
				rest = append(rest, k)
				continue
			}
			lanes = max(lanes, lane+1)
			set = append(set, placed{k, x, w, lane})
		}
	}
	if len(rest) > 0 && lanes == 0 {
		lanes = 1
	}
	bottom := c.y + float64(lanes)*flagH
	c.ticks(rest, bottom)
	slices.SortStableFunc(set, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, p := range set {
		y := c.y + float64(p.lane)*flagH
		c.line("pole "+p.class, c.x(p.at), y, c.x(p.at), bottom+2)
		c.rect("flag "+p.class, p.x, y, p.w, flagH-2, p.title)
		c.text("flagtext "+p.class, "middle", p.x+p.w/2, y+10, p.label)
	}
	c.y = bottom + 3
}

// ticks draws marks that have no room for a flag, those of three pixels as one.
func (c *canvas) ticks(marks []mark, bottom float64) {
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	for i := 0; i < len(marks); {
		x := c.x(marks[i].at)
		end, class, title := i+1, marks[i].class, marks[i].title
		for ; end < len(marks) && c.x(marks[end].at) < x+3; end++ {
			if marks[end].first {
				class = marks[end].class
			}
		}
		if end > i+1 {
			title = fmt.Sprintf("%s to %s: %d marks, %s to %s", clock(marks[i].at), clock(marks[end-1].at), end-i, marks[i].label, marks[end-1].label)
		}
		c.rect("tickmark "+class, x-1, bottom-4, 2, 6, title)
		i = end
	}
}

// leaders draws lines at what happened from top to bottom.
func (c *canvas) leaders(marks []mark, top, bottom float64) {
	for _, k := range marks {
		if k.leader {
			c.line("lead "+k.class, c.x(k.at), top, c.x(k.at), bottom)
		}
	}
}

// lapse is a stretch that lies behind all charts.
type lapse struct {
	Stretch
	class, label, title string
}

func lapses(m *Model) []lapse {
	var out []lapse
	for _, r := range m.Timeline {
		switch {
		case r.Type == session.TypeBaselineStart:
			out = append(out, lapse{Stretch{r.Elapsed, m.Session.Seconds}, "quiet", "baseline", "baseline"})
		case (r.Type == session.TypeBaselineEnd || r.Type == session.TypeRecovered) && len(out) > 0:
			out[len(out)-1].To = min(out[len(out)-1].To, r.Elapsed)
		}
	}
	for _, p := range m.Pauses {
		out = append(out, lapse{p, "pause", "paused", "paused"})
	}
	for _, l := range m.Links {
		label := modeName(l.Mode)
		if l.Kind != "" {
			label += ": " + session.KindWords(l.Kind)
		}
		out = append(out, lapse{l.Stretch, "link", label, label + because(cut(l.Words, 160))})
	}
	out = append(out, m.ownLapses()...)
	slices.SortStableFunc(out, func(a, b lapse) int { return cmp.Compare(a.From, b.From) })
	return out
}

// behind shades the stretches of a plot.
func (c *canvas) behind(list []lapse, top, bottom float64) {
	for _, l := range list {
		x := c.x(l.From)
		c.rect("lapse "+l.class, x, top, max(1, c.x(l.To)-x), bottom-top, l.title)
	}
}

// named writes what the stretches are into a lane of their own.
func (c *canvas) named(list []lapse) {
	if len(list) == 0 {
		return
	}
	for i, l := range list {
		x, end := c.x(l.From), c.x(l.To)
		c.rect("lapse "+l.class, x, c.y, max(2, end-x), 14, fmt.Sprintf("%s, %s to %s", l.title, clock(l.From), clock(l.To)))
		if label := fitting(l.label, end-x); label != "" {
			c.text("lapsetext", "start", x+4, c.y+10.5, label)
			continue
		}
		room := c.width - c.right - end
		if i+1 < len(list) {
			room = c.x(list[i+1].From) - end
		}
		if label := fitting(l.label, room); label != "" {
			c.text("lapsetext", "start", end+4, c.y+10.5, label)
		}
	}
	c.y += 17
}

// fitting is a label for a stretch of some width: whole, its first word, or
// nothing.
func fitting(label string, width float64) string {
	label = oneLine(tidy(label))
	for _, s := range []string{label, firstWord(label)} {
		if textWidth(s)+4 <= width {
			return s
		}
	}
	return ""
}

func firstWord(s string) string {
	for i, r := range s {
		if r == ' ' || r == ':' {
			return s[:i]
		}
	}
	return s
}
