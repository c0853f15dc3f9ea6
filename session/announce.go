package session

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Announcement is what to paste into a chat before the load begins, in two
// lines: where, when, how much and what for; and who stops it. now is the clock
// of who pastes it, in the zone that is written.
func (s *State) Announcement(now time.Time) []string {
	most := "no limit of " + s.Unit().Word()
	if n := s.announced(); n > 0 {
		most = "at most " + s.Unit().Of(n)
	}
	when := "from " + now.Format("15:04")
	if left := s.Timebox - s.Worked(s.MS); s.Timebox > 0 && left > 0 {
		when = now.Format("15:04") + " to " + now.Add(left).Format("15:04 MST")
	}
	first := fmt.Sprintf("Load on staging (%s) %s, %s. Production is only watched.", s.targetHost(), when, most)
	if !s.Watched("production") {
		first = fmt.Sprintf("Load on staging (%s) %s, %s. Production is not watched.", s.targetHost(), when, most)
	}
	if s.Charter != "" {
		first += " " + strings.TrimRight(oneLine(s.Charter), ".") + "."
	}
	stop := "Stop me: " + s.who() + ", or crosstalk stop"
	if s.Start.Host != "" {
		stop += " on " + s.Start.Host
	}
	return []string{first, stop + ". Anything odd on production? Say so here."}
}

// announced is the most that the dial may come to: few where a guard watches
// nothing of production.
func (s *State) announced() int {
	n := s.DialMax()
	if few := DefaultRules().FewUsers; s.Start.NoGuard == "" && !s.Watched("production") && (n == 0 || n > few) {
		return few
	}
	return n
}

// Clear tells whether the load that was announced is over: since the session
// began, or was taken up again, the dial has brought load, and now nothing asks
// for any, nothing is on its way, and no check and no ramp will bring more by
// itself. The brake test and a link check are not what was announced.
func (s *State) Clear() bool {
	return s.Dial.Own && s.Dial.Asked == 0 && !s.Dial.flowing() && s.Link.Running == nil && s.Ramp == nil
}

// AllClear is what to paste when the load is over: when it went off, as a clock
// of the zone tells, how much there was, and how production is now.
func (s *State) AllClear(zone *time.Location) string {
	off := s.T
	if s.Dial.Off > 0 {
		off = s.At(s.Dial.Off)
	}
	text := fmt.Sprintf("All clear: load on staging (%s) is off since %s, at most %s.", s.targetHost(), off.In(zone).Format("15:04"), s.Unit().Of(s.Dial.Rise))
	p := s.Env("production")
	switch {
	case !s.Watched("production"):
		text += " Production was not watched."
	case s.Dial.Cuts > 0:
		text += fmt.Sprintf(" Production turned red and the load was cut (%d); it is %s now.", s.Dial.Cuts, p.State)
	default:
		text += " Production is " + p.State + "."
	}
	return text
}

// told takes in what a tick tells of the load; checking, whether a check drives it.
func (d *Dial) told(ms int64, b *LoadTick, checking bool) {
	was := d.flowing() || b.Requests > 0
	d.Running, d.InFlight, d.Ceiling = b.Running, b.InFlight, b.Ceiling
	d.Peak, d.Rise = max(d.Peak, b.Running), max(d.Rise, b.Running)
	d.Own = d.Own || d.turned && !checking && (b.Running > 0 || b.Requests > 0)
	switch {
	case d.flowing():
		d.Off = 0
	case was:
		d.Off = ms
	}
}

func (s *State) who() string {
	if s.Start.As == "" {
		return "the tester"
	}
	return s.Start.As
}

// targetHost is staging's host and port, without what a URL may hide.
func (s *State) targetHost() string {
	u, err := url.Parse(s.Start.Target)
	if err != nil || u.Host == "" {
		return "staging"
	}
	return u.Host
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
