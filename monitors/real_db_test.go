//go:build real

package monitors

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

// counts waits until a server tells of more work than before: our own questions
// are some.
func counts(t *testing.T, p Probe) {
	t.Helper()
	first := eventually(t, nil, p, func(r Result) bool { return r.Worked })
	eventually(t, nil, p, func(r Result) bool { return r.Worked && r.Work > first.Work })
}

func TestRealPostgres(t *testing.T) {
	initdb, postgres := binary(t, "initdb", "postgresql"), binary(t, "postgres", "postgresql")
	basebackup := binary(t, "pg_basebackup", "postgresql")
	s := newServant(t, "postgres")
	data, port := filepath.Join(s.dir, "data"), freePort(t)
	s.run(t, initdb, "-D", data, "-U", "admin", "-A", "scram-sha-256", "--no-sync", "--pwfile", s.write(t, "pw", "s3cret-admin\n"))
	settings := []string{"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "autovacuum=off", "-c", "max_connections=12", "-c", "max_wal_senders=4"}
	primary := s.serve(t, syscall.SIGINT, postgres, append([]string{"-D", data, "-p", port}, settings...)...)
	admin := "postgres://admin:s3cret-admin@127.0.0.1:" + port + "/postgres"
	watcher := "postgres://watcher:s3cret-watch@127.0.0.1:" + port + "/postgres"

	first := mustPostgres(t, DatabaseOptions{DSN: admin})
	eventually(t, primary, first.Probe, isOK)
	first.Close()
	do(t, admin, "CREATE USER watcher PASSWORD 's3cret-watch'")
	// 12 less the 3 that are kept for superusers.
	c := mustPostgres(t, DatabaseOptions{DSN: watcher, Connections: 0.7})
	if c.Address != "127.0.0.1:"+port || c.Slow || !c.timed() {
		t.Errorf("%+v", c)
	}
	r := c.Probe(t.Context())
	if !r.OK || r.Warn || !r.Measured || r.Unit != "%" || r.Value <= 0 || r.Value > 70 {
		t.Errorf("quiet: %+v", r)
	}
	counts(t, c.Probe)
	quick(t, "postgres, kept", 300, c.Probe)
	quick(t, "postgres, fresh", 30, c.Fresh)

	var held []*pgconn.PgConn
	for range 6 {
		held = append(held, connect(t, watcher))
	}
	r = eventually(t, nil, c.Fresh, func(r Result) bool { return r.Warn })
	if !r.OK || r.Value <= 70 || !strings.Contains(r.Reason, "of 9 connections in use, limit 70 %") {
		t.Errorf("nearly full: %+v", r)
	}
	for {
		conn, err := pgconn.Connect(t.Context(), watcher)
		if err != nil {
			break // there is no more room
		}
		held = append(held, conn)
	}
	if r = c.Fresh(t.Context()); r.OK || !r.Hard || r.Reason != reasonFull {
		t.Errorf("full: %+v", r)
	}
	if r = c.Probe(t.Context()); !r.OK {
		t.Errorf("full, on the kept connection: %+v", r)
	}
	// Somebody ends our connection: it is replaced within the same probe.
	for _, conn := range held {
		_ = conn.Close(t.Context())
	}
	do(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'watcher'")
	if r = c.Probe(t.Context()); !r.OK {
		t.Errorf("after our connection was ended: %+v", r)
	}
	// The name in the server's own list.
	do(t, admin, "SELECT 1/count(*) FROM pg_stat_activity WHERE application_name = 'crosstalk-check'")

	for name, dsn := range map[string]string{
		"wrong password":   "postgres://watcher:s3cret-wrong@127.0.0.1:" + port + "/postgres",
		"unknown database": "postgres://watcher:s3cret-watch@127.0.0.1:" + port + "/s3cret-base",
	} {
		r = mustPostgres(t, DatabaseOptions{DSN: dsn}).Probe(t.Context())
		if r.OK || !r.Blind || r.Reason == "" {
			t.Errorf("%s: %+v", name, r)
		}
		tellsNothing(t, r, "s3cret", "watcher")
	}

	// Nobody replicates yet.
	lagging := DatabaseOptions{DSN: admin, Lag: 300 * ms}
	if r = mustPostgres(t, lagging).Probe(t.Context()); !r.OK || !r.Warn || !strings.Contains(r.Reason, "no standby is connected") {
		t.Errorf("no standby: %+v", r)
	}
	copied, port2 := filepath.Join(s.dir, "standby"), freePort(t)
	s.run(t, basebackup, "-D", copied, "-d", admin, "-R", "-c", "fast", "--no-sync", "-X", "stream")
	standby := s.serve(t, syscall.SIGINT, postgres, append([]string{"-D", copied, "-p", port2}, settings...)...)
	behind := strings.Replace(admin, port, port2, 1)
	onStandby, onPrimary := mustPostgres(t, DatabaseOptions{DSN: behind, Lag: 300 * ms}), mustPostgres(t, lagging)
	inStep := func(r Result) bool { return r.OK && !r.Warn }
	eventually(t, standby, onStandby.Fresh, inStep)
	eventually(t, standby, onPrimary.Fresh, inStep)
	blind := mustPostgres(t, DatabaseOptions{DSN: watcher, Lag: time.Second})
	if r = blind.Probe(t.Context()); !r.Warn || !strings.Contains(r.Reason, "pg_monitor") {
		t.Errorf("without the right to see the lag: %+v", r)
	}
	do(t, admin, "CREATE TABLE t (n int)")
	// Until a transaction is replayed, nobody knows how old the newest one is.
	conn := connect(t, behind)
	eventually(t, standby, func(ctx context.Context) Result {
		return Result{OK: conn.Exec(ctx, "SELECT 'seen' FROM t").Close() == nil}
	}, isOK)
	do(t, behind, "SELECT pg_wal_replay_pause()")
	isBehind := func(r Result) bool { return r.OK && r.Warn && strings.Contains(r.Reason, "behind, limit 0.3 s") }
	r = eventually(t, standby, func(ctx context.Context) Result {
		// The pause begins only after what is being replayed.
		do(t, admin, "INSERT INTO t VALUES (1)")
		return onStandby.Fresh(ctx)
	}, isBehind)
	t.Logf("standby: %s", r.Reason)
	do(t, behind, "SELECT pg_wal_replay_resume()")
	eventually(t, standby, onStandby.Fresh, inStep)

	primary.stop(syscall.SIGINT)
	if r = c.Probe(t.Context()); r.OK || !r.Refused {
		t.Errorf("stopped: %+v", r)
	}
	tellsNothing(t, r, "s3cret", "watcher")
}

func mustPostgres(t *testing.T, o DatabaseOptions) Check {
	t.Helper()
	o.Env, o.Name, o.Every = Production, "db", time.Second
	c, err := Postgres(o)
	return mustCheck(t, c, err)
}

func connect(t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func do(t *testing.T, dsn, query string) {
	t.Helper()
	conn := connect(t, dsn)
	if _, err := conn.Exec(t.Context(), query).ReadAll(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	_ = conn.Close(t.Context())
}

func TestRealMySQL(t *testing.T) {
	install, mariadbd := binary(t, "mariadb-install-db", "mariadb-server"), binary(t, "mariadbd", "mariadb-server")
	s := newServant(t, "mysql")
	data, port := filepath.Join(s.dir, "data"), freePort(t)
	s.run(t, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	copied, port2 := filepath.Join(s.dir, "copy"), freePort(t)
	s.run(t, binary(t, "cp", "coreutils"), "-r", data, copied)
	serve := func(data, port, id string) *server {
		return s.serve(t, syscall.SIGTERM, mariadbd, "--no-defaults", "--datadir="+data, "--port="+port, "--bind-address=127.0.0.1",
			"--socket="+data+".sock", "--pid-file="+data+".pid", "--server-id="+id, "--log-bin=bin", "--max-connections=10",
			"--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve")
	}
	source, replica := serve(data, port, "1"), serve(copied, port2, "2")
	root := func(port string) string { return "root@tcp(127.0.0.1:" + port + ")/" }
	for port, r := range map[string]*server{port: source, port2: replica} {
		first := mustMySQL(t, DatabaseOptions{DSN: root(port)})
		eventually(t, r, first.Probe, isOK)
		first.Close()
	}
	admin := openMySQL(t, root(port))
	tell(t, admin, "CREATE USER watcher IDENTIFIED BY 's3cret-watch'")
	tell(t, admin, "CREATE USER copier IDENTIFIED BY 's3cret-copy'")
	tell(t, admin, "GRANT REPLICATION SLAVE ON *.* TO copier")

	dsn := "watcher:s3cret-watch@tcp(127.0.0.1:" + port + ")/"
	c := mustMySQL(t, DatabaseOptions{DSN: dsn, Connections: 0.7})
	if c.Address != "127.0.0.1:"+port || c.Slow {
		t.Errorf("%+v", c)
	}
	r := c.Probe(t.Context())
	if !r.OK || r.Warn || !r.Measured || r.Value <= 0 || r.Value > 70 {
		t.Errorf("quiet: %+v", r)
	}
	counts(t, c.Probe)
	quick(t, "mariadb, kept", 300, c.Probe)
	quick(t, "mariadb, fresh", 30, c.Fresh)
	if r = mustMySQL(t, DatabaseOptions{DSN: "mariadb://watcher:s3cret-watch@127.0.0.1:" + port}).Probe(t.Context()); !r.OK {
		t.Errorf("by URL: %+v", r)
	}

	var held []*sql.DB
	for range 6 {
		held = append(held, openMySQL(t, dsn))
	}
	r = eventually(t, nil, c.Fresh, func(r Result) bool { return r.Warn })
	if !r.OK || r.Value <= 70 || !strings.Contains(r.Reason, "of 10 connections in use, limit 70 %") {
		t.Errorf("nearly full: %+v", r)
	}
	// One above the maximum is kept for administrators.
	for {
		db, err := sql.Open("mysql", dsn)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, db)
		if db.PingContext(t.Context()) != nil {
			break // there is no more room
		}
	}
	if r = c.Fresh(t.Context()); r.OK || !r.Hard || r.Reason != reasonFull {
		t.Errorf("full: %+v", r)
	}
	for _, db := range held {
		_ = db.Close()
	}
	// Those that were just closed are listed for a moment yet.
	for tries := 0; ; tries++ {
		var id int
		if err := admin.QueryRowContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE user = 'watcher' ORDER BY id LIMIT 1").Scan(&id); err != nil {
			t.Fatal(err)
		}
		_, err := admin.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id))
		const unknownThread = 1094
		if no, ok := errors.AsType[*mysql.MySQLError](err); ok && no.Number == unknownThread && tries < 100 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if r = c.Probe(t.Context()); !r.OK {
		t.Errorf("after our connection was ended: %+v", r)
	}

	for name, dsn := range map[string]string{
		"wrong password":   "watcher:s3cret-wrong@tcp(127.0.0.1:" + port + ")/",
		"unknown database": "root@tcp(127.0.0.1:" + port + ")/s3cret",
	} {
		r = mustMySQL(t, DatabaseOptions{DSN: dsn}).Probe(t.Context())
		if r.OK || !r.Blind {
			t.Errorf("%s: %+v", name, r)
		}
		tellsNothing(t, r, "s3cret", "watcher", "root")
	}

	lag := func(dsn string) Check { return mustMySQL(t, DatabaseOptions{DSN: dsn, Lag: time.Second}) }
	if r = lag(dsn).Probe(t.Context()); !r.OK || !r.Warn || !strings.Contains(r.Reason, "may not see it") {
		t.Errorf("without the right to see the lag: %+v", r)
	}
	if r = lag(root(port)).Probe(t.Context()); !r.OK || !r.Warn || !strings.Contains(r.Reason, "no replica") {
		t.Errorf("no replica: %+v", r)
	}
	copying := openMySQL(t, root(port2))
	tell(t, copying, "CHANGE MASTER TO master_host='127.0.0.1', master_port="+port+", master_user='copier', master_password='s3cret-copy', master_use_gtid=slave_pos")
	tell(t, copying, "START SLAVE")
	onReplica := lag(root(port2))
	eventually(t, replica, onReplica.Fresh, func(r Result) bool { return r.OK && !r.Warn })
	tell(t, copying, "STOP SLAVE")
	if r = onReplica.Fresh(t.Context()); !r.OK || !r.Warn || !strings.Contains(r.Reason, "replication has stopped") {
		t.Errorf("replication stopped: %+v", r)
	}

	source.stop(syscall.SIGTERM)
	if r = c.Probe(t.Context()); r.OK || !r.Refused {
		t.Errorf("stopped: %+v", r)
	}
}

func mustMySQL(t *testing.T, o DatabaseOptions) Check {
	t.Helper()
	o.Env, o.Name, o.Every = Production, "db", time.Second
	c, err := MySQL(o)
	return mustCheck(t, c, err)
}

func openMySQL(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func tell(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestRealRedis(t *testing.T) {
	path := binary(t, "redis-server", "redis-server")
	serve := func(port string, more ...string) *server {
		s := newServant(t, "nobody")
		return s.serve(t, syscall.SIGTERM, path, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
			"--dir", s.dir, "--requirepass", "s3cret", "--masterauth", "s3cret", "--maxclients", "10", "--daemonize", "no"}, more...)...)
	}
	port, port2 := freePort(t), freePort(t)
	master := serve(port)
	dsn := "redis://:s3cret@127.0.0.1:" + port
	c := mustRedis(t, DatabaseOptions{DSN: dsn, Connections: 0.5})
	if c.Address != "127.0.0.1:"+port || c.Slow {
		t.Errorf("%+v", c)
	}
	r := eventually(t, master, c.Probe, isOK)
	if r.Warn || !r.Measured || r.Value <= 0 || r.Value > 50 {
		t.Errorf("quiet: %+v", r)
	}
	quick(t, "redis, kept", 300, c.Probe)
	quick(t, "redis, fresh", 30, c.Fresh)

	var held []*redis.Conn
	pool := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, Password: "s3cret", PoolSize: 20, MaxRetries: -1})
	t.Cleanup(func() { _ = pool.Close() })
	hold := func(n int) {
		for len(held) < n {
			conn := pool.Conn()
			if err := conn.Ping(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
	}
	counts(t, c.Probe)
	hold(5)
	r = eventually(t, nil, c.Fresh, func(r Result) bool { return r.Warn })
	if !r.OK || r.Value <= 50 || !strings.Contains(r.Reason, "of 10 connections in use, limit 50 %") {
		t.Errorf("half full: %+v", r)
	}
	hold(9)
	// Redis says so and hangs up, and the second may overtake the first.
	if r = c.Fresh(t.Context()); r.OK || !r.Hard || r.Reason != reasonFull && !r.Refused {
		t.Errorf("full: %+v", r)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	if err := pool.ClientKillByFilter(t.Context(), "TYPE", "normal", "SKIPME", "yes").Err(); err != nil {
		t.Fatal(err)
	}
	if r = c.Probe(t.Context()); !r.OK {
		t.Errorf("after our connection was ended: %+v", r)
	}
	for name, dsn := range map[string]string{
		"wrong password": "redis://:s3cret-wrong@127.0.0.1:" + port,
		"no password":    "127.0.0.1:" + port,
	} {
		r = mustRedis(t, DatabaseOptions{DSN: dsn}).Probe(t.Context())
		if r.OK || !r.Blind {
			t.Errorf("%s: %+v", name, r)
		}
		tellsNothing(t, r, "s3cret")
	}

	onMaster := mustRedis(t, DatabaseOptions{DSN: dsn, Lag: 2 * time.Second})
	if r = onMaster.Probe(t.Context()); !r.Warn || !strings.Contains(r.Reason, "no replica is connected") {
		t.Errorf("no replica: %+v", r)
	}
	replica := serve(port2, "--replicaof", "127.0.0.1", port)
	onReplica := mustRedis(t, DatabaseOptions{DSN: strings.Replace(dsn, port, port2, 1), Lag: 500 * ms})
	inStep := func(r Result) bool { return r.OK && !r.Warn }
	eventually(t, replica, onReplica.Fresh, inStep)
	eventually(t, replica, onMaster.Fresh, inStep)
	// A server that stands still does not answer.
	if err := master.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stuck, err := Redis(DatabaseOptions{Env: Production, Name: "stuck", DSN: dsn, Every: time.Second, Timeout: 200 * ms})
	stuck = mustCheck(t, stuck, err)
	if r = stuck.Probe(t.Context()); r.OK || !r.Hard || r.Reason != "no answer within 200ms" {
		t.Errorf("stopped by a signal: %+v", r)
	}
	if err := master.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, master, stuck.Probe, isOK)
	master.stop(syscall.SIGTERM)
	if r = c.Probe(t.Context()); r.OK || !r.Refused {
		t.Errorf("stopped: %+v", r)
	}
	r = eventually(t, replica, onReplica.Fresh, func(r Result) bool { return r.OK && r.Warn })
	t.Logf("replica without its master: %s", r.Reason)
}

func mustRedis(t *testing.T, o DatabaseOptions) Check {
	t.Helper()
	o.Env, o.Name, o.Every = Production, "cache", time.Second
	c, err := Redis(o)
	return mustCheck(t, c, err)
}
