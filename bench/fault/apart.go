package fault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Build builds the program of a server in a process of its own into a folder.
func Build(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "answer.exe") // the suffix harms nowhere and one system wants it
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "crosstalk/bench/answer").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bench/answer: %w\n%s", err, out)
	}
	return program, nil
}

// Apart is a Server that is well, in a process of its own, so that what it takes
// is not counted with whoever loads it.
type Apart struct {
	url     string
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader

	mu     sync.Mutex
	failed error
}

// NewApart starts a server with the program that Build made. Close ends it.
func NewApart(program string, o Options) (*Apart, error) {
	c := exec.CommandContext(context.Background(), program, "-usual", o.Usual.String(), "-body", strconv.Itoa(o.Body))
	in, err := c.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	a := &Apart{process: c, in: in, out: bufio.NewReader(out)}
	line, err := a.out.ReadString('\n')
	if err != nil {
		a.Close()
		return nil, fmt.Errorf("start a server: it does not say where: %w", err)
	}
	a.url = strings.TrimSpace(line)
	return a, nil
}

// URL is where the server is asked.
func (a *Apart) URL() string { return a.url }

// Arrived is how many requests have arrived.
func (a *Apart) Arrived() int64 {
	n, _ := a.ask()
	return n
}

// Last is when the newest request arrived, by this machine's wall clock; zero if
// none did.
func (a *Apart) Last() time.Time {
	_, t := a.ask()
	return t
}

// Err is the first question that had no answer: what was told since is zero.
func (a *Apart) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

func (a *Apart) ask() (arrived int64, last time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return 0, last
	}
	var nanos int64
	_, err := io.WriteString(a.in, "\n")
	if err == nil {
		_, err = fmt.Fscanln(a.out, &arrived, &nanos)
	}
	if err != nil {
		a.failed = fmt.Errorf("ask the server what arrived: %w", err)
		return 0, last
	}
	if nanos != 0 {
		last = time.Unix(0, nanos)
	}
	return arrived, last
}

// Close ends the server and its process.
func (a *Apart) Close() {
	_ = a.in.Close()
	var code *exec.ExitError
	if err := a.process.Wait(); err != nil && !errors.As(err, &code) {
		_ = a.process.Process.Kill()
	}
}
