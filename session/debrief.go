package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/notes"
)

// Question is one of a debrief's.
type Question struct {
	Key  string // as the journal keeps it
	Name string // its heading
	Asks string // what it asks
	Hint string // what belongs there
}

// Questions are the debrief's, in order: PROOF (Past, Results, Obstacles,
// Outlook, Feelings; Jon Bach), with learning and adaptation, and the one
// sentence that heads the report.
func Questions() []Question {
	return []Question{
		{"past", "Past", "What happened?", "the session in two sentences"},
		{"results", "Results", "What did you find, and what is now known to work?", "bugs and what works"},
		{"obstacles", "Obstacles", "What got in the way?", "environment, access, gaps in what could be seen"},
		{"outlook", "Outlook", "What is left, and which charter is next?", "open questions and follow-ups"},
		{"feelings", "Feelings", "How do you feel about the product and the testing?", "one sentence, not a number"},
		{"learning", "Learning", "What do we know now that we did not?", "about the product, or how its parts hang together"},
		{"adaptation", "Adaptation", "What will we do differently?", "next time"},
		{"learned", "In one sentence", "What did this session find out?", "heads the report"},
	}
}

// Prefill proposes an answer from the notes and from what happened; "" when
// there is nothing to propose.
func (s *State) Prefill(question string) string {
	switch question {
	case "past":
		return s.past()
	case "results":
		return s.listed(notes.Bug, notes.Works)
	case "obstacles":
		return s.listed(notes.Obstacle)
	case "outlook":
		return s.listed(notes.Next, notes.Question, notes.Idea)
	case "learning":
		return s.listed(notes.Risk, notes.Decision)
	}
	return ""
}

func (s *State) past() string {
	parts := []string{fmt.Sprintf("%s worked, at most %s, %d requests", minutesSeconds(s.Worked(s.MS)), s.Unit().Of(s.Dial.Peak), s.Requests)}
	for _, d := range s.GuardDeeds() {
		parts = append(parts, fmt.Sprintf("%s %d×", d.What, d.Times))
	}
	return strings.Join(parts, "; ")
}

// listed are the notes of some kinds that still hold, each on a line.
func (s *State) listed(kinds ...notes.Kind) string {
	var lines []string
	for _, n := range s.Notes.Notes {
		if n.Gone != nil || n.System || n.Resolved != nil || !slices.Contains(kinds, n.Kind) {
			continue
		}
		text, _, _ := strings.Cut(n.Text, "\n")
		lines = append(lines, n.ID+" "+text)
	}
	return strings.Join(lines, "\n")
}

// Unanswered are the debrief's questions without an answer.
func (s *State) Unanswered() []Question {
	return slices.DeleteFunc(Questions(), func(q Question) bool { return s.Answers[q.Key] != "" })
}

// debrief folds an answer.
func (s *State) debrief(b *Debrief) {
	if s.Answers == nil {
		s.Answers = map[string]string{}
	}
	s.Answers[b.Question] = b.Text
	if b.Question == "learned" {
		s.Learned = b.Text
	}
}

// Late is a fact that is added to a session after its end.
type Late struct {
	By   string
	Type string
	Body any
}

// AddLate adds facts to the session in dir, which must not be running: answers
// of a debrief, say. The session's clock stands at its end, and its end stays
// the last line; one that had broken off gets an end that is Lost. It returns the state after them. ErrInUse if the session runs.
func AddLate(dir string, now time.Time, facts []Late) (*State, error) {
	j, st, torn, err := OpenJournal(dir)
	if err != nil {
		return nil, err
	}
	if st.Seq == 0 {
		return nil, errors.Join(fmt.Errorf("%s holds no session", dir), j.close())
	}
	end := End{Reason: brokeOff, Seconds: float64(st.MS) / 1000, Peak: st.Dial.Peak}
	if st.Ended != nil {
		end = *st.Ended
	}
	end.Dropped = torn
	for _, f := range append(slices.Clone(facts), Late{BySession, TypeEnd, &end}) {
		e := Event{V: Version, Seq: st.Seq + 1, T: now.UTC().Round(time.Millisecond), MS: st.MS, By: f.By, Type: f.Type, Body: f.Body}
		if err = j.write([]Event{e}); err != nil {
			break
		}
		st.Apply(e)
	}
	return st, errors.Join(err, j.close()) // close commits
}
