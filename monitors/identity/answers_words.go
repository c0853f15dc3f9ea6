package identity

import (
	"regexp"
	"strconv"
	"strings"
)

// grammar is how plain answers are put: a rule a line, its name and then a pattern, in
// which <x> is the rule x. Words have one space between them, commas and semicolons as
// well. What stands in no rule leaves a question open: rather add nothing to it.
const grammar = `
prod      prod|production
envs      staging and <prod>|<prod> and staging
env       environment|env|stage|side|system
mark      ( [,;])?
yes       (yes|shared)<mark>
all       they|theyre|these|those|both|<envs>
pair      <all>|we|its|it is
seldom    nightly|daily|weekly|monthly|(every )?(night|day|week|month)|((on|every) )?(mon|tues|wednes|thurs|fri|satur|sun)days?
often     <seldom>|hourly|every (minute|hour)
server    (<nouns> )*(server|instance|cluster)
noun      <server>|(<nouns> )*<nouns>
host      (<nouns> )*(host|machine|box|vm|node|(kubernetes|k8s|eks|gke|aks|openshift|nomad) cluster)

for       ( ((for|between|by|of|in) (both|both <env>s|them|<envs>)|as <prod>))?
use       use|are on|on|run on
shared    ((the|a|an|exactly|one) )*(same|shared|common) <thing><for>
single    (a )?(one|single) <thing>
one       (<yes> )?((<pair> ((<use>|have) )?)?<shared>|(<yes> <all> <use> <single>|<all> <use> <single> for (both|<envs>))|<pair> share ((a|an|the|one) )?<thing>|no (separate|different|own|dedicated) <thing>|<single> for (both|<envs>))|<yes> <single><for>
same      (<yes> )?((<pair> ((are|use|have) )?)?((the|exactly) )*same( one)?<for>|<all> <use> [#@]1)
name      (<all> <use> )?[#@]1<for>
parts     <mark> ((with|without|and|not even|no|two|three|separate|different|another|other|own) )*<part>(es|s)?
part      ((db|database|key) )?(number|prefix|index)|keyspace|namespace|schema|vhost|virtual host|user|table

who       (they|theyre|these|those|it|its|both|staging|<envs>) ((is|are|are on|run on|has|have|use|uses) )?
apart     ((a|an|the|two|both|all|completely|fully|entirely|totally) )*(separated?|distinct|different)
own       (staging|both|they|<envs>|each( <env>)?) (has|have|uses?) (its|their) own
whole     ( from <prod>|( <envs>)?( (<sides>|<sides>s( for (both|<envs>))?|ones))?( for each)?( <alike>)?)
two       ((<who>)?<apart>|<own>)<whole>
alike     ((in|of|with) )?(the )?same (<nouns> )?(region|version|engine)
each      (one|a) <sides> (each|(per|for each|for every) <env>|for staging ([,;] )?(and )?(one|another) for <prod>)
at        ( (is|on|in|uses|[,;]))*
and       ( [,;])?( and)?
names     staging<at> #1<and> <prod><at> #2|<prod><at> #1<and> staging<at> #2|#1 (,|and|, and) #2

no        ((with )?no|without|neither)( any| a)?
flow      ((data|read|nightly) )?(replica|copy|copie|link|sync|replication|dblink|foreign table|subscription|dump|federation|connection)s?
thing-no  <flow>|sharing|shared <noun>
deed      linked|copied|synced|replicated|restored|shared|connected
or        ( ,)? (or|nor)
after     ( (between them|between <envs>|(to|from|of|with) <prod>))?
none      <no> (<flow>( , <flow>)*<or> )?<thing-no><after>|(not|never|neither) (<deed>( , <deed>)*<or> )?<deed><after>
nothing   (nothing (is )?|not )shared|<pair> (dont|do not) share (anything|(a|any) <noun>)
general   <nothing>|<no> (<flow>( , <flow>)*<or> )?(sharing|shared <noun>)<after>
more      <mark> <none>| [,;] (never|<two>|<nothing>|<each>|<names>|<alike>|two <sides>s)

lives     <prod>s?|live
account   ((to|into|a|an|the|our|their|its|provider|providers|stripe|paypal|adyen|mollie|braintree|klarna) )*
be        ((staging|it|they|these|both) (is|are) )?
`

// reading is a form of answers and what they say.
type reading struct {
	form    *regexp.Regexp
	verdict Verdict
}

