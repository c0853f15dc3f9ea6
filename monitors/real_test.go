//go:build real

package monitors

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests behind the build tag real run on Debian's servers, each started here
// on a free port of loopback with a folder of its own:
//
//	go test -race -tags real ./monitors

// patienceReal bounds every wait for a server.
const patienceReal = 30 * time.Second

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

// servant is who a server runs as, with a folder of his own: some servers refuse
// to run as root.
type servant struct {
	dir        string
	credential *syscall.Credential
}

func newServant(t *testing.T, name string) servant {
	t.Helper()
	dir, err := os.MkdirTemp("", "crosstalk-real-") //nolint:usetesting // t.TempDir is root's alone
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

// write puts a file into the folder, readable by its owner.
func (s servant) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.credential != nil {
		if err := os.Chown(path, int(s.credential.Uid), int(s.credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return path
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
	ctx, cancel := context.WithTimeout(t.Context(), patienceReal)
	defer cancel()
	if out, err := s.command(ctx, path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, out)
	}
}

// server is a program that runs until it is stopped, by its id.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// serve starts a server; it is stopped by the signal at the latest when the
// test ends.
func (s servant) serve(t *testing.T, sig syscall.Signal, path string, args ...string) *server {
	t.Helper()
	out, err := os.Create(filepath.Join(s.dir, filepath.Base(path)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	// Its own end comes by stop, in order.
	c := s.command(context.WithoutCancel(t.Context()), path, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := &server{t: t, cmd: c, done: make(chan struct{}), log: out.Name()}
	go func() {
		defer close(r.done)
		_ = c.Wait()
		_ = out.Close()
	}()
	t.Cleanup(func() { r.stop(sig) })
	return r
}

// stop ends the server and waits for it.
func (r *server) stop(sig syscall.Signal) {
	select {
	case <-r.done:
		return
	default:
	}
	_ = r.cmd.Process.Signal(sig)
	select {
	case <-r.done:
	case <-time.After(10 * time.Second):
		_ = r.cmd.Process.Kill()
		<-r.done
	}
}

// ends fails the test with what the server said, when it is not running.
func (r *server) ends() error {
	select {
	case <-r.done:
		said, _ := os.ReadFile(r.log)
		return fmt.Errorf("%s has ended:\n%s", r.cmd.Path, said)
	default:
		return nil
	}
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

// eventually asks until the answer is as wanted, and returns it.
func eventually(t *testing.T, r *server, p Probe, want func(Result) bool) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceReal)
	defer cancel()
	tick := time.NewTicker(50 * ms)
	defer tick.Stop()
	var last Result
	for {
		got := p(ctx)
		if want(got) {
			return got
		}
		// A probe that this wait itself cut off tells nothing.
		if ctx.Err() == nil {
			last = got
		}
		if r != nil {
			if err := r.ends(); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never as wanted, last: %+v", last)
		}
	}
}

func isOK(r Result) bool { return r.OK }

// quick measures how long n probes take.
func quick(t *testing.T, name string, n int, p Probe) {
	t.Helper()
	var took []time.Duration
	for range n {
		began := time.Now()
		if r := p(t.Context()); !r.OK {
			t.Fatalf("%s: %+v", name, r)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("%s: p50 %v, p99 %v of %d probes", name, quantile(took, 0.5), quantile(took, 0.99), n)
}

// mustCheck returns a check, closed when the test ends.
func mustCheck(t *testing.T, c Check, err error) Check {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.Close != nil {
			c.Close()
		}
	})
	return c
}

// tellsNothing fails when a reason repeats a part of a DSN.
func tellsNothing(t *testing.T, r Result, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(r.Reason, s) {
			t.Errorf("the reason tells %q: %q", s, r.Reason)
		}
	}
}
