// Package swarm starts a real Locust master and workers on loopback, for tests
// and measurements. Locust is Debian's (python3-locust), or the program that
// CROSSTALK_LOCUST names.
package swarm

import (
	"context"
	_ "embed" // the locustfile
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed locustfile.py
var locustfile []byte

//go:embed older_guard.py
var older []byte

// Options say what a swarm is like.
type Options struct {
	Dir      string        // where its files go; it is there
	Target   string        // URL that its users ask
	Workers  int           // how many are started with the master
	Plugin   string        // text of crosstalk_guard.py; empty: none
	Patience int           // seconds without a word until a worker is missing; 0: 60
	Wait     time.Duration // between a user's requests; 0: 20 ms; below 0: none
	Reach    string        // URL that users ask besides
	Shape    bool          // a LoadTestShape decides
	Login    bool          // the page wants the form at /enter: mel, secret
	Fast     bool          // FastHttpUser instead of HttpUser
	Bare     bool          // workers do not import the plug-in
	Master   []string      // more flags of the master
}

// Swarm is a running one.
type Swarm struct {
	URL     string // of the master's web API
	Master  *Process
	Workers []*Process
	spare   *Process
	o       Options
	port    string
}

// Process is one Locust.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// PID is the process's.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends it at once, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.done
}

// Log is what it has said so far.
func (p *Process) Log() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// Start returns when all workers are at the master. Close ends the swarm.
func Start(ctx context.Context, o Options) (*Swarm, error) {
	s := &Swarm{o: o}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Swarm) start(ctx context.Context) error {
	if err := os.WriteFile(filepath.Join(s.o.Dir, "locustfile.py"), locustfile, 0o600); err != nil {
		return fmt.Errorf("write the locustfile: %w", err)
	}
	if s.o.Plugin != "" {
		if err := os.WriteFile(filepath.Join(s.o.Dir, "crosstalk_guard.py"), []byte(s.o.Plugin), 0o600); err != nil {
			return fmt.Errorf("write the plug-in: %w", err)
		}
	}
	web, err := freePort(ctx)
	if err != nil {
		return err
	}
	if s.port, err = freePort(ctx); err != nil {
		return err
	}
	s.URL = "http://127.0.0.1:" + web
	if s.Master, err = s.master(ctx, nil); err != nil {
		return err
	}
	for range s.o.Workers {
		if err := s.Join(ctx); err != nil {
			return err
		}
	}
	return s.ready(ctx, "127.0.0.1:"+web)
}

func (s *Swarm) master(ctx context.Context, env []string) (*Process, error) {
	return s.run(ctx, env, append([]string{"--master", "--web-host", "127.0.0.1", "--web-port", s.URL[strings.LastIndexByte(s.URL, ':')+1:],
		"--master-bind-host", "127.0.0.1", "--master-bind-port", s.port}, s.o.Master...)...)
}

// Spare starts another master, and returns when it lacks nothing but the ports
// of the one that runs.
func (s *Swarm) Spare(ctx context.Context) error {
	hold := filepath.Join(s.o.Dir, "hold")
	var err error
	if s.spare, err = s.master(ctx, []string{"SWARM_HOLD=" + hold}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(hold + ".here"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a spare Locust master: %w; it said:\n%s", ctx.Err(), s.spare.Log())
		case <-s.spare.done:
			return fmt.Errorf("the spare Locust master has ended; it said:\n%s", s.spare.Log())
		case <-look.C:
		}
	}
}

// Replace lets the spare be the master, whose ports have to be free.
func (s *Swarm) Replace() error {
	if err := os.WriteFile(filepath.Join(s.o.Dir, "hold"), nil, 0o600); err != nil {
		return fmt.Errorf("let the spare master go: %w", err)
	}
	s.Master, s.spare = s.spare, nil
	return nil
}

// Guarded tells whether it has the plug-in.
func (s *Swarm) Guarded() bool { return s.o.Plugin != "" && !s.o.Bare }

// Join starts one more worker, and does not wait for it.
func (s *Swarm) Join(ctx context.Context) error {
	if s.o.Bare {
		return s.JoinBare(ctx)
	}
	return s.join(ctx)
}

// JoinBare starts one that does not import the plug-in.
func (s *Swarm) JoinBare(ctx context.Context) error { return s.join(ctx, "SWARM_BARE=1") }

