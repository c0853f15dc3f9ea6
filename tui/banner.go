package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"crosstalk/session"
)

// bannerLines are what took the load away, and what waits for an answer.
func (m *Model) bannerLines() []string {
	if m.replay != nil {
		if l := m.haltLines(); len(l) > 0 || !m.calls() {
			return l
		}
		return m.noticeLines()
	}
	lines, asked := m.haltLines(), m.noticeLines()
	switch {
	case len(lines) == 0 && m.calls():
		lines = asked
	case m.calls():
		lines = append(lines, m.askedLine()...)
	}
	return append(append(lines, m.pairLines()...), m.shotLines()...)
}

// calls tells whether a session is there in which something may be asked.
func (m *Model) calls() bool { return m.s.Seq != 0 && m.s.Ended == nil }

// haltLines say in plain words what happened when load was taken away, and
// which key does what now. There are none while all is as asked.
func (m *Model) haltLines() []string {
	s := m.s
	switch {
	case s.Seq == 0 || s.Ended != nil:
		return nil
	case s.Guard.Latched():
		return m.cutLines()
	}
	k, ok := m.stopped()
	if !ok {
		return m.checkLines()
	}
	if between(k.text, "(", ")") == "journal" {
		return m.journalLines(k)
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
	next := m.startsAgain()
	if s.Dial.LastGood > 0 {
		next += fmt.Sprintf(" · b goes back to %s, the last good level", m.amount(s.Dial.LastGood))
	}
	return m.bannerOf(first, next, "n writes down what you saw")
}

// journalLines say why the disk stopped the load, and whether it is well again.
func (m *Model) journalLines(k halt) []string {
	why := "the journal can't be written"
	for _, e := range slices.Backward(m.s.Marks) {
		if e.Type == session.TypeSelfLimit && strings.HasPrefix(e.Text, session.JournalTrouble) {
			why = e.Text
			break
		}
	}
	tail := " off since " + short(time.Duration(k.ms)*time.Millisecond) + ": " + why
	first := "■ All load is" + tail
	if width(first) > m.w-2 {
		first = "■ Load" + tail // why matters more
	}
	if why == session.JournalWell {
		return m.bannerOf(first, m.startsAgain())
	}
	return m.bannerOf(first, "load stays at zero until it can be", "what you write is kept on the screen, and not on the disk yet")
}

// bannerOf is two lines; the last part gives way first.
func (m *Model) bannerOf(first string, parts ...string) []string {
	if m.replay != nil {
		parts = m.replay.aftermath()
	}
	for len(parts) > 1 && width(strings.Join(parts, " · ")) > m.w-4 {
		parts = parts[:len(parts)-1]
	}
	return []string{first, "  " + strings.Join(parts, " · ")}
}

func (m *Model) cutLines() []string {
	g := m.s.Guard
	word := "The guard cut all load"
	if g.State == "lockout" {
		word = "The guard cut all load and locked the dial"
	}
	at := ""
	if m.s.Dial.Ghost > 0 {
		at = " (" + m.amount(m.s.Dial.Ghost) + ")"
	}
	first := fmt.Sprintf("■ %s at %s%s: %s", word, short(time.Duration(g.Since)*time.Millisecond), at, g.Why)
	parts := []string{m.goesOn()}
	if r := g.Recov; r != nil {
		parts = append(parts, fmt.Sprintf("production recovered after %.1f s", r.Seconds))
	}
	return m.bannerOf(first, append(parts, "n writes down what you saw")...)
}

// goesOn tells when and how load may be sent again after a cut.
func (m *Model) goesOn() string {
	err := m.refused["hold"]
	if err == nil {
		next := "space goes on"
		if m.wantsReason {
			next = "space asks for a reason and goes on"
		}
		if n := m.s.Dial.Ghost; n > 0 {
			next += fmt.Sprintf(", up to %s", m.amount(max(1, n*8/10)))
		}
		return next
	}
	if left, ok := wait(err.Error()); ok {
		return fmt.Sprintf("space goes on in %d s", left)
	}
	return "space waits: " + err.Error()
}

// wait reads the seconds out of a refusal that counts down: "… for 60 s: 51 s to
// go".
func wait(text string) (left int, ok bool) {
	head, tail, ok := strings.Cut(text, " s: ")
	if !ok {
		return 0, false
	}
	if _, err := strconv.Atoi(head[strings.LastIndexByte(head, ' ')+1:]); err != nil {
		return 0, false
	}
	tail, ok = strings.CutSuffix(tail, " s to go")
	left, err := strconv.Atoi(tail)
	return left, ok && err == nil
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
	c.fill(0, 0, w, h, k)
	for i, l := range b.m.bannerLines() {
		c.clip(1, i, w-1, cut(l, w-2), k)
	}
	return c.String()
}
