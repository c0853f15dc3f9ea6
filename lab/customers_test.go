package lab

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// arrivals are the visits of a minute, each with its time.
type arrival struct {
	visit

	after time.Duration
}

func minute(t *testing.T, n noise, seed uint64) (got []arrival) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := newCustomers("http://127.0.0.1:0", seed, n)
		visits := make(chan visit, visitsWaiting)
		start := time.Now()
		go func() {
			c.send(ctx, visits)
			close(visits)
		}()
		for v := range visits {
			got = append(got, arrival{v, time.Since(start)})
		}
		if lost := c.turnedAway.Load(); lost != 0 {
			t.Errorf("%s: %d visits turned away from an idle shop", n.name, lost)
		}
	})
	return got
}

func TestCustomersComeAsTheirNoiseSays(t *testing.T) {
	for _, c := range []struct {
		name      string
		low, high int // requests a second
	}{{"quiet", 18, 22}, {"", 18, 22}, {"busy", 55, 85}} {
		n, err := noiseNamed(c.name)
		if err != nil {
			t.Fatal(err)
		}
		got := minute(t, n, 7)
		requests := 0
		for _, a := range got {
			requests++
			if a.buys {
				requests += 2
			}
		}
		if requests < 60*c.low || requests > 60*c.high {
			t.Errorf("noise %q: %d requests in a minute, want %d to %d", c.name, requests, 60*c.low, 60*c.high)
		}
		if !slices.Equal(got, minute(t, n, 7)) {
			t.Errorf("noise %q: the same seed gave other visits", c.name)
		}
		if slices.Equal(got, minute(t, n, 8)) {
			t.Errorf("noise %q: another seed gave the same visits", c.name)
		}
	}
}
