package lab

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCartIsPaidOnce(t *testing.T) {
	c := newCarts()
	id := c.add("saw", time.Now())
	if got, err := c.pay(id); err != nil || got.sku != "saw" {
		t.Fatalf("pay: %+v, %v", got, err)
	}
	if _, err := c.pay(id); !errors.Is(err, errCartPaying) {
		t.Errorf("pay while paying: %v", err)
	}
	c.settle(id, false)
	if _, err := c.pay(id); err != nil {
		t.Errorf("pay again after a failure: %v", err)
	}
	c.settle(id, true)
	if _, err := c.pay(id); !errors.Is(err, errNoCart) {
		t.Errorf("pay a paid cart: %v", err)
	}
}

func TestCartsStayBounded(t *testing.T) {
	c := newCarts()
	for range cartsKept + 10 {
		c.add("saw", time.Now())
	}
	if len(c.open) != cartsKept {
		t.Errorf("%d carts, want %d", len(c.open), cartsKept)
	}
	if _, err := c.pay(10); !errors.Is(err, errNoCart) {
		t.Errorf("the oldest cart: %v", err)
	}
	if _, err := c.pay(11); err != nil {
		t.Errorf("the oldest kept cart: %v", err)
	}
	c.settle(10, false) // forgotten while it was paid: it does not come back
	if len(c.open) != cartsKept {
		t.Errorf("%d carts, want %d", len(c.open), cartsKept)
	}
}

func FuzzReadSKU(f *testing.F) {
	for _, s := range []string{"", "{}", `{"sku":"saw"}`, `{"sku":"unicorn"}`, `{"sku":1}`, "null", "{} {}", "[", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		sku, err := readSKU(strings.NewReader(body))
		known := slices.ContainsFunc(catalogue[:], func(p product) bool { return p.SKU == sku })
		if (err == nil) != known {
			t.Errorf("%q: sku %q, error %v", body, sku, err)
		}
	})
}
