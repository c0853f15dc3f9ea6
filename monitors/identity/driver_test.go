package identity

import (
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

// Every form in which a store is compared is a form in which it can be watched.
func TestPlacesForDrivers(t *testing.T) {
	for dsn, want := range map[string]string{
		"jdbc:postgresql://db.test:5433/shop?user=u&password=p&reWriteBatchedInserts=true": "postgres://db.test:5433/shop?user=u&password=p",
		"postgresql+psycopg://u:p@db.test/shop?schema=public&sslmode=disable":              "postgres://u:p@db.test/shop?sslmode=disable",
		"postgis://u:p@db.test/shop?pgbouncer=true":                                        "postgres://u:p@db.test/shop",
		"host=db.test dbname=shop password=p":                                              "host=db.test dbname=shop password=p",
		"jdbc:mysql://db.test:3307/shop?user=u&password=p&useSSL=true":                     "u:p@tcp(db.test:3307)/shop?tls=true",
		"mysql2://u:p%40@db.test/shop?charset=utf8mb4":                                     "u:p@@tcp(db.test:3306)/shop",
		"jdbc:aws-wrapper:postgresql://db.test/shop?user=u&password=p":                     "postgres://db.test/shop?user=u&password=p",
		"jdbc:mysql:replication://db.test:3307,db2.test/shop?user=u&password=p":            "u:p@tcp(db.test:3307)/shop",
		"psql://u:p@db.test/shop":                                                          "postgres://u:p@db.test/shop",
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
