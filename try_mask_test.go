package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/session"
)

// What a user saved is hidden in a kept exchange as JSON writes it, too.
func TestExemplarHidesValuesAsJSONWritesThem(t *testing.T) {
	t.Parallel()
	const link = "https://blob.test/x?sv=1&se=QUJDREVGR0hJ"
	html, err := json.Marshal(map[string]string{"link": link})
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"plain": `{"link":"` + link + `"}`, "HTML": string(html), "slashes": `{"link":"` + strings.ReplaceAll(link, "/", `\/`) + `"}`,
		"both": strings.ReplaceAll(string(html), "/", `\/`),
	} {
		x := loadengine.Exemplar{Level: 1, Asked: 1, Journey: "j", Step: "s", Pick: loadengine.PickFirst, At: time.Unix(1, 0), Code: 200, Method: "POST",
			URL: "http://h.test/", Body: []byte(body), Start: []byte(body), Answer: http.Header{"Content-Type": {"application/json"}}, Private: []string{link}}
		b := exemplar(&session.Config{}, x)
		if strings.Contains(b.Body+b.Start, "QUJDREVGR0hJ") || strings.Contains(b.Body+b.Start, "blob") {
			t.Errorf("%s: %s %s", name, b.Body, b.Start)
		}
	}
}

// A user's row of data and cookies are hidden in what try prints.
func TestTryHidesRowAndCookies(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "COOKIESECRET88", Path: "/"})
		fmt.Fprintf(w, "welcome COOKIESECRET88 %s", r.URL.Query().Get("voucher"))
	}))
	t.Cleanup(site.Close)
	data := write(t, "users.csv", "voucher\nVOUCHERSECRET77\n")
	file := write(t, "crosstalk.yaml", fmt.Sprintf(`staging:
  url: %s
  data: %q
  journeys: [{name: j, steps: ["GET /in?voucher={{voucher}}", {get: "/out?voucher={{voucher}}", expect: 201}]}]
  checks: [{tcp: "127.0.0.1:1"}]
`, site.URL, data))
	for _, more := range [][]string{nil, {"--json"}} {
		p := run(t, append([]string{"try", "-c", file}, more...)...)
		p.exits(1)
		for _, secret := range []string{"VOUCHERSECRET77", "COOKIESECRET88"} {
			if strings.Contains(p.out.text()+p.err.text(), secret) {
				t.Errorf("%s is shown:\n%s", secret, p.out.text())
			}
		}
		if !strings.Contains(p.out.text(), "voucher=VO…(15)") {
			t.Errorf("the row's value is not shown shortened:\n%s", p.out.text())
		}
	}
}

// What is the user's own, and part of a secret of the environment or the other
// way round, leaves nothing of the secret behind, wherever it stands.
func TestSecretsThatShareLettersWithPrivateValues(t *testing.T) {
	t.Parallel()
	const key = "acme-live-7f3a9c2e"
	cfg := configWith(t, "SHOP_KEY", key, "PW", "corr;battery9", "ENV_COOKIE", "secret-staging-55")
	x := loadengine.Exemplar{
		Level: 1, Asked: 1, Journey: "j", Step: "s", Pick: loadengine.PickFirst, At: time.Unix(1, 0), Code: 200, Method: "POST", Trace: "mine-" + key,
		URL: "http://h.test/orders?key=" + key + "&password=" + key, Reached: "http://h.test/cb/" + key, Err: "get http://h.test/?key=" + key + ": closed",
		Header: http.Header{"X-Shop": {key}, "X-Env": {"secret-staging-55"}, "X-Auth": {"Bearer " + key}},
		Body:   []byte(`{"key":"` + key + `","password":"` + key + `","text":"user=x password=corr;battery9 xacme-live-7f3a9c2e"}`),
		Answer: http.Header{"Set-Cookie": {"env=staging; Path=/"}, "Content-Type": {"application/json"}},
		Start:  []byte(`{"token":"` + key + `","echo":"secret-staging-55, acme-live-7f3a9c2e-order-17"}`),
		// A column that no step uses, a cookie, values around and within.
		Private: []string{"acme", "staging", "xacme", "live-7f3a9c2e-order", "battery9"},
	}
	b := exemplar(cfg, x)
	all, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"acme", "live", "7f3a", "9c2e", "batt", "corr", "staging", `ac…`, `co…`, "order-"} {
		if strings.Contains(strings.ReplaceAll(string(all), "/orders?", ""), part) {
			t.Errorf("%q of a secret is left: %s", part, all)
		}
	}
	if b.URL != "http://h.test/orders?key=***&password=***" || !strings.Contains(b.Body, `"key":"***"`) || b.Headers["X-Shop"] != "***" || b.Headers["X-Auth"] != "Bearer ***" {
		t.Errorf("masked otherwise: %s", all)
	}
}

