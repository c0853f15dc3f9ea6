package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"crosstalk/session"
	"crosstalk/session/link"
)

// watched handles what is watched, and what is asked about a link.
func (p *plain) watched(ctx context.Context, word, rest string) bool {
	switch word {
	case "checks":
		p.checks()
	case "aside", "count", "mute":
		p.setCheck(ctx, word, rest)
	case "set": // set aside web-13 WHY
		_, rest, _ = strings.Cut(rest, " ")
		p.setCheck(ctx, "aside", strings.TrimSpace(rest))
	case "link":
		p.link()
	case "check", "c":
		p.check(ctx, strings.ToLower(rest))
	case "recheck", "R":
		p.recheck(ctx)
	case "dips", "i":
		p.dips(ctx)
	case "end":
		p.give(ctx, session.StopCheck{})
	case "yes", "y", "no", "N":
		p.answer(ctx, rest, word == "yes" || word == "y")
	default:
		return false
	}
	return true
}

// checks tells how each check is, the worst first.
func (p *plain) checks() {
	n := 0
	for _, env := range []string{"staging", "production", "control", "self"} {
		for _, t := range worstFirst(p.s.Env(env).Tiles) {
			n++
			text := fmt.Sprintf("%s %s is %s", sentence(env), t.Info.Name, t.Now.State)
			if t.Now.State != "green" && t.Now.Reason != "" {
				text += ": " + strings.TrimSuffix(t.Now.Reason, ".")
			} else if t.Now.Latency != nil {
				text += ", " + millis(*t.Now.Latency)
			}
			switch {
			case t.Now.Aside:
				text += "; set aside, it does not count"
			case t.Now.Muted:
				text += "; it only warns until it is green"
			}
			p.say("%s.", text)
		}
	}
	if n == 0 {
		p.say("No check has answered yet.")
	}
}

// setCheck sets a check aside, lets it count again or only warn.
func (p *plain) setCheck(ctx context.Context, word, rest string) {
	tile, why, ok := p.named(rest)
	switch {
	case rest == "":
		p.say("%s takes a check and why: %s web-3 it is being replaced. checks lists them.", word, word)
	case !ok:
		p.say("No check is called so: checks lists them.")
	case word == "mute":
		p.give(ctx, session.Mute{Env: tile.Info.Env, Check: tile.Info.Name, Why: why})
	default:
		p.give(ctx, session.SetAside{Env: tile.Info.Env, Check: tile.Info.Name, Why: why, Undo: word == "count"})
	}
}

// named finds the check that a text begins with. Where both environments have
// one of that name it is the worse, else production's; an environment's name
// before it says which.
func (p *plain) named(text string) (found session.Tile, rest string, ok bool) {
	envs := []string{"production", "staging", "control"}
	if env, after, some := strings.Cut(text, " "); some && slices.Contains(envs, strings.ToLower(env)) {
		envs, text = []string{strings.ToLower(env)}, strings.TrimSpace(after)
	}
	for _, env := range envs {
		for _, t := range p.s.Env(env).Tiles {
			name := t.Info.Name
			if len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) || len(text) > len(name) && text[len(name)] != ' ' {
				continue
			}
			longer := len(name) > len(found.Info.Name)
			if !ok || longer || len(name) == len(found.Info.Name) && rank(t.Now.State) > rank(found.Now.State) {
				found, rest, ok = t, strings.TrimSpace(text[len(name):]), true
			}
		}
	}
	return found, rest, ok
}

// lengths are how long a check takes at most, by its name.
var lengths = []struct {
	name string
	of   link.Profile
}{{"quick", link.Quick()}, {"standard", link.Standard()}, {"slow", link.Slow()}}

// check starts a link check. Without a word of which it says first what it does.
func (p *plain) check(ctx context.Context, profile string) {
	order := p.screen().checkFrom(profile)
	if profile != "" {
		p.give(ctx, order)
		return
	}
	if err := p.src.May(p.o.Who, order); err != nil {
		p.say("No: %s.", strings.TrimSuffix(err.Error(), "."))
		return
	}
	var kinds []string
	for _, l := range lengths {
		kinds = append(kinds, fmt.Sprintf("%s at most %s", l.name, span(l.of.Longest())))
	}
	p.say("A link check: gentle load on staging goes on and off in an order drawn by lot, and whether production follows it is told. %s. The guard stays on; end check ends it.", sentence(strings.Join(kinds, ", ")))
	if order.Off > 0 {
		p.say("From here: %d or %s by lot, never more than runs now. %d were checked before.", order.Off, p.s.Unit().Of(order.Users), order.Off)
	}
	p.confirm(ctx, "Start the standard one? check quick and check slow start the others.", func() { p.give(ctx, p.screen().checkFrom("standard")) })
}

// recheck checks again from what was checked to what runs, or says why it can't.
func (p *plain) recheck(ctx context.Context) {
	order, no := p.screen().again("standard")
	if no != "" {
		p.say("No: %s.", no)
		return
	}
	p.give(ctx, order)
}

// dips asks as the screen does: load goes up and down by itself.
func (p *plain) dips(ctx context.Context) {
	if err := p.src.May(p.o.Who, session.StartDips{}); err != nil {
		p.say("No: %s.", strings.TrimSuffix(err.Error(), "."))
		return
	}
	p.confirm(ctx, fmt.Sprintf("Is it me? Dips from %s to nothing and back, at random, at most %s. Start?", p.s.Unit().Of(p.s.Dial.Running), span(link.DipsFor(p.s.StagingP95(p.s.Dial.Running, 0)).Longest())),
		func() { p.give(ctx, session.StartDips{}) })
}

// link tells what is known of a link.
func (p *plain) link() {
	v := p.s.Link
	if r := v.Running; r != nil {
		words := spoken(r.Words)
		if r.Newest.Pairs > 0 {
			words += "; production " + interval(r.Newest.Effect)
		}
		p.say("%s runs, pair %d of at most %d: %s.", checkName(r.Mode), len(r.Strip)+1, r.Profile.MaxPairs, words)
	}
	if l := v.Lock; l != nil {
		p.say("The dial is locked at %s: %s. unlock WHY lifts it.", p.s.Unit().One(), strings.TrimSuffix(l.Why, "."))
	}
	if l := v.Last; l != nil {
		p.say("%s at %s with %s: %s. %s", checkName(l.Mode), since(l.MS), p.s.Unit().Of(l.Users), session.KindWords(l.Kind), l.Words)
	}
	if v.Reach > 0 {
		p.say("Checked to %s, guarded above.", p.s.Unit().Of(v.Reach))
	}
	p.stores()
	if v.Running == nil && v.Last == nil {
		p.say("No link check has run. check says what it does and asks.")
	}
}

// stores tells what the comparison of the data stores has shown.
func (p *plain) stores() {
	if v := p.s.Link.Stores; v != nil {
		p.say("Data stores: %s. %s", v.Verdict, v.Words)
		return
	}
	p.say("Data stores: not compared, identity in crosstalk.yaml does it; check asks by gentle load.")
}

// answer answers the question that waits, or says unasked what a person sees.
func (p *plain) answer(ctx context.Context, text string, good bool) {
	a, ok := p.screen().question()
	if !ok {
		p.say("No question waits, and no check asks a person here.")
		return
	}
	p.give(ctx, session.AnswerCheck{Env: a.Env, Check: a.Check, Text: text, Good: good})
}
