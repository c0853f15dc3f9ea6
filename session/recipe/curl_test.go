package recipe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/session"
)

// echo is a server that keeps what it was asked.
type echo struct {
	*httptest.Server
	mu   sync.Mutex
	seen []asked
}

type asked struct {
	method, uri, body, host string
	header                  http.Header
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	e := &echo{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.seen = append(e.seen, asked{r.Method, r.RequestURI, string(b), r.Host, r.Header.Clone()})
	}))
	t.Cleanup(e.Close)
	return e
}

// walk sends a recipe once, as the engine would, and returns what arrived.
func (e *echo) walk(t *testing.T, r *Recipe, getenv func(string) (string, bool)) []asked {
	t.Helper()
	cfg, err := r.Config(getenv)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, r.YAML())
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := cfg.Compile(ctx, session.Caps{Version: "test"})
	if err != nil {
		t.Fatalf("compile: %v\n%s", err, r.YAML())
	}
	walked, err := c.Plan.Walk(ctx, nil, func(x loadengine.Exchange) {
		if x.Kind != "" {
			t.Errorf("%s: %s %s %v", x.Step, x.Kind, x.Detail, x.Err)
		}
	})
	if err != nil || len(walked) != 1 {
		t.Fatalf("walked %+v, %v", walked, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.seen
	e.seen = nil
	return seen
}

func noEnv(string) (string, bool) { return "", false }

func TestCurlSendsWhatCurlSends(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	small := file("small.txt", "a\nb&c")
	tests := []struct {
		name, command string // URL stands for the server's
		method, uri   string
		body          string
		header        map[string]string // "-" for one that must not be there
	}{
		{"plain", `curl URL`, "GET", "/", "", map[string]string{"User-Agent": "crosstalk/test", "Content-Type": "-", "Authorization": "-"}},
		{"quotes", `curl "URL/a?x=1&y=2" -H 'X-A: it'\''s "b"' -H "X-B: \"c\" \$1"`, "GET", "/a?x=1&y=2", "", map[string]string{"X-A": `it's "b"`, "X-B": `"c" $1`}},
		{"lines", "curl 'URL/a' \\\n  -H 'X-A: b' \\\r\n --compressed", "GET", "/a", "", map[string]string{"X-A": "b"}},
		{"ansi quotes", `curl URL/a --data-raw $'it\'s\tone\n\u00e9\x41\101\\'`, "POST", "/a", "it's\tone\néAA\\", map[string]string{"Content-Type": formType}},
		{"prompt", `$ curl -sSL URL/a -o /dev/null -w '%{http_code}'`, "GET", "/a", "", nil},
		{"escaped brackets", `curl 'URL/a?ids\[\]=1&f=\{a,b\}&r=\[1-3\]'`, "GET", "/a?ids[]=1&f=%7Ba,b%7D&r=[1-3]", "", nil},
		{"globs off", `curl -g 'URL/a?f={a,b}&r=[1-3]&w=\['`, "GET", "/a?f=%7Ba,b%7D&r=[1-3]&w=%5C[", "", nil},
		{"globs off in long", `curl --globoff 'URL/a?f={a,b}'`, "GET", "/a?f=%7Ba,b%7D", "", nil},
		{"method in one word", `curl -XPUT URL/a -d x=1`, "PUT", "/a", "x=1", map[string]string{"Content-Type": formType}},
		{"form", `curl URL/a -d 'b=1' --data 'a=x%20y%26'`, "POST", "/a", "a=x+y%26&b=1", map[string]string{"Content-Type": formType}},
		{"form with a name twice", `curl URL/a -d 'b=1&b=2'`, "POST", "/a", "b=1&b=2", map[string]string{"Content-Type": formType}},
		{"json", `curl URL/a -H 'content-type: application/json' -d '{"b":[1,2.5,null,true],"a":{"c":"d"}}'`, "POST", "/a", `{"a":{"c":"d"},"b":[1,2.5,null,true]}`, map[string]string{"Content-Type": jsonType}},
		{"json with large numbers", `curl URL/a --json '{"a":12345678901234567890123,"b":1e3}'`, "POST", "/a", `{"a":12345678901234567890123,"b":1e3}`, map[string]string{"Content-Type": jsonType, "Accept": jsonType}},
		{"json with braces", `curl URL/a --json '{"a":"{{b}} ${C} $D $$"}'`, "POST", "/a", `{"a":"\u007b\u007bb}} ${C} $D $$"}`, nil},
		{"json sent as a form", `curl URL/a -d '{"a":1}'`, "POST", "/a", `{"a":1}`, map[string]string{"Content-Type": formType}},
		{"own json type", `curl URL/a -H 'Content-Type: application/vnd.api+json' -d '{"a":1}'`, "POST", "/a", `{"a":1}`, map[string]string{"Content-Type": "application/vnd.api+json"}},
		{"empty body", `curl URL/a -d ''`, "POST", "/a", "", nil},
		{"urlencode", `curl URL/a --data-urlencode 'q=a b&c' --data-urlencode '=d/e'`, "POST", "/a", "q=a+b%26c&d%2Fe", nil},
		{"get", `curl -G URL/a?x=1 --data-urlencode 'q=a b' -d y=2`, "GET", "/a?x=1&q=a+b&y=2", "", map[string]string{"Content-Type": "-"}},
		{"head", `curl -I URL/a`, "HEAD", "/a", "", nil},
		{"delete", `curl --request DELETE --url URL/a/1`, "DELETE", "/a/1", "", nil},
		{"user", `curl -u mel:pa:ss URL/a`, "GET", "/a", "", map[string]string{"Authorization": basic("mel", "pa:ss")}},
		{"user in the URL", `curl http://mel:p%40ss@HOST/a`, "GET", "/a", "", map[string]string{"Authorization": basic("mel", "p@ss")}},
		{"bearer", `curl URL/a --oauth2-bearer abc123`, "GET", "/a", "", map[string]string{"Authorization": "Bearer abc123"}},
		{"cookies", `curl URL/a -b 'a=1; b=2' -b c=3`, "GET", "/a", "", map[string]string{"Cookie": "a=1; b=2; c=3"}},
		{"agent and referer", `curl URL/a -A 'Mine/1' -e http://r/ -H 'Accept-Encoding: br'`, "GET", "/a", "", map[string]string{"User-Agent": "Mine/1", "Referer": "http://r/", "Accept-Encoding": "gzip"}},
		{"header taken away", `curl URL/a -d x=1 -H 'Content-Type:' -H 'Connection: close'`, "POST", "/a", "x=1", map[string]string{"Connection": "-"}},
		{"last header wins", `curl URL/a -A one -H 'User-Agent: two'`, "GET", "/a", "", map[string]string{"User-Agent": "two"}},
		{"body from a file", `curl URL/a --data-binary @` + small, "POST", "/a", "a\nb&c", map[string]string{"Content-Type": formType}},
		{"data from a file", `curl URL/a -d @` + small, "POST", "/a", "ab&c", nil},
		{"data and a file", `curl URL/a -d x=1 --data-binary @` + small, "POST", "/a", "x=1&a\nb&c", nil},
		{"a form with parts", `curl URL/a -F 'a=1' -F 'b=@` + small + `;type=text/plain' -F 'c=2;type=text/x'`, "", "", "", nil},
		{"without a scheme", `curl HOST/a`, "GET", "/a", "", nil},
		{"odd characters", `curl 'URL/a b/{c}?d="e"&f=%zz'`, "GET", "/a%20b/%7Bc%7D?d=%22e%22&f=%25zz", "", nil},
		{"only a query", `curl 'URL?a=1#frag'`, "GET", "/?a=1", "", nil},
		{"xml", `curl URL/a -H 'Content-Type: text/xml' -d '<a b="c">d</a>'`, "POST", "/a", `<a b="c">d</a>`, map[string]string{"Content-Type": "text/xml"}},
	}
	for _, test := range tests {
		command := strings.NewReplacer("URL", e.URL, "HOST", strings.TrimPrefix(e.URL, "http://")).Replace(test.command)
		r, err := Curl(command)
		if test.method == "" {
			if err == nil || !strings.Contains(err.Error(), "--form: a file in a form") {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		seen := e.walk(t, r, noEnv)
		if len(seen) != 1 {
			t.Errorf("%s: %d requests", test.name, len(seen))
			continue
		}
		got := seen[0]
		if got.method != test.method || got.uri != test.uri || got.body != test.body {
			t.Errorf("%s: sent %s %s %q, want %s %s %q\n%s", test.name, got.method, got.uri, got.body, test.method, test.uri, test.body, r.YAML())
		}
		for name, want := range test.header {
			if have := strings.Join(got.header.Values(name), ", "); have != want && (want != "-" || len(got.header.Values(name)) > 0) {
				t.Errorf("%s: header %s is %q, want %q", test.name, name, have, want)
			}
		}
	}
}

func TestCurlFormWithParts(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			got <- err.Error()
			return
		}
		got <- fmt.Sprint(r.Form)
	}))
	t.Cleanup(server.Close)
	r, err := Curl("curl " + server.URL + ` -F 'a=1 2' -F "b=crosstalk-form-boundary" --form-string 'password=@hush-hush'`)
	if err != nil {
		t.Fatal(err)
	}
	if y := string(r.YAML()); strings.Contains(y, "hush-hush") || !strings.Contains(y, "${STAGING_PASSWORD}") {
		t.Errorf("the password stands in\n%s", y)
	}
	(&echo{}).walk(t, r, noEnv)
	if form := <-got; form != "map[a:[1 2] b:[crosstalk-form-boundary] password:[@hush-hush]]" {
		t.Errorf("the form arrived as %s", form)
	}
}

