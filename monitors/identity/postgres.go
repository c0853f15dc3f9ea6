package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgres is one connection to a PostgreSQL server, and what it told.
type postgres struct {
	conn  *pgconn.PgConn
	limit time.Duration
	facts postgresFacts
}

const (
	grantMonitor = "GRANT pg_monitor TO <user>;"
	grantControl = "GRANT EXECUTE ON FUNCTION pg_control_system() TO <user>;"
)

func openPostgres(ctx context.Context, o Options, p Place) (store, *trouble) {
	config, err := pgconn.ParseConfig(postgresDSN(p))
	if err != nil {
		return nil, &trouble{"it cannot be read", "write postgres://USER:PASSWORD@HOST:5432/DB"}
	}
	// What libraries add to a DSN for themselves, the server would refuse.
	config.RuntimeParams = map[string]string{"application_name": "crosstalk-check"}
	config.ConnectTimeout = o.Limit
	s := &postgres{limit: o.Limit}
	limited, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	if s.conn, err = pgconn.ConnectConfig(limited, config); err != nil {
		return nil, postgresTrouble(err, o.Limit)
	}
	s.facts.hosts = p.Hosts
	s.facts.addrs = lookup(ctx, o, p.Hosts)
	if a, ok := remote(s.conn.Conn()); ok {
		s.facts.addrs = unique(append(s.facts.addrs[:0:0], a))
	}
	if t := s.gather(ctx); t != nil {
		s.close()
		return nil, t
	}
	return s, nil
}

func (s *postgres) where() where { return s.facts.where }

func (s *postgres) close() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	_ = s.conn.Close(ctx) // the server notices in any case
}

// farewell bounds how long a goodbye to a server may take.
const farewell = 250 * time.Millisecond

// begin starts a transaction that can change nothing and cannot last. Both are
// of the transaction alone, so that a pooler in between stays clean.
func (s *postgres) begin() string {
	return fmt.Sprintf("BEGIN READ ONLY; SET LOCAL statement_timeout = %d; ", s.limit.Milliseconds())
}

// ask asks one question in a transaction of its own. What the server refuses is
// a trouble; so is the end of the connection.
func (s *postgres) ask(ctx context.Context, sql string) ([][]string, *trouble) {
	rows, err := s.send(ctx, s.begin()+sql+"; COMMIT")
	if err == nil {
		return rows, nil
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Severity == "ERROR" {
		if _, err := s.send(ctx, "ROLLBACK"); err != nil {
			return nil, postgresTrouble(err, s.limit)
		}
	}
	return nil, postgresTrouble(err, s.limit)
}

// send returns the rows of the last statement that has any, in the simple
// protocol: nothing is prepared that a pooler would have to keep. NULL is "".
func (s *postgres) send(ctx context.Context, sql string) ([][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	results, err := s.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("ask postgres: %w", err)
	}
	var rows [][]string
	for _, r := range results {
		if len(r.FieldDescriptions) == 0 {
			continue
		}
		rows = nil
		for _, row := range r.Rows {
			out := make([]string, len(row))
			for i, value := range row {
				out[i] = string(value)
			}
			rows = append(rows, out)
		}
	}
	return rows, nil
}

func postgresTrouble(err error, limit time.Duration) *trouble {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return connectTrouble(err, limit)
	}
	switch refused.Code {
	case "28000", "28P01":
		return &trouble{"it does not let us in: user, password or pg_hba.conf says no", "CREATE ROLE crosstalk LOGIN PASSWORD '...'; " + strings.Replace(grantMonitor, "<user>", "crosstalk", 1)}
	case "3D000":
		return &trouble{"it has no database of this name", "check the name of the database in the DSN"}
	case "42501":
		return &trouble{"the user lacks a privilege", "GRANT CONNECT ON DATABASE <database> TO <user>; " + grantMonitor}
	case "53300":
		return &trouble{"it has no connection left", "run the check when there is one: it needs one of each side"}
	case "57P01", "57P02", "57P03":
		return &trouble{"it is starting, stopping or recovering", "run the check again when it is up"}
	case "57014":
		return &trouble{fmt.Sprintf("it did not answer within %v", limit), "run the check again when it is less busy"}
	}
	code := refused.Code
	if len(code) != 5 || strings.ContainsFunc(code, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		code = "without a number"
	}
	return &trouble{"it answered with error " + code, "look the number up in PostgreSQL's list of SQLSTATEs"}
}

