package recipe

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"crosstalk/session"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shot is an entry of a recording in short.
type shot struct {
	method, url string
	sent        map[string]string // headers
	kind, body  string            // of the request
	status      int
	got         map[string]string // headers
	mime, text  string
	after       time.Duration // since the last answer
}

// recording makes the HAR of shots.
func recording(t *testing.T, creator string, shots ...shot) []byte {
	t.Helper()
	now := time.Date(2026, 10, 17, 9, 0, 0, 0, time.UTC)
	pairs := func(m map[string]string) []map[string]string {
		out := []map[string]string{}
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k := range m {
				if !yield(k) {
					return
				}
			}
		}) {
			out = append(out, map[string]string{"name": k, "value": m[k]})
		}
		return out
	}
	var entries []any
	for _, s := range shots {
		now = now.Add(s.after)
		req := map[string]any{"method": s.method, "url": s.url, "headers": pairs(s.sent)}
		if s.body != "" {
			req["postData"] = map[string]any{"mimeType": s.kind, "text": s.body}
		}
		if s.status == 0 {
			s.status = 200
		}
		entries = append(entries, map[string]any{"startedDateTime": now.Format(time.RFC3339Nano), "time": 10, "request": req,
			"response": map[string]any{"status": s.status, "headers": pairs(s.got), "content": map[string]any{"mimeType": s.mime, "text": s.text}}})
		now = now.Add(10 * time.Millisecond)
	}
	b, err := json.MarshalIndent(map[string]any{"log": map[string]any{"creator": map[string]string{"name": creator}, "entries": entries}}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readHARConfig imports and reads back.
func readHARConfig(t *testing.T, data []byte, o HAROptions) (*Recipe, *session.Config) {
	t.Helper()
	r, err := HAR("shop.har", data, o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Config(noEnv)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.YAML())
	}
	return r, c
}

