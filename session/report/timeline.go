package report

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"crosstalk/session"
)

// row tells an event in the past tense, as it stands in the journal: texts of
// people are kept as they are, and every format escapes what it shows.
func (b *builder) row(e session.Event, seen *panes) Row {
	r := Row{Moment: b.now(), Seq: e.Seq, By: e.By, Person: !program(e.By), Type: e.Type, Known: true, panes: seen}
	switch body := e.Body.(type) {
	case *session.Unknown:
		r.Known = false
		r.Text = "an event of a type this version does not know: " + e.Type + " " + cut(compact(body.JSON), 200)
	case *session.DialSet, *session.DialHold, *session.GlideSet, *session.LoadStop, *session.GuardChange, *session.GuardRecovered:
		r.Text = loadText(e)
		if d, ok := e.Body.(*session.DialSet); ok {
			r.down, r.zero = d.To < d.From, d.To == 0
		}
	case *session.HealthState:
		name := body.Env
		if body.Check != "" {
			name += " " + body.Check
		}
		r.Text = fmt.Sprintf("%s went from %s to %s%s", name, body.From, body.To, because(body.Why))
	case *session.NoteAdd, *session.NoteEdit, *session.NoteMark:
		r.Text = noteText(e)
	case *session.NoteLink:
		r.Text = fmt.Sprintf("filed %s as %s", body.ID, body.Key)
	case *session.AttachAdd:
		r.Text = fmt.Sprintf("attached %s (%s) to %s", body.Name, session.Bytes(body.Size), body.Note)
	case *session.Debrief:
		r.Text = fmt.Sprintf("answered %q: %s", body.Question, body.Text)
	case *session.Refused:
		r.Text = fmt.Sprintf("was refused %s %s%s", body.Cmd, times(uint64(max(0, body.Count))), because(body.Why))
	case *session.ItemTick, *session.LikeTaken, *session.Redaction:
		r.Text = againText(e)
	case *session.LinkQuiet, *session.LinkStart, *session.LinkPair, *session.LinkVerdict, *session.LinkUnlock, *session.IdentityResult:
		r.Text = linkText(e)
	default:
		r.Text = frameText(e)
	}
	if b.late {
		r.Later, r.T, r.panes = true, utc(e.T), nil
		if end, ok := e.Body.(*session.End); ok && !end.Lost() {
			r.Text = "the session's end stands behind what was added"
		}
	}
	if n := len(b.st.Marks); r.Text == e.Type && n > 0 && b.st.Marks[n-1].Type == e.Type && b.st.Marks[n-1].MS == e.MS {
		r.Text = b.st.Marks[n-1].Text
	}
	return r
}

// elapsed is where a row stands in the session; what was added later stands in no
// part of it.
func (r Row) elapsed() string {
	if r.Later {
		return "later"
	}
	return clock(r.Elapsed)
}

// when is a row's time of day, with its day if that is another one.
func (r Row) when() string {
	if r.Later {
		return date(r.T)
	}
	return stamp(r.T)
}

// panes are what both panes showed at a moment.
type panes struct {
	users                              int
	staging, production                *float64 // p95 of the newest ten seconds
	checks                             bool     // staging's is of its checks: no user's request was there
	state                              string   // production's
	loadAge, stagingAge, productionAge float64  // seconds, where the number is stale
}

// shown is what the panes show before an event that has a row. Events between
// two ticks share it.
func (b *builder) shown(e session.Event) *panes {
	switch e.Body.(type) {
	case *session.LoadTick, *session.HealthTick, *session.ExemplarAdd:
		return nil
	}
	if !b.load.seen {
		return nil
	}
	c := b.st.Context(b.st.At(b.ms))
	p := panes{users: c.Running, staging: c.Staging.P95, production: c.Production.P95, checks: c.Staging.Rate == nil, state: c.Production.State}
	if age := b.ms - b.load.last; age > stale {
		p.loadAge = secs(age)
	}
	if c.Staging.Stale {
		p.stagingAge = *c.Staging.Age
	}
	if c.Production.Stale {
		p.productionAge = *c.Production.Age
	}
	if b.panes == nil || *b.panes != p {
		b.panes = &p
	}
	return b.panes
}

// stale is when a number that comes once a second is too old to be the moment's.
const stale = 2000 // milliseconds

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func compact(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "{}"
	}
	return string(raw)
}

