package session

import (
	"context"
	"fmt"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// Do gives a person's command and returns its answer: yes with what was done,
// or no as a *Refusal that says why. StopAll acts before it is asked for. A
// note's answer comes when the note is on the disk.
func (s *Session) Do(ctx context.Context, who Person, cmd Command) (Reply, error) {
	reply, err := s.Give(ctx, who, cmd)
	if err != nil || reply.Seq == 0 || !lasting(cmd) {
		return reply, err
	}
	// A disk that stands still must not hold the person up: the fact is kept in
	// memory and written as soon as it can be.
	wait, cancel := context.WithTimeout(ctx, 2*lateWrite)
	defer cancel()
	if err := s.WaitDurable(wait, reply.Seq); err != nil {
		return reply, fmt.Errorf("%s, but it is not on the disk yet: %w", reply.Text, err)
	}
	return reply, nil
}

// Give is Do without the disk: what was done is in the journal's order when it
// returns, and is not promised to be kept yet.
func (s *Session) Give(ctx context.Context, who Person, cmd Command) (Reply, error) {
	if _, ok := cmd.(StopAll); ok {
		s.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: who.Name, At: s.now()})
	}
	if a, ok := cmd.(Attach); ok {
		return s.attach(ctx, who, a)
	}
	r := request{who: who, cmd: cmd, at: s.now(), reply: make(chan answer, 1)}
	select {
	case s.requests <- r:
	case <-s.done:
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: "the session has ended"}
	case <-ctx.Done():
		return Reply{}, fmt.Errorf("give command: %w", ctx.Err())
	}
	select {
	case a := <-r.reply:
		if a.reply.told != nil {
			return s.hear(ctx, cmd, a.reply.told)
		}
		return a.reply, a.err
	case <-s.done:
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: "the session has ended"}
	}
}

// lasting tells whether the answer to a command promises that it is kept.
func lasting(cmd Command) bool {
	switch cmd.(type) {
	case AddNote, EditNote, RetractNote, RestoreNote, ResolveNote, LinkNote, keep, TickItem, Answer, AnswerCheck, SetCharter, ExtendTime, Unlock:
		return true
	}
	return false
}

// serve carries out a command, in the writer's goroutine.
func (s *Session) serve(who Person, cmd Command, at time.Time) (Reply, error) {
	if _, ok := cmd.(Finish); ok && s.ending != nil {
		return Reply{Text: "ending"}, nil
	}
	cmd, scripted := unscripted(cmd)
	if !scripted {
		s.life(at)
	}
	cmd = s.clamp(cmd)
	var no string
	s.log.read(func(st *State) { no = s.refusal(st, who, cmd) })
	if no == "" && s.ending != nil {
		if _, ok := cmd.(StopAll); !ok {
			no = "the session is ending"
		}
	}
	if scripted && no == "" {
		no = s.offScript(cmd)
	}
	if no == "" && s.overtaken(cmd, at) {
		no = "all load was stopped after you asked"
	}
	if no != "" {
		s.refuse(who.Name, cmd.command(), no)
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: no}
	}
	if !scripted {
		s.takeDial(who.Name, cmd)
	}
	if reply, ok := s.servePair(who.Name, cmd); ok {
		return reply, nil
	}
	if reply, ok := s.serveFrame(who.Name, cmd, at); ok {
		return reply, nil
	}
	if reply, ok, err := s.serveLink(who.Name, cmd, at); ok {
		return reply, err
	}
	switch c := cmd.(type) {
	case StartRamp:
		return s.startRamp(who.Name, c, at)
	case EndRamp:
		s.stopRamp(who.Name, c)
		return Reply{}, nil
	case AnswerCheck:
		return s.answerCheck(who.Name, c), nil
	case SetAside:
		return s.setAside(who.Name, c)
	case UseBaseline, SkipBaseline:
		return s.endQuiet(who.Name, c)
	case MoveDial:
		return s.ask(who.Name, DialSet{To: s.asked() + c.By}, at), nil
	case SetDial:
		return s.ask(who.Name, DialSet{To: c.To, Spike: c.Spike}, at), nil
	case BackToGood:
		var to int
		s.log.read(func(st *State) { to = st.Dial.LastGood })
		return s.ask(who.Name, DialSet{To: to, Why: "back to last good"}, at), nil
	case EaseOff:
		return s.ask(who.Name, DialSet{}, at), nil
	case StopAll:
		return s.stopAll(who.Name), nil
	case Hold:
		return s.hold(who.Name, c, at)
	case WarnOnly:
		return s.warnOnly(who.Name, c.Why)
	case Mute:
		return s.mute(who.Name, c)
	case SetGlide:
		return s.setGlide(who.Name, c.To), nil
	case AddNote:
		return s.saveNote(who.Name, c), nil
	case EditNote:
		e := s.add(who.Name, TypeNoteEdit, &NoteEdit{ID: c.ID, Kind: c.Kind, Text: notes.Clean(c.Text)})
		return Reply{Text: c.ID + " changed", Seq: e.Seq, Note: c.ID}, nil
	case RetractNote:
		e := s.add(who.Name, TypeNoteRetract, &NoteMark{ID: c.ID, Why: c.Why})
		return Reply{Text: c.ID + " taken back", Seq: e.Seq, Note: c.ID}, nil
	case RestoreNote:
		back := " is back"
		s.log.read(func(st *State) {
			if n, ok := st.Notes.Get(c.ID); ok && n.Reopens() {
				back = " is open again"
			}
		})
		e := s.add(who.Name, TypeNoteRestore, &NoteMark{ID: c.ID})
		return Reply{Text: c.ID + back, Seq: e.Seq, Note: c.ID}, nil
	case ResolveNote:
		e := s.add(who.Name, TypeNoteResolve, &NoteMark{ID: c.ID})
		return Reply{Text: c.ID + " resolved", Seq: e.Seq, Note: c.ID}, nil
	case LinkNote:
		return s.link(who.Name, c), nil
	case keep:
		return s.keepAttachment(who.Name, c.attachment), nil
	case TickItem:
		return s.tick(who.Name, c), nil
	case Answer:
		e := s.add(who.Name, TypeDebrief, &Debrief{Question: c.Question, Text: notes.Clean(c.Text)})
		return Reply{Text: "kept", Seq: e.Seq}, nil
	case Finish:
		s.finish(c, who.Name)
		return Reply{Text: "ending"}, nil
	}
	return Reply{}, fmt.Errorf("unknown command %T", cmd)
}

