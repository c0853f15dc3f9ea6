package link

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func standardSetup() Setup { return Setup{Profile: Standard(), Seed: 7, Users: 5, Mix: "buy"} }

func TestVerdicts(t *testing.T) {
	cut := func(load Load, noSight bool) func(*plant) {
		return func(p *plant) {
			p.also = func(h Half, o *Observation) {
				if h.Index >= 6 && h.Load == load {
					o.Red, o.NoSight, o.RedAt = !noSight, noSight, 3*time.Second
				}
			}
		}
	}
	tests := []struct {
		name  string
		plant func(*plant)
		want  Kind
		words []string
	}{
		{"nothing", func(*plant) {}, NoLinkSeen, []string{"No link seen. At 5 users", "by no more than", "Checked to 7 users", "(buy)"}},
		{"slower", func(p *plant) { p.effect = 0.3 }, Linked, []string{"Linked. Production slowed", "at most 1 %", "one user until you type a reason", "Our own sink did not move"}},
		{"errors alone", func(p *plant) { p.errors = 0.3 }, Linked, []string{"Linked. With load on staging production failed"}},
		{"a gauge alone", func(p *plant) { p.counter, p.gauge = 0.3, true }, Linked, []string{"In ", "the same load went", "production's commits went up (+"}},
		{"work alone", func(p *plant) { p.counter = 0.3 }, Linked, []string{"Linked. With load on staging production's commits went up (+"}},
		{"our machine", func(p *plant) { p.ours = 0.3 }, OwnMachine, []string{"Probably our own machine", "Our own sink moved"}},
		{"our machine unseen", func(p *plant) { p.ours, p.hidden = 0.3, true }, OwnMachine, []string{"sent elsewhere"}},
		{"noise", func(p *plant) { p.noise = 1.2 }, Inconclusive, []string{"Cannot tell. Up to", "Treat it as not checked"}},
		{"red under load", cut(On, false), Suspected, []string{"turned red while staging had load", "not weighed"}},
		{"red without load", cut(Off, false), Inconclusive, []string{"turned red while staging had no load"}},
		{"no sight", cut(On, true), Inconclusive, []string{"could not be seen any more"}},
		{"no load", func(p *plant) { p.staging = func(_ Half, o *Observation) { o.Sent, o.Succeeded = 50, 50 } }, Void,
			[]string{"does not count: staging did not get the load"}},
		{"load failed", func(p *plant) { p.staging = func(_ Half, o *Observation) { o.Succeeded = o.Sent / 2 } }, Void,
			[]string{"only 50 % of the requests"}},
		{"a slow staging", func(p *plant) { p.staging = lingering }, Void, []string{"does not count: staging answers too slowly for halves of 5 s, 40 % of the load was still there", "use the slow profile"}},
		{"one request hangs", func(p *plant) {
			p.staging = func(h Half, o *Observation) { lingering(h, o); o.Left = min(1, h.Index) }
		}, NoLinkSeen, nil},
		{"a few very slow answers of many", func(p *plant) {
			p.staging = func(h Half, o *Observation) { lingering(h, o); o.Sent = min(245, o.Sent); o.Succeeded = o.Sent }
		}, Void, []string{"40 % of the load was still there"}},
		{"slower than a half", func(p *plant) {
			p.staging = func(h Half, o *Observation) { lingering(h, o); o.Sent, o.Succeeded = 0, 0 }
		}, Void, []string{"40 % of the load was still there"}},
		{"a slow staging in noise", func(p *plant) { p.noise, p.staging = 1.2, lingering }, Void, []string{"40 % of the load was still there"}},
		{"a slow staging that is linked", func(p *plant) { p.effect, p.staging = 0.3, lingering }, Linked, []string{"Linked. Production slowed"}},
		{"not probed", func(p *plant) {
			p.also = func(h Half, _ *Observation) { p.silent = h.Length > 0 && h.Index > 2 }
		}, Void, []string{"production was not seen in"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlant(1)
			s := standardSetup()
			if strings.HasSuffix(tt.name, "noise") {
				tt.plant(p)
			}
			if strings.HasSuffix(tt.name, " alone") && tt.name != "errors alone" {
				p.counter, p.gauge = 0, tt.name == "a gauge alone"
			}
			c := p.begin(t, s)
			tt.plant(p)
			v := finish(t, c, p)
			words := v.Words()
			if v.Verdict != tt.want {
				t.Fatalf("verdict %s (%s), want %s: %s\n%+v", v.Verdict, v.Why, tt.want, words, v)
			}
			for _, w := range tt.words {
				if !strings.Contains(words, w) {
					t.Errorf("%q does not say %q", words, w)
				}
			}
			for _, not := range []string{"safe", "artefact", "e-value", "NaN", "Inf", "%!"} {
				if strings.Contains(words, not) {
					t.Errorf("%q says %q", words, not)
				}
			}
			if back := roundTrip(t, v); !reflect.DeepEqual(back, v) {
				t.Errorf("the verdict came back from JSON as %+v, was %+v", back, v)
			}
		})
	}
}

