package identity

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

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

var hostWords = []string{"HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "ADDR", "ADDRESS", "ENDPOINT", "BROKERS", "NODES", "PGHOST",
	"ADDRESSES", "ADDRS", "HOSTNAMES", "ENDPOINTS", "POINTS", "BROKER", "NODE"}

// roleWords stand behind the name of a host, and say which of several it is.
var roleWords = []string{"READ", "WRITE", "READER", "WRITER", "REPLICA", "PRIMARY", "SLAVE", "MASTER", "RO", "RW", "LIST"}

// core is a key's words without what says which of several it is, and that: the number of
// an item, of DB_HOST1, the READ of DB_HOST_READ.
func core(words []string) ([]string, string) {
	digits := func(w string) string { return w[len(unnumbered(w)):] }
	n := len(words)
	for n > 1 && (slices.Contains(roleWords, words[n-1]) || digits(words[n-1]) == words[n-1]) {
		n--
	}
	which := " " + strings.Join(words[n:], " ")
	if n > 0 {
		last, number := words[n-1], digits(words[n-1])
		if bare := strings.TrimSuffix(last, number); number != "" && slices.Contains(hostWords, bare) {
			return append(slices.Clone(words[:n-1]), bare), number + which
		}
	}
	return words[:n], which
}

// hostKey says whether a key names a host that something else is connected to.
func hostKey(words []string) bool {
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
	"PG": systemPostgres, "PGHOST": systemPostgres, "PGHOSTADDR": systemPostgres, "POSTGRES": systemPostgres, "POSTGRESQL": systemPostgres, "PGSQL": systemPostgres,
	"MYSQL": systemMySQL, "MYSQL2": systemMySQL, "MYSQLI": systemMySQL, "MARIADB": systemMySQL, "REDIS": systemRedis, "VALKEY": systemRedis,
	"MONGO": "mongodb", "MONGODB": "mongodb", "RABBITMQ": "amqp", "AMQP": "amqp", "KAFKA": "kafka", "BOOTSTRAP": "kafka", "NATS": "nats",
	"MEMCACHED": "memcached", "MEMCACHE": "memcached", "ELASTICSEARCH": "elasticsearch", "ELASTIC": "elasticsearch", "SMTP": "smtp",
	"GALERA": systemMySQL, "MAIL": "smtp", "LDAP": "ldap", "CLICKHOUSE": "clickhouse", "CASSANDRA": "cassandra",
}

// storeWords are of data stores whose system they do not tell.
var storeWords = []string{"DATABASE", "DATABASES", "DB", "DATASOURCE", "SQLALCHEMY", "JDBC", "CACHE", "BROKER", "QUEUE",
	"SQL", "SOLR", "OPENSEARCH", "INFLUX", "ETCD", "ZOOKEEPER", "RDS", "AURORA", "ELASTICACHE", "REDSHIFT", "SNOWFLAKE", "SCYLLA",
	"PGBOUNCER", "TNS", "TYPEORM", "SEQUELIZE", "PRISMA", "SHARD", "SHARDS", "REPLICA", "DATASOURCES", "HIKARI", "COSMOS", "WAREHOUSE"}

// systemOf returns the system that one of the words names; "" if none does.
func systemOf(words []string) string {
	for _, w := range words {
		if system := cmp.Or(systemWords[w], systemWords[unnumbered(w)]); system != "" {
			return system
		}
		if known, ok := schemes[strings.ToLower(w)]; ok && known.port != "" && known.system != systemHTTP {
			return known.system
		}
	}
	return ""
}

// ofStore says that a key is about a data store: mail is none.
func ofStore(words []string) bool {
	if system := systemOf(words); system != "" {
		return !service(system)
	}
	return strings.Contains(strings.Join(words, " "), "DATA SOURCE") || slices.ContainsFunc(words, func(w string) bool {
		w = unnumbered(w)
		return slices.Contains(storeWords, w) || strings.HasSuffix(w, "DB") || strings.HasPrefix(w, "DB") && w != "DBUS" || strings.Contains(w, "DATABASE")
	})
}

// unnumbered is a word without the number of an item: DB of DB2.
func unnumbered(w string) string { return strings.TrimRight(w, "0123456789") }

// storeKey says that a key holds the whole connection string of a data store.
func storeKey(words []string) bool {
	for i, w := range words {
		if strings.HasPrefix(w, "APPLICATIONINSIGHTS") {
			return false
		}
		if strings.HasPrefix(w, "CONNECTIONSTRING") || w == "CONNECTION" && i+1 < len(words) && strings.HasPrefix(words[i+1], "STRING") {
			return true
		}
	}
	return len(words) > 0 && slices.Contains([]string{"URL", "URLS", "URI", "URIS", "DSN"}, words[len(words)-1]) && ofStore(words)
}

// noiseWords are of keys that hold the form of a host and port for another reason.
var noiseWords = []string{"IMAGE", "TAG", "PORTS", "EXPOSE", "COMMAND", "ARGS", "ENTRYPOINT", "HEALTHCHECK", "LISTEN", "BIND"}

