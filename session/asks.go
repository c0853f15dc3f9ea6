package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// The events of questions to people.
const (
	TypeCheckAsk    = "check.ask"
	TypeCheckAnswer = "check.answer"
)

// CheckKey names a check.
type CheckKey struct{ Env, Check string }

// Ask is a question that waits for somebody's answer. A yes means that all is
// well; silence past its period warns.
type Ask struct {
	Env      string    `json:"env"`
	Check    string    `json:"check"`
	Question string    `json:"question"`
	Who      string    `json:"who,omitempty"` // is asked; empty: anyone
	Since    time.Time `json:"since"`
}

// CheckAnswer is an answer to a check's question, asked for or not.
type CheckAnswer struct {
	Env      string `json:"env"`
	Check    string `json:"check"`
	Question string `json:"question"`
	Good     bool   `json:"good"`
	Text     string `json:"text,omitempty"` // what was said besides
}

// AnswerCheck answers the question of a person check: Good says that all is
// well. Anyone may, at any time, and a no reddens until somebody says yes.
type AnswerCheck struct {
	Env, Check, Text string
	Good             bool
}

func (AnswerCheck) command() string { return "answer" }

// asking is one person check, as the writer follows it.
type asking struct {
	key     CheckKey
	answers *monitors.Answers
	asked   time.Time            // since when the question that was told last is pending
	no      *atomic.Pointer[Ask] // the newest answer as a question to who gave it, if it was a no
}

func askings(of map[CheckKey]*monitors.Answers) []asking {
	var out []asking
	for key, a := range of {
		out = append(out, asking{key: key, answers: a, no: new(atomic.Pointer[Ask])})
	}
	slices.SortFunc(out, func(a, b asking) int {
		return cmp.Or(cmp.Compare(a.key.Env, b.key.Env), cmp.Compare(a.key.Check, b.key.Check))
	})
	return out
}

// tellAsked records the questions that have become pending.
func (s *Session) tellAsked() {
	for i := range s.asks {
		a := &s.asks[i]
		question, since, ok := a.answers.Pending()
		if !ok || since.Equal(a.asked) {
			continue
		}
		a.asked = since
		s.add(ByMonitors, TypeCheckAsk, &Ask{Env: a.key.Env, Check: a.key.Check, Question: question, Who: a.answers.Who(),
			Since: since.UTC().Round(time.Millisecond)})
	}
}

// asking returns the answers that a check's question goes into; nil when it
// asks nobody. Any goroutine may call it: asked alone ever changes.
func (s *Session) asking(key CheckKey) *monitors.Answers {
	for i := range s.asks {
		if s.asks[i].key == key {
			return s.asks[i].answers
		}
	}
	return nil
}

func (s *Session) refusedAnswer(c AnswerCheck) string {
	if s.asking(CheckKey{c.Env, c.Check}) == nil {
		return fmt.Sprintf("%s has no check %s that asks a person", c.Env, c.Check)
	}
	return ""
}

// answerCheck records an answer and gives it to the check: the next sample,
// a moment later, tells the guard.
func (s *Session) answerCheck(who string, c AnswerCheck) Reply {
	i := slices.IndexFunc(s.asks, func(a asking) bool { return a.key == CheckKey{c.Env, c.Check} })
	a := s.asks[i].answers
	b := &CheckAnswer{Env: c.Env, Check: c.Check, Question: a.Question(), Good: c.Good, Text: notes.Clean(c.Text)}
	e := s.add(who, TypeCheckAnswer, b)
	a.Answer(who, b.Text, c.Good, s.now())
	if c.Good {
		s.asks[i].no.Store(nil)
	} else {
		s.asks[i].no.Store(&Ask{Env: c.Env, Check: c.Check, Question: b.Question, Who: who, Since: e.T})
	}
	return Reply{Text: fmt.Sprintf("%s %s", b.Question, b.word()), Seq: e.Seq}
}

func (b *CheckAnswer) word() string {
	if b.Good {
		return "yes"
	}
	return "no"
}

// asks folds a question or its answer.
func (s *State) asks(e Event) {
	gone := func(env, check string) {
		s.Asks = slices.DeleteFunc(s.Asks, func(a Ask) bool { return a.Env == env && a.Check == check })
	}
	switch b := e.Body.(type) {
	case *Ask:
		gone(b.Env, b.Check)
		s.Asks = append(s.Asks, *b)
	case *CheckAnswer:
		gone(b.Env, b.Check)
		text := fmt.Sprintf("%s %s: %s", b.Question, b.word(), b.Text)
		s.mark(e, strings.TrimSuffix(text, ": "))
	}
}

// answerOrder makes an answer of an order's words. With no check named it goes
// to the oldest question that waits for this person, else for anyone, else for
// somebody in particular. A yes may also take back a no that stands: it waits
// for who said it, and anybody may know better. ok is false when the words are no answer or nothing
// waits; why says which, and is "" for a note that simply is a note.
func (s *Session) answerOrder(o Order) (c AnswerCheck, ok bool, why string) {
	good, text, is := yesOrNo(o.Text)
	var asks []Ask
	s.log.read(func(st *State) { asks = slices.Clone(st.Asks) })
	if is && good {
		asks = s.withNos(asks)
	}
	if o.Cmd == "note" {
		if !is || o.Kind != "" || len(asks) == 0 || len(o.Attach) > 0 || o.Samples > 0 {
			return c, false, ""
		}
	} else if !is {
		return c, false, `an answer begins with "yes" or "no"`
	}
	if o.Check != "" {
		for i := range s.asks {
			if k := s.asks[i].key; o.Check == k.Check || o.Check == k.Env+"/"+k.Check {
				return AnswerCheck{Env: k.Env, Check: k.Check, Text: text, Good: good}, true, ""
			}
		}
		return c, false, fmt.Sprintf("no check called %s asks a person", o.Check)
	}
	if len(asks) == 0 {
		if len(s.asks) != 1 {
			return c, false, "no question waits for an answer"
		}
		k := s.asks[0].key
		return AnswerCheck{Env: k.Env, Check: k.Check, Text: text, Good: good}, true, ""
	}
	rank := func(a Ask) int {
		switch a.Who {
		case o.By:
			return 0
		case "":
			return 1
		}
		return 2
	}
	a := slices.MinFunc(asks, func(a, b Ask) int { return cmp.Or(rank(a)-rank(b), a.Since.Compare(b.Since)) })
	return AnswerCheck{Env: a.Env, Check: a.Check, Text: text, Good: good}, true, ""
}

// withNos adds the checks whose newest answer is a no to the questions that wait.
func (s *Session) withNos(asks []Ask) []Ask {
	for i := range s.asks {
		if s.asks[i].no == nil {
			continue
		}
		no := s.asks[i].no.Load()
		if no != nil && !slices.ContainsFunc(asks, func(a Ask) bool { return a.Env == no.Env && a.Check == no.Check }) {
			asks = append(asks, *no)
		}
	}
	return asks
}

// yesOrNo reads a first word of yes or no, and what follows it.
func yesOrNo(text string) (good bool, rest string, ok bool) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(text)
	}
	switch strings.ToLower(text[:end]) {
	case "yes":
		good = true
	case "no":
	default:
		return false, "", false
	}
	return good, strings.TrimLeftFunc(text[end:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.:;!-–—", r) }), true
}
