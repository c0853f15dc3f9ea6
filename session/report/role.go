package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// roles leaves the roles out of a session of one.
func (b *builder) roles() {
	if b.st.Shared() {
		return
	}
	for i := range b.m.Notes {
		b.m.Notes[i].Role = ""
	}
	for i := range b.m.Timeline {
		b.m.Timeline[i].Role = ""
	}
}

// signed is a name with the role in which something was done, where that is told,
// and where it is not what stands in the place of the name.
func signed(by, role string) string {
	if role == "" || strings.HasPrefix(by, role) {
		return by
	}
	return by + " (" + role + ")"
}

// actor is who did something at a moment, in seconds, with the role in which that
// was, where more than one person took part.
func (m *Model) actor(by string, seconds float64) string {
	if !m.Session.several() {
		return by
	}
	return signed(by, m.Session.roleAt(by, seconds, ""))
}

// actorAt is actor by the clock.
func (m *Model) actorAt(by string, t time.Time) string {
	if m.Session.Began == nil {
		return by
	}
	return m.actor(by, t.Sub(*m.Session.Began).Seconds())
}

// author is who wrote a note, and in which role.
func (n Note) author() string { return signed(n.By, n.Role) }

// roleAt is somebody's role at a moment, in seconds: the one before it in a moment
// without any, and usual for who had none yet.
func (h Header) roleAt(name string, seconds float64, usual string) string {
	role := usual
	for _, p := range h.Roles {
		if p.Name != name || role != "" && p.From >= seconds {
			continue
		}
		if role = p.Role; seconds <= p.To {
			break
		}
	}
	return role
}

// had are the roles that somebody had, in order and each once.
func (h Header) had(name string) (all []string) {
	for _, p := range h.Roles {
		if p.Name == name && p.Role != "" && !slices.Contains(all, p.Role) {
			all = append(all, p.Role)
		}
	}
	return all
}

// cast is what people are called where names don't belong: by the role that they
// had at the moment, with a number where more than one person ever had it, and the
// number is the person's throughout.
type cast struct {
	h      Header
	order  []string
	usual  map[string]string // of who was on no screen
	shared map[string]bool   // roles that more than one person had
}

// cast gives everybody a role. Of who was on no screen of the session it is the
// driver's, if that is who started it or moved the dial; the others navigate.
func (m *Model) cast() *cast {
	c := &cast{h: m.Session, usual: map[string]string{}, shared: map[string]bool{}}
	moved := map[string]bool{m.Session.StartedBy: true}
	for _, r := range m.Timeline {
		if r.Person && r.Type == session.TypeDialSet {
			moved[r.By] = true
		}
	}
	c.order = slices.Clone(m.Session.People)
	for _, p := range m.Session.Roles {
		if !slices.Contains(c.order, p.Name) {
			c.order = append(c.order, p.Name)
		}
	}
	players := map[string]int{}
	for _, name := range c.order {
		had := m.Session.had(name)
		if len(had) == 0 {
			c.usual[name] = string(session.Navigator)
			if moved[name] {
				c.usual[name] = string(session.Driver)
			}
			had = []string{c.usual[name]}
		}
		for _, role := range had {
			players[role]++
			c.shared[role] = players[role] > 1
		}
	}
	for _, name := range m.where.crew { // who only added something later
		if !slices.Contains(c.order, name) {
			c.order = append(c.order, name)
			c.usual[name] = "colleague"
		}
	}
	return c
}

// role is somebody's role at a moment, in seconds.
func (c *cast) role(name string, seconds float64) string {
	return c.h.roleAt(name, seconds, c.usual[name])
}

// called is what stands in the place of a name; ok is false of who took no part.
func (c *cast) called(name string, seconds float64) (word string, ok bool) {
	i := slices.Index(c.order, name)
	if i < 0 {
		return name, false
	}
	role := c.role(name, seconds)
	if c.shared[role] {
		return fmt.Sprintf("%s %d", role, i+1), true
	}
	return role, true
}

// all is what everybody is called at a moment, by name.
func (c *cast) all(seconds float64) map[string]string {
	out := map[string]string{}
	for _, name := range c.order {
		out[name], _ = c.called(name, seconds)
	}
	return out
}

// unnamed puts roles in the place of names: those of a moment.
func (i *incident) unnamed(s string, seconds float64) string {
	if i.names == nil {
		return s
	}
	said := i.cast.all(seconds)
	return swapped(s, i.names, func(name string) string { return "the " + inPlace(said, name, somebody) })
}

// role is what somebody is called who did something. Where roles stand in the
// place of names already, it is that.
func (i *incident) role(by string, seconds float64) string {
	if i.m.unnamed {
		return by
	}
	word, _ := i.cast.called(by, seconds)
	return word
}