// leadsAway says that a value has the form of hosts with ports, or of a URL, and is of a
// data store by its key or by the port.
func leadsAway(words []string, value string) bool {
	if strings.ContainsAny(value, " \n") || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(noiseWords, w) }) {
		return false
	}
	of := ofStore(words)
	if scheme, rest, ok := strings.Cut(value, "://"); ok {
		return of && isScheme(scheme) && rest != "" && !strings.EqualFold(scheme, "file")
	}
	for one := range strings.SplitSeq(value, ",") {
		host, port, err := net.SplitHostPort(one)
		n, nerr := strconv.ParseUint(port, 10, 16)
		if err != nil || nerr != nil || n < 1000 || strings.Trim(host, "0123456789") == "" || strings.ContainsAny(host, "/@=") {
			return false // as are times, and tags of images
		}
		of = of || systemAt(port) != ""
	}
	return of
}

// systemAt returns the data store whose port this is by default; "": none.
func systemAt(port string) string {
	for _, known := range schemes {
		if port != "" && known.port == port && port != "9000" && !service(known.system) { // many listen at 9000
			return known.system
		}
	}
	return ""
}

// inFile says that a key holds the path of a file in which a connection string or a
// host stands, as Docker's secrets do, or a name in such a file.
func inFile(words []string) bool {
	last := len(words) - 1
	return last == 0 && words[0] == "PGSERVICE" || last > 0 && words[last] == "FILE" && (storeKey(words[:last]) || hostKey(words[:last]) && ofStore(words[:last]))
}

// loneHost says that a setting which is called host and nothing more is of a data
// store, as Secrets have it: what stands beside it tells.
func loneHost(settings []setting, s setting) bool {
	if len(s.words) != 1 || !slices.Contains([]string{"HOST", "HOSTNAME", "ENDPOINT"}, s.words[0]) {
		return false
	}
	beside := func(names ...string) string { return neighbour(settings, s, nil, names) }
	return beside("DBNAME", "DATABASE", "ENGINE") != "" || systemOf(tokens(beside("TYPE", "ADAPTER", "DRIVER", "CONNECTION"))) != "" ||
		systemAt(beside("PORT")) != ""
}

// neighbour returns the first setting that has a prefix and one of the names. Two
// Secrets in one file may both hold a host; what stands beside it in another one
// counts only under a prefix.
func neighbour(settings []setting, of setting, prefix, names []string) string {
	for _, own := range []bool{true, false} {
		for _, other := range settings {
			if (other.scope == of.scope) != own || !own && len(prefix) == 0 {
				continue
			}
			for _, name := range names {
				if rest, ok := after(other.words, prefix); ok && slices.Equal(rest, strings.Fields(name)) ||
					len(prefix) == 1 && prefix[0] == "PG" && len(other.words) == 1 && other.words[0] == "PG"+name {
					return strings.TrimSpace(other.value)
				}
			}
		}
	}
	return ""
}

func after(words, prefix []string) ([]string, bool) {
	if len(words) < len(prefix) || !slices.Equal(words[:len(prefix)], prefix) {
		return nil, false
	}
	return words[len(prefix):], true
}

// plainRedis gives a connection string of Redis in Predis' and Docker's forms its
// own scheme.
func plainRedis(words []string, value string) string {
	if !storeKey(words) || systemOf(words) != systemRedis {
		return value
	}
	for from, to := range map[string]string{"tcp://": "redis://", "tls://": "rediss://", "ssl://": "rediss://"} {
		if rest, ok := strings.CutPrefix(value, from); ok {
			return to + rest
		}
	}
	return value
}

// leadsNowhere says that a value names what an application keeps in itself.
func leadsNowhere(value string) bool {
	low := strings.ToLower(value)
	for _, prefix := range []string{"memory:", "mem:", "locmem", "dummy:", "dummycache:", "filecache:", "dbcache:", "null:", "in-memory:", "jdbc:h2:mem:", "r2dbc:h2:mem:", "jdbc:hsqldb:mem:",
		"ssh:", "git:", "git+ssh:"} {
		if strings.HasPrefix(low, prefix) {
			return true
		}
	}
	return false
}

// namesUser says that a value has the form of a URL with a user in it, or is of
// JDBC: whatever its key is called, it leads somewhere.
func namesUser(value string) bool {
	if ofJDBC(value) {
		return true
	}
	scheme, rest, ok := strings.Cut(value, "://")
	return ok && isScheme(scheme) && strings.Contains(rest, "@") && !strings.ContainsAny(value, " \n")
}

// serviceWords are of what an application sends to, and keeps nothing in.
var serviceWords = []string{"MAIL", "MAILER", "EMAIL", "SMTP", "SES", "SENDGRID", "MAILGUN", "POSTMARK", "NOTIFIER", "CHATTER", "TEXTER", "SLACK", "TWILIO", "SENTRY", "CLOUDINARY"}

// ofService says that a value with a user in it leads to a service of somebody else's: by
// its key, or as the senders of mail have it.
func ofService(words []string, value string) bool {
	scheme, _, _ := strings.Cut(value, "://")
	_, over, _ := strings.Cut(strings.ToLower(scheme), "+")
	return slices.Contains([]string{"smtp", "smtps", "api", "https"}, over) ||
		slices.ContainsFunc(words, func(w string) bool { return slices.Contains(serviceWords, w) })
}

// unread says why a value is not understood, without it.
func unread(value string) string {
	if encrypted(value) {
		return "it is encrypted"
	}
	return "its form is not known here"
}

// encrypted knows SOPS', Jasypt's and Spring's forms.
func encrypted(value string) bool {
	return strings.HasPrefix(value, "ENC[") || strings.HasPrefix(value, "ENC(") || strings.HasPrefix(value, "{cipher}")
}