// JoinOlder starts one with the plug-in's first version.
func (s *Swarm) JoinOlder(ctx context.Context) error {
	if err := os.WriteFile(filepath.Join(s.o.Dir, "older_guard.py"), older, 0o600); err != nil {
		return fmt.Errorf("write the older plug-in: %w", err)
	}
	return s.join(ctx, "SWARM_OLDER=1")
}

func (s *Swarm) join(ctx context.Context, env ...string) error {
	w, err := s.run(ctx, env, "--worker", "--master-host", "127.0.0.1", "--master-port", s.port)
	if err != nil {
		return err
	}
	s.Workers = append(s.Workers, w)
	return nil
}

func (s *Swarm) run(ctx context.Context, env []string, args ...string) (*Process, error) {
	log, err := os.CreateTemp(s.o.Dir, "log")
	if err != nil {
		return nil, fmt.Errorf("keep what Locust says: %w", err)
	}
	defer func() { _ = log.Close() }()
	// Debian's Python, whatever else is called python3 here.
	program := []string{"/usr/bin/python3", "/usr/bin/locust"}
	if other := os.Getenv("CROSSTALK_LOCUST"); other != "" {
		program = []string{other}
	}
	args = append(append(program[1:], "-f", "locustfile.py", "--host", s.o.Target), args...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program[0], args...) //nolint:gosec // the tests' own program; Kill ends it
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.o.Dir, log, log, slices.Concat(os.Environ(), s.env(), env)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Locust (Debian: python3-locust): %w", err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{}), log: log.Name()}
	go func() {
		_ = cmd.Wait() // it is killed in the end
		close(p.done)
	}()
	return p, nil
}

func (s *Swarm) env() []string {
	patience := s.o.Patience
	if patience == 0 {
		patience = 60
	}
	env := []string{"SWARM_LIVENESS=" + strconv.Itoa(patience), "SWARM_REACH=" + s.o.Reach}
	if s.o.Wait != 0 {
		env = append(env, fmt.Sprintf("SWARM_WAIT=%g", max(s.o.Wait, 0).Seconds()))
	}
	for name, is := range map[string]bool{"SWARM_SHAPE": s.o.Shape, "SWARM_LOGIN": s.o.Login, "SWARM_FAST": s.o.Fast} {
		if is {
			env = append(env, name+"=1")
		}
	}
	return env
}

var connected = regexp.MustCompile(`reported as ready\. (\d+) workers connected`)

// ready waits for the web page and for all workers, as the master's log tells.
func (s *Swarm) ready(ctx context.Context, web string) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second) // Python on a busy machine
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	var d net.Dialer
	for {
		if c, err := d.DialContext(ctx, "tcp", web); err == nil {
			_ = c.Close()
			all := connected.FindAllStringSubmatch(s.Master.Log(), -1)
			if s.o.Workers == 0 || len(all) > 0 && all[len(all)-1][1] == strconv.Itoa(s.o.Workers) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d workers at the Locust master: %w; it said:\n%s", s.o.Workers, ctx.Err(), s.Master.Log())
		case <-s.Master.done:
			return fmt.Errorf("the Locust master has ended; it said:\n%s", s.Master.Log())
		case <-look.C:
		}
	}
}

// Said is the end of what each process has said.
func (s *Swarm) Said() string {
	var b strings.Builder
	for _, p := range s.all() {
		text := p.Log()
		fmt.Fprintf(&b, "%s:\n%s\n", strings.Join(p.cmd.Args, " "), text[max(0, len(text)-2000):])
	}
	return b.String()
}

// Close ends every process.
func (s *Swarm) Close() {
	for _, p := range s.all() {
		p.Kill()
	}
}

func (s *Swarm) all() []*Process {
	var all []*Process
	for _, p := range append([]*Process{s.Master, s.spare}, s.Workers...) {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// given are the ports that were given out.
var given sync.Map

// freePort is one that nothing listens at, and that is not among those from which
// the system takes one for a connection: a process of Locust takes seconds until it
// listens, and in these anybody's connection could have it.
func freePort(ctx context.Context) (string, error) {
	for range 100 {
		port := strconv.Itoa(15_000 + rand.IntN(15_000))
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return "", errors.New("find a free port: a hundred are taken")
}
