package monitors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres makes a check of a PostgreSQL server: SELECT 1 on a kept connection,
// twice a second at most how many transactions there were instead, one in ten on a new
// one. The DSN is a URL or key=value pairs, as libpq takes
// them. The connections in use are those of all databases, of those that an
// ordinary user can have; the lag is that of this standby, or of the slowest
// standby of this primary. They are read in read-only transactions of their own;
// nothing of the session is set, so that a pooler in between stays clean.
func Postgres(o DatabaseOptions) (Check, error) {
	fail := func(err error) (Check, error) {
		return Check{}, fmt.Errorf("make postgres check %s of %s: %w", o.Name, o.Env, err)
	}
	config, err := pgconn.ParseConfig(o.DSN)
	if err != nil {
		// The error repeats the DSN.
		return fail(errors.New("its DSN cannot be read: write postgres://USER:PASSWORD@HOST:5432/DB"))
	}
	config.RuntimeParams["application_name"] = "crosstalk-check"
	open := func(ctx context.Context) (session, error) {
		conn, err := pgconn.ConnectConfig(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("connect to postgres: %w", err)
		}
		return &postgresSession{conn: conn}, nil
	}
	address := dsnAddress(config.Host, strconv.Itoa(int(config.Port)))
	c, err := newDatabase(o, kindPostgres, address, open, postgresFailure)
	if err != nil {
		return fail(err)
	}
	return c, nil
}

type postgresSession struct{ conn *pgconn.PgConn }

const (
	postgresRead = `SELECT 1`

	// Told to everybody. A backend reports once a second at most.
	postgresWork = `SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database`

	// numbackends is told to everybody, other than the rows of pg_stat_activity.
	postgresConnections = `SELECT (SELECT sum(numbackends) FROM pg_stat_database),
		current_setting('max_connections')::int
		- current_setting('superuser_reserved_connections')::int
		- coalesce(current_setting('reserved_connections', true)::int, 0)`

	// A standby that has replayed all that it received, and still receives, is not
	// behind, however long ago the last change was; nor is one of a primary that
	// has replayed all there is.
	postgresLag = `SELECT CASE WHEN pg_is_in_recovery() THEN (
			SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
				AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0
			ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END)
		ELSE (
			SELECT max(CASE WHEN replay_lsn = pg_current_wal_lsn() THEN 0
				ELSE extract(epoch FROM replay_lag) END) FROM pg_stat_replication) END,
		pg_is_in_recovery(), (SELECT count(*) FROM pg_stat_replication)`
)

func (s *postgresSession) read(ctx context.Context) error {
	_, err := s.query(ctx, postgresRead)
	return err
}

func (s *postgresSession) work(ctx context.Context) (float64, error) {
	row, err := s.query(ctx, postgresWork)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Severity == "ERROR" {
		return math.NaN(), s.read(ctx) // a refusal says nothing of how the server is
	}
	if err != nil || len(row) != 1 {
		return math.NaN(), err
	}
	return number64(row[0]), nil
}

func (s *postgresSession) gauges(ctx context.Context, lag bool) (gauges, error) {
	g := unknownGauges("the server did not tell")
	row, err := s.tell(ctx, postgresConnections)
	if err != nil {
		return g, err
	}
	if len(row) == 2 {
		g.used, g.most = number64(row[0]), number64(row[1])
	}
	if !lag {
		return g, nil
	}
	if row, err = s.tell(ctx, postgresLag); err != nil {
		return g, err
	}
	if len(row) != 3 {
		return g, nil
	}
	g.lag = number64(row[0])
	switch {
	case row[1] == "t":
		g.lagWhy = "nothing has been replayed yet"
	case row[2] == "0":
		g.lagWhy = "no standby is connected"
	default:
		g.lagWhy = "the user of the check needs the role pg_monitor"
	}
	return g, nil
}

// tell asks for one row; nil when the server refuses to answer.
func (s *postgresSession) tell(ctx context.Context, sql string) ([]string, error) {
	row, err := s.query(ctx, "BEGIN READ ONLY; "+sql+"; COMMIT")
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Severity == "ERROR" {
		// The transaction is over only once that is said.
		_, err = s.query(ctx, "ROLLBACK")
		return nil, err
	}
	return row, err
}

// query returns the first row as text, in the simple protocol: one round trip,
// and nothing is prepared that a pooler would have to keep.
func (s *postgresSession) query(ctx context.Context, sql string) ([]string, error) {
	results, err := s.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("ask postgres: %w", err)
	}
	for _, r := range results {
		if len(r.Rows) == 0 {
			continue
		}
		out := make([]string, len(r.Rows[0]))
		for i, value := range r.Rows[0] {
			out[i] = string(value)
		}
		return out, nil
	}
	return nil, nil
}

func (s *postgresSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	// The server notices in any case: the socket is closed.
	_ = s.conn.Close(ctx)
}

// farewell bounds how long a goodbye to a server may take.
const farewell = 250 * time.Millisecond

// number64 reads a number; NaN when it is none, as NULL is.
func number64(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// postgresFailure words what a server says when it refuses, by its SQLSTATE.
func postgresFailure(err error) (Result, bool) {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return Result{}, false
	}
	switch refused.Code {
	case "28000", "28P01":
		return Result{Blind: true, Reason: reasonNoEntry}, true
	case "3D000":
		return Result{Blind: true, Reason: "has no database of the name in the DSN"}, true
	case "53300":
		return Result{Hard: true, Reason: reasonFull}, true
	case "57P01", "57P02", "57P03":
		return Result{Hard: true, Refused: true, Reason: "is starting, stopping or recovering"}, true
	}
	return Result{Hard: true, Reason: "answered with error " + plain(refused.Code)}, true
}