func TestCurlKeepsSecretsOutOfTheFile(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	secrets := []string{"bear-88f1", "cook-88f2", "key-88f3", "word-88f4", "quer-88f5", "pin-88f6", "deep-88f7", "who-88f8"}
	r, err := Curl(fmt.Sprintf(`curl '%s/login?access_token=quer-88f5&page=2' -H 'authorization: Bearer bear-88f1' -b 'sid=cook-88f2' -H 'X-Api-Key: key-88f3' -H 'X-Who: Bearer who-88f8' --json '{"user":"mel","password":"word-88f4","list":[{"secret":"deep-88f7"}],"note":"$HOME"}'`, e.URL),
		fmt.Sprintf(`curl '%s/form' -d 'name=mel&passwd=pin-88f6' -H "X-Team: $TEAM" -H 'authorization: Bearer bear-88f1'`, e.URL))
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.YAML())
	for _, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(strings.Join(r.Notes, ""), s) {
			t.Errorf("%s stands in\n%s", s, text)
		}
	}
	if !strings.Contains(text, `"Bearer ${STAGING_TOKEN}"`) && !strings.Contains(text, `"Bearer ${STAGING_TOKEN_2}"`) {
		t.Errorf("no variable for the token in\n%s", text)
	}
	if strings.Count(text, "Authorization:") != 1 {
		t.Errorf("a header of both steps was not moved up:\n%s", text)
	}
	seen := e.walk(t, r, func(name string) (string, bool) { return "shop", name == "TEAM" })
	if len(seen) != 2 {
		t.Fatalf("%d requests", len(seen))
	}
	if got := seen[0]; got.uri != "/login?access_token=quer-88f5&page=2" || got.header.Get("Authorization") != "Bearer bear-88f1" || got.header.Get("Cookie") != "sid=cook-88f2" ||
		got.header.Get("X-Api-Key") != "key-88f3" || got.header.Get("X-Who") != "Bearer who-88f8" || got.body != `{"list":[{"secret":"deep-88f7"}],"note":"$HOME","password":"word-88f4","user":"mel"}` {
		t.Errorf("sent %+v", got)
	}
	if got := seen[1]; got.body != "name=mel&passwd=pin-88f6" || got.header.Get("X-Team") != "shop" || got.header.Get("Authorization") != "Bearer bear-88f1" {
		t.Errorf("sent %+v", got)
	}
	cfg, err := r.Config(func(string) (string, bool) { return "shop", true })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if got := cfg.Mask("see " + s); got != "see ***" {
			t.Errorf("%s is not masked: %s", s, got)
		}
	}
	if _, err := r.Config(noEnv); err == nil || !strings.Contains(err.Error(), "export TEAM=") {
		t.Errorf("without the variable: %v", err)
	}
}

