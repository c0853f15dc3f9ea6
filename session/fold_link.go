package session

import (
	"fmt"
	"slices"

	"crosstalk/session/link"
)

// LinkView is what is known about a link between staging and production.
type LinkView struct {
	Running *LinkRun        // the check that runs; nil: none. It is replaced, never changed.
	Past    []*LinkRun      // the newest that have ended, oldest first
	Last    *LinkResult     // newest verdict of a check or answer of dips; nil: not checked
	Reach   int             // users up to which the newest clean check reaches; 0: none
	Level   int             // users it was made at
	Bound   float64         // by no more than this does production follow Level, as the clean checks since one from nothing tell
	Lock    *LinkLock       // why the dial is locked above one user; nil: it is not
	Stores  *IdentityResult // nil: not asked, or not answered yet
}

// LinkRun is a check or dips under way.
type LinkRun struct {
	Mode     string // ModeCheck or ModeDips
	By       string // who began it
	Profile  link.Profile
	Users    int
	Off      int // users in the halves without load
	Seed     uint64
	Order    string
	Phase    string  // quiet, pairs, or zero: the time without load after dips
	Since    int64   // milliseconds; of Phase
	Quiet    float64 // seconds the quiet phase takes, from the order on
	Began    int64   // milliseconds; of the first pair, 0 before it
	Words    string  // forecast at first, then how far it is
	Forecast *link.Forecast
	Newest   LinkPair // zero before the first pair
	Strip    []link.Strip
	Skipped  []link.Strip // before them, that do not count
	End      int64        // milliseconds; 0 while it runs
}

// mostRuns is how many checks that have ended are remembered for the charts.
const mostRuns = 8

// At tells what load a moment of the session had in the order that was drawn, and in the
// time at zero after it, which the rest of the order gives way to; ok is
// false before the first pair, after the last, and from the check's end on. The load
// of the pair that runs may be a sham load by now: that is known when it is made.
func (r *LinkRun) At(ms int64) (load link.Load, ok bool) {
	half := r.Profile.Half.Milliseconds()
	if r.Began == 0 || ms < r.Began || half <= 0 || r.End > 0 && ms >= r.End {
		return "", false
	}
	n := int((ms - r.Began) / half)
	pair := n / 2
	switch {
	case r.Phase == LinkPhaseZero && pair >= len(r.Strip):
		return link.Off, true
	case pair >= len(r.Order):
		return "", false
	case (r.Order[pair] == '+') == (n%2 == 0):
		return link.On, true
	case r.sham(pair):
		return link.Sham, true
	}
	return link.Off, true
}

// sham tells whether a pair of the order was made with a sham load.
func (r *LinkRun) sham(pair int) bool {
	skipped := len(r.Skipped)
	if pair < skipped {
		return r.Skipped[pair].Sham
	}
	return pair-skipped < len(r.Strip) && r.Strip[pair-skipped].Sham
}

// Phases of a LinkRun.
const (
	LinkPhaseQuiet = "quiet"
	LinkPhasePairs = "pairs"
	LinkPhaseZero  = "zero"
)

// level is the load that a check or dips were begun at, and leave when they end.
func (r *LinkRun) level() int {
	if r.Mode == ModeCheck && r.Off == 0 {
		return 0
	}
	return r.Users
}

// Left is how many pairs may still be made.
func (r *LinkRun) Left() int { return max(0, r.Profile.MaxPairs-len(r.Strip)) }

// LinkResult is a verdict as it was told.
type LinkResult struct {
	LinkVerdict
	By string // who began it
	MS int64
}

// LinkLock keeps the dial at one user until somebody types a reason.
type LinkLock struct {
	From string // LockLink or LockStores
	Why  string // in words
	MS   int64
}

// What a lock may come from.
const (
	LockLink   = "link check"
	LockStores = "data stores"
)

