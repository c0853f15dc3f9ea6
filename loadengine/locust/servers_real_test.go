//go:build real

package locust

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience for real Python programs on a busy machine.
const long = 90 * time.Second

// shop is a server that counts what comes to it.
type shop struct {
	*httptest.Server
	requests atomic.Int64
	failing  atomic.Bool
	mu       sync.Mutex
	last     time.Time
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.requests.Add(1)
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
		if s.failing.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) place() string { return s.Listener.Addr().String() }

// python is one Locust process.
type python struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// kill ends it at once, and waits until it is gone.
func (p *python) kill(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.done
}

// swarm is a real Locust master with workers.
type swarm struct {
	url     string
	master  *python
	workers []*python
	dir     string
	port    string
	target  string
}

// startSwarm starts Locust from Debian on loopback. plugin false leaves
// crosstalk_guard.py out.
func startSwarm(t *testing.T, target string, workers int, plugin bool, extra ...string) *swarm {
	t.Helper()
	dir := t.TempDir()
	file, err := os.ReadFile(filepath.Join("testdata", "locustfile.py"))
	if err != nil {
		t.Fatal(err)
	}
	if !plugin {
		file = []byte(strings.Replace(string(file), "import crosstalk_guard  # noqa: F401",
			"import locust.runners\nlocust.runners.__version__ = 'unknown'", 1))
	}
	write(t, filepath.Join(dir, "locustfile.py"), file)
	write(t, filepath.Join(dir, "crosstalk_guard.py"), []byte(Plugin))
	s := &swarm{dir: dir, port: freePort(t), target: target}
	web := freePort(t)
	s.url = "http://127.0.0.1:" + web
	s.master = s.python(t, append([]string{"--master", "--web-host", "127.0.0.1", "--web-port", web,
		"--master-bind-host", "127.0.0.1", "--master-bind-port", s.port}, extra...)...)
	for range workers {
		s.workers = append(s.workers, s.worker(t))
	}
	c, err := newClient(s.url, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(extra) > 0 { // a master that wants a password: who asks without one learns nothing
		c.user, c.pass = "mel", "secret"
	}
	await(t, fmt.Sprintf("%d workers at the master", workers), func() bool {
		p, err := c.plain(t.Context())
		return err == nil && len(here(p.Workers)) == workers
	})
	return s
}

func (s *swarm) worker(t *testing.T) *python {
	t.Helper()
	return s.python(t, "--worker", "--master-host", "127.0.0.1", "--master-port", s.port)
}

func (s *swarm) python(t *testing.T, args ...string) *python {
	t.Helper()
	log, err := os.CreateTemp(s.dir, "log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	// Debian's Python, whatever else is called python3 here.
	cmd := exec.Command("/usr/bin/python3", append([]string{"/usr/bin/locust", "-f", "locustfile.py", "--host", s.target}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Locust (Debian: python3-locust): %v", err)
	}
	p := &python{cmd: cmd, done: make(chan struct{}), log: log.Name()}
	go func() {
		_ = cmd.Wait() // killed by the test
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill(t)
		if t.Failed() {
			text, _ := os.ReadFile(p.log)
			t.Logf("%s:\n%s", strings.Join(args, " "), text[max(0, len(text)-2000):])
		}
	})
	return p
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// await waits for a state of other processes, which nothing announces.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("not seen within %s: %s", long, what)
		case <-look.C:
		}
	}
}
