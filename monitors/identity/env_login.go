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
// it, as Spring has them. PostgreSQL and MySQL are not asked without a user: the
// drivers would take whoever runs the check, and that one's own passwords.
func (p *Place) login(settings []setting, of setting, value string) {
	if !slices.Contains([]string{systemPostgres, systemMySQL, systemRedis}, p.System) || p.dsn == nil || namesLogin(value) {
		return
	}
	if p.System != systemRedis {
		p.dsn = nil
	}
	head, tail, isURL := strings.Cut(value, "://")
	if !isURL || len(of.words) == 0 {
		return
	}
	prefix := of.words[:len(of.words)-1]
	user, password := neighbour(settings, of, prefix, userKeys), neighbour(settings, of, prefix, passwordKeys)
	// Quarkus' datasource.jdbc.url, Spring's datasource.jdbc-url.
	if last := len(prefix) - 1; user == "" && last > 0 && slices.Contains([]string{"JDBC", "REACTIVE"}, prefix[last]) {
		user, password = neighbour(settings, of, prefix[:last], userKeys), neighbour(settings, of, prefix[:last], passwordKeys)
	}
	_, missing := unfilled(user + password)
	if missing || password == "" || user == "" && p.System != systemRedis {
		return
	}
	dsn := head + "://" + url.UserPassword(user, password).String() + "@" + strings.TrimPrefix(tail, "@")
	p.dsn = &dsn
}

// namesLogin says that a connection string names its user: before the host or as
// user=... behind it.
func namesLogin(value string) bool {
	at := strings.Index(value, "@")
	if at > 0 && !strings.HasSuffix(value[:at], "://") {
		return true
	}
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
		if name != "" && slices.Contains([]string{"user", "username", "uid", "id"}, strings.ToLower(key)) {
			return true
		}
	}
	return false
}
