//go:build real

package identity

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestRealPostgres(t *testing.T) {
	t.Parallel()
	a, b := newCluster(t), newCluster(t)
	standby, restored := copyOf(t, a, true), copyOf(t, a, false)
	until(t, "the standby receives", func(context.Context) bool {
		return standby.ask(t, "postgres", "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "1"
	})

	t.Run("one server, two databases", func(t *testing.T) {
		expect(t, compare(t, a.dsn("watcher", "shop"), a.dsn("watcher", "postgres")), SameInstance, "A lock taken through staging", "shop (staging) and postgres (production)")
	})
	t.Run("one server by another name", func(t *testing.T) {
		other := strings.Replace(a.dsn("watcher", "shop"), "127.0.0.1", "localhost", 1)
		expect(t, compare(t, a.dsn("watcher", "shop"), other), SameInstance, "one database, shop")
	})
	t.Run("two clusters", func(t *testing.T) {
		expect(t, compare(t, a.dsn("watcher", "shop"), b.dsn("watcher", "shop")), Distinct, "system identifiers differ", "a lock taken through staging is not seen", "hint: ", "loopback")
	})
	t.Run("a restored backup", func(t *testing.T) {
		expect(t, compare(t, restored.dsn("watcher", "shop"), a.dsn("watcher", "shop")), SameLineage, "a restored backup or a clone")
	})
	t.Run("a standby, seen by any login", func(t *testing.T) {
		expect(t, compare(t, standby.dsn("watcher", "shop"), a.dsn("watcher", "shop")), DataLink, "receives just what production writes")
		expect(t, compare(t, a.dsn("watcher", "shop"), standby.dsn("watcher", "shop")), DataLink, "receives just what staging writes")
	})
	t.Run("a standby, by its own word", func(t *testing.T) {
		a.do(t, "shop", "CREATE USER seer PASSWORD 's3cret-seer'; GRANT pg_monitor TO seer")
		until(t, "the standby knows the user, too", func(ctx context.Context) bool {
			conn, err := pgconn.Connect(ctx, standby.dsn("seer", "shop"))
			return err == nil && conn.Close(ctx) == nil
		})
		expect(t, compare(t, standby.dsn("seer", "shop"), a.dsn("seer", "shop")), DataLink, "receives from 127.0.0.1:"+a.port)
		expect(t, compare(t, standby.dsn("admin", "shop"), a.dsn("admin", "shop")), DataLink, "receives from 127.0.0.1:"+a.port)
	})
	t.Run("a standby, by its primary's word", func(t *testing.T) {
		s, trouble := openPostgres(t.Context(), Options{}.complete(), Place{Hosts: []string{"127.0.0.1:" + a.port}, dsn: new(a.dsn("seer", "shop"))})
		if trouble != nil {
			t.Fatal(trouble)
		}
		defer s.close()
		// The copy that is no standby receives nothing.
		if f := &s.(*postgres).facts; len(f.senders) != 1 || f.senders[0] != (sender{"walreceiver", "127.0.0.1"}) || len(f.at) != 1 {
			t.Errorf("it sends to %v and stands at %v", f.senders, f.at)
		}
	})
	t.Run("a standby of a busy primary", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		busy := make(chan error, 1)
		conn, err := pgconn.Connect(t.Context(), a.dsn("admin", "shop"))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for ctx.Err() == nil {
				if _, err := conn.Exec(t.Context(), "CREATE TABLE load AS SELECT generate_series(1, 200); DROP TABLE load").ReadAll(); err != nil {
					busy <- err
					return
				}
			}
			busy <- conn.Close(context.WithoutCancel(ctx))
		}()
		expect(t, compare(t, standby.dsn("watcher", "shop"), a.dsn("watcher", "shop")), DataLink, "receives just what production writes")
		cancel()
		if err := <-busy; err != nil {
			t.Error(err)
		}
	})
	t.Run("the standby of another copy", func(t *testing.T) {
		// Of the same lineage, and busy: it must not be taken for its primary.
		a.do(t, "shop", "CREATE TABLE busy AS SELECT generate_series(1, 1000)")
		r := compare(t, restored.dsn("watcher", "shop"), standby.dsn("watcher", "shop"))
		expect(t, r, Unknown, "SAME LINEAGE", "GRANT pg_monitor TO <user>;")
		expect(t, compare(t, restored.dsn("admin", "shop"), standby.dsn("admin", "shop")), Unknown, "SAME LINEAGE", "receives from 127.0.0.1:"+a.port)
	})
	t.Run("by the owners' statements", func(t *testing.T) {
		says := func(c *cluster) string { return c.ask(t, "shop", StatementPostgres) }
		for _, c := range []struct {
			staging, production *cluster
			want                Verdict
		}{{a, a, SameInstance}, {a, b, Distinct}, {restored, a, SameLineage}} {
			answers := Answers{Staging: []string{says(c.staging)}, Production: []string{says(c.production)}}
			read, err := ReadAnswers("answers.txt", strings.NewReader(answers.String()), nil)
			if err != nil {
				t.Fatal(err)
			}
			r := Conclude(read.compareLines(t.Context(), Options{}.complete())...)
			sound(t, r, "s3cret")
			expect(t, r, c.want)
		}
	})
	t.Run("without the right to the identifier", func(t *testing.T) {
		restored.do(t, "shop", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
		r := compare(t, restored.dsn("watcher", "shop"), b.dsn("watcher", "shop"))
		expect(t, r, Unknown, "GRANT EXECUTE ON FUNCTION pg_control_system() TO <user>;", "not seen in production")
	})
	t.Run("wrong password", func(t *testing.T) {
		wrong := strings.Replace(b.dsn("watcher", "shop"), "s3cret-watcher", "s3cret-wrong", 1)
		expect(t, compare(t, a.dsn("watcher", "shop"), wrong), Unknown, "does not let us in", "CREATE ROLE crosstalk LOGIN")
	})
	t.Run("one server, wrong password", func(t *testing.T) {
		wrong := strings.Replace(a.dsn("watcher", "shop"), "s3cret-watcher", "s3cret-wrong", 1)
		r := compare(t, a.dsn("watcher", "shop"), wrong)
		expect(t, r, SharedNeighbour, "Both are reached at 127.0.0.1:"+a.port+", where only one of them let us in", "does not let us in", "CREATE ROLE crosstalk LOGIN")
		if r.Linked() || len(r.Open()) == 0 {
			t.Errorf("it is settled: %s", r)
		}
	})
	t.Run("no such database", func(t *testing.T) {
		expect(t, compare(t, a.dsn("watcher", "shop"), b.dsn("watcher", "shops")), Unknown, "no database of this name")
	})
	t.Run("no right to connect", func(t *testing.T) {
		b.do(t, "postgres", "CREATE DATABASE closed")
		b.do(t, "postgres", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
		expect(t, compare(t, a.dsn("watcher", "shop"), b.dsn("watcher", "closed")), Unknown, "GRANT CONNECT ON DATABASE <database> TO <user>;")
	})
	t.Run("nobody there", func(t *testing.T) {
		nobody := &cluster{port: freePort(t)}
		expect(t, compare(t, a.dsn("watcher", "shop"), nobody.dsn("watcher", "shop")), Unknown, "nothing listens there")
	})
	t.Run("what libraries add to a DSN", func(t *testing.T) {
		jdbc := "jdbc:postgresql://127.0.0.1:" + a.port + "/shop?user=watcher&password=s3cret-watcher&schema=public&ApplicationName=x"
		expect(t, compare(t, jdbc, a.dsn("watcher", "shop")), SameInstance)
	})
	t.Run("a list of each", func(t *testing.T) {
		r := Compare(t.Context(), []string{a.dsn("watcher", "shop"), b.dsn("watcher", "shop")}, []string{restored.dsn("watcher", "shop"), b.dsn("watcher", "postgres")}, Options{})
		sound(t, r, "s3cret", "watcher")
		expect(t, r, SameInstance, "shop (staging) and postgres (production)")
	})
	t.Run("nothing is left behind", func(t *testing.T) {
		for _, c := range []*cluster{a, b, standby, restored} {
			until(t, "our connections are closed", func(context.Context) bool {
				return c.ask(t, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crosstalk-check'") == "0"
			})
			if n := c.ask(t, "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"); n != "0" {
				t.Errorf("%s advisory locks are left", n)
			}
		}
	})
}

func TestRealPostgresLinks(t *testing.T) {
	t.Parallel()
	a, b := newCluster(t), newCluster(t)
	x, y := a.dsn("watcher", "shop"), b.dsn("watcher", "shop")

	a.do(t, "shop", "CREATE EXTENSION postgres_fdw")
	a.do(t, "shop", "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.elsewhere.invalid', port '5432', dbname 'shop')")
	expect(t, compare(t, x, y), Unknown, "the foreign server far, which leads to db.elsewhere.invalid:5432", "under another name")
	a.do(t, "shop", "CREATE SERVER near FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '"+b.port+"', dbname 'shop')")
	expect(t, compare(t, x, y), DataLink, "the foreign server near, which leads to 127.0.0.1:"+b.port)
	expect(t, compare(t, y, x), DataLink, "Production has the foreign server near")
	statements := Answers{Staging: []string{a.ask(t, "shop", StatementPostgres)}, Production: []string{b.ask(t, "shop", StatementPostgres)}}
	if r := statements.Result(t.Context(), Options{}); r.Linked() || !strings.Contains(r.String(), "leads to 127.0.0.1:"+b.port) {
		// What a server calls loopback cannot be placed from its own word alone.
		t.Errorf("by statements: %s", r)
	}
	a.do(t, "shop", "DROP SERVER far")
	a.do(t, "shop", "DROP SERVER near")
	a.do(t, "shop", "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
	expect(t, compare(t, x, y), Distinct, "leads away from it")
	a.do(t, "shop", "CREATE FOREIGN DATA WRAPPER jdbc_fdw; CREATE SERVER far FOREIGN DATA WRAPPER jdbc_fdw OPTIONS (url 'jdbc:postgresql://"+b.dsn("admin", "shop")+"')")
	expect(t, compare(t, x, y), Unknown, "the foreign server far, and where that leads is not told")
	a.do(t, "shop", "DROP SERVER far")
	a.do(t, "shop", "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (service 'orders')")
	expect(t, compare(t, x, y), Unknown, "the foreign server far, and where that leads is not told")
	a.do(t, "shop", "DROP SERVER far")
	// Through tunnels, production is where staging finds itself.
	a.do(t, "shop", "CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', port '"+a.port+"')")
	tunnelled := func(c *cluster, listen string) string {
		return strings.Replace(c.dsn("watcher", "shop"), "127.0.0.1:"+c.port, tunnel(t, listen, "127.0.0.1:"+c.port), 1)
	}
	through, throughB := tunnelled(a, "127.0.0.2:0"), tunnelled(b, "127.0.0.2:"+a.port)
	expect(t, compare(t, through, throughB), Distinct, "leads away from it")
	expect(t, compare(t, x, throughB), Distinct, "leads away from it")
	a.do(t, "shop", "CREATE SERVER beside FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', port '"+b.port+"')")
	expect(t, compare(t, through, tunnelled(b, "127.0.0.2:"+b.port)), Unknown, "the foreign server beside, which leads to localhost:"+b.port+", which is production only if both stand on one machine")
	a.do(t, "shop", "DROP SERVER beside")
	a.do(t, "shop", "DROP SERVER itself")
	expect(t, compare(t, x, y), Distinct)

	a.do(t, "shop", "CREATE EXTENSION dblink")
	expect(t, compare(t, x, y), Unknown, "extension dblink", "dblink_connect")
	a.do(t, "shop", "CREATE FUNCTION pull() RETURNS SETOF int LANGUAGE sql AS $$ SELECT * FROM dblink('host=127.0.0.1 port="+b.port+" dbname=shop user=admin password=s3cret-admin', 'SELECT 1') AS t(n int) $$")
	expect(t, compare(t, x, y), DataLink, "function pull that calls dblink")
	a.do(t, "shop", "DROP FUNCTION pull")
	a.do(t, "shop", "DROP EXTENSION dblink")

	b.do(t, "shop", "CREATE TABLE orders (n int PRIMARY KEY)")
	b.do(t, "shop", "CREATE PUBLICATION orders FOR TABLE orders")
	a.do(t, "shop", "CREATE TABLE orders (n int PRIMARY KEY)")
	a.do(t, "shop", "CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port="+b.port+" dbname=shop user=admin password=s3cret-admin' PUBLICATION orders")
	until(t, "the subscription is served", func(context.Context) bool {
		return b.ask(t, "shop", "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'feed' AND active") == "1"
	})
	expect(t, compare(t, x, y), Unknown, "Staging has the subscription feed, and production has a logical slot of its name in use")
	expect(t, compare(t, a.dsn("admin", "shop"), b.dsn("admin", "shop")), DataLink, "Staging has the subscription feed to 127.0.0.1:"+b.port)
	statements = Answers{Staging: []string{a.ask(t, "shop", StatementPostgres)}, Production: []string{b.ask(t, "shop", StatementPostgres)}}
	if r := statements.Result(t.Context(), Options{}); r.Linked() || !strings.Contains(r.String(), "a logical slot of its name in use") {
		// A name alone proves nothing, and a plain login may not read where it leads.
		t.Errorf("by statements: %s", r)
	}
	a.do(t, "shop", "ALTER SUBSCRIPTION feed DISABLE")
	until(t, "the slot is let go", func(context.Context) bool {
		return b.ask(t, "shop", "SELECT count(*) FROM pg_replication_slots WHERE active") == "0"
	})
	expect(t, compare(t, x, y), Unknown, "here staging's subscription feed leads is not known")
	a.do(t, "shop", "ALTER SUBSCRIPTION feed SET (slot_name = NONE)")
	a.do(t, "shop", "DROP SUBSCRIPTION feed")
}
