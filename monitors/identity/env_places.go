package identity

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// places finds the settings that lead somewhere: whole connection strings, and
// hosts with what stands beside them.
func places(file string, settings []setting) ([]Place, []*Doubt) {
	var out []Place
	var doubts []*Doubt
	doubt := func(s setting, why string) {
		doubts = append(doubts, &Doubt{Line: s.line, Key: clean(s.key), Why: why})
	}
	for i, s := range settings {
		value := strings.TrimSpace(s.value)
		if value == "" || len(value) > maxValue {
			continue
		}
		var p Place
		var err error
		switch {
		case looksLikeDSN(s.key, value):
			if name, missing := unfilled(value); missing {
				doubt(s, "it refers to "+clean(name)+", which the file does not hold")
				continue
			}
			if p, err = ParseDSN(value); err != nil {
				doubt(s, strings.TrimPrefix(err.Error(), "read DSN: "))
				continue
			}
		case hostKey(s.key):
			var why string
			if p, why = composite(settings, i); why != "" {
				doubt(s, why)
				continue
			}
			if len(p.Hosts) == 0 {
				continue
			}
		default:
			continue
		}
		if len(out) == mostPlaces {
			doubt(s, fmt.Sprintf("the file holds more than %d places, and only the first were read", mostPlaces))
			break
		}
		p.File, p.Line, p.Key = file, s.line, clean(s.key)
		out = append(out, p)
	}
	return out, doubts
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

func looksLikeDSN(key, value string) bool {
	if strings.ContainsAny(value, "\n") {
		return false
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(value, "jdbc:"), "r2dbc:")
	if scheme, after, ok := strings.Cut(rest, "://"); ok && isScheme(scheme) && after != "" {
		scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
		if scheme == "file" {
			return sqliteForm(strings.TrimPrefix(strings.ToLower(strings.SplitN(after, "?", 2)[0]), "//"))
		}
		_, known := schemes[scheme]
		return known || scheme == "unix" && strings.Contains(strings.ToLower(key), "redis")
	}
	switch {
	case strings.Contains(rest, "@tcp(") || strings.HasPrefix(rest, "tcp(") || strings.Contains(rest, "@unix("):
		return true
	case sqliteForm(rest):
		words := tokens(key)
		return strings.Contains(rest, ":") || slices.ContainsFunc(words, func(w string) bool {
			return slices.Contains([]string{"DB", "DATABASE", "SQLITE", "DSN"}, w)
		})
	case strings.Contains(rest, ";"):
		low := strings.ToLower(rest)
		return (strings.Contains(low, "server=") || strings.Contains(low, "host=") || strings.Contains(low, "data source=")) &&
			(strings.Contains(low, "database=") || strings.Contains(low, "catalog="))
	}
	pairs, ok := keywords(rest)
	return ok && pairs["host"] != "" && (pairs["dbname"] != "" || pairs["user"] != "")
}

// tokens cuts a key into its words: DB_HOST, db.host and dbHost are DB and HOST.
func tokens(key string) []string {
	var b strings.Builder
	var last rune
	for _, r := range key {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteByte(' ')
		}
		last = r
	}
	return strings.Fields(b.String())
}

