package main

import (
	"regexp"
	"strings"
)

// Secrets as people write them into a chat, where too much masked costs nothing: a person
// still reads that there was one.
var (
	// Names of what is secret, and what stands between one and its value: a mark, quotes and bold
	// around it, the word is, brackets, or nothing but a space.
	secretSaid = regexp.MustCompile(`(?i)((?:pass(?:[ _-]?(?:word|wd|phrase))?|passwort|kennwort|pwd?|secret[\w-]*|token|[\w-]*(?:api|access|account|private|secret)[ _-]?key[\w-]*|[\w-]+_auth|creds?|credentials?)["'*_\x60\\]*(?:\s*(?:[:=：>(]|[-=]>|\bis\b|\bist\b|\s-\s)+[\s*_\x60\\("]*))` + valueSaid)
	secretNext = regexp.MustCompile(`(?i)(\b(?:bearer|basic|requirepass|masterauth|pw|pwd|identified by)\s+)` + valueSaid)
	// -pS, -a S, -u name:S and --password S of the usual clients.
	secretFlag = regexp.MustCompile(`((?:^|\s)(?:-p|-[au]\s+|--?(?:pass|password|user|auth|token)[\s=]+))` + valueSaid)
	// Tokens that show what they are by how they begin.
	tokenSaid = regexp.MustCompile(`\b(?:gh[opusr]_|github_pat_|glpat-|[srp]k_(?:live|test)_|xox[a-z]-|AKIA|ASIA|eyJ[\w-]+\.)[\w.=-]+|(hooks\.slack\.com/services/)\S+|(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*-----|$)`)
	// A connection string that a chat has broken in two, or whose @ is written otherwise or missing.
	brokenInTwo = regexp.MustCompile(`(://)[^\s:/@]*:(?:[^\s@]*|[^\s@]*[^\s\d/@][^\s@]*(?:\s+[^\s@]+){1,3}?)\s+\S*@`)
	withoutAt   = regexp.MustCompile(`(://)[^\s:/@]*:(?:[^\s/@]*[^\s\d/@,;)?][^\s@]*|\S+\s+\(at\))`)
	// user:password@ and user/password@ without a scheme, and an address with one behind it.
	loginInAnswer = regexp.MustCompile(`[^\s:/]*(?::/?|/)[^\s/]\S*\s?@`)
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
		for _, p := range []*regexp.Regexp{secretSaid, secretNext, secretFlag, behindAddress} {
			part = p.ReplaceAllString(part, "${1}"+masked)
		}
		part = tokenSaid.ReplaceAllString(part, "${1}${2}"+masked)
		part = brokenInTwo.ReplaceAllString(part, "${1}"+masked+"@")
		part = withoutAt.ReplaceAllString(part, "${1}"+masked)
		parts[i] = loginInAnswer.ReplaceAllString(part, masked+"@")
	}
	return strings.Join(parts, masked)
}
