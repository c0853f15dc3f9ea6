package identity

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	longestName   = 12 // words of who answered
	shortestPiece = 12 // squashed, of our own text in a line that a chat has broken
)

// What a text may say of two environments, where nobody looks for an answer. Rather a
// line too many: it asks a person to read it.
var (
	// By itself ...
	strongWords = regexp.MustCompile(`(?i)\b(?:same|share[sd]?|identical|replica\w*|replicat\w+|dblink|both (?:are|use|run|have|read)|dieselb\w+|derselb\w+|selbe\w*|gemeinsam\w*|geteilt\w*|repliziert\w*)\b`)
	// ... with a word of what is asked about ...
	weakWords  = regexp.MustCompile(`(?i)\b(?:is|are|was|were|has|have|common|both|one|single|only|copy|copies|copied|clone\w*|link(?:s|ed|ing)?|sync\w*|mirror\w*|dump\w*|restor\w+|feeds?|fed|reads?|writes?|connect\w*|points?|uses?|using|talks?|goes|sharing|separat\w+|ist|sind|hat|haben|beide\w*|gleich\w*|teilen|teilt|nutz\w+|kopie\w*|spiegel\w*)\b`)
	aboutWords = regexp.MustCompile(`(?i)\b(?:stag\w*|stg|prod\w*|live|db\d*|dbs|database\w*|datenbank\w*|rds|aurora|postgres\w*|mysql|mariadb|mongo\w*|oracle|redis|valkey|cache\w*|kafka|rabbit\w*|brokers?|queues?|servers?|clusters?|instances?|instanz\w*|keycloak|logins?|cdn|prox\w+|balancers?|accounts?|sandbox|hosts?)\b`)
	// ... or both environments.
	stagingWord    = regexp.MustCompile(`(?i)\b(?:stag(?:e|ing)|stg)\b`)
	productionWord = regexp.MustCompile(`(?i)\b(?:prod(?:uction|uktion)?|live)\b`)

	// That somebody is not sure of it, or says otherwise.
	doubting = regexp.MustCompile(`(?i)\b(?:not?|but|except|think|guess|believe|afaik|sure|though|maybe|perhaps|probably|might|unless|until)\b|n['’]t\b|\?\s*$|[=≠]`)
	// A name and nothing else, whatever words it is made of.
	onlyName = regexp.MustCompile(`^(?:\p{Lu}[\p{L}.'’-]+[ ,]*){1,4}$`)
	sameWord = regexp.MustCompile(`(?i)\b(?:same|both|identical)\b`)
	// A question that is put in other words.
	askedSo = regexp.MustCompile(`(?i)^(?:do|does|is|are|what|which|where|how)\b.*\?$`)
	// The end of a mail.
	signOff = regexp.MustCompile(`(?i)^(?:--$|(?:cheers|thanks|thank you|thx|(?:(?:best|kind|warm|many) )?(?:regards|wishes)|(?:viele |liebe |beste |schöne )?grü(?:ß|ss)e|lg|vg|mfg|mit freundlichen .{0,20}|sent from my .{0,20})\b)`)
	// Of a signature: an address or a telephone.
	address = regexp.MustCompile(`^(?:\S+@\S+|\+?[\d ()/-]{7,})$`)
	// What a client of a database writes before a line.
	prompt = regexp.MustCompile(`^\S*[>#]\s+`)
)

// tells says whether a text may be about what two environments share.
func tells(text string) bool {
	return strongWords.MatchString(text) || weakWords.MatchString(text) && aboutWords.MatchString(text) ||
		stagingWord.MatchString(text) && productionWord.MatchString(text)
}

// isName says whether a text is who answered, and no part of what they did.
func isName(who string) bool {
	if onlyName.MatchString(who) && !sameWord.MatchString(who) {
		return true
	}
	return len(strings.Fields(who)) <= longestName && !tells(who) && !doubting.MatchString(who)
}

// asksAgain says whether a text is a question in other words, and no answer in the form of one:
// half of its words are the question's own.
func asksAgain(text, question string) bool {
	if !askedSo.MatchString(text) || doubting.MatchString(strings.TrimRight(text, "? ")) {
		return text == ""
	}
	known, all := 0, 0
	question = " " + strings.ToLower(strings.NewReplacer(",", " ", "?", " ").Replace(question)) + " "
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,?", r) }) {
		if all++; strings.Contains(question, " "+w+" ") {
			known++
		}
	}
	return 2*known >= all
}

// ownText is what of the empty text stands beside the questions, squashed.
func ownText() string {
	text := Questions()
	for _, q := range questions {
		text = strings.Replace(text, q.Text, "\n", 1)
	}
	return squash(text)
}

// aside keeps a line outside of the questions if what is told in it may be about them.
func (p *answersParser) aside(n int, line, told string) {
	if !tells(told) || p.isOurs(told) || p.isOurs(prompt.ReplaceAllString(told, "")) {
		return
	}
	switch {
	case len(p.beside) < mostGiven:
		p.beside = append(p.beside, line)
	case len(p.beside) == mostGiven:
		p.beside = append(p.beside, "…")
		p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: fmt.Sprintf("more than %d lines stand beside the questions", mostGiven), Remedy: "keep only the questions with their answers"})
	}
}

// isOurs says whether a line is a piece of the text that was sent, or its title behind "Re:".
func (p *answersParser) isOurs(line string) bool {
	if len(squash(line)) >= shortestPiece && strings.Contains(p.all, squash(line)) {
		return true
	}
	_, behind, ok := strings.Cut(line, ": ")
	return ok && p.isOurs(behind)
}
