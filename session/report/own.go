package report

import (
	"fmt"

	"crosstalk/session"
)

// ownLimit follows where we ourselves were the limit.
func (b *builder) ownLimit(l *session.SelfLimit) {
	if l.Span != session.SpanEnd {
		b.endOwnLimit(b.ms)
		b.m.Sure.SelfLimits = append(b.m.Sure.SelfLimits, Limit{Moment: b.now(), Why: l.Why})
		b.ownOpen = l.Span == session.SpanBegin
		return
	}
	b.ownOver = b.ownOpen
	b.endOwnLimit(b.ms)
}

// ours tells whether we ourselves were the limit in the second that a tick tells of.
func (b *builder) ours() bool {
	ours := b.ownOpen || b.ownOver
	b.ownOver = false
	return ours
}

// endOwnLimit ends the span that lasts, if one does.
func (b *builder) endOwnLimit(ms int64) {
	if n := len(b.m.Sure.SelfLimits); n > 0 && b.ownOpen {
		to := secs(ms)
		b.m.Sure.SelfLimits[n-1].To = &to
	}
	b.ownOpen = false
}

// when is the span of a limit, or its moment.
func (l Limit) when() string {
	if l.To == nil {
		return "at " + clock(l.Elapsed)
	}
	return "from " + clock(l.Elapsed) + " to " + clock(*l.To)
}

// bottleneck is what a stretch is called in which we ourselves were the limit.
const bottleneck = "our own machine was the bottleneck"

// ownLapses are these stretches behind the charts.
func (m *Model) ownLapses() []lapse {
	var out []lapse
	for _, l := range m.Sure.SelfLimits {
		if l.To != nil {
			out = append(out, lapse{Stretch{l.Elapsed, *l.To}, "own", bottleneck, bottleneck + because(cut(l.Why, 160))})
		}
	}
	return out
}

// limitText is an event of ours in the timeline.
func limitText(l *session.SelfLimit) string {
	switch l.Span {
	case session.SpanBegin:
		return bottleneck + " from here on" + because(l.Why)
	case session.SpanEnd:
		return fmt.Sprintf("%s no more, after %s", bottleneck, lasting(l.Seconds))
	}
	return "our own limit" + because(l.Why)
}
