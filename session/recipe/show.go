package recipe

import (
	"regexp"
	"strings"

	"crosstalk/session"
)

var anyJWT = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// leastHidden is the length from which a field's value is looked for in the whole
// page: shorter ones are words of everyday language.
const leastHidden = 4

// Hide replaces in a body, for showing it, the values that stand under a secret
// name (in JSON, XML, a form, a form's part or a page's field) and signed tokens
// anywhere.
func Hide(text string, mask func(value string) string) string {
	for _, re := range inText {
		var b strings.Builder
		from := 0
		for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
			if name := text[m[2]:m[3]]; session.SecretName(name) {
				b.WriteString(text[from:m[4]])
				b.WriteString(mask(text[m[4]:m[5]]))
				from = m[5]
			}
		}
		text = b.String() + text[from:]
	}
	for _, f := range fields(text) {
		if (isCSRF(f.name) || session.SecretName(f.name)) && len(f.raw) >= leastHidden {
			text = strings.ReplaceAll(text, f.raw, mask(f.raw))
		}
	}
	return anyJWT.ReplaceAllStringFunc(text, mask)
}

// CSRFFields are the names of fields of a page that a form has to send back
// unseen, such as csrf_token, with the expression that saves each.
func CSRFFields(page string) (names, save []string) {
	for _, f := range fields(page) {
		if !isCSRF(f.name) || !strings.EqualFold(f.tag[1:6], "input") {
			continue
		}
		if expr, ok := f.regex(page); ok {
			names, save = append(names, f.name), append(save, expr)
		}
	}
	return names, save
}
