package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// shop is a small product with a login as they are: a form with a hidden CSRF
// field, a cookie by Set-Cookie, a token by JSON that is worth thirty requests,
// a static host of its own, and a redirect to a host that is nobody's business.
type shop struct {
	*httptest.Server
	static  *httptest.Server
	foreign *httptest.Server
	hooks   *httptest.Server // a chat and a Grafana that are told

	mu       sync.Mutex
	sessions map[string]string // cookie: CSRF field
	tokens   map[string]int    // token: requests it is still good for
	logins   map[string]int    // by login
	wrong    []string          // what was not as it should be
	abroad   int               // requests at the foreign host
	pictures int
	orders   int
	expired  int
	told     int // messages that came to the chat, and annotations
	builds   int // times that the build was asked for
	other    int // requests of load over another protocol, or of nobody's certificate

	secured string // a folder with certificates: over HTTP/2, with a client's; "" is plain HTTP/1.1
}

const tokenWorth = 30

func newShop(t *testing.T, secured bool) *shop {
	t.Helper()
	s := &shop{sessions: map[string]string{}, tokens: map[string]int{}, logins: map[string]int{}}
	count := func(n *int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			*n++
			w.Header().Set("X-Cache", "HIT")
			fmt.Fprint(w, "picture")
		}
	}
	serve := httptest.NewServer
	if secured {
		s.secured = t.TempDir()
		pair, pool := certificates(t, s.secured)
		serve = func(h http.Handler) *httptest.Server {
			server := httptest.NewUnstartedServer(s.known(h))
			server.EnableHTTP2 = true
			server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			return server
		}
	}
	s.static, s.foreign = serve(count(&s.pictures)), serve(count(&s.abroad))
	s.hooks = httptest.NewServer(http.HandlerFunc(s.hook))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", s.build)
	mux.HandleFunc("GET /login", s.form)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /orders", s.order)
	mux.HandleFunc("GET /partner/{place}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("place") != secrets["SHOP_PLACE"] {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.bad(w, 404, "partner at %s", r.URL)
			return
		}
		http.Redirect(w, r, s.foreign.URL+"/pay", http.StatusFound)
	})
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	s.Server = serve(mux)
	t.Cleanup(func() { s.Close(); s.static.Close(); s.foreign.Close(); s.hooks.Close() })
	return s
}

// known counts load that comes by another protocol than HTTP/2, or without the
// client certificate.
func (s *shop) known(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		check := strings.HasPrefix(r.UserAgent(), "crosstalk-check/")
		if r.ProtoMajor != 2 && !check || len(r.TLS.PeerCertificates) != 1 || r.TLS.PeerCertificates[0].Subject.CommonName != "mel" {
			s.mu.Lock()
			s.other++
			s.mu.Unlock()
		}
		h.ServeHTTP(w, r)
	})
}

// bad remembers what was wrong with a request, and answers it.
func (s *shop) bad(w http.ResponseWriter, code int, format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	w.WriteHeader(code)
}

func (s *shop) form(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, csrf := fmt.Sprintf("sid-%d-longenough", len(s.sessions)), fmt.Sprintf("csrf-%d-longenough", len(s.sessions))
	s.sessions[id] = csrf
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/"})
	fmt.Fprintf(w, `<form method="post" data-shop="zq9-regex-secret"><input type="hidden" name="csrf" value="%s"><input name=user><input name=password type=password></form>`, csrf)
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := r.Cookie("sid")
	switch {
	case err != nil:
		s.bad(w, 400, "a login without its cookie")
	case r.PostFormValue("csrf") != s.sessions[c.Value]:
		s.bad(w, 403, "csrf %q of %s", r.PostFormValue("csrf"), c.Value)
	case r.PostFormValue("password") != "pw-of-"+r.PostFormValue("user"):
		s.bad(w, 401, "password %q of %q", r.PostFormValue("password"), r.PostFormValue("user"))
	case r.PostFormValue("pin") != secrets["SHOP_PIN"]:
		s.bad(w, 400, "pin %q", r.PostFormValue("pin"))
	default:
		s.logins[r.PostFormValue("user")]++
		http.Redirect(w, r, "/health", http.StatusSeeOther)
	}
}

