package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// recorded handles what is looked up in the record, and what is added to it.
func (p *plain) recorded(ctx context.Context, word, rest string) bool {
	id, text, _ := strings.Cut(rest, " ")
	id = strings.ToLower(id)
	switch word {
	case "levels", "l":
		p.levels(rest)
	case "find", "/":
		p.find(rest)
	case "attach":
		p.attach(ctx, id, strings.TrimSpace(text))
	case "samples":
		n, ok := p.s.Notes.Get(id)
		if !ok {
			p.say("samples takes a note: samples n3. notes lists them.")
			return true
		}
		p.act(ctx, func(m *Model) tea.Cmd { return m.attachSamples(n) })
	case "earlier", "L":
		p.items()
	case "still", "gone", "changed":
		p.give(ctx, session.TickItem{ID: p.itemID(rest), Outcome: map[string]string{"still": session.Still, "gone": session.Gone, "changed": session.Changed}[word]})
	case "debrief", "D":
		p.debrief(ctx, rest)
	case "beside", "o":
		p.act(ctx, (*Model).opportunity)
	case "author", "W":
		p.author(ctx, rest)
	case "[", "slower", "]", "faster":
		p.act(ctx, func(m *Model) tea.Cmd { return m.glide(word == "]" || word == "faster") })
	default:
		return false
	}
	return true
}

// act does what a key of the screen does, and tells what became of it.
func (p *plain) act(ctx context.Context, do func(*Model) tea.Cmd) {
	m := p.screen()
	m.ctx = ctx
	cmd := do(m)
	if cmd == nil {
		if m.message.text != "" {
			p.say("%s.", sentence(spoken(m.message.text)))
		}
		return
	}
	switch msg := cmd().(type) {
	case doneMsg:
		p.became(msg.reply, msg.err)
	case attachedMsg:
		p.became(session.Reply{Text: msg.text}, msg.err)
	}
}

// levels tells what each level brought, the newest last.
func (p *plain) levels(rest string) {
	n, ok := counted(rest, 10)
	if !ok {
		n = 10
	}
	all := p.s.Levels
	for _, v := range all[max(0, len(all)-n):] {
		errors := 0.0
		if v.Requests > 0 {
			errors = float64(v.Errors) / float64(v.Requests)
		}
		text := []string{fmt.Sprintf("%s, %s for %s: %s", since(v.From), p.s.Unit().Of(v.Asked), span(time.Duration(v.Span*float64(time.Second))), plural(int(v.Requests), "request", "requests"))}
		if v.Measured > 0 {
			text = append(text, ratePerSecond(v.RPS)+" a second")
		}
		text = append(text, "errors "+share(errors))
		for _, q := range []struct {
			name string
			is   *float64
		}{{"p50", v.P50}, {"p95", v.P95}, {"p99", v.P99}, {"max", v.Max}} {
			if q.is != nil {
				text = append(text, q.name+" "+millis(*q.is))
			}
		}
		if v.Late > 0 {
			text = append(text, fmt.Sprintf("%d dropped by us", v.Late))
		}
		if v.Basis != "held" {
			text = append(text, "never ran as asked")
		}
		p.say("%s.", strings.Join(text, ", "))
	}
	if len(all) == 0 {
		p.say("No request yet.")
	}
}

// find tells the notes that are like what is looked for.
func (p *plain) find(text string) {
	q, err := notes.ParseQuery(text)
	switch {
	case err != nil:
		p.say("%s.", sentence(err.Error()))
		return
	case q.Empty():
		p.say("find takes words, and kind:bug, tag:cart, by:mel or open: find checkout open.")
		return
	}
	n := 0
	for i := range p.s.Notes.Notes {
		if k := p.s.Notes.Notes[i]; q.Match(k) {
			n++
			p.say("%s, %s by %s at %s: %s", k.ID, k.Kind, k.By, since(k.MS), k.Text)
		}
	}
	if n == 0 {
		p.say("No note is like that.")
	}
}

// attach attaches a file of this machine to a note.
func (p *plain) attach(ctx context.Context, id, path string) {
	if n, ok := p.s.Notes.Get(id); !ok || path == "" {
		p.say("attach takes a note and a file: attach n3 ~/shot.png. notes lists them.")
		return
	} else if n.Gone != nil {
		p.say("%s is taken back: restore %s brings it back.", id, id)
		return
	}
	path, err := expand(path)
	if err != nil {
		p.became(session.Reply{}, err)
		return
	}
	p.act(ctx, func(m *Model) tea.Cmd {
		return m.enclose(id, "", func() ([]enclosure, error) { return []enclosure{onDisk(path, notes.FromFile)}, nil })
	})
}

