//go:build real

package identity

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// maria is a MariaDB server of the test.
type maria struct {
	servant
	port string
}

func (m *maria) dsn(user, db string) string {
	return "mysql://" + user + ":s3cret-" + user + "@127.0.0.1:" + m.port + "/" + db
}

func newMaria(t *testing.T, number string) *maria {
	t.Helper()
	m := &maria{servant: newServant(t, "mysql"), port: freePort(t)}
	m.run(t, binary(t, "mariadb-install-db", "mariadb-server"), "--no-defaults", "--datadir="+m.path("data"), "--auth-root-authentication-method=normal", "--skip-test-db")
	m.serve(t, syscall.SIGTERM, "mariadb", binary(t, "mariadbd", "mariadb-server"), "--no-defaults", "--datadir="+m.path("data"), "--port="+m.port, "--bind-address=127.0.0.1",
		"--socket="+m.path("sock"), "--pid-file="+m.path("pid"), "--server-id="+number, "--log-bin=bin", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
		"--innodb-buffer-pool-size=8M", "--plugin-maturity=unknown")
	until(t, "mariadb answers", func(ctx context.Context) bool {
		db, err := sql.Open("mysql", "root@tcp(127.0.0.1:"+m.port+")/")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		return db.PingContext(ctx) == nil
	})
	m.do(t, "CREATE DATABASE shop", "CREATE DATABASE shop_staging", "CREATE USER watcher IDENTIFIED BY 's3cret-watcher'", "CREATE USER seer IDENTIFIED BY 's3cret-seer'",
		"GRANT SLAVE MONITOR ON *.* TO seer", "CREATE USER copier IDENTIFIED BY 's3cret-copier'", "GRANT REPLICATION SLAVE ON *.* TO copier")
	return m
}