func TestCurlSettings(t *testing.T) {
	t.Parallel()
	r, err := Curl(`curl -k -m 2.5 --cacert ca.pem -E me.pem http://[::1]:8080/a`)
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.YAML())
	for _, want := range []string{"insecure: true", "timeout: 2.5s", `ca: "ca.pem"`, `cert: "me.pem"`, `key: "me.pem"`, `url: "http://[::1]:8080"`, `http: "http://[::1]:8080/a"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	cfg, err := r.Config(noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.Staging; !s.Insecure || s.CA != "ca.pem" || s.Cert != "me.pem" || s.Journeys[0].Steps[0].Timeout != 2500*time.Millisecond {
		t.Errorf("read back: %+v", s)
	}
	r.Watch = []string{"http://127.0.0.1:9/health"}
	if cfg, err = r.Config(noEnv); err != nil || len(cfg.Production.Checks) != 1 {
		t.Errorf("with a check of production: %+v, %v", cfg, err)
	}
	r.Watch = []string{"http://[::1]:8080/health"}
	if _, err = r.Config(noEnv); err == nil || !strings.Contains(err.Error(), "load would hit what must only be watched") {
		t.Errorf("production at staging's address: %v", err)
	}
}

func TestCurlSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, command, want string }{
		{"nothing", "", "--curl:1: the command is empty: write --curl 'curl http://HOST/PATH'"},
		{"another program", "wget http://h/", "begin with curl but with wget"},
		{"cmd", "curl ^\"http://h/^\" ^\r\n  -H ^\"a: b^\"", "Windows' cmd, with ^ before special characters: choose Copy as cURL (bash)"},
		{"powershell", "Invoke-WebRequest -Uri \"http://h/\"", "this is PowerShell: choose Copy as cURL (bash)"},
		{"fetch", `fetch("http://h/")`, "this is JavaScript: choose Copy as cURL (bash)"},
		{"no URL", "curl -H 'a: b'", "names no URL"},
		{"two URLs", "curl http://h/ http://i/", "names 2 URLs"},
		{"ampersand", "curl http://h/?a=1&b=2", `--curl:1: the shell would act on "&" here: put the URL in quotes`},
		{"pipe", "curl http://h/ \\\n | jq .", `--curl:2: the shell would act on "|" here: leave out what follows`},
		{"second line", "curl http://h/\n-H 'a: b'", "the command ends at the line's end, and more follows"},
		{"space behind", "curl http://h/ \\ \n -H 'a: b'", "a space behind the backslash"},
		{"open quote", "curl 'http://h/", "a ' is never closed"},
		{"open quotes", "curl http://h/ \\\n -H \"a: b", `--curl:2: a " is never closed`},
		{"substitution", `curl "http://h/$(date)"`, "the shell would work out a $( here"},
		{"backticks", "curl \"http://h/`date`\"", "backticks would run"},
		{"unknown flag", "curl http://h/ --frobnicate", "curl's flag --frobnicate is not known here: leave it out"},
		{"unknown short flag", "curl http://h/ -W", "curl's flag -W is not known here"},
		{"refused flag", "curl http://h/ -T file", "--upload-file cannot be taken over: write -X PUT --data-binary @FILE"},
		{"all at once", "curl http://h/ --ntlm \\\n --digest", "--ntlm cannot be taken over: log in by a token or by a form\n--curl:2: curl's flag --digest"},
		{"flag without value", "curl http://h/ -H", "--header has no value"},
		{"cookie file", "curl http://h/ -b jar.txt", "a file of cookies"},
		{"header without colon", "curl http://h/ -H abc", "it has no colon: write -H 'Name: value'"},
		{"password asked for", "curl http://h/ -u mel", "-u has no password"},
		{"method", "curl -X OPTIONS http://h/", "method OPTIONS is not one that a step can have"},
		{"body of a GET", "curl -X GET http://h/ -d a=1", "a GET request with a body is not sent: use POST"},
		{"ftp", "curl ftp://h/", "not one of http or https"},
		{"host", "curl 'http://h h/'", "a host that cannot be"},
		{"port", "curl http://h:99999/", "a host that cannot be"},
		{"glob", "curl 'http://h/{a,b}'", "curl would send several requests"},
		{"file that is not there", "curl http://h/ -d @/no/such/file", "cannot be read"},
		{"text that crosstalk would read", "curl http://h/ -H 'X: {{a}}'", "has {{, which crosstalk reads as the name of a value"},
		{"body that crosstalk would read", "curl http://h/ -d 'x {{a}}'", "the body has {{"},
		{"time", "curl http://h/ -m soon", "--max-time is not a number of seconds"},
	} {
		_, err := Curl(test.command)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\nwant %s", test.name, err, test.want)
		}
		if _, ok := err.(session.Problems); err != nil && !ok { //nolint:errorlint // exactly this type is promised
			t.Errorf("%s: the error is a %T", test.name, err)
		}
	}
}

