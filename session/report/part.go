package report

import (
	"slices"
	"strings"

	"crosstalk/session"
)

// parts are those who were on a screen of the session. Who was there to its end
// has no end of its own.
func (b *builder) parts() []Part {
	out := []Part{}
	for _, p := range b.st.Pair.People {
		to := p.Left
		if to < 0 {
			to = b.ms
		}
		out = append(out, Part{Name: p.Name, Role: string(p.Role), From: secs(p.Joined), To: secs(to)})
	}
	return out
}

// people are the names of those who took part, each with its role where there was
// more than one.
func (h Header) people() []string {
	if len(h.People) < 2 {
		return h.People
	}
	out := slices.Clone(h.People)
	for i, name := range out {
		for _, p := range h.Roles {
			if p.Name == name && p.Role != "" {
				out[i] += " (" + p.Role + ")"
			}
		}
	}
	for _, p := range h.Roles { // who only watched signed nothing
		if !slices.Contains(h.People, p.Name) && p.Role != "" {
			out = append(out, p.Name+" ("+p.Role+")")
		}
	}
	return out
}

// testers are those whose time is a session's: not who only watched. Where nobody
// else is left, they are.
func (h Header) testers() []string {
	watched := func(name string) bool {
		return slices.ContainsFunc(h.Roles, func(p Part) bool { return p.Name == name && p.Role == string(session.Observer) })
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

// roleWords tells who did what; "" for a session of one.
func (h Header) roleWords() string {
	if len(h.Roles) < 2 {
		return ""
	}
	var say []string
	for _, p := range h.Roles {
		say = append(say, p.Name+" "+p.Role+" from +"+clock(p.From)+" to +"+clock(p.To))
	}
	return "Roles: " + strings.Join(say, ", ") + "."
}