// Questions. All of them may be asked by any login; what pg_monitor adds is
// named in the judgement of the answers.
const (
	postgresSelf = `SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, pg_is_in_recovery(),
		current_database(), coalesce(host(inet_server_addr()), ''), coalesce(inet_server_port(), 0),
		coalesce(current_setting('port', true), ''), coalesce(host(inet_client_addr()), ''), coalesce(inet_client_port(), 0)`
	postgresMayID   = `SELECT has_function_privilege('pg_control_system()', 'EXECUTE')`
	postgresMaySubs = `SELECT has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')`
	postgresID      = `SELECT system_identifier FROM pg_control_system()`
	// A row whose columns are hidden still shows that there is a receiver.
	postgresReceiver = `SELECT pid, coalesce(sender_host, ''), coalesce(sender_port, 0), coalesce(status, '') FROM pg_stat_wal_receiver WHERE pid IS NOT NULL`
	postgresSenders  = `SELECT coalesce(application_name, ''), host(client_addr) FROM pg_stat_replication WHERE client_addr IS NOT NULL LIMIT 100`
	postgresSlots    = `SELECT slot_name, slot_type, active FROM pg_replication_slots LIMIT 100`
	postgresSubs     = `SELECT subname, coalesce(subslotname, ''), subenabled FROM pg_subscription LIMIT 100`
	// Of the subscription's own DSN only superusers may read; its password stays there.
	postgresSubHosts = `SELECT subname, coalesce(substring(subconninfo from '(?:host|hostaddr)\s*=\s*''?([^\s'']+)'), substring(subconninfo from '^[a-z]+://(?:[^@/]*@)?([^:/?]+)'), ''),
		coalesce(substring(subconninfo from 'port\s*=\s*''?([0-9]+)'), substring(subconninfo from '^[a-z]+://(?:[^@/]*@)?[^:/?]+:([0-9]+)'), '5432') FROM pg_subscription LIMIT 100`
	postgresForeign = `SELECT s.srvname, w.fdwname, array_to_string(ARRAY(SELECT o FROM unnest(s.srvoptions) o WHERE o ~ '^(host|hostaddr|port|dbname|address|server|servername|service)='), E'\n')
		FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw LIMIT 100`
	// Functions and views that call dblink: only where they lead is taken out.
	postgresDblink = `SELECT what, coalesce(substring(body from '(?:host|hostaddr)\s*=\s*''*([^\s'']+)'), substring(body from '[a-z]+://(?:[^@/\s]*@)?([^:/?\s'']+)'), ''),
			coalesce(substring(body from 'port\s*=\s*''*([0-9]+)'), substring(body from '[a-z]+://(?:[^@/\s]*@)?[^:/?\s'']+:([0-9]+)'), '5432')
		FROM (SELECT 'function ' || p.proname AS what, p.prosrc AS body FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname NOT IN ('c', 'internal')
			UNION ALL SELECT 'view ' || viewname, definition FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')) AS all_code
		WHERE body ~* 'dblink' LIMIT 100`
	postgresHasDblink = `SELECT extname FROM pg_extension WHERE extname = 'dblink'`
)

// gather asks for everything that needs no second server. Only the first
// question must be answered.
func (s *postgres) gather(ctx context.Context) *trouble {
	f := &s.facts
	rows, t := s.ask(ctx, postgresSelf)
	if t != nil {
		return t
	}
	if len(rows) == 1 && len(rows[0]) == 8 {
		f.start, f.standby, f.database = rows[0][0], rows[0][1] == "t", rows[0][2]
		f.saw(rows[0][3], rows[0][4])
		f.port = cmp.Or(rows[0][5], f.port) // also of one that is reached by a socket
		f.stands(s.conn.Conn(), rows[0][6], rows[0][7], rows[0][3])
	}
	// Asked before, so that no refusal stands in the server's log.
	if rows, f.idTrouble = s.ask(ctx, postgresMayID); one(rows) == "t" {
		rows, f.idTrouble = s.ask(ctx, postgresID)
		f.id = one(rows)
	} else if f.idTrouble == nil {
		f.idTrouble = &trouble{"the user lacks a privilege", grantControl}
	}
	rows, f.receiverTrouble = s.ask(ctx, postgresReceiver)
	for _, r := range rows {
		f.receiver = &endpoint{host: r[1], port: r[2]}
	}
	rows, _ = s.ask(ctx, postgresSenders)
	for _, r := range rows {
		f.senders = append(f.senders, sender{name: r[0], to: r[1]})
	}
	rows, _ = s.ask(ctx, postgresSlots)
	for _, r := range rows {
		f.slots = append(f.slots, slot{name: r[0], kind: r[1], active: r[2] == "t"})
	}
	rows, f.subTrouble = s.ask(ctx, postgresSubs)
	for _, r := range rows {
		f.subs = append(f.subs, subscription{name: r[0], slot: r[1], enabled: r[2] == "t"})
	}
	if rows, _ = s.ask(ctx, postgresMaySubs); len(f.subs) > 0 && one(rows) == "t" {
		rows, _ = s.ask(ctx, postgresSubHosts)
		for _, r := range rows {
			for i := range f.subs {
				if f.subs[i].name == r[0] {
					f.subs[i].to = endpoint{host: r[1], port: r[2]}
				}
			}
		}
	}
	rows, f.foreignTrouble = s.ask(ctx, postgresForeign)
	for _, r := range rows {
		f.foreign = append(f.foreign, foreignServer(r[0], r[1], r[2]))
	}
	if rows, _ = s.ask(ctx, postgresHasDblink); len(rows) > 0 {
		f.dblink = true
		rows, _ = s.ask(ctx, postgresDblink)
		for _, r := range rows {
			f.foreign = append(f.foreign, foreign{name: r[0], wrapper: "dblink", to: endpoint{host: r[1], port: r[2]}})
		}
	}
	return nil
}

