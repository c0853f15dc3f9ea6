package identity

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

// Every form in which a store is compared is a form in which it can be watched.
func TestPlacesForDrivers(t *testing.T) {
	for dsn, want := range map[string]string{
		"jdbc:postgresql://db.test:5433/shop?user=u&password=p&reWriteBatchedInserts=true": "postgres:///shop?host=db.test&port=5433&user=u&password=p",
		"postgresql+psycopg://u:p@db.test/shop?schema=public&sslmode=disable":              "postgres://u:p@/shop?host=db.test&port=5432&sslmode=disable",
		"postgis://u:p@db.test/shop?pgbouncer=true":                                        "postgres://u:p@/shop?host=db.test&port=5432",
		"host=db.test dbname=shop password=p":                                              "dbname='shop' host='db.test' password='p' port='5432'",
		"jdbc:mysql://db.test:3307/shop?user=u&password=p&useSSL=true":                     "u:p@tcp(db.test:3307)/shop?tls=true",
		"mysql2://u:p%40@db.test/shop?charset=utf8mb4":                                     "u:p@@tcp(db.test:3306)/shop",
		"jdbc:aws-wrapper:postgresql://db.test/shop?user=u&password=p":                     "postgres:///shop?host=db.test&port=5432&user=u&password=p",
		"jdbc:mysql:replication://db.test:3307,db2.test/shop?user=u&password=p":            "u:p@tcp(db.test:3307)/shop",
		"psql://u:p@db.test/shop":                                                          "postgres://u:p@/shop?host=db.test&port=5432",
		"rediscache://:p@cache.test/2":                                                     "redis://:p@cache.test/2",
		"mysql2://u:p@localhost/shop?socket=/tmp/a.sock":                                   "u:p@unix(/tmp/a.sock)/shop",
		"redis+socket://u:p@/run/redis.sock?virtual_host=2":                                "unix://u:p@/run/redis.sock?db=2",
		"u:p@tcp(db.test:3307)/shop":                                                       "u:p@tcp(db.test:3307)/shop",
		"redis+cluster://:p@cache.test:6380/2?client_name=x":                               "redis://:p@cache.test:6380/2",
		"valkeys://cache.test?db=3":                                                        "rediss://cache.test/3",
		"unix:///run/redis.sock?db=1":                                                      "unix:///run/redis.sock?db=1",
	} {
		p, err := ParseDSN(dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		got, err := p.ForDriver()
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", dsn, got, err, want)
			continue
		}
		switch p.System {
		case systemPostgres:
			c, perr := pgconn.ParseConfig(got)
			if err = perr; err == nil && len(c.RuntimeParams) > 0 {
				t.Errorf("%s: the server is sent %v", dsn, c.RuntimeParams)
			}
		case systemMySQL:
			_, err = mysql.ParseDSN(got)
		case systemRedis:
			_, err = redis.ParseURL(got)
		}
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for _, dsn := range []string{"sqlite:x.db", "mongodb://h/x", "jdbc:postgresql:///d?cloudSqlInstance=p:r:i", "jdbc:mysql://localhost/d?socketFactory=x", "Host=h;Username=u;Password=p;Database=d"} {
		p, err := ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.ForDriver(); err == nil {
			t.Errorf("%s: %q", dsn, got)
		}
	}
}

// PostgreSQL is asked where the string leads, whatever the tester's own settings are.
func TestPostgresIsDialledWhereItIsCompared(t *testing.T) {
	t.Setenv("PGHOST", "other.test")
	t.Setenv("PGPORT", "6000")
	const password = `p '\x`
	for dsn, want := range map[string]string{
		`hostaddr=192.0.2.1 dbname=shop password='p \'\\x'`: "192.0.2.1:5432",
		"host=db.test hostaddr=192.0.2.1 dbname=shop":       "192.0.2.1:5432",
		"host=a.test,b.test port=1,2 dbname=shop":           "a.test:1 b.test:2",
		"postgres://u:p@db.test/shop":                       "db.test:5432",
		"postgres://u:p@a.test,b.test/shop":                 "a.test:5432 b.test:5432",
		"postgres://u:p@/shop?host=a.test,b.test&port=1,2":  "a.test:1 b.test:2",
		"postgres://u:p@[2001:db8::1]/shop#x":               "[2001:db8::1]:5432",
		"cockroachdb://u:p@db.test":                         "db.test:26257",
		"dbname=shop user=u":                                "other.test:6000",
		"postgres:///shop":                                  "other.test:6000",
	} {
		p, err := ParseDSN(dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		c, err := pgconn.ParseConfig(postgresDSN(p))
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		dialled := []string{net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))}
		for _, f := range c.Fallbacks {
			if at := net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))); !slices.Contains(dialled, at) {
				dialled = append(dialled, at)
			}
		}
		if got := strings.Join(dialled, " "); got != want || strings.Contains(dsn, "password") && c.Password != password {
			t.Errorf("%s is dialled at %s, want %s; password %q", dsn, got, want, c.Password)
		}
		if got := strings.Join(p.Hosts, " "); got != want && want != "other.test:6000" {
			t.Errorf("%s is compared by %s, want %s", dsn, got, want)
		}
	}
}
