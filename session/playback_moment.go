package session

import (
	"strings"

	"crosstalk/notes"
)

// Moment is something that happened, to be jumped to and searched for. Its MS
// is when it was recorded, which is when it can be seen; that is later than
// what a note says it is about.
type Moment struct {
	Mark
	Seq  uint64
	Kind notes.Kind // a note's, when it was saved
}

// System tells whether the program itself did or wrote it.
func (m Moment) System() bool { return reserved(m.By) }

// maxMoment is how much of an event's text a moment keeps, in bytes.
const maxMoment = 2000

// momentOf makes a moment of an event that was just applied to s, which had so
// many marks before; false for what is measured.
func momentOf(e Event, s *State, marks int) (Moment, bool) {
	m := Moment{Mark: Mark{MS: s.MS, T: e.T, By: e.By, Type: e.Type}, Seq: e.Seq}
	switch b := e.Body.(type) {
	case *LoadTick, *HealthTick:
		return m, false
	case *NoteAdd:
		m.ID, m.Kind, m.Text = b.ID, b.Kind, b.Text
	case *NoteEdit:
		m.ID, m.Kind, m.Text = b.ID, b.Kind, "changed: "+b.Text
	case *NoteMark:
		m.ID, m.Text = b.ID, strings.TrimSpace(noteMarkWord(e.Type)+" "+b.ID+" "+b.Why)
	case *NoteLink:
		m.ID, m.Text = b.ID, b.ID+" was filed as "+b.Key
	case *Debrief:
		m.Text = b.Question + ": " + b.Text
	case *Refused:
		m.Text = b.Why
	case *Start:
		m.Text = "session started: " + b.Charter
	case *BaselineEnd:
		m.Text = strings.TrimSpace("the quiet phase ended " + b.Note)
	default:
		// What the charts and the timeline call it, if they have a word for it.
		if n := len(s.Marks); n > 0 && n != marks {
			m.Text = s.Marks[n-1].Text
			break
		}
		text, _ := marshalBody(e.Body) // what was read can be written
		m.Text = e.Type + " " + string(text)
	}
	if len(m.Text) > maxMoment {
		m.Text = strings.ToValidUTF8(m.Text[:maxMoment], "")
	}
	return m, true
}

func noteMarkWord(kind string) string {
	switch kind {
	case TypeNoteRetract:
		return "took back"
	case TypeNoteRestore:
		return "brought back"
	}
	return "resolved"
}