func (m *maria) do(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("mysql", "root@tcp(127.0.0.1:"+m.port+")/")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (m *maria) says(t *testing.T, statement string) string {
	t.Helper()
	db, err := sql.Open("mysql", "root@tcp(127.0.0.1:"+m.port+")/")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out string
	if err := db.QueryRowContext(t.Context(), statement).Scan(&out); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return out
}

// open opens it as root.
func (m *maria) open(t *testing.T) *mysqlStore {
	t.Helper()
	p, err := ParseDSN("root@tcp(127.0.0.1:" + m.port + ")/")
	if err != nil {
		t.Fatal(err)
	}
	s, trouble := openMySQL(t.Context(), Options{}.complete(), p)
	if trouble != nil {
		t.Fatal(trouble)
	}
	t.Cleanup(s.close)
	return s.(*mysqlStore)
}

// proxied is one connection to two servers, as a proxy that parts reads from writes.
type proxied struct {
	driver.Conn
	writer driver.Conn
}

func (p proxied) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	to := p.writer
	if strings.HasPrefix(query, "SELECT") {
		to = p.Conn
	}
	return to.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func TestRealMySQL(t *testing.T) {
	t.Parallel()
	a, b := newMaria(t, "1"), newMaria(t, "2")

	// Without a database in the DSN: a plain login may use none.
	expect(t, compare(t, a.dsn("watcher", ""), a.dsn("seer", "")), SameInstance, "A named lock taken through staging", "all of its databases")
	expect(t, compare(t, "root@tcp(127.0.0.1:"+a.port+")/shop_staging", "root@tcp(127.0.0.1:"+a.port+")/shop"), SameInstance, "shop_staging (staging) and shop (production)")
	expect(t, compare(t, a.dsn("watcher", ""), b.dsn("watcher", "")), Unknown, "server_uid differs", "GRANT SLAVE MONITOR ON *.* TO <user>;")
	expect(t, compare(t, a.dsn("seer", ""), b.dsn("seer", "")), Distinct, "server_uid differs", "Neither copies from another server", "Neither knows a server")
	expect(t, compare(t, a.dsn("watcher", "shop"), b.dsn("seer", "")), Unknown, "may not use this database", "leave the name of the database out")
	expect(t, compare(t, a.dsn("seer", ""), strings.Replace(b.dsn("seer", ""), "s3cret-", "s3cret-not-", 1)), Unknown, "does not let us in", "GRANT USAGE ON *.*")
	expect(t, compare(t, a.dsn("seer", ""), (&maria{port: freePort(t)}).dsn("seer", "")), Unknown, "nothing listens there")

	socket := func(m *maria) string { return "mysql2://seer:s3cret-seer@localhost/?socket=" + m.path("sock") }
	expect(t, compare(t, socket(a), socket(b)), Distinct, "server_uid differs")
	expect(t, compare(t, socket(a), a.dsn("seer", "")), SameInstance, "A named lock")

	for _, c := range []struct {
		staging, production *maria
		want                Verdict
	}{{a, a, SameInstance}, {a, b, Unknown}} {
		answers := Answers{Staging: []string{c.staging.says(t, StatementMySQL)}, Production: []string{c.production.says(t, StatementMySQL)}}
		read, err := ReadAnswers("answers.txt", strings.NewReader(answers.String()), nil)
		if err != nil {
			t.Fatal(err)
		}
		r := Conclude(read.compareLines(t.Context(), Options{}.complete())...)
		sound(t, r, "s3cret")
		expect(t, r, c.want)
	}

	b.do(t, "INSTALL SONAME 'ha_federatedx'")
	expect(t, compare(t, a.dsn("seer", ""), b.dsn("seer", "")), Unknown, "FEDERATED can reach other servers", "GRANT SELECT ON mysql.servers TO <user>;")
	b.do(t, "GRANT SELECT ON mysql.servers TO seer")
	// Tables are shown only to those who may read them: root sees none, this user none of many.
	seer, root := b.dsn("seer", ""), "root@tcp(127.0.0.1:"+b.port+")/"
	expect(t, compare(t, a.dsn("seer", ""), root), Distinct, "Neither knows a server")
	expect(t, compare(t, a.dsn("seer", ""), seer), Unknown, "tables are shown only to those who may read them", tablesOfOthers)
	a.do(t, "CREATE TABLE shop.orders (n INT PRIMARY KEY)", "GRANT ALL ON shop.* TO copier")
	b.do(t, "CREATE TABLE shop.far (n INT PRIMARY KEY) ENGINE=FEDERATED CONNECTION='mysql://copier:s3cret-copier@127.0.0.1:"+a.port+"/shop/orders'")
	expect(t, compare(t, a.dsn("seer", ""), seer), Unknown, "tables are shown only to those who may read them")
	expect(t, compare(t, a.dsn("seer", ""), root), Unknown, "Production has the table shop.far", "SHOW CREATE TABLE")
	b.do(t, "DROP TABLE shop.far")
	b.do(t, "CREATE SERVER near FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1', PORT "+a.port+", USER 'x', PASSWORD 's3cret-x', DATABASE 'shop')")
	expect(t, compare(t, a.dsn("seer", ""), b.dsn("seer", "")), DataLink, "Production knows the server near at 127.0.0.1:"+a.port)
	b.do(t, "DROP SERVER near", "UNINSTALL SONAME 'ha_federatedx'")

	// A proxy that sends SELECT to a reader and all else to the writer.
	spread := func(reader, writer *maria) *mysqlStore {
		s := &mysqlStore{conn: proxied{reader.open(t).conn, writer.open(t).conn}, limit: DefaultLimit}
		if trouble := s.gather(t.Context()); trouble != nil {
			t.Fatal(trouble)
		}
		return s
	}
	through := func(x, y store) Result {
		return Conclude(compareMySQL(t.Context(), Options{}.complete(), Finding{System: systemMySQL}, x, y)...)
	}
	expect(t, through(a.open(t), spread(b, a)), SameInstance, "started at the same second")
	expect(t, through(spread(b, a), a.open(t)), SameInstance, "started at the same second")
	expect(t, through(b.open(t), spread(b, a)), SameInstance, "A named lock")
	if r := through(a.open(t), spread(b, b)); r.Verdict != Distinct {
		t.Errorf("one server behind a proxy: %s", r)
	}

	b.do(t, "CHANGE MASTER TO master_host='127.0.0.1', master_port="+a.port+", master_user='copier', master_password='s3cret-copier', master_use_gtid=slave_pos")
	expect(t, compare(t, b.dsn("seer", ""), a.dsn("seer", "")), DataLink, "Staging is set up to copy from 127.0.0.1:"+a.port)
	// It would stop at what it has itself already.
	b.do(t, "DROP DATABASE shop", "DROP DATABASE shop_staging", "DROP USER watcher", "RESET MASTER", "SET GLOBAL sql_slave_skip_counter=0", "SET GLOBAL slave_exec_mode=IDEMPOTENT", "SET GLOBAL replicate_do_db='shop'", "START SLAVE IO_THREAD")
	until(t, "the replica receives", func(ctx context.Context) bool {
		r := Compare(ctx, []string{b.dsn("seer", "")}, []string{a.dsn("seer", "")}, Options{})
		return strings.Contains(r.String(), "Staging copies from 127.0.0.1:"+a.port)
	})
	expect(t, compare(t, b.dsn("seer", ""), a.dsn("seer", "")), DataLink, "Staging copies from 127.0.0.1:"+a.port)
}

// newRedis starts a Redis server; the password is of everybody.
func newRedis(t *testing.T, more ...string) (servant, string) {
	t.Helper()
	s, port := newServant(t, "nobody"), freePort(t)
	s.serve(t, syscall.SIGTERM, "redis", binary(t, "redis-server", "redis-server"), append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.dir, "--requirepass", "s3cret", "--masterauth", "s3cret", "--daemonize", "no", "--repl-diskless-sync-delay", "0"}, more...)...)
	until(t, "redis answers", func(ctx context.Context) bool { return toRedis(t, port).Ping(ctx).Err() == nil })
	return s, port
}

