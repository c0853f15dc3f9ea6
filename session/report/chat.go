package report

import (
	"fmt"
	"io"
	"strings"

	"crosstalk/notes"
)

// chatLines is how many lines a chat gets, and chatWidth how long they may be.
const (
	chatLines = 12
	chatWidth = 220
)

// ChatCut is the session in at most twelve lines for a chat.
func (m *Model) ChatCut() string {
	var b strings.Builder
	for _, l := range m.chat() {
		b.WriteString(l + "\n")
	}
	return b.String()
}

func writeChat(w io.Writer, m *Model) error {
	_, err := io.WriteString(w, m.ChatCut())
	return err
}

// plain makes foreign text one line that calls nobody.
func plain(s string) string {
	var b strings.Builder
	for _, r := range oneLine(tidy(s)) {
		b.WriteRune(r)
		if r == '@' {
			b.WriteString(noBreak)
		}
	}
	return b.String()
}

func (m *Model) chat() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, cut(fmt.Sprintf(format, args...), chatWidth)) }
	h := m.Session
	if h.State == Empty {
		return []string{"The journal is empty: nothing is known of this session."}
	}
	if m.Answer.Draft {
		say("Draft, what was learned is not said yet: %s", plain(orUnknown(h.Charter)))
	} else {
		say("%s", plain(m.Answer.Learned))
	}
	say("%s · %s · by %s", date(*h.Began), lasting(h.Seconds), plain(list(h.people())))
	why := ""
	if len(m.Answer.Why) > 0 {
		why = m.Answer.Why[0]
	}
	say("Production: %s. %s", m.Answer.Production, plain(why))
	if text := chatTold(m.Answer.Link); text != "" {
		say("%s", text)
	}
	if text := h.rateWords(); text != "" {
		say("%s", text)
	}
	say("Load on staging: %s", plain(m.loadSentence()))
	good := "no level was held for 10 s with both green"
	if g := m.Totals.LastGood; g != nil {
		good = users(*g)
	}
	say("Last good: %s. Knee, an estimate: %s", good, plain(m.Knee.short()))
	say("Guard: %s", plain(m.guardChat()))
	say("Found: %s. Open: %d", list(foundWords(m)), m.Totals.Open)
	bugs := m.pick(func(n Note) bool { return n.Kind == notes.Bug })
	room := chatLines - len(out) - 2
	for i, n := range bugs {
		if i == room-1 && len(bugs) > room {
			say("· and %s more", count(len(bugs)-i, "bug", "bugs"))
			break
		}
		say("· %s%s: %s", plain(n.key()), n.load(), plain(n.headline()))
	}
	if n := len(m.Answer.Unknown); n > 0 {
		more := ""
		if n > 1 {
			more = fmt.Sprintf(" (and %d more)", n-1)
		}
		say("Not known: %s%s", plain(cut(m.Answer.Unknown[0], 160)), more)
	}
	say("Report: report.html of session %s", plain(orUnknown(h.ID)))
	return out
}

// chatTold are the verdicts of link checks and data stores in one line: each as
// much of its words as there is room for.
func chatTold(list []Told) string {
	var parts []string
	for _, t := range list {
		parts = append(parts, cut(plain(t.name()+": "+t.says()), chatWidth/len(list)-2))
	}
	return strings.Join(parts, " · ")
}

// short is the knee without how it was found.
func (k Knee) short() string {
	switch {
	case k.Seen:
		return fmt.Sprintf("between %d and %s", *k.From, users(*k.To))
	case strings.HasPrefix(k.How, "not reached"):
		text, _, _ := strings.Cut(k.How, ":")
		return text
	}
	return NotKnown
}

// guardChat tells what the guard did in a few words.
func (m *Model) guardChat() string {
	h := m.Session
	switch {
	case h.Unguarded:
		return "nothing of production was watched"
	case !h.GuardOn:
		return "off: " + h.GuardOff
	}
	text := "it " + m.guardDeeds()
	if len(m.Recoveries) > 0 {
		text += "; production was well again " + recoveryWords(m.Recoveries)
	}
	return text
}
