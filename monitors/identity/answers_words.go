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
	machines   = []string{"server", "cluster", "instance", "host", "machine", "box", "vm", "rds", "node", "database", "cache", "redis", "broker"}
	ignorance  = []string{"unknown", "dont know", "do not know", "i dont know", "i do not know", "we dont know", "not known", "not sure", "no idea", "no clue", "no one", "nobody knows", "no answer", "no info", "dunno"}

	// Of machines, those that several databases may run on.
	hosts    = []string{"host", "machine", "box", "vm", "node"}
	platform = []string{"kubernetes", "k8s", "eks", "gke", "aks", "openshift", "nomad", "swarm"}
	// What may follow a machine that is named as a whole: "server for both", not "server backup".
	joins = []string{"for", "with", "without", "by", "in", "on", "at", "and", "of", "between", "across", "both", "since", "behind"}
	// What makes "one server" more than one.
	eachOwn = []string{"one", "another", "other", "others", "each", "every", "per", "own", "respectively"}
	// What data is kept apart by on one server.
	parts = []string{"number", "numbers", "prefix", "prefixes", "index", "indexes", "keyspace", "keyspaces", "namespace", "namespaces", "schema", "schemas", "vhost", "vhosts", "separation", "isolation", "user", "users", "table", "tables"}
	// Of these, what one server holds several of, and what may be meant by a server, too.
	dataNames = []string{"database", "databases", "db", "dbs"}
	// What is apart, besides the words for Distinct: a "no" before it says the opposite.
	apartness = []string{"separation", "isolation", "separately", "own", "dedicated", "independent", "individual", "private"}
	// Who a sentence is of that a "no" stands before: "no they are separate".
	speakers = []string{"they", "theyre", "we", "it", "its", "both", "each", "these", "those", "staging", "production"}
	// What a "no" does not reach across.
	breaks = []string{"and", "but", "because", "since", "while", "so", "instead", "only", "just", "also"}
	ors    = []string{"or", "nor"}
	// What begins or makes a clause, and is no thing in a list.
	clauses = []string{"a", "an", "the", "one", "we", "it", "they", "is", "are", "was", "has", "via", "by", "through", "every", "each", "share", "shares", "sharing", "feeds", "replicates", "replicating", "syncs"}
	// What is done, which makes a list only behind its like: "not linked, copied or synced".
	deeds = []string{"linked", "replicated", "synced", "copied", "restored", "shared"}
	// What may follow a list: "no copy, replica or link to production".
	trailers = []string{"to", "from", "any", "either", "whatsoever", "exists", "exist"}
	// What one server each may be for.
	environs = []string{"environment", "environments", "env", "stage", "side", "one", "system"}
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
	hard  []bool // and it is not only commas
}

// answerOf cuts a text into its words. Names such as db_1 or a.example stay whole.
func answerOf(text string) answered {
	text = strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(text))
	var a answered
	stop, hard := false, false
	put := func(word string) {
		bare := strings.Trim(word, "._")
		if bare != "" {
			a.words, a.stop = append(a.words, bare), append(a.stop, stop || word[0] == '.')
			a.hard = append(a.hard, hard || word[0] == '.')
			stop, hard = false, false
		}
		if strings.HasSuffix(word, ".") {
			stop, hard = true, true
		}
	}
	from := 0
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' {
			continue
		}
		put(text[from:i])
		from = i + len(string(r))
		// "read-replica" is one thing, and a slash or bold ends none.
		mark := !unicode.IsSpace(r) && !strings.ContainsRune("-/*_`\"", r) || r == '-' && strings.HasSuffix(text[:i], " ")
		stop, hard = stop || mark, hard || mark && r != ','
	}
	put(text[from:])
	return a
}

// wordsOf are the words of a text.
func wordsOf(text string) []string { return answerOf(text).words }

// from is what follows the first n words.
func (a answered) from(n int) answered { return answered{a.words[n:], a.stop[n:], a.hard[n:]} }

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
	list, reach, crossed := a.listed(at), 3, false
	if list {
		reach = 5
	}
	no := at - 1
	for no > max(0, at-reach) && !a.is(no, denials) {
		no--
	}
	alike := a.is(no, denials) && a.words[no] != "no" && a.is(no+1, deeds)
	for i := at - 1; i >= max(0, at-reach); i-- {
		if a.stop[i+1] {
			if !list || a.is(i, denials) || !a.listTo(i+1, at, alike) {
				return false
			}
			crossed = true
		}
		switch {
		case a.is(i, breaks), crossed && a.is(i, ors):
			// What "or" ended before the mark is another list.
			return false
		case a.is(i, denials):
			return true
		}
	}
	return false
}

