package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestEndpoints(t *testing.T) {
	l := begin(t, Options{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, c := range []struct {
		method, path, body string
		code               int
		holds              string
	}{
		{"GET", "/", "", 200, `"environment":"staging"`},
		{"GET", "/products", "", 200, `"sku":"vice"`},
		{"GET", "/products/hammer", "", 200, `"name":"Cross-peen hammer"`},
		{"GET", "/products/unicorn", "", 404, `"error"`},
		{"GET", "/nowhere", "", 404, ""},
		{"POST", "/products", "", 405, ""},
		{"GET", "/cart", "", 405, ""},
		{"GET", "/version", "", 200, `"version":"2.4.0-rc1"`},
		{"GET", "/health", "", 200, `"status":"ok"`},
		{"GET", "/health/deep", "", 200, `"reads":`},
		{"POST", "/cart", "", 201, `"id":1`},
		{"POST", "/cart", `{"sku":"saw"}`, 201, `"id":2`},
		{"POST", "/cart", `{"sku":"unicorn"}`, 400, `unicorn`},
		{"POST", "/cart", `{"sku":`, 400, `"error"`},
		{"POST", "/cart", `{} {}`, 400, `"error"`},
		{"POST", "/cart", `{"sku":"` + strings.Repeat("x", 2*maxBody) + `"}`, 413, `"error"`},
		{"POST", "/cart/2/checkout", "", 201, `"order":1`},
		{"POST", "/cart/2/checkout", "", 404, `no such cart`},
		{"POST", "/cart/1/checkout", "", 201, `"order":2`},
		{"POST", "/cart/99/checkout", "", 404, `no such cart`},
		{"POST", "/cart/two/checkout", "", 404, `no such cart`},
	} {
		code, body := call(t.Context(), client, c.method, l.Staging.URL+c.path, c.body)
		if code != c.code || !strings.Contains(body, c.holds) {
			t.Errorf("%s %s %.40s: %d %s, want %d with %s", c.method, c.path, c.body, code, body, c.code, c.holds)
		}
	}
	if got := l.Stats().StagingOrders; got != 2 {
		t.Errorf("%d orders on staging, want 2", got)
	}
}

func TestOrderTakesFromStock(t *testing.T) {
	l := begin(t, Options{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	stock := func() int64 {
		_, body := call(t.Context(), client, "GET", l.Staging.URL+"/products/plane", "")
		var p product
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		return p.Stock
	}
	before := stock()
	call(t.Context(), client, "POST", l.Staging.URL+"/cart", `{"sku":"plane"}`)
	call(t.Context(), client, "POST", l.Staging.URL+"/cart/1/checkout", "")
	if after := stock(); after != before-1 {
		t.Errorf("stock was %d, is %d", before, after)
	}
}

func TestFrontDoorTakesTurns(t *testing.T) {
	l := begin(t, Options{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var got []string
	for range 4 {
		res, err := client.Get(l.Staging.URL + "/health")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if s := res.Header.Get("Server"); s != "crosstalk-lab" {
			t.Errorf("server header %q", s)
		}
		got = append(got, res.Header.Get("X-Served-By"))
	}
	if fmt.Sprint(got) != "[web-1 web-2 web-1 web-2]" {
		t.Errorf("served by %v", got)
	}
}

// While somebody holds the database, requests that need what he holds answer
// 503 once their patience ends, and others go on.
func TestBusyDatabaseAnswers503(t *testing.T) {
	l := begin(t, Options{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if code, body := call(t.Context(), client, "POST", l.Staging.URL+"/cart", ""); code != 201 {
		t.Fatalf("open a cart: %d %s", code, body)
	}
	type want struct {
		method, path string
		code         int
	}
	// all asks for everything at once, so that the waits are one wait.
	all := func(when string, wants ...want) {
		t.Helper()
		results := make(chan string, len(wants))
		for _, w := range wants {
			go func() {
				code, body := call(t.Context(), client, w.method, l.Staging.URL+w.path, "")
				if code == w.code {
					results <- ""
					return
				}
				results <- fmt.Sprintf("%s: %s %s: %d %s, want %d", when, w.method, w.path, code, body, w.code)
			}()
		}
		for range wants {
			if r := <-results; r != "" {
				t.Error(r)
			}
		}
	}

	db := l.staging.db
	db.writer <- struct{}{}
	all("writer held", want{"GET", "/health/deep", 503}, want{"POST", "/cart/1/checkout", 503},
		want{"GET", "/products", 200}, want{"GET", "/health", 200})
	<-db.writer

	var held []*session
	for range poolSize {
		held = append(held, <-db.idle)
	}
	all("pool held", want{"GET", "/products", 503}, want{"GET", "/products/saw", 503},
		want{"GET", "/health/deep", 503}, want{"GET", "/health", 200})
	for _, s := range held {
		db.idle <- s
	}

	all("all given back", want{"GET", "/health/deep", 200}, want{"POST", "/cart/1/checkout", 201})
}
