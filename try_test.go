package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// bookshop is a product as products are: a login form with a hidden field, a
// session in a cookie, a token that a JSON answer gives and that does not hold for
// ever, things from another host, and a link that leaves it.
type bookshop struct {
	*httptest.Server
	static, partner *httptest.Server
	elsewhere       atomic.Int64 // requests to those two
	hits            atomic.Int64

	mu     sync.Mutex
	first  int // requests that the first token is good for
	n      int
	forms  map[string]bool
	sids   map[string]bool
	tokens map[string]int
	keys   map[int]string // of carts
	orders int
	wrong  []string
}

const bookshopPassword = "hunter2 secret&more"

func newBookshop(t *testing.T, first int) *bookshop {
	t.Helper()
	b := &bookshop{first: first, forms: map[string]bool{}, sids: map[string]bool{}, tokens: map[string]int{}, keys: map[int]string{}}
	away := func(http.ResponseWriter, *http.Request) { b.elsewhere.Add(1) }
	b.static, b.partner = httptest.NewServer(http.HandlerFunc(away)), httptest.NewServer(http.HandlerFunc(away))
	b.Server = httptest.NewServer(b)
	for _, s := range []*httptest.Server{b.Server, b.static, b.partner} {
		t.Cleanup(s.Close)
	}
	return b
}

func (b *bookshop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.hits.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	cookie := func(name string) string {
		c, err := r.Cookie(name)
		if err != nil {
			return ""
		}
		return c.Value
	}
	refuse := func(status int, format string, args ...any) {
		b.wrong = append(b.wrong, fmt.Sprintf("%s %s: ", r.Method, r.URL)+fmt.Sprintf(format, args...))
		http.Error(w, "refused", status)
	}
	switch what := r.Method + " " + r.URL.Path; {
	case what == "GET /login":
		csrf, pre := fmt.Sprintf("form-%010d", b.n), fmt.Sprintf("pre-%010d", b.n)
		b.forms[csrf+pre] = true
		http.SetCookie(w, &http.Cookie{Name: "pre", Value: pre, Path: "/", HttpOnly: true})
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<html><form method=post>\n<input type=\"hidden\" name=\"csrf_token\" value=\"%s\">\n<input type=\"password\" name=\"password\"></form><script src=\"%s/app.js\"></script></html>", csrf, b.static.URL)
	case what == "POST /login":
		if form := r.FormValue("csrf_token") + cookie("pre"); !b.forms[form] || r.FormValue("user") != "mel" || r.FormValue("password") != bookshopPassword {
			refuse(http.StatusForbidden, "form %v", r.Form)
			return
		}
		sid := fmt.Sprintf("sid-%010d", b.n)
		b.sids[sid] = true
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: sid, Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	case r.URL.Path == "/out":
		http.Redirect(w, r, b.partner.URL+"/welcome", http.StatusFound)
	case !b.sids[cookie("sid")]:
		http.Redirect(w, r, "/login", http.StatusFound)
	case what == "GET /account":
		fmt.Fprint(w, "<h1>Hello mel</h1>")
	case what == "POST /api/token":
		token := fmt.Sprintf("token-of-mel-%010d", b.n)
		b.tokens[token] = 100
		if len(b.tokens) == 1 && b.first > 0 {
			b.tokens[token] = b.first
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"auth": map[string]any{"access_token": token, "expires_in": 3600}})
	default:
		b.api(w, r, refuse)
	}
}

// api is what needs the token.
func (b *bookshop) api(w http.ResponseWriter, r *http.Request, refuse func(int, string, ...any)) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if b.tokens[token]--; b.tokens[token] < 0 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var body map[string]any
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Header.Get("Content-Type") != "application/json" {
			refuse(http.StatusUnsupportedMediaType, "body %v of %q", body, r.Header.Get("Content-Type"))
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	switch what := r.Method + " " + r.URL.Path; {
	case what == "GET /api/products" && r.URL.RawQuery == "page=1&sort=name":
		fmt.Fprint(w, `{"products":[{"sku":"mug-0001","name":"Mug"}]}`)
	case what == "POST /api/cart" && body["sku"] == "mug-0001" && body["price"] == 9.5:
		b.keys[b.n] = fmt.Sprintf("key-%d", b.n)
		w.Header().Set("X-Order-Key", b.keys[b.n])
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":%d,"state":"open"}`, b.n)
	case strings.HasSuffix(what, "/checkout"):
		var id int
		if _, err := fmt.Sscanf(r.URL.Path, "/api/cart/%d/checkout", &id); err != nil || b.keys[id] == "" || body["cart"] != float64(id) || body["key"] != b.keys[id] {
			refuse(http.StatusConflict, "cart %d, body %v", id, body)
			return
		}
		b.orders++
		fmt.Fprint(w, `{"state":"done"}`)
	default:
		refuse(http.StatusNotFound, "body %v", body)
	}
}

