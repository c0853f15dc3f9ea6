package link

import (
	"strings"
	"testing"
	"time"
)

// anew makes n pairs of a check, changes production for them, and goes on without them.
func anew(t *testing.T, seed uint64, n int, made func(h Half, o *Observation)) (*Check, *plant) {
	t.Helper()
	p := newPlant(1)
	s := standardSetup()
	s.Seed = seed
	c := p.begin(t, s)
	for range 2 * n {
		h, _ := c.Next()
		o := p.half(h)
		made(h, &o)
		if err := c.Observe(o); err != nil {
			t.Fatal(err)
		}
	}
	s.StagingP95 = 500 * time.Millisecond
	next, err := c.Anew(s, p.quiet(s.Profile, 12))
	if err != nil {
		t.Fatal(err)
	}
	return next, p
}

func TestPairsThatDoNotCountAreNoSecondTry(t *testing.T) {
	c, p := anew(t, 7, 2, func(Half, *Observation) {})
	if got, want := c.Assignment().String(), Assign(7, Standard().MaxPairs).String()[2:]; got != want {
		t.Errorf("the order is %s, want what was left: %s", got, want)
	}
	v := finish(t, c, p)
	if v.SkippedPairs != 2 || v.StagingP95 != 0.5 || v.UsedSeconds != 3.5 || v.MaxPairs != 46 {
		t.Errorf("%+v", v)
	}
	if words := v.Words(); !strings.HasSuffix(words, " Before that 2 pairs did not count, as staging takes up to 500ms.") {
		t.Errorf("it says %q", words)
	}
}

// What the pairs that do not count did to production does count: their load is not raised
// again, and a red just after the last of them is red under load.
func TestPairsThatDoNotCountWereLoad(t *testing.T) {
	c, _ := anew(t, 7, 3, func(_ Half, o *Observation) { o.Amber = true })
	if users := c.Progress().Users; users != 3 {
		t.Errorf("after three amber pairs of 5 users %d are sent", users)
	}
	c, p := anew(t, 7, 2, func(_ Half, o *Observation) { o.Amber = true })
	for range 2 {
		h, _ := c.Next()
		o := p.half(h)
		o.Amber = true
		if err := c.Observe(o); err != nil {
			t.Fatal(err)
		}
	}
	if users := c.Progress().Users; users != 3 {
		t.Errorf("after two amber pairs and a third %d users are sent", users)
	}

	seed := uint64(1) // the last pair that does not count ends with load, the next begins without
	for !strings.HasPrefix(Assign(seed, 3).String(), "+--") {
		seed++
	}
	c, p = anew(t, seed, 2, func(Half, *Observation) {})
	h, _ := c.Next()
	o := p.half(h)
	o.Red, o.RedAt = true, 500*time.Millisecond
	if err := c.Observe(o); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.Verdict(); h.Load != Off || v.Verdict != Suspected {
		t.Errorf("red just after load, with %s: %s, %s", h.Load, v.Verdict, v.Words())
	}
}

func TestWhatHelpsASlowStaging(t *testing.T) {
	for _, c := range []struct {
		p    Profile
		p95  time.Duration
		want string
	}{
		{Quick(), 400 * time.Millisecond, ""},
		{Quick(), 500 * time.Millisecond, "use the standard profile"},
		{Quick(), 900 * time.Millisecond, "use the slow profile"},
		{Standard(), 5 * time.Second, "use the slow profile"},
		{Standard(), 6 * time.Second, noSlower},
		{Slow(), 6 * time.Second, noSlower},
		{IsItMe(), 900 * time.Millisecond, easeFirst},
	} {
		if got := c.p.TooSlow(c.p95); !strings.HasSuffix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s, %v: %q", c.p.Name, c.p95, got)
		}
	}
}