// foreignServer reads the options of a foreign server, one a line. Without a host
// it leads to where its wrapper has it from: a file of services, a string of its own.
func foreignServer(name, wrapper, options string) foreign {
	f := foreign{name: name, wrapper: wrapper}
	service := false
	for line := range strings.SplitSeq(options, "\n") {
		switch key, value, _ := strings.Cut(line, "="); key {
		case "host", "hostaddr", "address", "server", "servername":
			f.to.host = value
		case "port":
			f.to.port = value
		case "service":
			service = true
		}
	}
	if libpq := wrapper == "postgres_fdw" || wrapper == "dblink_fdw"; libpq && f.to.host == "" && !service {
		f.to.host = "localhost" // as libpq does without one
	}
	if f.to.port == "" {
		f.to.port = "5432"
		if strings.HasPrefix(wrapper, "mysql") {
			f.to.port = "3306"
		}
	}
	return f
}

// comparePostgres puts a lock into staging and looks for it in production, and
// where one may copy from the other, watches whether it keeps up.
func comparePostgres(ctx context.Context, o Options, f Finding, a, b store) []Finding {
	x, y := a.(*postgres), b.(*postgres)
	seen := x.witness(ctx, y)
	steps := false
	if !seen.seen && x.facts.id != "" && x.facts.id == y.facts.id && x.facts.standby != y.facts.standby {
		standby, primary := x, y
		if y.facts.standby {
			standby, primary = y, x
		}
		steps = standby.follows(ctx, primary)
	}
	return judgePostgres(ctx, o, f, &x.facts, &y.facts, seen, steps)
}

// sighting is the outcome of a witness: something that was left with staging and
// looked for in production.
type sighting struct {
	seen    bool
	trouble *trouble // why it says nothing; nil: it was looked for and, unless seen, was not there
	pace    pace     // of two nodes of Galera
}

// witness takes an advisory lock of a random number in an open transaction, and
// looks for it through the other connection. It writes nothing, and locks are
// neither copied to standbys nor restored.
func (s *postgres) witness(ctx context.Context, other *postgres) sighting {
	key := rand.Int64N(1 << 62)
	where := fmt.Sprintf("FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = %d AND objid = %d", uint32(key>>32), uint32(key))
	taken, err := s.send(ctx, s.begin()+"SELECT count(*) "+where+"; SELECT count(*) FROM pg_try_advisory_xact_lock("+strconv.FormatInt(key, 10)+") got WHERE got")
	defer func() { _, _ = s.send(ctx, "ROLLBACK") }()
	if err != nil {
		return sighting{trouble: postgresTrouble(err, s.limit)}
	}
	// What staging itself does not see, production need not either.
	mine, err := s.send(ctx, "SELECT count(*) "+where)
	if err != nil {
		return sighting{trouble: postgresTrouble(err, s.limit)}
	}
	if one(taken) != "1" || one(mine) != "1" {
		return sighting{trouble: &trouble{"staging did not show its own lock: a pooler stands in between", "give a DSN that leads past the pooler"}}
	}
	rows, t := other.ask(ctx, "SELECT count(*) "+where)
	if t != nil {
		return sighting{trouble: t}
	}
	return sighting{seen: one(rows) == "1"}
}

func one(rows [][]string) string {
	if len(rows) != 1 || len(rows[0]) != 1 {
		return ""
	}
	return rows[0][0]
}

// follows watches whether the standby receives just what the primary writes:
// three times it reaches the position that the primary is at, within half a
// second, and never passes it. A copy that went its own way is behind or ahead.
func (s *postgres) follows(ctx context.Context, primary *postgres) bool {
	if s.facts.receiver == nil {
		return false
	}
	for range 3 {
		if !s.reaches(ctx, primary) {
			return false
		}
	}
	return true
}

func (s *postgres) reaches(ctx context.Context, primary *postgres) bool {
	from := primary.position(ctx)
	if from <= 0 {
		return false
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 10 {
		got := s.position(ctx)
		if got < 0 {
			return false
		}
		if got >= from {
			return got <= primary.position(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// position returns how far the log is written, or on a standby received, in
// bytes; below 0: it was not told.
func (s *postgres) position(ctx context.Context) int64 {
	rows, _ := s.ask(ctx, `SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), '0/0') ELSE pg_current_wal_lsn() END - '0/0'`)
	n, err := strconv.ParseInt(one(rows), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
