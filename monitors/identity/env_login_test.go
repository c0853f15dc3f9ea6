package identity

import (
	"strings"
	"testing"
)

// A string that names no user is asked by the one beside it, and never by whoever runs
// the check.
func TestConnectionStringsAreAskedByTheirOwnUser(t *testing.T) {
	t.Setenv("PGUSER", "tester")
	t.Setenv("PGPASSWORD", "s3cret-of-tester")
	for _, c := range []struct{ name, text, want string }{
		{"x.properties", "spring.datasource.url=jdbc:postgresql://db.example:5432/shop?sslmode=require\nspring.datasource.username=app\nspring.datasource.password=s3cret/@", "jdbc:postgresql://app:s3cret%2F%40@db.example:5432/shop?sslmode=require"},
		{".env", "SPRING_DATASOURCE_URL=jdbc:mysql://db.example/shop\nSPRING_DATASOURCE_USERNAME=app\nSPRING_DATASOURCE_PASSWORD=s3cret", "jdbc:mysql://app:s3cret@db.example/shop"},
		{"x.yaml", "quarkus:\n  datasource:\n    username: app\n    password: s3cret\n    jdbc: {url: \"jdbc:postgresql://db.example/shop\"}\n", "jdbc:postgresql://app:s3cret@db.example/shop"},
		{".env", "REDIS_URL=redis://cache.example\nREDIS_PASSWORD=s3cret", "redis://:s3cret@cache.example"},
		{".env", "REDIS_URL=redis://cache.example", "redis://cache.example"},
		{".env", "DB_URL=jdbc:postgresql://db.example/shop?user=app&password=s3cret\nDB_USER=other\nDB_PASSWORD=s3cret-other", "jdbc:postgresql://db.example/shop?user=app&password=s3cret"},
		{".env", "DB_URL=postgres://app@db.example/shop\nDB_PASSWORD=s3cret", "postgres://app:s3cret@db.example/shop"},
		{".env", "DB_URL=postgres://app@db.example/shop\nDB_USER=app\nDB_PASSWORD=s3cret", "postgres://app:s3cret@db.example/shop"},
		{".env", "REDIS_URL=redis://cache.example\nREDIS_PASSWORD=null", "redis://cache.example"},
		// The password is another one's, or nobody's: PGPASSWORD is the tester's.
		{".env", "DB_URL=postgres://app@db.example/shop\nDB_USER=other\nDB_PASSWORD=s3cret", ""},
		{".env", "DB_URL=jdbc:postgresql://db.example/shop?user=app\nDB_PASSWORD=s3cret", ""},
		{".env", "DB_DSN=host=db.example dbname=shop user=app", ""},
		{"x.properties", "spring.datasource.url=jdbc:postgresql://db.example/shop\nspring.datasource.username=app\nspring.datasource.password=ENC(xyz)", ""},
		{".env", "DB_CONNECTION=pgsql\nDB_HOST=db.example\nDB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD={cipher}xyz", ""},
		{".env", "DB_URL=postgres://app:${DB_PASSWORD:-}@db.example/shop\nDB_PASSWORD=s3cret", "postgres://app:s3cret@db.example/shop"},
		{".env", "DB_URL=postgres://app:@db.example/shop\nDB_PASSWORD=s3cret", "postgres://app:s3cret@db.example/shop"},
		{".env", "DB_URL=postgres://app:${DB_PASSWORD:-}@db.example/shop", ""},
		{".env", "DB_URL=postgres://app@db.example:5432/shop?application_name=a@b", ""},
		// Nobody knows as whom.
		{".env", "DB_URL=jdbc:postgresql://db.example/shop", ""},
		{".env", "DB_URL=mysql://db.example/shop\nDB_USER=app", ""},
		{".env", "DB_URL=mysql://@db.example/shop", ""},
		{".env", "DB_URL=mysql://@db.example/shop\nDB_USER=app\nDB_PASSWORD=s3cret", "mysql://app:s3cret@db.example/shop"},
		{".env", "DB_URL=postgres://db.example/shop\nDB_USER=app\nDB_PASSWORD=${ELSEWHERE}", ""},
		{".env", "DB_DSN=host=db.example dbname=shop", ""},
		{".env", "DB_DSN=tcp(db.example:3306)/shop", ""},
	} {
		e, err := ParseEnv(c.name, []byte(c.text))
		if err != nil || len(e.Places) != 1 || len(e.Doubts) > 0 {
			t.Errorf("%q: %v, %v", c.text, e, err)
			continue
		}
		if got := strings.Join(e.DSNs(), " "); got != c.want {
			t.Errorf("%q is asked by %q, want %q", c.text, got, c.want)
		}
		p := e.Places[0]
		if p.dsn == nil {
			continue
		}
		if again, err := ParseDSN(p.secret()); err != nil || again.String() != p.String() {
			t.Errorf("%q comes to %s, not %s: %v", c.text, again, p, err)
		}
		if p.System == systemMySQL {
			if m, err := mysqlConfig(p); err != nil || m.User != "app" || m.Passwd != "s3cret" {
				t.Errorf("%q: the driver reads %v", c.text, err)
			}
		}
	}
}
