package identity

import (
	"net/url"
	"slices"
	"strings"
)

var (
	userKeys     = []string{"USER", "USERNAME", "LOGIN", "DB USER", "USER NAME"}
	passwordKeys = []string{"PASSWORD", "PASS", "PASSWD", "PWD", "DB PASSWORD"}
)

// login puts the user and the password that stand beside a connection string into
// it, as Spring has them. Nobody is asked in the name of whoever runs the check: not
// PostgreSQL and MySQL without a user, nor PostgreSQL without a password, as the drivers
// would take that one's own.
func (p *Place) login(settings []setting, of setting, value string) {
	if !slices.Contains([]string{systemPostgres, systemMySQL, systemRedis}, p.System) || p.dsn == nil || namesPassword(value) {
		return
	}
	named := namesLogin(value)
	if p.System == systemPostgres || p.System == systemMySQL && !named {
		p.dsn = nil
	}
	head, tail, isURL := strings.Cut(value, "://")
	if !isURL || len(of.words) == 0 {
		return
	}
	prefix := of.words[:len(of.words)-1]
	user, password, known := beside(settings, of, prefix)
	// Quarkus' datasource.jdbc.url, Spring's datasource.jdbc-url.
	if last := len(prefix) - 1; user == "" && last > 0 && slices.Contains([]string{"JDBC", "REACTIVE"}, prefix[last]) {
		user, password, known = beside(settings, of, prefix[:last])
	}
	if at := strings.Index(tail, "@"); named {
		own, err := url.PathUnescape(strings.TrimSuffix(tail[:max(0, at)], ":"))
		if at <= 0 || err != nil || user != "" && user != own {
			return // the user stands elsewhere, or the password is another one's
		}
		user, tail = own, tail[at:]
	}
	if !known || password == "" || user == "" && p.System != systemRedis {
		return
	}
	dsn := head + "://" + url.UserPassword(user, password).String() + "@" + strings.TrimPrefix(tail, "@")
	p.dsn = &dsn
}

// beside returns user and password that have a prefix; known is false where they are
// not in the file, or encrypted: that is no password to try.
func beside(settings []setting, of setting, prefix []string) (user, password string, known bool) {
	user, password = neighbour(settings, of, prefix, userKeys), neighbour(settings, of, prefix, passwordKeys)
	return noNull(user), noNull(password), inClear(user) && inClear(password)
}

// inClear says that a setting is the text itself.
func inClear(s string) bool {
	_, missing := unfilled(s)
	return !missing && !encrypted(s)
}

// noNull is a setting without the words that stand for none.
func noNull(s string) string {
	if strings.EqualFold(s, "null") || strings.EqualFold(s, "none") {
		return ""
	}
	return s
}

// namesPassword says that a connection string holds a password: before the host or as
// password=... behind it.
func namesPassword(value string) bool {
	_, authority, isURL := strings.Cut(value, "://")
	if !isURL {
		authority = value
	}
	if i := strings.IndexAny(authority, "/?#"); isURL && i >= 0 {
		authority = authority[:i]
	}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		if _, password, _ := strings.Cut(authority[:at], ":"); password != "" {
			return true
		}
	}
	return holdsKey(value, "password", "passwd", "pwd", "passfile")
}

// namesLogin says that a connection string names its user: before the host or as
// user=... behind it.
func namesLogin(value string) bool {
	at := strings.Index(value, "@")
	if at > 0 && !strings.HasSuffix(value[:at], "://") {
		return true
	}
	return holdsKey(value, "user", "username", "uid", "id")
}

// holdsKey says that a connection string has one of the keys, with a value: in a URL behind
// the place.
func holdsKey(value string, keys ...string) bool {
	settings := value
	if _, after, isURL := strings.Cut(value, "://"); isURL {
		i := strings.IndexAny(after, "?;")
		if i < 0 {
			return false
		}
		settings = after[i+1:]
	}
	for pair := range strings.FieldsFuncSeq(settings, func(r rune) bool { return strings.ContainsRune("&; ", r) }) {
		key, name, _ := strings.Cut(pair, "=")
		if name != "" && slices.Contains(keys, strings.ToLower(key)) {
			return true
		}
	}
	return false
}
