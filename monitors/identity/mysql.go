package identity

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlStore is one connection to a MySQL or MariaDB server, and what it told.
type mysqlStore struct {
	conn  driver.Conn
	limit time.Duration
	facts mysqlFacts
}

func openMySQL(ctx context.Context, o Options, p Place) (store, *trouble) {
	config, err := mysqlConfig(p)
	if err != nil {
		return nil, &trouble{"it cannot be read", "write mysql://USER:PASSWORD@HOST:3306/DB or USER:PASSWORD@tcp(HOST:3306)/DB"}
	}
	// Above our own limit, which says what happened: the driver takes a timeout of
	// the socket for a connection that was broken off.
	socket := o.Limit + farewell
	config.Timeout, config.ReadTimeout, config.WriteTimeout = socket, socket, socket
	config.Logger = &mysql.NopLogger{} // the driver's own goes to stderr, where the screen is
	config.ConnectionAttributes = "program_name:crosstalk-check"
	config.MultiStatements, config.AllowAllFiles = false, false
	s := &mysqlStore{limit: o.Limit}
	var to net.Conn
	if config.Net == "tcp" || config.Net == "" {
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			c, err := d.DialContext(ctx, network, addr)
			to = c
			return c, err //nolint:wrapcheck // it goes to the driver
		}
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, &trouble{"it cannot be used", "check its parameters"}
	}
	limited, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	if s.conn, err = connector.Connect(limited); err != nil {
		return nil, mysqlTrouble(err, o.Limit)
	}
	s.facts.hosts, s.facts.database = p.Hosts, p.Database
	if to != nil {
		if a, ok := remote(to); ok {
			s.facts.addrs = append(s.facts.addrs, a)
		}
	}
	if t := s.gather(ctx); t != nil {
		s.close()
		return nil, t
	}
	if to != nil {
		s.stand(ctx, to)
	}
	return s, nil
}

// stand asks what the server sees of this connection: a tunnel or a container shows
// another end, or another machine's name.
func (s *mysqlStore) stand(ctx context.Context, c net.Conn) {
	rows, _ := s.rows(ctx, "SELECT HOST AS client FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()")
	machine, err := os.Hostname()
	if err != nil || machine != s.facts.host || len(rows) != 1 {
		return
	}
	host, port, _ := net.SplitHostPort(rows[0]["client"])
	if host == "localhost" {
		host = "127.0.0.1"
	}
	s.facts.stands(c, host, port, "")
}

// mysqlConfig makes the driver's configuration of any form of DSN. Its errors
// must not be shown.
func mysqlConfig(p Place) (*mysql.Config, error) {
	dsn := strings.TrimPrefix(p.secret(), "jdbc:")
	_, after, isURL := strings.Cut(dsn, "://")
	if !isURL {
		return mysql.ParseDSN(dsn)
	}
	config := mysql.NewConfig()
	config.DBName = p.Database
	switch {
	case p.Path != "":
		config.Net, config.Addr = "unix", p.Path
	case len(p.Hosts) > 0:
		config.Net, config.Addr = "tcp", p.Hosts[0]
	default:
		return nil, errForm
	}
	rest, query, _ := strings.Cut(after, "?")
	values, _ := url.ParseQuery(query)
	config.User, config.Passwd = values.Get("user"), values.Get("password")
	authority, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		var err error
		if config.User, err = url.PathUnescape(user); err != nil {
			config.User = user
		}
		if config.Passwd, err = url.PathUnescape(password); err != nil {
			config.Passwd = password
		}
	}
	for _, key := range []string{"tls", "sslmode", "ssl-mode", "sslMode", "useSSL", "ssl"} {
		switch strings.ToLower(values.Get(key)) {
		case "required", "require", "skip-verify":
			config.TLSConfig = "skip-verify"
		case "true", "verify_ca", "verify_identity", "verify-full", "verify-ca":
			config.TLSConfig = "true"
		case "preferred":
			config.TLSConfig = "preferred"
		}
	}
	return config, nil
}

func (s *mysqlStore) where() where { return s.facts.where }

// close ends the connection; the server needs no answer to a goodbye, and lets
// go of the lock.
func (s *mysqlStore) close() { _ = s.conn.Close() }

// rows asks and returns every row by the names of its columns, in lower case.
func (s *mysqlStore) rows(ctx context.Context, query string) ([]map[string]string, *trouble) {
	out, err := s.send(ctx, query)
	if err != nil {
		return nil, mysqlTrouble(err, s.limit)
	}
	return out, nil
}

func (s *mysqlStore) send(ctx context.Context, query string) ([]map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	rows, err := s.conn.(driver.QueryerContext).QueryContext(ctx, query, nil)
	if err != nil {
		return nil, fmt.Errorf("ask mysql: %w", err)
	}
	defer rows.Close()
	names := rows.Columns()
	var out []map[string]string
	for {
		values := make([]driver.Value, len(names))
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("ask mysql: %w", err)
		}
		row := map[string]string{}
		for i, v := range values {
			switch v := v.(type) {
			case nil:
			case []byte:
				row[strings.ToLower(names[i])] = string(v)
			default:
				row[strings.ToLower(names[i])] = fmt.Sprint(v)
			}
		}
		out = append(out, row)
		if len(out) == 1000 {
			return out, nil
		}
	}
}

