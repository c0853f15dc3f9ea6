package identity

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// places finds the settings that lead somewhere: whole connection strings, also within
// a longer text, and hosts with what stands beside them. A host of a data store that is
// in none of these is a doubt.
func places(file string, settings []setting) ([]Place, []*Doubt) {
	var out []Place
	var doubts []*Doubt
	full := false
	tell := func(s setting, p Place, why string) {
		if full = full || why == "" && p.System != "" && len(out) == mostPlaces; full {
			p, why = Place{}, fmt.Sprintf("the file holds more than %d places, and only the first were read", mostPlaces)
		}
		if why != "" {
			doubts = append(doubts, &Doubt{Line: s.line, Key: clean(s.key), Why: why})
		}
		if p.System != "" {
			p.File, p.Line, p.Key = file, s.line, clean(s.key)
			out = append(out, p)
		}
	}
	for i := range settings {
		settings[i].words = tokens(strings.TrimSuffix(settings[i].key, ".sql")) // a file of statements
	}
	var left []setting // of which nothing is told yet
	for _, s := range settings {
		value := strings.TrimSpace(s.value)
		found, rest := pieces(value)
		whole := len(found) == 0 || len(found) == 1 && strings.HasPrefix(rest, " ") && !strings.Contains(value, "\n")
		if whole {
			found, rest = []string{value}, value
		}
		leads := false
		for _, one := range found {
			part := s
			part.value = one
			p, why := leading(settings, part)
			if one == "" && !whole {
				why = unread(one)
			}
			if why == "" && p.System == "" {
				continue
			}
			if tell(s, p, why); full {
				return out, doubts
			}
			leads = true
		}
		if !leads || !whole {
			s.value = rest
			left = append(left, s)
		}
	}
	known, filled := told(out)
	for _, s := range left {
		elsewhere := known
		if s.used {
			elsewhere = filled
		}
		if !leadsNowhere(s.value) && mentions(s.words, s.value, elsewhere) {
			tell(s, Place{}, "a host stands in it, and what it leads to is not in a form known here")
		}
	}
	slices.SortStableFunc(doubts, func(a, b *Doubt) int { return cmp.Compare(a.Line, b.Line) })
	return out, doubts
}

// told lists the hosts with ports and the databases of the places that keep data; filled has
// the hosts alone, too, as they may have been filled in there.
func told(list []Place) (known, filled map[string]bool) {
	known = map[string]bool{}
	for _, p := range list {
		if !service(p.System) {
			known[p.Database] = true
			for _, h := range p.Hosts {
				known[h] = true
			}
		}
	}
	filled = maps.Clone(known)
	for h := range known {
		host, _ := splitHost(h)
		filled[net.JoinHostPort(host, "")] = true
	}
	return known, filled
}

// leading returns where a setting leads, and what cannot be told of that; a place of no
// system is none.
func leading(settings []setting, s setting) (Place, string) {
	value := plainRedis(s.words, strings.TrimSpace(s.value))
	words, which := core(s.words)
	store, storeHost := storeKey(words), hostKey(words) && ofStore(words)
	switch {
	case s.elsewhere != "":
		if store || s.many || storeHost {
			return Place{}, s.elsewhere
		}
		return Place{}, ""
	case value == "", leadsNowhere(value):
		return Place{}, ""
	case inFile(s.words):
		return Place{}, "its value is in another file"
	case len(value) > maxValue:
		if store {
			return Place{}, fmt.Sprintf("it has more than %d bytes", maxValue)
		}
		return Place{}, ""
	case !looksLikeDSN(s.words, value):
		if (hostKey(words) || loneHost(settings, s)) && !namesUser(value) {
			return composite(settings, s, words, which)
		}
		if !store && !leadsAway(s.words, value) && (!namesUser(value) || ofService(s.words, value)) {
			return Place{}, ""
		}
		if name, missing := unfilled(value); missing {
			return Place{}, "it refers to " + clean(name) + ", which the file does not hold, or with several values"
		}
		return Place{}, unread(value)
	}
	if name, missing := unfilled(value); missing {
		return Place{}, "it refers to " + clean(name) + ", which the file does not hold, or with several values"
	}
	p, err := ParseDSN(value)
	if err != nil {
		return Place{}, strings.TrimPrefix(err.Error(), "read DSN: ")
	}
	if p.System == systemHTTP && (store || storeHost) {
		return p, "it is a data store that is reached by http, and by that none is asked here"
	}
	p.login(settings, s, value)
	return p, ""
}

// unfilled returns the first variable that was not filled in. A $ in a password
// is none.
func unfilled(value string) (string, bool) {
	for i := range value {
		if strings.HasPrefix(value[i:], "${") || strings.HasPrefix(value[i:], "$(") {
			if name, _, n := variable(value[i:]); n > 0 {
				return name, true
			}
		}
	}
	return "", false
}

