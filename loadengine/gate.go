package loadengine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	keptBody     = 64 << 10 // bytes of a response that expect and save see
	maxRedirects = 10
	dialTimeout  = 10 * time.Second
	idleTimeout  = 90 * time.Second
)

var (
	errLatched   = errors.New("the brake is latched")
	errPermit    = errors.New("the permit has lapsed")
	errGone      = errors.New("the user was removed")
	errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
)

// gate is the one way out. For every request and every redirect hop it asks, in
// this order: is the brake latched, is the permit valid, is the host allowed.
// Then it sends under the brake's context, so that a stop cancels what is in
// flight and closes its connection. It reads the response's body itself: the
// latency it takes is from the user's turn to the last byte.
type gate struct {
	brake    *Brake
	permit   *Permit
	hosts    *allowList
	users    []user
	findings *findings
	routes   *routes
	detour   *detour
	base     http.RoundTripper
	bodies   sync.Pool
	sequence *sequence // nil: nobody wants results
	evidence *evidence // nil: nobody wants exemplars
	servedBy string    // the header that names the server; "" is none
	reserve  reserve   // of files
	schedule *schedule // nil: of a walk, which keeps no rate

	mu      sync.Mutex
	run     context.Context // of Engine.Run
	sending atomic.Pointer[sending]
}

// sending is the context of one epoch of the brake, ended by Run's too.
type sending struct {
	epoch *epoch
	ctx   context.Context
}

func newGate(brake *Brake, permit *Permit, prog *program, users []user, f *findings, base http.RoundTripper) *gate {
	g := &gate{brake: brake, permit: permit, hosts: prog.hosts, users: users, findings: f, base: base,
		routes: newRoutes(prog.wire), detour: newDetour(prog.wire, prog.hosts, f), reserve: newReserve()}
	g.bodies.New = func() any { return new(bytes.Buffer) }
	if g.base == nil {
		g.base = g.newWire(prog.wire, len(users))
	}
	return g
}

// dial connects for net/http, which would let a dial finish behind a request that
// the brake has cancelled.
func (g *gate) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	under := g.current().ctx
	if err := under.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	defer context.AfterFunc(under, cancel)()
	return g.connect(ctx, network, addr)
}

// connect connects, unless the address the name resolved to is production's. The
// context is one that the brake ends.
func (g *gate) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	// No probes of idle connections: a step's timeout ends what hangs, and probes
	// would cost four calls of the system for each of thousands of connections.
	d := net.Dialer{KeepAlive: -1, ControlContext: func(_ context.Context, _, resolved string, raw syscall.RawConn) error {
		if err := g.hosts.checkResolved(resolved); err != nil {
			g.findings.note(Finding{Kind: FindingAddress, Host: addr, Addr: resolved})
			return err
		}
		return g.reserve.check(raw)
	}}
	return d.DialContext(ctx, network, addr)
}

