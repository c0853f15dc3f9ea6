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

// generous is for a machine that does other things as well, and for a request
// that is on its way when its worker's lease ends.
const generous = 3 * time.Second

// oneRequest is for a request, and for a worker that stands still for a moment
// when its lease ends.
const oneRequest = 750 * time.Millisecond

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

// The master dies: workers let go without a word from anybody, first; then this
// program says that it cannot reach them.
func TestTheMasterDies(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	b.swarm.Master.Kill()
	died := time.Now()
	await(t, "the brake", func() bool { _, latched := b.brake.Latched(); return latched })
	stop, _ := b.brake.Latched()
	b.says(t, "could not be reached")
	await(t, "the stop's report", b.stopped(1))
	if r := b.stops[0]; r.Reason != loadengine.ReasonPermit || r.Drained {
		t.Errorf("stop report %+v: nobody could tell whether it is drained", r)
	}
	// The workers' leases are not younger than the last answer that this program
	// has, by which it pulls the brake. So they end first, but for a beat's answer
	// that was lost, and a request. Nothing comes any more, and no numbers that look
	// new.
	last, ticks := b.shop.lastCame(), len(b.ticks)
	if last.Sub(stop.At) > beatEvery+oneRequest || last.Sub(died) > Lease+generous {
		t.Errorf("master dead → last request %.2f s, → brake %.2f s", last.Sub(died).Seconds(), stop.At.Sub(died).Seconds())
	}
	t.Logf("master dead → last request %.2f s, → brake %.2f s", last.Sub(died).Seconds(), stop.At.Sub(died).Seconds())
	b.finish()
	if !b.shop.lastCame().Equal(last) {
		t.Error("requests came after the stop's report")
	}
	if more := len(b.ticks) - ticks; more != 1 || !b.newest().Final {
		t.Errorf("%d ticks of a master that does not answer", more)
	}
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
	b.person(t, "/swarm", url.Values{"user_count": {"1"}, "spawn_rate": {"100"}})
	b.says(t, "someone else set 1 user", "until the dial moves")
	b.runs(t, 1)
	b.engine.SetCeiling(3) // the guard's hand is not the dial
	b.silentAbout(t, 1)
	b.engine.SetCeiling(-1)
	b.silentAbout(t, 1)
	b.at(t, 3)
	b.person(t, "/stop", nil)
	b.says(t, "someone else stopped", "until the dial moves")
	b.runs(t, 0)
	b.silent(t)
	b.at(t, 2)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.ticks {
		if k.Running > 4 {
			t.Errorf("%d users ran: somebody else's 300 reached the workers", k.Running)
		}
	}
}

// Everyone may stop all load, and also while it rises.
func TestSomeoneElseStopsAClimb(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.engine.SetSlew(false)
	b.engine.SetGlide(2)
	b.engine.SetAsked(most)
	await(t, "a climb", func() bool { return b.engine.Live().Running >= 3 })
	b.person(t, "/stop", nil)
	b.says(t, "someone else stopped", "until the dial moves")
	b.runs(t, 0)
	b.silent(t)
	if asked := b.engine.Live().Asked; asked != most {
		t.Errorf("the dial says %d", asked)
	}
	b.engine.SetAsked(6)
	await(t, "another climb", func() bool { return b.engine.Live().Running >= 3 })
	b.person(t, "/swarm", url.Values{"user_count": {"1"}, "spawn_rate": {"100"}})
	b.says(t, "someone else set 1 user", "until the dial moves")
	b.runs(t, 1)
	b.silentAbout(t, 1)
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

// A fleet has one session at a time; who comes second is told who was first, and
// neither stops, frees or counts what is the other's.
func TestAFleetHasOneSession(t *testing.T) {
	t.Parallel()
	first := fleet(t)
	first.at(t, 2)
	second := &bench{shop: newShop(t), swarm: first.swarm, guarded: true, brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock())}
	ask := func() error {
		_, err := New(t.Context(), Options{URL: first.swarm.URL, Session: "second", MaxUsers: most}, second.permit, second.brake, loadengine.Hooks{})
		return err
	}
	if err := ask(); err == nil || !strings.Contains(err.Error(), "session "+t.Name()+" drives the fleet") {
		t.Errorf("the second session: %v", err)
	}
	// The first has stopped all load: the second may have the fleet.
	first.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", first.stopped(1))
	before := first.shop.requests.Load()
	second.join(t, func(o *Options) { o.Session = "second" })
	second.at(t, 3)
	first.says(t, "session second drives the fleet now")
	first.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "another stop's report", first.stopped(2))
	first.finish()
	second.runs(t, 3)
	second.loads(t)
	if n := first.shop.requests.Load(); n != before {
		t.Errorf("%d requests came to the first session's staging", n-before)
	}
	second.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "ada"})
	await(t, "the second's stop", second.stopped(1))
	second.finish()
	for _, b := range []*bench{first, second} {
		var told, cancelled uint64
		for _, k := range b.ticks {
			told += k.Requests
			cancelled += k.Cancelled
		}
		if got := uint64(b.shop.requests.Load()); told > got || told+cancelled < got {
			t.Errorf("%d requests told and %d cancelled, %d came", told, cancelled, got)
		}
	}
	if err := ask(); err != nil {
		t.Errorf("when both have ended: %v", err)
	}
}