func looksLikeDSN(words []string, value string) bool {
	if strings.ContainsAny(value, "\n") {
		return false
	}
	rest := withoutDriver(value)
	if strings.HasPrefix(rest, "oracle:") || isDescriptor(rest) {
		return true
	}
	if scheme, after, ok := strings.Cut(rest, "://"); ok && isScheme(scheme) && after != "" {
		scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
		if scheme == "file" {
			return sqliteForm(strings.TrimPrefix(strings.ToLower(strings.SplitN(after, "?", 2)[0]), "//"))
		}
		_, known := schemes[scheme]
		return known || scheme == "unix" && slices.Contains(words, "REDIS") || strings.HasSuffix(scheme, "sentinel")
	}
	switch {
	case strings.Contains(rest, "@tcp(") || strings.HasPrefix(rest, "tcp(") || strings.Contains(rest, "@unix("):
		return true
	case sqliteForm(rest):
		return strings.Contains(rest, ":") || slices.ContainsFunc(words, func(w string) bool {
			return slices.Contains([]string{"DB", "DATABASE", "SQLITE", "DSN"}, w)
		})
	case strings.Contains(rest, ";"):
		low := strings.ToLower(rest)
		return (strings.Contains(low, "server=") || strings.Contains(low, "host=") || strings.Contains(low, "data source=")) &&
			(strings.Contains(low, "database=") || strings.Contains(low, "catalog=") || strings.Contains(low, "dbname="))
	}
	pairs, ok := keywords(rest)
	return ok && pairs["host"] != "" && (pairs["dbname"] != "" || pairs["user"] != "")
}

// composite puts a place together from a host and its neighbours by name:
// DB_HOST, DB_PORT, DB_NAME, DB_CONNECTION. Without a host it has none. words and
// which are the key's core.
func composite(settings []setting, s setting, words []string, which string) (Place, string) {
	prefix := words[:len(words)-1]
	if words[len(words)-1] == "PGHOST" {
		prefix = []string{"PG"}
	}
	beside := func(names ...string) string {
		var own []string // of the same number or role
		for _, name := range names {
			own = append(own, name+which)
		}
		return cmp.Or(neighbour(settings, s, prefix, own), neighbour(settings, s, prefix, names))
	}
	database := func() string {
		name := beside("DATABASE", "DB", "DBNAME", "NAME", "DB NAME", "DATABASE NAME", "VHOST")
		if _, missing := unfilled(name); missing || strings.ContainsAny(name, "@=;") || strings.Contains(name, "://") {
			return "" // a whole connection string may be called so, with its password
		}
		return name
	}
	if name, missing := unfilled(s.value); missing {
		return Place{}, "it refers to " + clean(name) + ", which the file does not hold, or with several values"
	}
	var p Place
	kind := beside("CONNECTION", "ENGINE", "ADAPTER", "DRIVER", "DIALECT", "CLIENT", "TYPE")
	p.System = cmp.Or(systemOf(tokens(kind)), systemOf(prefix))
	port := beside("PORT")
	portName, missing := unfilled(port)
	if n, err := strconv.ParseUint(port, 10, 16); (err != nil || n == 0) && !missing {
		port = ""
	}
	if p.System == "" {
		p.System = cmp.Or(systemAt(port), systemAt(s.value[strings.LastIndexByte(s.value, ':')+1:]))
	}
	// What stands beside the host, or its own name, tells as well; a mail server is none for that.
	of := ofStore(words) || p.System != "" && !service(p.System) ||
		p.System == "" && (len(prefix) == 0 || ofStore(tokens(s.value)) || beside("DATABASE", "DBNAME", "DB NAME") != "" || beside("SCHEMA") != "" && beside(userKeys...)+beside(passwordKeys...) != "")
	if p.System == "" && port == "" && !strings.Contains(s.value, ":") && len(prefix) > 0 && !slices.Contains(prefix, "DB") && !slices.Contains(prefix, "DATABASE") {
		if of {
			return Place{}, "neither its kind nor its port is told"
		}
		return Place{}, ""
	}
	if p.System == "" && of {
		p.System = "server"
	}
	p.System = cmp.Or(p.System, systemOther)
	if missing {
		return Place{}, "its port refers to " + clean(portName) + ", which the file does not hold, or with several values"
	}
	port = cmp.Or(port, defaultPort(p.System))
	list := strings.TrimSpace(s.value)
	if of && strings.HasPrefix(list, "/") {
		p.Path, p.Database = list, database()
		return p, ""
	}
	if strings.ContainsAny(list, " /@=[") && !strings.HasPrefix(list, "[") || p.hosts(list, port) != nil {
		if of {
			return Place{}, unread(list)
		}
		return Place{}, "" // any word may follow a name such as X_SERVER
	}
	if host, _, _ := strings.Cut(list, ":"); !of && (host == "0.0.0.0" || strings.Trim(list, "[]:") == "") {
		return Place{}, "" // where the application itself listens
	}
	for i, h := range p.Hosts {
		if host, number := splitHost(h); number == 0 {
			p.Hosts[i] = net.JoinHostPort(host, "0")
		}
	}
	if p.System != "smtp" && p.System != "kafka" {
		p.Database = database()
	}
	if p.System == systemRedis && p.Database == "" {
		p.Database = "0"
	}
	p.compose(beside(userKeys...), beside(passwordKeys...))
	return p, ""
}

// compose makes the connection string that the parts of a place come to, if user
// and password are among them. A Redis may have neither.
func (p *Place) compose(user, password string) {
	missing := !inClear(user) || !inClear(password)
	user, password = noNull(user), noNull(password)
	whole := user != "" && password != ""
	u := url.URL{Scheme: p.System, Host: strings.Join(p.Hosts, ","), Path: "/" + p.Database}
	switch p.System {
	case systemPostgres:
	case systemMySQL:
		whole = whole && len(p.Hosts) == 1
	case systemRedis:
		whole = (user == "" || password != "") && len(p.Hosts) == 1
	default:
		return
	}
	if missing || !whole {
		return
	}
	if password != "" {
		u.User = url.UserPassword(user, password)
	}
	dsn := u.String()
	p.dsn = &dsn
}