// current returns the context to send under.
func (g *gate) current() *sending {
	e := g.brake.epoch.Load()
	if s := g.sending.Load(); s != nil && s.epoch == e {
		return s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.sending.Load(); s != nil && s.epoch == e {
		return s
	}
	ctx, cancel := context.WithCancel(e.ctx)
	context.AfterFunc(g.run, cancel)
	s := &sending{epoch: e, ctx: ctx}
	if w, ok := g.base.(*wire); ok {
		context.AfterFunc(ctx, func() { w.lean.abort(s) })
	}
	g.sending.Store(s)
	return s
}

// again tells whether a request may be sent once more, on a new connection.
func (g *gate) again() error {
	if g.brake.epoch.Load().latched() {
		return errLatched
	}
	if !g.permit.Valid() {
		return errPermit
	}
	return nil
}

// turn is one step of one user on its way.
type turn struct {
	s      *sending
	u      *user
	kit    *kit
	until  time.Time
	ctx    context.Context // with until as its end; made when net/http needs it
	cancel context.CancelFunc
	waited time.Duration // for a place under MaxRPS
}

// context returns what net/http sends and reads under.
func (t *turn) context() context.Context {
	if t.ctx == nil {
		t.ctx, t.cancel = context.WithDeadline(t.s.ctx, t.until)
	}
	return t.ctx
}

// send sends the user's step, redirects and all, and leaves what became of it
// in the user's outcome.
func (g *gate) send(u *user, r *http.Request, k *kit) error {
	t := turn{s: g.current(), u: u, kit: k, until: u.began.Add(u.step.timeout)}
	err := g.hops(&t, r)
	if t.cancel != nil {
		t.cancel()
	}
	sent := u.sent
	u.sent = nil // a user who thinks keeps nothing of it
	if err == nil {
		u.first = nil
		return nil
	}
	o := &u.out
	o.latency = time.Since(u.began) - t.waited
	switch {
	case errors.Is(err, errLatched), errors.Is(err, errPermit), errors.Is(err, errGone):
		switch {
		case o.fate == fateCancelled: // a later hop: something was sent before
		case u.ticket.has: // it was on its way, and its place among the results is taken
			o.fate = fateCancelled
		default:
			o.fate = fateUnsent
		}
	case t.s.ctx.Err() != nil:
		o.fate = fateCancelled
	default:
		o.kind = classify(err)
		o.fate = fateFailed
		if o.kind == "timeout" {
			o.fate = fateTimeout
		}
		if g.evidence != nil {
			g.evidence.offer(u, sent, nil, nil, nil, err)
		}
	}
	u.first = nil
	return err
}

// hops walks one request along its redirects.
func (g *gate) hops(t *turn, r *http.Request) error {
	u := t.u
	r.Header = u.header()
	if s := &u.step.site; s.unknown() {
		r.Header = s.leave(r.Header, r.URL.Hostname())
	}
	g.evidence.begin(u, r.Header)
	if len(u.step.host.parts) > 0 {
		r.Host = string(u.step.host.render(nil, u.value))
	}
	var via []http.Header
	for hop := 0; ; hop++ {
		if hop > 0 {
			u.out.fate = fateCancelled // holds if the checks stop this hop
			if err := g.space(t); err != nil {
				return err
			}
		} else if u.gone.Load() {
			return errGone
		}
		if err := g.allow(t.s, u, r); err != nil {
			return err
		}
		if !g.routes.direct(r.URL) {
			if err := g.detour.check(t.context(), r.URL, u.step.name); err != nil {
				return err
			}
			if err := g.allow(t.s, u, r); err != nil { // a lookup takes time
				return err
			}
		}
		if hop == 0 && g.sequence != nil {
			u.ticket.has = true
			u.ticket.seq, u.ticket.at = g.sequence.take()
		}
		u.out.hops = hop
		sent := u.withCookies(r)
		if u.sent = sent; hop == 0 {
			u.first = sent
		}
		resp, err := g.carry(t, sent, hop == 0) //nolint:bodyclose // read and closed below, by who takes the answer
		if err != nil {
			return err
		}
		u.keepCookies(r, resp)
		next := g.redirect(u, r, resp)
		if next == nil {
			return g.finish(t, sent, resp, via)
		}
		if u.step.savesHeader {
			via = append(via, resp.Header.Clone())
		}
		if err := skip(resp.Body); err != nil {
			return err
		}
		if hop == maxRedirects {
			return errRedirects
		}
		r = next
	}
}

// carry puts one request on the wire. first is a step's own, not a redirect's.
func (g *gate) carry(t *turn, r *http.Request, first bool) (*http.Response, error) {
	trace := g.evidence.traceOf(t.u, r)
	w, ok := g.base.(*wire)
	if !ok || !w.plain(r) {
		if trace != "" {
			r.Header = withTrace(r.Header, trace)
		}
		return g.base.RoundTrip(r.WithContext(t.context()))
	}
	c, err := callOf(r, t.kit)
	if err != nil {
		return nil, err
	}
	c.trace = trace
	if s := t.u.step; first && len(s.raw) > 0 && r.Header.Get("Cookie") == "" {
		c.raw = s.raw
	}
	resp, err := w.lean.send(t.s, t.until, c)
	if err == nil {
		resp.Request = r
	}
	return resp, err
}

// allow asks the brake, the permit and the allow-list.
func (g *gate) allow(s *sending, u *user, r *http.Request) error {
	if s.epoch.latched() {
		return errLatched
	}
	if !g.permit.Valid() {
		return errPermit
	}
	err := g.hosts.check(r.URL.Scheme, r.URL.Host)
	if err != nil {
		g.findings.refused(FindingHost, r.URL, u.step.name, err)
		return err
	}
	// Behind a shared ingress the Host header decides who is reached.
	if r.Host != "" && r.Host != r.URL.Host {
		if err := g.hosts.check(r.URL.Scheme, r.Host); err != nil {
			to := *r.URL
			to.Host = r.Host
			g.findings.refused(FindingHost, &to, u.step.name, err)
			return err
		}
	}
	return nil
}

// finish reads the body, judges the response and saves from it. via are the
// headers of the redirects that led to it, where the step saves from headers.
func (g *gate) finish(t *turn, r *http.Request, resp *http.Response, via []http.Header) error {
	u := t.u
	s := u.step
	var body []byte
	o := &u.out
	// What the step is for was not reached, unless the redirect itself is.
	lost := o.astray && s.expect.status.any()
	wanted := g.evidence.wants(u, resp.StatusCode) || lost && g.evidence != nil
	if s.needsBody || wanted {
		buf := g.bodies.Get().(*bytes.Buffer)
		buf.Reset()
		defer g.bodies.Put(buf)
		if _, err := buf.ReadFrom(io.LimitReader(resp.Body, s.kept())); err != nil {
			closeBody(resp.Body)
			return err
		}
		body = buf.Bytes()
	}
	rest, err := drain(resp.Body)
	if err != nil {
		return err
	}
	o.in = int64(len(body)) + rest
	o.latency = time.Since(u.began) - t.waited
	o.fate = fateAnswered
	o.code = resp.StatusCode
	if (s.needsBody || wanted) && isZipped(resp.Header) {
		body = unzip(body)
	}
	o.kind = s.expect.judge(resp.StatusCode, body)
	if o.kind == "" && lost {
		o.kind = kindAstray
	}
	var room [4]string
	given := room[:0]
	if o.kind == "" {
		given, o.kind = u.given(given, resp, body, via)
	}
	g.looks(u, r, resp)
	if g.evidence != nil {
		g.evidence.offer(u, r, resp, body[:min(len(body), keptStart)], given, nil)
	}
	for i, v := range given {
		u.save(s.save[i].name, v)
	}
	return nil
}

// given appends the step's values out of a response, and what is in none of its
// headers out of those of the redirects that led to it, the last one first. A
// value that is not there is a failure, of which it returns the kind.
func (u *user) given(to []string, resp *http.Response, body []byte, via []http.Header) (values []string, kind string) {
	for _, sv := range u.step.save {
		v, ok := sv.from(resp, body, func(name string) (string, bool) { return u.cookie(resp, name) })
		for i := len(via) - 1; i >= 0 && !ok && !sv.body; i-- {
			hop := &http.Response{Header: via[i]}
			v, ok = sv.from(hop, nil, func(name string) (string, bool) { return u.cookie(hop, name) })
		}
		if !ok {
			return to, "save " + sv.name
		}
		to = append(to, v)
	}
	return to, ""
}
