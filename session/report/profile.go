package report

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Profile says what reports leave out. The journal keeps all of it.
type Profile struct {
	Names      bool // of people: they stand by their roles
	Hosts      bool // of both environments, and whatever looks like one
	Tags       bool // of notes
	Production bool // production's hosts
}

// DefaultProfile leaves out production's hosts.
func DefaultProfile() Profile { return Profile{Production: true} }

// ParseProfile reads names, hosts and tags, in any number and with commas; "all"
// is the three, "none" leaves out nothing. Without any it is DefaultProfile.
func ParseProfile(list []string) (Profile, error) {
	p := DefaultProfile()
	for _, word := range list {
		for w := range strings.SplitSeq(word, ",") {
			switch strings.ToLower(strings.TrimSpace(w)) {
			case "names":
				p.Names = true
			case "hosts":
				p.Hosts = true
			case "tags":
				p.Tags = true
			case "production":
			case "all":
				p = Profile{Names: true, Hosts: true, Tags: true, Production: true}
			case "none":
				if len(list) > 1 || strings.Contains(word, ",") {
					return p, fmt.Errorf("none stands alone: it leaves out nothing")
				}
				return Profile{}, nil
			default:
				return p, fmt.Errorf("nothing is called %q: names, hosts, tags, all or none", w)
			}
		}
	}
	return p, nil
}

// String names what is left out.
func (p Profile) String() string {
	var out []string
	for _, w := range []struct {
		on   bool
		word string
	}{{p.Names, "names"}, {p.Hosts, "hosts"}, {p.Tags, "tags"}, {p.Production && !p.Hosts, "production's hosts"}} {
		if w.on {
			out = append(out, w.word)
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return list(out)
}

// Apply takes out of a model what the profile leaves out, and returns it.
func (p Profile) Apply(m *Model) *Model { return p.apply(m) }

func (p Profile) apply(m *Model) *Model {
	c := &censor{profile: p}
	defer func() { m.Redacted = p.String() }()
	if p.Names {
		c.people(m)
		m.unnamed = true
	}
	c.places(m.where)
	if p.Tags {
		c.swaps = append(c.swaps, swap{find: tagged, by: func(string) string { return "" }})
	}
	if len(c.swaps) == 0 {
		return m
	}
	lines := make([]string, len(m.Notes))
	for i, n := range m.Notes {
		lines[i] = n.Repro
	}
	c.walk(reflect.ValueOf(m).Elem(), nil)
	for i := range m.Notes {
		if p.Tags {
			m.Notes[i].Tags = []string{}
		}
		// What names something else in its place would not run, or would run
		// on a host that nobody meant.
		if n := &m.Notes[i]; lines[i] != "" && (p.Names || p.Hosts || n.Repro != lines[i]) {
			what := "what is left out here"
			if p == (Profile{Production: true}) {
				what = "production's host"
			}
			n.Repro, n.ReproOut = "", fmt.Sprintf("it names %s: crosstalk bug %s --redact none shows it", what, n.ID)
		}
	}
	m.censor = c
	return m
}

// swap puts something else in the place of what a pattern finds; the part that
// is replaced is the second group.
type swap struct {
	find *regexp.Regexp
	by   func(string) string
	near *regexp.Regexp // the same in a file's name, where dashes stand for blanks; may be nil
}

type censor struct {
	profile Profile
	swaps   []swap
}

var (
	tagged   = regexp.MustCompile(`(^|[\s(])(#[\pL\pN_][\pL\pN_-]*)()`)
	webHost  = regexp.MustCompile(`(https?://)([^/\s"'<>|)\]]+)()`)
	replaced = regexp.MustCompile(`^(?:(?:production|staging)-host-\d+|some-host)(?::\d+)?$`)
	ipv4     = regexp.MustCompile(`(^|[^\d.])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?)($|[^\d])`)
)

// text leaves out of a text what the profile does.
func (c *censor) text(s string) string {
	for _, w := range c.swaps {
		s = swapped(s, w.find, w.by)
	}
	return s
}

func swapped(s string, find *regexp.Regexp, by func(string) string) string {
	for range 2 { // two that share the blank between them
		s = find.ReplaceAllStringFunc(s, func(hit string) string {
			part := find.FindStringSubmatch(hit)
			return part[1] + by(part[2]) + part[3]
		})
	}
	return s
}

// people puts roles in the place of names; of several with one role each has a
// number. Who had several roles is a tester: the role of the moment stands beside
// it.
func (c *censor) people(m *Model) {
	all := m.cast()
	called := func(name string) string {
		if len(m.Session.had(name)) > 1 {
			return "tester"
		}
		return all.role(name, 0)
	}
	many := map[string]int{}
	for _, name := range m.Session.People {
		many[called(name)]++
	}
	said, at := map[string]string{}, map[string]int{}
	for _, name := range m.Session.People {
		role := called(name)
		at[role]++
		if many[role] > 1 {
			role = fmt.Sprintf("%s %d", role, at[role])
		}
		said[name] = role
	}
	others := slices.Concat(m.where.crew, m.Session.Mission.People) // who only watched, or was only meant to come
	for _, p := range m.Session.Roles {
		others = append(others, p.Name)
	}
	for _, n := range others {
		if _, ok := said[n]; !ok && n != "" {
			said[n] = somebody
		}
	}
	if find := namesOf(said); find != nil {
		c.swaps = append(c.swaps, swap{find, func(name string) string { return inPlace(said, name, somebody) }, nearly(said)})
	}
}

// shows tells whether a picture may stand in a report. What is drawn of letters
// is looked through; into one of pixels nobody can look, and it stays out where
// more than production's hosts is left out.
func (c *censor) shows(media string, b []byte) bool {
	if c == nil {
		return true
	}
	if strings.Contains(media, "svg") || strings.HasPrefix(media, "text/") {
		return c.text(string(b)) == string(b)
	}
	return !c.profile.Names && !c.profile.Hosts
}

// tells tells whether a reader has to know that something was left out.
func (m *Model) tells() bool {
	return m.censor != nil && (m.censor.profile.Names || m.censor.profile.Hosts || m.censor.profile.Tags)
}
