package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"crosstalk/session"
)

// unguarded is said wherever the guard has nothing to look at.
const unguarded = "UNGUARDED: nothing of production is watched"

// guard is the guard in words.
func (b status) guard(brief bool) []piece {
	m := b.m
	g := m.s.Guard
	name := piece{"GUARD ", inkStrong}
	ceiling := ""
	if n := m.s.Dial.Ceiling; n >= 0 { // it moves within a rung: the dial has the newest
		ceiling = fmt.Sprint(n)
	}
	cause := ""
	if g.Cause == session.CauseSelf {
		cause = ": our own machine"
		if _, ok := m.s.Limit(); ok {
			cause = ": you are the bottleneck"
		}
		if !brief {
			cause += ": " + cut(g.Why, 60)
		}
	}
	switch {
	case m.s.Start.NoGuard != "" && g.State == "hold" && brief:
		return []piece{{"GUARD OFF", inkRed}, {strings.TrimRight(" · held at "+ceiling, " "), inkAmber}}
	case m.s.Start.NoGuard != "" && g.State == "hold":
		key := "↑"
		if m.s.Dial.Asked >= m.s.DialMax() {
			key = "space twice" // no more can be asked for
		}
		return []piece{{"GUARD OFF", inkRed}, {" · you are the bottleneck: held at " + ceiling + ", ", inkAmber}, {key, inkKey}, {" rises all the same", inkAmber}}
	case m.s.Start.NoGuard != "" && brief:
		return []piece{{"GUARD OFF", inkRed}}
	case m.s.Start.NoGuard != "":
		return []piece{{"GUARD OFF: " + cut(m.s.Start.NoGuard, 60), inkRed}}
	case m.s.Baseline.Running:
		return append([]piece{name}, b.learning(brief)...)
	case (g.State == "hold" || g.State == "ease") && ceiling == "0":
		return []piece{name, {"holding: no load" + cause, inkAmber}}
	case g.State == "hold":
		return []piece{name, {strings.TrimSpace("holding at "+ceiling) + cause, inkAmber}}
	case g.State == "ease":
		return []piece{name, {strings.TrimSpace("eased to "+ceiling) + cause, inkAmber}}
	case g.State == "cut":
		return []piece{name, {"CUT", inkRed}}
	case g.State == "lockout":
		return []piece{name, {"LOCKED", inkRed}}
	case m.unwatched() && brief:
		return []piece{{"UNGUARDED", inkRed}}
	case m.unwatched():
		return []piece{{unguardedWords(m.s), inkRed}}
	case m.warnLeft() > 0 && brief:
		return []piece{name, {"only warns " + minutes(m.warnLeft()), inkAmber}}
	case m.warnLeft() > 0:
		return []piece{name, {"only warns " + minutes(m.warnLeft()), inkAmber}, {", red still cuts", inkText}}
	}
	return []piece{name, {"armed", inkGreen}}
}

// unwatched tells of a session that began without a check of production's.
func (m *Model) unwatched() bool { return m.s.Start.ID != "" && !m.s.Watched("production") }

// warnLeft is how long amber only warns yet.
func (m *Model) warnLeft() time.Duration {
	return max(0, time.Duration(m.s.Guard.Warn)*time.Millisecond-m.elapsed())
}

// minutes is a countdown: "4:52". It reaches 0:00 when it is over.
func minutes(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// learned is how much of the baseline's seconds is behind.
func (b status) learned() (done, all int64) {
	v := b.m.s.Baseline
	all = max(1, v.To-v.From)
	return min(max(0, b.m.elapsed().Milliseconds()-v.From), all) / 1000, all / 1000
}

// learning is the baseline's progress.
func (b status) learning(brief bool) []piece {
	done, all := b.learned()
	text := fmt.Sprintf("%d s of %d s", done, all)
	if brief {
		return []piece{{"learning " + text, inkText}}
	}
	const cells = 8
	v := b.m.s.Baseline
	n := int((b.m.elapsed().Milliseconds() - v.From) * cells / max(1, v.To-v.From))
	n = min(max(0, n), cells)
	return []piece{{"learning what is normal ", inkText}, {strings.Repeat("▰", n), inkStaging}, {strings.Repeat("▱", cells-n), inkFaint}, {" " + text, inkText}}
}

func (b status) production() []piece {
	if b.m.unwatched() {
		return []piece{{"production not watched", inkDim}}
	}
	state := b.m.s.Env("production").State
	mark, k := shape(state)
	return []piece{{mark + " ", k}, {"production " + state, inkText}}
}

// braked says once what the rehearsal of a cut measured.
func (m *Model) braked(t *session.BrakeTest) {
	if !t.OK {
		m.say("the brake was tested and did not stop the load", true)
		return
	}
	took := fmt.Sprintf("%.0f ms", t.MSToZero)
	if t.MSToZero < 1 {
		took = "under 1 ms"
	}
	m.say("brake tested: "+took, false)
}

// foot is what stands in the pane's lower border: the keys of its tiles, that
// the guard is off, or what the guard promises.
func (p pane) foot(c *canvas, env session.Env) {
	say := func(k ink, texts ...string) {
		for _, t := range texts {
			if width(t)+6 <= c.w {
				c.right(c.w-2, c.h-1, " "+t+" ", k)
				return
			}
		}
	}
	switch {
	case p.m.tile.env == p.name && p.m.mayAside():
		say(inkDim, "← → ↑ ↓ select · a sets it aside · m only warns until green · Tab goes on · Esc back", "a sets it aside · m only warns · Esc back", "a sets it aside · Esc back")
	case p.m.tile.env == p.name && len(env.Tiles) > 0:
		say(inkDim, "← → ↑ ↓ select · m only warns until green · Tab goes on · Esc back", "← → ↑ ↓ select · m only warns · Esc back", "m only warns · Esc back")
	case p.name != "production":
	case p.m.s.Start.NoGuard != "":
		say(inkRed, "GUARD OFF: "+cut(strings.Join(strings.Fields(p.m.s.Start.NoGuard), " "), max(8, c.w-18)))
	case !p.m.s.Guard.Latched():
		say(inkDim, p.m.promise()...)
	}
}

// mayAside tells whether the selected tile may be set aside now.
func (m *Model) mayAside() bool {
	t, ok := m.selected()
	if !ok || m.replay != nil || t.Now.State != "red" || t.Now.Aside {
		return false
	}
	return m.src.May(m.o.Who, session.SetAside{Env: t.Info.Env, Check: t.Info.Name, Why: "any"}) == nil
}

// promise is what the guard keeps with the limits in force, the longest first;
// none before they are known.
func (m *Model) promise() []string {
	g, note := m.s.Guard.Promise, m.s.Baseline.Note
	if m.s.Baseline.Running || g == nil {
		return nil
	}
	at := fmt.Sprintf("%.1f s", math.Ceil(g.Hangs*10-1e-6)/10)
	texts := []string{"the guard lets go at most " + at + " after production hangs", "lets go at most " + at + " after production hangs", "lets go at most " + at + " after it hangs"}
	if note == "" {
		return append(texts, "lets go in "+at+" at most")
	}
	noted := make([]string, 0, 2*len(texts))
	for _, t := range texts {
		noted = append(noted, t+" · "+note)
	}
	return append(noted, at+" to let go · "+note, at+" to let go")
}
