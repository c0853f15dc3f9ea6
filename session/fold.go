package session

import (
	"fmt"
	"time"

	"crosstalk/notes"
)

// Apply folds one event into the state. It is a pure function of the two: it
// records decisions and never makes them. An event that is not newer than the
// state is ignored.
func (s *State) Apply(e Event) {
	if e.Seq <= s.Seq {
		return
	}
	if s.Seq == 0 {
		s.Began = e.T.Add(-time.Duration(e.MS) * time.Millisecond)
	}
	s.Seq, s.T, s.MS = e.Seq, e.T, max(s.MS, e.MS)
	switch b := e.Body.(type) {
	case *Start:
		s.start(b)
		s.pairBegun(e, b.As)
	case *CharterSet, *Extend, *Activity, *Gap:
		s.frame(e)
	case *End:
		s.Ended, s.Ramp = b, nil
		s.endLimit(e.MS)
	case *Reason:
		s.reason(e, b)
	case *SelfLimit:
		s.selfLimit(e, b)
	case *Recovered:
		s.Ended, s.Ramp = nil, nil
		s.endLimit(s.Last)
		s.allGone(max(s.Last, e.MS-int64(b.Away*1000+0.5)))
		if !s.Paused { // a pause lasts until somebody ends it
			s.Idle += int64(b.Away * 1000)
		}
		// The process that sent the load is gone, and its guard with it.
		if s.Dial.flowing() {
			s.Dial.Off = s.Last
		}
		s.Dial.Rise, s.Dial.Cuts, s.Dial.Own, s.Dial.turned = 0, 0, false, false
		s.Dial.settled()
		s.Dial.Asked, s.Dial.Running, s.Dial.InFlight, s.Dial.Held, s.Dial.Ceiling = 0, 0, 0, false, none
		s.Dial.Since, s.levelSince, s.Link.Running = e.MS, -1, nil
		s.levelRun++
		s.guardAgain()
		s.mark(e, "taken up again")
	case *BaselineStart, *BaselineEnd, *BrakeTest, *Build:
		s.prepare(e)
	case *DialSet, *DialHold, *GlideSet, *LoadStop, *LoadTick:
		s.load(e)
	case *RampStart, *RampEnd:
		s.ramp(e)
	case *HealthTick, *HealthState:
		s.health(e)
	case *GuardChange, *GuardRecovered:
		s.guard(e)
	case *ViewerJoin, *ViewerGone, *ViewerKick, *RoleOffer, *RoleChange:
		s.pair(e)
	case *Ask, *CheckAnswer:
		s.asks(e)
	case *CheckAside:
		s.aside(e, b)
	case *BaselineOffer:
		s.offer(b)
	case *NoteAdd, *NoteEdit, *NoteMark:
		s.note(e)
	case *NoteLink:
		s.filed(e, b)
	case *ExemplarAdd:
		s.exemplar(b)
	case *AttachAdd:
		s.attach(e, b)
	case *Debrief:
		s.debrief(b)
	case *ItemTick, *LikeTaken, *Redaction:
		s.again(e)
	case *LinkQuiet, *LinkStart, *LinkPair, *LinkVerdict, *LinkUnlock, *IdentityResult:
		s.link(e)
	case *NotifyFailed:
		s.notifyFailed(e, b)
	case *Refused:
		s.Refusals = bounded(append(s.Refusals, Mark{MS: e.MS, T: e.T, By: e.By, Type: e.Type, Text: b.Why}), maxRefusal)
	}
}

func (s *State) start(b *Start) {
	s.Start = *b
	s.Charter = b.Charter
	s.Timebox = time.Duration(b.Timebox * float64(time.Second))
	s.Dial.Glide = b.Limits.Glide
	s.Asks = nil // a session taken up again asks anew
	s.likeItems(b.Like)
	for _, e := range s.Envs { // a session taken up again may watch other servers
		e.Tiles = nil
	}
	for _, c := range b.Checks {
		env := s.env(c.Env)
		env.Tiles = append(env.Tiles, Tile{Info: c, Now: CheckState{Name: c.Name, State: "no sight"}})
	}
}

func (s *State) prepare(e Event) {
	switch b := e.Body.(type) {
	case *BaselineStart:
		s.Baseline = BaselineView{Running: true, From: e.MS, To: e.MS + int64(b.Seconds*1000)}
	case *BaselineEnd:
		s.Baseline.Running, s.Baseline.To = false, e.MS
		s.Baseline.Thresholds, s.Baseline.Note, s.Baseline.Offer = b.Thresholds, b.Note, nil
		s.Guard.Promise = b.Promise
	case *BrakeTest:
		s.Brake = b
	case *Build:
		s.env(b.Env).Build = b.Build
		if b.Was != "" {
			s.mark(e, fmt.Sprintf("%s changed from build %s to %s", b.Env, b.Was, b.Build))
		}
	}
}

