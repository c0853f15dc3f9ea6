package main

import (
	"regexp"
	"strings"
)

// Secrets as people write them into a chat, where too much masked costs nothing: a person
// still reads that there was one.
var (
	// Names of what is secret, and what stands between one and its value: a mark, quotes and bold
	// around it, the word is, or brackets.
	secretSaid = regexp.MustCompile(`(?i)((?:passwords?|pass(?:[ _-]?(?:word|wd|phrase|code))?|passw(?:ort|örter|ord)?|kennwort|psw|pwd?|secret[\w-]*|tokens?|[\w-]*(?:api|access|account|private|secret)[ _-]?key[\w-]*|[\w-]+_auth|creds?|credentials?|zugangsdaten|mot de passe|\bsig|sharedaccess\w*)["'*_\x60\\]*(?:\s+(?:of|for|von|für)(?:\s+the)?\s+\S+?|\s*\([^)]*\))?(?:\s*(?:[:=：＝>(→]|[-=]>|\b(?:is|was|ist|lautet|equals)\b|\s[–—-]\s)+[\s*_\x60\\("]*))` + valueSaid)
	secretNext = regexp.MustCompile(`(?i)(\b(?:bearer|basic|requirepass|masterauth|pw|pwd|identified by)\s+)` + valueSaid)
	// Behind the bare word it shows by a quote or a digit.
	secretBare = regexp.MustCompile(`(?i)(\b(?:pass(?:word|wort)?|auth|secret|token)\s+)("[^"]*"|'[^']*'|\x60[^\x60]*\x60|\S*\d\S*)`)
	// -pS, -a S, -u name:S and --password S of the usual clients.
	secretFlag = regexp.MustCompile(`((?:\b(?:mysql|mariadb)\S*\s(?:\S+\s+)*?-p)|(?:^|\s)(?:-[aPu]\s+|--?(?:pass|password|user|auth|token)[\s=]+))` + valueSaid)
	// Tokens that show what they are by how they begin.
	tokenSaid = regexp.MustCompile(`\b(?:gh[opusr]_|github_pat_|glpat-|[srp]k_(?:live|test)_|xox[a-z]-|npm_|SG\.|AIza|(?:AKIA|ASIA)[A-Z0-9]{12}|eyJ[\w-]+\.)[\w.=-]+|(hooks\.slack\.com/services/)\S+|(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*-----|$)`)
	// A connection string that a chat has broken in two, or whose @ is written otherwise or missing.
	brokenInTwo = regexp.MustCompile(`(://)[^\s:/@]*:(?:[^\s@]*|[^\s@]*[^\s\d/@][^\s@]*(?:\s+[^\s@]+){1,3}?)\s+\S*@`)
	withoutAt   = regexp.MustCompile(`(://)[^\s:/@]*:(?:[^\s/@]*[^\s\d/@,;)?.!][^\s@]*|\S+\s+\(at\))`)
	// user:password@ and user/password@ without a scheme, "creds app/S", what .pgpass holds, and an
	// address with one behind it.
	loginInAnswer = regexp.MustCompile(`(?:[^\s:/]*(?::/?|/)[^\s/]\S*@|[^\s:/]*:[^\s\d/]\S*\s(?:@|at\s))`)
	loginSaid     = regexp.MustCompile(`(?i)(\b(?:creds?|credentials?|zugangsdaten|login|oracle)[\s:]+)[^\s/:]+[/:]\S+`)
	passFile      = regexp.MustCompile(`((?:^|\s)[\w.-]+:\d{2,5}:[^\s:]+:[^\s:]+:)\S+`)
	behindAddress = regexp.MustCompile(`([\w.+-]+@[\w-]+\.[\w.-]+:)[^\s\d/]\S*`)
)

// valueSaid is a secret itself, in quotes or up to a space.
const valueSaid = `("(?:[^"\\]|\\.)*"[^\s,;})\]]*|'(?:[^'\\]|\\.)*'[^\s,;})\]]*|\S+)`

// maskAnswer masks what mask knows, and what is secret by its form.
func maskAnswer(s string, mask func(string) string) string {
	// What is masked already is no mark between a name and its password.
	const masked = "***"
	parts := strings.Split(mask(strings.ReplaceAll(s, masked, "**")), masked)
	for i, part := range parts {
		for _, p := range []*regexp.Regexp{secretSaid, secretNext, secretBare, secretFlag, loginSaid, passFile, behindAddress} {
			part = p.ReplaceAllString(part, "${1}"+masked)
		}
		part = tokenSaid.ReplaceAllString(part, "${1}${2}"+masked)
		part = brokenInTwo.ReplaceAllString(part, "${1}"+masked+"@")
		part = withoutAt.ReplaceAllString(part, "${1}"+masked)
		parts[i] = loginInAnswer.ReplaceAllStringFunc(part, func(login string) string {
			switch {
			case strings.Contains(login, "mailto:"):
				return login
			case strings.HasSuffix(login, "@"):
				return masked + "@"
			}
			return masked + " at "
		})
	}
	return strings.Join(parts, masked)
}
