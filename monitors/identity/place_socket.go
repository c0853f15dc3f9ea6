package identity

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// readRedisSocket reads what stands behind the scheme of go-redis's form, and of
// Celery's: unix://[USER:PASSWORD@]/path?db=1, redis+socket:///path?virtual_host=1.
func (p *Place) readRedisSocket(rest string) error {
	rest, query, _ := strings.Cut(rest, "?")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = rest[i+1:]
	}
	if !strings.HasPrefix(rest, "/") || strings.Contains(query, "@") {
		return errForm
	}
	values, _ := url.ParseQuery(query)
	p.System, p.Path, p.Database = systemRedis, rest, cmp.Or(values.Get("db"), values.Get("virtual_host"))
	if p.Database == "" {
		p.Database = "0"
	}
	return nil
}

// readSocket reads the settings by which libraries of PostgreSQL and MySQL are led to
// a socket of this machine, or to an instance of Cloud SQL, whatever the host says. It
// returns whether there is one.
func (p *Place) readSocket(authority string, values url.Values) (bool, error) {
	if p.System != systemPostgres && p.System != systemMySQL {
		return false, nil
	}
	get := func(keys ...string) string {
		for _, k := range keys {
			for key := range values {
				if strings.EqualFold(key, k) && values.Get(key) != "" {
					return values.Get(key)
				}
			}
		}
		return ""
	}
	if instance := get("cloudSqlInstance"); instance != "" {
		p.Path, p.dsn = instance, nil // its library finds the way
		return true, nil
	}
	path := get("socket", "unix_socket", "unixSocket", "unix_sock", "socketPath", "localSocket", "junixsocket.file", "socketFactoryArg")
	if path == "" {
		if get("socketFactory") != "" {
			p.dsn = nil // it leads where that says
		}
		return false, nil
	}
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		host = authority
	}
	if host != "" && !local(host) {
		// Some libraries take the one, some the other.
		return false, errors.New("read DSN: it names a host and a socket: write one of the two")
	}
	if p.Path = path; p.System != systemMySQL || !strings.HasPrefix(path, "/") {
		p.dsn = nil
	}
	return true, nil
}

// cloudInstance is Google's name of a database: PROJECT:REGION:INSTANCE, the project
// perhaps with a domain of its own.
var cloudInstance = regexp.MustCompile(`^(?:[a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$`)

// instance returns the instance of Cloud SQL that the place leads to, which is one
// wherever the name is read; "": it leads to none. Sockets of its proxy stand in a
// folder cloudsql by the instance's name, PostgreSQL's in a folder of that name.
func (p Place) instance() string {
	if p.System != systemPostgres && p.System != systemMySQL {
		return ""
	}
	name := p.Path
	if strings.Contains(name, "/") {
		name = strings.TrimSuffix(name, "/")
		if folder, socket := path.Split(name); strings.HasPrefix(socket, ".s.PGSQL.") {
			name = path.Clean(folder)
		}
		if path.Base(path.Dir(name)) != "cloudsql" {
			return ""
		}
		name = path.Base(name)
	}
	if !cloudInstance.MatchString(name) {
		return ""
	}
	return name
}
