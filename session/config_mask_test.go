package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// everyPlace uses a variable of its own in every place that takes one, and literal secrets where they are usual.
const everyPlace = `
staging:
  url: "http://ann:${S01}@x.test/"
  hosts: ["${S02}.test"]
  build: {from: "GET /version?key=${S03}"}
  headers: {X-One: "${S04}", Authorization: "Bearer literal-bearer", X-Team: shop, X-Scheme: "Bearer literal-scheme"}
  data: "${S05}.csv"
  ca: "${S06}.pem"
  cert: "${S07}.pem"
  key: "${S08}.pem"
  journeys:
    - name: buy
      think: "${THINK}"
      once: [{post: "/login?k=${S09}", form: {user: "{{login}}", password: "{{password}}", pin: "${S10}", api_key: literal-key}}]
      steps:
        - "GET /x/${S11}"
        - {post: /j, json: {a: ["${S12}", {b: "x${S13}y"}], token: literal-token, secret: {n: 8675309}, keep: 5}, headers: {Cookie: "sid=literal-cookie", X-Tok: "${S14}"}}
        - {post: /b, body: "b ${S15} password=literal-body", expect: {contains: "${S16}", json: {$.a: "${S17}"}}}
        - {post: /f, file: "${S19}.xml", save: {a: "regex:${S20}(.)"}}
        - {get: /short, headers: {X-Short: "${SHORT}"}}
  checks:
    - {name: a, http: "http://${S21}.test/?api_key=literal-query", headers: {X-Api-Key: literal-api-key}, expect: {contains: "${S22}", header: {X-A: "${S18}"}}}
    - {name: b, postgres: "postgres://ann:literal-pg@db.test/x"}
    - {name: c, postgres: "host=pg.test user=ann password='literal kv' dbname=x"}
    - {name: d, mysql: "ann:literal \"my/@sql@tcp(my.test:3306)/x"}
    - {name: e, redis: "redis://:literal-redis@r.test:6379/0"}
    - {name: f, tcp: "${S23}.test:99"}
    - {name: g, dns: "${S24}.test"}
production:
  checks:
    - {name: a, metrics: "http://${S25}.test/", series: "${S26}"}
    - {name: b, prometheus: "http://${S27}.test/", query: "${S28}"}
    - {name: c, grafana: "http://g.test/", query: up, datasource: "${S29}", token: literal-grafana}
    - {name: d, postgres: "${S30}"}
identity: {staging: literal-identity, production: "${S31}"}
engine: {locust: "http://ann:${S32}@l.test/"}
notify: {webhook: "https://${S33}.test/hook", grafana: {url: "http://ann:${S34}@g.test/", token: "${S35}", tags: [shop]}}
`

func everyPlaceConfig(t testing.TB) (*Config, []string) {
	var secrets []string
	c, err := ParseConfig("c.yaml", []byte(everyPlace), func(name string) (string, bool) {
		switch name {
		case "THINK":
			return "1s..2s", true
		case "SHORT":
			return "q7", true
		case "S30":
			name = "postgres://ann:pw-of-s30@prod.test/x"
		default:
			name = "value-of-" + strings.ToLower(name)
		}
		if !slices.Contains(secrets, name) {
			secrets = append(secrets, name)
		}
		return name, true
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets) != 35 {
		t.Fatalf("%d variables were asked for, want 35", len(secrets))
	}
	return c, secrets
}

func TestMaskedHoldsNoSecret(t *testing.T) {
	c, secrets := everyPlaceConfig(t)
	c.Staging.DataRows = []map[string]string{{"password": "literal-row"}}
	before, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Masked()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	all := string(b) + fmt.Sprintf("%+v", m)
	for _, s := range append(secrets, "literal", "8675309", "pw-of-s30", `"q7"`, "my/") {
		if strings.Contains(all, s) {
			t.Errorf("the masked copy holds %q:\n%s", s, all)
		}
	}
	for _, s := range []string{`"user":"{{login}}"`, `"password":"{{password}}"`, `"X-Team":"shop"`, `"keep":5`, `"kind":"postgres"`,
		`http://***@x.test/`, `redis://***@r.test:6379/0`, `***@tcp(my.test:3306)/x`, `host=pg.test user=ann password='***' dbname=x`, `"X-Short":"***"`, `"token":"***"`, `"a":["***",{"b":"x***y"}]`} {
		if !strings.Contains(string(b), s) {
			t.Errorf("the masked copy lacks %s:\n%s", s, b)
		}
	}
	after, err := json.Marshal(c)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("masking changed the original: %v", err)
	}
	if m.Secrets != nil || m.Staging.DataRows != nil || m.Dir != "" {
		t.Errorf("secrets, rows or folder were copied")
	}
	var back Config
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&back); err != nil || !bytes.Equal(b, again) {
		t.Errorf("the JSON does not come back as it went: %v\n%s\n%s", err, b, again)
	}
}

