package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// The types of event of a session that is like an earlier one.
const (
	TypeItemTick  = "item.tick"
	TypeLikeTaken = "like.taken"
)

// Outcomes of an item.
const (
	Still   = "still"
	Gone    = "gone"
	Changed = "changed"
)

// Bounds of what is brought from an earlier session: its lines stand in one
// event.
const (
	maxItems    = 200
	maxItemText = 400 // runes
)

// Like says which earlier session this one repeats.
type Like struct {
	ID    string     `json:"id"`              // the earlier session's
	Moves int        `json:"moves,omitempty"` // of its dial, that the script makes again
	Items []LikeItem `json:"items"`           // what it left open
}

// LikeItem is a bug or an open question of an earlier session, to be looked at
// again.
type LikeItem struct {
	ID   string     `json:"id"`   // what TickItem takes: the note's, after the session's where it is handed on once more
	Note string     `json:"note"` // in the session From
	From string     `json:"from"`
	Kind notes.Kind `json:"kind"`
	Text string     `json:"text"`
}

// ItemTick says what became of an item.
type ItemTick struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"` // Still, Gone or Changed
}

// LikeTaken says that a person took the dial from the script.
type LikeTaken struct {
	Left int    `json:"left"` // moves that are not made any more
	Why  string `json:"why"`
}

// Item is a LikeItem with what became of it.
type Item struct {
	LikeItem
	Outcome string // "" until somebody looked
	By      string
	MS      int64 // when it was ticked
}

// Commands of a session that is like an earlier one.
type (
	// TickItem says what became of an item: Still, Gone or Changed. A second tick
	// corrects the first.
	TickItem struct{ ID, Outcome string }
	// Scripted is a move that a script makes for a person. Once a person has moved
	// the dial by hand it is refused; after a cut a script never goes on.
	Scripted struct{ Cmd Command }
)

func (TickItem) command() string   { return "tick item" }
func (c Scripted) command() string { return c.Cmd.command() }

// script is how far the script of an earlier session has come.
type script struct {
	made  int
	taken bool
	due   bool // a move is made now that waited for the end of the quiet phase: whose it is was seen when it was given
}

// unscripted takes a move out of its wrapping.
func unscripted(cmd Command) (inner Command, scripted bool) {
	if c, ok := cmd.(Scripted); ok {
		return c.Cmd, true
	}
	return cmd, false
}

// offScript tells why a script may not make a move that a person might.
func (s *Session) offScript(cmd Command) string {
	s.script.made++
	if s.script.taken {
		return "a person has the dial: the earlier session's moves have ended"
	}
	h, ok := cmd.(Hold)
	if !ok || h.Only {
		return ""
	}
	if g := s.watch.status.Load(); g.state == GuardCut || g.state == GuardLockout {
		return "the load was cut: only a person goes on"
	}
	held := false
	s.log.read(func(st *State) { held = st.Dial.Held })
	if !held {
		return "nothing is held"
	}
	return ""
}

// takeDial ends the script at a person's first move, and says so.
func (s *Session) takeDial(who string, cmd Command) {
	like := s.o.Start.Like
	if like == nil || s.script.taken || s.script.due || s.script.made >= like.Moves {
		return
	}
	switch cmd.(type) {
	case MoveDial, SetDial, BackToGood, EaseOff, StopAll, StartRamp, Hold, SetGlide, Pause:
	default:
		return
	}
	s.script.taken = true
	left := like.Moves - s.script.made
	s.add(who, TypeLikeTaken, &LikeTaken{Left: left, Why: fmt.Sprintf("%s took the dial: %s of %s are not made any more", who, configCount(left, "move"), like.ID)})
}

// refusedTick tells why an item can't be ticked.
func refusedTick(st *State, c TickItem) string {
	switch c.Outcome {
	case Still, Gone, Changed:
	default:
		return "an item is still, gone or changed"
	}
	for _, i := range st.Items {
		if i.ID == c.ID {
			return ""
		}
	}
	return fmt.Sprintf("%s is no item of the earlier session", c.ID)
}

// tick records what became of an item.
func (s *Session) tick(who string, c TickItem) Reply {
	e := s.add(who, TypeItemTick, &ItemTick{ID: c.ID, Outcome: c.Outcome})
	return Reply{Text: c.ID + " is " + c.Outcome, Seq: e.Seq}
}

// again folds what concerns an earlier session, and redactions.
func (s *State) again(e Event) {
	switch b := e.Body.(type) {
	case *ItemTick:
		// A new slice: clones share the old one.
		items := make([]Item, len(s.Items))
		copy(items, s.Items)
		for i := range items {
			if items[i].ID == b.ID {
				items[i].Outcome, items[i].By, items[i].MS = b.Outcome, e.By, e.MS
			}
		}
		s.Items = items
		s.mark(e, b.ID+" is "+b.Outcome)
	case *LikeTaken:
		s.Taken = b.Why
		s.mark(e, b.Why)
	case *Redaction:
		s.mark(e, b.Words())
	}
}

// items are an earlier session's, as this one shows them. A session that is
// taken up again keeps what it had.
func (s *State) likeItems(l *Like) {
	if l == nil {
		return
	}
	s.Items, s.Taken = nil, ""
	for _, i := range l.Items {
		s.Items = append(s.Items, Item{LikeItem: i})
	}
}

