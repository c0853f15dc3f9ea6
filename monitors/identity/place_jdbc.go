package identity

import (
	"regexp"
	"strings"
)

// withoutDriver takes the prefixes of JDBC off a connection string, and what
// drivers put around the scheme for themselves: mysql:replication://,
// aws-wrapper:postgresql://.
func withoutDriver(dsn string) string {
	if !ofJDBC(dsn) {
		return dsn
	}
	_, rest, _ := strings.Cut(dsn, ":")
	protocols, after, isURL := strings.Cut(rest, "://")
	if !isURL || !strings.Contains(protocols, ":") || sqliteForm(rest) || strings.HasPrefix(rest, "oracle:") {
		return rest
	}
	for word := range strings.SplitSeq(strings.ToLower(protocols), ":") {
		base, _, _ := strings.Cut(word, "+")
		if known, ok := schemes[base]; ok && known.system != systemHTTP && known.system != systemSQLite {
			return word + "://" + after
		}
	}
	return rest
}

// ofJDBC says that a connection string begins as those of JDBC and R2DBC do.
func ofJDBC(dsn string) bool {
	first, _, _ := strings.Cut(dsn, ":")
	return len(first) < len(dsn) && (strings.EqualFold(first, "jdbc") || strings.EqualFold(first, "r2dbc"))
}

// The forms of Oracle's thin driver behind its @: host:port:SID, //host:port/service,
// and the net descriptor.
var (
	oracleShort = regexp.MustCompile(`^(?:(?i:tcps?:)?//)?([^\s:/@()?]+)(?::(\d+))?(?:[:/]([^\s:/@()?]*))?(?:[:?].*)?$`)
	oracleHost  = regexp.MustCompile(`(?i)\(\s*HOST\s*=\s*([^\s()]+)\s*\)`)
	oraclePort  = regexp.MustCompile(`(?i)\(\s*PORT\s*=\s*(\d+)\s*\)`)
	oracleName  = regexp.MustCompile(`(?i)\(\s*(?:SERVICE_NAME|SID)\s*=\s*([^\s()]+)\s*\)`)
)

// isDescriptor says that a text is a net descriptor alone.
func isDescriptor(s string) bool { return strings.HasPrefix(strings.ToUpper(s), "(DESCRIPTION") }

// readOracle reads oracle:thin:[USER/PASSWORD]@WHERE.
func (p *Place) readOracle(s string) error {
	p.System = "oracle"
	at := strings.LastIndexByte(s, '@')
	if at < 0 && !isDescriptor(s) {
		return errForm
	}
	where := s[at+1:]
	var host, port, name string
	if m := oracleShort.FindStringSubmatch(where); m != nil {
		host, port, name = m[1], m[2], m[3]
	} else {
		host, port = each(oracleHost, where), each(oraclePort, where)
		if m := oracleName.FindStringSubmatch(where); m != nil {
			name = m[1]
		}
	}
	if host == "" {
		return errForm
	}
	if port == "" {
		// A name alone is one of a file of that machine's, tnsnames.ora.
		if name == "" && !strings.Contains(where, "//") {
			return errForm
		}
		port = schemes["oracle"].port
	}
	p.Database = name
	return p.hosts(withPorts(host, port), "")
}

// each lists what a form finds in a text.
func each(form *regexp.Regexp, text string) string {
	var out []string
	for _, m := range form.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, ",")
}