// configWith is a small configuration that takes all the variables.
func configWith(t *testing.T, env ...string) *session.Config {
	t.Helper()
	vars, headers := map[string]string{}, ""
	for i := 0; i < len(env); i += 2 {
		vars[env[i]] = env[i+1]
		headers += fmt.Sprintf("X-%d: \"${%s}\", ", i, env[i])
	}
	cfg, err := session.ParseConfig("c.yaml", []byte("staging:\n  url: http://h.test\n  headers: {"+headers+"}\n  checks: [{tcp: \"h.test:1\"}]\n"),
		func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Try shows nothing of a secret of which a row of data, a saved value or an
// answer holds a part, however long what it shows is.
func TestTryHidesSecretsBesideRows(t *testing.T) {
	t.Parallel()
	const key = "acme-live-7f3a9c2e"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"echo":%q,"state":"%s and %s","token":"%s"}`, r.URL.RawQuery, strings.Repeat("x", 50), r.URL.Query().Get("key"), r.URL.Query().Get("key"))
	}))
	t.Cleanup(site.Close)
	data := write(t, "users.csv", "tenant,word\nacme,live\n")
	file := write(t, "crosstalk.yaml", fmt.Sprintf(`staging:
  url: %s
  data: %q
  journeys:
    - name: j
      steps:
        - {get: "/orders?key=${SHOP_KEY}", save: {token: $.token}}
        - {get: "/orders?key=${SHOP_KEY}&w={{word}}", expect: {json: {$.state: paid}}}
    - name: k
      steps: [{get: "/orders?key=${SHOP_KEY}", expect: {contains: "padding padding padding padding padding padding pad ${SHOP_KEY}!"}}]
    - name: l
      steps: [{get: "/orders?key=${SHOP_KEY}", save: {x: {regex: "padding padding padding padding padding padding paddi ${SHOP_KEY}(.)!"}}}]
  checks: [{tcp: "127.0.0.1:1"}]
`, site.URL, data))
	for _, more := range [][]string{nil, {"--json"}} {
		cmd := command(t, append([]string{"try", "-c", file}, more...)...)
		cmd.Env = append(cmd.Env, "SHOP_KEY="+key)
		p := start(t, cmd)
		p.exits(1)
		text := p.out.text() + p.err.text()
		for _, part := range []string{"acme", "live", "7f3a", "ac…", "li…(4)-"} {
			if strings.Contains(text, part) {
				t.Errorf("%q of a secret is shown:\n%s", part, text)
			}
		}
		if !strings.Contains(text, "/orders?key=***&w=") || !strings.Contains(text, "got ") {
			t.Errorf("what is no secret is missing:\n%s", text)
		}
	}
}

// A host that a variable names is hidden where an answer leads to it, in what is
// wrong as in the remedy.
func TestTryHidesHosts(t *testing.T) {
	t.Parallel()
	const partner = "partner-zq9.invalid"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+partner+"/pay", http.StatusFound)
	}))
	t.Cleanup(site.Close)
	file := write(t, "crosstalk.yaml", fmt.Sprintf(`staging:
  url: %s
  headers: {X-Partner: "${PARTNER}"}
  journeys: [{name: j, steps: [GET /pay]}]
  checks: [{tcp: "127.0.0.1:1"}]
`, site.URL))
	for _, more := range [][]string{nil, {"--json"}} {
		cmd := command(t, append([]string{"try", "-c", file}, more...)...)
		cmd.Env = append(cmd.Env, "PARTNER="+partner)
		p := start(t, cmd)
		p.exits(1)
		all := p.out.text() + p.err.text()
		if strings.Contains(all, "zq9") || !strings.Contains(all, "leads to ***") || strings.Count(all, "***") < 2 {
			t.Errorf("it says\n%s", all)
		}
	}
}