// overtaken tells whether a stop came between a move and its turn.
func (s *Session) overtaken(cmd Command, at time.Time) bool {
	switch cmd.(type) {
	case MoveDial, SetDial, BackToGood, StartRamp, Hold, StartCheck, StartDips:
		stop, ok := s.brake.Latched()
		return ok && stop.Reason == loadengine.ReasonOperator && stop.At.After(at)
	}
	return false
}

// clamp keeps a relative move inside the dial: ten up from 195 of 200 is 200.
func (s *Session) clamp(cmd Command) Command {
	m, ok := cmd.(MoveDial)
	if !ok {
		return cmd
	}
	asked := s.asked()
	to := max(0, asked+m.By)
	if most := s.o.Plan.DialMax(); asked < most {
		to = min(to, most)
	}
	return MoveDial{By: to - asked}
}

// asked is the level a relative move starts from: what was asked for, even if
// it waits for the end of the baseline.
func (s *Session) asked() int {
	if s.pending != nil {
		return s.pending.to
	}
	var n int
	s.log.read(func(st *State) { n = st.Dial.Asked })
	return n
}

// ask moves the dial. In the quiet phase one user may run; more waits for its
// end, and of several moves the last counts. At is when it was asked for.
func (s *Session) ask(who string, to DialSet, at time.Time) Reply {
	s.links.stop("the dial was eased")
	s.endRamp(who, "the dial was moved", false)
	s.endSpike()
	s.log.read(func(st *State) { to.From = st.Dial.Asked })
	if s.phase == phaseRehearsal || s.phase == phaseBaseline && to.To > 1 {
		s.pending = &waiting{who: who, to: to.To, at: at}
		return Reply{Text: s.unit().Of(to.To) + " when the baseline is learned"}
	}
	s.pending = nil
	if to.To == to.From {
		return Reply{Text: s.unit().Of(to.To)}
	}
	if to.To > to.From {
		s.free(at)
	}
	if to.Spike {
		s.spike = to.To
		s.engine.SetGlide(0)
		s.engine.SetSlew(false)
	}
	e := s.add(who, TypeDialSet, &to)
	s.engine.SetAsked(to.To)
	return Reply{Text: fmt.Sprintf("%d → %s", to.From, s.unit().Of(to.To)), Seq: e.Seq}
}

// free lets a person's move up end what a person began: a stop of their own,
// and a level that waited for somebody to look. A stop that came after the move
// was asked for stays.
func (s *Session) free(at time.Time) {
	if stop, ok := s.brake.Latched(); ok && !s.stalled.Load() && !stop.At.After(at) {
		switch stop.Reason {
		case rehearsing, loadengine.ReasonGuard, loadengine.ReasonPermit:
		default:
			s.brake.Release(stop)
		}
	}
	s.watch.order(func(time.Time) {
		s.watch.guard.Press()
		s.watch.guard.Insist()
	})
}

// stopAll records a stop that has already acted.
func (s *Session) stopAll(who string) Reply {
	s.pending = nil
	s.endRamp(who, "all load was stopped", false)
	s.endSpike()
	var from int
	s.log.read(func(st *State) { from = st.Dial.Asked })
	s.unhold(who, "")
	var seq uint64
	if from > 0 {
		seq = s.add(who, TypeDialSet, &DialSet{From: from, To: 0, Why: "stop all"}).Seq
	}
	s.engine.SetAsked(0)
	return Reply{Text: "all load stopped", Seq: seq}
}