// readingsOf makes the forms of answers to a question.
func readingsOf(topic Topic, nouns string, most, bare Verdict) []reading {
	// One server holds several databases and knows several logins.
	rules := map[string]string{"nouns": nouns, "sides": "<server>|(<nouns> )*(" + strings.NewReplacer("database|db|", "", "login|", "").Replace(nouns) + ")"}
	for line := range strings.Lines(grammar) {
		if name, form, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			rules[name] = strings.TrimSpace(form)
		}
	}
	switch topic {
	case Cache:
		rules["part"] += "|database|db"
	case Queue:
		rules["part"] += "|topic|queue|exchange"
	}
	if most != SameInstance {
		rules["sides"] = nouns // two servers may stand behind one of these
	}
	var out []reading
	say := func(v Verdict, form string) {
		for rule.MatchString(form) {
			form = rule.ReplaceAllStringFunc(form, func(r string) string { return "(" + rules[r[1:len(r)-1]] + ")" })
		}
		out = append(out, reading{regexp.MustCompile("^(?:" + strings.ReplaceAll(form, "(", "(?:") + ")$"), v})
	}
	say(bare, `(yes|shared)<parts>*`)
	say(SharedNeighbour, `(<yes> )?neighbou?rs?(<mark> (on )?((a|the|one|same|shared) )*(<host>|account|proxy))?`)
	say(DataLink, `(<yes> )?<be>((a|an|the|data|read) )*(linked|replica|replicated|synced)(<mark> (a|the|of|from|to|with|and|it|#1|<prod>s?|staging|sync|replication|<often>))*`)
	say(SameLineage, `(<yes> )?<be>((a|an|the|<seldom>) )*(copy|copied|clone|cloned|restored)(<mark> ((of|from) (it|#1|(the )?<prod>s?( database)?)|from|copied|restored|<seldom>|<none>))*`)
	say(Distinct, `((no [,;] )?<two>|no <who><apart><whole>|<general>)<more>*`)
	if topic == Payment { // a no is no place where payments go
		say(Distinct, `(no [,;] )?<account>(own )?sandbox( account)?( only)?( [,;] (never|not) (to )?<lives>)?`)
		say(SharedNeighbour, `(yes<mark> )?<account>(account of )?<lives>( account)?`)
	} else {
		say(Distinct, `no(<more>| [,;] <general>)*`)
	}
	rules["thing"] = "<noun>"
	say(SameInstance, `(<same>|<one>)(<parts>| [,;] (<name>|<same>|<one>))*`)
	rules["thing"] = "<host>"
	say(SharedNeighbour, `<one><parts>*`)
	rules["thing"], rules["part"] = "<server>", rules["part"]+"|database|db" // which one server holds several of
	say(SameInstance, `<one>(<parts>| [,;] <name>)*`)
	return out
}

var (
	rule       = regexp.MustCompile(`<[a-z-]+>`)
	wordOrMark = regexp.MustCompile(`[\[(]\s*[\])]|[a-z]+://[^\s,;]+|[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?|\S`)
	nameInText = regexp.MustCompile(`^[a-z0-9._-]*[0-9][a-z0-9._-]*$`)
	// No name: a number or a plain word; one that tells of a link, of one part of a server or of
	// which node it is; an address, a version, a region or a kind of machine.
	tellingName = regexp.MustCompile(`^[^._-]*$|_|repl|copy|link|sync|shar|mirror|vhost|queue|topic|prefix|schema|^db\W?\d+$` +
		`|\b(ro|rw)\b|read|writ|standby|slave|master|follow|prim|second|stag|prod` +
		`|^[\d.]+$|^[a-z]+-?\d+(\.\d+)+$|^[a-z]+-[a-z]+-?\d[a-z]?$|^[a-z]\d[a-z]*\.`)
	// A connection string to a host of this machine, of a network of its own or of a container's
	// leads elsewhere on each side.
	hostInText  = regexp.MustCompile(`^[a-z+]+://(?:[^/@]*@)?[^/:?]*\.[a-z]`)
	hidden      = regexp.MustCompile(`\*{3}@?`)
	onlyUnknown = regexp.MustCompile(`^(?:(?:(?:(?:i|we) )?(?:dont|do not) know|unknown|not known|(?:(?:i am|im) )?not sure|no idea|no clue|no one knows|nobody knows|no answer|no info|dunno)(?: |$))?(?:\? ?)*$`)
)

// spelled are words that are written in several ways.
var spelled = map[string]string{"&": "and", "seperate": "separate", "seperated": "separated", "nope": "no", "yep": "yes", "yeah": "yes", "2": "two"}

// marks end a clause.
const marks = ",;:.!()[]-–—"

// normal is an answer as small words with a space between: names become #1, #2 in their
// order, connection strings @1, commas stay, and other marks that end a clause become one ";".
func normal(text string) string {
	text = hidden.ReplaceAllStringFunc(text, func(m string) string {
		if strings.HasSuffix(m, "@") {
			return m // of a login
		}
		return " masked " // nobody knows what stood there
	})
	text = strings.NewReplacer("'", "", "’", "", "*", "", "`", "", `"`, "", "“", "", "”", "", "_ ", " ", " _", " ").Replace(strings.ToLower(" " + text + " "))
	names := map[string]int{}
	var out []string
	for _, w := range wordOrMark.FindAllString(text, -1) {
		switch {
		case spelled[w] != "":
			w = spelled[w]
		case strings.ContainsAny(w, "[(") && len(w) > 1: // a box that nobody ticked
			w = "?"
		case strings.Contains(marks, w):
			if len(out) == 0 {
				continue
			}
			if w != "," {
				w = ";"
			}
			if last := len(out) - 1; out[last] == "," || out[last] == ";" {
				out[last] = ";"
				continue
			}
		case hostInText.MatchString(w) && !strings.HasPrefix(w, "http"), nameInText.MatchString(w) && !tellingName.MatchString(w):
			kind, name := "#", w
			if strings.Contains(w, "://") {
				kind = "@" // of two that differ, the servers may be one
			} else {
				name, _, _ = strings.Cut(w, ".") // within and without a network
			}
			if names[name] == 0 {
				names[name] = len(names) + 1
			}
			w = kind + strconv.Itoa(names[name])
		}
		out = append(out, w)
	}
	return strings.TrimRight(strings.Join(out, " "), " ,;")
}
