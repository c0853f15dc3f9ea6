package monitors

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

const mysqlPort = "3306"

// MySQL makes a check of a MySQL or MariaDB server: SELECT 1 on a kept
// connection, one in ten on a new one. The DSN is USER:PASSWORD@tcp(HOST:3306)/DB
// or mysql://USER:PASSWORD@HOST/DB. The lag is that of this replica, of its
// slowest channel. Only SELECT and SHOW are ever sent.
func MySQL(o DatabaseOptions) (Check, error) {
	fail := func(err error) (Check, error) {
		return Check{}, fmt.Errorf("make mysql check %s of %s: %w", o.Name, o.Env, err)
	}
	config, err := parseMySQL(o.DSN)
	if err != nil {
		return fail(errors.New("its DSN cannot be read: write USER:PASSWORD@tcp(HOST:3306)/DB"))
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	// Above the check's own, which says what happened: the driver takes a timeout
	// of the socket for a connection that was broken off.
	socket := timeout + farewell
	config.Timeout, config.ReadTimeout, config.WriteTimeout = socket, socket, socket
	// The driver's own log goes to stderr, where the screen is.
	config.Logger = &mysql.NopLogger{}
	config.ConnectionAttributes = "program_name:crosstalk-check"
	config.MultiStatements, config.AllowAllFiles = false, false
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fail(errors.New("its DSN cannot be used"))
	}
	open := func(ctx context.Context) (session, error) {
		conn, err := connector.Connect(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect to mysql: %w", err)
		}
		return &mysqlSession{conn: conn}, nil
	}
	address := ""
	if config.Net != "unix" {
		host, port, err := net.SplitHostPort(config.Addr)
		if err != nil {
			return fail(errors.New("its DSN names no host and port"))
		}
		address = dsnAddress(host, port)
	}
	c, err := newDatabase(o, kindMySQL, address, open, mysqlFailure)
	if err != nil {
		return fail(err)
	}
	return c, nil
}

