package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// beginSo would tell what an answer says.
const beginSo = "an answer of one of the words separate, same, linked, neighbour or copy, and little else"

// besideThem is where a text stands that belongs to no question.
const besideThem = "Beside the questions"

// about returns the answers to one question that are not empty.
func (a Answers) about(topic Topic) []Given {
	var out []Given
	for _, g := range a.Given {
		if g.Topic == topic && g.Answer != "" {
			out = append(out, g)
		}
	}
	return out
}

// weigh returns what the answers to one question say, one for one, and which of
// them count: that somebody does not know takes nothing from what another says.
func weigh(given []Given) (verdicts []Verdict, counts []bool) {
	settled := slices.ContainsFunc(given, func(g Given) bool { return g.Verdict() != Unknown })
	for _, g := range given {
		v := g.Verdict()
		verdicts, counts = append(verdicts, v), append(counts, v != Unknown || !settled || !g.ignorant())
	}
	return verdicts, counts
}

// Unknown returns the topics that nobody has answered yet, or not so that it
// tells.
func (a Answers) Unknown() []Topic {
	out := []Topic{} // in JSON, nothing is left is not null
	for _, q := range questions {
		verdicts, counts := weigh(a.about(q.Topic))
		best, open := Unknown, len(verdicts) == 0
		for i, v := range verdicts {
			best, open = max(best, v), open || v == Unknown && counts[i]
		}
		if open && best <= SameLineage {
			out = append(out, q.Topic)
		}
	}
	return out
}

// Summary returns one line for each answer, with who gave it, and a last one
// with what is still unknown, for a charter or a report.
func (a Answers) Summary() []string {
	var out, open []string
	for _, g := range a.Given {
		if g.Answer == "" {
			continue
		}
		line := string(g.Topic) + ": " + clean(g.Answer)
		if g.Who != "" {
			line += " (" + clean(g.Who) + ")"
		}
		out = append(out, line)
	}
	for _, text := range a.Beside {
		out = append(out, besideThem+": "+clean(text))
	}
	for _, t := range a.Unknown() {
		open = append(open, string(t))
	}
	if len(open) > 0 {
		out = append(out, "Still unknown: "+strings.Join(open, ", "))
	}
	return out
}

// Result weighs what people said and what their databases said. Each answer is a
// finding of its own, so that the strongest counts, and says what Given.Verdict
// does; that payment, mail, CDN or cloud account are the same is SharedNeighbour,
// for it is not production itself. What a database says of itself is compared as
// Compare does.
func (a Answers) Result(ctx context.Context, o Options) Result {
	o = o.complete()
	var findings []Finding
	for _, q := range questions {
		f := Finding{System: systemPeople, Question: string(q.Topic) + ": " + q.Text}
		given := a.about(q.Topic)
		if len(given) == 0 {
			f.Evidence, f.Answer = "Nobody has answered.", "ask whoever runs it"
			findings = append(findings, f)
		}
		verdicts, counts := weigh(given)
		for i, g := range given {
			f.Verdict, f.Hint, f.Evidence, f.Answer = min(verdicts[i], q.most), !counts[i], fmt.Sprintf("%q", clean(g.Answer)), ""
			if g.Who != "" {
				f.Evidence += ", says " + clean(g.Who) + "."
			} else {
				f.Evidence += ", says somebody without a name."
			}
			if f.Verdict == Unknown {
				f.Answer = beginSo
			}
			findings = append(findings, f)
		}
	}
	for _, text := range a.Beside {
		findings = append(findings, Finding{System: systemPeople, Question: besideThem, Evidence: fmt.Sprintf("%q stands outside of the questions.", clean(text)), Answer: "which question it is about, as an answer there"})
	}
	return Conclude(append(findings, a.compareLines(ctx, o)...)...)
}
