package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests of this package run the real program: built once, started as a process of its own,
// looked at from outside, as its users do.

// program is the built program's path.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	flag.Parse()
	if !isSet("test.parallel") {
		// The tests wait for other processes most of the time, so more of them than processors run
		// side by side.
		if err := flag.Set("test.parallel", "4"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	dir, err := os.MkdirTemp("", "crosstalk-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "crosstalk.exe") // the suffix harms nowhere and one system wants it
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func isSet(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// patience is how long a test waits for what must come. It is no measure of the program: it only
// turns a wait that would last for ever into a failure that says what was missing.
const patience = 60 * time.Second

// process is one run of the program.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *output // stdout
	err    *output // stderr
	exited chan struct{}
	code   int
}

// command makes a run of the program that knows nothing of the person who runs the tests.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return strings.HasPrefix(name, "XDG_") || strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "NO_COLOR"
	})
	cmd.Env = append(cmd.Env, "XDG_DATA_HOME="+t.TempDir(), "TERM=xterm-256color")
	return cmd
}

// start starts a run; the test's end ends it.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, out: newOutput(), err: newOutput(), exited: make(chan struct{})}
	var pipes sync.WaitGroup
	follow := func(open func() (io.ReadCloser, error), to *output) {
		r, err := open()
		if err != nil {
			t.Fatal(err)
		}
		pipes.Go(func() { to.follow(r) })
	}
	if cmd.Stdout == nil {
		follow(cmd.StdoutPipe, p.out)
	}
	if cmd.Stderr == nil {
		follow(cmd.StderrPipe, p.err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the program: %v", err)
	}
	go func() {
		pipes.Wait()
		_ = cmd.Wait()
		p.code = cmd.ProcessState.ExitCode()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// run runs the program to its end.
func run(t *testing.T, args ...string) *process {
	t.Helper()
	p := start(t, command(t, args...))
	p.wait()
	return p
}

// wait waits for the end and returns the exit code; -1 if a signal ended it.
func (p *process) wait() int {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.exited:
	case <-late.C:
		p.t.Fatalf("%v does not end\nstderr: %s\nlast of stdout: %s", p.cmd.Args[1:], p.err.text(), tail(p.out.text()))
	}
	return p.code
}

// exits waits for the end and checks the exit code.
func (p *process) exits(want int) {
	p.t.Helper()
	if got := p.wait(); got != want {
		p.t.Fatalf("%v: exit code %d, want %d\nstderr: %s\nlast of stdout: %s", p.cmd.Args[1:], got, want, p.err.text(), tail(p.out.text()))
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("send %v: %v", s, err)
	}
}

// await waits for an event on stdout.
func (p *process) await(what string, is func(event) bool) (found event) {
	p.t.Helper()
	from := 0
	p.until(what, func() bool {
		lines := p.out.after(from)
		for _, line := range lines {
			if e := parseEvent(p.t, []byte(line)); is(e) {
				found = e
				return true
			}
		}
		from += len(lines)
		return false
	})
	return found
}

// until waits until stdout is as it should be.
func (p *process) until(what string, is func() bool) {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		more, ended := p.out.next()
		if is() {
			return
		}
		if ended {
			p.t.Fatalf("the program ended before %s came\nstderr: %s\nlast of stdout: %s", what, p.err.text(), tail(p.out.text()))
		}
		select {
		case <-more:
		case <-late.C:
			p.t.Fatalf("%s does not come\nstderr: %s\nlast of stdout: %s", what, p.err.text(), tail(p.out.text()))
		}
	}
}

// says waits until stderr holds a text.
func (p *process) says(text string) {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		more, ended := p.err.next()
		if strings.Contains(p.err.text(), text) {
			return
		}
		if ended {
			p.t.Fatalf("the program ended before it said %q\nstderr: %s", text, p.err.text())
		}
		select {
		case <-more:
		case <-late.C:
			p.t.Fatalf("it does not say %q\nstderr: %s", text, p.err.text())
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-3000):] }

// output is what a process has written so far.
type output struct {
	mu    sync.Mutex
	all   bytes.Buffer
	lines []string      // whole ones, without their ends
	more  chan struct{} // closed and replaced at each line and at the end
	ended bool
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (s *output) follow(r io.Reader) {
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		s.mu.Lock()
		s.all.WriteString(line)
		if err == nil {
			s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
		}
		s.ended = err != nil
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// after returns the whole lines after the first n.
func (s *output) after(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[n:]
}

// next tells when there is more, and whether there will be none.
func (s *output) next() (more <-chan struct{}, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.more, s.ended
}

func (s *output) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// site is a server that a session runs on, and what it was asked.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	seen []asked
}

// asked is one request as the server saw it.
type asked struct {
	Method, Path, Body string
	Header             http.Header
}

// newSite starts a server. A nil handler answers everything with 200.
func newSite(t *testing.T, answer http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, asked{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
		s.mu.Unlock()
		if answer == nil {
			fmt.Fprintln(w, "ok")
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// onSites are the flags of a small headless session on two servers: a few requests a second, the
// journal on stdout, and the folder, which is returned, too.
func onSites(t *testing.T, more ...string) (args []string, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "session")
	args = []string{"run", "--headless", "--baseline", "0", "--limit-rps", "40", "--events", "-", "--out", dir,
		"--target", newSite(t, nil).URL + "/shop", "--watch", newSite(t, nil).URL + "/health"}
	return append(args, more...), dir
}

// setFlag gives a flag another value.
func setFlag(args []string, flag, value string) {
	args[slices.Index(args, flag)+1] = value
}

// loaded tells that load runs.
func loaded(e event) bool {
	return e.Type == "load.tick" && e.num("running") > 0 && e.num("requests") > 0
}
