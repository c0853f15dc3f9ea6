package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"crosstalk/session"
)

// bar is one stretch of a lane.
type bar struct {
	Stretch
	class, label, title string
}

// lane is one row of the strip.
type lane struct {
	name string
	bars []bar
	gaps []bar // of which nothing is known: they stay empty
}

// strip is who did what, and how everything stood, over the session.
func (d *drawing) strip() figure {
	lanes := []lane{d.doing(), d.states(staging), d.states(production), d.guarded()}
	if len(d.m.Links) > 0 {
		l := lane{name: "link check"}
		for _, x := range d.lapses {
			if x.class == "link" {
				l.bars = append(l.bars, bar{x.Stretch, "link", x.label, x.title})
			}
		}
		lanes = append(lanes, l)
	}
	draw := func(c *canvas) {
		for _, l := range lanes {
			c.text("panel", "start", c.left, c.y+11, l.name)
			c.y += 15
			if len(l.bars) == 0 {
				c.y += 4
				continue
			}
			c.rect("gap", c.left, c.y, c.plot(), 18, "")
			last, worst := -1, ""
			for _, b := range l.bars {
				x, end := c.x(b.From), c.x(b.To)
				w := max(1, end-x)
				// Of many short ones on one pixel the gravest is seen.
				if w == 1 && int(x) == last && rank(b.class) <= rank(worst) {
					continue
				}
				last, worst = int(x), b.class
				c.rect("bar "+b.class, x, c.y, w, 18, fmt.Sprintf("%s to %s: %s", clock(b.From), clock(b.To), b.title))
				if label := fitting(b.label, w); label != "" {
					c.text("bartext "+b.class, "start", x+4, c.y+12.5, label)
				}
			}
			for _, b := range l.gaps {
				c.rect("hover", c.x(b.From), c.y, max(1, c.x(b.To)-c.x(b.From)), 18, fmt.Sprintf("%s to %s: %s", clock(b.From), clock(b.To), b.title))
			}
			c.leaders(d.guard, c.y, c.y+18)
			c.y += 24
		}
		for _, r := range d.m.Timeline {
			if r.Type == session.TypeExtend {
				c.rect("build", c.x(r.Elapsed)-1, 15, 2, c.y-20, clock(r.Elapsed)+" "+r.Text)
			}
		}
		if t := d.m.Session.Timebox; t > 0 && t < c.end {
			c.line("pole deed", c.x(t), 0, c.x(t), c.y)
			c.text("firsttext", "end", c.x(t)-4, 10, "timebox over")
		}
		c.elapsed(c.y, c.y+2)
	}
	g := &grid{Caption: words("What was done, and how each environment and the guard stood"), RowHead: true}
	g.head("Of", "From", "To", "What")
	for _, l := range lanes {
		bars := slices.Concat(l.bars, l.gaps)
		slices.SortStableFunc(bars, func(a, b bar) int { return cmp.Compare(a.From, b.From) })
		for i, b := range bars {
			if i == maxLevelRows {
				break
			}
			g.row(words(l.name), words(clock(b.From)), words(clock(b.To)), foreign(b.title))
		}
	}
	return figure{id: "chart-strip", title: "Strip: what was done, and how it stood",
		desc: "Lanes for what people said they did, for staging, production and the guard. Every stretch has its word, or its letter and pattern: stripes are amber, a grid is red, dots are no sight.",
		draw: draw, table: g}
}

func (d *drawing) doing() lane {
	l := lane{name: "doing"}
	for _, a := range d.m.Activities {
		w := session.Activity{What: a.What, Opportunity: a.Opportunity}.Words()
		class := "a-test"
		if a.What == session.ActBug || a.What == session.ActSetup {
			class = "a-" + a.What
		}
		if a.Opportunity {
			class += " beside"
		}
		l.bars = append(l.bars, bar{a.Stretch, class, w, w})
	}
	for _, p := range d.m.Pauses {
		l.bars = append(l.bars, bar{p, "a-pause", "paused", "paused"})
	}
	if len(l.bars) == 0 {
		l.name = "doing: nobody said what they did"
		return l
	}
	l.gaps = d.lost("load")
	return l
}

// states are an environment's, as its checks saw it.
func (d *drawing) states(env string) lane {
	l := lane{name: env + ", by its checks", gaps: d.lost(env)}
	for _, s := range d.m.Health {
		if s.Env != env {
			continue
		}
		class := "s-nosight"
		if slices.Contains([]string{green, amber, red}, s.State) {
			class = "s-" + s.State
		}
		state := oneLine(tidy(s.State))
		l.bars = append(l.bars, bar{Stretch{s.From, s.To}, class, state, state + because(cut(oneLine(tidy(s.Why)), 160))})
	}
	if len(l.bars) == 0 {
		l.name = env + ": not watched"
	}
	return l
}

// lost are the gaps in what was told of something.
func (d *drawing) lost(what string) []bar {
	var out []bar
	for _, g := range d.m.Sure.Gaps {
		if slices.Contains(g.What, what) {
			out = append(out, bar{Stretch: Stretch{g.From, g.To}, title: "a gap: " + g.Why})
		}
	}
	return out
}

// guarded are the guard's states.
func (d *drawing) guarded() lane {
	l := lane{name: "guard"}
	if !d.m.Session.GuardOn {
		l.name = "guard: off"
		return l
	}
	l.gaps = d.lost("load")
	end := d.m.Session.Seconds
	state, why, from := "run", "", 0.0
	one := func(from, to float64) {
		class := "g-run"
		if _, ok := deeds[state]; ok {
			class = "g-" + state
		}
		word := oneLine(tidy(state))
		l.bars = append(l.bars, bar{Stretch{from, to}, class, word, strings.TrimSpace(word + because(cut(oneLine(tidy(why)), 160)))})
	}
	// What it did while nothing was told, nobody knows.
	add := func(to float64) {
		for _, g := range l.gaps {
			if g.From < to && g.To > from {
				if g.From > from {
					one(from, g.From)
				}
				from = g.To
			}
		}
		if to > from || to == end && len(l.bars) == 0 {
			one(from, to)
		}
	}
	resumes := d.m.Sure.Resumes
	again := func(till float64) {
		for len(resumes) > 0 && resumes[0].Elapsed <= till {
			at := resumes[0].Elapsed
			resumes = resumes[1:]
			add(at)
			from = max(from, at)
			if !cuts(state) { // only a cut outlives the process of its guard
				state, why = "run", ""
			}
		}
	}
	for _, a := range d.m.Guard {
		if a.From == a.To {
			continue
		}
		again(a.Elapsed)
		add(a.Elapsed)
		state, why, from = a.To, a.Why, a.Elapsed
	}
	again(end)
	add(end)
	return l
}

// rank orders what bars tell, the gravest last.
func rank(class string) int {
	return slices.Index([]string{"s-green", "g-run", "s-nosight", "g-hold", "s-amber", "g-ease", "s-red", "g-cut", "g-lockout"}, class)
}
