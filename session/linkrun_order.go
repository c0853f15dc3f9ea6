package session

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
	"crosstalk/session/link"
)

// The commands of link checks.
type (
	// StartCheck begins a link check: from nothing, with the dial at 0; or from what
	// runs, between that and a level that a clean check was made at.
	StartCheck struct {
		Profile string // standard (also ""), quick or slow
		Users   int    // in the halves with load; 0: 1 % of the cap, 1 to 5
		Off     int    // in the halves without; 0: from nothing
		Seed    uint64 // of the coins; 0: drawn
	}
	// StopCheck ends a check or dips. Everyone may, at any time; what was learned
	// stays valid.
	StopCheck struct{}
	// StartDips asks "is it me?": dips from the users that run now to nothing and
	// back.
	StartDips struct{ Seed uint64 }
	// Unlock lets the dial above one user in spite of a link, with a reason.
	Unlock struct{ Why string }
)

func (StartCheck) command() string { return "link check" }
func (StopCheck) command() string  { return "end the check" }
func (StartDips) command() string  { return "is it me?" }
func (Unlock) command() string     { return "unlock" }

// refusedLink tells why a command can't be given because of a check or a link,
// or what of a check's own commands can't be done; ok is false for what has
// nothing to do with it, and for what nothing here speaks against.
func (s *Session) refusedLink(st *State, who Person, cmd Command) (why string, ok bool) {
	switch c := cmd.(type) {
	case StopCheck:
		if st.Link.Running == nil {
			return "no link check runs: c starts one", true
		}
		return "", true
	case Unlock:
		switch {
		case who.Role != Driver:
			return holdsDial(st), true
		case st.Link.Lock == nil:
			return "the dial is not locked: turn it", true
		case notes.Clean(c.Why) == "":
			return "a typed reason is needed: it is recorded", true
		}
		return "", true
	case StartCheck:
		if who.Role == Driver {
			return s.refusedCheck(st, c), true
		}
	case StartDips:
		if who.Role == Driver {
			return s.refusedDips(st), true
		}
	case MoveDial, SetDial, BackToGood, StartRamp, SetGlide:
		return locked(st), st.Link.Running != nil && who.Role == Driver
	case Hold:
		return locked(st), st.Link.Running != nil && !c.Only && who.Role == Driver
	}
	return "", false
}

// locked is why the dial does not move while a check runs.
func locked(st *State) string {
	r := st.Link.Running
	switch {
	case r == nil:
		return ""
	case r.Mode == ModeDips:
		return fmt.Sprintf("\"is it me?\" runs: at most %s to go. End it first (c)", counted(r.Left(), "dip"))
	}
	return fmt.Sprintf("a link check runs: at most %s to go. End it first (c)", counted(r.Left(), "pair"))
}

// refusedTrial tells what speaks against both kinds of check.
func (s *Session) refusedTrial(st *State) string {
	if why := locked(st); why != "" {
		return why
	}
	g := s.watch.status.Load()
	switch {
	case s.o.Rules.Off || s.o.Rules.Unguarded:
		return unguarded
	case st.Baseline.Running || st.Baseline.To == 0: // a stop in the rehearsal leaves no report of it
		return "the usual latency is still being learned: a check can start after the baseline"
	case g.dead != "":
		return g.dead
	case g.state == GuardCut && g.missing != "":
		return "the load was cut: " + g.missing
	case g.state == GuardCut:
		return "the load was cut: press space to go on first"
	case g.state == GuardLockout && !g.asked:
		return "the load was cut: " + g.missing
	case g.early != "":
		return "production is red before any load: " + g.early + ". Wait until it is not, or set the check aside with a reason"
	case g.production == monitors.Red || g.production == monitors.NoSight:
		return fmt.Sprintf("production is %s: a check can start when it is not", g.production)
	case s.stalled.Load():
		return "the journal can't be written: load stays at zero until it can"
	}
	return ""
}

func (s *Session) refusedCheck(st *State, c StartCheck) string {
	if why := s.refusedTrial(st); why != "" {
		return why
	}
	p, err := s.links.named(c.Profile)
	if err != nil {
		return err.Error()
	}
	n := s.checkUsers(c)
	if why := p.TooSlow(s.links.staging(st, n, enoughFor(c.Off > 0))); why != "" {
		return why
	}
	if c.Off != 0 {
		return s.refusedAgain(st, c)
	}
	switch {
	case c.Users < 0 || n > s.o.Plan.DialMax():
		return fmt.Sprintf("a link check with %s is not within 1 and the cap of %d", s.unit().Of(c.Users), s.o.Plan.DialMax())
	case st.Link.Lock != nil && st.Link.Lock.From == LockStores:
		return fmt.Sprintf("no load is needed to tell: %s Type a reason to unlock the dial first", st.Link.Lock.Why)
	case st.Link.Lock != nil && n > s.checkUsers(StartCheck{}):
		return fmt.Sprintf("%s first, or check with %s", lockedAbove(st, n), s.unit().Of(s.checkUsers(StartCheck{})))
	case st.Dial.Asked > 0 || s.engine.Live().Running > 0:
		return fmt.Sprintf("%s on staging: a link check starts from nothing. Ease to nothing first (0), or ask \"is it me?\" (i) at this level",
			s.unit().Of(max(st.Dial.Asked, s.engine.Live().Running)))
	}
	return ""
}

