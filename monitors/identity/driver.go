package identity

import (
	"errors"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ForDriver returns the connection string, a secret, in the form that the drivers of
// PostgreSQL, MySQL and Redis take: JDBC's and SQLAlchemy's prefixes and what
// libraries add to one for themselves are left out, as where it is compared. Its
// errors repeat no part of the string.
func (p Place) ForDriver() (string, error) {
	if p.dsn == nil {
		return "", errors.New("its DSN is of a form that no driver here reads: write a URL")
	}
	switch p.System {
	case systemPostgres:
		return ownSettings(postgresDSN(p)), nil
	case systemMySQL:
		config, err := mysqlConfig(p)
		if err != nil {
			return "", errors.New("its DSN cannot be read: write mysql://USER:PASSWORD@HOST:3306/DB or USER:PASSWORD@tcp(HOST:3306)/DB")
		}
		return config.FormatDSN(), nil
	case systemRedis:
		return redisDSN(p), nil
	}
	return "", errors.New("it is no PostgreSQL, MySQL or Redis")
}

// postgresDSN is the connection string in libpq's form. It leads where the place does: the driver
// knows no hostaddr, and takes what is missing from the PGHOST and PGPORT of whoever runs the check.
func postgresDSN(p Place) string {
	dsn := strings.TrimPrefix(strings.TrimPrefix(p.secret(), "r2dbc:"), "jdbc:")
	var hosts, ports []string
	for _, h := range p.Hosts {
		host, port, _ := net.SplitHostPort(h)
		hosts, ports = append(hosts, host), append(ports, port)
	}
	host, port := strings.Join(hosts, ","), strings.Join(ports, ",")
	_, after, isURL := strings.Cut(dsn, "://")
	if !isURL {
		pairs, _ := keywords(dsn)
		if host == "" || pairs["host"]+pairs["hostaddr"] == "" {
			return dsn
		}
		delete(pairs, "hostaddr")
		pairs["host"], pairs["port"] = host, port
		var out []string
		for _, key := range slices.Sorted(maps.Keys(pairs)) {
			out = append(out, key+"='"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(pairs[key])+"'")
		}
		return strings.Join(out, " ")
	}
	own, _, _ := strings.Cut(after, "#")
	base, query, _ := strings.Cut(own, "?")
	authority, path, _ := strings.Cut(base, "/")
	at := strings.LastIndex(authority, "@") + 1
	if host == "" || at == len(authority) && !holdsKey(dsn, "host") {
		return "postgres://" + after
	}
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return key == "" || key == "host" || key == "port"
	})
	pairs = append([]string{"host=" + url.QueryEscape(host), "port=" + url.QueryEscape(port)}, pairs...)
	return "postgres://" + authority[:at] + "/" + path + "?" + strings.Join(pairs, "&")
}

// libpqSettings are what a connection is made with; all else in a URL would go to the
// server, which refuses what it does not know.
var libpqSettings = []string{"host", "port", "database", "dbname", "user", "password", "passfile", "service", "servicefile",
	"connect_timeout", "target_session_attrs", "sslmode", "sslkey", "sslcert", "sslcertmode", "sslrootcert", "sslnegotiation",
	"sslpassword", "sslsni", "channel_binding", "require_auth", "min_protocol_version", "max_protocol_version"}

func ownSettings(dsn string) string {
	base, query, ok := strings.Cut(dsn, "?")
	if !ok || !strings.Contains(base, "://") {
		return dsn
	}
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return !slices.Contains(libpqSettings, key)
	})
	if len(pairs) == 0 {
		return base
	}
	return base + "?" + strings.Join(pairs, "&")
}

// redisDSN is the connection string in go-redis's form.
func redisDSN(p Place) string {
	scheme, after, _ := strings.Cut(p.secret(), "://")
	if scheme = strings.ToLower(scheme); scheme == "unix" {
		return p.secret()
	}
	if p.Path != "" {
		after, _, _ = strings.Cut(after, "?")
		return "unix://" + after + "?db=" + p.Database
	}
	if base, _, _ := strings.Cut(scheme, "+"); base == "rediss" || base == "valkeys" {
		scheme = "rediss"
	} else {
		scheme = "redis"
	}
	// What other libraries add behind the ?, this one would refuse.
	after, _, _ = strings.Cut(after, "?")
	if n, err := strconv.Atoi(p.Database); err == nil {
		host, _, _ := strings.Cut(after, "/")
		after = host + "/" + strconv.Itoa(n)
	}
	return scheme + "://" + after
}
