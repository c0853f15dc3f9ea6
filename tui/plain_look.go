package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"crosstalk/session"
)

// errors tells the errors by kind, the most frequent first, and every step with
// its rate, latencies and errors, as the screen's card has them.
func (p *plain) errors() {
	s := p.s
	p.say("%s since the start, %d of them errors, %s.", plural(int(s.Requests), "request", "requests"), s.Errors, share(portion(s.Errors, s.Requests)))
	p.kinds("", s.Seen)
	if n := len(s.Levels); n > 0 && len(s.Steps) > 0 {
		p.say("Steps: counts since the start, rate and latency of the level of %s.", s.Unit().Of(s.Levels[n-1].Asked))
	}
	for _, t := range stepsOf(s) {
		sum := sumOf(s, t)
		text := []string{fmt.Sprintf("%s %s: %s", t.Journey, t.Step, plural(int(t.Requests), "request", "requests"))}
		if sum.Measured > 0 {
			text = append(text, ratePerSecond(sum.RPS)+" a second")
		}
		text = append(text, "errors "+share(portion(t.Errors, t.Requests)))
		p.say("%s.", strings.Join(append(text, spokenLatencies([]string{"p50", "p95", "p99", "max"}, sum.P50, sum.P95, sum.P99, sum.Max)...), ", "))
		p.kinds(t.Step+", ", t.Seen)
	}
}

// kinds tells kinds of error, the most frequent first.
func (p *plain) kinds(of string, seen map[string]session.KindSeen) {
	for _, k := range session.Seen(seen) {
		p.say("%s%d times %s, first at %s, last at %s.", of, k.Count, k.Kind, since(k.First), since(k.Last))
	}
}

func portion(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// spokenLatencies names those that are known.
func spokenLatencies(names []string, values ...*float64) []string {
	var text []string
	for i, v := range values {
		if v != nil {
			text = append(text, names[i]+" "+millis(*v))
		}
	}
	return text
}

// at tells every value at a moment of the session, as the timeline's cursor does,
// and of how long where that is more than a second.
func (p *plain) at(text string) {
	ms, ok := momentOf(text)
	switch {
	case !ok:
		p.say("at takes a moment of the session, in minutes and seconds: at 12:30.")
		return
	case ms > p.s.MS:
		p.say("The session is at %s: that is still to come.", since(p.s.MS))
		return
	}
	s, step, told := p.s.SlotAt(ms)
	begin, of := ms, "At"
	if told {
		begin = s.MS // the second before, where the newest is not told yet
	}
	if step > 1000 {
		of = fmt.Sprintf("Worst of %d s from", step/1000)
	}
	when := fmt.Sprintf("%s %s, %s by the clock", of, since(begin), p.s.At(begin).In(p.o.Now().Location()).Format("15:04:05"))
	if told {
		p.say("%s: %s asked for, %d running.", when, p.s.Unit().Of(s.Asked), s.Running)
	} else {
		p.say("%s: nothing was told of load.", when)
	}
	load := "no request was answered"
	if told && s.Load.OK {
		load = strings.Join(slices.Concat([]string{ratePerSecond(s.RPS) + " requests a second"}, p.curve(s.Load)), ", ")
	}
	if told {
		p.say("Staging %s: %s. Checks %s.", was(s.Staging), load, strings.Join(p.curve(s.Staging), ", "))
		p.say("Production %s: checks %s.", was(s.Prod), strings.Join(p.curve(s.Prod), ", "))
	}
	for _, k := range slices.Backward(p.s.Marks) {
		if k.MS <= ms {
			p.say("Before it, at %s, %s: %s.", since(k.MS), k.By, strings.TrimSuffix(spoken(k.Text), "."))
			return
		}
	}
}

// was is how an environment was.
func was(c session.Curve) string {
	if c.State == "" {
		return "was not told of"
	}
	return "was " + c.State
}

// curve are the values of a line in words.
func (p *plain) curve(c session.Curve) []string {
	if !c.OK {
		return []string{"were not told"}
	}
	return append(spokenLatencies([]string{"p50", "p95", "max"}, &c.P50, &c.P95, &c.Max), "errors "+share(c.Errors))
}

// momentOf reads a moment of the session in milliseconds: 12:30, 1:02:30, or a
// span such as 90 s.
func momentOf(text string) (int64, bool) {
	parts := strings.Split(strings.TrimSpace(text), ":")
	if len(parts) == 1 {
		d, err := session.ParseSpan(text)
		return d.Milliseconds(), err == nil && text != ""
	}
	seconds := 0
	for i, s := range parts {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 10_000 || i > 0 && n > 59 || i > 2 {
			return 0, false
		}
		seconds = seconds*60 + n
	}
	return (time.Duration(seconds) * time.Second).Milliseconds(), true
}
