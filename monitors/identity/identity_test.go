package identity

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestVerdictNames(t *testing.T) {
	for v := Unknown; v <= SameInstance; v++ {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back Verdict
		if err := json.Unmarshal(text, &back); err != nil || back != v || string(text) != `"`+v.String()+`"` {
			t.Errorf("%v: %s, %v, %v", v, text, back, err)
		}
	}
	var v Verdict
	if err := v.UnmarshalText([]byte("safe")); err == nil {
		t.Error("a verdict that does not exist was read")
	}
	if _, err := Verdict(9).MarshalText(); err == nil {
		t.Error("a verdict that does not exist was written")
	}
}

func TestConcludeWeighs(t *testing.T) {
	f := func(v Verdict, hint bool) Finding { return Finding{Verdict: v, Hint: hint} }
	for _, c := range []struct {
		findings []Finding
		want     Verdict
		open     int
	}{
		{nil, Unknown, 0},
		{[]Finding{f(Distinct, false), f(Distinct, false)}, Distinct, 0},
		// It speaks for all: one open question leaves the whole open.
		{[]Finding{f(Distinct, false), f(Unknown, false)}, Unknown, 1},
		{[]Finding{f(Distinct, false), f(Unknown, true)}, Distinct, 0},
		{[]Finding{f(SameLineage, false), f(Unknown, false)}, Unknown, 1},
		{[]Finding{f(SameLineage, false), f(Unknown, true)}, SameLineage, 0},
		{[]Finding{f(SharedNeighbour, false), f(Unknown, false)}, SharedNeighbour, 1},
		{[]Finding{f(Distinct, false), f(SharedNeighbour, false), f(SameLineage, false)}, SharedNeighbour, 0},
		{[]Finding{f(SharedNeighbour, true), f(Distinct, false)}, Distinct, 0},
		{[]Finding{f(SameInstance, true)}, Unknown, 0},
		{[]Finding{f(DataLink, false), f(SameInstance, false), f(Unknown, false)}, SameInstance, 1},
	} {
		r := Conclude(c.findings...)
		if r.Verdict != c.want || len(r.Open()) != c.open || r.Linked() != (c.want >= DataLink) {
			t.Errorf("%v: %v with %d open", c.findings, r.Verdict, len(r.Open()))
		}
		if j := Join(r, Result{}); j.Verdict != c.want {
			t.Errorf("joined: %v, want %v", j.Verdict, c.want)
		}
	}
	r := Conclude(f(SameInstance, true), f(Unknown, false), f(DataLink, false))
	if r.Findings[0].Verdict != DataLink || !r.Findings[2].Hint {
		t.Errorf("not the strongest first and hints last: %v", r.Findings)
	}
}

