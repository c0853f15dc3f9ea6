package identity

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Data stores by the names that findings use. These four can be asked; of
// others only the address is known.
const (
	systemPostgres = "postgres"
	systemMySQL    = "mysql"
	systemRedis    = "redis"
	systemSQLite   = "sqlite"
)

// schemes maps the scheme of a connection string to its system and default port.
var schemes = map[string]struct{ system, port string }{
	"postgres": {systemPostgres, "5432"}, "postgresql": {systemPostgres, "5432"}, "pgsql": {systemPostgres, "5432"},
	"psql": {systemPostgres, "5432"}, "pg": {systemPostgres, "5432"}, "ecto": {systemPostgres, "5432"}, "timescale": {systemPostgres, "5432"},
	"trilogy": {systemMySQL, "3306"}, "rediscache": {systemRedis, "6379"},
	"postgis": {systemPostgres, "5432"}, "mysql": {systemMySQL, "3306"}, "mysql2": {systemMySQL, "3306"}, "mariadb": {systemMySQL, "3306"},
	"redis": {systemRedis, "6379"}, "rediss": {systemRedis, "6379"}, "valkey": {systemRedis, "6379"}, "valkeys": {systemRedis, "6379"},
	"sqlite": {systemSQLite, ""}, "sqlite3": {systemSQLite, ""}, "file": {systemSQLite, ""},
	"mongodb": {"mongodb", "27017"}, "amqp": {"amqp", "5672"}, "amqps": {"amqp", "5671"}, "nats": {"nats", "4222"},
	"sqlserver": {"sqlserver", "1433"}, "mssql": {"sqlserver", "1433"}, "sqlsrv": {"sqlserver", "1433"}, "oracle": {"oracle", "1521"},
	"clickhouse": {"clickhouse", "9000"}, "cassandra": {"cassandra", "9042"}, "memcached": {"memcached", "11211"},
	"elasticsearch": {"elasticsearch", "9200"}, "kafka": {"kafka", "9092"}, "cockroachdb": {systemPostgres, "26257"},
	"ldap": {"ldap", "389"}, "ldaps": {"ldap", "636"}, "smtp": {"smtp", "25"}, "smtps": {"smtp", "465"},
	"neo4j": {"neo4j", "7687"}, "bolt": {"neo4j", "7687"}, "couchbase": {"couchbase", "11210"}, "couchbases": {"couchbase", "11207"},
	"sb": {"amqp", "5671"}, "s3": {"s3", ""}, "http": {systemHTTP, "80"}, "https": {systemHTTP, "443"},
}

// Place is where a connection string leads. The secret parts of the string are
// kept apart and are not printed by any verb of fmt nor by encoding/json.
type Place struct {
	System   string   `json:"system"`             // postgres, mysql, redis, sqlite, or another scheme's name
	Hosts    []string `json:"hosts,omitempty"`    // host:port, lower case; none for a file or a socket
	Path     string   `json:"path,omitempty"`     // file or socket
	Database string   `json:"database,omitempty"` // name, or number of Redis

	// File, Line and Key say where the string was found; empty for one that was
	// given directly.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Key  string `json:"key,omitempty"`

	dsn *string // a secret; nil: the place is known by parts that are not all there
}

// String returns host:port/database, or the path.
func (p Place) String() string {
	var hosts []string
	for _, h := range p.Hosts {
		hosts = append(hosts, portTold(h))
	}
	where := strings.Join(hosts, ",")
	if where == "" {
		where = p.Path
	}
	if where == "" {
		where = "an unnamed place"
	}
	if p.Database != "" {
		where += "/" + p.Database
	}
	return clean(where)
}

// portTold is a host with its port, or alone where nothing tells that.
func portTold(host string) string { return strings.TrimSuffix(host, ":0") }

// secret returns the connection string itself.
func (p Place) secret() string {
	if p.dsn == nil {
		return ""
	}
	return *p.dsn
}

var errForm = errors.New("read DSN: its form is not known")

// ParseDSN reads where a connection string leads: URLs, also in the forms of
// JDBC and SQLAlchemy; libpq's and ADO.NET's key=value pairs; the form of Go's
// MySQL driver; paths of SQLite. Its errors repeat no part of the string.
func ParseDSN(dsn string) (Place, error) {
	dsn = strings.TrimSpace(dsn)
	p := Place{dsn: &dsn}
	if len(dsn) > maxValue || strings.ContainsAny(dsn, "\x00\r\n") {
		return Place{}, errForm
	}
	rest := withoutDriver(dsn)
	var err error
	switch scheme, after, isURL := strings.Cut(rest, "://"); {
	case sqliteForm(rest):
		err = p.readSQLite(rest)
	case isURL && strings.EqualFold(scheme, "unix"):
		err = p.readRedisSocket(after)
	case strings.HasPrefix(rest, "oracle:") || isDescriptor(rest):
		err = p.readOracle(rest)
	case isURL && isScheme(scheme):
		err = p.readURL(scheme, after)
	case strings.Contains(rest, "tcp(") || strings.Contains(rest, "unix("):
		err = p.readGoMySQL(rest)
	case strings.Contains(rest, ";") && strings.Contains(rest, "="):
		err = p.readSemicolons(rest)
	case strings.Contains(rest, "="):
		err = p.readKeywords(rest)
	default:
		err = errForm
	}
	if err != nil {
		return Place{}, err
	}
	return p, nil
}

func isScheme(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
	})
}