// parseMySQL reads the driver's form of a DSN, and that of a URL. Its errors
// must not be shown.
func parseMySQL(dsn string) (*mysql.Config, error) {
	scheme, _, isURL := strings.Cut(dsn, "://")
	if !isURL || !slices.Contains([]string{"mysql", "mariadb"}, strings.ToLower(scheme)) {
		return mysql.ParseDSN(dsn)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = mysqlPort
	}
	config, err := mysql.ParseDSN("tcp(" + net.JoinHostPort(host, port) + ")/" + strings.TrimPrefix(u.EscapedPath(), "/") + "?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	return config, nil
}

type mysqlSession struct{ conn driver.Conn }

func (s *mysqlSession) read(ctx context.Context) error {
	_, _, err := s.query(ctx, "SELECT 1")
	return err
}

func (s *mysqlSession) work(ctx context.Context) (float64, error) {
	rows, err := s.tell(ctx, "SHOW GLOBAL STATUS WHERE Variable_name = 'Questions'")
	if err != nil {
		return math.NaN(), err
	}
	if len(rows) != 1 || len(rows[0]) != 2 {
		return math.NaN(), s.read(ctx) // a refusal says nothing of how the server is
	}
	return number64(rows[0][1]), nil
}

func (s *mysqlSession) gauges(ctx context.Context, lag bool) (gauges, error) {
	g := unknownGauges("the server did not tell")
	rows, err := s.tell(ctx, "SHOW GLOBAL STATUS WHERE Variable_name = 'Threads_connected'")
	if err != nil {
		return g, err
	}
	if len(rows) == 1 && len(rows[0]) == 2 {
		g.used = number64(rows[0][1])
	}
	if rows, err = s.tell(ctx, "SELECT @@global.max_connections"); err != nil {
		return g, err
	}
	if len(rows) == 1 && len(rows[0]) == 1 {
		g.most = number64(rows[0][0])
	}
	if !lag {
		return g, nil
	}
	return g, s.lag(ctx, &g)
}

// lag asks in the words of today, and where these are not known, in those of
// before MySQL 8.0.22 and MariaDB 10.5.1.
func (s *mysqlSession) lag(ctx context.Context, g *gauges) error {
	rows, columns, err := s.query(ctx, "SHOW REPLICA STATUS")
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok && refused.Number == mysqlSyntax {
		rows, columns, err = s.query(ctx, "SHOW SLAVE STATUS")
	}
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok {
		g.lagWhy = fmt.Sprintf("the server answered with error %d", refused.Number)
		if refused.Number == mysqlNotAllowed {
			g.lagWhy = "the user of the check may not see it (REPLICATION CLIENT, or SLAVE MONITOR)"
		}
		return nil
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(columns, func(name string) bool {
		return name == "Seconds_Behind_Source" || name == "Seconds_Behind_Master"
	})
	if len(rows) == 0 || at < 0 {
		g.lagWhy = "the server is no replica"
		return nil
	}
	worst := 0.0
	for _, row := range rows {
		// NULL: replication has stopped. One channel that is not known is enough.
		v := math.NaN()
		if at < len(row) {
			v = number64(row[at])
		}
		worst = max(worst, v)
	}
	g.lag, g.lagWhy = worst, "replication has stopped"
	return nil
}

// tell is query for what a server may refuse to answer: then there are no rows.
func (s *mysqlSession) tell(ctx context.Context, query string) ([][]string, error) {
	rows, _, err := s.query(ctx, query)
	if is[*mysql.MySQLError](err) {
		return nil, nil
	}
	return rows, err
}

// query returns all rows as text; NULL is empty.
func (s *mysqlSession) query(ctx context.Context, query string) (out [][]string, columns []string, err error) {
	asked, ok := s.conn.(driver.QueryerContext)
	if !ok {
		return nil, nil, errors.New("ask mysql: the driver cannot ask")
	}
	rows, err := asked.QueryContext(ctx, query, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask mysql: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns = rows.Columns()
	values := make([]driver.Value, len(columns))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return out, columns, nil
		case err != nil:
			return nil, nil, fmt.Errorf("read mysql's answer: %w", err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			var text sql.NullString
			if err := text.Scan(v); err != nil {
				return nil, nil, fmt.Errorf("read mysql's answer: %w", err)
			}
			row[i] = text.String
		}
		out = append(out, row)
	}
}

// close ends the connection. The socket has the timeouts of the check, and the
// server needs no answer to a goodbye.
func (s *mysqlSession) close() { _ = s.conn.Close() }

// Numbers of errors, as MySQL and MariaDB have them.
const (
	mysqlTooMany     = 1040 // connections
	mysqlNoDatabase  = 1044 // for this user
	mysqlNoEntry     = 1045
	mysqlUnknownDB   = 1049
	mysqlShutdown    = 1053
	mysqlSyntax      = 1064
	mysqlBlocked     = 1129
	mysqlTooManyUser = 1203
	mysqlQuota       = 1226 // of this user, such as MAX_USER_CONNECTIONS
	mysqlNotAllowed  = 1227
)

func mysqlFailure(err error) (Result, bool) {
	if errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) {
		return Result{Hard: true, Refused: true, Reason: "broke off the connection"}, true
	}
	refused, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return Result{}, false
	}
	switch refused.Number {
	case mysqlNoEntry, mysqlNoDatabase:
		return Result{Blind: true, Reason: reasonNoEntry}, true
	case mysqlUnknownDB:
		return Result{Blind: true, Reason: "has no database of the name in the DSN"}, true
	case mysqlBlocked:
		return Result{Blind: true, Reason: "blocks this machine after too many failed connections"}, true
	case mysqlQuota:
		return Result{Blind: true, Reason: "lets the user of the check have no more connections"}, true
	case mysqlTooMany, mysqlTooManyUser:
		return Result{Hard: true, Reason: reasonFull}, true
	case mysqlShutdown:
		return Result{Hard: true, Refused: true, Reason: "is shutting down"}, true
	}
	return Result{Hard: true, Reason: fmt.Sprintf("answered with error %d", refused.Number)}, true
}
