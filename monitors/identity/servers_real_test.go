//go:build real

package identity

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// The tests behind the build tag real run on Debian's servers, each started here
// on a free port of loopback with a folder of its own:
//
//	go test -race -tags real ./monitors/identity

// patience bounds every wait for a server.
const patience = 60 * time.Second

// binary finds a program of a Debian package; that it is missing is a failure.
func binary(t *testing.T, name, pkg string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/lib/postgresql/*/bin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	t.Fatalf("%s is missing: apt-get install --no-install-recommends %s", name, pkg)
	return ""
}

// servant is who servers run as, with a folder of his own: some refuse to run as
// root.
type servant struct {
	dir        string
	credential *syscall.Credential
}

func newServant(t *testing.T, name string) servant {
	t.Helper()
	dir, err := os.MkdirTemp("", "crosstalk-identity-") //nolint:usetesting // t.TempDir is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := servant{dir: dir}
	if os.Getuid() != 0 {
		return s
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	s.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s servant) path(name string) string { return filepath.Join(s.dir, name) }

func (s servant) write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.credential != nil {
		if err := os.Chown(s.path(name), int(s.credential.Uid), int(s.credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return s.path(name)
}

func (s servant) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, path, args...)
	c.Dir = s.dir
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + s.dir, "TMPDIR=" + s.dir}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential, Pdeathsig: syscall.SIGKILL}
	return c
}

// run runs a program to its end.
func (s servant) run(t *testing.T, path string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if out, err := s.command(ctx, path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, out)
	}
}

// serve starts a server, which is stopped by the signal when the test ends, and
// returns what stops it earlier.
func (s servant) serve(t *testing.T, sig syscall.Signal, name, path string, args ...string) (stop func()) {
	t.Helper()
	out, err := os.Create(s.path(name + ".log"))
	if err != nil {
		t.Fatal(err)
	}
	c := s.command(context.WithoutCancel(t.Context()), path, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Wait()
		_ = out.Close()
	}()
	stop = func() {
		select {
		case <-done:
			return
		default:
		}
		_ = c.Process.Signal(sig)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = c.Process.Kill()
			<-done
		}
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			said, _ := os.ReadFile(s.path(name + ".log"))
			t.Logf("%s said:\n%s", name, said)
		}
	})
	return stop
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// tunnel hands every connection to one address on to another, as ssh -L does, and
// returns where it listens.
func tunnel(t *testing.T, listen, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				all.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = near.Close()
					_ = far.Close()
				})
			}
		}
	})
	return l.Addr().String()
}

// until asks again until it is so.
func until(t *testing.T, what string, ask func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ask(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never so: %s", what)
		}
	}
}

// cluster is a PostgreSQL server of the test.
type cluster struct {
	servant
	port string
	stop func()
}

func (c *cluster) dsn(user, db string) string {
	return "postgres://" + user + ":s3cret-" + user + "@127.0.0.1:" + c.port + "/" + db
}

func (c *cluster) start(t *testing.T) {
	t.Helper()
	c.stop = c.serve(t, syscall.SIGINT, "postgres", binary(t, "postgres", "postgresql"), "-D", c.path("data"), "-p", c.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "wal_level=logical",
		"-c", "max_wal_senders=5", "-c", "max_connections=20", "-c", "shared_buffers=8MB")
	until(t, "postgres answers", func(ctx context.Context) bool {
		conn, err := pgconn.Connect(ctx, c.dsn("admin", "postgres"))
		if err != nil {
			return false
		}
		return conn.Close(ctx) == nil
	})
}

// newCluster makes and starts a cluster with a database shop and a user watcher
// without any privilege.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{servant: newServant(t, "postgres"), port: freePort(t)}
	c.run(t, binary(t, "initdb", "postgresql"), "-D", c.path("data"), "-U", "admin", "-A", "scram-sha-256", "--no-sync", "--pwfile", c.write(t, "pw", "s3cret-admin\n"))
	c.start(t)
	c.do(t, "postgres", "CREATE USER watcher PASSWORD 's3cret-watcher'")
	c.do(t, "postgres", "CREATE DATABASE shop")
	return c
}

// copyOf makes a base backup of a cluster, as a standby or as a restored backup.
func copyOf(t *testing.T, from *cluster, standby bool) *cluster {
	t.Helper()
	c := &cluster{servant: newServant(t, "postgres"), port: freePort(t)}
	args := []string{"-D", c.path("data"), "-d", from.dsn("admin", "postgres"), "-c", "fast", "--no-sync", "-X", "stream"}
	if standby {
		args = append(args, "-R")
	}
	c.run(t, binary(t, "pg_basebackup", "postgresql"), args...)
	c.start(t)
	return c
}

func (c *cluster) do(t *testing.T, db, sql string) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), c.dsn("admin", db))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// ask returns the first column of the first row.
func (c *cluster) ask(t *testing.T, db, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), c.dsn("admin", db))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		t.Fatalf("%s: %v", sql, err)
	}
	return string(results[0].Rows[0][0])
}

// compare compares two DSNs and fails when anything of the result repeats a
// secret, or leaves a question open without saying what would answer it.
func compare(t *testing.T, staging, production string) Result {
	t.Helper()
	r := Compare(t.Context(), []string{staging}, []string{production}, Options{})
	sound(t, r, "s3cret", "watcher", "admin")
	return r
}

func sound(t *testing.T, r Result, secrets ...string) {
	t.Helper()
	text := r.String()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("the result tells %q:\n%s", s, text)
		}
	}
	for _, f := range r.Findings {
		if f.Evidence == "" || f.Question == "" || f.Verdict == Unknown && f.Answer == "" {
			t.Errorf("not worded: %+v", f)
		}
	}
}

// expect fails unless the result is of the verdict and holds the words.
func expect(t *testing.T, r Result, v Verdict, words ...string) {
	t.Helper()
	text := r.String()
	if r.Verdict != v {
		t.Errorf("want %s, got %s", v, text)
		return
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in %s", w, text)
		}
	}
	t.Logf("%s", text)
}
