//go:build real

package locust

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// says waits until the fleet has told a sentence that holds all the parts.
func (b *bench) says(t *testing.T, parts ...string) loadengine.Finding {
	t.Helper()
	var found loadengine.Finding
	await(t, "a word of "+strings.Join(parts, " … "), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.found {
			text, all := f.Kind+" "+f.Text+" "+f.Host, true
			for _, p := range parts {
				all = all && strings.Contains(text, p)
			}
			if all {
				found = f
				return true
			}
		}
		return false
	})
	return found
}

// at sets the dial and waits until so many run.
func (b *bench) at(t *testing.T, n int) {
	t.Helper()
	b.engine.SetGlide(0)
	b.engine.SetSlew(false)
	b.engine.SetAsked(n)
	b.runs(t, n)
	b.loads(t)
}

// newest is the newest tick.
func (b *bench) newest() loadengine.Tick {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ticks) == 0 {
		return loadengine.Tick{Nodes: &loadengine.Nodes{}}
	}
	return b.ticks[len(b.ticks)-1]
}

func (b *bench) nodes() loadengine.Nodes { return *b.newest().Nodes }

// person asks the master for something, as somebody does in Locust's own page.
func (b *bench) person(t *testing.T, path string, form url.Values) {
	t.Helper()
	do := func() (*http.Response, error) { return http.Get(b.swarm.URL + path) }
	if form != nil {
		do = func() (*http.Response, error) { return http.PostForm(b.swarm.URL+path, form) }
	}
	res, err := do()
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the master answers %s", res.Status)
	}
}

// One worker dies: it is said, the others go on, and the dial still moves.
func TestAWorkerDies(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Patience = 10; o.Wait = 100 * time.Millisecond }, nil)
	b.at(t, 4)
	await(t, "two workers in a tick", func() bool { n := b.nodes(); return n.Workers == 2 && n.Leased })
	b.swarm.Workers[0].Kill()
	b.says(t, "is lost with its users", "1 left")
	b.runs(t, 2)
	b.loads(t)
	await(t, "one worker and one lost in a tick", func() bool { n := b.nodes(); return n.Workers == 1 && n.Lost == 1 })
	b.at(t, 6)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "joined", "2 in all")
	if stop, latched := b.brake.Latched(); latched {
		t.Errorf("the brake was pulled: %+v", stop)
	}
}

// The master dies: workers let go without a word from anybody, first; then this
// program says that it cannot reach them.
func TestTheMasterDies(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	b.swarm.Master.Kill()
	died := time.Now()
	await(t, "the brake", func() bool { _, latched := b.brake.Latched(); return latched })
	b.says(t, "could not be reached")
	await(t, "the stop's report", b.stopped(1))
	stop, r := b.brake.Context().Err(), b.stops[0]
	if stop == nil || r.Reason != loadengine.ReasonPermit || r.Drained {
		t.Errorf("stop report %+v: nobody could tell whether it is drained", r)
	}
	last := b.shop.lastCame()
	b.silent(t)
	t.Logf("master dead → last request %.2f s", last.Sub(died).Seconds())
}

// Whoever asks for more in Locust's own page is set back, and named as someone;
// fewer is let be until the dial moves.
func TestSomeoneElseChangesTheUsers(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	b.person(t, "/swarm", url.Values{"user_count": {"300"}, "spawn_rate": {"100"}})
	b.says(t, "someone else set 300", "set back to 4")
	b.runs(t, 4)
	b.loads(t)
	await(t, "an order that is no longer fresh", func() bool {
		f := b.engine.(*Fleet)
		f.mu.Lock()
		defer f.mu.Unlock()
		return time.Since(f.orderedAt) > settled
	})
	b.person(t, "/swarm", url.Values{"user_count": {"1"}, "spawn_rate": {"100"}})
	b.says(t, "someone else set 1 user", "until the dial moves")
	b.runs(t, 1)
	b.at(t, 3)
	await(t, "an order that is no longer fresh", func() bool {
		f := b.engine.(*Fleet)
		f.mu.Lock()
		defer f.mu.Unlock()
		return time.Since(f.orderedAt) > settled
	})
	b.person(t, "/stop", nil)
	b.says(t, "someone else stopped", "until the dial moves")
	b.runs(t, 0)
	b.silent(t)
	b.at(t, 2)
}

// Workers hold the allow-list: what is not on it gets nothing.
func TestWorkersHoldTheAllowList(t *testing.T) {
	t.Parallel()
	other := newShop(t)
	b := fleetOf(t, func(o *swarm.Options) { o.Reach = other.URL + "/" }, nil)
	b.at(t, 2)
	if f := b.says(t, loadengine.FindingHost, other.place()); f.Remedy != `hosts: ["`+other.place()+`"]` {
		t.Errorf("finding %+v", f)
	}
	await(t, "errors of hosts that are not allowed", func() bool { return b.newest().Kinds["host not allowed"] > 0 })
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests reached a host that is not allowed", n)
	}
}