// hold freezes the users where they are, or lets them go on: after a hold of
// one's own, and after a cut.
func (s *Session) hold(who string, c Hold, at time.Time) (Reply, error) {
	if g := s.watch.status.Load(); g.state == GuardCut || g.state == GuardLockout {
		if c.Only {
			return Reply{Text: "the load is cut: nothing runs"}, nil
		}
		// The guard itself writes down that it agreed.
		return s.entrust(who, c, "load may be sent again, from zero", func(now time.Time) error { return s.watch.goOn(now, who, c.Why, at) })
	}
	var held bool
	s.log.read(func(st *State) { held = st.Dial.Held })
	switch {
	case held && (c.Only || s.quiet.held):
		// A screen that does not move shows nothing of a hold: whoever presses the
		// key there means to hold.
		s.mine()
		return Reply{Text: "held already"}, nil
	case held:
		return Reply{Text: "goes on", Seq: s.release(who, c.Why)}, nil
	}
	n := s.engine.Live().Running
	text := "held: no load begins until space goes on"
	if n > 0 {
		text = fmt.Sprintf("held at %s: space goes on", s.unit().Of(n))
	}
	return Reply{Text: text, Seq: s.holdAt(who, n, c.Why)}, nil
}

func (s *Session) holdAt(who string, n int, why string) uint64 {
	s.links.stop("the users were held")
	s.endRamp(who, "the dial was held", false)
	s.endSpike()
	s.mine()
	s.ceiling.set(&s.ceiling.hold, n)
	return s.add(who, TypeDialHold, &DialHold{At: n, Why: why}).Seq
}

// release ends a person's hold, if there is one: users may rise again.
func (s *Session) release(who, reason string) uint64 {
	seq := s.unhold(who, reason)
	if seq > 0 {
		s.watch.order(func(time.Time) {
			s.watch.guard.Press()
			s.watch.guard.Insist()
		})
	}
	return seq
}

// unhold ends a person's hold, if there is one, and asks for no more users.
func (s *Session) unhold(who, reason string) uint64 {
	var held bool
	var at int
	s.log.read(func(st *State) { held, at = st.Dial.Held, st.Dial.HeldAt })
	s.mine()
	s.ceiling.set(&s.ceiling.hold, none)
	if !held {
		return 0
	}
	return s.add(who, TypeDialRelease, &DialHold{At: at, Why: reason}).Seq
}

func (s *Session) setGlide(who string, to float64) Reply {
	var from float64
	s.log.read(func(st *State) { from = st.Dial.Glide })
	s.spike = 0
	s.engine.SetGlide(to)
	s.engine.SetSlew(s.slewed(to))
	e := s.add(who, TypeGlide, &GlideSet{From: from, To: to})
	if to == 0 {
		return Reply{Text: "glide off: users follow at once", Seq: e.Seq}
	}
	return Reply{Text: fmt.Sprintf("glide %g %s a second", to, s.unit().Word()), Seq: e.Seq}
}

// endSpike gives the glide back, if a spike has taken it.
func (s *Session) endSpike() {
	if s.spike == 0 {
		return
	}
	s.spike = 0
	s.pace()
}

// spiked tells whether a spike is over: its level is reached, or never will be
// because the guard or a person allows less or all load was stopped. What is
// left of it after that is a rise like any other.
func (s *Session) spiked() bool {
	running := s.engine.Live().Running
	if running >= s.spike || s.watch.status.Load().state != GuardRun {
		return true
	}
	if _, stopped := s.brake.Latched(); stopped {
		return true
	}
	var since int64
	s.log.read(func(st *State) { since = st.Dial.Since })
	most := s.ceiling.least()
	return most >= 0 && running >= most && s.ms()-since > pressed.Milliseconds()
}

// pressed is by when the guard has heard that a person moved the dial up, and
// has lifted the ceiling that waited for that.
const pressed = 4 * wakeEvery

// pace lets users rise as the glide in force and the guard say.
func (s *Session) pace() {
	var glide float64
	s.log.read(func(st *State) { glide = st.Dial.Glide })
	s.engine.SetGlide(glide)
	s.engine.SetSlew(s.slewed(glide))
}

func (s *Session) saveNote(who string, c AddNote) Reply {
	now := s.now()
	typed := c.Typed
	if typed.IsZero() || typed.After(now) {
		typed = now
	}
	b := &NoteAdd{Kind: c.Draft.Kind, Text: notes.Clean(c.Draft.Text), Tags: c.Draft.Tags, Typed: typed, Begun: c.Begun}
	if at, ok := c.Draft.Happened(typed); ok {
		at = at.UTC()
		b.Happened = &at
	}
	e := s.addNote(who, b)
	var n notes.Note
	s.log.read(func(st *State) { n, _ = st.Notes.Get(b.ID) })
	return Reply{Text: receipt(n, c.Draft.Unclear()), Seq: e.Seq, Note: b.ID}
}