func (s *State) load(e Event) {
	switch b := e.Body.(type) {
	case *DialSet:
		s.Dial.moves(e.MS, b.To)
		s.Dial.Asked, s.Dial.Since = b.To, e.MS
		s.Dial.turned = s.Dial.turned || b.To > 0 && s.Link.Running == nil
		s.levelSince = -1
		s.mark(e, fmt.Sprintf("dial %d → %d", b.From, b.To))
	case *DialHold:
		s.Dial.Held, s.Dial.HeldAt = e.Type == TypeDialHold, b.At
		if s.Dial.Held {
			s.mark(e, fmt.Sprintf("held at %d", b.At))
		} else {
			s.mark(e, "goes on")
		}
	case *GlideSet:
		s.Dial.Glide = b.To
	case *LoadStop:
		if s.Dial.flowing() {
			s.Dial.Off = e.MS
		}
		s.Dial.Held, s.Dial.Running = false, 0 // told by the next second's tick otherwise
		if b.Reason != "operator" {            // a person's stop is a move of the dial of its own
			s.Dial.moves(e.MS, 0)
			s.Dial.Asked, s.Dial.Since, s.levelSince = 0, e.MS, -1
		}
		m := Mark{MS: e.MS, T: e.T, By: b.By, Type: e.Type, Text: stopText(b)}
		s.Stops = bounded(append(s.Stops, m), maxRefusal)
		s.Marks = bounded(append(s.Marks, m), maxMarks)
	case *LoadTick:
		s.tick(e, b)
	}
}

func stopText(b *LoadStop) string {
	text := fmt.Sprintf("load stopped (%s)", b.Reason)
	if b.MSToZero != nil && b.InFlight > 0 {
		took := "less than 1 ms"
		if *b.MSToZero >= 0.95 {
			took = fmt.Sprintf("%.0f ms", *b.MSToZero)
		}
		text += fmt.Sprintf(": %d in flight, none after %s", b.InFlight, took)
	}
	return text
}

func (s *State) tick(e Event, b *LoadTick) {
	before := s.LoadMS
	s.Load, s.LoadMS = *b, e.MS
	s.Dial.told(e.MS, b, s.Link.Running != nil)
	s.Requests += b.Requests
	s.Errors += b.Errors
	s.Late += b.Late
	s.Cached += b.Cached
	s.Logins += b.Logins
	if len(s.Servers) < maxServers {
		saw(s.Servers, b.Servers, e.MS)
	}
	for k, n := range b.Kinds {
		s.Kinds[k] += n
	}
	saw(s.Seen, b.Kinds, e.MS)
	for _, t := range b.ByStep {
		s.step(t, e.MS)
	}
	s.levels(b.Levels)
	s.goodLevel(e.MS, b)
	s.learn()
	c := Curve{OK: b.P50 != nil, P50: value(b.P50), P95: value(b.P95), Max: value(b.Max)}
	if b.Requests > 0 {
		c.Errors, c.Counted = float64(b.Errors)/float64(b.Requests), true
	}
	for _, r := range []*Ring{&s.Fine, &s.Coarse} {
		r.write(before, e.MS, func(slot *Second) {
			slot.Asked, slot.RPS, slot.Told = b.Asked, b.RPS, true
			slot.Running = max(slot.Running, b.Running) // users that ran for less than a slot show
			slot.Load.worse(c)
		})
	}
	s.Last = e.MS
}

func (s *State) step(t StepTick, ms int64) {
	key := t.Journey + "\x00" + t.Step
	st := s.Steps[key]
	if st == nil {
		st = &StepTotal{Journey: t.Journey, Step: t.Step, Seen: map[string]KindSeen{}}
		s.Steps[key] = st
	}
	st.Requests += t.Requests
	st.Errors += t.Errors
	saw(st.Seen, t.Kinds, ms)
	if t.P50 != nil {
		st.P50, st.P95, st.P99, st.Max = t.P50, t.P95, t.P99, t.Max
	}
}

// goodLevel keeps the highest level that was held 10 s with both environments
// green. One amber moment starts the count anew.
func (s *State) goodLevel(ms int64, b *LoadTick) {
	good := b.Running > 0 && b.Running == b.Asked && s.green("staging") && s.green("production")
	switch {
	case !good:
		s.levelSince = -1
	case s.levelSince < 0:
		s.levelSince = ms
	case ms-s.levelSince >= goodAfter:
		s.Dial.LastGood = max(s.Dial.LastGood, b.Asked)
	}
}

