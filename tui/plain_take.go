package tui

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// plainHelp is every command of a plain session; the keys of the screen work,
// too, and Enter after each.
var plainHelp = []string{
	"A number: the dial asks for it. +10 or up 10: ten more. -10 or down 10: ten fewer. 0 or ease: to nothing, users finish and go.",
	"stop or x: all load off, at once. ctrl+c does it, too. hold: hold users, or go on; after a cut, go on.",
	"ramp to 200 in steps of 20, 30 s each, stop when production is amber; or short: ramp 200 20 30s. Any line holds it where it is. Instead of amber: red, or never; the guard's hold ends it all the same.",
	"back or b: the last good level. spike 80: at once, without glide. glide 5, or glide off; slower or [, faster or ].",
	"note TEXT, or a line that begins with a kind: ! bug, ? question, | obstacle, * idea, + works, ~ risk, > next, = decision, : setup.",
	"notes: all of them. find WORDS. resolve n3. restore n3. take back n3 WHY. edit n3 TEXT. attach n3 FILE. samples n3: the samples of a minute around it.",
	"check: does production follow staging? It says what it does, and asks; check quick and check slow start. recheck: again, from what was checked to what runs. end check. link: what is known of a link. unlock WHY.",
	"dips or i: is it me? checks: how each server is. aside web-3 WHY: before the load, a red one does not count; count web-3: it does again. mute web-3 WHY: it only warns until it is green.",
	"yes, or no WHAT IS WRONG: answer a question, or say what you see unasked. warn WHY: the guard only warns for 5 minutes; red still cuts.",
	"Enter alone: how it goes. every 30: tell it every 30 seconds, every off: never. card or w: what are we doing. levels or l: what each number of users brought.",
	"errors or e: by kind, and every step. timeline or t; at 12:30: every value at that moment. preflight or p: what is loaded, watched and allowed. announce or a: what to paste. charter TEXT. extend 15 WHY. pause, resume.",
	"test, bug, setup: what you do now. beside or o: beside the charter, or on it again. debrief or D. author NAME: who types from here on.",
	"earlier or L: what an earlier session left open; still n3, gone n3, changed n3.",
	"door or s: what to send to who should look on. door open, door close. let in, or refuse: who knocks. who: who is here. send away NAME.",
	"offer NAME: the dial. give, or keep: somebody asks for it. accept, or decline: it is offered to you. take the dial: ask for it.",
	"In what is told: the permit is the leave to send, which ends if the guard does not renew it; the operator is whoever stopped the load by hand; the journal is the session's file.",
	"skip: end the quiet phase. use: use the earlier baseline that is offered. help or ?. quit or q: stops load and leaves.",
}

var (
	dialBy    = regexp.MustCompile(`^([+-])\s?(\d{1,6})$`)
	dialTo    = regexp.MustCompile(`^\d{1,6}$`)
	kindFirst = regexp.MustCompile(`^([!|*~>=:]\s*|[?+]\s+)\S`)
)

// stops are the lines that stop all load whatever is asked just then, in any case.
var stops = map[string]bool{"stop": true, "stop.": true, "stop!": true, "stop all": true, "x": true, "^x": true, "ctrl+x": true, "ctrl-x": true}