func (s *State) link(e Event) {
	v := &s.Link
	switch b := e.Body.(type) {
	case *LinkQuiet:
		v.Running = &LinkRun{Mode: b.Mode, By: e.By, Profile: b.Profile, Users: b.Users, Off: b.Off, Seed: b.Seed, Order: b.Order, Phase: LinkPhaseQuiet,
			Since: e.MS, Quiet: b.Seconds, Words: "looking at production's own noise first"}
		s.mark(e, modeWords(b.Mode)+" begins")
	case *LinkStart:
		s.run(func(r *LinkRun) {
			if r.Began == 0 {
				r.Phase, r.Since, r.Began = LinkPhasePairs, e.MS, e.MS
			}
			// Pairs may have been made that do not count: this order is of what is left.
			r.Skipped = append(slices.Clip(r.Skipped), r.Strip...)
			r.Newest, r.Strip, r.Forecast, r.Words = LinkPair{}, nil, b.Forecast, b.Words
			if b.Order != "" {
				r.Profile.MaxPairs = len(b.Order)
			}
		})
	case *LinkPair:
		s.run(func(r *LinkRun) {
			r.Newest, r.Words = *b, b.Words
			if b.Pair == 0 {
				if r.Phase != LinkPhaseZero {
					r.Phase, r.Since = LinkPhaseZero, e.MS
				}
				return
			}
			r.Users = b.Users
			r.Strip = append(slices.Clip(r.Strip), link.Strip{OnFirst: b.OnFirst, Sham: b.Sham, Amber: b.Amber, Lost: b.Lost, Difference: b.Difference})
		})
	case *LinkVerdict:
		s.verdict(e, b)
	case *LinkUnlock:
		v.Lock = nil
		s.mark(e, "the dial is unlocked: "+b.Why)
	case *IdentityResult:
		v.Stores = b
		if locked := v.Lock != nil && v.Lock.From == LockStores && v.Lock.Why == b.Words; b.Linked() && !locked {
			v.Lock = &LinkLock{From: LockStores, Why: b.Words, MS: e.MS}
			s.mark(e, "data stores: "+b.Verdict.String())
		}
	}
}

func (s *State) verdict(e Event, b *LinkVerdict) {
	v := &s.Link
	v.Last = &LinkResult{LinkVerdict: *b, MS: e.MS}
	if v.Running != nil {
		v.Last.By = v.Running.By
		s.run(func(r *LinkRun) { r.End = e.MS })
		if r := v.Running; r.Began > 0 {
			v.Past = append(slices.Clone(v.Past[max(0, len(v.Past)+1-mostRuns):]), r)
		}
	}
	v.Running = nil
	switch {
	case b.Mode != ModeCheck:
	case b.Kind == string(link.NoLinkSeen):
		v.Reach, v.Level, v.Bound = b.Reach, b.Users, 0
		if b.Verdict != nil {
			v.Bound = b.Verdict.Whole
		}
	case b.Kind == string(link.Linked):
		v.Reach, v.Level, v.Bound = 0, 0, 0
		if v.Lock == nil || v.Lock.From == LockLink {
			v.Lock = &LinkLock{From: LockLink, Why: "the link check says linked", MS: e.MS}
		}
	case b.Kind == string(link.Suspected):
		v.Reach, v.Level, v.Bound = 0, 0, 0
	}
	s.mark(e, fmt.Sprintf("%s: %s", modeWords(b.Mode), KindWords(b.Kind)))
}

// run changes the check that runs, on a copy: an earlier clone keeps its own.
func (s *State) run(change func(*LinkRun)) {
	if s.Link.Running == nil {
		return
	}
	r := *s.Link.Running
	change(&r)
	s.Link.Running = &r
}

func modeWords(mode string) string {
	if mode == ModeDips {
		return "is it me?"
	}
	return "link check"
}

// KindWords names a verdict or an answer in few plain words.
func KindWords(kind string) string {
	switch kind {
	case string(link.NoLinkSeen):
		return "no link seen"
	case string(link.Inconclusive):
		return "cannot tell"
	case string(link.OwnMachine): // the dips' answer as well
		return "probably our own machine"
	case string(link.FollowsUs):
		return "it follows us"
	case string(link.Drained):
		return "green at zero"
	case string(link.NotOursNow):
		return "not our load now"
	case string(link.CannotTell):
		return "cannot tell yet"
	}
	return kind
}
