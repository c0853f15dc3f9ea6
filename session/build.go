package session

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"crosstalk/monitors"
)

// buildEvery is how often staging is asked what it runs: a deploy in the middle
// of a session explains more than any latency.
const buildEvery = 30 * time.Second

// followBuild tells what staging runs, at the start and when it changes. What
// can't be read is left out: a build is a help, not a condition.
func (s *Session) followBuild(ctx context.Context) {
	tick := time.NewTicker(buildEvery)
	defer tick.Stop()
	was := ""
	for {
		if now, err := s.o.Build(ctx); err == nil && now != "" && now != was {
			s.facts.put(fact{by: ByMonitors, kind: TypeBuild, body: &Build{Env: monitors.Staging, Build: now, Was: was}})
			was = now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// ReadBuild asks staging what it runs, as `build: {from: GET /version}` says.
// It returns a short text: the value of "version" or "build" in a JSON answer,
// else the first line.
func (c *Config) ReadBuild(ctx context.Context) (string, error) {
	if c.Staging.Build == nil {
		return "", nil
	}
	path, query, asks := strings.Cut(c.Staging.Build.Path, "?")
	target, err := url.JoinPath(c.Staging.URL, path)
	if err != nil {
		return "", fmt.Errorf("read build: %w", err)
	}
	if asks {
		target += "?" + query
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, c.Staging.Build.Method, target, nil)
	if err != nil {
		return "", fmt.Errorf("read build: %w", err)
	}
	for k, v := range c.Staging.Headers {
		req.Header.Set(k, v)
	}
	wire, wrong := c.wire()
	if len(wrong) > 0 {
		return "", fmt.Errorf("read build: %w", wrong)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: wire.TLS, ForceAttemptHTTP2: !wire.HTTP1, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("read build: %w", err)
	}
	defer resp.Body.Close()
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(http.MaxBytesReader(nil, resp.Body, 64<<10)); err != nil {
		return "", fmt.Errorf("read build: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("read build: %s answered %s", c.Mask(target), resp.Status)
	}
	return clip(c.Mask(buildIn(buf.Bytes()))), nil // masked before it is cut: half a secret is one still
}

func buildIn(body []byte) string {
	var m map[string]any
	if json.Unmarshal(body, &m) == nil {
		for _, key := range []string{"build", "version", "commit", "revision"} {
			if v, ok := m[key]; ok {
				return fmt.Sprint(v)
			}
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	return first
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}