func (s *shop) token(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if want := `{"client":"` + secrets["SHOP_CLIENT"] + `","note":"hello"}`; string(body) != want {
		s.bad(w, 400, "token asked with %s", body)
		return
	}
	token := fmt.Sprintf("token-%d-longenough", len(s.tokens))
	s.tokens[token] = tokenWorth
	fmt.Fprintf(w, `{"access":{"token":"%s"},"realm":"%s","tenant":"zq9-"}`, token, secrets["SHOP_REALM"])
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("X-Auth"), "Bearer ")
	left, known := s.tokens[token]
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the load was stopped in mid-body
	}
	_, word, _ := r.BasicAuth()
	tenant, err := r.Cookie("tenant")
	switch {
	case !known || r.URL.Query().Get("key") != secrets["SHOP_KEY"] || r.Header.Get("X-Api-Key") != secrets["SHOP_HEADER"]:
		s.bad(w, 400, "order with %q, key %q, %q", token, r.URL.Query().Get("key"), r.Header.Get("X-Api-Key"))
	case !strings.HasSuffix(string(body), " voucher "+secrets["SHOP_VOUCHER"]) || word != secrets["SHOP_BASIC"] || err != nil || tenant.Value != secrets["SHOP_COOKIE"]:
		s.bad(w, 400, "order of %q with password %q, cookie %v", body, word, tenant)
	case left == 0:
		s.expired++
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"token %s is over, %s"}`, token, r.URL.Query().Get("key"))
	default:
		s.tokens[token]--
		s.orders++
		w.Header().Set("X-Served-By", fmt.Sprintf("web-%d", s.orders%2+1))
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"order":{"id":%d,"state":"paid"}}`, s.orders)
	}
}

// build says what runs, to who has the key.
func (s *shop) build(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Query().Get("key") != secrets["SHOP_BUILD"] {
		s.bad(w, 403, "build asked with %q", r.URL)
		return
	}
	s.builds++
	fmt.Fprintf(w, `{"version":"1.7 of %s"}`, secrets["SHOP_BUILD"])
}

// hook is where a chat and a Grafana are told.
func (s *shop) hook(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, token := r.URL.Path == "/hook/"+secrets["SHOP_HOOK"], r.Header.Get("Authorization") == "Bearer "+secrets["SHOP_GRAFANA"]
	if !chat && !token {
		s.bad(w, 403, "told at %s", r.URL)
		return
	}
	s.told++
	if chat {
		w.WriteHeader(http.StatusInternalServerError) // so that it is written down that it could not be told
	}
	fmt.Fprint(w, "{}")
}

// secrets are what a session on the shop may know and never tell, each in another
// kind of place. A column of its data, and what its answers give, is a part of all.
var secrets = map[string]string{
	"SHOP_CLIENT": "zq9-client-secret", "SHOP_KEY": "zq9-key secret/+", "SHOP_HEADER": "zq9-header-secret", "SHOP_CHECK": "zq9-check-secret",
	"SHOP_BASIC": "zq9-basic-secret", "SHOP_PIN": "zq9-pin-secret", "SHOP_VOUCHER": "zq9-voucher;secret", "SHOP_REALM": "zq9-realm-secret", "SHOP_REGEX": "zq9-regex-secret",
	"SHOP_COOKIE": "zq9-cookie-secret", "SHOP_BUILD": "zq9-build-secret", "SHOP_HOOK": "zq9-hook-secret", "SHOP_GRAFANA": "zq9-grafana-secret", "SHOP_LOOK": "zq9-look-secret", "SHOP_PLACE": "zq9-place-secret",
}

// leaks returns what of the secrets, of passwords, tokens, cookies and hidden
// fields stands in a text: parts of them, as they may be written.
func leaks(all string) []string {
	parts := []string{"pw-of-", "-longenough", "key secret", "key+secret", "key%20secret", "c2hvcDp6cTkt"}
	for _, v := range secrets {
		parts = append(parts, strings.TrimPrefix(v, "zq9-"))
	}
	var out []string
	for _, part := range parts {
		if at := strings.Index(all, part); at >= 0 {
			out = append(out, fmt.Sprintf("%q stands in: …%s…", part, all[max(0, at-200):min(len(all), at+60)]))
		}
	}
	return out
}

