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
