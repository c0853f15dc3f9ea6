package identity

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func sqliteAt(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, append([]byte(sqliteMagic), make([]byte, 84)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompareSQLite(t *testing.T) {
	dir := t.TempDir()
	a, b := sqliteAt(t, filepath.Join(dir, "a.db")), sqliteAt(t, filepath.Join(dir, "b.db"))
	linked, hard := filepath.Join(dir, "linked.db"), filepath.Join(dir, "hard.db")
	if err := os.Symlink(a, linked); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(a, hard); err != nil {
		t.Fatal(err)
	}
	text, empty := filepath.Join(dir, "text.db"), filepath.Join(dir, "empty.db")
	for path, content := range map[string]string{text: "not a database at all", empty: ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		staging, production string
		want                Verdict
		words               string
	}{
		{a, a, SameInstance, "same file"},
		{"sqlite://" + a, "file:" + linked + "?mode=ro", SameInstance, "same file"},
		{a, hard, SameInstance, "same file"},
		{a, b, Distinct, "They are two files"},
		{a, empty, Distinct, "They are two files"},
		{a, ":memory:", Distinct, "in memory"},
		{a, text, Unknown, "no database of SQLite"},
		{a, filepath.Join(dir, "none.db"), Unknown, "no such file"},
		{a, "sqlite://" + dir, Unknown, "it is no file"},
	} {
		r := Compare(t.Context(), []string{c.staging}, []string{c.production}, Options{})
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) {
			t.Errorf("%s, %s: want %s and %q, got %s", c.staging, c.production, c.want, c.words, r)
		}
		worded(t, r)
	}
}

// A file system that is gone keeps every call to it.
func TestSQLiteDoesNotWaitForADeadMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		defer close(gone)
		hang := func() (store, *trouble) {
			<-gone
			return &sqliteFile{}, nil
		}
		began := time.Now()
		if s, why := within(t.Context(), 3*time.Second, hang); s != nil || why == nil || !strings.Contains(why.why, "did not answer within 3s") || time.Since(began) != 3*time.Second {
			t.Errorf("%v, %v after %v", s, why, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if s, why := within(ctx, time.Hour, hang); s != nil || why == nil || !strings.Contains(why.why, "ended before it answered") {
			t.Errorf("%v, %v", s, why)
		}
	})
}

