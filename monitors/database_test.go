package monitors

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

// kinds are the constructors that take a DSN.
var kinds = map[string]func(DatabaseOptions) (Check, error){kindPostgres: Postgres, kindMySQL: MySQL, kindRedis: Redis}

func TestDSNs(t *testing.T) {
	tests := []struct{ kind, dsn, address string }{
		{kindPostgres, "postgres://u:s3cret@DB.test:6543/base?sslmode=disable", "db.test:6543"},
		{kindPostgres, "postgresql://u:s3cret@db.test/base", "db.test:5432"},
		{kindPostgres, "postgres://u:s3cret@a.test:1,b.test:2/base", "a.test:1"},
		{kindPostgres, "host=db.test password=s3cret dbname=base", "db.test:5432"},
		{kindPostgres, "host=/run/postgresql password=s3cret", ""},
		{kindPostgres, "postgres://u:s3cret@[::1]/base", "[::1]:5432"},
		{kindMySQL, "u:s3cret@tcp(db.test:3307)/base", "db.test:3307"},
		{kindMySQL, "u:s3cret@tcp(db.test)/", "db.test:3306"},
		{kindMySQL, "u:s3cret@unix(/run/mysqld.sock)/base", ""},
		{kindMySQL, "mysql://u:s3cret@db.test/base?tls=skip-verify", "db.test:3306"},
		{kindMySQL, "mariadb://u:s3cret%40%2F@[::1]:3308/", "[::1]:3308"},
		{kindRedis, "redis://u:s3cret@cache.test:6380/2", "cache.test:6380"},
		{kindRedis, "rediss://:s3cret@cache.test", "cache.test:6379"},
		{kindRedis, "cache.test:6379", "cache.test:6379"},
		{kindRedis, "cache.test", "cache.test:6379"},
		{kindRedis, "unix:///run/redis.sock", ""},
	}
	for _, tt := range tests {
		c, err := kinds[tt.kind](DatabaseOptions{Env: Production, Name: "db", DSN: tt.dsn, Every: time.Second})
		if err != nil {
			t.Errorf("%s: %v", tt.dsn, err)
			continue
		}
		if c.Address != tt.address || c.Kind != tt.kind || c.Slow || !c.timed() || c.Timeout != DefaultTimeout || c.Close == nil || c.Fresh == nil {
			t.Errorf("%s: %+v, want address %q", tt.dsn, c, tt.address)
		}
		c.Close() // before it was ever asked
	}
	config, err := parseMySQL("mysql://u%40:s3cret%2F@db.test/base")
	if err != nil || config.User != "u@" || config.Passwd != "s3cret/" || config.DBName != "base" {
		t.Errorf("%+v, %v", config, err)
	}
}

