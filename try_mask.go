package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"crosstalk/loadengine"
	"crosstalk/session"
	"crosstalk/session/recipe"
)

// leastMask is the length from which saved values are looked for in texts.
const leastMask = 4

// tryMask hides what a person looking over the shoulder should not read.
type tryMask struct {
	cfg     *session.Config
	private map[string]string // a value as it may be written: what stands for it
}

// learn hides values, what a user saved or was given, wherever they turn up from
// now on, however they are written there.
func (m *tryMask) learn(values []loadengine.Saved) {
	if m.private == nil {
		m.private = map[string]string{}
	}
	for _, v := range values {
		if len(v.Value) >= leastMask {
			for _, written := range session.Spellings(v.Value) {
				m.private[written] = shortened(v.Value)
			}
		}
	}
}

// shortened shows two characters of a value and its length.
func shortened(v string) string {
	n := utf8.RuneCountInString(v)
	if n <= leastMask {
		return fmt.Sprintf("…(%d)", n)
	}
	return string([]rune(v)[:2]) + fmt.Sprintf("…(%d)", n)
}

var shortenedForm = regexp.MustCompile(`^.{0,2}…\(\d+\)$`)

// shortenedOnce is shortened for a value of which some may be masked already:
// nothing is shown of one that was a secret's.
func shortenedOnce(v string) string {
	switch {
	case strings.Contains(v, "***"):
		return "***"
	case shortenedForm.MatchString(v):
		return v
	}
	return shortened(v)
}

// values masks what is known by its value. It comes before all that changes a
// text: what was changed is not found any more.
func (m *tryMask) values(s string) string { return m.cfg.MaskValues(s, m.private) }

// saved shows a saved value, and nothing of one that holds a secret.
func (m *tryMask) saved(v string) string {
	return shortenedOnce(m.cfg.MaskValues(v, map[string]string{v: shortened(v)}))
}

// text masks any text.
func (m *tryMask) text(s string) string {
	s = m.values(s)
	if strings.Contains(s, "://") {
		s = hideAddress(s)
	}
	return strings.Map(printable, m.cfg.Mask(s))
}

// hideAddress takes out of an address what stands in it under a secret name.
func hideAddress(s string) string {
	path, query, asked := strings.Cut(s, "?")
	path = recipe.Hide(path, shortenedOnce)
	if !asked {
		return path
	}
	return path + "?" + recipe.Hide(query, shortenedOnce)
}

func printable(r rune) rune {
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return ' '
	}
	return r
}

// headers masks what was sent: a header that is secret by its name or its form
// shows its scheme alone.
func (m *tryMask) headers(h map[string][]string) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		all := make([]string, 0, len(values))
		for _, v := range values {
			scheme, _, split := strings.Cut(v, " ")
			switch form := session.SecretValue(v); {
			case form, split && name == "Authorization":
				v = scheme + " ***"
			case session.SecretName(name):
				v = "***"
			}
			all = append(all, m.text(v))
		}
		out[name] = strings.Join(all, ", ")
	}
	return out
}

// body cleans and masks the start of an answer.
func (m *tryMask) body(b []byte, kind string, most int) string {
	if len(b) == 0 {
		return ""
	}
	for _, binary := range []string{"image/", "audio/", "video/", "font/", "application/octet-stream", "application/zip", "application/pdf"} {
		if strings.HasPrefix(kind, binary) {
			return fmt.Sprintf("(%s)", strings.Map(printable, kind))
		}
	}
	// Masked before it is cut: half a secret is one still.
	text := m.cfg.Mask(recipe.Hide(m.values(string(b)), shortenedOnce))
	return clipped(strings.Join(strings.Fields(strings.Map(printable, text)), " "), most)
}
