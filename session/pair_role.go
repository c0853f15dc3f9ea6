package session

import "cmp"

// watches is why an observer may not do it.
const watches = "an observer watches; ctrl+x stops all load and is open to everyone"

// holdsDial is why somebody who does not hold the dial may not turn it.
func holdsDial(st *State) string {
	return cmp.Or(st.Pair.Holder, st.Start.As, "somebody else") + " holds the dial; ctrl+x stops all load and is open to everyone"
}

// writes tells whether a command adds to the record or changes it, which is the
// driver's and the navigators'. An answer to a question and a stop are
// everyone's.
func writes(cmd Command) bool {
	switch cmd.(type) {
	case AddNote, EditNote, RetractNote, RestoreNote, ResolveNote, Attach, keep:
		return true
	}
	return false
}

// refusedOutside decides what depends on where somebody sits: only the host ends
// the session, and the host's own tools hold the users whoever has the dial. Ok
// is false for what depends on the role alone.
func refusedOutside(st *State, who Person, cmd Command) (why string, ok bool) {
	switch c := cmd.(type) {
	case Finish:
		if st.Pair.Holder != "" && (who.Role != Driver || !st.AtDesk(who.Name)) {
			return "only " + st.Start.As + ", who started it, ends the session", true
		}
		return "", true
	case Hold:
		return "", c.Only && who.Role == Driver
	}
	return "", false
}