func TestDSNsAreNeverRepeated(t *testing.T) {
	for kind, dsns := range map[string][]string{
		kindPostgres: {"postgres://u:s3cret@h:port/base", "s3cret", "host=h password='s3cret", "postgres://u:s3cret@h/b?sslmode=s3cret", "postgres://u:s3cr%et@h/b"},
		kindMySQL:    {"u:s3cret@tcp(h:1", "s3cret", "u:s3cret@h/b", "mysql://u:s3cret@h:port/", "mysql://u:s3cr%et@h/", "u:s3cret@tcp(h)/b?tls=s3cret", "u:s3cret@tcp(h:1)/b?loc=s3cret"},
		kindRedis:    {"redis://:s3cret@h:port/0", "redis://:s3cret@h/base", "s3cret://h", "redis://:s3cr%et@h", "redis://:s3cret@h?nothing=s3cret"},
	} {
		for _, dsn := range dsns {
			_, err := kinds[kind](DatabaseOptions{Env: Production, Name: "db", DSN: dsn, Every: time.Second})
			if err == nil {
				t.Errorf("%s: %q is accepted", kind, dsn)
			} else if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "DSN") {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	for name, o := range map[string]DatabaseOptions{
		"a share above 1": {Connections: 1.5}, "a share below 0": {Connections: -1}, "no share": {Connections: math.NaN()}, "a lag below 0": {Lag: -1},
	} {
		for kind, dsn := range map[string]string{kindPostgres: "postgres://h/b", kindMySQL: "tcp(h:1)/", kindRedis: "h:1"} {
			o.Env, o.Name, o.DSN, o.Every = Production, "db", dsn, time.Second
			if _, err := kinds[kind](o); err == nil {
				t.Errorf("%s: %s is accepted", kind, name)
			}
		}
	}
}

// Servers that are not there, hang up, hang or talk something else, over real
// sockets.
func TestDatabasesThatDoNotAnswer(t *testing.T) {
	dsn := map[string]string{
		kindPostgres: "postgres://u:s3cret@%s/base?sslmode=disable", kindMySQL: "u:s3cret@tcp(%s)/base", kindRedis: "redis://u:s3cret@%s/0",
	}
	listen := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go serve(conn)
			}
		}()
		return l.Addr().String()
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refuses := gone.Addr().String()
	_ = gone.Close()
	hangsUp := listen(func(c net.Conn) { _ = c.Close() })
	hangs := listen(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	rambles := listen(func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 400 s3cret\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	for kind, construct := range kinds {
		for name, tt := range map[string]struct {
			address string
			want    func(Result) bool
		}{
			"refuses":  {refuses, func(r Result) bool { return r.Refused && r.Reason == "refused the connection" }},
			"hangs up": {hangsUp, func(r Result) bool { return r.Refused && r.Reason == "broke off the connection" }},
			"hangs":    {hangs, func(r Result) bool { return !r.Refused && r.Reason == "no answer within 100ms" }},
			"rambles":  {rambles, func(r Result) bool { return true }},
		} {
			c, err := construct(DatabaseOptions{
				Env: Production, Name: "db", DSN: fmt.Sprintf(dsn[kind], tt.address), Every: time.Second, Timeout: 100 * ms,
			})
			if err != nil {
				t.Fatal(err)
			}
			for way, probe := range map[string]Probe{"kept": c.Probe, "fresh": c.Fresh} {
				r := probe(t.Context())
				if r.OK || !r.Hard || r.Reason == "" || !tt.want(r) || strings.Contains(r.Reason, "s3cret") {
					t.Errorf("%s %s, %s: %+v", kind, name, way, r)
				}
			}
			c.Close()
		}
	}
}

// told is a session that is told what to answer.
type told struct {
	world  *toldWorld
	closed bool
}

type toldWorld struct {
	opened, deep int
	open         int
	fail         []error // of the next reads
	g            gauges
	err          error     // of gauges
	done         []float64 // of the next questions for what was done; then NaN
	asked        int       // for that
}

func (w *toldWorld) session(context.Context) (session, error) {
	w.opened++
	w.open++
	return &told{world: w}, nil
}

func (s *told) read(context.Context) error {
	if len(s.world.fail) == 0 {
		return nil
	}
	err := s.world.fail[0]
	s.world.fail = s.world.fail[1:]
	return err
}

func (s *told) work(ctx context.Context) (float64, error) {
	w := s.world
	w.asked++
	if len(w.done) == 0 {
		return math.NaN(), s.read(ctx)
	}
	done := w.done[0]
	w.done = w.done[1:]
	return done, nil
}

func (s *told) gauges(context.Context, bool) (gauges, error) {
	s.world.deep++
	return s.world.g, s.world.err
}

func (s *told) close() {
	if !s.closed {
		s.world.open--
	}
	s.closed = true
}

func noWords(error) (Result, bool) { return Result{}, false }

func TestDatabaseGauges(t *testing.T) {
	nan := math.NaN()
	o := DatabaseOptions{Env: Production, Name: "db", Every: time.Second, Connections: 0.8, Lag: 2 * time.Second}
	free := o
	free.Connections, free.Lag = 0, 0
	tests := []struct {
		name string
		o    DatabaseOptions
		g    gauges
		want Result
	}{
		{"well", o, gauges{used: 20, most: 50, lag: 1}, Result{OK: true, Measured: true, Value: 40, Unit: "%"}},
		{"at the limit", o, gauges{used: 40, most: 50, lag: 2}, Result{OK: true, Measured: true, Value: 80, Unit: "%"}},
		{"nearly full", o, gauges{used: 41, most: 50, lag: 0},
			Result{OK: true, Warn: true, Measured: true, Value: 82, Unit: "%", Reason: "41 of 50 connections in use, limit 80 %"}},
		{"behind", o, gauges{used: 0, most: 50, lag: 7.25},
			Result{OK: true, Warn: true, Measured: true, Unit: "%", Reason: "replication is 7.25 s behind, limit 2 s"}},
		{"both", o, gauges{used: 50, most: 50, lag: 3},
			Result{OK: true, Warn: true, Measured: true, Value: 100, Unit: "%", Reason: "50 of 50 connections in use, limit 80 %; replication is 3 s behind, limit 2 s"}},
		{"nothing told", o, gauges{used: nan, most: 50, lag: nan, usedWhy: "of this", lagWhy: "of that"},
			Result{OK: true, Warn: true, Reason: "the connections in use are not known: of this; the replication lag is not known: of that"}},
		{"no maximum", o, gauges{used: 3, most: 0, lag: 0, usedWhy: "of this"},
			Result{OK: true, Warn: true, Reason: "the connections in use are not known: of this"}},
		{"nothing asked, nothing told", free, unknownGauges("x"), Result{OK: true}},
		{"no limits", free, gauges{used: 50, most: 50, lag: 99}, Result{OK: true, Measured: true, Value: 100, Unit: "%"}},
	}
	for _, tt := range tests {
		w := &toldWorld{g: tt.g}
		c, err := newDatabase(tt.o, kindPostgres, "h:1", w.session, noWords)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Probe(t.Context()); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		if got := c.Fresh(t.Context()); got != tt.want || w.open != 1 {
			t.Errorf("%s, fresh: %+v, want %+v; %d open", tt.name, got, tt.want, w.open)
		}
		c.Close()
		if w.open != 0 {
			t.Errorf("%s: %d connections stay open", tt.name, w.open)
		}
	}
}

// The gauges are read at the first probe, on fresh connections, and when they
// are old; a connection that was broken off is replaced at once, but only once.
func TestDatabaseConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{g: gauges{used: 1, most: 2}}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", w.session, noWords)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(p Probe, opened, deep int, reason string) {
			t.Helper()
			r := p(t.Context())
			if r.OK != (reason == "") || r.Reason != reason || w.opened != opened || w.deep != deep {
				t.Errorf("%+v, opened %d, gauges read %d; want %q, %d, %d", r, w.opened, w.deep, reason, opened, deep)
			}
		}
		ask(c.Probe, 1, 1, "")
		ask(c.Probe, 1, 1, "")
		ask(c.Fresh, 2, 2, "")
		time.Sleep(gaugesEvery)
		ask(c.Probe, 1+1, 2, "")
		time.Sleep(ms)
		ask(c.Probe, 2, 3, "")

		w.fail = []error{io.EOF}
		ask(c.Probe, 3, 3, "") // somebody in between had closed it
		w.fail = []error{io.EOF, io.EOF, nil}
		ask(c.Probe, 4, 3, "broke off the connection")
		ask(c.Probe, 5, 3, "")
		w.fail = []error{errors.New("user u of base s3cret")}
		ask(c.Probe, 5, 3, "the connection failed")
		ask(c.Probe, 6, 3, "")
		w.fail = []error{io.EOF}
		ask(c.Fresh, 7, 3, "broke off the connection")
		w.err = io.ErrUnexpectedEOF
		ask(c.Fresh, 8, 4, "broke off the connection")
		if r := c.Probe(t.Context()); !r.OK || r.Measured {
			t.Errorf("what is not known any more is shown: %+v", r)
		}
		c.Close()
		if w.open != 0 {
			t.Errorf("%d connections stay open", w.open)
		}
	})
}

