package identity

import (
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"
)

func (p *Place) readGoMySQL(s string) error {
	config, err := mysql.ParseDSN(s)
	if err != nil {
		return errForm // the driver's error may repeat it
	}
	p.System, p.Database = systemMySQL, config.DBName
	if config.Net == "unix" {
		p.Path = config.Addr
		return nil
	}
	return p.hosts(config.Addr, "3306")
}

// readKeywords reads libpq's form: host=db port=5432 dbname='my shop'.
func (p *Place) readKeywords(s string) error {
	pairs, ok := keywords(s)
	if !ok {
		return errForm
	}
	host, named := pairs["host"], pairs["host"] != "" || pairs["hostaddr"] != ""
	if pairs["hostaddr"] != "" {
		host = pairs["hostaddr"]
	}
	if !named && pairs["dbname"] == "" {
		return errForm
	}
	p.System, p.Database = systemPostgres, pairs["dbname"]
	if strings.HasPrefix(host, "/") {
		p.Path = host
		return nil
	}
	return p.hosts(withPorts(host, pairs["port"]), "5432")
}

// withPorts gives each host of a list its port, or all the only one.
func withPorts(list, ports string) string {
	if ports == "" {
		return list
	}
	hosts, own := strings.Split(list, ","), strings.Split(ports, ",")
	for i, h := range hosts {
		hosts[i] = net.JoinHostPort(strings.Trim(h, "[]"), own[min(i, len(own)-1)])
	}
	return strings.Join(hosts, ",")
}

// keywords reads key=value pairs with libpq's quoting.
func keywords(s string) (map[string]string, bool) {
	pairs := map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return pairs, true
		}
		key, rest, ok := strings.Cut(s, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.ContainsAny(key, " '\"/@") {
			return nil, false
		}
		rest = strings.TrimLeft(rest, " \t")
		var value strings.Builder
		quoted := strings.HasPrefix(rest, "'")
		i := 0
		if quoted {
			i = 1
		}
		closed := !quoted
		for ; i < len(rest); i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			} else if quoted && rest[i] == '\'' {
				closed = true
				i++
				break
			} else if !quoted && (rest[i] == ' ' || rest[i] == '\t') {
				break
			}
			value.WriteByte(rest[i])
		}
		if !closed {
			return nil, false
		}
		pairs[strings.ToLower(key)] = value.String()
		s = rest[i:]
	}
}

// readSemicolons reads ADO.NET's form: Server=db;Port=3306;Database=shop, and PDO's.
func (p *Place) readSemicolons(s string) error {
	pairs := map[string]string{}
	// PDO has its driver in front: mysql:host=db;dbname=shop.
	driver, after, _ := strings.Cut(s, ":")
	known, isPDO := schemes[strings.ToLower(driver)]
	if isPDO {
		s = after
	}
	for pair := range strings.SplitSeq(s, ";") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			pairs[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	first := func(keys ...string) string {
		for _, k := range keys {
			if pairs[k] != "" {
				return pairs[k]
			}
		}
		return ""
	}
	host := first("host", "server", "data source", "addr", "address")
	if host == "" {
		return errForm
	}
	p.Database = first("database", "initial catalog", "dbname")
	port, partner := first("port"), first("failover partner", "failoverpartner")
	switch {
	case isPDO:
		p.System = known.system
	case pairs["host"] != "" || pairs["username"] != "":
		p.System = systemPostgres
	case pairs["initial catalog"] != "" || pairs["data source"] != "" || partner != "" || strings.HasPrefix(host, "tcp:") || strings.Contains(host, ","):
		p.System = "sqlserver"
	default:
		p.System = systemMySQL
	}
	p.dsn = nil // no driver here reads this form
	host = strings.TrimPrefix(host, "tcp:")
	if p.System == "sqlserver" {
		host, _, _ = strings.Cut(host, `\`)
		if h, own, ok := strings.Cut(host, ","); ok {
			host, port = h, own
		}
	}
	if port == "" {
		port = defaultPort(p.System)
	}
	if partner != "" {
		host += "," + partner
	}
	return p.hosts(host, port)
}

func defaultPort(system string) string {
	for _, name := range []string{system, "postgres"} {
		if s, ok := schemes[name]; ok && s.system == system && s.port != "" {
			return s.port
		}
	}
	return "0"
}
