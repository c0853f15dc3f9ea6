package session

import (
	"fmt"

	"crosstalk/notes"
)

// NotifyFailed says that somebody outside could not be told. Nothing of the session waits for that, and no address
// stands in it.
type NotifyFailed struct {
	Target string `json:"target"` // webhook or grafana
	Why    string `json:"why"`
	Count  int    `json:"count"` // messages lost for this reason since it was last said
}

// Remark writes down that somebody could not be told. It never waits, and may be called from any goroutine; once
// the session has ended it does nothing.
func (s *Session) Remark(f NotifyFailed) {
	s.facts.put(fact{by: BySession, kind: TypeNotifyFailed, body: &f})
}

// Obstacle writes down what stands in the way of the session's work and is nobody's finding: something that belongs
// to it, beside the journal, does not get what it should. It never waits, as Remark.
func (s *Session) Obstacle(text string) {
	s.facts.put(fact{by: BySession, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Obstacle, Text: text, Typed: s.now()}})
}

func (s *State) notifyFailed(e Event, b *NotifyFailed) {
	s.NotifyFailed, s.NotifyFailedMS = b, e.MS
	text := b.Target + " could not be told: " + b.Why
	if b.Count > 1 {
		text += fmt.Sprintf(" (%d messages)", b.Count)
	}
	s.mark(e, text)
}
