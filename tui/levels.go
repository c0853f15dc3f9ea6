package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// figures are the columns that the sheets of steps and of levels share. A
// narrow window goes without the share of errors.
type figures struct {
	head   string
	narrow bool
}

func (m *Model) figures() figures {
	if m.w < 96 {
		return figures{"requests  req/s errors    p50    p95    p99    max", true}
	}
	return figures{" requests   req/s  errors   share     p50     p95     p99     max", false}
}

// row are one row's numbers. What was not measured is a dash.
func (f figures) row(requests, errors uint64, sum session.LevelSum) []piece {
	e, k := 0.0, inkText
	if requests > 0 {
		e = float64(errors) / float64(requests)
	}
	if errors > 0 {
		k = inkStrong
	}
	rate := "–"
	if sum.Measured > 0 {
		rate = ratePerSecond(sum.RPS)
	}
	p50, p95, p99, most := orDash(sum.P50), orDash(sum.P95), orDash(sum.P99), orDash(sum.Max)
	if f.narrow {
		return []piece{{fmt.Sprintf("%8d %6s ", requests, rate), inkText}, {fmt.Sprintf("%6d", errors), k},
			{fmt.Sprintf(" %6s %6s %6s %6s", p50, p95, p99, most), inkText}}
	}
	return []piece{{fmt.Sprintf("%9d %7s ", requests, rate), inkText}, {fmt.Sprintf("%7d %7s", errors, share(e)), k},
		{fmt.Sprintf(" %7s %7s %7s %7s", p50, p95, p99, most), inkText}}
}

// ratePerSecond keeps a decimal where it says something.
func ratePerSecond(r float64) string {
	if r < 99.95 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

// kindLine tells of one kind of error, under what it happened in.
func kindLine(indent int, k session.KindSeen) []piece {
	when := "at " + since(k.First)
	if since(k.Last) != since(k.First) {
		when = since(k.First) + " to " + since(k.Last)
	}
	return []piece{{fmt.Sprintf("%s%7d  ", strings.Repeat(" ", indent), k.Count), inkText}, {k.Kind, inkStrong}, {"  " + when, inkDim}}
}

// labelled is a row's name, as wide as its column.
func labelled(text string, w int, k ink) piece {
	text = cut(text, w)
	return piece{text + strings.Repeat(" ", w-width(text)), k}
}

// leastStep is the least width of a step's name.
const leastStep = 18

// errorsSheet lists errors by kind and every step.
func (m *Model) errorsSheet() sheet {
	s := m.s
	var l [][]piece
	add := func(p ...piece) { l = append(l, p) }
	all := 0.0
	if s.Requests > 0 {
		all = float64(s.Errors) / float64(s.Requests)
	}
	add(piece{fmt.Sprintf("%d", s.Requests), inkText}, piece{" requests since the start, ", inkDim}, piece{fmt.Sprintf("%d", s.Errors), inkText},
		piece{" of them errors (", inkDim}, piece{share(all), inkText}, piece{")", inkDim})
	add()
	l = append(l, m.machineLines()...)
	add(piece{"ERRORS BY KIND", inkStrong}, piece{"  how often, first and last seen", inkDim})
	for _, k := range session.Seen(s.Seen) {
		add(kindLine(2, k)...)
	}
	if len(s.Seen) == 0 {
		add(piece{"    none so far", inkDim})
	}
	l = append(l, m.doubtLines()...)
	add()
	f := m.figures()
	about := "  counts since the start"
	switch n := len(s.Levels); {
	case n > 0 && f.narrow:
		about += "; the rest: level of " + m.amount(s.Levels[n-1].Asked)
	case n > 0:
		about += "; rate and latency of the level of " + m.amount(s.Levels[n-1].Asked)
	}
	add(piece{"STEPS", inkStrong}, piece{about, inkDim})
	name := leastStep
	steps := stepsOf(s)
	for _, t := range steps {
		name = max(name, width(t.Journey+" "+t.Step))
	}
	name = max(leastStep, min(name, 40, m.w-4-len(f.head)))
	add(labelled("journey and step", name, inkDim), piece{f.head, inkDim})
	for _, t := range steps {
		sum := sumOf(s, t)
		add(append([]piece{labelled(t.Journey+" "+t.Step, name, inkText)}, f.row(t.Requests, t.Errors, sum)...)...)
		for _, k := range session.Seen(t.Seen) {
			add(kindLine(2, k)...)
		}
	}
	if len(steps) == 0 {
		add(piece{"no request yet", inkDim})
	}
	l = append(l, m.exampleLines(steps)...)
	return sheet{m: m, title: "ERRORS AND STEPS", w: name + len(f.head), n: len(l), line: fixed(l)}
}

// stepsOf are the steps in order of journey and name.
func stepsOf(s *session.State) []*session.StepTotal {
	return slices.SortedFunc(maps.Values(s.Steps), func(a, b *session.StepTotal) int {
		return strings.Compare(a.Journey+"\x00"+a.Step, b.Journey+"\x00"+b.Step)
	})
}

// sumOf is a step's rate and latencies at the newest level that has it.
func sumOf(s *session.State, t *session.StepTotal) session.LevelSum {
	if sum, known := s.StepAt(t.Journey, t.Step); known {
		return sum
	}
	return session.LevelSum{P50: t.P50, P95: t.P95, P99: t.P99, Max: t.Max}
}

// levelsSheet lists what each level has brought, newest last.
func (m *Model) levelsSheet() sheet {
	const name = 23 // when, how much, for how long
	f := m.figures()
	what := " shows their steps"
	if m.levelSteps {
		what = " hides their steps"
	}
	l := [][]piece{
		{{"A request counts for the level in which it was sent. ", inkDim}, {"s", inkKey}, {what, inkDim}},
		m.fleetRounds(),
		{labelled("from  level        for", name, inkDim), {f.head, inkDim}},
	}
	rising := false
	for _, v := range m.s.Levels {
		mark := " "
		if v.Basis != "held" {
			mark, rising = "~", true
		}
		row := []piece{{fmt.Sprintf("%-6s", since(v.From)), inkText}, labelled(m.amount(v.Asked), 11, inkStrong),
			{fmt.Sprintf("%5s%s", short(time.Duration(v.Span*float64(time.Second))), mark), inkDim}}
		l = append(l, append(row, f.row(v.Requests, v.Errors, v.LevelSum)...))
		if v.Late > 0 {
			l = append(l, []piece{{fmt.Sprintf("    %7d  ", v.Late), inkText}, {"dropped by us", inkAmber}, {"  not sent in time", inkDim}})
		}
		if !m.levelSteps || len(v.Steps) == 0 {
			for _, k := range v.Kinds {
				l = append(l, kindLine(4, k))
			}
			continue
		}
		for _, st := range v.Steps {
			l = append(l, append([]piece{labelled("  "+st.Journey+" "+st.Step, name, inkDim)}, f.row(st.Requests, st.Errors, st.LevelSum)...))
			for _, k := range st.Kinds {
				l = append(l, kindLine(4, k))
			}
		}
	}
	if len(m.s.Levels) == 0 {
		l = append(l, []piece{{"no request yet", inkDim}})
	}
	if rising {
		l = append(l, nil, []piece{{"~ never ran as asked: figures are of all its requests", inkDim}})
	}
	return sheet{m: m, title: "LEVELS", about: "newest last ", w: name + len(f.head), n: len(l), line: fixed(l)}
}

func orDash(p *float64) string {
	if p == nil {
		return "–"
	}
	return millis(*p)
}
