package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// presenter is a source that tells the screens of each other, a live session. A
// replay is none.
type presenter interface {
	Show(p session.Presence)
	Shown() []session.Presence
}

// pairing is what one viewer knows of the others.
type pairing struct {
	shown  []session.Presence
	follow string           // whose look this screen takes over, in words; "" nobody's
	at     pursuit          // the same
	taken  look             // the look that was taken over last
	own    look             // this screen's, to come back to
	mine   bool             // a key of this screen opened what lies there: nothing is taken over
	asked  string           // what the present question is about, and
	since  time.Time        // since when it is shown
	desks  map[string]blank // what authors at this desk have begun, by name
	names  []string         // of the authors at this desk, besides the present one
	door   string           // what was said of the door last
}

// blank is what an author leaves lying while another one writes.
type blank struct {
	draft draft
	desk  desk
}

// readFor is how long a question stands before a key counts as its answer: one
// that was meant for something else must not let anybody in.
const readFor = 700 * time.Millisecond

// pairKeys are the keys of a session of two.
func pairKeys() []binding {
	return []binding{
		{id: "share", keys: []string{"s"}, show: "s", does: "share: who is here, the dial, the door", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { m.openShare(); return nil }},
		{id: "author", keys: []string{"W"}, show: "W", does: "another author at this desk", group: groupNotes,
			act: func(m *Model, _ string) tea.Cmd { return m.nextAuthor() }},
		{id: "take", keys: []string{"T"}, show: "T", does: "a navigator asks for the dial, or takes it", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { return m.do(session.AskDial{}) }},
		{id: "pairing", show: "o t f F k", does: "in s: offer, take, follow, send away", group: groupSession},
	}
}

// present tells the others what this screen does, and looks at what theirs do.
func (m *Model) present() {
	p, ok := m.src.(presenter)
	if !ok {
		return
	}
	me := session.Presence{Viewer: m.o.Viewer, Name: m.o.Who.Name, Look: m.looks()}
	if m.mode == modeEdit && m.editor.purpose == editNote && strings.TrimSpace(m.editor.text) != "" {
		me.Writing, me.Kind = true, m.editor.kind()
	}
	p.Show(me)
	m.pair.shown = p.Shown()
	m.following()
}

// signed is a name with the role in which something was done, where more than one
// person took part.
func (m *Model) signed(by string, role session.Role) string {
	if role == "" || !m.s.Shared() {
		return by
	}
	return by + " (" + string(role) + ")"
}

// writing names who else writes a note just now: "mel is typing (bug)".
func (m *Model) writing() string {
	var who []string
	for _, p := range m.pair.shown {
		if p.Viewer == m.o.Viewer || !p.Writing {
			continue
		}
		text := p.Name + " is typing"
		if p.Kind != "" && p.Kind != notes.Plain {
			text += " (" + string(p.Kind) + ")"
		}
		who = append(who, text)
	}
	return strings.Join(who, ", ")
}

// pairLines ask what somebody wants of this viewer, and say that nobody has the
// dial in hand.
func (m *Model) pairLines() []string {
	if q := m.pairQuestion(); q.about != "" {
		lines := m.bannerOf(q.first, q.parts...)
		if q.key != "" {
			return []string{lines[0], "  " + q.key, lines[1]}
		}
		return lines
	}
	p := m.s.Pair
	if p.Lost < 0 || p.Holder == "" || m.s.Ended != nil {
		return m.lingerLines()
	}
	first := p.Holder + ", who holds the dial, is not here any more"
	if slices.ContainsFunc(p.Here, func(v session.Viewer) bool { return v.Name == p.Holder }) {
		first = p.Holder + ", who holds the dial, only watches now"
	}
	if left := session.LostFor - (m.elapsed() - time.Duration(p.Lost)*time.Millisecond); left > 0 && m.s.Dial.Asked > 0 {
		first += fmt.Sprintf(": users are held, and ease in %d s", int((left+time.Second-1)/time.Second))
	}
	if m.s.RoleOf(m.o.Who) == session.Navigator {
		return m.bannerOf(first, "T takes the dial", "ctrl+x stops all load")
	}
	return m.bannerOf(first, "ctrl+x stops all load")
}

// lingering is the source of a guest's screen, which ends when nobody touches it.
type lingering interface {
	EndsIn() (left time.Duration, ok bool)
}

// lingerLines warn of that end.
func (m *Model) lingerLines() []string {
	src, ok := m.src.(lingering)
	if !ok {
		return nil
	}
	left, ok := src.EndsIn()
	if !ok {
		return nil
	}
	return m.bannerOf(fmt.Sprintf("Nobody has pressed a key here for long: this view ends in %s", minutes(max(0, left))), "any key keeps it", "the session goes on without it")
}

