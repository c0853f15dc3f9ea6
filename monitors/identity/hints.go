package identity

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// mostURLs is how many URLs of one environment are looked at.
const mostURLs = 16

// face is what a URL shows without being asked for anything particular.
type face struct {
	host      string // host:port
	canonical string // the name at the end of the CNAMEs
	addrs     []netip.AddrPort
	cert      *x509.Certificate
	marks     map[string]string // by what they are called for people
	backends  map[string]string // marks that name one machine or pool
	why       string            // why nothing more is known
}

// Hints looks at what the URLs of two environments show by themselves: names
// and addresses, certificates, headers and cookies of what stands in front. One
// GET each, without following redirects, within the limit; nothing secret is
// sent, and what else a URL holds is not repeated. All of it is weak and worded
// so: no finding counts towards a verdict. Up to 16 URLs of each are looked at.
func Hints(ctx context.Context, staging, production []string, o Options) []Finding {
	o = o.complete()
	faces := [2][]*face{}
	var all sync.WaitGroup
	for i, list := range [2][]string{staging, production} {
		seen := map[string]bool{}
		for _, raw := range list {
			u, err := url.Parse(strings.TrimSpace(raw))
			if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || seen[u.Host] || len(faces[i]) == mostURLs {
				continue
			}
			seen[u.Host] = true
			f := &face{host: hostPort(u)}
			faces[i] = append(faces[i], f)
			all.Go(func() { f.look(ctx, u, o) })
		}
	}
	all.Wait()
	var out []Finding
	for _, a := range faces[0] {
		for _, b := range faces[1] {
			out = append(out, compareFaces(a, b)...)
		}
	}
	return out
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = schemes[strings.ToLower(u.Scheme)].port
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func (f *face) look(ctx context.Context, u *url.URL, o Options) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	host, port := splitHost(f.host)
	if !isAddress(host) {
		if name, err := o.Resolver.LookupCNAME(ctx, host); err == nil {
			f.canonical = strings.ToLower(strings.TrimSuffix(name, "."))
		}
	}
	for _, a := range resolve(ctx, o, host) {
		f.addrs = append(f.addrs, netip.AddrPortFrom(a, port))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+"/", http.NoBody)
	if err != nil {
		f.why = "its URL cannot be used"
		return
	}
	request.Header.Set("User-Agent", o.UserAgent)
	client, done := o.client(true)
	defer done()
	answer, err := client.Do(request)
	if err != nil {
		f.why = connectTrouble(err, o.Limit).why
		return
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		f.cert = answer.TLS.PeerCertificates[0]
	}
	f.read(answer)
}

// client returns a client that follows nothing and keeps nothing, and what ends
// it. blind lets any certificate pass, for whoever only wants to look at it.
func (o Options) client(blind bool) (*http.Client, func()) {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if o.Transport != nil {
		return &http.Client{Transport: o.Transport, CheckRedirect: stay}, func() {}
	}
	own := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: blind}, //nolint:gosec // nothing is sent that would need a trusted server
	}
	return &http.Client{Transport: own, CheckRedirect: stay}, own.CloseIdleConnections
}

// Headers that name the product in front, and such that name one machine of it.
var (
	productHeaders = []string{"Server", "Via", "X-Powered-By"}
	backendHeaders = []string{"X-Served-By", "X-Backend", "X-Backend-Server", "X-Server", "X-Amz-Cf-Pop", "X-Azure-Fdid", "X-Instance-Id", "X-Varnish-Backend"}
)

// balancers maps how the names of cookies begin that load balancers set.
var balancers = []struct{ prefix, who string }{
	{"AWSALB", "an AWS load balancer"}, {"AWSELB", "an AWS load balancer"}, {"BIGipServer", "an F5 pool"}, {"SERVERID", "HAProxy"},
	{"ROUTEID", "Apache's balancer"}, {"NSC_", "a NetScaler"}, {"GCLB", "a Google load balancer"}, {"ARRAffinity", "Azure App Service"},
	{"INGRESSCOOKIE", "a Kubernetes ingress"}, {"__cf_bm", "Cloudflare"}, {"incap_ses", "Imperva"}, {"visid_incap", "Imperva"},
}

func (f *face) read(answer *http.Response) {
	f.marks, f.backends = map[string]string{}, map[string]string{}
	for _, name := range productHeaders {
		if v := answer.Header.Get(name); v != "" {
			f.marks[name] = clean(v)
		}
	}
	for _, name := range backendHeaders {
		if v := answer.Header.Get(name); v != "" {
			f.backends[name] = clean(v)
		}
	}
	if ray := answer.Header.Get("Cf-Ray"); ray != "" {
		if i := strings.LastIndexByte(ray, '-'); i >= 0 {
			f.marks["Cloudflare's location"] = clean(ray[i+1:])
		}
	}
	for _, c := range answer.Cookies() {
		for _, b := range balancers {
			if !strings.HasPrefix(c.Name, b.prefix) {
				continue
			}
			// F5 and NetScaler put the name of the pool into that of the cookie.
			if b.prefix == "BIGipServer" || b.prefix == "NSC_" {
				f.backends["the cookie of "+b.who] = clean(c.Name)
			} else {
				f.marks["the cookie of "+b.who] = clean(c.Name)
			}
		}
		if c.Domain != "" {
			f.marks["a cookie's domain"] = clean(c.Domain)
		}
	}
}

