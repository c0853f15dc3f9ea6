package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// limits are what a guard would learn from a quiet phase.
type limits struct{ p50, amber, red time.Duration }

func learn(tb testing.TB, probes <-chan probe, servers int) limits {
	tb.Helper()
	gather(tb, probes, servers, 3) // connections are made, pages are read
	quiet := gather(tb, probes, servers, 20)
	if len(quiet) != servers*20 {
		tb.Fatalf("%d of %d deep checks failed with no load", servers*20-len(quiet), servers*20)
	}
	p50, worst := at(quiet, 0.5), at(quiet, 1)
	l := limits{
		p50:   p50,
		amber: max(p50*3/2, p50+25*time.Millisecond),
		red:   max(4*p50, p50+100*time.Millisecond, 2*worst),
	}
	tb.Logf("quiet: p50 %s, p99 %s, worst %s; amber %s, red %s", p50, at(quiet, 0.99), worst, l.amber, l.red)
	return l
}

func TestLinkedLoadTurnsProductionRedOneByOne(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	l := begin(t, Options{Linked: true, Seed: 1})
	if l.Staging.DSN != l.Production.DSN {
		t.Fatalf("linked, but the databases are %s and %s", l.Staging.DSN, l.Production.DSN)
	}
	servers := len(l.Production.Servers)
	probes := watch(ctx, l.Production.Servers)
	limit := learn(t, probes, servers)

	// A little load: slower, and far from red.
	few := newCrowd(ctx, l.Staging.URL)
	few.add(3)
	gather(t, probes, servers, 3)
	gentle := gather(t, probes, servers, 15)
	few.leave()
	if got := at(gentle, 0.5); got <= limit.p50 || got >= limit.red {
		t.Errorf("deep checks at 3 users: median %s, want from %s to %s", got, limit.p50, limit.red)
	}
	t.Logf("3 users: p50 %s", at(gentle, 0.5))

	// More and more load: red, server by server.
	many := newCrowd(ctx, l.Staging.URL)
	defer many.leave()
	type turn struct{ server, users int }
	var reds []turn
	bad := make([]int, servers)
	isRed := make([]bool, servers)
	rising := time.NewTicker(100 * time.Millisecond)
	defer rising.Stop()
	start := time.Now()
	for len(reds) < servers {
		select {
		case <-rising.C:
			if many.size < 80 {
				many.add(1)
			}
		case p, ok := <-probes:
			if !ok {
				t.Fatalf("only these turned red: %v, with %d users", reds, many.size)
			}
			if p.code == http.StatusOK && p.latency <= limit.red {
				bad[p.server] = 0
				continue
			}
			if bad[p.server]++; bad[p.server] == 2 && !isRed[p.server] {
				isRed[p.server] = true
				reds = append(reds, turn{p.server, many.size})
				t.Logf("web-%d red at %d users, after %s", p.server+1, many.size, time.Since(start))
			}
		}
	}
	if reds[0].users == reds[servers-1].users {
		t.Errorf("all turned red at once: %v", reds)
	}

	// The load goes, and production recovers.
	many.leave()
	start = time.Now()
	good := make([]int, servers)
	for left := servers; left > 0; {
		p, ok := <-probes
		if !ok {
			t.Fatalf("not all servers recovered: good answers in a row %v", good)
		}
		if p.code != http.StatusOK || p.latency > limit.amber {
			good[p.server] = 0
			continue
		}
		if good[p.server]++; good[p.server] == 3 {
			left--
		}
	}
	t.Logf("recovered after %s", time.Since(start))
	if s := l.Stats(); s.StagingOrders == 0 || s.ProductionOrders == 0 || s.Customers.Served == 0 {
		t.Errorf("nobody bought anything: %+v", s)
	}
}

func TestUnlinkedLoadLeavesProductionGreen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	l := begin(t, Options{Seed: 1})
	if l.Staging.DSN == l.Production.DSN {
		t.Fatalf("unlinked, but both databases are %s", l.Staging.DSN)
	}
	servers := len(l.Production.Servers)
	probes := watch(ctx, l.Production.Servers)
	limit := learn(t, probes, servers)
	load := newCrowd(ctx, l.Staging.URL)
	defer load.leave()
	load.add(80)
	gather(t, probes, servers, 3)
	loaded := gather(t, probes, servers, 30)
	if want := servers * 30; len(loaded) != want {
		t.Errorf("%d of %d deep checks failed", want-len(loaded), want)
	}
	if got := at(loaded, 0.5); got > limit.amber {
		t.Errorf("deep checks at 80 users: median %s, over amber at %s", got, limit.amber)
	}
	t.Logf("80 users: p50 %s, p99 %s", at(loaded, 0.5), at(loaded, 0.99))
	if s := l.Stats(); s.StagingOrders == 0 {
		t.Errorf("the load bought nothing: %+v", s)
	}
}

