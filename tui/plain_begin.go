package tui

import (
	"context"
	"fmt"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// begin says at the start what the pre-flight page shows, and what is asked of
// the person.
func (p *plain) begin() {
	p.say("Crosstalk, plain. %s", p.loaded())
	p.again()
	p.before()
	if p.s.Charter != "" {
		p.say("Charter: %s.", strings.TrimSuffix(p.s.Charter, "."))
	}
	switch {
	case p.o.Mystery:
		p.riddle()
	case p.o.Express:
		p.say("Express: %s, %s. While what is usual is being learned: what do you want to find out? charter and your words sets it, such as: charter Explore checkout with rising users to discover where orders slow down.",
			span(p.s.Timebox), p.s.Unit().Of(p.s.DialMax()))
	}
	if p.o.Door != nil && p.o.Door.Sight().Open {
		p.door()
	}
	p.say("Type help for the commands. ctrl+c stops all load.")
}

// again says of a session that is taken up again what it brings along.
func (p *plain) again() {
	if !p.resumed {
		return
	}
	n := 0
	for _, v := range p.s.Notes.Notes {
		if v.Gone == nil {
			n++
		}
	}
	p.say("Taken up again at %s: %s, %s, at most %s.", since(p.s.MS), plural(n, "note", "notes"), plural(int(p.s.Requests), "request", "requests"), p.s.Unit().Of(p.s.Dial.Peak))
	if p.s.Guard.Latched() {
		p.say("%s", p.guardWords())
	}
}

// loaded says where load goes.
func (p *plain) loaded() string {
	return fmt.Sprintf("Load goes to %s: %s.", p.s.Start.Target, p.screen().senders(true))
}

// preflight says again what was said at the start, as it is now.
func (p *plain) preflight() {
	p.say("%s", p.loaded())
	p.before()
	if p.s.Baseline.Running {
		p.say("%s", p.guardWords())
	} else if len(p.s.Baseline.Thresholds) > 0 {
		text, _ := learnedWords(p.s)
		p.say("Baseline: %s.", spoken(text))
	}
}

// before says what is watched and what is red, the limits, the brake test, the
// data stores, and what to paste.
func (p *plain) before() {
	s := p.s
	var names []string
	rate := 0.0
	for _, c := range s.Start.Checks {
		if c.Env == "production" {
			names = append(names, c.Name)
			if c.Every > 0 && c.Kind != personKind {
				rate += 1 / c.Every
			}
		}
	}
	if len(names) == 0 {
		p.say("Production is not watched: nothing tells whether load reaches it. %s.", unguardedWords(s))
	} else {
		p.say("Production is only watched, by %s: %s. %.3g checks a second, nothing else.", plural(len(names), "check", "checks"), strings.Join(names, ", "), rate)
	}
	for _, env := range []string{"staging", "production"} {
		for _, t := range worstFirst(s.Env(env).Tiles) {
			if t.Now.State == "red" {
				p.say("%s %s is red: %s.%s", sentence(env), t.Info.Name, strings.TrimSuffix(t.Now.Reason, "."), p.remedy(env, t.Info.Name, "red"))
			}
		}
	}
	p.say("Limits: %s.", spoken(limitsOf(s)))
	switch b := s.Brake; {
	case s.Start.NoGuard != "":
		p.say("The guard is off: %s. There is no brake test without it; ctrl+c and stop stop all load.", strings.TrimSuffix(s.Start.NoGuard, "."))
	case !s.Watched("production"):
	case b == nil:
		p.say("Brake test: one user begins, then all load is stopped.")
	default:
		p.braked(b)
	}
	p.stores()
	for _, n := range s.Notes.Notes {
		if n.System && n.MS < 1000 && n.Kind == notes.Risk {
			p.say("Look here: %s.", strings.TrimSuffix(n.Text, "."))
		}
	}
	if s.Start.Demo == "" { // nobody has to be told of a demo's shop
		p.paste(func(text []string) { p.say("%s", strings.Join(text, " ")) })
	}
}

// paste tells what a chat should know now, as the screen's page does: when the
// load is over its all-clear, too.
func (p *plain) paste(put func(text []string)) {
	s, when := p.s, "before the start"
	switch {
	case s.Clear():
		p.say("To paste now, the load is over: %s", s.AllClear(p.o.Now().Location()))
		when = "before load begins again"
	case s.Dial.Own:
		when = "while load runs"
	}
	put(append([]string{"To paste " + when + ":"}, s.Announcement(p.o.Now())...))
}

// braked says what the rehearsal of a cut measured.
func (p *plain) braked(b *session.BrakeTest) {
	if b.OK {
		p.say("Brake test: %s stopped after %.1f ms.", p.s.Unit().Of(b.Users), b.MSToZero)
		return
	}
	p.say("Brake test: nothing was in flight to be stopped.")
}

// remedy is what can be done about a server that is red before the load; "" where
// that may not be.
func (p *plain) remedy(env, check, state string) string {
	c := session.SetAside{Env: env, Check: check, Why: "any"}
	if state != "red" || env != "staging" && env != "production" || p.src.May(p.o.Who, c) != nil {
		return ""
	}
	name := check
	if env == "staging" {
		name = "staging " + check
	}
	return fmt.Sprintf(" aside %s WHY sets it aside before the load: it is shown, and does not count.", name)
}

// riddle asks what a mystery asks.
func (p *plain) riddle() {
	p.say("Mystery: do staging and production share a database, or not? The lot is cast. Find out, and hurt as few of production's customers as you can. answer linked, or answer not linked, gives your answer and ends the session; then the score is told.")
}

// solve takes the answer to a mystery: a note like any other, and it ends the
// session.
func (p *plain) solve(ctx context.Context, text string) {
	switch text = strings.ToLower(strings.TrimRight(text, ".!")); text {
	case AnswerLinked, AnswerNotLinked:
	case "unlinked":
		text = AnswerNotLinked
	default:
		p.say("answer linked, or answer not linked.")
		return
	}
	p.give(ctx, session.AddNote{Draft: notes.Draft{Kind: notes.Decision, Text: text}, Typed: p.o.Now()})
	p.depart(ctx)
}

// opened says what comes first when the dial opens.
func (p *plain) opened() {
	if p.o.Express && p.s.Link.Running == nil && p.s.Link.Last == nil {
		p.say("Before the dial: does load on staging reach production? check quick finds out, in %s at most, with gentle load.", span(lengths[0].of.Longest()))
	}
}
