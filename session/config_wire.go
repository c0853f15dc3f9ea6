package session

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"crosstalk/loadengine"
)

// wire makes ready how load connects to staging, of the files as they are now.
func (c *Config) wire() (loadengine.Wire, Problems) {
	s := &c.Staging
	w := loadengine.Wire{HTTP1: s.HTTP1, Fresh: s.Fresh, Proxy: environmentProxy}
	var problems Problems
	bad := func(key, path, remedy string, err error) {
		problems = append(problems, c.problem(s.filesAt[key], fmt.Sprintf("staging.%s %s: %s", key, path, fileReason(err)), remedy))
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Insecure} //nolint:gosec // asked for, and shown all the time
	if s.CA != "" {
		pool, err := c.authorities(s.CA)
		if err != nil {
			bad("ca", s.CA, "give the authority's certificate in PEM form: -----BEGIN CERTIFICATE-----", err)
		}
		t.RootCAs = pool
	}
	if s.Cert != "" && s.Key != "" {
		pair, err := tls.LoadX509KeyPair(c.Path(s.Cert), c.Path(s.Key))
		switch {
		case err != nil:
			bad("cert", s.Cert, "give certificate and key of one client in PEM form; a key with a passphrase must be written without one", err)
		case time.Now().After(pair.Leaf.NotAfter):
			bad("cert", s.Cert, "get a new one", fmt.Errorf("it was valid until %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly)))
		}
		t.Certificates = []tls.Certificate{pair}
	}
	w.TLS = t
	return w, problems
}

// authorities reads certificates beside which no other authority counts.
func (c *Config) authorities(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(c.Path(path))
	if err != nil {
		return nil, err
	}
	pool, n := x509.NewCertPool(), 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w", n+1, err)
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil, errors.New("it is empty, or holds no certificate")
		}
		return nil, errors.New("it holds no certificate in PEM form")
	}
	return pool, nil
}

// environmentProxy is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name.
// This machine itself is never reached by way of one.
func environmentProxy(u *url.URL) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}

// warnings say what a person must know about how load connects.
func (c *Config) warnings(w loadengine.Wire) []string {
	var all []string
	if c.Staging.Insecure {
		all = append(all, "certificates are NOT VERIFIED (staging.insecure): whoever answers is taken for staging; better give its authority as staging.ca")
	}
	u, err := url.Parse(c.Staging.URL)
	if err != nil {
		return all
	}
	p, err := w.Proxy(u)
	switch {
	case err != nil:
		all = append(all, "the environment names a proxy that cannot be read: "+c.Mask(err.Error()))
	case p != nil:
		all = append(all, c.Mask(fmt.Sprintf("load goes through the proxy %s (from the environment): its time is in every number, and it decides which address %s leads to", p.Host, u.Hostname())))
	}
	if shared := c.sharedProxy(w); shared != "" {
		all = append(all, c.Mask(fmt.Sprintf("checks of production go through %s as well: where it is slow with load, production looks slow and a link check may find no more than that; NO_PROXY leads one of the two around it", shared)))
	}
	return all
}

// sharedProxy is the host and port of a proxy through which both load and a check of
// production go; empty where there is none.
func (c *Config) sharedProxy(w loadengine.Wire) string {
	of := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		if p, err := w.Proxy(u); err == nil && p != nil {
			return p.Host
		}
		return ""
	}
	ours := of(c.Staging.URL)
	if ours == "" || !slices.ContainsFunc(c.Production.Checks, func(k Check) bool { return k.Kind == "http" && of(k.Address) == ours }) {
		return ""
	}
	return c.Mask(ours)
}