// green tells whether nothing speaks against an environment: one without
// checks can't be called anything but green here.
func (s *State) green(env string) bool {
	e, ok := s.Envs[env]
	return !ok || e.State == "green"
}

func (s *State) health(e Event) {
	switch b := e.Body.(type) {
	case *HealthTick:
		env := s.env(b.Env)
		before := env.At
		env.Tick, env.At = *b, e.MS
		env.Tick.Checks = nil
		if b.Promise != nil {
			s.Guard.Promise = b.Promise
		}
		for _, c := range b.Checks {
			if t := env.tile(c.Name); t != nil {
				t.Now, t.At = c, e.MS
			}
		}
		s.curve(before, e.MS, b)
	case *HealthState:
		env := s.env(b.Env)
		if b.Check == "" {
			env.State, env.Why, env.Since = b.To, b.Why, e.MS
			s.meets(b) // a cut may come before the next second's tick
			s.learn()
			s.mark(e, fmt.Sprintf("%s %s → %s: %s", b.Env, b.From, b.To, b.Why))
			return
		}
		if t := env.tile(b.Check); t != nil {
			t.Now.State, t.Now.Reason, t.At = b.To, b.Why, e.MS
			s.mark(e, fmt.Sprintf("%s %s %s → %s: %s", b.Env, b.Check, b.From, b.To, b.Why))
		}
	}
}

func (s *State) curve(before, ms int64, b *HealthTick) {
	c := Curve{OK: b.Now50 != nil, P50: value(b.Now50), P95: value(b.Now95), Max: value(b.Max), Errors: b.Errors, Counted: b.Counted(), State: b.State}
	for _, r := range []*Ring{&s.Fine, &s.Coarse} {
		switch b.Env {
		case "staging":
			r.write(before, ms, func(slot *Second) { slot.Staging.worse(c) })
		case "production":
			r.write(before, ms, func(slot *Second) { slot.Prod.worse(c) })
		}
	}
	s.Last = ms
}

func (s *State) note(e Event) {
	switch b := e.Body.(type) {
	case *NoteAdd:
		n := notes.Note{ID: b.ID, By: e.By, Kind: b.Kind, Text: b.Text, Tags: b.Tags, Typed: b.Typed, Saved: e.T,
			Happened: b.Happened, Begun: b.Begun, Context: b.Context, System: reserved(e.By), Role: string(s.RoleHere(e.By))}
		n.MS = min(e.MS, s.offset(n))
		if n.Happened != nil {
			n.Then = s.ContextAt(n.MS)
		}
		s.Notes.Add(n)
		s.Marks = bounded(append(s.Marks, Mark{MS: n.MS, T: n.Moment(), By: e.By, Type: e.Type, ID: b.ID, Text: b.Text}), maxMarks)
	case *NoteEdit:
		s.Notes.Edit(b.ID, e.T, e.By, b.Kind, b.Text)
	case *NoteMark:
		g := notes.Gone{At: e.T, By: e.By, Why: b.Why}
		switch e.Type {
		case TypeNoteRetract:
			s.Notes.Retract(b.ID, g)
		case TypeNoteRestore:
			s.Notes.Restore(b.ID)
		case TypeNoteResolve:
			s.Notes.Resolve(b.ID, g)
		}
	}
}

func (s *State) env(name string) *Env {
	e, ok := s.Envs[name]
	if !ok {
		e = &Env{Name: name, State: "no sight"}
		s.Envs[name] = e
	}
	return e
}

func (e *Env) tile(check string) *Tile {
	for i := range e.Tiles {
		if e.Tiles[i].Info.Name == check {
			return &e.Tiles[i]
		}
	}
	return nil
}

func (s *State) mark(e Event, text string) {
	s.Marks = bounded(append(s.Marks, Mark{MS: e.MS, T: e.T, By: e.By, Type: e.Type, Text: text}), maxMarks)
}

// bounded drops the oldest half over the limit, so that the cost of dropping
// is spread over many appends.
func bounded(m []Mark, limit int) []Mark {
	if len(m) <= limit {
		return m
	}
	return append([]Mark(nil), m[len(m)-limit/2:]...)
}

func reserved(by string) bool {
	switch by {
	case ByGuard, ByEngine, ByMonitors, BySession:
		return true
	}
	return false
}

func value(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}