// What is open decides; what is known is said all the same.
func TestWordsSayWhatIsKnown(t *testing.T) {
	copied := Finding{Verdict: SameLineage, Evidence: "One was copied."}
	open := Finding{Verdict: Unknown, Evidence: "Nobody has answered"}
	for _, c := range []struct {
		findings []Finding
		want     string
	}{
		{nil, "UNKNOWN."},
		{[]Finding{copied}, "SAME LINEAGE: One was copied."},
		{[]Finding{copied, open}, "UNKNOWN: Nobody has answered. What is known, SAME LINEAGE: One was copied."},
		{[]Finding{open, {Verdict: Distinct, Evidence: "They differ."}}, "UNKNOWN: Nobody has answered."},
		{[]Finding{open, {Verdict: DataLink, Evidence: "One receives."}}, "DATA LINK: One receives."},
		{[]Finding{open, {Verdict: SameLineage, Hint: true, Evidence: "A hint."}}, "UNKNOWN: Nobody has answered."},
	} {
		if got := Conclude(c.findings...).Words(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestParseDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@DB.example:5433/shop?sslmode=require":          "postgres db.example:5433/shop",
		"postgresql://u:p@db.example/shop":                             "postgres db.example:5432/shop",
		"postgresql+asyncpg://u:p@db.example/shop":                     "postgres db.example:5432/shop",
		"postgres://u:p@a.example,b.example:6000/shop":                 "postgres a.example:5432,b.example:6000/shop",
		"postgres://u:p@[2001:db8::1]:5432/shop":                       "postgres [2001:db8::1]:5432/shop",
		"postgres://u:p@[2001:db8::1]/shop":                            "postgres [2001:db8::1]:5432/shop",
		"postgres://u:p%40ss@db.example/my%20shop":                     "postgres db.example:5432/my shop",
		"postgres://u:p@ss@db.example/shop":                            "postgres db.example:5432/shop",
		"postgres:///shop?host=/var/run/postgresql":                    "postgres /var/run/postgresql/shop",
		"postgres:///shop?host=db.example&port=7000":                   "postgres db.example:7000/shop",
		"postgres:///shop":                                             "postgres localhost:5432/shop",
		"jdbc:postgresql://db.example:5432/shop?user=u&password=p":     "postgres db.example:5432/shop",
		"jdbc:sqlserver://db.example:1433;databaseName=shop;user=u":    "sqlserver db.example:1433/shop",
		"host=db.example port=5433 dbname='my shop' user=u password=p": "postgres db.example:5433/my shop",
		"dbname=shop":           "postgres localhost:5432/shop",
		"host=/tmp dbname=shop": "postgres /tmp/shop",
		"u:p@tcp(db.example:3307)/shop?parseTime=true":                                                                      "mysql db.example:3307/shop",
		"u:p@tcp(db.example)/":                                                                                              "mysql db.example:3306",
		"u:p@unix(/run/mysqld.sock)/shop":                                                                                   "mysql /run/mysqld.sock/shop",
		"mysql://u:p@db.example/shop":                                                                                       "mysql db.example:3306/shop",
		"mysql2://root@localhost/a?socket=/tmp/a.sock":                                                                      "mysql /tmp/a.sock/a",
		"mysql+pymysql://u:p@/shop?unix_socket=/cloudsql/p:r:i&charset=utf8":                                                "mysql /cloudsql/p:r:i/shop",
		"jdbc:mariadb://localhost:3306/shop?localSocket=/run/mysqld.sock":                                                   "mysql /run/mysqld.sock/shop",
		"postgresql+pg8000://u:p@/shop?unix_sock=/cloudsql/p:r:i/.s.PGSQL.5432":                                             "postgres /cloudsql/p:r:i/.s.PGSQL.5432/shop",
		"jdbc:postgresql:///shop?cloudSqlInstance=p:r:i&socketFactory=com.google.x":                                         "postgres p:r:i/shop",
		"jdbc:mysql:///shop?cloudSqlInstance=p:r:i":                                                                         "mysql p:r:i/shop",
		"jdbc:postgresql://localhost/shop?socketFactory=org.x.Factory&socketFactoryArg=/run/.s.5":                           "postgres /run/.s.5/shop",
		"redis+socket://u:p@/run/redis.sock?virtual_host=2":                                                                 "redis /run/redis.sock/2",
		"mysql2://u:p@db.example/shop":                                                                                      "mysql db.example:3306/shop",
		"jdbc:mariadb://db.example/shop":                                                                                    "mysql db.example:3306/shop",
		"Server=db.example;Port=3307;Database=shop;Uid=u;Pwd=p;":                                                            "mysql db.example:3307/shop",
		"Host=db.example;Database=shop;Username=u;Password=p":                                                               "postgres db.example:5432/shop",
		"mysql:host=db.example;dbname=shop;port=3307":                                                                       "mysql db.example:3307/shop",
		"sqlsrv:Server=db.example,1434;Database=shop":                                                                       "sqlserver db.example:1434/shop",
		"(DESCRIPTION=(ADDRESS=(HOST=a.example)(PORT=1522))(ADDRESS=(HOST=b.example)(PORT=1523))(CONNECT_DATA=(SID=shop)))": "oracle a.example:1522,b.example:1523/shop",
		"Server=tcp:db.example,1433;Initial Catalog=shop":                                                                   "sqlserver db.example:1433/shop",
		"redis://:p@cache.example":                                                                                          "redis cache.example:6379/0",
		"rediss://u:p@cache.example:6380/2":                                                                                 "redis cache.example:6380/2",
		"valkey://cache.example/1":                                                                                          "redis cache.example:6379/1",
		"redis://cache.example?db=4":                                                                                        "redis cache.example:6379/4",
		"unix://u:p@/run/redis.sock?db=1":                                                                                   "redis /run/redis.sock/1",
		"mongodb+srv://u:p@shop.mongodb.example/shop":                                                                       "mongodb shop.mongodb.example:srv/shop",
		"mongodb://u:p@a.example,b.example:27018/shop":                                                                      "mongodb a.example:27017,b.example:27018/shop",
		"mongodb://u:p@db.example:10255/?ssl=true&appName=@shop@":                                                           "mongodb db.example:10255",
		"amqps://u:p@queue.example/shop":                                                                                    "amqp queue.example:5671/shop",
		"https://api.example/hooks/s3cret?key=p":                                                                            "http api.example:443",
		"sqlite:///var/lib/shop.db":                                                                                         "sqlite /var/lib/shop.db",
		"sqlite:////var/lib/shop.db":                                                                                        "sqlite /var/lib/shop.db",
		"file:shop.db?mode=ro":                                                                                              "sqlite shop.db",
		"/var/lib/shop.sqlite3":                                                                                             "sqlite /var/lib/shop.sqlite3",
		`C:\shop\shop.db`:                                                                                                   `sqlite C:\shop\shop.db`,
		":memory:":                                                                                                          "sqlite :memory:",
	} {
		p, err := ParseDSN(dsn)
		if got := p.System + " " + p.String(); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", dsn, got, err, want)
		}
	}
}