func roundTrip(t *testing.T, v Verdict) (back Verdict) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestLinkedNamesWhatItRestsOn(t *testing.T) {
	p := newPlant(3)
	p.effect = 0.3
	c := p.begin(t, standardSetup()) // The quiet phase has no users, hence no effect.
	v := finish(t, c, p)
	if v.Verdict != Linked {
		t.Fatalf("verdict %s: %s", v.Verdict, v.Words())
	}
	if v.Low > 0.3 || v.High < 0.3 || v.Low <= 0 {
		t.Errorf("the interval %v to %v does not hold 0.3, or holds 0", v.Low, v.High)
	}
	if v.Evidence < v.Line || v.WithSham < v.ShamLine || v.ShamPairs == 0 || v.P != nil {
		t.Errorf("linked on evidence %v of %v, with sham load %v of %v", v.Evidence, v.Line, v.WithSham, v.ShamLine)
	}
	if len(v.Controls) != 2 || v.Reach != 0 || len(v.Differences) != v.Pairs || len(v.Assignment) != v.Pairs {
		t.Errorf("%+v", v)
	}
	if want := c.Assignment().String()[:v.Pairs]; v.Assignment != want || v.Seed != 7 {
		t.Errorf("order %s of seed %d, want %s", v.Assignment, v.Seed, want)
	}
	if v.Seconds != float64(v.Pairs)*10 {
		t.Errorf("%v s for %d pairs", v.Seconds, v.Pairs)
	}
}

// Where production shares a busy machine with us, LINKED may be true of that alone.
func TestLinkedByASharedMachine(t *testing.T) {
	for _, c := range []struct {
		here bool
		busy float64
		want bool
	}{{true, 0.9, true}, {true, 0.4, false}, {false, 0.9, false}} {
		p := newPlant(3)
		p.effect = 0.3
		p.also = func(h Half, o *Observation) {
			if o.Busy = 0.99; h.Load == On {
				o.Busy = c.busy
			}
		}
		s := standardSetup()
		s.Here = c.here
		v := p.run(t, s)
		if v.Verdict != Linked || v.Here != c.here || math.Abs(v.Busy-c.busy) > 1e-9 {
			t.Errorf("%+v: %s, here %v, busy %v", c, v.Verdict, v.Here, v.Busy)
		}
		if got := strings.Contains(v.Words(), "whose processors were 90 % busy"); got != c.want {
			t.Errorf("%+v: %s", c, v.Words())
		}
	}
}

// A proxy that both go through may be the link that is seen.
func TestLinkedThroughOneProxy(t *testing.T) {
	for _, c := range []struct {
		proxy           string
		effect, counter float64
		want            bool
	}{{"", 0.3, math.NaN(), false}, {"proxy.test:3128", 0.3, math.NaN(), true}, {"proxy.test:3128", 0, 0.3, false}} {
		p := newPlant(3)
		p.effect, p.counter = c.effect, c.counter
		s := standardSetup()
		s.Proxy = c.proxy
		v := p.run(t, s)
		if got := strings.Contains(v.Words(), "went through one proxy, proxy.test:3128: that may be all"); v.Verdict != Linked || v.Proxy != c.proxy || got != c.want {
			t.Errorf("%+v: %s: %s", c, v.Verdict, v.Words())
		}
	}
}