// The same host, allowed by name, is refused while production's checks use its
// address.
func TestWorkersKeepOffProductionsAddresses(t *testing.T) {
	t.Parallel()
	other := newShop(t)
	b := fleetOf(t, func(o *swarm.Options) { o.Reach = other.URL + "/" },
		func(o *Options) { o.Hosts = append(o.Hosts, other.place()); o.Forbidden = []string{other.place()} })
	b.at(t, 2)
	b.says(t, loadengine.FindingHost, other.place())
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests reached an address of production's", n)
	}
}

// What the fleet cannot be driven with is said before anything runs.
func TestAFleetThatCannotBeDriven(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	ask := func(t *testing.T, change func(*swarm.Options), address func(string) string, login string) (*Fleet, error) {
		t.Helper()
		s := startSwarm(t, shop.URL, change)
		return New(t.Context(), Options{URL: address(s.URL), Login: login, Session: t.Name(), Host: shop.URL, Hosts: []string{shop.place()}, MaxUsers: most},
			loadengine.NewPermit(loadengine.SystemClock()), loadengine.NewBrake(), loadengine.Hooks{})
	}
	plain := func(u string) string { return u }
	signed := func(u string) string { return strings.Replace(u, "://", "://mel:secret@", 1) }
	for _, c := range []struct {
		name    string
		swarm   func(*swarm.Options)
		address func(string) string
		login   string
		want    string // part of the error; empty: none
	}{
		{"no workers", func(o *swarm.Options) { o.Workers = 0 }, plain, "", "no worker is connected"},
		{"a shape", func(o *swarm.Options) { o.Shape = true }, plain, "", "LoadTestShape"},
		{"no password", func(o *swarm.Options) { o.Master = []string{"--web-auth", "mel:secret"} }, plain, "", "wants a login"},
		{"a password", func(o *swarm.Options) { o.Master = []string{"--web-auth", "mel:secret"} }, signed, "", ""},
		{"no login", func(o *swarm.Options) { o.Login = true }, signed, "", "wants a login"},
		{"a login", func(o *swarm.Options) { o.Login = true }, signed, "/enter", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ask(t, c.swarm, c.address, c.login)
			switch {
			case c.want == "" && err != nil:
				t.Fatal(err)
			case c.want == "":
				if f.Workers() != 2 {
					t.Errorf("%d workers", f.Workers())
				}
			case err == nil || !strings.Contains(err.Error(), c.want):
				t.Errorf("got %v, want %q", err, c.want)
			case strings.Contains(err.Error(), "secret"):
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// A LoadTestShape behind a master without the plug-in shows only once it runs:
// it is stopped and said.
func TestAShapeWithoutThePlugInIsStopped(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Shape = true; o.Plugin = "" }, nil)
	b.engine.SetGlide(0)
	b.engine.SetAsked(2)
	b.says(t, "LoadTestShape")
	await(t, "the stop's report", b.stopped(1))
	// Locust's own stop may leave a worker at it, which is then stopped again.
	var from int64
	quiet := time.Time{}
	await(t, "five seconds of silence", func() bool {
		if now := b.shop.requests.Load(); now != from || quiet.IsZero() {
			from, quiet = now, time.Now()
		}
		return time.Since(quiet) > 5*time.Second
	})
}

// Without the plug-in the dial works, too; what is missing is the lease.
func TestAFleetWithoutThePlugIn(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Plugin = "" }, nil)
	if b.engine.(*Fleet).Leased() {
		t.Error("a fleet without the plug-in is on the lease")
	}
	b.at(t, 3)
	await(t, "percentiles in a tick", func() bool {
		k := b.newest()
		return k.Requests > 0 && k.Ten.P95 > 0 && k.Nodes.Workers == 2 && !k.Nodes.Leased
	})
	b.person(t, "/swarm", url.Values{"user_count": {"9"}, "spawn_rate": {"100"}})
	b.says(t, "someone else set 9", "set back to 3")
	b.runs(t, 3)
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if !b.stops[0].Drained {
		t.Errorf("stop report %+v", b.stops[0])
	}
	b.silent(t)
}

// A fleet has one session at a time; who comes second is told who was first.
func TestAFleetHasOneSession(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 2)
	second := Options{URL: b.swarm.URL, Session: "second", Host: b.shop.URL, Hosts: []string{b.shop.place()}, MaxUsers: most}
	ask := func() error {
		_, err := New(t.Context(), second, loadengine.NewPermit(loadengine.SystemClock()), loadengine.NewBrake(), loadengine.Hooks{})
		return err
	}
	if err := ask(); err == nil || !strings.Contains(err.Error(), "session "+t.Name()+" drives the fleet") {
		t.Errorf("the second session: %v", err)
	}
	b.finish()
	if err := ask(); err != nil {
		t.Errorf("when the first has ended: %v", err)
	}
}
