package tui

import (
	"context"
	"fmt"
	"strings"

	"crosstalk/session"
)

// knocks tells of who waits at the door, once each, and that somebody waits no
// more.
func (p *plain) knocks() {
	if p.o.Door == nil {
		return
	}
	k, ok := p.o.Door.Knocking()
	if p.knock.ID == k.ID {
		return
	}
	if p.knock.ID != 0 && !p.answered {
		p.say("%s waits at the door no more.", p.knock.Name)
	}
	if p.knock, p.answered = k, false; ok {
		p.say("Somebody knocks: %s wants to look on as %s, from %s, with the key %s. Compare the key, then type let in, or refuse. Without an answer in %d seconds nobody comes in.",
			k.Name, k.Role, k.From, k.Key, int(p.o.Door.b.knock.Seconds()))
	}
}

// watchDoor says what has become of the file of keys since, without being asked.
func (p *plain) watchDoor() {
	if p.o.Door == nil {
		return
	}
	d := p.o.Door.Sight()
	if slips := d.slips(); slips != p.slips {
		if p.slips = slips; d.Open {
			p.say("Look here: %s.", strings.TrimSuffix(d.news(), "."))
		}
	}
}

// letIn answers who knocks: the one that was told of, and nobody who came to the
// front of the queue since.
func (p *plain) letIn(name string, yes bool) {
	if p.o.Door == nil {
		p.say("There is no door here.")
		return
	}
	told := p.knock.ID
	p.knocks()
	switch k := p.knock; {
	case k.ID != told && k.ID != 0: // has just been told of
	case k.ID == 0 || p.answered:
		p.say("Nobody waits at the door.")
	case name != "" && name != k.Name:
		p.say("It is %s who waits at the door. Type let in, or refuse.", k.Name)
	default:
		p.answered = true
		p.o.Door.Answer(k.ID, yes)
		if !yes {
			p.say("%s is refused.", k.Name)
		}
	}
}

// door says whether somebody can come in, and what to send to who should.
func (p *plain) door() {
	if p.o.Door == nil {
		p.say("There is no door here.")
		return
	}
	d := p.o.Door.Sight()
	if !d.Open {
		p.say("The door is closed: nobody can look on. door open opens %s, for keys in %s.", d.Addr, d.Allow)
		return
	}
	p.say("The door is open at %s. %s may come in, of %s. You are asked at the first join of each.", d.Addr, plural(d.Keys, "key", "keys"), d.Allow)
	for _, text := range d.looks() {
		p.say("Look here: %s.", strings.TrimSuffix(text, "."))
	}
	for _, line := range d.Skipped[min(skippedShown, len(d.Skipped)):] { // a sentence takes no room
		p.say("Look here: lets nobody in: %s.", strings.TrimSuffix(line, "."))
	}
	p.slips = d.slips()
	where := "Send this to your partner:"
	if d.Here {
		where = "From this machine, or from a partner who has logged in to it:"
	}
	for _, line := range d.Lines {
		p.say("%s %s", where, line)
	}
	p.say("The host key is %s", d.Fingerprint)
	p.say("Out of your partner's reach? Run here: %s and send your partner: %s", d.Reverse, d.ReverseFor)
}

// turnDoor opens or closes the door.
func (p *plain) turnDoor(ctx context.Context, open bool) {
	switch d := p.o.Door; {
	case d == nil:
	case !open:
		d.Shut("the host closed the door")
	default:
		if err := d.Open(ctx); err != nil {
			p.say("No: %s.", strings.TrimSuffix(err.Error(), "."))
			return
		}
	}
	p.door()
}

// who says who is here, and who holds the dial.
func (p *plain) who() {
	s := p.s
	if s.Start.As != "" {
		p.say("%s, %s, at this machine.", s.Start.As, p.roleOf(s.Start.As, session.Driver))
	}
	for _, v := range s.Pair.Here {
		where := fmt.Sprintf("since %s, from %s, with the key %s", since(v.Since), v.From, v.Key)
		if v.Desk {
			where = "at the same desk"
		}
		p.say("%s, %s, %s.", v.Name, p.roleOf(v.Name, v.Role), where)
	}
}

// offered says how to answer an offer that is this person's to answer.
func (p *plain) offered() {
	o := p.s.Pair.Offer
	switch {
	case o == nil || p.src.May(p.o.Who, session.AnswerOffer{Yes: true}) != nil:
	case o.Asked:
		p.say("Type give, or keep. Without an answer %s may take it in %d seconds.", o.To, int(session.TakeAfter.Seconds()))
	default:
		p.say("Type accept, or decline.")
	}
}

func (p *plain) roleOf(name string, role session.Role) string {
	if name == p.s.Pair.Holder {
		return "driver, holds the dial"
	}
	return string(p.s.RoleOf(session.Person{Name: name, Role: role}))
}

// paired handles who is here, who holds the dial, and the door.
func (p *plain) paired(ctx context.Context, word, rest string) bool {
	switch low := strings.ToLower(rest); {
	case word == "let" && low == "in":
		p.letIn("", true)
	case word == "let" && strings.HasPrefix(low, "in "):
		p.letIn(strings.TrimSpace(rest[len("in "):]), true)
	case word == "let" && strings.HasSuffix(low, " in"):
		p.letIn(strings.TrimSpace(rest[:len(rest)-len(" in")]), true)
	case word == "refuse":
		p.letIn(rest, false)
	case word == "door" && (low == "open" || low == "close"):
		p.turnDoor(ctx, low == "open")
	case word == "door" || word == "s" && rest == "":
		p.door()
	case word == "who":
		p.who()
	case word == "send" && strings.HasPrefix(low, "away "):
		p.sendAway(ctx, strings.TrimSpace(rest[len("away "):]))
	case word == "offer":
		p.give(ctx, session.OfferDial{To: rest})
	case word == "give" || word == "accept":
		p.give(ctx, session.AnswerOffer{Yes: true})
	case word == "keep" || word == "decline":
		p.give(ctx, session.AnswerOffer{})
	case word == "T" || word == "take" && (low == "dial" || low == "the dial"):
		p.give(ctx, session.AskDial{})
	default:
		return false
	}
	return true
}

func (p *plain) sendAway(ctx context.Context, name string) {
	for _, v := range p.s.Pair.Here {
		if v.Name == name {
			p.give(ctx, session.Kick{ID: v.ID})
			return
		}
	}
	p.say("Nobody called %s is here. who lists them.", name)
}