func TestSecretsAreNeverEncoded(t *testing.T) {
	for _, name := range []string{"Secrets", "Dir"} {
		f, _ := reflect.TypeFor[Config]().FieldByName(name)
		if f.Tag.Get("json") != "-" {
			t.Errorf("%s can be encoded", name)
		}
	}
}

func TestMaskText(t *testing.T) {
	c, err := ParseConfig("c.yaml", []byte(`
staging:
  url: "http://${HOST}/"
  headers: {A: "${TOKEN}", B: "${LONG}", C: "${QUOTED}", D: "${ONE}"}
  checks: [{tcp: "x.test:1"}]
`), configEnv("HOST", "x.test", "TOKEN", "tok-1", "LONG", "tok-1-and-more", "QUOTED", "a\"b<c /d", "ONE", "1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2]string{
		{"sent tok-1-and-more and tok-1 to x.test", "sent *** and *** to ***"},
		{`{"h":"a\"b<c /d"} {"h":"a\"b\u003cc /d"} q=a%22b%3Cc+%2Fd a"b<c /d`, `{"h":"***"} {"h":"***"} q=*** ***`},
		{"1 of 10 answers", "1 of 10 answers"},
		{"1", "***"},
		{"dial postgres://u:p@ss@h/db: refused", "dial postgres://***@h/db: refused"},
		{"same, postgres://app:hunter#2?x/y@db1/shop for both", "same, postgres://***@db1/shop for both"},
		{"jdbc:mysql:replication://u:p/w@h/d, redis://:a?b@c:1/0", "jdbc:mysql:replication://***@h/d, redis://***@c:1/0"},
		{"http://a:b@y.test/x?mail=ann@y.test and https://y.test/ann@y.test", "http://***@y.test/x?mail=ann@y.test and https://y.test/ann@y.test"},
		{"same, postgres://app:p<Kx9@db1/shop, redis://:a'b>c@c:1/0 and amqp://u:p\"w@mq/", "same, postgres://***@db1/shop, redis://***@c:1/0 and amqp://***@mq/"},
		{"https://y.test,postgres://app:p/x@h/d <http://y.test/>,<mysql://u:p?x@h/d>", "https://y.test,postgres://***@h/d <http://y.test/>,<mysql://***@h/d>"},
		{`{"a":"postgres://h/d","b":"ann@y.test","c":"postgres://u:p\"w@h/d"}`, `{"a":"postgres://h/d","b":"ann@y.test","c":"postgres://***@h/d"}`},
		{`"postgres://h/d" of ann@y.test, (dsn="redis://:x@h")`, `"postgres://h/d" of ann@y.test, (dsn="redis://***@h")`},
		{"app:p'x@tcp(h:1)/d and app:p\"x@unix(/s)/d", "***@tcp(h:1)/d and ***@unix(/s)/d"},
		{"same, https://admin:p<K'x>9@es1.test:9200 and \"https://a:b\"c@h/\"", "same, https://***@es1.test:9200 and \"https://***@h/\""},
		{`{"a":"http://h","b":"ann@y.test"} <a href="http://h">ann@y.test</a>`, `{"a":"http://h","b":"ann@y.test"} <a href="http://h">ann@y.test</a>`},
		{"jdbc:oracle:thin:shop/geheim@//db1:1521/S or jdbc:oracle:thin:shop/gehe@im@db1:1521:S", "jdbc:oracle:thin:***@//db1:1521/S or jdbc:oracle:thin:***@db1:1521:S"},
		{"app:geheim@(db1:3306)/shop, app:geheim@/shop and http://a:b@/x", "***@(db1:3306)/shop, ***@/shop and http://***@/x"},
		{"u:p/w@tcp(h:1)/d and password=abc&x=1", "***@tcp(h:1)/d and password=***&x=1"},
		{"separate, POSTGRES_PASSWORD: hun&ter2, dbPassword: hunter2", "separate, POSTGRES_PASSWORD: ***, dbPassword: ***"},
		{`{"host":"db1","password":"hun\"t,er2","port":5432} {\"pwd\":\"hunter2\",\"x\":1}`, `{"host":"db1","password":"***","port":5432} {\"pwd\":\"***\",\"x\":1}`},
		{"**Password:** hunter2 **Password**: hunter2 `passwd`: `hunter2`", "**Password:** *** **Password**: *** `passwd`: `***`"},
		{`DB_PASSWORD="hunt er2" password='hun,ter2' password=hun,ter2 and "SECRET_KEY"="hunter2`, `DB_PASSWORD="***" password='***' password=*** and "SECRET_KEY"="***"`},
		{`"token": "abc", CLIENT_SECRET: abc, apiKey: abc`, `"token": "***", CLIENT_SECRET: ***, apiKey: ***`},
		{"app:hunter2@db1:3306/shop, app:12345@db1 and app:p/w@db1", "***@db1:3306/shop, ***@db1 and ***@db1"},
		{"https://es.test/x,app:geheim@(db1)/shop and https://es.test:80/x,app:geheim@db1/shop", "https://es.test/x,***@(db1)/shop and https://es.test:80/x,***@db1/shop"},
		{"https://admin:p/w@es1:9200, http://y.test:80/ann@y.test, http://[::1]:80/ann@y.test", "https://***@es1:9200, http://y.test:80/ann@y.test, http://[::1]:80/ann@y.test"},
		{"same, postgres://shop:hunter2 -pg@db1/shop and redis://:\nhunter2@c/0", "same, postgres://***@db1/shop and redis://***@c/0"},
		{"Authorization: Bearer abc.def", "Authorization: ***"},
		{"mail ann@y.test about http://y.test/a?b=c", "mail ann@y.test about http://y.test/a?b=c"},
	} {
		if got := c.Mask(x[0]); got != x[1] {
			t.Errorf("mask of %s is %s, want %s", x[0], got, x[1])
		}
	}
	// What is no secret stays, and so does what is masked already.
	for _, plain := range []string{
		"passwords: 3 tried", "Error 1045: Access denied for user 'a'@'b' (using password: YES)", `{"password":"{{password}}","pwd":null,"passwd":"","token":"fo…(12)"}`,
		"unexpected token: <, the secret: sleep", "mailto:ann@y.test, at 12:30:15,ann@y.test: image postgres:16@sha256:ab", "redis://c:6379 and ann@y.test",
		"postgres://h:5432 ann@y.test", "password=*** dbname=x, Password: *** said", "***@db1:3306/shop",
	} {
		if got := c.Mask(plain); got != plain {
			t.Errorf("%s is masked to %s", plain, got)
		}
	}
	if got := (&Config{Secrets: []string{"built-by-hand"}}).Mask("x built-by-hand"); got != "x ***" {
		t.Errorf("a config without a reader masks %q", got)
	}
}

func TestDefaultConfig(t *testing.T) {
	c, err := DefaultConfig("http://127.0.0.1:8080/shop?q=1", []string{"http://127.0.0.1:9081/health", "http://127.0.0.1:9081/deep", "https://Prod.test"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"staging":{"url":"http://127.0.0.1:8080","journeys":[{"name":"GET /shop","weight":1,"steps":[{"name":"GET /shop","method":"GET","path":"/shop?q=1"}]}],` +
		`"checks":[{"name":"127.0.0.1:8080","kind":"http","address":"http://127.0.0.1:8080/shop?q=1","every_ns":1000000000}]},` +
		`"production":{"checks":[{"name":"127.0.0.1:9081","kind":"http","address":"http://127.0.0.1:9081/health"},` +
		`{"name":"127.0.0.1:9081/deep","kind":"http","address":"http://127.0.0.1:9081/deep"},` +
		`{"name":"prod.test:443","kind":"http","address":"https://Prod.test"}]}}`
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
	for _, x := range []struct {
		target string
		watch  []string
		want   string
	}{
		{"", nil, "--target is missing, so there is nothing to load: write --target http://HOST:PORT/"},
		{"localhost:80", []string{"10.0.0.1:80/x", "http://a.test/", "http://a.test/", "http://u:pw@/"},
			"--target \"localhost:80\" is not a URL (no http:// before the host): write http://localhost:80\n" +
				"--watch \"10.0.0.1:80/x\" is not a URL (no http:// before the host): write http://10.0.0.1:80/x\n" +
				"--watch \"http://a.test/\" is given twice: leave one out\n" +
				"--watch \"http://***@/\" names no host: write for example http://127.0.0.1:8080/"},
		{"http://Shop.test/", []string{"http://shop.test:80/health"},
			`--watch http://shop.test:80/health: production check "shop.test:80" watches shop.test:80, which is the target's address too (--target): load would hit what must only be watched: give production's own address, or load another one`},
	} {
		c, err := DefaultConfig(x.target, x.watch)
		var problems Problems
		if c != nil || !errors.As(err, &problems) || err.Error() != x.want {
			t.Errorf("%s %s: got\n%v\nwant\n%s", x.target, x.watch, err, x.want)
		}
	}
}

func TestConflicts(t *testing.T) {
	check := func(kind, address string) []Check { return []Check{{Name: "p", Kind: kind, Address: address}} }
	for _, x := range []struct {
		url           string
		hosts         []string
		kind, address string
		conflict      bool
	}{
		{"http://a.test", nil, "http", "http://A.test.:80/x", true},
		{"https://a.test", nil, "http", "https://a.test:0443/x", true},
		{"http://a.test", nil, "http", "https://a.test/", false},
		{"http://a.test", nil, "http", "http://b.a.test/", false},
		{"http://127.0.0.1:8080", nil, "http", "http://localhost:8080/", true},
		{"http://[::1]:8080", nil, "tcp", "127.0.0.1:8080", true},
		{"http://[::ffff:10.0.0.1]:8080", nil, "tcp", "10.0.0.1:8080", true},
		{"http://127.0.0.1:8080", nil, "http", "http://127.0.0.1:8081/", false},
		{"http://127.0.0.1:8080", nil, "http", "http://127.0.0.2:8080/", false},
		{"http://a.test", []string{"b.test"}, "http", "https://b.test:99/", false},
		{"http://a.test", []string{"b.test"}, "http", "https://b.test/", true},
		{"http://a.test", []string{"b.test"}, "tcp", "b.test:80", true},
		{"http://a.test", []string{"b.test:98"}, "http", "https://b.test:99/", false},
		{"http://a.test", []string{"B.test:5432"}, "postgres", "postgres://x:y@c.test,b.test/db", true},
		{"http://a.test", []string{"b.test:5433"}, "postgres", "host=c.test,b.test port=5432,5433", true},
		{"http://a.test", []string{"b.test:3306"}, "mysql", "u:p@tcp(b.test)/db", true},
		{"http://a.test", []string{"b.test:6379"}, "redis", "b.test", true},
		{"http://a.test:9090", nil, "prometheus", "http://a.test:9090/", true},
		{"http://a.test", nil, "dns", "a.test", false},
		{"http://a.test", nil, "host", "all", false},
	} {
		c := &Config{Staging: Staging{URL: x.url, Hosts: x.hosts}, Production: Production{Checks: check(x.kind, x.address)}}
		if got := c.Conflicts(); (len(got) == 1) != x.conflict {
			t.Errorf("%s %v against %s %s: %v", x.url, x.hosts, x.kind, x.address, got)
		}
	}
}

func TestProductionAddresses(t *testing.T) {
	c := &Config{Production: Production{Checks: []Check{
		{Kind: "http", Address: "https://A.test/x"}, {Kind: "tcp", Address: "[::1]:99"}, {Kind: "postgres", Address: "postgres://x:y@c.test,b.test:1/db"},
		{Kind: "metrics", Address: "https://a.test/metrics"}, {Kind: "mysql", Address: "u:p@unix(/run/my.sock)/x"}, {Kind: "dns", Address: "a.test"}, {Kind: "person", Question: "?"},
	}}}
	if got, want := c.ProductionAddresses(), []string{"a.test:443", "[::1]:99", "c.test:5432", "b.test:1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"checks", "charter", "control", "url", "users", "rps"}
	for word, want := range map[string]string{"chekcs": "checks", "check": "checks", "Charter": "charter", "contrl": "control", "ulr": "url", "uri": "url", "user": "users", "zzz": "", "production": "", "": "", "r": ""} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	for _, x := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}, {"é", "e", 1}} {
		if got := editDistance(x.a, x.b); got != x.want {
			t.Errorf("distance of %q and %q is %d, want %d", x.a, x.b, got, x.want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, file := range []string{"design.yaml", "bad/everything.yaml", "bad/alias.yaml", "bad/conflict.yaml", "bad/host.yaml", "bad/secret.yaml", "bad/notify.yaml"} {
		text, err := os.ReadFile("testdata/config/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(everyPlace)
	f.Add("a: &a [*a, *a]\nb: *a\n")
	f.Add("staging: {url: &u http://x.test, headers: &h {? [a] : b}}\n")
	f.Add("? - - - - x\n: |\n  y\n")
	f.Add("\ufeffstaging:\r\n  url: >-\r\n   http://x.test\r\n")
	const secret = "0xSECRETx0"
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig("c.yaml", []byte(text), func(name string) (string, bool) { return secret + name, len(name)%4 != 0 })
		if err == nil {
			b, err := json.Marshal(c.Masked())
			if err != nil {
				t.Fatalf("masked config does not encode: %v", err)
			}
			if bytes.Contains(b, []byte(secret)) && !strings.Contains(text, secret) {
				t.Fatalf("masked config holds a secret: %s", b)
			}
			return
		}
		var problems Problems
		if c != nil || !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("config %v and error %v", c, err)
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 2 // a lone CR breaks a line, too
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.What == "" || p.Remedy == "" || p.File != "c.yaml" {
				t.Fatalf("problem %+v in a text of %d lines", p, lines-1)
			}
			if strings.Contains(p.Error(), secret) && !strings.Contains(text, secret) {
				t.Fatalf("a message gives a secret away: %s", p.Error())
			}
		}
	})
}

func FuzzParseRows(f *testing.F) {
	f.Add("login,password\nann,x\n")
	f.Add("\"a\"\"\",b\r\n1")
	f.Add("a;b\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		rows, problems := parseRows("u.csv", []byte(text))
		if (len(rows) == 0) == (len(problems) == 0) || len(problems) > configMaxProblems {
			t.Fatalf("%d rows and %d problems", len(rows), len(problems))
		}
		for _, p := range problems {
			if p.Line < 1 {
				t.Fatalf("problem without a line: %+v", p)
			}
		}
		for _, r := range rows {
			if len(r) != len(rows[0]) {
				t.Fatalf("rows differ in columns")
			}
		}
	})
}

func TestMaskKnowsHowAValueIsWritten(t *testing.T) {
	t.Parallel()
	const secret = "https://blob.test/x?sv=1&se=QUJD+/<x>"
	c := &Config{Secrets: []string{secret}}
	for name, text := range map[string]string{
		"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"JSON":          `https://blob.test/x?sv=1&se=QUJD+/<x>`,
		"JSON for HTML": `https://blob.test/x?sv=1\u0026se=QUJD+/\u003cx\u003e`,
		"slashes":       `https:\/\/blob.test\/x?sv=1&se=QUJD+\/<x>`,
		"slashes, HTML": `https:\/\/blob.test\/x?sv=1\u0026se=QUJD+\/\u003cx\u003e`,
	} {
		if got := c.Mask("a " + text + " b"); strings.Contains(got, "QUJD") || strings.Contains(got, "blob") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
