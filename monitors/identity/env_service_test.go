package identity

import (
	"strings"
	"testing"
)

// What everybody's settings hold besides data stores leaves nothing open.
func TestEverydaySettingsLeaveNothingOpen(t *testing.T) {
	const everyday = `SERVER_HOST=0.0.0.0
SERVER_PORT=8080
server.address=::
server.port=8080
APP_HOST=app.example
APP_PORT=3000
STATSD_HOST=localhost
STATSD_PORT=8125
MAILER_DSN=sendgrid://s3cret@default
NOTIFY_DSN=ses+smtp://key:s3cret@default
CLOUDINARY_URL=cloudinary://1:s3cret@shop
SMTP_HOST=mail.example
POSTGRES_IMAGE=postgres:16
REDIS_IMAGE_TAG=redis:7.2
DB_BACKUP_AT=02:30
DB_POOL=5
CACHE_TTL=3600
CACHE_PREFIX=shop:1
CACHE_DRIVER=file
OTEL_EXPORTER_OTLP_ENDPOINT=http://otel.example:4317
DATABASE_MIGRATIONS=file:///srv/migrations
CELERY_RESULT_SERIALIZER=json
WAIT_ARGS=db:5432
`
	e, err := ParseEnv(".env", []byte(everyday))
	if err != nil || len(e.Doubts) > 0 {
		t.Fatalf("open: %+v, %v", e.Doubts, err)
	}
	for _, p := range e.Places {
		if !service(p.System) {
			t.Errorf("%s is taken for a data store: %+v", p, p)
		}
	}
	r := CompareEnvs(t.Context(), e, e, Options{Resolver: names{}})
	found := false
	for _, f := range r.Findings {
		if !f.Hint && f.Verdict != Unknown || f.Staging == "localhost:8125" {
			t.Errorf("found %+v", f)
		}
		found = found || f.Hint && f.Verdict == SharedNeighbour && f.Staging == "app.example:3000"
	}
	if !found {
		t.Errorf("the host that both name is no hint: %s", r)
	}

	stores, err := ParseEnv(".env", []byte("DB_HOST=db.example\nDB_PORT=9999\nWAREHOUSE=weird://app:s3cret@db.example/shop\n"))
	if err != nil || len(stores.Places) != 1 || service(stores.Places[0].System) || len(stores.Doubts) != 1 {
		t.Errorf("what may be a data store: %+v, %v", stores, err)
	}
}

// Nobody knows the port 0.
func TestNoPortIsSaidWhereNoneIsTold(t *testing.T) {
	for _, c := range []struct {
		name, staging, production string
		want                      Verdict
		words                     string
	}{
		{".env", "DB_HOST=db.example", "DB_HOST=db.example", SameInstance, "lead to db.example."},
		{".env", "DB_HOST=db.example", "DB_HOST=alias.example", SameInstance, "lead to the address 192.0.2.1."},
		{".env", "DB_HOST=db.example", "DB_HOST=alias.example\nDB_PORT=9999", Unknown, "the address 192.0.2.1, and the port is told of one only"},
		{"x.json", `{"host":"db.example","port":"abc","dbname":"a"}`, `{"host":"db.example","port":"abc","dbname":"a"}`, SameInstance, "lead to db.example, and to the same database there, a."},
		{".env", "APP_HOST=db.example\nAPP_PORT=x\nDB_HOST=", "APP_HOST=db.example\nAPP_PORT=x", Unknown, ""},
	} {
		var envs [2]Env
		for i, text := range []string{c.staging, c.production} {
			var err error
			if envs[i], err = ParseEnv(c.name, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		r := CompareEnvs(t.Context(), envs[0], envs[1], Options{Resolver: names{"db.example": "192.0.2.1", "alias.example": "192.0.2.1"}})
		if said := r.String(); r.Verdict != c.want || !strings.Contains(said, c.words) || strings.Contains(said, ":0") {
			t.Errorf("%q and %q: %s", c.staging, c.production, said)
		}
	}
}
