package report

import (
	"fmt"
	"strings"

	"crosstalk/session"
	"crosstalk/session/link"
)

// Told is the newest of what one way told of whether load on staging reaches
// production.
type Told struct {
	Moment
	What    string `json:"what"`    // link check, is it me?, or data stores
	Verdict string `json:"verdict"` // in few words
	Users   int    `json:"users"`   // it was made with; 0 of data stores
	Words   string `json:"words"`
}

// maxTold is how many runes of it the answer has.
const maxTold = 800

// dataStores is what the comparison of both environments' stores is called.
const dataStores = "data stores"

// linked tells whether a check said that production follows staging's load: then
// the check itself moved it.
func (l LinkCheck) linked() bool {
	return l.Mode == session.ModeCheck && l.Kind == string(link.Linked) || l.Mode == session.ModeDips && l.Kind == string(link.FollowsUs)
}

// told are the newest verdicts of the link check, of "is it me?" and of the data
// stores.
func (b *builder) told() []Told {
	out := []Told{}
	for _, mode := range []string{session.ModeCheck, session.ModeDips} {
		if l := b.newest(mode, func(LinkCheck) bool { return true }); l != nil {
			out = append(out, Told{Moment: b.at(int64(l.To * 1000)), What: modeName(l.Mode), Verdict: session.KindWords(l.Kind), Users: l.Users, Words: l.Words})
		}
	}
	if s := b.m.Stores; s != nil {
		out = append(out, Told{Moment: s.Moment, What: dataStores, Verdict: s.Verdict, Words: s.Words})
	}
	return out
}

// newest is the newest check of a mode that came to a verdict and fits; nil if
// none did. One that made no pair is it only where no other is.
func (b *builder) newest(mode string, fits func(LinkCheck) bool) *LinkCheck {
	var refused *LinkCheck
	for i := len(b.m.Links) - 1; i >= 0; i-- {
		switch l := &b.m.Links[i]; {
		case l.Mode != mode || l.Kind == "" || !fits(*l):
		case !l.refused:
			return l
		case refused == nil:
			refused = l
		}
	}
	return refused
}

// mover is the newest check that moved production; nil if none did.
func (b *builder) mover() *LinkCheck {
	for _, mode := range []string{session.ModeCheck, session.ModeDips} {
		if l := b.newest(mode, LinkCheck.linked); l != nil {
			return l
		}
	}
	return nil
}

// evidence says that a check moved production, and what it rests on.
func (l LinkCheck) evidence() string {
	name := "The link check"
	if l.Mode == session.ModeDips {
		name = `"Is it me?"`
	}
	text := fmt.Sprintf("%s with %s, which ended at %s, moved it: %s", name, users(l.Users), clock(l.To), session.KindWords(l.Kind))
	// The first sentence behind the verdict has the numbers.
	words := strings.TrimPrefix(l.Words, "Linked. ")
	if first, _, _ := strings.Cut(words, ". "); first != "" {
		text += ". " + strings.TrimSuffix(first, ".")
	}
	return text + "."
}

// sharing tells what data both environments are known to share; "" if none.
func (b *builder) sharing() string {
	s := b.m.Stores
	if s == nil || !s.linked {
		return ""
	}
	words := s.Words
	if words == "" {
		words = s.Verdict + "."
	}
	return "staging and production share data: " + words
}

// reaching lists what of it is still not known.
func (b *builder) reaching(say func(when bool, format string, args ...any)) {
	if b.mover() != nil {
		return
	}
	l := b.newest(session.ModeCheck, func(LinkCheck) bool { return true })
	say(l == nil, "Whether load on staging reaches production: no link check was made.")
	say(l != nil && l.Kind != string(link.NoLinkSeen), "Whether load on staging reaches production: the link check could not tell.")
}

// name is what told it, and with how many users.
func (t Told) name() string {
	if t.Users == 0 {
		return title(t.What)
	}
	return title(t.What) + " with " + users(t.Users)
}

// says is what was told: the words, after the verdict where they do not begin
// with it.
func (t Told) says() string {
	switch {
	case t.Words == "":
		return t.Verdict + "."
	case len(t.Words) >= len(t.Verdict) && strings.EqualFold(t.Words[:len(t.Verdict)], t.Verdict):
		return t.Words
	}
	return t.Verdict + ". " + t.Words
}

// sentence is all of it.
func (t Told) sentence() string {
	return fmt.Sprintf("%s, at %s: %s", t.name(), clock(t.Elapsed), t.says())
}