var hostWords = []string{"HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "ADDR", "ADDRESS", "ENDPOINT", "BROKERS", "NODES", "PGHOST"}

// hostKey says whether a key names a host that something else is connected to.
func hostKey(key string) bool {
	words := tokens(key)
	if len(words) == 0 || !slices.Contains(hostWords, words[len(words)-1]) {
		return false
	}
	// Where the application itself listens, and what it lets in.
	for _, w := range words {
		if slices.Contains([]string{"ALLOWED", "LISTEN", "BIND", "VIRTUAL", "TRUSTED"}, w) {
			return false
		}
	}
	return len(words) > 1 || words[0] == "PGHOST"
}

// systemWords maps words of a key to a system.
var systemWords = map[string]string{
	"PG": systemPostgres, "PGHOST": systemPostgres, "POSTGRES": systemPostgres, "POSTGRESQL": systemPostgres, "PGSQL": systemPostgres,
	"MYSQL": systemMySQL, "MYSQL2": systemMySQL, "MARIADB": systemMySQL, "REDIS": systemRedis, "VALKEY": systemRedis,
	"MONGO": "mongodb", "MONGODB": "mongodb", "RABBITMQ": "amqp", "AMQP": "amqp", "KAFKA": "kafka", "BOOTSTRAP": "kafka", "NATS": "nats",
	"MEMCACHED": "memcached", "MEMCACHE": "memcached", "ELASTICSEARCH": "elasticsearch", "ELASTIC": "elasticsearch", "SMTP": "smtp",
	"MAIL": "smtp", "LDAP": "ldap", "CLICKHOUSE": "clickhouse", "CASSANDRA": "cassandra",
}

// composite puts a place together from a host and its neighbours by name:
// DB_HOST, DB_PORT, DB_NAME, DB_CONNECTION. Without a host it has none.
func composite(settings []setting, at int) (Place, string) {
	s := settings[at]
	words := tokens(s.key)
	prefix := words[:len(words)-1]
	if words[len(words)-1] == "PGHOST" {
		prefix = []string{"PG"}
	}
	beside := func(names ...string) string {
		for _, other := range settings {
			w := tokens(other.key)
			for _, name := range names {
				if slices.Equal(w, append(slices.Clone(prefix), strings.Fields(name)...)) ||
					len(prefix) == 1 && prefix[0] == "PG" && slices.Equal(w, []string{"PG" + name}) {
					return strings.TrimSpace(other.value)
				}
			}
		}
		return ""
	}
	if name, missing := unfilled(s.value); missing {
		return Place{}, "it refers to " + clean(name) + ", which the file does not hold"
	}
	var p Place
	kind := strings.ToLower(beside("CONNECTION", "ENGINE", "ADAPTER", "DRIVER", "DIALECT", "CLIENT", "TYPE"))
	kind = kind[strings.LastIndexByte(kind, '.')+1:] // django.db.backends.postgresql
	if known, ok := schemes[kind]; ok {
		p.System = known.system
	}
	for _, w := range prefix {
		if p.System == "" {
			p.System = systemWords[w]
		}
	}
	port := beside("PORT")
	if p.System == "" {
		for _, known := range []struct{ port, system string }{{"5432", systemPostgres}, {"3306", systemMySQL}, {"6379", systemRedis}} {
			if port == known.port || strings.HasSuffix(s.value, ":"+known.port) {
				p.System = known.system
			}
		}
	}
	if p.System == "" && port == "" && !strings.Contains(s.value, ":") && !slices.Contains(prefix, "DB") && !slices.Contains(prefix, "DATABASE") {
		return Place{}, "" // any word may follow a name such as X_SERVER
	}
	if p.System == "" {
		p.System = "server"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		port = defaultPort(p.System)
	}
	list := strings.TrimSpace(s.value)
	if strings.Contains(list, "://") || strings.ContainsAny(list, " /@=") {
		return Place{}, ""
	}
	if err := p.hosts(list, port); err != nil {
		return Place{}, ""
	}
	for i, h := range p.Hosts {
		if host, number := splitHost(h); number == 0 {
			p.Hosts[i] = net.JoinHostPort(host, "0")
		}
	}
	if p.System != "smtp" && p.System != "kafka" {
		p.Database = beside("DATABASE", "DB", "DBNAME", "NAME", "DB NAME", "DATABASE NAME", "VHOST")
	}
	if p.System == systemRedis && p.Database == "" {
		p.Database = "0"
	}
	p.compose(beside("USER", "USERNAME", "LOGIN", "DB USER", "USER NAME"), beside("PASSWORD", "PASS", "PASSWD", "PWD", "DB PASSWORD"))
	return p, ""
}

// compose makes the connection string that the parts of a place come to, if user
// and password are among them. A Redis may have neither.
func (p *Place) compose(user, password string) {
	named := func(s string) string {
		if strings.EqualFold(s, "null") || strings.EqualFold(s, "none") {
			return ""
		}
		return s
	}
	_, missing := unfilled(user + password)
	user, password = named(user), named(password)
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
