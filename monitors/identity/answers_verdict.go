package identity

import (
	"slices"
	"strings"
	"unicode"
)

// answerWords are what an answer may begin with, and what it says then. Same,
// linked, neighbour, copy and separate are those that the text proposes.
var answerWords = map[string]Verdict{
	"same":   SameInstance,
	"linked": DataLink, "link": DataLink, "replica": DataLink, "replicated": DataLink, "synced": DataLink,
	"neighbour": SharedNeighbour, "neighbor": SharedNeighbour, "neighbours": SharedNeighbour, "neighbors": SharedNeighbour,
	"copy": SameLineage, "copied": SameLineage, "clone": SameLineage, "restored": SameLineage,
	"separate": Distinct, "separated": Distinct, "distinct": Distinct, "different": Distinct,
}

var (
	// Words that take "separate" or "copy" back when they come later.
	flowWords  = []string{"share", "shares", "sharing", "shared", "common", "feeds", "replicates", "replicating", "replication", "replicas", "sync", "syncs", "federated"}
	otherWords = []string{"but", "except", "although", "though", "however", "apart", "besides", "unless"}
	denials    = []string{"no", "not", "never", "nor", "nothing", "none", "without", "neither", "dont", "doesnt", "isnt", "arent", "cannot", "cant"}
	machines   = []string{"server", "cluster", "instance", "host", "machine", "box", "vm", "rds", "node", "database", "redis", "broker"}
	ignorance  = []string{"unknown", "dont know", "do not know", "i dont know", "i do not know", "we dont know", "not known", "not sure", "no idea", "no clue", "no one", "nobody knows", "no answer", "no info", "dunno"}
)

// Verdict returns what the answer says by its first word; Unknown when that is none
// of answerWords, or when what follows says otherwise. A "yes" says what the next
// of these words does, or else the least that a yes to the question may mean.
func (g Given) Verdict() Verdict {
	words := wordsOf(g.Answer)
	if len(words) == 0 || g.ignorant() {
		return Unknown
	}
	rest := words[1:]
	switch words[0] {
	case "yes", "shared":
		for i, w := range rest {
			if v := answerWords[w]; v != Unknown && !denied(rest, i) {
				if v == Distinct || otherwise(v, rest) {
					return Unknown
				}
				return v
			}
		}
		if slices.ContainsFunc(rest, func(w string) bool { return slices.Contains(denials, w) }) {
			return Unknown // yes, but not
		}
		for _, q := range questions {
			if q.Topic == g.Topic {
				return q.yes
			}
		}
		return Unknown
	case "no":
		// Where payments go is no question for it.
		if g.Topic == Payment || otherwise(Distinct, rest) {
			return Unknown
		}
		return Distinct
	}
	v := answerWords[words[0]]
	if otherwise(v, rest) {
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

// otherwise says that words that follow take back that nothing flows: separate, but
// a replica feeds it.
func otherwise(v Verdict, rest []string) bool {
	if v != Distinct && v != SameLineage {
		return false
	}
	for i, w := range rest {
		if v == Distinct && slices.Contains(otherWords, w) {
			return true
		}
		said := answerWords[w]
		stronger := said > v && (v == Distinct || said > SharedNeighbour)
		if (stronger || slices.Contains(flowWords, w) || oneServer(rest[i:])) && !denied(rest, i) {
			return true
		}
	}
	return false
}

// denied says that a no stands shortly before a word.
func denied(words []string, at int) bool {
	return slices.ContainsFunc(words[max(0, at-3):at], func(w string) bool { return slices.Contains(denials, w) })
}

// oneServer says that words begin with one server, or one of something in between;
// "one server each" is more.
func oneServer(words []string) bool {
	if words[0] != "one" && words[0] != "single" {
		return false
	}
	near := words[1:min(len(words), 3)]
	return slices.ContainsFunc(near, func(w string) bool { return slices.Contains(machines, w) }) && !slices.Contains(words[1:min(len(words), 5)], "each")
}

// wordsOf cuts a text into its words, in small letters and without apostrophes. Names
// such as db_1 or a.example stay whole.
func wordsOf(text string) []string {
	text = strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(text))
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_'
	}) {
		if w = strings.Trim(w, "._"); w != "" {
			out = append(out, w)
		}
	}
	return out
}