// Words tells a redaction in a line.
func (r *Redaction) Words() string {
	text := fmt.Sprintf("a text was taken out in %s of %s", configCount(r.Count, "place"), configCount(len(r.Files), "file"))
	if r.Why != "" {
		text += ": " + r.Why
	}
	return text
}

// Earlier is a recorded session, as another one takes it up or repeats it.
type Earlier struct {
	State  *State
	Rest   Rest
	Moves  []Move        // of persons and their scripts, and to 0 where the session itself took the load away
	Length time.Duration // without the times in which it was not running
	Checks []CheckInfo   // that any of its parts began with
	// Uncounted are the databases of production that any of its parts missed.
	Uncounted []Uncounted
	dir       string
	zeroed    int // of Moves, the newest ones from there on took the load away by themselves
}

// Move is one move of the dial, at a time from the start.
type Move struct {
	At  time.Duration
	Cmd Command // SetDial, Hold or SetGlide
}

// ReadEarlier reads a recorded session. Where a session was taken up again the
// time in between is left out. What the guard did is no move: it does it anew.
func ReadEarlier(dir string) (*Earlier, error) {
	e := &Earlier{State: NewState(), dir: dir}
	var away, last int64
	rest, err := EachEvent(dir, func(v Event) error {
		if _, ok := v.Body.(*Recovered); ok {
			away += max(0, v.MS-last)
		}
		last = max(last, v.MS)
		e.State.Apply(v)
		if b, ok := v.Body.(*Start); ok {
			for _, c := range b.Checks {
				if !slices.ContainsFunc(e.Checks, func(k CheckInfo) bool { return k.Env == c.Env && k.Kind == c.Kind && k.Name == c.Name }) {
					e.Checks = append(e.Checks, c)
				}
			}
			e.Uncounted = append(e.Uncounted, b.Uncounted...)
		}
		e.moves(time.Duration(v.MS-away)*time.Millisecond, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.Rest, e.Length = rest, time.Duration(last-away)*time.Millisecond
	return e, nil
}

// moves adds the moves that an event stands for. With the process the load went
// away, and at a stop that no person and no guard gave: who repeats only what
// persons asked for would send load that was not there.
func (e *Earlier) moves(at time.Duration, v Event) {
	if _, ok := v.Body.(*End); ok {
		for i := e.zeroed; i < len(e.Moves); i++ {
			e.Moves[i].At = at // the end itself, which a repetition of the same length has anyway
		}
	}
	if !v.Zeroes() {
		if cmd := moveOf(v); cmd != nil {
			e.Moves = append(e.Moves, Move{At: at, Cmd: cmd})
			e.zeroed = len(e.Moves)
		}
		return
	}
	asked, held := 0, false
	for _, m := range e.Moves {
		switch c := m.Cmd.(type) {
		case SetDial:
			asked = c.To
		case Hold:
			held = c.Only
		}
	}
	e.zeroed = len(e.Moves)
	if asked > 0 {
		e.Moves = append(e.Moves, Move{At: at, Cmd: SetDial{}})
	}
	if held {
		e.Moves = append(e.Moves, Move{At: at, Cmd: Hold{}})
	}
}

// Zeroes tells whether the load went to 0 with an event, although nobody moved
// the dial and it was not the guard: the process had gone, the session ended, or
// its journal or permit was lost.
func (e Event) Zeroes() bool {
	switch b := e.Body.(type) {
	case *Recovered:
		return true
	case *LoadStop:
		return b.Reason != loadengine.ReasonOperator && b.Reason != loadengine.ReasonGuard
	}
	return false
}

// Moved tells whether an event is a move of the dial that who repeats a session
// makes again: a person's, or the session's own when it eased the load.
func (e Event) Moved() (*DialSet, bool) {
	d, ok := e.Body.(*DialSet)
	return d, ok && (e.By == BySession || !reserved(e.By))
}

// moveOf is the command that makes a move again; nil for what is none.
func moveOf(v Event) Command {
	if d, ok := v.Moved(); ok {
		return SetDial{To: d.To, Spike: d.Spike}
	}
	if reserved(v.By) {
		return nil
	}
	switch b := v.Body.(type) {
	case *GlideSet:
		return SetGlide{To: b.To}
	case *DialHold:
		return Hold{Only: v.Type == TypeDialHold}
	}
	return nil
}

// Like returns what a session that repeats this one says of it: its bugs, its
// open questions, and those that it had taken over itself and did not find gone.
func (e *Earlier) Like() *Like {
	st := e.State
	l := &Like{ID: st.Start.ID, Moves: len(e.Moves), Items: []LikeItem{}}
	add := func(i LikeItem) {
		if len(l.Items) < maxItems {
			l.Items = append(l.Items, i)
		}
	}
	for _, n := range st.Notes.Notes {
		if bug := n.Kind == notes.Bug && n.Resolved == nil; n.Gone != nil || n.System || !bug && (n.Kind != notes.Question || !n.Open()) {
			continue
		}
		add(LikeItem{ID: n.ID, Note: n.ID, From: st.Start.ID, Kind: n.Kind, Text: brief(n.Text)})
	}
	for _, i := range st.Items {
		if i.Outcome != Gone {
			i.ID = cmp.Or(i.From, "earlier") + "/" + i.Note
			add(i.LikeItem)
		}
	}
	return l
}

// brief is a note's text in one line of bounded length.
func brief(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > maxItemText {
		return string(r[:maxItemText]) + "…"
	}
	return string(r)
}