// take carries out one typed line. The error is errLeave when it leaves.
func (p *plain) take(ctx context.Context, line string) error {
	line = strings.TrimSpace(notes.Clean(line))
	next := p.asks
	p.asks = nil
	if stops[strings.ToLower(line)] { // before anything else
		p.give(ctx, session.StopAll{})
		if next != nil {
			p.say("What was asked is put aside.")
		}
		return nil
	}
	// The newest state: what was just given has not been told yet.
	if p.src.Snapshot().Ramp != nil {
		_, _ = p.src.Do(ctx, p.o.Who, session.EndRamp{Why: p.o.Who.Name + " typed a line"})
	}
	if next != nil {
		return next(line)
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if len(word) > 1 { // a letter alone is a key, and a capital another one
		word = strings.ToLower(strings.TrimRight(word, ",.;!"))
	}
	switch {
	case line == "":
		p.report()
		return nil
	case dialTo.MatchString(line):
		n, _ := strconv.Atoi(line)
		if n == 0 {
			p.give(ctx, session.EaseOff{})
		} else {
			p.give(ctx, session.SetDial{To: n})
		}
		return nil
	case dialBy.MatchString(line):
		m := dialBy.FindStringSubmatch(line)
		n, _ := strconv.Atoi(m[1] + m[2])
		p.give(ctx, session.MoveDial{By: n})
		return nil
	case kindFirst.MatchString(line):
		p.note(ctx, line)
		return nil
	}
	switch {
	case word == "q" || word == "quit":
		p.quit(ctx)
		return nil
	case word == "answer" && p.o.Mystery:
		p.solve(ctx, rest)
		return nil
	}
	if p.load(ctx, word, rest) || p.watched(ctx, word, rest) || p.paired(ctx, word, rest) || p.look(word, rest) || p.frame(ctx, word, rest) || p.written(ctx, word, rest) || p.recorded(ctx, word, rest) {
		return nil
	}
	p.say("No command is called %s: help lists them. note %s writes it down.", word, line)
	return nil
}

func (p *plain) note(ctx context.Context, text string) {
	p.give(ctx, session.AddNote{Draft: notes.Parse(text), Typed: p.o.Now()})
}

// quit asks while load runs, and for the one sentence.
func (p *plain) quit(ctx context.Context) {
	if d := p.src.Snapshot().Dial; max(d.Asked, d.Running) > 0 {
		p.confirm(ctx, fmt.Sprintf("Load is running: %s. Stop it and leave?", p.s.Unit().Of(max(d.Asked, d.Running))), func() { p.depart(ctx) })
		return
	}
	p.depart(ctx)
}

// depart stops all load and asks for the one sentence.
func (p *plain) depart(ctx context.Context) {
	p.give(ctx, session.StopAll{})
	p.say("What did you learn, in one sentence? Enter alone leaves without one.")
	p.asks = func(line string) error {
		_ = p.finish(ctx, line)
		return errLeave
	}
}

// confirm puts a question. Only yes says yes; a line that is neither yes nor no
// leaves it as it was, and is the command that it is.
func (p *plain) confirm(ctx context.Context, question string, yes func()) {
	p.say("%s yes or no.", question)
	p.asks = func(line string) error {
		switch strings.ToLower(strings.TrimRight(line, ".!")) {
		case "y", "yes":
			yes()
			return nil
		case "n", "no", "":
			p.say("Left as it was.")
			return nil
		}
		p.say("Left as it was.")
		return p.take(ctx, line)
	}
}

// counted reads a count that may be left out.
func counted(text string, without int) (int, bool) {
	if text == "" {
		return without, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// load handles what moves or stops the load.
func (p *plain) load(ctx context.Context, word, rest string) bool {
	n, numeric := counted(rest, 1)
	switch word {
	case "stop": // and whatever follows it
		p.give(ctx, session.StopAll{})
	case "hold", "space", "go":
		p.give(ctx, session.Hold{Why: strings.TrimSpace(strings.TrimPrefix(rest, "on"))})
	case "back", "b":
		p.give(ctx, session.BackToGood{})
	case "ease":
		p.give(ctx, session.EaseOff{})
	case "up", "down", "spike", "S":
		switch {
		case !numeric || rest == "" && (word == "spike" || word == "S"):
			p.say("%s takes a number: %s 10.", word, word)
		case word == "up":
			p.give(ctx, session.MoveDial{By: n})
		case word == "down":
			p.give(ctx, session.MoveDial{By: -n})
		default:
			p.give(ctx, session.SetDial{To: n, Spike: true})
		}
	case "glide":
		to, err := strconv.ParseFloat(rest, 64)
		if err != nil && strings.ToLower(rest) != "off" {
			p.say("glide takes users a second, or off: glide 5.")
			return true
		}
		p.give(ctx, session.SetGlide{To: to})
	case "ramp", "r":
		r, err := session.ParseRamp(rest)
		if err != nil {
			p.say("%s.", sentence(err.Error()))
			return true
		}
		if p.screen().guardEnds(r) {
			p.say("At amber %s.", guardEnds)
		}
		p.give(ctx, session.StartRamp{Ramp: r})
	case "unlock", "U":
		p.give(ctx, session.Unlock{Why: rest})
	case "warn", "G":
		p.give(ctx, session.WarnOnly{Why: rest})
	default:
		return false
	}
	return true
}

// look handles what only tells.
func (p *plain) look(word, rest string) bool {
	switch word {
	case "help", "?":
		for _, line := range plainHelp {
			p.say("%s", p.screen().worded(line))
		}
		if p.o.Mystery {
			p.riddle()
		}
	case "status", "card", "w":
		p.card()
	case "preflight", "pre-flight", "p":
		p.preflight()
	case "announce", "a":
		p.paste(p.lines)
	case "notes":
		for _, n := range p.s.Notes.Notes {
			if n.Gone == nil {
				p.say("%s, %s by %s at %s: %s", n.ID, n.Kind, n.By, since(n.MS), n.Text)
			}
		}
		if len(p.s.Notes.Notes) == 0 {
			p.say("No notes yet.")
		}
	case "errors", "e":
		p.errors()
	case "at":
		p.at(rest)
	case "timeline", "t":
		n, ok := counted(rest, 10)
		if !ok {
			n = 10
		}
		all := p.s.Marks
		for _, k := range all[max(0, len(all)-n):] {
			p.say("%s, %s: %s", since(k.MS), k.By, spoken(k.Text))
		}
	case "every":
		n, err := strconv.Atoi(rest)
		switch {
		case strings.ToLower(rest) == "off":
			p.o.Every = 1000 * time.Hour
			p.say("Enter alone tells how it goes.")
		case err != nil || n < 1:
			p.say("every takes seconds, or off: every 30.")
		default:
			p.o.Every = time.Duration(n) * time.Second
			p.say("How it goes is told every %d seconds while load runs.", n)
		}
	default:
		return false
	}
	return true
}

// frame handles what is around the load: charter, time, questions.
func (p *plain) frame(ctx context.Context, word, rest string) bool {
	switch word {
	case "charter", "C":
		explore, with, discover := splitCharter(rest)
		c := session.Charter{Explore: explore, With: with, Discover: discover}
		if with == "" && discover == "" {
			c = session.Charter{Text: rest}
		}
		p.give(ctx, session.SetCharter{Charter: c})
	case "extend", "E":
		minutes, why, _ := strings.Cut(rest, " ")
		n, _ := strconv.Atoi(minutes)
		p.give(ctx, session.ExtendTime{By: time.Duration(n) * time.Minute, Why: strings.TrimSpace(why)})
	case "P":
		p.act(ctx, (*Model).pause)
	case "pause":
		p.give(ctx, session.Pause{Why: rest})
	case "resume":
		p.give(ctx, session.Resume{})
	case "test", "setup":
		p.give(ctx, session.SetActivity{Activity: session.Activity{What: word, Opportunity: p.s.Activity.Opportunity}})
	case "skip", "K":
		p.give(ctx, session.SkipBaseline{})
	case "use", "u":
		p.give(ctx, session.UseBaseline{})
	default:
		return false
	}
	return true
}

// written handles notes.
func (p *plain) written(ctx context.Context, word, rest string) bool {
	id, text, _ := strings.Cut(rest, " ")
	id = strings.ToLower(id)
	text = strings.TrimSpace(text)
	switch word {
	case "note", "n":
		p.note(ctx, rest)
	case "bug":
		if rest == "" {
			p.give(ctx, session.SetActivity{Activity: session.Activity{What: session.ActBug, Opportunity: p.s.Activity.Opportunity}})
		} else {
			p.note(ctx, "bug "+rest)
		}
	case "obstacle", "idea", "works", "risk", "next", "decision":
		p.note(ctx, word+" "+rest)
	case "question":
		p.note(ctx, "? "+rest)
	case "resolve":
		p.give(ctx, session.ResolveNote{ID: id})
	case "restore":
		p.give(ctx, session.RestoreNote{ID: id})
	case "edit":
		d := notes.ParseEdit(text)
		p.give(ctx, session.EditNote{ID: id, Kind: d.Kind, Text: d.Text})
	case "take":
		if id == "back" {
			id, text, _ = strings.Cut(text, " ")
		}
		p.give(ctx, session.RetractNote{ID: strings.ToLower(id), Why: strings.TrimSpace(text)})
	default:
		return false
	}
	return true
}