func loadText(e session.Event) string {
	switch body := e.Body.(type) {
	case *session.DialSet:
		how := ""
		if body.Spike {
			how = " at once (spike)"
		}
		return fmt.Sprintf("asked for %s, from %d%s%s", users(body.To), body.From, how, because(body.Why))
	case *session.DialHold:
		if e.Type == session.TypeDialRelease {
			return "let the users go on" + because(body.Why)
		}
		return fmt.Sprintf("held the dial at %s%s", users(body.At), because(body.Why))
	case *session.GlideSet:
		if body.To == 0 {
			return "set glide off: users follow at once"
		}
		return fmt.Sprintf("set glide to %s users a second, from %s", number(body.To), number(body.From))
	case *session.LoadStop:
		return fmt.Sprintf("load stopped (%s) at %s: %s", body.Reason, users(body.Running), drained(body.InFlight, body.MSToZero))
	case *session.GuardChange:
		return fmt.Sprintf("guard went from %s to %s at %s%s", body.From, body.To, users(body.Running), because(body.Why))
	case *session.GuardRecovered:
		return fmt.Sprintf("production was well again %s after the cut at %s", lasting(body.Seconds), users(body.Level))
	}
	return e.Type
}

// drained tells what became of the requests in flight at a stop.
func drained(inFlight int, ms *float64) string {
	if inFlight == 0 {
		return "nothing was in flight"
	}
	if ms == nil {
		return fmt.Sprintf("%d in flight, when the last ended is not known", inFlight)
	}
	return fmt.Sprintf("%d in flight, none after %s", inFlight, millis(*ms/1000))
}

func noteText(e session.Event) string {
	switch body := e.Body.(type) {
	case *session.NoteAdd:
		return fmt.Sprintf("%s %s: %s", body.ID, body.Kind, body.Text)
	case *session.NoteEdit:
		return fmt.Sprintf("changed %s to %s: %s%s", body.ID, body.Kind, body.Text, because(body.Why))
	case *session.NoteMark:
		verb := map[string]string{session.TypeNoteRetract: "took back", session.TypeNoteRestore: "restored", session.TypeNoteResolve: "resolved"}[e.Type]
		return fmt.Sprintf("%s %s%s", verb, body.ID, because(body.Why))
	}
	return e.Type
}

func frameText(e session.Event) string {
	switch body := e.Body.(type) {
	case *session.Start:
		return "session started by " + body.As
	case *session.End:
		if body.Lost() {
			return "it had broken off: what was added stands behind the last that was heard"
		}
		return fmt.Sprintf("session ended (%s), at most %s at once", body.Reason, users(body.Peak))
	case *session.Recovered:
		text := "session taken up again"
		if body.Dropped > 0 {
			text += fmt.Sprintf("; %s of a torn line set aside", count(body.Dropped, "byte", "bytes"))
		}
		return text + because(body.Why)
	case *session.Extend:
		return "timebox extended by " + lasting(body.Seconds) + because(body.Why)
	case *session.CharterSet:
		return "charter: " + body.Text
	case *session.Activity:
		return "now " + body.Words()
	case *session.Gap:
		return "nothing seen for " + lasting(body.Seconds) + because(body.Why)
	case *session.Build:
		if body.Was != "" {
			return fmt.Sprintf("%s changed from build %s to %s", body.Env, body.Was, body.Build)
		}
		return fmt.Sprintf("%s runs build %s", body.Env, body.Build)
	case *session.BaselineStart:
		return "baseline of " + lasting(body.Seconds) + " began"
	case *session.BaselineEnd:
		return fmt.Sprintf("baseline ended: limits for %s%s", count(len(body.Thresholds), "check", "checks"), because(body.Note))
	case *session.BrakeTest:
		text := fmt.Sprintf("brake rehearsed at %s: ", users(body.Users))
		if body.OK {
			return text + drained(body.InFlight, &body.MSToZero)
		}
		return text + "it was not seen to drain"
	case *session.Export:
		return "report written: " + strings.Join(body.Files, ", ")
	case *session.Reason:
		verb := map[string]string{session.TypePause: "paused", session.TypeResume: "went on"}[e.Type]
		return verb + because(body.Why)
	case *session.SelfLimit:
		return limitText(body)
	}
	return e.Type
}

// hidden is an address without the password that may stand in it.
func hidden(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	return address
}