func compareFaces(a, b *face) []Finding {
	base := Finding{Hint: true, Staging: a.host, Production: b.host, System: systemDNS}
	const question = "Do both names lead to one place?"
	var out []Finding
	hint := func(f Finding, answer string) {
		f.Answer = answer
		out = append(out, f)
	}
	nameA, nameB := withoutPort(a.host), withoutPort(b.host)
	const askOwner = "ask who runs the network whether one load balancer serves both"
	switch {
	case nameA == nameB:
		hint(base.answer(question, SharedNeighbour, "A hint: both URLs have the host %s.", nameA), askOwner)
	case a.canonical != "" && a.canonical == b.canonical:
		hint(base.answer(question, SharedNeighbour, "A hint: both names are other names of %s.", clean(a.canonical)), askOwner)
	default:
		if same := common(a.addrs, b.addrs); len(same) > 0 && same[0].IsLoopback() {
			hint(base.answer(question, Unknown, "A hint: both names lead to this machine's loopback: either both run here, or tunnels that lead elsewhere end here."), "say where the tunnels lead")
		} else if len(same) > 0 {
			hint(base.answer(question, SharedNeighbour, "A hint: both names lead to %s; of a content network the same address serves strangers, too.", list(same)), askOwner)
		}
	}
	out = append(out, compareCerts(base, a, b)...)
	base.System = systemHTTP
	if same := shared(a.backends, b.backends); len(same) > 0 {
		hint(base.answer("Is one proxy in front of both?", SharedNeighbour, "A hint: the answers of both carry %s.", strings.Join(same, ", ")), askOwner)
	}
	if same := shared(a.marks, b.marks); len(same) > 0 {
		hint(base.answer("Is one proxy in front of both?", Unknown, "A weak hint: the answers of both carry %s; the same product is often installed twice.", strings.Join(same, ", ")), askOwner)
	}
	for _, x := range []struct {
		role string
		face *face
	}{{"staging", a}, {"production", b}} {
		if x.face.why != "" {
			hint(base.answer("What stands in front?", Unknown, "No hints from %s: %s.", x.role, x.face.why), "run the check from where "+x.face.host+" can be reached")
		}
	}
	return out
}

func compareCerts(base Finding, a, b *face) []Finding {
	if a.cert == nil || b.cert == nil {
		return nil
	}
	base.System = systemTLS
	const question = "Is one end of TLS in front of both?"
	base.Answer = "ask who runs the certificates where this key is installed"
	var out []Finding
	keyA, keyB := sha256.Sum256(a.cert.RawSubjectPublicKeyInfo), sha256.Sum256(b.cert.RawSubjectPublicKeyInfo)
	issued := a.cert.SerialNumber.Cmp(b.cert.SerialNumber) == 0 && slices.Equal(a.cert.RawIssuer, b.cert.RawIssuer)
	switch {
	case issued && keyA == keyB:
		out = append(out, base.answer(question, SharedNeighbour, "A hint: both show the same certificate (serial %s of %s): one end of TLS, or one certificate installed twice.",
			a.cert.SerialNumber.Text(16), clean(a.cert.Issuer.String())))
	case keyA == keyB:
		out = append(out, base.answer(question, SharedNeighbour, "A hint: their certificates have the same key (SPKI %s…): one end of TLS, or one key copied.", hex.EncodeToString(keyA[:6])))
	}
	for _, x := range []struct {
		role, host string
		cert       *x509.Certificate
	}{{"staging", withoutPort(b.host), a.cert}, {"production", withoutPort(a.host), b.cert}} {
		own := withoutPort(a.host)
		if x.role == "production" {
			own = withoutPort(b.host)
		}
		if own != x.host && x.cert.VerifyHostname(x.host) == nil {
			out = append(out, base.answer(question, Unknown, "A hint: %s's certificate is good for %s as well (its names: %s).", x.role, x.host, certNames(x.cert)))
		}
	}
	return out
}

func certNames(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	if len(all) > 6 {
		all = append(all[:6], fmt.Sprintf("and %d more", len(c.DNSNames)-6))
	}
	return clean(strings.Join(all, ", "))
}

func withoutPort(hostport string) string {
	host, _ := splitHost(hostport)
	return host
}

func common(a, b []netip.AddrPort) []netip.Addr {
	var out []netip.Addr
	for _, x := range a {
		for _, y := range b {
			if x.Addr() == y.Addr() && !slices.Contains(out, x.Addr()) {
				out = append(out, x.Addr())
			}
		}
	}
	return out
}

func list(addrs []netip.Addr) string {
	words := make([]string, 0, len(addrs))
	for _, a := range addrs {
		words = append(words, a.String())
	}
	return strings.Join(words, ", ")
}

// shared returns what two sets of marks have in common, in order.
func shared(a, b map[string]string) []string {
	var out []string
	for name, value := range a {
		if b[name] == value && value != "" {
			out = append(out, name+" "+value)
		}
	}
	slices.Sort(out)
	return out
}
