package notify

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"crosstalk/session"
)

// take tells what an event means to others, if anything.
func (t *teller) take(e session.Event) {
	switch b := e.Body.(type) {
	case *session.Recovered:
		t.again = true
	case *session.Start:
		t.start = *b
		t.say(t.began(b))
	case *session.CharterSet:
		t.start.Charter = b.Text
	case *session.DialSet:
		t.move(e, b)
	case *session.GuardChange:
		t.guard(e, b)
	case *session.GuardRecovered:
		t.annotate(e.T, fmt.Sprintf("production recovered %.1f s after the cut", b.Seconds))
		t.say(fmt.Sprintf("Production recovered %.1f s after %s. The load stays off until a person goes on.",
			b.Seconds, t.unit().TheCut(b.Level)))
	case *session.End:
		t.tally.end()
		t.held, t.holding = nil, nil
		t.say(t.over(b))
	}
}

// unit is what the session's dial counts.
func (t *teller) unit() session.Unit { return session.Unit(t.start.Mode) }

func (t *teller) began(b *session.Start) string {
	verb := "began"
	if t.again {
		verb = "was taken up again"
	}
	watched := 0
	for _, c := range b.Checks {
		if c.Env == "production" {
			watched++
		}
	}
	most := count(b.Limits.Users, "user")
	if b.Limits.Dial > 0 {
		most = t.unit().Of(b.Limits.Dial)
	}
	guard := fmt.Sprintf("production is watched by %s", count(watched, "check"))
	switch {
	case b.NoGuard != "":
		guard = "the guard is off (" + line(b.NoGuard) + ")"
	case watched == 0:
		guard = "nothing watches production"
	}
	return fmt.Sprintf("Load session %s: %s drives, at most %s, %s.", verb, line(b.As), most, guard)
}

// guard tells of cuts at once, and of holds once they last.
func (t *teller) guard(e session.Event, b *session.GuardChange) {
	switch b.To {
	case string(session.GuardHold), string(session.GuardEase):
		switch {
		case b.From == b.To: // only a remark on a hold that goes on, or that was told
		case b.From == string(session.GuardRun):
			t.holding, t.held = b, time.After(holdFor)
		case t.holding != nil:
			t.holding = b
		}
		return
	case string(session.GuardRun):
		t.holding, t.held = nil, nil
		return
	}
	t.holding, t.held = nil, nil
	if b.From == b.To {
		return
	}
	at := ""
	if b.Running > 0 {
		at = " at " + t.unit().Of(b.Running)
	}
	t.annotate(e.T, fmt.Sprintf("guard %s%s: %s", line(b.To), at, line(b.Why)))
	more := ""
	if b.To == string(session.GuardLockout) {
		more = " It is locked until somebody types a reason."
	}
	t.say(fmt.Sprintf("The guard cut the load%s (%s): %s.%s%s", at, line(b.To), line(b.Why), whose(b.Cause, " Not known whether the load was the cause."), more))
}

func (t *teller) heldLong() {
	b := t.holding
	if t.held, t.holding = nil, nil; b == nil {
		return
	}
	how := "held the load at " + t.unit().Of(b.Running)
	if b.To == string(session.GuardEase) {
		how = "held the load back and eases it, now to at most " + t.unit().Of(max(0, b.Ceiling))
	}
	if t.s.Snapshot().Start.NoGuard != "" {
		t.say(fmt.Sprintf("Without a guard: the users stand at %d for over %d s, because this machine is the limit: %s.", b.Running, int(holdFor.Seconds()), line(b.Why)))
		return
	}
	t.say(fmt.Sprintf("The guard has %s, for over %d s: %s.%s", how, int(holdFor.Seconds()), line(b.Why), whose(b.Cause, " Not known whether the load is the cause.")))
}

// whose accuses nobody: where production has the trouble, its cause is not known.
func whose(cause, unknown string) string {
	switch cause {
	case session.CauseSelf, session.CausePermit:
		return " Our own side, not production."
	}
	return unknown
}

func (t *teller) over(b *session.End) string {
	st := t.s.Snapshot()
	bugs := 0
	for _, n := range st.Notes.Notes {
		if n.Kind == "bug" && n.Gone == nil && !n.System {
			bugs++
		}
	}
	how := map[string]string{"plan": "as planned", "quit": "left", "signal": "interrupted"}[b.Reason]
	if how == "" {
		how = line(b.Reason)
	}
	lasted := time.Duration(b.Seconds * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("Load session over (%s) after %s: at most %s, %s, %s found.", how, lasted,
		t.unit().Of(b.Peak), count(st.Guard.Cuts+st.Guard.Blind+st.Guard.Lapsed, "cut"), count(bugs, "bug"))
}

// say puts a message, and what it is about, on its way to the webhook.
func (t *teller) say(text string) {
	if t.webhook == nil {
		return
	}
	host := line(t.start.Target) // as it is when it is masked
	if u, err := url.Parse(t.start.Target); err == nil && u.Host != "" {
		host = u.Host
	}
	charter := line(t.start.Charter)
	if charter == "" {
		charter = "no charter"
	}
	text += fmt.Sprintf("\nSession %s, staging %s: %s", line(t.start.ID), host, charter)
	body, err := json.Marshal(struct {
		Text string `json:"text"`
	}{plain(text)})
	t.webhook.put(body, err)
}

// burst is a few moves of the dial that are told as one.
type burst struct {
	from, to int
	at       time.Time
	ms       int64
	by       []string
}

func (t *teller) move(e session.Event, b *session.DialSet) {
	if t.grafana == nil {
		return
	}
	if t.burst != nil && e.MS-t.burst.ms >= burstFor.Milliseconds() {
		t.flush()
	}
	if t.burst == nil {
		t.burst = &burst{from: b.From, at: e.T, ms: e.MS}
		t.burstUp = time.After(burstFor)
	}
	t.burst.to = b.To
	if by := line(e.By); !slices.Contains(t.burst.by, by) {
		t.burst.by = append(t.burst.by, by)
	}
}

// flush annotates the moves that were waiting for more of their kind; those that came back to where they began
// are nothing.
func (t *teller) flush() {
	b := t.burst
	t.burst, t.burstUp = nil, nil
	if b != nil && b.from != b.to {
		t.annotate(b.at, fmt.Sprintf("dial %d → %s by %s", b.from, t.unit().Of(b.to), strings.Join(b.by, ", ")))
	}
}

// annotate puts a mark at a moment on its way to Grafana, behind the moves that came before it.
func (t *teller) annotate(at time.Time, text string) {
	if t.grafana == nil {
		return
	}
	t.flush()
	body, err := json.Marshal(struct {
		Dashboard string   `json:"dashboardUID,omitempty"`
		Time      int64    `json:"time"` // milliseconds since 1970
		Tags      []string `json:"tags"`
		Text      string   `json:"text"`
	}{t.board.Dashboard, at.UnixMilli(), t.board.Tags, plain(text)})
	t.grafana.put(body, err)
}

// annotations is where a Grafana server takes annotations.
func annotations(server string) string {
	to, err := url.JoinPath(server, "api", "annotations")
	if err != nil {
		return server
	}
	return to
}

const longest = 300 // runes of one text of somebody's

// line makes one bounded line of a text that others wrote.
func line(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsPrint(c):
			return c
		}
		return -1
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}

var everybody = regexp.MustCompile(`(?i)@(channel|here|all|everyone)\b`)

// plain keeps a text from being markup: no text of a server's may call a channel together.
// Source of the three escapes: Slack, "Formatting text for app surfaces".
func plain(s string) string {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
	return everybody.ReplaceAllString(s, "@\u200b$1")
}

func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
