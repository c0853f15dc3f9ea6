package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// certificates writes an authority, and a pair of certificate and key signed by
// it that serves for server and client, into a folder.
func certificates(t *testing.T, dir string) (pair tls.Certificate, pool *x509.CertPool) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	save := func(name, kind string, der []byte) {
		check(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	template := func(n int64, name string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	ca := template(1, "our own authority")
	ca.IsCA, ca.KeyUsage = true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	check(err)
	save("ca.pem", "CERTIFICATE", caDER)

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	leaf := template(2, "mel")
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	check(err)
	save("client.pem", "CERTIFICATE", leafDER)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	save("client.key", "PRIVATE KEY", keyDER)

	root, err := x509.ParseCertificate(caDER)
	check(err)
	pool = x509.NewCertPool()
	pool.AddCert(root)
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}, pool
}

// A session with a login against a server that speaks HTTP/2, has a certificate
// of our own authority and asks for a client's.
func TestSessionOverHTTP2WithClientCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair, pool := certificates(t, dir)
	var old, nobody, orders atomic.Int64
	shop := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 && !strings.HasPrefix(r.UserAgent(), "crosstalk-check/") {
			old.Add(1)
		}
		if len(r.TLS.PeerCertificates) != 1 || r.TLS.PeerCertificates[0].Subject.CommonName != "mel" {
			nobody.Add(1)
		}
		switch r.URL.Path {
		case "/version":
			fmt.Fprint(w, "shop-7")
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s-1", Path: "/"})
			fmt.Fprint(w, `{"token":"t-9"}`)
		case "/order":
			c, err := r.Cookie("sid")
			if err != nil || c.Value != "s-1" || r.Header.Get("Authorization") != "Bearer t-9" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			orders.Add(1)
		}
	}))
	shop.EnableHTTP2 = true
	shop.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	shop.Config.ErrorLog = log.New(io.Discard, "", 0)
	shop.StartTLS()
	t.Cleanup(shop.Close)
	production := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(production.Close)

	config := func(name, lines string) string {
		path := filepath.Join(dir, name)
		text := fmt.Sprintf(`staging:
  url: %s
%s
  build: {from: GET /version}
  headers: {Authorization: "Bearer {{token}}"}
  journeys:
    - name: buy
      think: 20ms
      once: [{post: /login, form: {user: mel}, save: {token: $.token}}]
      steps: [POST /order]
  checks: [{name: web, http: "%s/health", every: 200ms}]
production:
  checks: [{name: web, http: "%s/health", every: 250ms}]
`, shop.URL, lines, shop.URL, production.URL)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := config("crosstalk.yaml", "  ca: ca.pem\n  cert: client.pem\n  key: client.key")

	trial := start(t, command(t, "try", "-c", whole))
	trial.exits(0)
	out := filepath.Join(t.TempDir(), "out")
	p := start(t, command(t, "run", "-c", whole, "--headless", "--baseline", "1s", "--for", "5s", "--dial", "0s=3", "--out", out))
	p.exits(0)
	j := readJournal(t, out)
	if j[0].Body["insecure"] != nil || orders.Load() == 0 || old.Load() > 0 || nobody.Load() > 0 {
		t.Errorf("insecure %v, %d orders, %d requests not over HTTP/2, %d without a client certificate", j[0].Body["insecure"], orders.Load(), old.Load(), nobody.Load())
	}
	if b := j.of("build.seen"); len(b) != 1 || b[0].text("build") != "shop-7" {
		t.Errorf("builds: %v", b)
	}
	red := j.of("health.state").where(func(e event) bool { return e.text("env") == "staging" && e.text("to") == "red" })
	if len(red) > 0 {
		t.Errorf("staging's own check does not get in: %v", red)
	}

	// Without the authority nothing is sent; with insecure it is, and everybody is told.
	trial = start(t, command(t, "try", "-c", config("stranger.yaml", "  cert: client.pem\n  key: client.key")))
	trial.exits(1)
	if !strings.Contains(trial.out.text(), "staging: {ca: FILE}") {
		t.Errorf("no remedy for an unknown authority:\n%s", trial.out.text())
	}
	loud := config("insecure.yaml", "  insecure: true\n  cert: client.pem\n  key: client.key")
	out = filepath.Join(t.TempDir(), "out")
	p = start(t, command(t, "run", "-c", loud, "--headless", "--baseline", "0", "--for", "2s", "--dial", "0s=1", "--out", out))
	p.exits(0)
	j = readJournal(t, out)
	if j[0].Body["insecure"] != true || !strings.Contains(p.err.text(), "NOT VERIFIED") {
		t.Errorf("insecure is not said: %v\n%s", j[0].Body["insecure"], p.err.text())
	}
	for _, name := range []string{"report.html", "report.md"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), "NOT VERIFIED") {
			t.Errorf("%s does not say that certificates were not verified (%v)", name, err)
		}
	}
}

// A proxy of the environment is used, and the session says so.
func TestSessionThroughAProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked.Store(r.URL.String()) }))
	t.Cleanup(proxy.Close)
	cmd := command(t, "try", "--target", "http://staging.invalid/shop")
	cmd.Env = append(cmd.Env, "HTTP_PROXY="+proxy.URL)
	p := start(t, cmd)
	p.exits(0)
	if asked.Load() != "http://staging.invalid/shop" {
		t.Errorf("the proxy was asked for %v", asked.Load())
	}
	if said := p.err.text(); !strings.Contains(said, "through the proxy "+strings.TrimPrefix(proxy.URL, "http://")) {
		t.Errorf("the proxy is not named: %s", said)
	}
	proxy.Close()
	cmd = command(t, "try", "--target", "http://staging.invalid/shop")
	cmd.Env = append(cmd.Env, "HTTP_PROXY="+proxy.URL)
	p = start(t, cmd)
	p.exits(1)
	if said := p.out.text(); !strings.Contains(said, "the proxy "+strings.TrimPrefix(proxy.URL, "http://")+" cannot be reached") {
		t.Errorf("a dead proxy is not named: %s", said)
	}
}

// A proxy that refuses to lead on to https is named, with what helps.
func TestTryNamesAProxyThatRefuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{407: "wants a login: put user and password before its address", 403: "lets nobody through to staging.invalid", 502: "does not reach staging.invalid", 500: "refuses to lead on to staging.invalid"} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(proxy.Close)
		cmd := command(t, "try", "--target", "https://staging.invalid/shop")
		cmd.Env = append(cmd.Env, "HTTPS_PROXY="+proxy.URL)
		p := start(t, cmd)
		p.exits(1)
		name := strings.TrimPrefix(proxy.URL, "http://")
		for _, say := range []string{"why       proxy refused  the proxy " + name + " answered " + strconv.Itoa(status), want, "NO_PROXY=staging.invalid goes without it"} {
			if !strings.Contains(p.out.text(), say) {
				t.Errorf("%d: it does not say %q:\n%s", status, say, p.out.text())
			}
		}
	}
}