// mutePort listens and never says a word.
func mutePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// closedPort is one that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// talker answers every connection with a few bytes that no data store would say.
func talker(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 s3cret.example ESMTP\r\n"))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

func TestCompareSaysWhyNot(t *testing.T) {
	file := sqliteAt(t, filepath.Join(t.TempDir(), "a.db"))
	quick := Options{Limit: 200 * time.Millisecond, Resolver: names{}}
	const user = "s3cret-user:s3cret-password@"
	for _, scheme := range []string{"postgres", "mysql", "redis"} {
		for _, c := range []struct{ where, words string }{
			{mutePort(t), "did not answer within 200ms"},
			{closedPort(t), "nothing listens there"},
			{talker(t), "it"},
			{"nowhere.invalid:1", "does not resolve"},
		} {
			dsn := scheme + "://" + user + c.where + "/0"
			r := Compare(t.Context(), []string{dsn}, []string{file}, quick)
			if r.Verdict != Unknown || !strings.Contains(r.String(), c.words) || strings.Contains(r.String(), "s3cret") {
				t.Errorf("%s at %s: want %q, got %s", scheme, c.where, c.words, r)
			}
			worded(t, r)
		}
	}
}

func TestCompareLists(t *testing.T) {
	closed, other := closedPort(t), closedPort(t)
	quick := Options{Limit: time.Second, Resolver: names{"a.example": "192.0.2.1", "b.example": "192.0.2.1"}}
	for _, c := range []struct {
		name                string
		staging, production []string
		want                Verdict
		words               []string
	}{
		{"nothing", nil, nil, Unknown, []string{"No DSN was given"}},
		{"one side", []string{"redis://" + closed}, nil, Unknown, []string{"No Redis or Valkey was named for production"}},
		{"two systems", []string{"redis://" + closed}, []string{"postgres://" + other + "/x"}, Unknown, []string{"No Redis or Valkey was named for production", "No PostgreSQL was named for staging"}},
		{"unreadable", []string{"s3cret"}, []string{"postgres://u:s3cret/@x"}, Unknown, []string{"The DSN of staging: it cannot be read", "The DSN of production"}},
		{"the second of a list", []string{"redis://" + closed, "s3cret"}, []string{"redis://" + other}, Unknown, []string{"DSN 2 of staging: it cannot be read"}},
		// Where nobody answers, an address of one network alone is no proof.
		{"one address of this machine", []string{"redis://" + closed}, []string{"redis://" + closed + "/1"}, Unknown, []string{"Both lead to " + closed + ", where neither could be asked"}},
		{"one address of a network", []string{"mongodb://10.255.255.1/x"}, []string{"mongodb://10.255.255.1/y"}, Unknown, []string{"means another machine in every network"}},
		{"one address of a kind nobody can ask", []string{"mongodb://a.example/x"}, []string{"mongodb://b.example/y"}, SharedNeighbour, []string{"Both lead to 192.0.2.1:27017", "one server, or one proxy", "cannot ask servers of this kind"}},
		{"one host of a network", []string{"amqp://10.255.255.1"}, []string{"amqps://10.255.255.1"}, Unknown, nil},
		{"one host", []string{"amqp://a.example"}, []string{"amqps://b.example"}, SharedNeighbour, []string{"192.0.2.1 on different ports"}},
		{"one host, two systems", []string{"amqp://a.example"}, []string{"mongodb://b.example"}, SharedNeighbour, []string{"amqp and mongodb"}},
		// Nothing is asked at localhost where a socket is meant.
		{"two sockets", []string{"mysql2://s3cret@localhost/a?socket=/nowhere/a.sock"}, []string{"mysql2://s3cret@localhost/a?socket=/nowhere/b.sock"}, Unknown, []string{"staging /nowhere/a.sock/a", "production /nowhere/b.sock/a", "it could not be reached"}},
		{"two instances of Cloud SQL", []string{"jdbc:postgresql:///a?cloudSqlInstance=p:r:i&password=s3cret"}, []string{"jdbc:postgresql:///a?cloudSqlInstance=p:r:j&password=s3cret"}, Unknown, []string{"staging p:r:i/a", "its proxy, is reached from here"}},
		{"one instance of Cloud SQL", []string{"jdbc:postgresql:///a?cloudSqlInstance=p:r:i&password=s3cret"}, []string{"host=/cloudsql/p:r:i dbname=b password=s3cret"}, SameInstance, []string{"Both DSNs lead to the instance p:r:i of Cloud SQL", "databases a (staging) and b (production)"}},
		{"one instance of Cloud SQL, by sockets", []string{"mysql://u:s3cret@localhost/a?unix_socket=/cloudsql/p:r:i"}, []string{"u:s3cret@unix(/cloudsql/p:r:i)/a"}, SameInstance, []string{"the instance p:r:i of Cloud SQL"}},
		{"one path that is no instance", []string{"mysql://u:s3cret@localhost/a?unix_socket=/nowhere/p:r:i"}, []string{"mysql://u:s3cret@localhost/a?unix_socket=/nowhere/p:r:i"}, Unknown, []string{"it could not be reached"}},
		{"a form without a driver", []string{"Server=a.example;Database=s3cret-x;Pwd=s3cret"}, nil, Unknown, []string{"write it as a URL"}},
	} {
		r := Compare(t.Context(), c.staging, c.production, quick)
		if r.Verdict != c.want {
			t.Errorf("%s: want %s, got %s", c.name, c.want, r)
		}
		for _, w := range c.words {
			if !strings.Contains(r.String(), w) {
				t.Errorf("%s: want %q, got %s", c.name, w, r)
			}
		}
		if strings.Contains(strings.ReplaceAll(r.String(), "/s3cret-x", ""), "s3cret") {
			t.Errorf("%s: %s", c.name, r)
		}
		worded(t, r)
	}
	r := Compare(t.Context(), make([]string, mostDSNs+3), nil, quick)
	if len(r.Findings) != mostDSNs+1 || !strings.Contains(r.String(), "Only the first 16 of 19 DSNs of staging") {
		t.Errorf("%d findings: %s", len(r.Findings), r)
	}
}

func TestCompareEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Compare(ctx, []string{"postgres://x:y@" + mutePort(t) + "/z"}, []string{"redis://" + mutePort(t)}, Options{Limit: time.Hour})
	if r.Verdict != Unknown || !strings.Contains(r.String(), "ended before it answered") {
		t.Error(r)
	}
}
