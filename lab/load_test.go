package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// begin starts a lab that ends with the test.
func begin(tb testing.TB, o Options) *Lab {
	tb.Helper()
	l, err := Start(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l
}

// call makes one request and returns its status and body; 0 means no answer.
func call(ctx context.Context, client *http.Client, method, url, body string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

// crowd is a closed-loop load on a front door: users who buy again and again
// without a pause.
type crowd struct {
	url    string
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc
	users  sync.WaitGroup
	size   int
}

func newCrowd(ctx context.Context, url string) *crowd {
	c := &crowd{url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	c.ctx, c.cancel = context.WithCancel(ctx)
	return c
}

// add adds n users.
func (c *crowd) add(n int) {
	c.size += n
	for range n {
		c.users.Go(func() {
			for c.ctx.Err() == nil {
				c.buy()
			}
		})
	}
}

func (c *crowd) buy() {
	call(c.ctx, c.client, http.MethodGet, c.url+"/products", "")
	_, body := call(c.ctx, c.client, http.MethodPost, c.url+"/cart", `{"sku":"saw"}`)
	var made struct{ ID int64 }
	if json.Unmarshal([]byte(body), &made) == nil && made.ID > 0 {
		call(c.ctx, c.client, http.MethodPost, fmt.Sprintf("%s/cart/%d/checkout", c.url, made.ID), "")
	}
}

// leave cancels what is in flight and waits until every user has gone.
func (c *crowd) leave() {
	c.cancel()
	c.users.Wait()
	c.client.CloseIdleConnections()
}

// probe is one deep check.
type probe struct {
	server  int // 0 is web-1
	latency time.Duration
	code    int
}

// watch makes deep checks of every server, each every 100 ms and one at a
// time, until ctx is done; then it closes the channel.
func watch(ctx context.Context, servers []Server) <-chan probe {
	out := make(chan probe)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(servers)}}
	var checks sync.WaitGroup
	for i, s := range servers {
		checks.Go(func() {
			every := time.NewTicker(100 * time.Millisecond)
			defer every.Stop()
			for {
				start := time.Now()
				code, _ := call(ctx, client, http.MethodGet, s.DeepHealth, "")
				select {
				case out <- probe{i, time.Since(start), code}:
				case <-ctx.Done():
					return
				}
				select {
				case <-every.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() {
		checks.Wait()
		client.CloseIdleConnections()
		close(out)
	}()
	return out
}

// gather takes the next n probes of each of the servers and returns the
// latencies of the good ones, sorted.
func gather(tb testing.TB, probes <-chan probe, servers, n int) []time.Duration {
	tb.Helper()
	var got []time.Duration
	for range servers * n {
		p, ok := <-probes
		if !ok {
			tb.Fatal("the checks ended early")
		}
		if p.code == http.StatusOK {
			got = append(got, p.latency)
		}
	}
	slices.Sort(got)
	return got
}

// at returns the q-quantile of sorted latencies.
func at(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
