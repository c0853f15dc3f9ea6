package session

import (
	"context"
	"fmt"

	"crosstalk/monitors/identity"
	"crosstalk/notes"
)

// askStores compares the data stores of both environments, once, beside
// everything else: nothing waits for it.
func (s *Session) askStores(ctx context.Context) {
	r := identity.Compare(ctx, []string{s.o.Identity.Staging}, []string{s.o.Identity.Production}, identity.Options{Limit: identity.DefaultLimit})
	if ctx.Err() != nil {
		return
	}
	for i := range r.Findings {
		r.Findings[i] = r.Findings[i].Masked(s.mask)
	}
	s.facts.put(fact{by: ByMonitors, kind: TypeIdentity, body: &IdentityResult{Result: r, Words: r.Words()}})
}

// identified writes what the stores have in common. Where load on staging is
// load on production's data for certain, the dial is locked above one user and
// what runs above it comes down. What people told goes with it as long as the dial is
// locked for that: servers that say otherwise take nothing from it.
func (s *Session) identified(b *IdentityResult) {
	linked := b.Linked()
	s.log.read(func(st *State) {
		if st.Link.Stores == nil || st.Link.Lock == nil || st.Link.Lock.From != LockStores {
			return
		}
		if told := st.Link.Stores.OfPeople(); told.Linked() {
			r := identity.Join(b.Result, told.Without(b.Result))
			b = &IdentityResult{Result: r, Words: r.Words()}
		}
	})
	s.add(ByMonitors, TypeIdentity, b)
	if !linked {
		return
	}
	s.addNote(BySession, &NoteAdd{Kind: notes.Risk, Typed: s.now(),
		Text: "staging and production share data: " + b.Words + " The dial stays at " + s.unit().One() + " until you type a reason."})
	if s.pending != nil && s.pending.to > 1 {
		s.pending = nil
	}
	s.links.stop("the data stores are " + b.Verdict.String())
	var asked int
	s.log.read(func(st *State) { asked = st.Dial.Asked })
	if _, latched := s.brake.Latched(); asked > 1 && !latched {
		s.add(BySession, TypeDialSet, &DialSet{From: asked, To: 1, Why: "data stores: " + b.Verdict.String()})
		s.engine.SetAsked(1)
	}
}

// lockedAbove tells why the dial may not go above one user; "" if it may.
func lockedAbove(st *State, to int) string {
	if st.Link.Lock == nil || to <= 1 {
		return ""
	}
	return fmt.Sprintf("locked at %s (%s): %s. Type a reason to unlock the dial", st.Unit().Of(1), st.Link.Lock.From, trimDot(st.Link.Lock.Why))
}

func trimDot(s string) string {
	if n := len(s); n > 0 && s[n-1] == '.' {
		return s[:n-1]
	}
	return s
}
