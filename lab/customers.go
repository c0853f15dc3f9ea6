package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// noise is a kind of background that production has anyway.
type noise struct {
	name string
	// visits a second between bursts; a visit that buys is three requests.
	visits float64
	// buyers is the share of visits that buy.
	buyers float64
	// even visits come at a steady pace, uneven ones as strangers do: with
	// exponential gaps (a Poisson process).
	even bool
	// present is how many customers can be at it at once. It bounds what a
	// burst can queue at the database, and so keeps any noise from making
	// production red on its own.
	present int
	// A burst is that many visits at once, after a gap drawn between the two
	// times, with its own share of buyers. No visits, no bursts.
	burst              int
	burstBuyers        float64
	burstMin, burstMax time.Duration
}

// noises are the known ones. Quiet is about 20 requests a second.
var noises = []noise{
	{name: "quiet", visits: 15.5, buyers: 0.15, even: true, present: 16},
	{
		name: "busy", visits: 35, buyers: 0.25, present: 10,
		burst: 30, burstBuyers: 0.6, burstMin: time.Second, burstMax: 6 * time.Second,
	},
}

// ErrNoise says that Options.Noise names no background.
var ErrNoise = errors.New("unknown noise")

func noiseNamed(name string) (noise, error) {
	if name == "" {
		return noises[0], nil
	}
	known := make([]string, 0, len(noises))
	for _, n := range noises {
		if n.name == name {
			return n, nil
		}
		known = append(known, n.name)
	}
	return noise{}, fmt.Errorf("start lab: %w %q: known are %s", ErrNoise, name, strings.Join(known, ", "))
}

// slowAfter is when a customer's request counts as slow: the shop usually
// answers within 10 ms.
const slowAfter = 150 * time.Millisecond

// CustomerStats count the requests of production's own customers.
type CustomerStats struct {
	// Served requests had a good answer, Failed ones another or none.
	Served uint64 `json:"served"`
	Failed uint64 `json:"failed"`
	// Slow are the served ones that took longer than 150 ms.
	Slow uint64 `json:"slow"`
	// TurnedAway are visits that never began: too many customers were waiting.
	TurnedAway uint64 `json:"turned_away"`
}

// Hurt is how many times a customer was failed, kept waiting or turned away.
func (c CustomerStats) Hurt() uint64 { return c.Failed + c.Slow + c.TurnedAway }

// customers visit production's front door over real connections.
type customers struct {
	url    string
	noise  noise
	seed   uint64
	client *http.Client

	served, failed, slow, turnedAway atomic.Uint64
}

func newCustomers(url string, seed uint64, n noise) *customers {
	return &customers{
		url: url, noise: n, seed: seed,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConns: n.present, MaxIdleConnsPerHost: n.present},
			Timeout:   10 * time.Second,
		},
	}
}

// start starts the customers and the one who sends them; all end with ctx.
func (c *customers) start(ctx context.Context, wg *sync.WaitGroup) {
	visits := make(chan visit, visitsWaiting)
	var inside sync.WaitGroup
	for range c.noise.present {
		inside.Go(func() {
			for v := range visits {
				c.visit(ctx, v)
			}
		})
	}
	wg.Go(func() {
		c.send(ctx, visits)
		close(visits)
		inside.Wait()
		c.client.CloseIdleConnections()
	})
}

// visitsWaiting is how many visits may wait at the door until one of those
// present has left.
const visitsWaiting = 64

// visit is what one customer wants.
type visit struct {
	sku  string
	buys bool
}

// send draws the visits. Their times do not depend on how production answers.
func (c *customers) send(ctx context.Context, visits chan<- visit) {
	r := rand.New(rand.NewPCG(c.seed, 1)) //nolint:gosec // repeatable, not secret
	arrive := func(buyers float64) {
		v := visit{sku: catalogue[r.IntN(len(catalogue))].SKU, buys: r.Float64() < buyers}
		select {
		case visits <- v:
		case <-ctx.Done():
		default:
			c.turnedAway.Add(1)
		}
	}
	next := time.NewTimer(c.gap(r))
	defer next.Stop()
	burst := time.NewTimer(c.burstGap(r))
	defer burst.Stop()
	if c.noise.burst == 0 {
		burst.Stop()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			arrive(c.noise.buyers)
			next.Reset(c.gap(r))
		case <-burst.C:
			for range c.noise.burst {
				arrive(c.noise.burstBuyers)
			}
			burst.Reset(c.burstGap(r))
		}
	}
}

func (c *customers) gap(r *rand.Rand) time.Duration {
	mean := float64(time.Second) / c.noise.visits
	if c.noise.even {
		return time.Duration(mean * (0.5 + r.Float64()))
	}
	return time.Duration(mean * r.ExpFloat64())
}

func (c *customers) burstGap(r *rand.Rand) time.Duration {
	return c.noise.burstMin + time.Duration(r.Float64()*float64(c.noise.burstMax-c.noise.burstMin))
}

// visit buys, or only looks: at the list, or for some products at their page.
func (c *customers) visit(ctx context.Context, v visit) {
	if !v.buys {
		path := "/products"
		if v.sku < "h" {
			path += "/" + v.sku
		}
		c.request(ctx, http.MethodGet, path, "")
		return
	}
	if _, ok := c.request(ctx, http.MethodGet, "/products", ""); !ok {
		return
	}
	body, ok := c.request(ctx, http.MethodPost, "/cart", `{"sku":"`+v.sku+`"}`)
	if !ok {
		return
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(body, &made); err != nil {
		c.failed.Add(1)
		return
	}
	c.request(ctx, http.MethodPost, fmt.Sprintf("/cart/%d/checkout", made.ID), "")
}

// request makes one request and counts how it went. What the end of the lab
// cut short is not counted.
func (c *customers) request(ctx context.Context, method, path, body string) ([]byte, bool) {
	start := time.Now()
	got, err := c.exchange(ctx, method, path, body)
	switch {
	case ctx.Err() != nil:
		return nil, false
	case err != nil:
		c.failed.Add(1)
		return nil, false
	case time.Since(start) > slowAfter:
		c.slow.Add(1)
	}
	c.served.Add(1)
	return got, true
}

func (c *customers) exchange(ctx context.Context, method, path, body string) (_ []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "crosstalk-lab-customer")
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return got, err
}

func (c *customers) stats() CustomerStats {
	return CustomerStats{
		Served: c.served.Load(), Failed: c.failed.Load(),
		Slow: c.slow.Load(), TurnedAway: c.turnedAway.Load(),
	}
}