// configure writes what a tester of the shop would.
func (s *shop) configure(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rows := "login,password,tenant\n"
	for _, who := range []string{"anna", "berta", "cleo"} {
		rows += who + ",pw-of-" + who + ",zq9-\n"
	}
	wire := ""
	if s.secured != "" {
		wire = fmt.Sprintf("  ca: %[1]s/ca.pem\n  cert: %[1]s/client.pem\n  key: %[1]s/client.key\n", s.secured)
	}
	text := strings.NewReplacer("SHOPURL", strings.Replace(s.URL, "://", "://shop:${BASIC}@", 1), "SHOP", s.URL, "HOOKS", s.hooks.URL, "STATICHOST", addressOf(s.static), "WIRE", wire, "STATIC", s.static.URL).Replace(`staging:
  url: SHOPURL
  build: {from: "GET /version?key=${BUILD}"}
WIRE  hosts: ["STATICHOST"]
  served_by: X-Served-By
  data: users.csv
  headers: {X-Api-Key: "${HEADER}"}
  journeys:
    - name: order
      weight: 3
      think: 1ms..5ms
      once:
        - {get: /login, save: {csrf: {regex: '${REGEX}"><input type="hidden" name="csrf" value="([^"]+)"'}}, expect: {contains: '<form method="post" data-shop="${REGEX}'}}
        - {post: /login, form: {user: "{{login}}", password: "{{password}}", csrf: "{{csrf}}", pin: "${PIN}"}, save: {}, expect: 2xx}
        - {post: /token, json: {client: "${CLIENT}", note: hello}, save: {token: $.access.token, tenant: $.tenant}, expect: {contains: "${REALM}", json: {$.realm: "${REALM}"}}}
      steps:
        - {post: "/orders?key=${QUERY}", body: "order by {{login}} with {{password}} voucher ${VOUCHER}", expect: {status: 201, json: {$.order.state: paid}}, headers: {X-Auth: "Bearer {{token}}", Cookie: "tenant=${COOKIE}"}, timeout: 5s}
        - {get: "STATIC/p.png", think: 0s..1ms}
    - name: partner
      steps: [{get: "/partner/${PLACE}", expect: 3xx}]
  checks: [{name: web, http: "SHOP/health?key=${LOOK}", headers: {Authorization: "Bearer ${CHECK}"}}]
notify: {webhook: "HOOKS/hook/${HOOK}", grafana: {url: "HOOKS", token: "${GRAFANA}"}}
`)
	text = strings.ReplaceAll(strings.ReplaceAll(text, ", save: {}", ""), "${", "${SHOP_")
	config := filepath.Join(dir, "crosstalk.yaml")
	for name, text := range map[string]string{config: text, filepath.Join(dir, "users.csv"): rows} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// addressOf is where a server listens.
func addressOf(s *httptest.Server) string { return s.Listener.Addr().String() }

// onShop runs a command of the program on the shop's configuration.
func (s *shop) onShop(t *testing.T, config string, args ...string) *process {
	t.Helper()
	cmd := command(t, append(args[:1:1], append([]string{"-c", config}, args[1:]...)...)...)
	for name, v := range secrets {
		cmd.Env = append(cmd.Env, name+"="+v)
	}
	// A key in a URL is written there as a URL needs it.
	cmd.Env = append(cmd.Env, "SHOP_QUERY="+url.QueryEscape(secrets["SHOP_KEY"]))
	return start(t, cmd)
}

func TestShopWithALogin(t *testing.T) {
	t.Parallel()
	testShop(t, newShop(t, false))
}

// The same session over HTTP/2, with an authority of our own and a client's
// certificate.
func TestShopOverHTTP2(t *testing.T) {
	t.Parallel()
	s := newShop(t, true)
	testShop(t, s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.other > 0 {
		t.Errorf("%d requests came by another protocol, or without the client certificate", s.other)
	}
}

func testShop(t *testing.T, s *shop) {
	t.Helper()
	config := s.configure(t)
	dir := filepath.Join(t.TempDir(), "session")
	file := filepath.Join(t.TempDir(), "results.json")
	var written strings.Builder // all that a person, a log or a file gets to see

	p := s.onShop(t, config, "run", "--dry")
	p.exits(0)
	written.WriteString(p.out.text() + p.err.text())
	p = s.onShop(t, config, "try")
	p.exits(0)
	written.WriteString(p.out.text() + p.err.text())
	p = s.onShop(t, config, "run", "--headless", "--baseline", "0", "--glide", "off", "--no-guard", "on the shop", "--dial", "0s=6", "--for", "4s", "--events", "-",
		"--out", dir, "--results", file)
	p.exits(0)
	written.WriteString(p.out.text() + p.err.text())
	report := run(t, "report", dir, "--format", "html,md,json,csv,ses,timeline")
	report.exits(0)
	written.WriteString(report.out.text() + report.err.text())
	// Every frame that a screen of the session shows, into the folder that is read below.
	run(t, "replay", dir, "--export", "cast", "--out", filepath.Join(filepath.Dir(file), "session.cast")).exits(0)

	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) > 0 {
		t.Errorf("%d requests were not as they should be, the first: %s", len(s.wrong), s.wrong[0])
	}
	if s.orders < 100 || s.expired == 0 || s.pictures < 100 || s.abroad != 0 {
		t.Errorf("%d orders, %d tokens over, %d pictures, %d abroad", s.orders, s.expired, s.pictures, s.abroad)
	}
	// Six users share three rows in order, and log in again after each 401 alone.
	if a, b := s.logins["anna"], s.logins["cleo"]; a == 0 || b == 0 || len(s.logins) != 3 {
		t.Errorf("logins %v", s.logins)
	}
	if n := s.logins["anna"] + s.logins["berta"] + s.logins["cleo"]; n > 1+6+s.expired || n < s.expired-6 {
		t.Errorf("%d logins of six users with %d tokens over", n, s.expired)
	}
	var by = map[string]float64{}
	var told, cached float64
	picks, notes := map[string]bool{}, ""
	for _, e := range readJournal(t, dir) {
		switch e.Type {
		case "load.tick":
			cached += e.num("cached")
			steps, _ := e.Body["by_step"].([]any)
			for _, v := range steps {
				st := event{Body: v.(map[string]any)}
				by[st.text("step")+" errors"] += st.num("errors")
				by[st.text("step")] += st.num("requests")
				told += st.num("requests")
			}
		case "exemplar.add":
			picks[e.text("step")+" "+e.text("kind")+" "+e.text("pick")] = true
		case "note.add":
			notes += e.text("text") + "\n"
		}
	}
	// A 401 is a failure of the step that met it, and of no other.
	for step, errors := range by {
		if strings.HasSuffix(step, " errors") && errors > 0 && !strings.HasPrefix(step, "POST /orders") {
			t.Errorf("%s: %g", step, errors)
		}
	}
	// At the end the stop may take back the newest answer of each of the six users.
	if got := by["POST /orders errors"]; got > float64(s.expired) || got < float64(s.expired-6) {
		t.Errorf("%g failed orders, %d tokens were over; steps %v", got, s.expired, by)
	}
	if cached == 0 || !picks["POST /orders status 401 first"] || !picks["POST /orders  first"] {
		t.Errorf("%g from a cache, kept %v", cached, picks)
	}
	// The partner's redirect is what its step is for: nobody is asked to allow where it leads.
	if !strings.Contains(notes, "more users than rows of data") || strings.Contains(notes, "may not reach") {
		t.Errorf("the notes say:\n%s", notes)
	}

	// What was secret is nowhere.
	written.WriteString(filesIn(t, dir, filepath.Dir(file)))
	all := written.String()
	if !strings.Contains(all, "paid") || !strings.Contains(all, "/orders?key=***") {
		t.Error("what is no secret is missing: nothing was looked at")
	}
	for _, leak := range leaks(all) {
		t.Error(leak)
	}
	if s.builds == 0 || s.told < 2 {
		t.Errorf("the build was asked for %d times, %d were told", s.builds, s.told)
	}
}
