package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// cart holds one product until it is checked out.
type cart struct {
	id     int64
	sku    string
	opened time.Time
	paying bool // a checkout is under way
}

// cartsKept bounds the carts that nobody checks out; the oldest are forgotten.
const cartsKept = 10_000

var (
	errNoCart     = errors.New("no such cart")
	errCartPaying = errors.New("cart is being checked out")
)

// carts are an environment's open carts, shared by its servers as a session
// store would be. They reach the database when they are checked out.
type carts struct {
	mu   sync.Mutex
	last int64
	open map[int64]cart
}

func newCarts() *carts { return &carts{open: make(map[int64]cart)} }

// add opens a cart and returns its id, from 1 without gaps.
func (c *carts) add(sku string, now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.open[c.last] = cart{id: c.last, sku: sku, opened: now}
	delete(c.open, c.last-cartsKept)
	return c.last
}

// pay returns a cart and keeps others from paying it until settle.
func (c *carts) pay(id int64) (cart, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.open[id]
	switch {
	case !ok:
		return cart{}, errNoCart
	case got.paying:
		return cart{}, errCartPaying
	}
	got.paying = true
	c.open[id] = got
	return got, nil
}

// settle ends pay: a paid cart is gone, an unpaid one may be paid again.
func (c *carts) settle(id int64, paid bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.open[id]
	switch {
	case !ok:
	case paid:
		delete(c.open, id)
	default:
		got.paying = false
		c.open[id] = got
	}
}

// readSKU reads the body of a request for a cart, {"sku": "hammer"}. An empty
// body, and one without a sku, mean the first product of the catalogue.
func readSKU(r io.Reader) (string, error) {
	var body struct {
		SKU string `json:"sku"`
	}
	d := json.NewDecoder(r)
	if err := d.Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read cart: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("read cart: more than one value")
	}
	if body.SKU == "" {
		return catalogue[0].SKU, nil
	}
	for _, p := range catalogue {
		if p.SKU == body.SKU {
			return body.SKU, nil
		}
	}
	return "", fmt.Errorf("read cart: no product has the sku %q", body.SKU)
}