// refusedAgain tells what speaks against a check from what runs: it is never above
// that, and the other halves have what an earlier check was clean at.
func (s *Session) refusedAgain(st *State, c StartCheck) string {
	running := s.engine.Live().Running
	g := s.watch.status.Load()
	switch {
	case st.Link.Reach == 0:
		return "no clean check has been made yet: the first one starts from nothing (0, then c)"
	case c.Off < 0 || c.Off > st.Link.Level:
		return fmt.Sprintf("the halves without load may have %s at most: that is what was checked", s.unit().Of(st.Link.Level))
	case c.Users <= c.Off || c.Users > running:
		return fmt.Sprintf("a check from here goes from above %s up to the %s that run", s.unit().Of(c.Off), s.unit().Of(running))
	case g.state != GuardRun || g.production != monitors.Green:
		return fmt.Sprintf("production is %s and the guard on %s: a check from here starts when all is green. Ask \"is it me?\" (i)", g.production, g.state)
	}
	return ""
}

func (s *Session) refusedDips(st *State) string {
	if why := s.refusedTrial(st); why != "" {
		return why
	}
	running := s.engine.Live().Running
	switch {
	case s.watch.status.Load().state == GuardLockout:
		return "the load is locked out: a link check, or a typed reason, lifts that"
	case running < 1:
		return "no load runs, so it is not you now: a link check (c) starts from nothing"
	}
	// Said before the guard's steps are suspended for a quiet phase under full load.
	p95 := s.links.staging(st, running, 0)
	return s.links.dips(p95).TooSlow(p95)
}

// checkUsers is how many users a check loads staging with.
func (s *Session) checkUsers(c StartCheck) int {
	if c.Users != 0 {
		return c.Users
	}
	n := max(1, min(5, s.o.Plan.MaxUsers/100))
	if s.unit().Rate() { // a user without think time sends more than one a second
		n = max(1, min(50, s.o.Plan.DialMax()/20))
	}
	if most := s.watch.status.Load().after; most >= 0 {
		n = max(1, min(n, most)) // after a cut
	}
	return n
}

// serveLink carries out a command of link checks.
func (s *Session) serveLink(who string, cmd Command, at time.Time) (Reply, bool, error) {
	var o linkOrder
	switch c := cmd.(type) {
	case StopCheck:
		s.links.stop("ended by " + who)
		return Reply{Text: "the check ends: what was learned stays valid"}, true, nil
	case Unlock:
		why := notes.Clean(c.Why)
		e := s.add(who, TypeLinkUnlock, &LinkUnlock{Why: why})
		s.addNote(who, &NoteAdd{Kind: notes.Decision, Typed: s.now(), Text: "more than " + s.unit().One() + " in spite of the link: " + why})
		return Reply{Text: "unlocked: the dial goes above " + s.unit().One(), Seq: e.Seq}, true, nil
	case StartCheck:
		p, err := s.links.named(c.Profile)
		if err != nil {
			return Reply{}, true, err
		}
		o = linkOrder{mode: ModeCheck, profile: p, users: s.checkUsers(c), off: c.Off, seed: c.Seed}
		if c.Off > 0 {
			s.log.read(func(st *State) { o.before = link.Before{Bound: st.Link.Bound, Reach: st.Link.Reach} })
		}
	case StartDips:
		o = linkOrder{mode: ModeDips, profile: s.links.dips(s.links.stagingP95(s.engine.Live().Running, 0)), users: s.engine.Live().Running, seed: c.Seed}
	default:
		return Reply{}, false, nil
	}
	reply, err := s.startCheck(who, cmd, o, at)
	return reply, true, err
}