// What a server has done is asked twice a second, in place of the constant, on whatever
// connection; one that does not tell is asked again ten seconds later.
func TestDatabaseWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{done: []float64{100, 0, 130}}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: 250 * ms}, kindPostgres, "h:1", w.session, noWords)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ask := func(p Probe, done float64, known bool, asked int) {
			t.Helper()
			if r := p(t.Context()); !r.OK || r.Work != done || r.Worked != known || w.asked != asked {
				t.Errorf("%+v, asked %d times; want %v, %v, %d", r, w.asked, done, known, asked)
			}
			time.Sleep(250 * ms)
		}
		ask(c.Probe, 100, true, 1)
		ask(c.Probe, 0, false, 1)
		ask(c.Fresh, 0, true, 2)
		ask(c.Probe, 0, false, 2)
		time.Sleep(time.Second)
		w.fail = []error{io.EOF}
		ask(c.Probe, 130, true, 3) // the failure is of the next constant question
		ask(c.Probe, 0, false, 3)
		time.Sleep(time.Second)
		ask(c.Probe, 0, false, 4)
		time.Sleep(time.Second)
		ask(c.Probe, 0, false, 4)
		w.done = []float64{140, 150}
		time.Sleep(gaugesEvery - 1500*ms)
		ask(c.Probe, 140, true, 5)
		time.Sleep(time.Second)
		ask(c.Probe, 150, true, 6)
	})
}

// A check that asks once a second tells every second what the server has done, on
// fresh connections as well: a link check compares two of three readings.
func TestDatabaseWorkHasNoGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{}
		for i := range 40 {
			w.done = append(w.done, float64(100+i))
		}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", w.session, noWords)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range phase(collect(t, mustMonitor(t, c), 30*time.Second-ms), Done, "db") {
			if !s.Result.Worked {
				t.Errorf("at %v, fresh %v: %+v", s.Due, s.Fresh, s.Result)
			}
		}
		if w.asked != 30 {
			t.Errorf("asked %d times in 30 s", w.asked)
		}
	})
}

// redisError is an answer of Redis' that says no.
type redisError string

func (e redisError) Error() string { return string(e) }