func TestSameSeedSameCheck(t *testing.T) {
	run := func(seed uint64) Verdict {
		s := standardSetup()
		s.Seed = seed
		return newPlant(5).run(t, s)
	}
	if a, b := run(1), run(1); !reflect.DeepEqual(a, b) {
		t.Error("the same seed and the same observations gave two verdicts")
	}
	if a, b := Assign(1, 64), Assign(2, 64); a.String() == b.String() {
		t.Error("two seeds gave one order")
	}
	if a, b := Assign(9, 64).String(), Assign(9, 16).String(); !strings.HasPrefix(a, b) {
		t.Error("a shorter check of the same seed has other coins")
	}
	heads := strings.Count(Assign(4, 4000).String(), "+")
	if heads < 1850 || heads > 2150 {
		t.Errorf("%d of 4000 coins are heads", heads)
	}
}

func TestPairsFollowTheCoins(t *testing.T) {
	p := newPlant(6)
	c := p.begin(t, standardSetup())
	coins := c.Assignment()
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if again, _ := c.Next(); again != h {
			t.Fatal("asking twice gave two halves")
		}
		first := h.Index%2 == 0
		if on := h.Load == On; on != (coins[h.Pair] == first) || h.Pair != h.Index/2 || (h.Users == 5) != on {
			t.Fatalf("half %+v with the coin %v", h, coins[h.Pair])
		}
		if err := c.Observe(Observation{Half: h.Index + 1}); err == nil {
			t.Fatal("the observation of another half was taken")
		}
		if err := c.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Observe(Observation{}); err == nil {
		t.Error("an observation after the end was taken")
	}
}

func TestShamLoadRunsAtTheRateOfTheLoad(t *testing.T) {
	p := newPlant(2)
	p.effect = 0.3
	c := p.begin(t, standardSetup())
	seen := 0
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if h.Load == Sham {
			seen++
			if h.Sham != 5 || h.Users != 0 || math.Abs(h.ShamRate-40) > 1e-9 {
				t.Fatalf("sham load %+v, want 5 users at 40 a second", h)
			}
		}
		o := p.half(h)
		o.Sham = 0 // It does not run.
		if err := c.Observe(o); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := c.Verdict()
	if seen == 0 {
		t.Fatal("no half had the sham load")
	}
	if v.Verdict == Linked || v.ShamPairs != 0 {
		t.Errorf("%s with %d pairs against a sham load that never ran", v.Verdict, v.ShamPairs)
	}
}

func TestAmberHalvesTheLoad(t *testing.T) {
	p := newPlant(2)
	p.also = func(h Half, o *Observation) { o.Amber = h.Pair%2 == 0 && h.Length > 0 }
	c := p.begin(t, Setup{Profile: Standard(), Users: 12, OffUsers: 4})
	var levels []int
	for h, ok := c.Next(); ok && h.Pair < 12; h, ok = c.Next() {
		if h.Load == On {
			levels = append(levels, h.Users)
		}
		o := p.half(h)
		o.Sent = 30 * h.Users
		o.Succeeded = o.Sent
		if err := c.Observe(o); err != nil {
			t.Fatal(err)
		}
	}
	want := []int{12, 12, 12, 12, 12, 8, 8, 8, 8, 8, 8, 6}
	if !reflect.DeepEqual(levels, want) {
		t.Errorf("levels %v, want %v", levels, want)
	}
	c.Stop("enough")
	if v, _ := c.Verdict(); v.Users != 6 || v.FirstUser != 12 || v.OffUsers != 4 {
		t.Errorf("checked %d of %d over %d", v.Users, v.FirstUser, v.OffUsers)
	}
}

func TestStoppedKeepsWhatWasLearned(t *testing.T) {
	for _, tt := range []struct {
		pairs int
		noise float64
		want  Kind
	}{{3, 0.1, Inconclusive}, {20, 0.15, NoLinkSeen}, {9, 0.6, Inconclusive}} {
		p := newPlant(4)
		p.noise = tt.noise
		c := p.begin(t, standardSetup())
		for h, ok := c.Next(); ok && h.Pair < tt.pairs; h, ok = c.Next() {
			if err := c.Observe(p.half(h)); err != nil {
				t.Fatal(err)
			}
		}
		c.Stop("mel")
		c.Stop("again")
		v, ok := c.Verdict()
		if !ok || v.Verdict != tt.want {
			t.Errorf("stopped after %d pairs: %s (%s) %s", tt.pairs, v.Verdict, v.Why, v.Words())
		}
		if _, more := c.Next(); more || !c.Done() {
			t.Error("a stopped check goes on")
		}
	}
}