// pairAsk is one question of pairing to this viewer, and what y and n do.
type pairAsk struct {
	about   string // tells it from others; "" is none
	first   string
	key     string // to compare, on a line of its own: it is never cut
	parts   []string
	yes, no func(m *Model) tea.Cmd
}

func (m *Model) pairQuestion() pairAsk {
	if m.o.Door != nil && m.o.Host {
		if k, ok := m.o.Door.Knocking(); ok {
			return pairAsk{about: fmt.Sprintf("knock %d", k.ID),
				first: fmt.Sprintf("? %s wants to look on as %s", k.Name, k.Role),
				key:   "key " + k.Key + " · compare it first",
				parts: []string{"y lets in", "n refuses", "from " + k.From},
				yes:   func(m *Model) tea.Cmd { m.o.Door.Answer(k.ID, true); return nil },
				no:    func(m *Model) tea.Cmd { m.o.Door.Answer(k.ID, false); m.say(k.Name+" is refused", false); return nil }}
		}
	}
	o := m.s.Pair.Offer
	if o == nil || m.src.May(m.o.Who, session.AnswerOffer{Yes: true}) != nil {
		return pairAsk{}
	}
	q := pairAsk{about: fmt.Sprintf("offer %d", o.Since),
		yes: func(m *Model) tea.Cmd { return m.do(session.AnswerOffer{Yes: true}) },
		no:  func(m *Model) tea.Cmd { return m.do(session.AnswerOffer{}) }}
	if o.Asked {
		left := session.TakeAfter - (m.elapsed() - time.Duration(o.Since)*time.Millisecond)
		q.first = fmt.Sprintf("? %s asks for the dial", o.To)
		q.parts = []string{"y gives it", "n keeps it", fmt.Sprintf("without an answer %s may take it in %d s", o.To, max(0, int((left+time.Second-1)/time.Second)))}
		return q
	}
	q.first = fmt.Sprintf("? %s offers you the dial", o.From)
	q.parts = []string{"y takes it", "n leaves it where it is"}
	return q
}

// watchQuestion keeps since when the present question stands.
func (m *Model) watchQuestion() {
	if about := m.pairQuestion().about; about != m.pair.asked {
		m.pair.asked, m.pair.since = about, m.now
	}
	m.watchDoor()
}

// answerPair handles a key that answers a question of pairing and tells whether
// it was its own.
func (m *Model) answerPair(key string) (tea.Cmd, bool) {
	q := m.pairQuestion()
	if q.about == "" || key != "y" && key != "n" {
		return nil, false
	}
	if q.about != m.pair.asked || m.now.Sub(m.pair.since) < readFor {
		return nil, true // pressed before it could be read
	}
	if key == "y" {
		return q.yes(m), true
	}
	return q.no(m), true
}

// nextAuthor hands the keyboard to the other author at this desk: notes and what
// is done are signed by that name from here on. The first time it asks for it.
func (m *Model) nextAuthor() tea.Cmd {
	if !m.o.Host {
		m.say("every guest writes under one name: the one of the key", false)
		return nil
	}
	if len(m.pair.names) == 0 {
		m.mode, m.editor = modeEdit, editor{purpose: editAuthor}
		return nil
	}
	keep := m.keepDraft()
	next := m.pair.names[0]
	m.pair.names = append(slices.Clip(m.pair.names[1:]), m.o.Who.Name)
	if m.pair.desks == nil {
		m.pair.desks = map[string]blank{}
	}
	m.pair.desks[m.o.Who.Name] = blank{m.draft, m.desk}
	b := m.pair.desks[next]
	m.draft, m.desk = b.draft, b.desk
	m.o.Who.Name = next
	m.mayBe()
	m.say(next+" writes now", false)
	return keep
}

// addAuthor makes a second person one of the authors at this desk.
func (m *Model) addAuthor(name string) tea.Cmd {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil
	}
	ctx, src, who := m.ctx, m.src, m.o.Who
	return func() tea.Msg {
		v := session.Viewer{Name: name, Role: session.Navigator, Desk: true}
		reply, err := src.Do(ctx, who, session.Join{Viewer: v})
		return doneMsg{cmd: session.Join{Viewer: v}, reply: reply, err: err}
	}
}

// authorCame hands the keyboard to who has just sat down.
func (m *Model) authorCame(name string) tea.Cmd {
	m.pair.names = append([]string{name}, m.pair.names...)
	return m.nextAuthor()
}
