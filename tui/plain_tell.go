package tui

import (
	"fmt"
	"strings"

	"crosstalk/session"
)

// tell folds an event and says what of it a person wants to hear.
func (p *plain) tell(e session.Event) {
	marks := len(p.s.Marks)
	p.s.Apply(e)
	at := since(e.MS)
	switch b := e.Body.(type) {
	case *session.Start:
		p.begin()
	case *session.BaselineStart:
		p.say("%s. The usual is being learned for %.0f s. A dial moved now moves then.", at, b.Seconds)
	case *session.BaselineEnd:
		p.known(at)
		p.opened()
	case *session.BrakeTest:
		p.braked(b)
	case *session.LoadStop:
		by := ""
		if b.By != "" {
			by = " by " + b.By
		}
		took := ""
		if b.MSToZero != nil {
			took = fmt.Sprintf(", none in flight after %.0f ms", *b.MSToZero)
		}
		p.say("%s. All load is stopped%s, %s%s.", at, by, b.Reason, took)
	case *session.HealthState:
		p.health(at, b)
	case *session.NoteAdd:
		if n, ok := p.s.Notes.Get(b.ID); ok && (n.System || n.By != p.o.Who.Name) {
			p.say("%s. Note %s by %s, %s: %s", at, n.ID, n.By, n.Kind, n.Text)
		}
	case *session.IdentityResult:
		p.say("%s. Data stores: %s. %s", at, b.Verdict, b.Words)
	case *session.LinkVerdict:
		p.say("%s. %s: %s. %s", at, checkName(b.Mode), session.KindWords(b.Kind), b.Words)
	case *session.Ask:
		p.say("%s. A question: %s Answer yes, or no and what is wrong.", at, b.Question)
	case *session.DialSet, *session.DialHold:
		if e.By != p.o.Who.Name || p.s.Ramp != nil {
			p.marks(at, e.By, marks)
		}
	case *session.RoleOffer:
		p.marks(at, e.By, marks)
		p.offered()
	case *session.End:
		p.say("%s. The session has ended.", at)
	default:
		p.marks(at, e.By, marks)
	}
}

func checkName(mode string) string {
	if mode == session.ModeDips {
		return "Is it me"
	}
	return "Link check"
}

// marks says what the timeline has got since, in its words.
func (p *plain) marks(at, by string, from int) {
	if from > len(p.s.Marks) {
		return // old ones gave way
	}
	for _, k := range p.s.Marks[from:] {
		if by == session.BySession || by == session.ByGuard || by == session.ByMonitors || by == session.ByEngine || by == p.o.Who.Name {
			p.say("%s. %s.", at, sentence(spoken(k.Text)))
		} else {
			p.say("%s. %s: %s.", at, by, spoken(k.Text))
		}
	}
}

// health tells of an environment at once, and of a check when it is not green.
func (p *plain) health(at string, b *session.HealthState) {
	switch {
	case b.Env == "self" && b.To == "green":
		return
	case b.Check != "" && (b.To == "green" || b.From == ""):
		return
	case b.Check != "":
		p.say("%s. %s %s is %s: %s.%s", at, sentence(b.Env), b.Check, b.To, strings.TrimSuffix(b.Why, "."), p.remedy(b.Env, b.Check, b.To))
	case p.state[b.Env] != b.To:
		p.state[b.Env] = b.To
		why := ""
		if b.To != "green" && b.Why != "" {
			why = ": " + strings.TrimSuffix(b.Why, ".")
		}
		p.say("%s. %s is %s%s.", at, sentence(b.Env), b.To, why)
	}
}

// known says what the quiet phase has taught, and what the guard keeps with it.
func (p *plain) known(at string) {
	text, learned := learnedWords(p.s)
	_, text, _ = strings.Cut(text, "learned")
	head := "The usual is known."
	if !learned {
		head = "Nothing was learned of what is usual."
	}
	if text = strings.TrimLeft(spoken(text), ":, "); text != "" {
		head += " " + sentence(text) + "."
	}
	if all := p.screen().promise(); len(all) > 0 {
		text, _, _ := strings.Cut(all[0], " · ")
		head += " " + sentence(text) + "."
	}
	p.say("%s. %s The dial is open.", at, head)
}

// sentence begins a text with a capital letter.
func sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