func sqliteForm(s string) bool {
	low := strings.ToLower(s)
	for _, prefix := range []string{"sqlite:", "sqlite3:", "file:"} {
		if strings.HasPrefix(low, prefix) {
			return true
		}
	}
	if s == ":memory:" {
		return true
	}
	if strings.Contains(s, "://") || strings.ContainsAny(s, "@=;") {
		return false
	}
	for _, suffix := range []string{".db", ".db3", ".sqlite", ".sqlite3"} {
		if strings.HasSuffix(low, suffix) {
			return true
		}
	}
	return false
}

func (p *Place) readSQLite(s string) error {
	p.System = systemSQLite
	if scheme, after, ok := strings.Cut(s, ":"); ok && s != ":memory:" && len(scheme) > 1 {
		s = after
		// sqlite:///path is a path from the root in most libraries, and one from here
		// in SQLAlchemy, which wants a fourth slash.
		if two, ok := strings.CutPrefix(s, "//"); ok {
			s = two
			if strings.HasPrefix(s, "//") {
				s = s[1:]
			}
		}
	}
	s, _, _ = strings.Cut(s, "?")
	if unescaped, err := url.PathUnescape(s); err == nil {
		s = unescaped
	}
	if s == "" {
		return errors.New("read DSN: it names no file")
	}
	p.Path = s
	return nil
}

// readURL reads what follows the scheme by hand: passwords in the wild are
// rarely escaped as a URL wants them, and url.Parse repeats them in its errors.
func (p *Place) readURL(scheme, rest string) error {
	scheme = strings.ToLower(scheme)
	base, _, _ := strings.Cut(scheme, "+")
	if strings.HasSuffix(scheme, "sentinel") {
		return errors.New("read DSN: it leads to a Sentinel, which tells where the server is: give the server's own")
	}
	known, ok := schemes[base]
	if !ok {
		return errForm
	}
	p.System = known.system
	if p.System == systemRedis && (strings.HasSuffix(scheme, "+socket") || strings.HasSuffix(scheme, "+unix")) {
		return p.readRedisSocket(rest)
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#;"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	path, query, _ := strings.Cut(tail, "?")
	// A password with a slash or a question mark in it would be read as a host.
	if strings.Contains(path, "@") || strayAt(query, strings.Contains(authority, "@")) {
		return errors.New("read DSN: there is an @ behind the host: write / # ? and @ of the password as %2F %23 %3F %40")
	}
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		authority = authority[i+1:]
	}
	path, semicolons, _ := strings.Cut(path, ";")
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "#")
	if unescaped, err := url.PathUnescape(path); err == nil {
		path = unescaped
	}
	if p.System != systemHTTP { // whose path may be a secret, as that of a webhook is
		p.Database = strings.TrimSuffix(path, "/")
	}
	values, _ := url.ParseQuery(query)
	for pair := range strings.SplitSeq(semicolons, ";") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			values.Set(key, value)
		}
	}
	if name := values.Get("databaseName"); name != "" {
		p.Database = name
	}
	if p.System == systemRedis && values.Get("db") != "" {
		p.Database = values.Get("db")
	}
	if p.System == systemRedis && p.Database == "" {
		p.Database = "0"
	}
	if host := strings.Join(values["host"], ","); p.System == systemPostgres && host != "" {
		if authority = host; !strings.HasPrefix(host, "/") {
			authority = withPorts(host, values.Get("port"))
		}
	}
	if unescaped, err := url.PathUnescape(authority); err == nil {
		authority = unescaped
	}
	if partner := values.Get("failoverPartner"); partner != "" {
		authority += "," + partner
	}
	if strings.HasPrefix(authority, "/") {
		p.Path = authority
		return nil
	}
	if done, err := p.readSocket(authority, values); done || err != nil {
		return err
	}
	if strings.HasSuffix(scheme, "+srv") {
		known.port = "srv"
	}
	if known.port == "" {
		known.port = "0"
	}
	return p.hosts(authority, known.port)
}

// strayAt says that an @ in what follows the ? may be the one that ends user and
// password. Only the name that a client gives itself may hold one, and only
// where the host has one in front of it.
func strayAt(query string, named bool) bool {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		isName := named && (strings.EqualFold(key, "appName") || strings.EqualFold(key, "application_name"))
		if strings.Contains(key, "@") || strings.Contains(value, "@") && !isName {
			return true
		}
	}
	return false
}

// hosts reads host[:port][,host[:port]...].
func (p *Place) hosts(list, port string) error {
	for one := range strings.SplitSeq(list, ",") {
		host, own, err := net.SplitHostPort(one)
		if err != nil {
			host, own = strings.Trim(one, "[]"), port
			if strings.Contains(host, ":") && !isAddress(host) {
				return errors.New("read DSN: it names no host and port")
			}
		}
		if own == "" {
			own = port
		}
		if host == "" {
			host = "localhost"
		}
		if _, err := strconv.ParseUint(own, 10, 16); err != nil && own != "srv" {
			return errors.New("read DSN: its port is no number")
		}
		if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`/@?#"'<>\{}|()=`, r) }) {
			return errors.New("read DSN: its host cannot be a host")
		}
		p.Hosts = append(p.Hosts, net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), own))
	}
	return nil
}

// askable says whether servers of the system can be asked.
func askable(system string) bool {
	return slices.Contains([]string{systemPostgres, systemMySQL, systemRedis, systemSQLite}, system)
}
