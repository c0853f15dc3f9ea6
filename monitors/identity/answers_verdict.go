package identity

import (
	"slices"
	"strings"
)

// Verdict returns what the answer says by its first word; Unknown when that is none
// of answerWords, or when what follows says otherwise. A "yes" says what the next
// of these words does, or that one server is for both, or else the least that a yes
// to the question may mean.
func (g Given) Verdict() Verdict {
	a := answerOf(g.Answer)
	if len(a.words) == 0 || g.ignorant() {
		return Unknown
	}
	if g.Topic == Payment {
		if v := a.payments(); v != Unknown {
			return v
		}
	}
	switch a.words[0] {
	case "yes", "shared":
		return a.affirmed(g.Topic)
	case "no":
		switch {
		case g.Topic == Payment: // where payments go is no question for it
			return Unknown
		case a.joined(1) && (answerWords[a.words[1]] == Distinct || a.is(1, apartness)):
			return a.notApart()
		case a.joined(1) && a.is(1, parts), len(a.words) > 1 && a.keptApart(1, false), a.otherwise(Distinct):
			return Unknown
		}
		return Distinct
	}
	v := answerWords[a.words[0]]
	// Separate schemas may be on one server.
	if a.keptApart(0, false) || a.otherwise(v) {
		return Unknown
	}
	return v
}

// tells says that a text begins as an answer does.
func tells(text string) bool {
	words := wordsOf(text)
	return len(words) > 0 && (answerWords[words[0]] != Unknown || slices.Contains([]string{"yes", "shared", "no"}, words[0]))
}

// ignorant says that an answer is only that whoever was asked does not know.
func (g Given) ignorant() bool {
	said := strings.Join(wordsOf(g.Answer), " ") + " "
	return said == " " || slices.ContainsFunc(ignorance, func(s string) bool { return strings.HasPrefix(said, s+" ") })
}

// affirmed is what an answer says that begins with yes or shared.
func (a answered) affirmed(topic Topic) Verdict {
	machine, v, server := Unknown, Unknown, false
	for i := range a.words {
		m, at := a.sharedMachine(i)
		machine = max(machine, m)
		server = server || m == SameInstance && !a.is(at, dataNames)
	}
	for i, w := range a.words {
		if said := answerWords[w]; i == 0 || said == Unknown || a.denied(i) || said == SameInstance && a.alike(i) ||
			// One server, in which the data is kept apart.
			machine == SameInstance && a.keptApart(i, server) {
			continue
		} else if v = said; v == Distinct || a.otherwise(v) {
			return Unknown
		}
		break
	}
	if v = max(v, machine); v != Unknown {
		return v
	}
	if a.takenBack() {
		return Unknown // yes, but not
	}
	for _, q := range questions {
		if q.Topic == topic {
			return q.yes
		}
	}
	return Unknown
}

// notApart is what an answer says that begins with "no separate": that one machine is for
// both, where it names one and leaves nothing open.
func (a answered) notApart() Verdict {
	v, last := a.machine(1, true)
	if v == Unknown || a.has(otherWords) || a.from(1).has(denials) {
		return Unknown
	}
	for i, w := range a.words {
		if said := answerWords[w]; i > last && said != Unknown && said != SameInstance && !a.keptApart(i, !a.is(last, dataNames)) {
			return Unknown
		}
	}
	return v
}

// together says that a no is said of what keeps the two apart: no own server, not separate.
func (a answered) together() bool {
	if a.words[0] == "no" && a.is(1, speakers) {
		a = a.from(1)
	}
	for i, w := range a.words {
		if (answerWords[w] == Distinct || a.is(i, apartness)) && a.denied(i) {
			return true
		}
	}
	return false
}

// takenBack says that a no is said of more than what would keep the data of one server
// apart: "without prefixes" takes nothing back.
func (a answered) takenBack() bool {
	for i := range a.words {
		if !a.is(i, denials) {
			continue
		}
		harmless := false
		for j := i + 1; j <= i+3 && a.joined(j); j++ {
			harmless = harmless || a.is(j, parts) || answerWords[a.words[j]] == Distinct
		}
		if !harmless {
			return true
		}
	}
	return false
}

// payments is what an answer says by naming where they go; Unknown where it names
// neither, or both.
func (a answered) payments() Verdict {
	for i := range a.words {
		switch {
		case i == 0 && a.is(0, []string{"yes", "no"}) && len(a.words) > 1 && a.stop[1]:
		case a.is(i, fillers):
		case a.words[i] == "account" && a.is(i+1, []string{"of"}), a.words[i] == "of" && a.is(i-1, []string{"account"}):
		case a.words[i] == "sandbox" && !a.from(i).otherwise(Distinct) && !a.says(lives):
			return Distinct
		case a.is(i, lives) && !a.has(denials) && !a.has([]string{"sandbox"}) && !a.has(otherWords) && (!a.joined(i+1) || a.words[i+1] == "account"):
			return SharedNeighbour
		default:
			return Unknown
		}
	}
	return Unknown
}

// otherwise says that words after the first take back that nothing flows: separate, but
// a replica feeds it.
func (a answered) otherwise(v Verdict) bool {
	if v != Distinct && v != SameLineage {
		return false
	}
	if v == Distinct && a.together() {
		return true
	}
	// "No replicas", and not "no, replicas".
	none := a.words[0] == "no" && a.joined(1) && a.words[1] != "same" && (answerWords[a.words[1]] != Unknown || a.is(1, flowWords))
	for i, w := range a.words {
		if v == Distinct && slices.Contains(otherWords, w) {
			return true
		}
		if i == 0 || none && (i == 1 || a.listed(i) && a.denied(i)) {
			continue
		}
		said := answerWords[w]
		stronger := said > v && (v == Distinct || said > SharedNeighbour) && !(said == SameInstance && a.alike(i))
		if (stronger || slices.Contains(flowWords, w) || a.oneServer(i)) && !a.from(1).denied(i-1) {
			return true
		}
	}
	return false
}