func toRedis(t *testing.T, port string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, Password: "s3cret", DialerRetries: 1, MaxRetries: -1})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRealRedis(t *testing.T) {
	t.Parallel()
	_, a := newRedis(t)
	_, b := newRedis(t)
	_, replica := newRedis(t, "--replicaof", "127.0.0.1 "+a)
	until(t, "the replica is in step", func(ctx context.Context) bool {
		return strings.Contains(toRedis(t, replica).Info(ctx, "replication").Val(), "master_link_status:up")
	})
	dsn := func(port string) string { return "redis://:s3cret@127.0.0.1:" + port }

	expect(t, compare(t, dsn(a)+"/1", dsn(a)+"/0"), SameInstance, "is counted by a listener", "number 1 (staging) and 0 (production)")
	expect(t, compare(t, dsn(a), dsn(b)), Distinct, "run_id differ", "not heard")
	expect(t, compare(t, dsn(replica), dsn(a)), DataLink)
	expect(t, compare(t, dsn(a), dsn(replica)), DataLink)
	expect(t, compare(t, "valkey://:s3cret@127.0.0.1:"+b, dsn(b)+"/3?protocol=3&foo=bar"), SameInstance)
	expect(t, compare(t, dsn(a), strings.Replace(dsn(b), "s3cret", "s3cret-wrong", 1)), Unknown, "does not let us in", "ACL SETUSER crosstalk on")
	expect(t, compare(t, dsn(a), "redis://127.0.0.1:"+b), Unknown, "does not let us in")
	expect(t, compare(t, dsn(a), dsn(freePort(t))), Unknown, "nothing listens there")
	expect(t, compare(t, dsn(a), dsn(b)+"/99"), Unknown, "no database of this number")

	// A user that may do nothing but say hello, on two servers and on one.
	for _, port := range []string{a, b, replica} {
		if err := toRedis(t, port).Do(t.Context(), "ACL", "SETUSER", "watcher", "on", ">s3cret-watcher", "+ping", "+select").Err(); err != nil {
			t.Fatal(err)
		}
	}
	least := func(port string) string { return "redis://watcher:s3cret-watcher@127.0.0.1:" + port }
	expect(t, compare(t, least(a), least(b)), Unknown, grantRedis, grantInfo)
	// What it names is enough, but for INFO.
	for _, port := range []string{a, b, replica} {
		if err := toRedis(t, port).Do(t.Context(), "ACL", "SETUSER", "watcher", "+publish", "+subscribe", "resetchannels", "&crosstalk-*").Err(); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, compare(t, least(a), least(a)+"/1"), SameInstance)
	expect(t, compare(t, least(a), least(replica)), DataLink, "What is published on staging arrives on production")
	expect(t, compare(t, least(replica), least(a)), DataLink, "What is published on production arrives on staging")
	expect(t, compare(t, least(a), least(b)), Unknown, "not heard on the other", grantInfo)
	for _, port := range []string{a, b} {
		if err := toRedis(t, port).Do(t.Context(), "ACL", "SETUSER", "watcher", "+info").Err(); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, compare(t, least(a), least(b)), Distinct)

	// Promoted, it goes on with the history under another name.
	if err := toRedis(t, replica).Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	expect(t, compare(t, dsn(replica), dsn(a)), SameLineage, "replication history")
}