// A Host header that a command sends to an address may be reached: it is what
// replaces --resolve.
func TestCurlWithAHostHeader(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	r, err := Curl("curl " + e.URL + "/ -H 'Host: shop.test'")
	if err != nil {
		t.Fatal(err)
	}
	if seen := e.walk(t, r, noEnv); len(seen) != 1 || seen[0].host != "shop.test" {
		t.Errorf("sent %+v", seen)
	}
	if !strings.Contains(string(r.YAML()), `hosts: ["shop.test"]`) || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "shop.test is asked for by a header Host") {
		t.Errorf("notes %q\n%s", r.Notes, r.YAML())
	}
}

// What is found wrong with an import later names no line of a text that nobody
// has seen.
func TestImportHasNoLines(t *testing.T) {
	t.Parallel()
	r, err := Curl("curl http://127.0.0.1:9/ -H 'X-A: b'")
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Config(noEnv)
	if err != nil {
		t.Fatal(err)
	}
	c.Staging.Journeys[0].Steps[0].Headers = map[string]string{"X-A": "{{b}}"}
	if _, err := c.Compile(t.Context(), session.Caps{Version: "test"}); err == nil || !strings.HasPrefix(err.Error(), "--curl: journey ") {
		t.Errorf("%v", err)
	}
}