// items tells what an earlier session left open, and what became of it.
func (p *plain) items() {
	for _, i := range p.s.Items {
		outcome := "not looked at"
		if i.Outcome != "" {
			outcome = map[string]string{session.Still: "still there", session.Gone: "gone", session.Changed: "changed"}[i.Outcome]
		}
		p.say("%s, %s of %s: %s. %s.", i.ID, i.Kind, i.From, strings.TrimSuffix(i.Text, "."), sentence(outcome))
	}
	if len(p.s.Items) == 0 {
		p.say("This session is like no other: run --like DIR brings what an earlier one left open.")
	}
}

// itemID is an item as it is written in the list, whatever the case it is typed in.
func (p *plain) itemID(typed string) string {
	if i := slices.IndexFunc(p.s.Items, func(i session.Item) bool { return strings.EqualFold(i.ID, typed) }); i >= 0 {
		return p.s.Items[i].ID
	}
	return typed
}

// debrief asks what is not answered yet, one after the other; with a question's
// name it takes that answer.
func (p *plain) debrief(ctx context.Context, rest string) {
	key, text, _ := strings.Cut(rest, " ")
	all := session.Questions()
	if i := slices.IndexFunc(all, func(q session.Question) bool { return q.Key == strings.ToLower(key) }); i >= 0 {
		if text = strings.TrimSpace(text); text != "" {
			p.give(ctx, session.Answer{Question: all[i].Key, Text: text})
		} else {
			p.debriefAt(ctx, all[i:i+1], 0)
		}
		return
	}
	open := slices.DeleteFunc(all, func(q session.Question) bool { return p.s.Answers[q.Key] != "" })
	if len(open) == 0 {
		p.say("Every question of the debrief is answered. debrief past opens one again; so do results, obstacles, outlook, feelings, learning, adaptation and learned.")
		return
	}
	p.say("Debrief: each answer is kept at once. A dot ends it, a dash leaves a question open.")
	p.debriefAt(ctx, open, 0)
}

func (p *plain) debriefAt(ctx context.Context, open []session.Question, at int) {
	if at == len(open) {
		p.say("That was the debrief.")
		return
	}
	q := open[at]
	proposed, from := p.s.Answers[q.Key], "So far"
	if proposed == "" {
		proposed, from = p.s.Prefill(q.Key), "Proposed"
	}
	p.say("%s: %s %s.", q.Name, q.Asks, sentence(strings.TrimSuffix(q.Hint, ".")))
	if proposed != "" {
		p.say("%s: %s. Enter alone takes it.", from, strings.TrimSuffix(strings.Join(strings.FieldsFunc(proposed, func(r rune) bool { return r == '\n' }), "; "), "."))
	}
	p.asks = func(line string) error {
		switch {
		case line == ".":
			p.say("The debrief goes on later: debrief, or crosstalk debrief.")
			return nil
		case line == "" && proposed != "":
			line = proposed
		case line == "" || line == "-":
			p.debriefAt(ctx, open, at+1)
			return nil
		}
		p.give(ctx, session.Answer{Question: q.Key, Text: line})
		p.debriefAt(ctx, open, at+1)
		return nil
	}
}

// author hands the keyboard to another person at this desk: what is typed from
// here on is signed by that name.
func (p *plain) author(ctx context.Context, name string) {
	switch {
	case name == "":
		p.say("author takes a name: author jon. What is typed from then on is signed by it. Now it is %s.", p.o.Who.Name)
		return
	case name == p.o.Who.Name:
		p.say("%s writes already.", name)
		return
	}
	here := name == p.s.Start.As || slices.ContainsFunc(p.src.Snapshot().Pair.Here, func(v session.Viewer) bool { return v.Desk && v.Name == name })
	if !here {
		if _, err := p.src.Do(ctx, p.o.Who, session.Join{Viewer: session.Viewer{Name: name, Role: session.Navigator, Desk: true}}); err != nil {
			p.became(session.Reply{}, err)
			return
		}
	}
	p.o.Who.Name = name
	p.say("%s writes now.", name)
}