func TestBusyNoiseIsNotRed(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	l := begin(t, Options{Noise: "busy", Seed: 1})
	probes := watch(ctx, l.Production.Servers)
	servers := len(l.Production.Servers)
	got := gather(t, probes, servers, 40)
	if want := servers * 40; len(got) != want {
		t.Errorf("%d of %d deep checks failed", want-len(got), want)
	}
	if p90 := at(got, 0.9); p90 > at(got, 0.5)+100*time.Millisecond {
		t.Errorf("one deep check in ten took over %s", p90)
	}
}

func TestUnknownNoiseIsRefused(t *testing.T) {
	_, err := Start(t.Context(), Options{Noise: "loud"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, word := range []string{`"loud"`, "quiet", "busy"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %s", err, word)
		}
	}
}

func TestJSONHoldsEveryAddress(t *testing.T) {
	l := begin(t, Options{Linked: true})
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	type site struct {
		URL, DSN string
		Servers  []struct {
			Name, URL, Health string
			DeepHealth        string `json:"deep_health"`
		}
	}
	var got struct {
		Linked              bool
		Noise               string
		Staging, Production site
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !got.Linked || got.Noise != "quiet" {
		t.Errorf("linked %t, noise %q", got.Linked, got.Noise)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, s := range []struct {
		site
		servers int
	}{{got.Staging, 2}, {got.Production, 4}} {
		if !strings.HasPrefix(s.DSN, "sqlite:///") {
			t.Errorf("DSN %q", s.DSN)
		}
		if len(s.Servers) != s.servers {
			t.Errorf("%d servers, want %d", len(s.Servers), s.servers)
		}
		urls := []string{s.URL}
		for i, v := range s.Servers {
			if want := fmt.Sprintf("web-%d", i+1); v.Name != want {
				t.Errorf("server %q, want %q", v.Name, want)
			}
			urls = append(urls, v.URL, v.Health, v.DeepHealth)
		}
		for _, u := range urls {
			if code, body := call(t.Context(), client, http.MethodGet, u, ""); code != http.StatusOK {
				t.Errorf("GET %q: %d %s", u, code, body)
			}
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(*Lab, context.CancelFunc) error{
		"close":  func(l *Lab, _ context.CancelFunc) error { return l.Close() },
		"cancel": func(l *Lab, cancel context.CancelFunc) error { cancel(); return l.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dir := filepath.Join(t.TempDir(), "deep", "lab")
			kept, err := Start(ctx, Options{Dir: dir, Cron: true, Noise: "busy"})
			if err != nil {
				t.Fatal(err)
			}
			temp, err := Start(ctx, Options{Linked: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Start(ctx, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "exists") {
				t.Errorf("second lab in one folder: %v", err)
			}
			load := newCrowd(ctx, temp.Staging.URL)
			load.add(20)
			probes := watch(ctx, temp.Production.Servers)
			gather(t, probes, 4, 2)

			for range 2 { // the second time changes nothing
				if err := errors.Join(end(kept, cancel), end(temp, cancel)); err != nil {
					t.Error(err)
				}
			}
			cancel()
			load.leave()
			for range probes {
			}

			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("folder holds %v, %v", left, err)
			}
			if _, err := os.Stat(temp.tempDir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("temporary folder %s: %v", temp.tempDir, err)
			}
			poll := time.NewTicker(5 * time.Millisecond)
			defer poll.Stop()
			deadline := time.After(20 * time.Second)
			for runtime.NumGoroutine() > before {
				select {
				case <-poll.C:
				case <-deadline:
					stacks := make([]byte, 1<<20)
					t.Fatalf("goroutines: %d before, now:\n%s", before, stacks[:runtime.Stack(stacks, true)])
				}
			}
		})
	}
}

func TestJSONNamesAreSnakeCase(t *testing.T) {
	for _, v := range []any{Lab{}, Site{}, Server{}, Stats{}, CustomerStats{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			tag := f.Tag.Get("json")
			if f.IsExported() && (tag == "" || tag != strings.ToLower(tag)) {
				t.Errorf("%T.%s: tag %q", v, f.Name, tag)
			}
		}
	}
}
