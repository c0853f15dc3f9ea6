package tui

import (
	"fmt"
	"time"

	"crosstalk/session"
)

// mostExamples bounds what the sheet shows of one step.
const mostExamples = 9

// exampleLines are the exchanges that were kept, by step.
func (m *Model) exampleLines(steps []*session.StepTotal) [][]piece {
	if len(m.s.Exemplars) == 0 {
		return nil
	}
	l := [][]piece{nil, {{"KEPT EXCHANGES", inkStrong}, {"  the first, the slowest and one at random, secrets masked", inkDim}}}
	for _, t := range steps {
		list := m.s.Examples(t.Journey, t.Step)
		for _, x := range list[:min(len(list), mostExamples)] {
			l = append(l, m.example(x)...)
		}
		if n := len(list) - mostExamples; n > 0 {
			l = append(l, []piece{{fmt.Sprintf("  and %d more of %s %s in the journal", n, t.Journey, t.Step), inkDim}})
		}
	}
	return l
}

// example is one exchange: what it is an example of, the request, its trace for
// who looks into the server's, and the answer.
func (m *Model) example(x *session.ExemplarAdd) [][]piece {
	kind, k := x.Kind, inkStrong
	if kind == "" {
		kind, k = "good", inkText
	}
	took := millis(x.Seconds)
	l := [][]piece{{{kind, k}, {", " + x.Pick, inkText},
		{fmt.Sprintf("  %s at %s, %s, user %d  ", took, short(time.Duration(x.Sent)*time.Millisecond), m.amount(x.Asked), x.User), inkDim}, {x.Journey + " " + x.Step, inkText}}}
	row := func(name, text string) {
		if text != "" {
			l = append(l, []piece{{fmt.Sprintf("  %-10s", name), inkDim}, {text, inkText}})
		}
	}
	sent := x.Method + " " + x.URL
	if x.Body != "" {
		sent += "  " + x.Body
	}
	row("sent", sent)
	row("reached", x.Reached)
	row("trace", x.Trace)
	switch {
	case x.Status > 0:
		row("answer", fmt.Sprintf("%d %s", x.Status, x.Start))
	default:
		row("no answer", x.Error)
	}
	return l
}