// Who listens to everything is counted by PUBLISH, and is not the other server.
func TestRealRedisWithAPatternSubscriber(t *testing.T) {
	t.Parallel()
	_, a := newRedis(t)
	_, b := newRedis(t)
	_, replica := newRedis(t, "--replicaof", "127.0.0.1 "+a)
	for _, port := range []string{a, b} {
		c := toRedis(t, port)
		everything := c.PSubscribe(t.Context(), "*")
		t.Cleanup(func() { _ = everything.Close() })
		if _, err := everything.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		// One that may not ask INFO has nothing but what it hears.
		for _, to := range []string{port, replica} {
			if err := toRedis(t, to).Do(t.Context(), "ACL", "SETUSER", "watcher", "on", ">s3cret-watcher", "+ping", "+select", "+publish", "+subscribe", "resetchannels", "&crosstalk-*").Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	dsn := func(port string) string { return "redis://:s3cret@127.0.0.1:" + port }
	least := func(port string) string { return "redis://watcher:s3cret-watcher@127.0.0.1:" + port }
	expect(t, compare(t, dsn(a), dsn(b)), Distinct, "run_id differ", "not heard")
	expect(t, compare(t, least(a), least(b)), Unknown, "not heard on the other", grantInfo)
	expect(t, compare(t, dsn(a), dsn(a)+"/1"), SameInstance, "is counted by a listener")
	expect(t, compare(t, least(a), least(a)+"/1"), SameInstance, "is counted by a listener")
	expect(t, compare(t, least(a), least(replica)), DataLink, "What is published on staging arrives on production")
	expect(t, compare(t, least(replica), least(a)), DataLink, "What is published on production arrives on staging")
}

// The application's own user may be the one that was given: what is granted to it
// must take nothing from it.
func TestRealRedisGrantTakesNoChannelAway(t *testing.T) {
	t.Parallel()
	_, a := newRedis(t)
	_, b := newRedis(t)
	for _, port := range []string{a, b} {
		if err := toRedis(t, port).Do(t.Context(), "ACL", "SETUSER", "watcher", "on", ">s3cret-watcher", "+@all", "-info", "~*", "resetchannels", "&orders:*").Err(); err != nil {
			t.Fatal(err)
		}
	}
	app := func(port string) string { return "redis://watcher:s3cret-watcher@127.0.0.1:" + port }
	r := compare(t, app(a), app(b))
	expect(t, r, Unknown, "The user lacks a privilege", grantRedis, grantInfo)
	for _, command := range strings.Split(r.String(), "ACL SETUSER ")[1:] {
		command, _, _ = strings.Cut(command, ";")
		if user, rest, _ := strings.Cut(command, " "); user != "crosstalk" && strings.Contains(rest, "resetchannels") {
			t.Errorf("it takes the channels of %s away: %s", user, rest)
		}
	}
	// What it names is enough, with any database.
	_, command, _ := strings.Cut(grantRedis, ": ")
	var grant []any
	for word := range strings.FieldsSeq(strings.Replace(command, "'>...'", ">s3cret-own", 1)) {
		grant = append(grant, word)
	}
	for _, port := range []string{a, b} {
		if err := toRedis(t, port).Do(t.Context(), grant...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	own := func(port string) string { return "redis://crosstalk:s3cret-own@127.0.0.1:" + port + "/3" }
	expect(t, compare(t, own(a), own(b)), Distinct, "run_id differ")
	expect(t, compare(t, own(a), app(a)), SameInstance)
}
