package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