func TestParseDSNRefusesWithoutRepeating(t *testing.T) {
	for _, dsn := range []string{
		"mysql2://u:s3cret@db.example/shop?socket=/tmp/a.sock", "mysql://u:x@/shop?unix_socket=/s3cret@db.example",
		"", "s3cret", "postgres://u:s3cret/5@db.example/shop", "postgres://u:12345/s3cret@db.example/shop", "postgres://db.example:s3cret/shop",
		"gopher://u:s3cret@db.example", "postgres://u:12?s3cret@db.example/shop", "redis://u:12#s3cret@cache.example/0", "u:s3cret@tcp(db", "host='s3cret", "password=s3cret", "redis://u:s3cret#x@cache.example/0",
		"postgres://u:p@s3cret host/x", "mysql://u:s3cret@db.example:99999/", "sqlite:", "unix://s3cret", "a=s3cret;b=c", "postgres://u:s3cret@db.example/\nx",
		"postgres://s3cret:12?a=b@db.example/shop", "postgres://s3cret:12/?a=b&c@db.example/shop", "postgres://u:a@s3cret/x?c=d@db.example/shop", "unix://u:a@/s3cret?b@/run/redis.sock",
	} {
		p, err := ParseDSN(dsn)
		if err == nil {
			t.Errorf("%q: %v", dsn, p)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}

// No way of printing a place shows what its DSN holds beside host, port and name.
func TestPlacesKeepSecrets(t *testing.T) {
	env, err := ParseEnv("x.env", []byte("DATABASE_URL=postgres://s3cret-user:s3cret-pw@db.example/shop?application_name=s3cret\n"))
	if err != nil || len(env.Places) != 1 {
		t.Fatal(env, err)
	}
	text, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(text), fmt.Sprint(env), fmt.Sprintf("%+v", env), fmt.Sprintf("%#v", env), fmt.Sprintf("%q", env.Places), fmt.Sprint(&env.Places[0])} {
		if strings.Contains(s, "s3cret") || !strings.Contains(s, "db.example") {
			t.Error(s)
		}
	}
	if dsns := env.DSNs(); len(dsns) != 1 || !strings.Contains(dsns[0], "s3cret-pw") {
		t.Errorf("%q", dsns)
	}
}

func FuzzParseDSN(f *testing.F) {
	for _, s := range []string{"postgres://u:p@h:1/d?host=x", "u:p@tcp(h:1)/d", "host=a port=1 dbname='x\\'y'", "Server=a;Database=b", "sqlite:///x", "mongodb+srv://u:p@a,b/c", "jdbc:sqlserver://h;databaseName=x", "redis://[::1]:5/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		p, err := ParseDSN(dsn)
		if err != nil {
			return
		}
		if p.System == "" || len(p.Hosts) == 0 && p.Path == "" {
			t.Errorf("%q leads nowhere: %+v", dsn, p)
		}
		if strings.ContainsAny(p.String(), "\n\r\x1b") {
			t.Errorf("%q is printed as %q", dsn, p.String())
		}
	})
}

// A password that nobody has escaped is refused or stays out of the place: it is
// never taken for a host, a path or a name.
func FuzzPasswordsStayOut(f *testing.F) {
	for _, s := range []string{"p", "12?a=b", "12/?a=b&c", "a@b", "a@b/x?c=d", "a@b?c", "a#b", "a;b=c", "x?host=y", "a@/x?y", "a?b?c=d", "[::1]", "%zz", "a&b=c", "tcp(x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, password string) {
		if low := strings.ToLower(password); strings.Contains(low, "appname") || strings.Contains(low, "application_name") {
			return // the one part of what follows a host that may hold an @
		}
		for form, want := range map[string]string{
			"postgres://user:%s@db.example/shop":                    "db.example:5432/shop",
			"postgres://user:%s@db.example":                         "db.example:5432",
			"jdbc:mysql://user:%s@db.example/shop?useSSL=true":      "db.example:3306/shop",
			"redis://:%s@db.example/1":                              "db.example:6379/1",
			"mongodb://user:%s@db.example/shop?appName=@shop@":      "db.example:27017/shop",
			"unix://user:%s@/run/redis.sock?db=1":                   "/run/redis.sock/1",
			"https://user:%s@api.example/hook":                      "api.example:443",
			"jdbc:sqlserver://user:%s@db.example;databaseName=shop": "db.example:1433/shop",
		} {
			if p, err := ParseDSN(strings.Replace(form, "%s", password, 1)); err == nil && p.String() != want {
				t.Errorf("%q in %s leads to %s", password, form, p)
			}
		}
	})
}
