package report

import (
	"cmp"
	"slices"
	"strings"

	"crosstalk/session"
)

// parts are the roles of those who were on a screen of the session, by time. One
// that lasted to its end has no end of its own.
func (b *builder) parts() []Part {
	out := []Part{}
	for _, p := range b.st.Pair.People {
		for _, r := range p.Spans {
			to := r.To
			if to < 0 {
				to = b.ms
			}
			out = append(out, Part{Name: p.Name, Role: string(r.Role), From: secs(r.From), To: secs(to)})
		}
	}
	slices.SortStableFunc(out, func(a, b Part) int { return cmp.Compare(a.From, b.From) })
	return out
}

// people are the names of those who took part, each with its roles where there was
// more than one.
func (h Header) people() []string {
	if len(h.People) < 2 {
		return h.People
	}
	say := func(name string) string {
		if had := h.had(name); len(had) > 0 {
			return name + " (" + strings.Join(had, ", then ") + ")"
		}
		return name
	}
	var out []string
	for _, name := range h.People {
		out = append(out, say(name))
	}
	for _, p := range h.Roles { // who only watched signed nothing
		if text := say(p.Name); !slices.Contains(h.People, p.Name) && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// testers are those whose time is a session's: not who only watched. Where nobody
// else is left, they are.
func (h Header) testers() []string {
	watched := func(name string) bool {
		return slices.Equal(h.had(name), []string{string(session.Observer)})
	}
	out := slices.DeleteFunc(slices.Clone(h.People), watched)
	for _, p := range h.Roles {
		if !slices.Contains(out, p.Name) && !watched(p.Name) {
			out = append(out, p.Name)
		}
	}
	if len(out) == 0 {
		return h.People
	}
	return out
}

// several tells whether more than one person was on a screen of the session.
func (h Header) several() bool {
	return len(h.Roles) > 0 && slices.ContainsFunc(h.Roles, func(p Part) bool { return p.Name != h.Roles[0].Name })
}

// roleWords tells who did what; "" for a session of one.
func (h Header) roleWords() string {
	if !h.several() {
		return ""
	}
	var say []string
	for _, p := range h.Roles {
		say = append(say, p.Name+" "+p.Role+" from +"+clock(p.From)+" to +"+clock(p.To))
	}
	return "Roles: " + strings.Join(say, ", ") + "."
}