// RedisError marks it as the library wants it.
func (redisError) RedisError() {}

var _ redis.Error = redisError("")

func TestDatabaseRefusalsInWords(t *testing.T) {
	pg := func(code string) error {
		return fmt.Errorf("s3cret: %w", &pgconn.PgError{Severity: "FATAL", Code: code, Message: "user s3cret"})
	}
	my := func(n uint16) error { return fmt.Errorf("s3cret: %w", &mysql.MySQLError{Number: n, Message: "s3cret"}) }
	rd := func(s string) error { return fmt.Errorf("s3cret: %w", redisError(s)) }
	tests := []struct {
		words func(error) (Result, bool)
		err   error
		want  Result
	}{
		{postgresFailure, pg("28P01"), Result{Blind: true, Reason: reasonNoEntry}},
		{postgresFailure, pg("3D000"), Result{Blind: true, Reason: "has no database of the name in the DSN"}},
		{postgresFailure, pg("53300"), Result{Hard: true, Reason: reasonFull}},
		{postgresFailure, pg("57P03"), Result{Hard: true, Refused: true, Reason: "is starting, stopping or recovering"}},
		{postgresFailure, pg("XX000"), Result{Hard: true, Reason: "answered with error XX000"}},
		{mysqlFailure, my(1045), Result{Blind: true, Reason: reasonNoEntry}},
		{mysqlFailure, my(1049), Result{Blind: true, Reason: "has no database of the name in the DSN"}},
		{mysqlFailure, my(1129), Result{Blind: true, Reason: "blocks this machine after too many failed connections"}},
		{mysqlFailure, my(1226), Result{Blind: true, Reason: "lets the user of the check have no more connections"}},
		{mysqlFailure, my(1040), Result{Hard: true, Reason: reasonFull}},
		{mysqlFailure, my(1053), Result{Hard: true, Refused: true, Reason: "is shutting down"}},
		{mysqlFailure, my(1205), Result{Hard: true, Reason: "answered with error 1205"}},
		{mysqlFailure, mysql.ErrInvalidConn, Result{Hard: true, Refused: true, Reason: "broke off the connection"}},
		{mysqlFailure, driver.ErrBadConn, Result{Hard: true, Refused: true, Reason: "broke off the connection"}},
		{redisFailure, rd("NOAUTH Authentication required."), Result{Blind: true, Reason: reasonNoEntry}},
		{redisFailure, rd("WRONGPASS invalid s3cret"), Result{Blind: true, Reason: reasonNoEntry}},
		{redisFailure, rd("ERR invalid password"), Result{Blind: true, Reason: reasonNoEntry}},
		{redisFailure, rd("NOPERM s3cret"), Result{Blind: true, Reason: "does not let our checks read (DBSIZE, INFO)"}},
		{redisFailure, rd("LOADING Redis is loading"), Result{Hard: true, Reason: "is loading its data"}},
		{redisFailure, rd("ERR max number of clients reached"), Result{Hard: true, Reason: reasonFull}},
		{redisFailure, rd("CLUSTERDOWN s3cret"), Result{Hard: true, Reason: "answered with error CLUSTERDOWN"}},
		{redisFailure, rd("s3cret"), Result{Hard: true, Reason: "answered with error ERR"}},
	}
	for _, tt := range tests {
		if got, ok := tt.words(tt.err); !ok || got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.err, got, tt.want)
		}
	}
	for _, words := range []func(error) (Result, bool){postgresFailure, mysqlFailure, redisFailure} {
		if _, ok := words(io.EOF); ok {
			t.Error("an error of the socket is taken for an answer")
		}
	}
}

func TestRedisLag(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		info string
		lag  float64
		why  string
	}{
		{"role:master\r\nconnected_slaves:0\r\n", nan, "no replica is connected"},
		{"role:master\nslave0:ip=1,state=online,lag=1\n", 0, ""},
		{"role:master\nslave0:ip=1,state=online,lag=0\nslave1:ip=2,state=online,lag=12\n", 12, ""},
		{"role:master\nslave0:ip=1,state=wait_bgsave,lag=0\n", nan, "a replica is not in step yet"},
		{"role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:9\n", 0, ""},
		{"role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:42\n", 42, ""},
		{"role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:-1\n", nan, "the replica does not tell"},
		{"role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:7\n", 7, ""},
		{"role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:-1\n", nan, "the replica has not reached its master yet"},
		{"", nan, "the server did not tell"},
	}
	for _, tt := range tests {
		lag, why := redisLag(parseInfo(tt.info))
		if why != tt.why || lag != tt.lag && !(math.IsNaN(lag) && math.IsNaN(tt.lag)) {
			t.Errorf("%q: %v %q, want %v %q", tt.info, lag, why, tt.lag, tt.why)
		}
	}
}
