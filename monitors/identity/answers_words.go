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

	// Of machines, those that several databases may run on.
	hosts    = []string{"host", "machine", "box", "vm", "node"}
	platform = []string{"kubernetes", "k8s", "eks", "gke", "aks", "openshift", "nomad", "swarm"}
	// What may follow a machine that is named as a whole: "server for both", not "server backup".
	joins = []string{"for", "with", "without", "by", "in", "on", "at", "and", "of", "between", "across", "both", "since", "behind"}
	// What makes "one server" more than one.
	eachOwn = []string{"one", "another", "other", "others", "each", "every", "per", "own", "respectively"}
	// What data is kept apart by on one server.
	parts = []string{"number", "numbers", "prefix", "prefixes", "index", "indexes", "keyspace", "keyspaces", "namespace", "namespaces", "schema", "schemas", "vhost", "vhosts", "separation", "isolation"}
	// What two servers may have in common without any link.
	likeness = []string{"region", "regions", "zone", "zones", "datacenter", "datacentre", "version", "versions", "engine", "type", "size", "sizes", "kind", "model", "provider", "vendor", "setup", "configuration", "config", "settings", "structure"}
	// What may stand before the word that tells where payments go.
	fillers = []string{"a", "an", "the", "to", "into", "our", "their", "its", "own", "provider", "providers"}
	lives   = []string{"production", "prod", "productions", "live"}
)

// answered are the words of an answer, in small letters and without apostrophes.
type answered struct {
	words []string
	stop  []bool // a mark other than a space stands before the word
}

// answerOf cuts a text into its words. Names such as db_1 or a.example stay whole.
func answerOf(text string) answered {
	text = strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(text))
	var a answered
	stop := false
	put := func(word string) {
		bare := strings.Trim(word, "._")
		if bare != "" {
			a.words, a.stop = append(a.words, bare), append(a.stop, stop || word[0] == '.')
			stop = false
		}
		stop = stop || strings.HasSuffix(word, ".")
	}
	from := 0
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' {
			continue
		}
		put(text[from:i])
		from = i + len(string(r))
		// "read-replica" is one thing, and a slash or bold ends none.
		stop = stop || !unicode.IsSpace(r) && !strings.ContainsRune("-/*_`\"", r)
	}
	put(text[from:])
	return a
}

// wordsOf are the words of a text.
func wordsOf(text string) []string { return answerOf(text).words }

// from is what follows the first n words.
func (a answered) from(n int) answered { return answered{a.words[n:], a.stop[n:]} }

func (a answered) is(i int, lists ...[]string) bool {
	return i >= 0 && i < len(a.words) && slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, a.words[i]) })
}

func (a answered) has(list []string) bool {
	return slices.ContainsFunc(a.words, func(w string) bool { return slices.Contains(list, w) })
}

// says is has, of words that no "no" stands before.
func (a answered) says(list []string) bool {
	for i := range a.words {
		if a.is(i, list) && !a.denied(i) {
			return true
		}
	}
	return false
}

// joined says that a word follows the one before it without a mark.
func (a answered) joined(i int) bool { return i > 0 && i < len(a.words) && !a.stop[i] }

// denied says that a no stands shortly before a word, in its clause or at the head of
// a list: "no replica, copy or link".
func (a answered) denied(at int) bool {
	list, reach := a.listed(at), 3
	if list {
		reach = 5
	}
	for i := at - 1; i >= max(0, at-reach); i-- {
		if a.stop[i+1] && !list {
			return false
		}
		if a.is(i, denials) {
			return true
		}
	}
	return false
}

// listed says that an "or" stands near a word.
func (a answered) listed(at int) bool {
	for i := at - 2; i <= at+3; i++ {
		if a.is(i, []string{"or", "nor"}) {
			return true
		}
	}
	return false
}

// oneServer says that words from a place on begin with one server, or one of something
// in between; "one server each" is more.
func (a answered) oneServer(at int) bool {
	if a.words[at] != "one" && a.words[at] != "single" {
		return false
	}
	near := a.words[at+1 : min(len(a.words), at+3)]
	return slices.ContainsFunc(near, func(w string) bool { return slices.Contains(machines, w) }) && !slices.Contains(a.words[at+1:min(len(a.words), at+5)], "each")
}

// sharedMachine returns what it says that from a place on one machine, or a shared one,
// is named: Unknown where that is none, or where more follows that it may only describe.
func (a answered) sharedMachine(at int) Verdict {
	one := a.is(at, []string{"one", "single"})
	if !one && !a.is(at, []string{"shared", "common"}) || a.denied(at) {
		return Unknown
	}
	last := at
	for i := at + 1; i < len(a.words) && a.joined(i) && (i <= at+3 || last == i-1); i++ {
		if a.is(i, machines) {
			last = i
		}
	}
	switch {
	case last == at, a.joined(last+1) && !a.is(last+1, joins):
		return Unknown
	case one && a.from(last+1).has(eachOwn):
		return Unknown
	case a.is(last, hosts), a.is(last-1, platform):
		return SharedNeighbour
	}
	return SameInstance
}

// alike says that "same" is said of what two servers may have in common: the same
// region, not the same server.
func (a answered) alike(at int) bool {
	for i := at + 1; i <= at+3 && a.joined(i) && !a.is(i, machines); i++ {
		if a.is(i, likeness) {
			return !a.joined(i+1) || !a.is(i+1, machines)
		}
	}
	return false
}
