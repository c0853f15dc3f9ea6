package session

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crosstalk/loadengine"
)

func TestWireOfConfig(t *testing.T) {
	t.Parallel()
	cfg, err := ParseConfig("crosstalk.yaml", []byte("staging: {url: \"https://127.0.0.1:8443\", insecure: true, http2: false, keep_alive: false, checks: [{tcp: \"127.0.0.1:8443\"}]}"), configEnv())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Compile(t.Context(), Caps{})
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Plan.Wire; !w.HTTP1 || !w.Fresh || !w.TLS.InsecureSkipVerify || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "NOT VERIFIED") {
		t.Errorf("%+v, warnings %q", w, c.Warnings)
	}
}

// A proxy that load and production's checks share is said, by its place alone.
func TestASharedProxyIsSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"staging: {url: \"http://shop.test/\"}\nproduction: {checks: [{http: \"http://live.test/\"}]}":                          "proxy.test:3128",
		"staging: {url: \"http://shop.test/\"}\nproduction: {checks: [{http: \"http://near.test/\"}, {tcp: \"live.test:80\"}]}": "",
		"staging: {url: \"http://near.test/\"}\nproduction: {checks: [{http: \"http://live.test/\"}]}":                          "",
	} {
		cfg, err := ParseConfig("crosstalk.yaml", []byte(text), configEnv())
		if err != nil {
			t.Fatal(err)
		}
		wire := loadengine.Wire{Proxy: func(u *url.URL) (*url.URL, error) {
			if u.Hostname() == "near.test" {
				return nil, nil
			}
			return &url.URL{Scheme: "http", User: url.UserPassword("u", "hunter2"), Host: "proxy.test:3128"}, nil
		}}
		said := strings.Join(cfg.warnings(wire), "\n")
		if got := cfg.sharedProxy(wire); got != want || strings.Contains(said, "checks of production go through proxy.test:3128 as well") != (want != "") || strings.Contains(said, "hunter2") {
			t.Errorf("%s: %q, said %q", text, got, said)
		}
	}
}

// What is wrong with a file of certificates names the key, the line and what to do.
func TestWireNamesBadFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty.pem": "", "text.pem": "not a certificate", "half.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"a.key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ lines, want string }{
		{"  ca: empty.pem\n", "crosstalk.yaml:3:7: staging.ca empty.pem: it is empty, or holds no certificate: give the authority's certificate"},
		{"  ca: text.pem\n", "staging.ca text.pem: it holds no certificate in PEM form"},
		{"  ca: half.pem\n", "staging.ca half.pem: certificate 1 cannot be read"},
		{"  cert: half.pem\n  key: a.key\n", "staging.cert half.pem: "},
	} {
		path := filepath.Join(dir, "crosstalk.yaml")
		if err := os.WriteFile(path, []byte("staging:\n  url: https://127.0.0.1:8443\n"+test.lines+"  checks: [{tcp: \"127.0.0.1:8443\"}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := ReadConfig(path, configEnv())
		if err != nil {
			t.Fatal(err)
		}
		_, err = cfg.Compile(t.Context(), Caps{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got\n%v\nwant\n%s", test.lines, err, test.want)
		}
	}
}
