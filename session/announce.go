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
	if n := s.DialMax(); n > 0 {
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

// AllClear is what to paste when the load is over: how much there was, and how
// production is now.
func (s *State) AllClear(now time.Time) string {
	text := fmt.Sprintf("All clear: load on staging (%s) is off since %s, at most %s.", s.targetHost(), now.Format("15:04"), s.Unit().Of(s.Dial.Peak))
	p := s.Env("production")
	switch {
	case !s.Watched("production"):
		text += " Production was not watched."
	case s.Guard.Cuts > 0:
		text += fmt.Sprintf(" Production turned red and the load was cut (%d); it is %s now.", s.Guard.Cuts, p.State)
	default:
		text += " Production is " + p.State + "."
	}
	return text
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