func TestHARBecomesJourneys(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/shop.har")
	if err != nil {
		t.Fatal(err)
	}
	r, c := readHARConfig(t, data, HAROptions{})
	got := r.YAML()
	if *update {
		if err := os.WriteFile("testdata/shop.yaml", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the recording became\n%s\nwant\n%s", got, want)
	}
	for _, secret := range []string{"hunter2", "eyJ", "c5rf-", "s-aaaa", "s-bbbb", "p-1234", "ok-99", "4711"} {
		if strings.Contains(string(got), secret) {
			t.Errorf("%s stands in the file", secret)
		}
	}
	j := c.Staging.Journeys[0]
	names := func(steps []session.Step) (out []string) {
		for _, s := range steps {
			out = append(out, s.Name)
		}
		return out
	}
	if once := names(j.Once); !slices.Equal(once, []string{"GET /login", "POST /login", "POST /api/token"}) {
		t.Errorf("once %v", once)
	}
	if steps := names(j.Steps); !slices.Equal(steps, []string{"GET /api/products", "POST /api/cart", "POST /api/cart/{{id}}/checkout", "GET /out"}) {
		t.Errorf("steps %v", steps)
	}
	if len(r.Secrets) != 1 || r.Secrets[0].Name != "STAGING_PASSWORD" || r.Secrets[0].Value != "hunter2 secret&more" {
		t.Errorf("secrets %+v", r.Secrets)
	}
}

func TestHARFindsWhereValuesComeFrom(t *testing.T) {
	t.Parallel()
	const h = "http://h.test"
	page := func(body string) shot {
		return shot{method: "GET", url: h + "/form", mime: "text/html", text: "<html>" + body + "</html>"}
	}
	post := func(body string) shot {
		return shot{method: "POST", url: h + "/send", kind: formType, body: body, mime: "text/html"}
	}
	answer := func(text string) shot {
		return shot{method: "GET", url: h + "/api", mime: "application/json", text: text}
	}
	far := strings.Repeat(" ", seenBody)
	tests := []struct {
		name       string
		shots      []shot
		want, note string
		without    string // must not be in the file
	}{
		{"hidden field", []shot{page(`<input type=hidden name="csrf" value="abcd1234">`), post("csrf=abcd1234&a=b")}, `csrf: "{{csrf}}"`, "", "abcd1234"},
		{"value before name", []shot{page(`<input value='abcd1234' name='csrf'>`), post("csrf=abcd1234")}, `csrf: "{{csrf}}"`, "", "abcd1234"},
		{"meta to header", []shot{page(`<meta name="csrf-token" content="abcd1234abcd">`), {method: "DELETE", url: h + "/x", sent: map[string]string{"X-CSRF-Token": "abcd1234abcd"}}}, `X-Csrf-Token: "{{csrf_token}}"`, "", "abcd1234"},
		{"in a script", []shot{page(`<script>window.cfg = {apiKey: "zzzz1111yyyy2222"}</script>`), {method: "GET", url: h + "/x", sent: map[string]string{"X-Api-Key": "zzzz1111yyyy2222"}}}, `X-Api-Key: "{{x_api_key}}"`, "", "zzzz1111"},
		{"json to header", []shot{answer(`{"a":[{"token":"tok-1"},{"token":"tok-2"}]}`), {method: "GET", url: h + "/x", sent: map[string]string{"Authorization": "Bearer tok-2"}}}, `token: "$.a[1].token"`, "", "tok-2"},
		{"json with odd names", []shot{answer(`{"access token":"tok-1-and-more-1"}`), {method: "GET", url: h + "/x?t=tok-1-and-more-1"}}, `access_token: "$['access token']"`, "", "tok-1"},
		{"header to query", []shot{{method: "GET", url: h + "/a", got: map[string]string{"X-Request-Key": "rk-1234567890abcdef"}}, {method: "GET", url: h + "/x?key=rk-1234567890abcdef"}}, `GET /x?key={{request_key}}`, "", "rk-123"},
		{"cookie to header", []shot{{method: "GET", url: h + "/a", got: map[string]string{"Set-Cookie": "XSRF-TOKEN=xs-12345678; Path=/"}}, {method: "POST", url: h + "/x", sent: map[string]string{"X-XSRF-TOKEN": "xs-12345678", "Cookie": "XSRF-TOKEN=xs-12345678"}}}, `{cookie: "XSRF-TOKEN"}`, "", "xs-12345678"},
		{"number made", []shot{{method: "POST", url: h + "/carts", kind: jsonType, body: `{"a":1}`, mime: "application/json", text: `{"id":17}`, status: 201}, {method: "GET", url: h + "/carts/17"}}, `/carts/{{id}}`, "", "/17"},
		{"number only read", []shot{answer(`{"id":17}`), {method: "GET", url: h + "/page/17"}}, `/page/17`, "", "{{"},
		{"value of the person", []shot{{method: "POST", url: h + "/find", kind: jsonType, body: `{"sku":"sku-1234-5678-9012"}`, mime: "application/json", text: `{"sku":"sku-1234-5678-9012"}`}, {method: "GET", url: h + "/p/sku-1234-5678-9012"}}, `/p/sku-1234-5678-9012`, "", "{{"},
		{"too far down", []shot{answer(`{"pad":"` + far + `","token":"tok-1234-5678-9012"}`), {method: "GET", url: h + "/x?token=tok-1234-5678-9012"}}, `${STAGING_TOKEN}`, "further down than the first 64 KiB", "tok-1234"},
		{"two of one name", []shot{page(`<input name="csrf" value="aaaa1111">`), post("csrf=aaaa1111"), page(`<input name="csrf" value="bbbb2222">`), post("csrf=bbbb2222")}, `csrf: "{{csrf_2}}"`, "", "bbbb"},
		{"nowhere", []shot{page(""), {method: "GET", url: h + "/x", sent: map[string]string{"Authorization": "Bearer from-before-123"}}}, `Authorization: "Bearer ${STAGING_TOKEN}"`, "", "from-before"},
		{"a token in a path", []shot{page(""), {method: "GET", url: h + "/reset/eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZWwifQ.abcdefgh"}}, `/reset/${STAGING_TOKEN}`, "", "eyJ"},
		{"redirects are one step", []shot{{method: "POST", url: h + "/a", kind: formType, body: "x=1", status: 303, got: map[string]string{"Location": "/b"}}, {method: "GET", url: h + "/b", status: 302, got: map[string]string{"Location": h + "/c"}}, page(""), {method: "GET", url: h + "/c", mime: "application/json", text: `{"token":"tok-123456"}`},
			{method: "GET", url: h + "/d", sent: map[string]string{"Authorization": "Bearer tok-123456"}}}, `token: "$.token"`, "", "/b"},
		{"a failure that was recorded", []shot{page(""), {method: "GET", url: h + "/gone", status: 404}}, "expect: 404", "", "x"},
		{"an upload", []shot{page(""), {method: "POST", url: h + "/up", kind: "multipart/form-data; boundary=b"}, post("a=b")}, "a: \"b\"", "", "boundary"},
		{"a method", []shot{page(""), {method: "PROPFIND", url: h + "/dav"}}, "GET /form", "PROPFIND /dav: a step takes", "dav\""},
	}
	for _, test := range tests {
		r, _ := readHARConfig(t, recording(t, "Firefox", test.shots...), HAROptions{})
		_, text, _ := strings.Cut(string(r.YAML()), "staging:")
		if !strings.Contains(text, test.want) {
			t.Errorf("%s: no %s in\n%s", test.name, test.want, text)
		}
		if test.without != "x" && strings.Contains(text, test.without) {
			t.Errorf("%s: %s stands in\n%s", test.name, test.without, text)
		}
		if !strings.Contains(strings.Join(r.Notes, "\n"), test.note) {
			t.Errorf("%s: notes %q", test.name, r.Notes)
		}
	}
}

// A chain of redirects that leaves the hosts is one step where its last status
// tells the last answer from those before; else each is a step, since load would
// stop at the first. What its answers give is saved from the one that gave it.
func TestHARRedirectsThatLeave(t *testing.T) {
	t.Parallel()
	const h = "http://h.test"
	to := func(method, path string, status int, location string) shot {
		s := shot{method: method, url: h + path, status: status, got: map[string]string{"Location": location, "X-Request-Token": "tok-of" + strings.ReplaceAll(path, "/", "-") + "-1234567"}}
		if method == "POST" {
			s.kind, s.body = formType, "user=ann&password=hunter2"
		}
		return s
	}
	page := shot{method: "GET", url: h + "/", mime: "text/html", text: "<p>"}
	after := shot{method: "GET", url: h + "/after", sent: map[string]string{"X-Request-Token": "tok-of-sso-start-1234567"}}
	for name, test := range map[string]struct {
		shots []shot
		want  []string // name, expected status, what is saved
	}{
		"alike": {
			[]shot{page, to("POST", "/login", 302, "/sso/start"), to("GET", "/sso/start", 302, "https://idp.test/authorize?x=1"), after},
			[]string{"POST /login 302", "GET /sso/start 302 saves X-Request-Token", "GET /", "GET /after"},
		},
		"three, two alike": {
			[]shot{page, to("POST", "/login", 302, "/sso"), to("GET", "/sso", 303, "/sso/start"), to("GET", "/sso/start", 302, "https://idp.test/authorize?x=1"), after},
			[]string{"POST /login 302", "GET /sso 302 saves X-Request-Token", "GET /", "GET /after"},
		},
		"different": {
			[]shot{page, to("POST", "/login", 303, "/sso/start"), to("GET", "/sso/start", 302, "https://idp.test/authorize?x=1"), after},
			[]string{"POST /login 302 saves X-Request-Token", "GET /", "GET /after"},
		},
		"alike, and stays": {
			[]shot{page, to("POST", "/login", 302, "/sso/start"), to("GET", "/sso/start", 302, "/in"), {method: "GET", url: h + "/in", mime: "text/html"}},
			[]string{"POST /login", "GET /"},
		},
	} {
		r, c := readHARConfig(t, recording(t, "Firefox", test.shots...), HAROptions{})
		j := c.Staging.Journeys[0]
		var got []string
		for _, s := range slices.Concat(j.Once, j.Steps) {
			words := append([]string{s.Name}, s.Expect.Status...)
			for _, v := range s.Save {
				words = append(words, "saves", v.Expr)
			}
			got = append(got, strings.Join(words, " "))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: steps %q, want %q", name, got, test.want)
		}
		leaves := name != "alike, and stays"
		if said := slices.Contains(r.Notes, "entry "+strconv.Itoa(len(test.shots)-1)+" leads to idp.test, where load does not go; --har-host idp.test lets it"); said != leaves {
			t.Errorf("%s: notes %q", name, r.Notes)
		}
	}
}

func TestHARThinkTimes(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) shot {
		return shot{method: "GET", url: "http://h.test/" + d.String(), mime: "text/html", after: d}
	}
	r, c := readHARConfig(t, recording(t, "x", at(0), at(50*time.Millisecond), at(1240*time.Millisecond), at(time.Hour), at(0)), HAROptions{})
	var got []time.Duration
	for _, s := range c.Staging.Journeys[0].Steps {
		if s.Think == nil {
			got = append(got, 0)
			continue
		}
		got = append(got, s.Think.Min)
	}
	if !slices.Equal(got, []time.Duration{0, 1200 * time.Millisecond, 10 * time.Second, 0, 0}) {
		t.Errorf("pauses %v", got)
	}
	if !slices.Contains(r.Notes, "pauses over 10s are cut to that") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestHARChoosesHostsAndKinds(t *testing.T) {
	t.Parallel()
	doc := func(url string) shot { return shot{method: "GET", url: url, mime: "text/html; charset=utf-8"} }
	api := func(url string) shot { return shot{method: "GET", url: url, mime: "application/json"} }
	data := recording(t, "x", doc("http://ads.test/a"), doc("http://shop.test:8080/a"), doc("http://SHOP.test:8080/b"), api("http://api.test/1"), api("http://api.test/2"), api("http://api.test/3"),
		shot{method: "GET", url: "http://shop.test:8080/x.js", mime: "text/plain"}, shot{method: "GET", url: "http://shop.test:8080/y", mime: "image/png"},
		shot{method: "GET", url: "data:text/plain,x"}, shot{method: "GET", url: "chrome-extension://abc/x"})
	urls := func(o HAROptions) (string, string) {
		r, c := readHARConfig(t, data, o)
		var all []string
		for _, s := range c.Staging.Journeys[0].Steps {
			all = append(all, s.Path)
		}
		return c.Staging.URL + " " + strings.Join(c.Staging.Hosts, ",") + " " + strings.Join(all, " "), strings.Join(r.Notes, "\n")
	}
	got, notes := urls(HAROptions{})
	if got != "http://shop.test:8080  /a /b" || !strings.Contains(notes, "left out: requests to api.test (3), ads.test (1)") || !strings.Contains(notes, "2 × images") {
		t.Errorf("by itself: %s\n%s", got, notes)
	}
	if got, _ = urls(HAROptions{Hosts: []string{"shop.test", "api.test"}}); got != "http://shop.test:8080 api.test /a /b http://api.test/1 http://api.test/2 http://api.test/3" {
		t.Errorf("two hosts: %s", got)
	}
	if got, _ = urls(HAROptions{Hosts: []string{"api.test", "shop.test:8080"}}); got != "http://api.test shop.test:8080 http://shop.test:8080/a http://shop.test:8080/b /1 /2 /3" {
		t.Errorf("two hosts, the other first: %s", got)
	}
	if got, _ = urls(HAROptions{All: true}); got != "http://shop.test:8080  /a /b /x.js /y" {
		t.Errorf("all: %s", got)
	}
	if _, err := HAR("x", data, HAROptions{Hosts: []string{"other.test"}}); err == nil || !strings.Contains(err.Error(), "no request to other.test: take one of these: shop.test:8080 (4), api.test (3), ads.test (1)") {
		t.Errorf("a host that is not there: %v", err)
	}
}

func TestHARWithoutItsCookies(t *testing.T) {
	t.Parallel()
	plain := shot{method: "GET", url: "http://h.test/", mime: "text/html"}
	with := func(sent, got string) shot {
		s := plain
		s.sent, s.got = map[string]string{}, map[string]string{}
		if sent != "" {
			s.sent["Cookie"] = sent
		}
		if got != "" {
			s.got["Set-Cookie"] = got
		}
		return s
	}
	for _, test := range []struct {
		name, creator string
		shots         []shot
		want          string // empty: nothing is said of cookies
	}{
		{"sanitised by Chrome", "WebInspector", []shot{plain}, "Chrome leaves them out of Export HAR (sanitized)"},
		{"none elsewhere", "Firefox", []shot{plain}, "no cookies and no Authorization header: if the product has a login"},
		{"blacked out", "Firefox", []shot{with("sid=[REDACTED]", "")}, "blacked out"},
		{"login before", "Firefox", []shot{with("_ga=x1; sessionid=abc", "")}, "cookies that no recorded answer set (sessionid): the recording began after the login"},
		{"whole", "WebInspector", []shot{with("", "sid=abc; Path=/"), with("sid=abc", "")}, ""},
		{"only an advertiser's", "Firefox", []shot{with("_ga=abc", "")}, ""},
	} {
		r, _ := readHARConfig(t, recording(t, test.creator, test.shots...), HAROptions{})
		notes := strings.Join(r.Notes, "\n")
		if test.want == "" && strings.Contains(notes, "cookies") || !strings.Contains(notes, test.want) {
			t.Errorf("%s: %q", test.name, notes)
		}
	}
	// A token that was blacked out has to come from the environment.
	s := plain
	s.sent = map[string]string{"Authorization": "Bearer ***"}
	r, err := HAR("x", recording(t, "x", s), HAROptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Config(noEnv); err == nil || !strings.Contains(err.Error(), "export STAGING_TOKEN=") {
		t.Errorf("a blacked-out token: %v", err)
	}
}

func TestHARSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	entry := func(s string) string { return "{\n\"log\": {\n\"entries\": [\n" + s + "]}}" }
	const sound = `{"startedDateTime":"2026-01-02T03:04:05Z","request":{"method":"GET","url":"http://h/"},"response":{"status":200}}`
	for _, test := range []struct{ name, data, want string }{
		{"nothing", "", "x.har:1: the file ends in the middle: save it again"},
		{"no JSON", "hello", "x.har:1: this is not the JSON of a HAR file"},
		{"other JSON", `{"a":1}`, "this JSON is no HAR file: it has no log.entries"},
		{"cut off", entry(sound + ",\n{\"request\":"), "x.har:5: "},
		{"cut off in the middle", entry(sound)[:60], "the file ends in the middle"},
		{"empty", entry(""), "the recording has no requests"},
		{"wrong type", entry(sound + ",\n" + `{"request":{"method":5,"url":"http://h/"}}`), "x.har:5: entry 2: request.method is a number, not a string"},
		{"no time", entry(sound + ",\n" + `{"startedDateTime":"yesterday"}`), "x.har:5: entry 2: startedDateTime"},
		{"no request", entry(sound + ",\n{}"), "x.har:5: entry 2 has no request with method and url"},
		{"only others", entry(strings.ReplaceAll(sound, "http://h/", "ws://h/")), "no request over http or https"},
		{"nothing left", entry(strings.ReplaceAll(sound, "http://h/", "http://h/a.css")), "no request is left to repeat"},
	} {
		_, err := HAR("x.har", []byte(test.data), HAROptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

func TestHARLoginDoesNotGrow(t *testing.T) {
	t.Parallel()
	// What stands between two logins is a step, whatever it is called.
	const h = "http://h.test"
	login := shot{method: "POST", url: h + "/login", kind: jsonType, body: `{"user":"mel","password":"x-y-z"}`, mime: "application/json", text: `{"token":"tok-%d-abc"}`}
	use := func(n int, path string) shot {
		return shot{method: "GET", url: h + path, sent: map[string]string{"Authorization": fmt.Sprintf("Bearer tok-%d-abc", n)}}
	}
	first, second := login, login
	first.text, second.text = fmt.Sprintf(login.text, 1), fmt.Sprintf(login.text, 2)
	_, c := readHARConfig(t, recording(t, "x", first, use(1, "/me"), use(1, "/a"), second, use(2, "/me"), use(2, "/b")), HAROptions{})
	j := c.Staging.Journeys[0]
	var all []string
	for _, s := range j.Steps {
		all = append(all, s.Path)
	}
	if len(j.Once) != 1 || !slices.Equal(all, []string{"/me", "/a", "/b"}) {
		t.Errorf("once %+v, steps %v", j.Once, all)
	}
	if got := c.Staging.Headers["Authorization"]; got != "Bearer {{token}}" {
		t.Errorf("the header of all steps is %q", got)
	}
}