// listTo says that a list goes on behind the comma before a place, up to its "or X" and
// no further, and that a word is in it. What is done is in it only if told.
func (a answered) listTo(from, at int, done bool) bool {
	clausal := func(i int) bool { return a.clausal(i) || !done && a.is(i, deeds) }
	run := 0 // words since the last comma
	for i := from; i < len(a.words) && run <= 2; i++ {
		switch {
		case a.hard[i]:
			return false
		case a.is(i, ors):
			last := i + 1
			for last < len(a.words) && (last == i+1 || last == i+2 && a.joined(last) && !a.is(last, joins, trailers)) {
				if clausal(last) {
					return false
				}
				last++
			}
			return at < last && (!a.joined(last) || a.is(last, joins, trailers))
		case a.stop[i]:
			run = 0
		}
		if clausal(i) {
			return false
		}
		run++
	}
	return false
}

// clausal says that a word is one of a clause, such as a verb, or "nightly".
func (a answered) clausal(at int) bool {
	return a.is(at, clauses, breaks) || strings.HasSuffix(a.words[at], "ly")
}

// listed says that an "or" stands near a word.
func (a answered) listed(at int) bool {
	for i := at - 2; i <= at+3; i++ {
		if a.is(i, ors) {
			return true
		}
	}
	return false
}

// oneServer says that words from a place on begin with one server, or one of something
// in between; "one server each" is more.
func (a answered) oneServer(at int) bool {
	if !a.is(at, []string{"one", "single"}) {
		return false
	}
	last := a.lastMachine(at)
	return last > at && !a.eachOne(last+1)
}

// eachOne says that what follows one server from a place on makes it one for each side:
// "each", "per environment", "for staging and one for production".
func (a answered) eachOne(at int) bool {
	if a.is(at, []string{"for"}) && a.joined(at) {
		next := at + 2
		if a.is(next, []string{"and"}) {
			next++
		}
		if a.is(next, []string{"one", "another"}) && a.is(next+1, []string{"for"}) && a.joined(next+1) {
			return true
		}
		at++
	}
	switch {
	case !a.joined(at):
		return false
	case a.is(at, []string{"each"}) && (!a.joined(at+1) || a.is(at+1, joins)):
		return true
	}
	return a.is(at, []string{"each", "every", "per"}) && a.joined(at+1) && a.is(at+1, environs)
}

// lastMachine returns where the machine stands that follows a place without a mark, with
// a word or two between; the place itself where there is none.
func (a answered) lastMachine(at int) int {
	last := at
	for i := at + 1; a.joined(i) && (i <= at+3 || last == i-1); i++ {
		if a.is(i, machines) {
			last = i
		}
	}
	return last
}

// sharedMachine returns what it says that from a place on one machine, or a shared one,
// is named, and where: Unknown where that is none, or where more follows that it may only
// describe.
func (a answered) sharedMachine(at int) (Verdict, int) {
	one := a.is(at, []string{"one", "single"})
	if !one && !a.is(at, []string{"shared", "common"}) || a.denied(at) {
		return Unknown, at
	}
	return a.machine(at, one)
}

// machine is sharedMachine of a machine that stands behind a place.
func (a answered) machine(at int, one bool) (Verdict, int) {
	last := a.lastMachine(at)
	switch {
	case last == at, a.joined(last+1) && !a.is(last+1, joins):
		return Unknown, last
	case one && a.from(last+1).has(eachOwn):
		return Unknown, last
	case a.is(last, hosts), a.is(last-1, platform):
		return SharedNeighbour, last
	}
	return SameInstance, last
}

// keptApart says that a word only tells what data is kept apart by on one server:
// "separate schemas", and where a server can hold several, "separate databases".
func (a answered) keptApart(at int, server bool) bool {
	if answerWords[a.words[at]] != Distinct || !a.joined(at+1) {
		return false
	}
	return a.is(at+1, parts) || server && a.is(at+1, dataNames) && (!a.joined(at+2) || a.is(at+2, joins, parts))
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