// sound fails the test if the shop had something to complain about.
func (b *bookshop) sound(t *testing.T, orders int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.wrong) > 0 || b.orders != orders || b.elsewhere.Load() > 0 {
		t.Errorf("the shop took %d orders, want %d; %d requests went elsewhere; it complains: %v", b.orders, orders, b.elsewhere.Load(), b.wrong)
	}
}

// recorded is the browser's recording of the shop.
func (b *bookshop) recorded(t *testing.T) string {
	t.Helper()
	har, err := os.ReadFile(filepath.Join("session", "recipe", "testdata", "shop.har"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("http://shop.staging.test", b.URL, "shop.staging.test", strings.TrimPrefix(b.URL, "http://"),
		"http://static.staging.test", b.static.URL, "https://partner.example.test", b.partner.URL).Replace(string(har))
	return write(t, "shop.har", text)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A recording becomes a file, the file is walked green, and so is the recording
// itself; no secret of either is seen on the way.
func TestTryWalksARecording(t *testing.T) {
	t.Parallel()
	b := newBookshop(t, 2) // the first token holds for two requests, as in the recording
	har := b.recorded(t)
	imported := run(t, "import", "--har", har)
	imported.exits(0)
	file := write(t, "crosstalk.yaml", imported.out.text())
	if b.hits.Load() > 0 {
		t.Errorf("the import sent %d requests", b.hits.Load())
	}
	cmd := command(t, "try", "-c", file)
	cmd.Env = append(cmd.Env, "STAGING_PASSWORD="+bookshopPassword)
	walked := start(t, cmd)
	walked.exits(0)
	b.sound(t, 1)
	out := walked.out.text()
	for _, want := range []string{"ok   once: GET /login  200", "saved     csrf_token fo…(15)", "303       → ", "saved     access_token to…(23)", `"access_token":"to…(23)"`,
		"401  POST /api/cart/{{id}}/checkout  401", "the user logs in again, as under load", "ok   once, again: POST /login", "ok   again: POST /api/cart/{{id}}/checkout  200", "GET /out  302", "1 journey, 12 of 13 requests good"} {
		if !strings.Contains(out, want) {
			t.Errorf("the walk does not say %q", want)
		}
	}
	direct := run(t, "try", "--har", har, "--json")
	direct.exits(0)
	b.sound(t, 2)
	var doc struct {
		Passed   bool
		Journeys []struct {
			Journey string
			Steps   []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(direct.out.text()), &doc); err != nil || !doc.Passed || len(doc.Journeys) != 1 || doc.Journeys[0].Journey != "shop" || len(doc.Journeys[0].Steps) != 7 {
		t.Errorf("--json: %v, %s", err, direct.out.text())
	}
	if t.Failed() {
		t.Logf("the file\n%s\nthe walk\n%s", imported.out.text(), out)
	}
	for _, p := range []*process{imported, walked, direct} {
		for _, secret := range []string{"hunter2", "token-of-mel", "sid-0", "pre-0", "form-0", "eyJ"} {
			if strings.Contains(p.out.text()+p.err.text(), secret) {
				t.Errorf("%v shows %s:\n%s%s", p.cmd.Args[1:], secret, p.out.text(), p.err.text())
			}
		}
	}
}

// What try walks is what load does: a recording runs as a session, too.
func TestRunARecording(t *testing.T) {
	t.Parallel()
	b := newBookshop(t, 0)
	dir := filepath.Join(t.TempDir(), "out")
	p := run(t, "run", "--har", b.recorded(t), "--headless", "--baseline", "0", "--for", "3s", "--dial", "0s=1", "--out", dir, "--glide", "off")
	p.exits(0)
	b.mu.Lock()
	wrong := b.wrong
	b.mu.Unlock()
	if len(wrong) > 0 || b.elsewhere.Load() > 0 || b.hits.Load() == 0 {
		t.Errorf("the shop complains: %v", wrong)
	}
	journal, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(journal), p.out.text(), p.err.text()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "token-of-mel") {
			t.Error("a secret of the recording stands in the journal or on the screen")
		}
	}
	again := run(t, "run", "--headless", "--har", b.recorded(t), "--like", dir)
	again.exits(2)
	if !strings.Contains(again.err.text(), "--like and --resume bring their own journeys") {
		t.Errorf("--har with --like: %s", again.err.text())
	}
}

// Every failure comes with what to do about it, and with exit code 1.
func TestTryTellsWhatToDo(t *testing.T) {
	t.Parallel()
	b := newBookshop(t, 0)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	production := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { b.elsewhere.Add(1) }))
	t.Cleanup(production.Close)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<p>Sorry</p>")
		case "/token":
			fmt.Fprint(w, `{"auth":{"token":"form-0123456"}}`)
		case "/missing":
			http.NotFound(w, r)
		case "/private":
			w.WriteHeader(http.StatusUnauthorized)
		case "/typed":
			w.WriteHeader(http.StatusUnsupportedMediaType)
		case "/production":
			http.Redirect(w, r, production.URL, http.StatusFound)
		case "/sso":
			http.Redirect(w, r, "/sso/start", http.StatusFound)
		case "/sso/start":
			http.Redirect(w, r, b.partner.URL, http.StatusFound)
		case "/tag":
			w.Header().Set("Location", "/tag/100%?signature=form-0123456&page=2")
			w.WriteHeader(http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	t.Cleanup(site.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of a handshake that is meant to fail
	secure.StartTLS()
	t.Cleanup(secure.Close)
	host := func(url string) string { return url[strings.Index(url, "://")+3:] }
	tests := []struct {
		name, url, steps string
		want             []string
	}{
		{"refused", gone.URL, `[GET /]`, []string{"FAIL GET /  no answer", "why       refused", "nothing listens at " + host(gone.URL)}},
		{"unknown authority", secure.URL, `[GET /]`, []string{"why       tls", "staging: {ca: FILE}"}},
		{"http at https", strings.Replace(site.URL, "http:", "https:", 1), `[GET /]`, []string{"why       tls", "speaks plain http at this port: write http://"}},
		{"404", site.URL, `[GET /page, GET /missing, GET /page]`, []string{"FAIL GET /missing  404", "expected a status of below 400, got 404", "/missing is not there: check the path", "j not tried: GET /page 2"}},
		{"401", site.URL, `[GET /private]`, []string{"nobody is logged in: give headers"}},
		{"timeout", site.URL, `[{get: /slow, timeout: 100ms}]`, []string{"why       timeout", "The step is given up after 100ms, as its timeout says"}},
		{"json is a page", site.URL, `[{get: /page, save: {id: $.id}}]`, []string{"nothing to save as {{id}}: $.id is not in the answer", "the answer is a page, not JSON"}},
		{"expect", site.URL, `[{get: /page, expect: {contains: Thank you}}]`, []string{`expected "Thank you" in the first 64 KiB`, "answer    <p>Sorry</p>"}},
		{"expect json", site.URL, `[{get: /page, expect: {json: {$.a: 1}}}]`, []string{`expected 1 at $.a; the body is not JSON`}},
		{"expect a secret", site.URL, `[{get: "/token?api_key=form-0abcdef&page=2", expect: {json: {$.auth.token: x}}}]`, []string{`expected "x" at $.auth.token, got "fo…(12)"`, `answer    {"auth":{"token":"fo…(12)"}}`, "?api_key=***&page=2"}},
		{"expect a status", site.URL, `[{get: /page, expect: 201}]`, []string{"the step expects 201: correct the step, or write expect: 200"}},
		{"type", site.URL, `[{post: /typed, body: "x"}]`, []string{`it does not know the type that is sent ("text/plain; charset=utf-8"): use json: or form:`}},
		{"redirects", site.URL, `[GET /loop]`, []string{"too many redirects", "a cookie that is not kept"}},
		{"foreign redirect", b.URL, `[GET /out]`, []string{"FAIL GET /out  302", fmt.Sprintf("add staging.hosts: [%q], or expect: 302", host(b.partner.URL))}},
		{"foreign redirect after one alike", site.URL, `[GET /sso]`, []string{"FAIL GET /sso  302", fmt.Sprintf("add staging.hosts: [%q], or make each of its 2 redirects a step of its own", host(b.partner.URL)), "expect: 302 here ends at the first"}},
		{"redirect to no address", site.URL, `[GET /tag]`, []string{"FAIL GET /tag  302", `why       redirect not followed  it leads to "/tag/100%?signature=fo…(12)&page=2", which is no address`,
			"a Location that is no address is a finding already: have it mended, or expect: 302 if the redirect"}},
		{"redirect to no address, another expected", site.URL, `[{get: /tag, expect: 200}]`, []string{"why       status 302  it leads to ", "which is no address; expected a status of 200, got 302", "have it mended, or expect: 302"}},
		{"redirect to production", site.URL, `[{get: /production, expect: 3xx}]`, []string{"production's checks watch", "load never goes there"}},
		{"hidden field", b.URL, `[GET /login, {post: /login, form: {user: mel, password: x}}]`, []string{`the page of "GET /login" has a hidden field csrf_token, which this step does not send`, "save: {csrf: {regex: 'name="}},
		{"login page", b.URL, `[GET /account]`, []string{"look GET /account  200", "the answer is a login page"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "crosstalk.yaml", fmt.Sprintf("staging:\n  url: %s\n  journeys: [{name: j, steps: %s}]\n  checks: [{tcp: \"127.0.0.1:1\"}]\nproduction: {checks: [{http: %q}]}\n", test.url, test.steps, production.URL))
			p := run(t, "try", "-c", file)
			code := 1
			if strings.HasPrefix(test.want[0], "look") {
				code = 0
			}
			p.exits(code)
			for _, want := range test.want {
				if !strings.Contains(p.out.text(), want) {
					t.Errorf("it does not say %q:\n%s", want, p.out.text())
				}
			}
			if strings.Contains(p.out.text(), "form-0") {
				t.Errorf("a hidden value is shown:\n%s", p.out.text())
			}
		})
	}
	t.Cleanup(func() {
		if n := b.elsewhere.Load(); n > 0 {
			t.Errorf("%d requests went where load may not go", n)
		}
	})
}
