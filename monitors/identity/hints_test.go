package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// certificate makes one of its own authority, for the names.
func certificate(t *testing.T, key *ecdsa.PrivateKey, serial int64, hosts ...string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, DNSNames: hosts,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// web serves with a certificate, or without one, and answers with the headers.
func web(t *testing.T, cert *tls.Certificate, headers ...string) (base string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "crosstalk-check" || r.URL.Path != "/" || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("asked for %s by %s", r.URL, r.Header)
		}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	s.Config.ErrorLog = nil
	if cert != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL
}

// named puts a name into a URL in the place of loopback's address.
func named(t *testing.T, raw, host string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = net.JoinHostPort(host, u.Port())
	u.User, u.Path, u.RawQuery = url.UserPassword("s3cret", "s3cret"), "/s3cret", "key=s3cret"
	return u.String()
}

func TestHints(t *testing.T) {
	key := newKey(t)
	one, again, other := certificate(t, key, 1, "a.example", "*.shop.example"), certificate(t, key, 2, "b.example"), certificate(t, newKey(t), 1, "c.example")
	o := Options{Resolver: names{
		"a.example": "192.0.2.1", "b.example": "192.0.2.2", "c.example": "192.0.2.3 192.0.2.4", "d.example": "192.0.2.4",
		"cname a.example": "lb.example", "cname b.shop.example": "lb.example",
	}, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as its own does
		DialContext: toLoopback,
	}}
	for _, c := range []struct {
		name                string
		staging, production string
		words               []string
		not                 []string
	}{
		{"one name", named(t, web(t, nil), "a.example"), named(t, web(t, nil), "a.example"), []string{"both URLs have the host a.example"}, nil},
		{"one canonical name", named(t, web(t, nil), "a.example"), named(t, web(t, nil), "b.shop.example"), []string{"other names of lb.example"}, nil},
		{"one address", named(t, web(t, nil), "c.example"), named(t, web(t, nil), "d.example"), []string{"both names lead to 192.0.2.4"}, nil},
		{"nothing", named(t, web(t, nil, "Server: a"), "a.example"), named(t, web(t, nil, "Server: b"), "b.example"), nil, []string{"hint"}},
		{"one certificate", named(t, web(t, &one), "a.example"), named(t, web(t, &one), "b.shop.example"),
			[]string{"both show the same certificate (serial 1 of CN=test)", "staging's certificate is good for b.shop.example as well"}, nil},
		{"one key", named(t, web(t, &one), "a.example"), named(t, web(t, &again), "b.example"), []string{"have the same key (SPKI "}, []string{"same certificate"}},
		{"two keys", named(t, web(t, &one), "a.example"), named(t, web(t, &other), "c.example"), nil, []string{"certificate"}},
		{"one backend", named(t, web(t, nil, "X-Served-By: cache-1", "Set-Cookie: BIGipServerpool_shop=1; path=/"), "a.example"),
			named(t, web(t, nil, "X-Served-By: cache-1", "Set-Cookie: BIGipServerpool_shop=2; path=/"), "b.example"),
			[]string{"SHARED NEIGHBOUR", "X-Served-By cache-1", "the cookie of an F5 pool BIGipServerpool_shop"}, nil},
		{"one product", named(t, web(t, nil, "Server: nginx/1.22", "Via: 1.1 varnish", "Set-Cookie: AWSALB=s3cret", "Cf-Ray: s3cret-FRA"), "a.example"),
			named(t, web(t, nil, "Server: nginx/1.22", "Via: 1.1 varnish", "Set-Cookie: AWSALB=s3cret2", "Cf-Ray: s3cret2-FRA"), "b.example"),
			[]string{"UNKNOWN", "A weak hint", "Server nginx/1.22", "Via 1.1 varnish", "AWSALB", "Cloudflare's location FRA"}, []string{"SHARED"}},
		{"nobody there", "http://" + closedPort(t), named(t, web(t, nil), "a.example"), []string{"No hints from staging: nothing listens there"}, nil},
	} {
		findings := Hints(t.Context(), []string{c.staging}, []string{c.production}, o)
		r := Conclude(findings...)
		text := r.String()
		for _, f := range findings {
			if !f.Hint || f.Evidence == "" || f.Answer == "" || strings.Contains(f.String(), "s3cret") {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if r.Verdict != Unknown {
			t.Errorf("%s: hints came to %s", c.name, r.Verdict)
		}
		for _, w := range c.words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: want %q, got %s", c.name, w, text)
			}
		}
		for _, w := range c.not {
			if strings.Contains(text, w) {
				t.Errorf("%s: do not want %q, got %s", c.name, w, text)
			}
		}
	}
	if got := Hints(t.Context(), []string{"", "::", "ftp://a.example", "/x"}, []string{"http://a.example"}, o); got != nil {
		t.Errorf("of no URL: %v", got)
	}
}
