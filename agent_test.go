package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// announced hands over what is written, line by line, to whoever waits for it.
type announced chan string

func (a announced) Write(p []byte) (int, error) {
	a <- string(p)
	return len(p), nil
}

func TestAgentServesUntilASignal(t *testing.T) {
	t.Setenv("AGENT_TOKEN_OF_TEST", "s3cret")
	said := make(announced, 8)
	c := agentCommand()
	c.SetErr(said)
	c.SetArgs([]string{"--listen", "127.0.0.1:0", "--token-env", "AGENT_TOKEN_OF_TEST"})
	ended := make(chan error, 1)
	go func() { ended <- c.ExecuteContext(t.Context()) }()
	line := <-said
	_, url, ok := strings.Cut(line, " on ")
	url, _, ok2 := strings.Cut(url, ". ")
	if !ok || !ok2 || strings.Contains(line, "Warning") {
		t.Fatalf("said %q", line)
	}
	tests := []struct {
		name, method, path, token string
		status                    int
		body                      string
	}{
		{"the vitals", http.MethodGet, "", "Bearer s3cret", http.StatusOK, "\nnode_load1 "},
		{"the version", http.MethodGet, "", "bearer s3cret", http.StatusOK, `crosstalk_build_info{version="` + version + `"} 1`},
		{"no token", http.MethodGet, "", "", http.StatusUnauthorized, "bearer token"},
		{"a wrong token", http.MethodGet, "", "Bearer s3cre", http.StatusUnauthorized, "bearer token"},
		{"another scheme", http.MethodGet, "", "Basic s3cret", http.StatusUnauthorized, "bearer token"},
		{"to write", http.MethodPost, "", "Bearer s3cret", http.StatusMethodNotAllowed, ""},
		{"nothing there", http.MethodGet, "/x", "Bearer s3cret", http.StatusNotFound, ""},
	}
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for _, tt := range tests {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, url+tt.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", tt.token)
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
			t.Errorf("%s: %d, %v", tt.name, resp.StatusCode, err)
		}
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}

func TestAgentRefusesWhatCannotBe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for want, args := range map[string][]string{
		"NO_SUCH_NAME_OF_TEST": {"--token-env", "NO_SUCH_NAME_OF_TEST"},
		"listen on":            {"--listen", taken.Addr().String()},
	} {
		c := agentCommand()
		c.SilenceErrors, c.SilenceUsage = true, true
		c.SetErr(io.Discard)
		c.SetArgs(args)
		err := c.ExecuteContext(t.Context())
		if f, ok := err.(*failure); !ok || f.code != exitUsage || !strings.Contains(err.Error(), want) { //nolint:errorlint // as it is given
			t.Errorf("%v: %v", args, err)
		}
	}
}

// Requests that run when it ends may come to their end; those that do not are
// cut off after a while.
func TestAgentEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said bytes.Buffer
	if err := serveAgent(ctx, l, "", &said); err != nil || !strings.Contains(said.String(), l.Addr().String()) {
		t.Errorf("%v, said %q", err, said.String())
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

func TestAgentWarnsOfTheNetwork(t *testing.T) {
	at := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 9111} }
	for _, ip := range []string{"127.0.0.1", "::1", "127.1.2.3"} {
		if w := agentWarning(at(ip), false); w != "" {
			t.Errorf("%s: %s", ip, w)
		}
	}
	for _, ip := range []string{"0.0.0.0", "::", "192.0.2.1"} {
		open, closed := agentWarning(at(ip), false), agentWarning(at(ip), true)
		if !strings.Contains(open, "--token-env") || !strings.Contains(closed, "unencrypted") || !strings.Contains(open, "9111") {
			t.Errorf("%s: %q, %q", ip, open, closed)
		}
	}
	if got := interfaceOf(net.ParseIP("127.0.0.1")); got != "lo" && !strings.HasPrefix(got, "lo") {
		t.Errorf("127.0.0.1 is on %q", got)
	}
	if got := interfaceOf(net.ParseIP("192.0.2.1")); got != "an interface that cannot be named" {
		t.Errorf("nobody's address is on %q", got)
	}
}