// Numbers of errors, as MySQL and MariaDB have them.
const (
	mysqlTooMany     = 1040
	mysqlNoDatabase  = 1044
	mysqlNoEntry     = 1045
	mysqlUnknownDB   = 1049
	mysqlShutdown    = 1053
	mysqlSyntax      = 1064
	mysqlBlocked     = 1129
	mysqlHostDenied  = 1130
	mysqlTableDenied = 1142
	mysqlTooManyUser = 1203
	mysqlQuota       = 1226
	mysqlNotAllowed  = 1227
)

func mysqlTrouble(err error, limit time.Duration) *trouble {
	if errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) {
		return &trouble{"it broke the connection off", "check that the port is that of the server, and whether it wants TLS"}
	}
	refused, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return connectTrouble(err, limit)
	}
	switch refused.Number {
	case mysqlNoEntry, mysqlHostDenied:
		return &trouble{"it does not let us in: user, password or the user's host says no", "CREATE USER crosstalk IDENTIFIED BY '...'; GRANT USAGE ON *.* TO crosstalk;"}
	case mysqlNoDatabase:
		return &trouble{"the user may not use this database", "leave the name of the database out of the DSN"}
	case mysqlUnknownDB:
		return &trouble{"it has no database of this name", "check the name of the database in the DSN, or leave it out"}
	case mysqlBlocked:
		return &trouble{"it blocks this machine after too many failed connections", "FLUSH HOSTS, by its administrator"}
	case mysqlTooMany, mysqlTooManyUser, mysqlQuota:
		return &trouble{"it has no connection left for this user", "run the check when there is one: it needs one of each side"}
	case mysqlShutdown:
		return &trouble{"it is shutting down", "run the check again when it is up"}
	case mysqlTableDenied, mysqlNotAllowed:
		return &trouble{"the user lacks a privilege", "GRANT REPLICATION CLIENT ON *.* TO <user>;"}
	}
	return &trouble{fmt.Sprintf("it answered with error %d", refused.Number), "look the number up in the server's manual"}
}

// gather asks for everything that needs no second server. Only the first
// question must be answered.
func (s *mysqlStore) gather(ctx context.Context) *trouble {
	f := &s.facts
	// The session cannot write from here on, whatever the user may do.
	if _, t := s.rows(ctx, "SET SESSION TRANSACTION READ ONLY"); t != nil {
		return t
	}
	rows, t := s.rows(ctx, "SELECT @@hostname AS host, @@port AS port, @@server_id AS id, @@datadir AS dir, @@version AS version, UNIX_TIMESTAMP(NOW(6)) AS now")
	if t != nil {
		return t
	}
	var now float64
	if len(rows) == 1 {
		f.host, f.port, f.id, f.dir = rows[0]["host"], rows[0]["port"], rows[0]["id"], rows[0]["dir"]
		f.maria = strings.Contains(strings.ToLower(rows[0]["version"]), "mariadb")
		now, _ = strconv.ParseFloat(rows[0]["now"], 64)
	}
	if f.maria {
		// Since MariaDB 10.11; made of the machine's network address and the port.
		if rows, _ = s.rows(ctx, "SELECT @@server_uid AS uid"); len(rows) == 1 {
			f.uid = rows[0]["uid"]
		}
	} else if rows, _ = s.rows(ctx, "SELECT @@server_uuid AS uuid"); len(rows) == 1 {
		f.uuid = rows[0]["uuid"]
	}
	s.gatherShown(ctx, now)
	s.gatherLinks(ctx)
	return nil
}

// compareMySQL takes a named lock through staging and looks for it through
// production; two nodes of Galera are also watched as they write.
func compareMySQL(ctx context.Context, o Options, f Finding, a, b store) []Finding {
	x, y := a.(*mysqlStore), b.(*mysqlStore)
	seen := x.witness(ctx, y)
	if !seen.seen && oneGalera(&x.facts, &y.facts) {
		seen.pace = o.paces.of(&x.facts, &y.facts, func() pace { return paceOf(ctx, o.Limit, x.step, y.step) })
	}
	return judgeMySQL(ctx, o, f, &x.facts, &y.facts, seen)
}

func (s *mysqlStore) witness(ctx context.Context, other *mysqlStore) sighting {
	name := "crosstalk-" + random(12)
	rows, t := s.rows(ctx, "SELECT GET_LOCK('"+name+"', 0) AS got, IS_USED_LOCK('"+name+"') = CONNECTION_ID() AS mine")
	if t != nil {
		return sighting{trouble: t}
	}
	defer func() { _, _ = s.send(ctx, "SELECT RELEASE_LOCK('"+name+"')") }()
	// Asked once more: a proxy may send every statement to another server.
	again, t := s.rows(ctx, "SELECT IS_USED_LOCK('"+name+"') = CONNECTION_ID() AS mine")
	if t != nil {
		return sighting{trouble: t}
	}
	if len(rows) != 1 || rows[0]["got"] != "1" || len(again) != 1 || again[0]["mine"] != "1" {
		return sighting{trouble: &trouble{"staging did not show its own lock: a proxy stands in between", "give a DSN that leads past the proxy"}}
	}
	if rows, t = other.rows(ctx, "SELECT IS_USED_LOCK('"+name+"') AS holder"); t != nil {
		return sighting{trouble: t}
	}
	return sighting{seen: len(rows) == 1 && rows[0]["holder"] != ""}
}