// startCheck locks the dial and hands the order on.
func (s *Session) startCheck(who string, cmd Command, o linkOrder, at time.Time) (Reply, error) {
	no := ""
	if s.phase != phaseLive {
		no = "the usual latency is still being learned: a check can start after the baseline"
	}
	if o.mode == ModeCheck && s.watch.status.Load().state != GuardLockout {
		s.free(at)
		if stop, ok := s.brake.Latched(); ok && no == "" {
			no = fmt.Sprintf("the load was stopped (%s): press space to go on first", stop.Reason)
		}
	}
	if no != "" {
		s.refuse(who, cmd.command(), no)
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: no}
	}
	for o.seed == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails; it would end the program
		o.seed = binary.LittleEndian.Uint64(b[:])
	}
	o.by, o.at = who, at
	o.p95 = s.links.stagingP95(o.users, enoughFor(o.mode == ModeDips || o.off > 0))
	if o.mode == ModeCheck && o.off == 0 {
		s.release(who, "a link check begins")
	}
	s.pending, s.spike = nil, 0
	s.endRamp(who, modeWords(o.mode)+" begins", true)
	s.engine.SetGlide(0)
	s.engine.SetSlew(false)
	select {
	case <-s.links.stops: // meant for an earlier one: only this goroutine sends there
	default:
	}
	asked := s.asked()
	switch {
	case o.mode == ModeDips:
		// They may be held, or still on the way up: no more while it is found out.
		s.engine.SetAsked(o.users)
	case o.off > 0:
		s.engine.SetAsked(o.off) // the quiet phase is at what was checked
	}
	select {
	case s.links.orders <- o:
	default:
		s.engine.SetAsked(asked)
		s.pace()
		return Reply{}, s.busy(who, cmd)
	}
	if (o.mode == ModeDips || o.off > 0) && asked != o.users {
		s.add(who, TypeDialSet, &DialSet{From: asked, To: o.users, Why: modeWords(o.mode) + " at the users that run"})
	}
	e := s.add(who, TypeLinkQuiet, &LinkQuiet{Mode: o.mode, Profile: o.profile, Users: o.users, Off: o.off, Seed: o.seed,
		Order: link.Assign(o.seed, o.profile.MaxPairs).String(), Seconds: seconds(o.profile.Quiet)})
	if o.mode == ModeDips {
		return Reply{Text: fmt.Sprintf("is it me? dips from %s to nothing and back", s.unit().Of(o.users)), Seq: e.Seq}, nil
	}
	return Reply{Text: fmt.Sprintf("link check, %s, %s", o.profile.Name, o.between(s.unit())), Seq: e.Seq}, nil
}

// foundLink takes in what a check or the data stores told.
func (s *Session) foundLink(body any) {
	switch b := body.(type) {
	case *LinkVerdict:
		s.checked(b)
	case *IdentityResult:
		s.identified(b)
	}
}

// checked writes a verdict, gives the dial back, and says it in a note.
func (s *Session) checked(b *LinkVerdict) {
	var asked int
	var who string
	var held string
	var off int
	var dial Dial
	s.log.read(func(st *State) {
		dial, held = st.Dial, st.Envs[monitors.Production].state()
		asked = dial.Asked
		if r := st.Link.Running; r != nil {
			who, off = r.By, r.Off
		}
	})
	if b.Mode == ModeDips && b.Refused {
		asked = 0 // the load never moved
	}
	back := asked > 0 && held == monitors.Green.String() && (b.Mode == ModeDips && b.Kind != string(link.FollowsUs) && b.Kind != string(link.Drained) ||
		off > 0 && b.Kind != string(link.Linked) && b.Kind != string(link.Suspected))
	// Where amber lowered the load on the way, that is what production bore.
	to := min(asked, b.Users)
	if (b.Mode == ModeDips || off > 0) && asked > 0 {
		runs := to
		if dial.Held {
			runs = min(to, dial.HeldAt)
		}
		b.Words += map[bool]string{true: fmt.Sprintf(" The load goes back to %s.", s.unit().Of(runs)), false: " The load stays at zero."}[back && runs > 0]
	}
	s.add(BySession, TypeLinkVerdict, b)
	s.pace()
	switch {
	case back && to != asked:
		s.add(BySession, TypeDialSet, &DialSet{From: asked, To: to, Why: "amber lowered the load during " + modeWords(b.Mode)})
		s.engine.SetAsked(to)
	case back:
		s.engine.SetAsked(to)
	case asked > 0:
		s.add(who, TypeDialSet, &DialSet{From: asked, To: 0, Why: "after " + modeWords(b.Mode)})
	}
	kind := notes.Plain
	switch b.Kind {
	case string(link.Linked), string(link.Suspected), string(link.FollowsUs):
		kind = notes.Risk
	}
	s.addNote(BySession, &NoteAdd{Kind: kind, Text: verdictNote(b), Typed: s.now()})
}

// verdictNote is a verdict in one sentence, as the program's other notes are.
func verdictNote(b *LinkVerdict) string {
	head := modeWords(b.Mode)
	if !strings.HasSuffix(head, "?") {
		head += ":"
	}
	if b.Words == "" {
		return head + " " + KindWords(b.Kind)
	}
	return head + " " + strings.ToLower(b.Words[:1]) + b.Words[1:]
}

func (e *Env) state() string {
	if e == nil {
		return ""
	}
	return e.State
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
