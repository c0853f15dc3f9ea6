package identity

import (
	"errors"
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

// postgresDSN is the connection string in libpq's form.
func postgresDSN(p Place) string {
	dsn := strings.TrimPrefix(strings.TrimPrefix(p.secret(), "r2dbc:"), "jdbc:")
	if _, after, isURL := strings.Cut(dsn, "://"); isURL {
		return "postgres://" + after
	}
	return dsn
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