func TestProgressGoesForward(t *testing.T) {
	p := newPlant(2)
	p.effect = 0.3
	c := p.begin(t, standardSetup())
	last := c.Progress()
	if last.Words() == "" || last.Pairs != 0 || last.Toward != 0 || last.Most != 8*time.Minute {
		t.Errorf("%+v", last)
	}
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if err := c.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
		now := c.Progress()
		if now.Done <= last.Done || now.Most >= last.Most || now.Likely > now.Most || now.Toward < 0 || now.Toward > 1 || len(now.Strip) != now.Pairs {
			t.Fatalf("from %+v to %+v", last, now)
		}
		if _, err := json.Marshal(now); err != nil {
			t.Fatal(err)
		}
		last = now
	}
	if last.Toward < 0.99 || last.Most != 0 || !strings.Contains(last.Words(), "our own machine") {
		t.Errorf("at the end: %+v: %s", last, last.Words())
	}
}

func TestForecast(t *testing.T) {
	p := newPlant(8)
	f, err := NewForecast(standardSetup(), p.quiet(Standard(), 12))
	if err != nil || f.Refused || f.MDE <= 0 || f.Longest != 8*time.Minute {
		t.Fatalf("%+v, %v", f, err)
	}
	if want := math.Expm1(3.858 * f.SD / math.Sqrt(48)); math.Abs(f.MDE-want) > 1e-9 {
		t.Errorf("MDE %v, want %v", f.MDE, want)
	}
	if d := f.Needed(Standard(), f.MDE); d != 8*time.Minute && d != 8*time.Minute+10*time.Second {
		t.Errorf("the effect of the forecast needs %v", d)
	}
	p.noise = 5
	_, err = New(standardSetup(), p.quiet(Standard(), 12))
	if !errors.Is(err, ErrNoisy) || !strings.Contains(err.Error(), "too noisy to check now") {
		t.Errorf("noisy production: %v", err)
	}
}

func TestProfiles(t *testing.T) {
	for _, name := range []string{"", "standard", "quick", "slow"} {
		p, err := Named(name)
		if err != nil || p.validate() != nil || (name != "" && p.Name != name) {
			t.Errorf("profile %q: %+v, %v", name, p, err)
		}
	}
	if _, err := Named("fast"); err == nil {
		t.Error("there is a profile fast")
	}
	if d := Quick().Longest(); d > 150*time.Second {
		t.Errorf("quick takes up to %v", d)
	}
	if d := IsItMe().Longest() - IsItMe().Quiet; d > 135*time.Second {
		t.Errorf("dips take up to %v", d)
	}
}

func TestRefusedSetups(t *testing.T) {
	p := newPlant(1)
	q := p.quiet(Standard(), 12)
	unseen := newPlant(1)
	unseen.silent = true
	for name, f := range map[string]func() (*Check, error){
		"no load":        func() (*Check, error) { return New(Setup{Profile: Standard()}, q) },
		"no more load":   func() (*Check, error) { return New(Setup{Profile: Standard(), Users: 5, OffUsers: 5}, q) },
		"too short":      func() (*Check, error) { return New(standardSetup(), q[:5]) },
		"no profile":     func() (*Check, error) { return New(Setup{Users: 5}, q) },
		"slow staging":   func() (*Check, error) { s := standardSetup(); s.StagingP95 = time.Second; return New(s, q) },
		"no production":  func() (*Check, error) { return New(standardSetup(), unseen.quiet(Standard(), 12)) },
		"too many pairs": func() (*Check, error) { s := standardSetup(); s.Profile.MaxPairs = 65; return New(s, q) },
	} {
		if c, err := f(); err == nil || c != nil {
			t.Errorf("%s: a check was begun", name)
		}
	}
}

// Probes that nobody reports are late, in whichever half they are missing.
func TestMissingProbesCountAsLate(t *testing.T) {
	p := newPlant(1)
	p.also = func(h Half, o *Observation) {
		if h.Load == On { // Three in ten of production's probes are gone under load.
			kept := o.Samples[:0]
			for i, s := range o.Samples {
				if s.Env != Production || i%10 >= 3 {
					kept = append(kept, s)
				}
			}
			o.Samples = kept
		}
	}
	if v := p.run(t, standardSetup()); v.Verdict != Linked {
		t.Errorf("lost probes under load: %s: %s", v.Verdict, v.Words())
	}
}
