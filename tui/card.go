package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
)

// card answers "what are you doing right now?" on one screen, to be shown to
// anyone.
func (m *Model) card() sheet {
	var l [][]piece
	add := func(label string, p ...piece) {
		l = append(l, append([]piece{{fmt.Sprintf("%-12s", label), inkDim}}, p...))
	}
	text := func(s string) piece { return piece{s, inkText} }
	w := min(100, max(74, m.w-10))
	// At most two lines of text beside a label.
	long := func(label, s string) {
		lines := strings.Split(ansi.Wrap(s, w-13, " "), "\n")
		if len(lines) > 2 {
			lines = []string{lines[0], cut(lines[1]+" …", w-13)}
		}
		for i, line := range lines {
			if i > 0 {
				label = ""
			}
			add(label, text(strings.TrimLeft(line, " ")))
		}
	}
	s := m.s
	add("session", m.cardTime()...)
	charter := s.Charter
	if charter == "" {
		charter = "not written down"
	}
	add("we are", piece{cut(strings.Join(strings.Fields(charter), " "), w-13), inkStrong})
	add("who", text(cut(m.cardPeople(), w-13)))
	d := s.Dial
	now := fmt.Sprintf("%s asked, %d running, on staging only", users(d.Asked), d.Running)
	if d.Asked == 0 && d.Running == 0 {
		now = "no load"
	}
	limit := ""
	if n := s.Start.Limits.Users; n > 0 {
		limit = fmt.Sprintf(" · never more than %d", n)
	}
	level := max(0, m.elapsed()-time.Duration(d.Since)*time.Millisecond)
	add("load", piece{now, inkStrong}, text(" for "+span(level)+limit))
	add("production", m.cardEnv("production", "only watched")...)
	add("staging", m.cardEnv("staging", map[bool]string{true: "under load", false: "no load now"}[d.Running > 0])...)
	long("so far", m.cardCourse())
	long("guard", m.cardGuard())
	stop := "none so far"
	if n := len(s.Stops); n > 0 {
		k := s.Stops[n-1]
		stop = short(time.Duration(k.MS)*time.Millisecond) + " " + k.Text
	}
	add("stop", text(cut("ctrl+x, any of us · last: "+stop, w-13)))
	found, latest := m.cardFound()
	add("found", text(cut(found, w-13)))
	add("latest", text(cut(latest, w-13)))
	add("done", text(m.cardEnd()))
	return sheet{m: m, title: "WHAT ARE WE DOING", about: m.now.Format("15:04:05 "), w: w, n: len(l), line: fixed(l)}
}

func (m *Model) cardTime() []piece {
	s := m.s
	p := []piece{{s.Start.ID + "  ", inkText}, {"running " + clock(m.elapsed()), inkText}}
	if s.Timebox > 0 {
		p = append(p, piece{" of " + short(s.Timebox), inkText})
		if left := s.Timebox - m.elapsed(); left > 0 {
			p = append(p, piece{", " + short(left) + " left", inkText})
		}
	}
	return p
}

func (m *Model) cardPeople() string {
	s := m.s
	var who strings.Builder
	who.WriteString("driver " + s.Start.As)
	for _, p := range s.Start.People {
		if p != s.Start.As {
			who.WriteString(", " + p)
		}
	}
	if s.Start.Target != "" {
		who.WriteString(" · staging is " + s.Start.Target)
	}
	return who.String()
}

func (m *Model) cardEnv(name, role string) []piece {
	env := m.s.Env(name)
	mark, k := shape(env.State)
	p := []piece{{mark + " ", k}, {fmt.Sprintf("%-9s", env.State), inkText}}
	p95, errs, age := env.Tick.P95, env.Tick.Errors, max(0, m.elapsed().Milliseconds()-env.At)
	if env.Tick.Age != nil {
		age += int64(*env.Tick.Age * 1000)
	}
	if t := m.s.Load.Ten; name == "staging" && t != nil && t.Requests > 0 {
		p95, errs, age = t.P95, float64(t.Errors)/float64(t.Requests), max(0, m.elapsed().Milliseconds()-m.s.LoadMS)
	}
	if p95 == nil {
		return append(p, piece{"unknown", inkText}, piece{" · " + role, inkDim})
	}
	return append(p, piece{fmt.Sprintf("p95 %6s  errors %6s", millis(*p95), share(errs)), inkText}, piece{fmt.Sprintf("  %.1f s ago · %s", float64(age)/1000, role), inkDim})
}

// cardCourse tells whether it gets better or worse: where it began, and when
// staging first was not green.
func (m *Model) cardCourse() string {
	s := m.s
	var parts []string
	start := 0.0
	for _, t := range s.Baseline.Thresholds {
		if t.Env == "staging" {
			start = max(start, t.P50)
		}
	}
	if start > 0 {
		parts = append(parts, "staging's checks at the start: p50 "+millis(start))
	}
	for _, env := range []string{"staging", "production"} {
		for i := range s.Coarse.Len() {
			slot := s.Coarse.At(i)
			cur := slot.Staging
			if env == "production" {
				cur = slot.Prod
			}
			if cur.State == "amber" || cur.State == "red" {
				parts = append(parts, fmt.Sprintf("%s first %s at %s, %s", env, cur.State, users(slot.Running), s.At(slot.MS).In(m.now.Location()).Format("15:04")))
				break
			}
		}
	}
	if len(parts) == 0 {
		return "nothing has turned amber or red so far"
	}
	return strings.Join(parts, " · ")
}

func (m *Model) cardGuard() string {
	g := m.s.Guard
	if w := m.s.Start.NoGuard; w != "" {
		return "off: " + w
	}
	words := map[string]string{"run": "armed", "hold": "holding", "ease": "easing", "cut": "cut", "lockout": "locked"}
	w := words[g.State]
	if g.State != "run" && g.Why != "" {
		w += ": " + g.Why
	}
	if p := m.s.Start.Promise; p > 0 {
		w += fmt.Sprintf(" · production silent to last send: %.1f s at most", p)
	}
	return fmt.Sprintf("%s · held %s, cut %s for production", w, plural(g.Holds, "time", "times"), plural(g.Cuts, "time", "times"))
}

func (m *Model) cardFound() (found, latest string) {
	count := map[notes.Kind]int{}
	open := map[notes.Kind]int{}
	latest = "nothing noted yet"
	for i := range m.s.Notes.Notes {
		n := &m.s.Notes.Notes[i]
		if n.System || n.Gone != nil {
			continue
		}
		count[n.Kind]++
		if n.Open() {
			open[n.Kind]++
		}
		latest = n.Moment().In(m.now.Location()).Format("15:04") + " " + string(n.Kind) + ": " + strings.Join(strings.Fields(cut(n.Text, 200)), " ")
	}
	var parts []string
	for _, k := range notes.Kinds() {
		n := count[k.Kind]
		if n == 0 {
			continue
		}
		word := string(k.Kind)
		p := plural(n, word, strings.TrimSuffix(word, "s")+"s")
		if k.Kind == notes.Works || k.Kind == notes.Setup || k.Kind == notes.Next {
			p = fmt.Sprintf("%d %s", n, word)
		}
		if o := open[k.Kind]; o > 0 {
			p += fmt.Sprintf(" (%d open)", o)
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return "nothing yet", latest
	}
	return strings.Join(parts, " · "), latest
}

func (m *Model) cardEnd() string {
	if m.s.Timebox <= 0 {
		return "open end; the report comes when it ends"
	}
	end := m.s.Began.Add(m.s.Timebox).In(m.now.Location())
	return "about " + end.Format("15:04") + ", the report comes then"
}
