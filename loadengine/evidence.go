package loadengine

import (
	"bytes"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Picks of an Exemplar.
const (
	PickFirst   = "first"
	PickSlowest = "slowest"
	PickRandom  = "random"
)

// Exemplar is one real exchange, kept for a step, a level and a kind of error:
// the first, the slowest and one at random. It holds what was sent and answered
// as it is; who keeps it masks it. A later one of the same Level, step, Kind and
// Pick takes the place of an earlier one.
type Exemplar struct {
	Level, Asked  int
	Journey, Step string
	Kind          string // of error; empty for a good answer
	Pick          string
	At            time.Time // when it was sent
	Latency       time.Duration
	Code          int    // 0: no answer
	User          int    // from 1
	Trace         string // the traceparent that went along; empty for most, where many are sent
	Method, URL   string // as it was sent, before any redirect, as Header and Body
	Header        http.Header
	Body          []byte // its first 8 KiB
	Reached       string // where redirects led; empty without any
	Answer        http.Header
	Start         []byte   // of the answer's body, its first 8 KiB
	Err           string   // why there was no answer
	Private       []string // what this user filled in, was given and saved, then and before
}

const (
	keptStart    = 8 << 10
	exemplarWait = 5 * time.Second // until a level's slowest and random ones are handed over, doubled each time
	tracedEvery  = 20 * time.Millisecond
)

// evidence keeps exemplars. The way of a good answer that is not kept takes no
// lock: it counts, and compares with the slowest so far.
type evidence struct {
	tell  func(Exemplar)
	steps int

	mu        sync.Mutex
	fresh     []fresh
	levels    []*kept
	good, bad budget
	seen      map[kindOf]bool // of which one was handed over in this run

	trace atomic.Int64 // when the newest request asked to be traced
}

// kept are the exemplars of one level.
type kept struct {
	level *level
	good  []goodCell // by step

	// Under evidence's lock.
	picks  map[kindOf]*picks
	errors int             // of picks
	told   map[string]int  // handed over, by kind
	marked map[toldOf]bool // what these are
	wait   time.Duration
	next   time.Time
}

// fresh is the first of a kind, to be handed over.
type fresh struct {
	kept *kept
	of   kindOf
	x    *Exemplar
}

type kindOf struct {
	step int
	kind string
}

type goodCell struct {
	seen, slowest atomic.Int64
	traced        atomic.Int64 // of seen
}

// draw tells whether a good answer is the one that is kept at random: of those
// that left a trace where there are any, else of all.
func (c *goodCell) draw(u *user) bool {
	n := c.traced.Load()
	switch {
	case u.trace == "" && n > 0:
		return false
	case u.trace == "":
		n = c.seen.Load()
	}
	return n == 0 || rand.Int64N(n+1) == 0
}

// picks are those of one step and kind.
type picks struct {
	seen, traced    int64
	slowest, random *Exemplar
	slowTold, told  *Exemplar // what was handed over
}

func newEvidence(tell func(Exemplar), steps int) *evidence {
	return &evidence{tell: tell, steps: steps, seen: map[kindOf]bool{}}
}

func (v *evidence) of(l *level) *kept {
	if k := l.kept.Load(); k != nil {
		return k
	}
	k := &kept{level: l, good: make([]goodCell, v.steps), picks: map[kindOf]*picks{}, told: map[string]int{}, marked: map[toldOf]bool{},
		wait: exemplarWait, next: l.began.Add(exemplarWait)}
	if !l.kept.CompareAndSwap(nil, k) {
		return l.kept.Load()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.levels = append(v.levels, k)
	return k
}

// wants tells whether the body of an answer should be kept, by what is known of
// it when its head has come.
func (v *evidence) wants(u *user, code int) bool {
	if v == nil {
		return false
	}
	if !u.step.expect.status.ok(code) {
		return true
	}
	c := &v.of(u.level).good[u.step.index]
	u.lot = c.draw(u)
	return u.lot || int64(time.Since(u.began)) > c.slowest.Load()
}

// offer takes an exchange that has ended, if it is one to keep. It comes before
// the values that its answer gave are saved: what was sent held those from before.
func (v *evidence) offer(u *user, r *http.Request, resp *http.Response, start []byte, given []string, err error) {
	o := &u.out
	k := v.of(u.level)
	if o.kind == "" {
		c := &k.good[u.step.index]
		n := c.seen.Add(1)
		if u.trace != "" {
			c.traced.Add(1)
		}
		slow := c.slowest.Load()
		if int64(o.latency) > slow {
			c.slowest.Store(int64(o.latency)) // two at once: either is slow
		} else if n > 1 && !u.lot {
			return
		}
	}
	x := &Exemplar{Level: k.level.number, Asked: k.level.asked, Journey: u.step.journey, Step: u.step.name, Kind: o.kind, At: u.began, Latency: o.latency,
		Code: o.code, User: int(u.slot) + 1, Trace: u.trace, Method: u.step.method, Start: bytes.Clone(start)}
	x.request(u, r, o.hops)
	x.Private = append(x.Private, given...)
	if resp != nil {
		x.Answer = resp.Header.Clone()
	}
	if err != nil {
		x.Err = err.Error()
	}
	v.keep(k, u, x)
}

// request takes what was sent, as it was, and what of it is the user's own. r is
// the last of its requests, which redirects led to; nil if none was sent.
func (x *Exemplar) request(u *user, r *http.Request, hops int) {
	if first := u.first; first != nil {
		x.URL = sentURL(first)
		if body, ok := first.Body.(*payload); ok {
			x.Body = bytes.Clone(body.data[:min(len(body.data), keptStart)])
		}
		x.Header = first.Header.Clone()
		if u.trace != "" {
			x.Header.Set("Traceparent", u.trace)
		}
		for _, c := range first.Cookies() {
			x.Private = append(x.Private, c.Value)
		}
	} else if x.URL = u.step.fixedURL; x.URL == "" {
		x.URL = u.renderURL(u.step) // nothing was sent, so nothing was saved since
	}
	if r != nil {
		if hops > 0 {
			x.Reached = sentURL(r)
		}
		if u.jar != nil {
			for _, c := range u.jar.Cookies(cookieURL(r)) {
				x.Private = append(x.Private, c.Value)
			}
		}
	}
	x.Private = u.own(x.Private)
}

// sentURL is the address of a request as it goes on the wire.
func sentURL(r *http.Request) string {
	shown := *r.URL
	shown.Fragment, shown.RawFragment = "", ""
	return shown.String()
}

func (v *evidence) keep(k *kept, u *user, x *Exemplar) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := kindOf{u.step.index, x.Kind}
	p := k.picks[key]
	if p == nil {
		if x.Kind != "" {
			if k.errors >= maxKinds {
				return
			}
			k.errors++
		}
		p = new(picks)
		k.picks[key] = p
	}
	p.seen++
	if x.Trace != "" {
		p.traced++
	}
	switch {
	case p.seen == 1:
		v.fresh = append(v.fresh, fresh{k, key, x})
		p.slowTold, p.told = x, x
		p.slowest, p.random = x, x
		return
	case x.Latency > p.slowest.Latency:
		p.slowest = x
	}
	// Of good answers only those that were drawn come here; errors all come.
	if x.Kind == "" && u.lot || x.Kind != "" && p.draw(x) {
		p.random = x
	}
}

// draw is goodCell's for an error, which is counted already.
func (p *picks) draw(x *Exemplar) bool {
	switch {
	case x.Trace != "":
		return rand.Int64N(p.traced) == 0
	case p.traced > 0:
		return false
	}
	return rand.Int64N(p.seen) == 0
}

// hand gives what is due: firsts at once, the slowest and the random ones of a
// level when it is over, and now and then before.
func (v *evidence) hand(now time.Time, all bool) {
	if v == nil {
		return
	}
	v.mu.Lock()
	var out []*Exemplar
	for _, f := range v.fresh {
		if v.afford(f.kept, f.of, PickFirst, now) {
			out = append(out, f.x.as(PickFirst))
		} else if p := f.kept.picks[f.of]; p.slowTold == f.x {
			p.slowTold = nil // it may still be the slowest when the level has lasted
		}
	}
	v.fresh = nil
	for _, k := range slices.Backward(v.levels) { // the newest is what is looked at
		over := k.level.ended.Load() > 0
		if all || over || !now.Before(k.next) {
			out = append(out, v.due(k, now, over)...)
			k.wait *= 2
			k.next = now.Add(k.wait)
		}
		if over {
			k.slim()
		}
	}
	// Late answers of a level that is over still come, for as long as it is
	// likely: after a timeout's length nobody waits for them.
	v.levels = slices.DeleteFunc(v.levels, func(k *kept) bool {
		end := k.level.ended.Load()
		return end > 0 && now.Sub(k.level.began.Add(time.Duration(end))) >= defaultTimeout
	})
	v.mu.Unlock()
	for _, x := range out {
		v.tell(*x)
	}
}

func (x *Exemplar) as(pick string) *Exemplar {
	with := *x
	with.Pick = pick
	return &with
}

// due are the slowest and random ones of a level that were not handed over yet.
// Those of a level that is over get one chance.
func (v *evidence) due(k *kept, now time.Time, over bool) []*Exemplar {
	var out []*Exemplar
	offer := func(key kindOf, pick string, x *Exemplar, told **Exemplar) {
		if x == *told {
			return
		}
		able := v.afford(k, key, pick, now)
		if able {
			out = append(out, x.as(pick))
		}
		if able || over {
			*told = x
		}
	}
	for key, p := range k.picks {
		offer(key, PickSlowest, p.slowest, &p.slowTold)
		offer(key, PickRandom, p.random, &p.told)
	}
	return out
}

// slim lets go of the texts of a level that is over: what remains of an exchange
// is only compared with late answers.
func (k *kept) slim() {
	for _, p := range k.picks {
		for _, x := range []*Exemplar{p.slowest, p.random} {
			x.Header, x.Body, x.Answer, x.Start, x.Private = nil, nil, nil, nil, nil
		}
	}
}

// begin gives a request a trace of its own (W3C Trace Context), unless the step
// has one: at most fifty a second, which ask to be recorded. A tracing system
// must not be what the load falls over; and a header that asks for nothing would
// keep those systems silent which record what nobody decided about.
func (v *evidence) begin(u *user, h http.Header) {
	u.trace = ""
	if v == nil {
		return
	}
	if own := h["Traceparent"]; own != nil {
		u.trace = own[0]
		return
	}
	now, last := u.began.UnixNano(), v.trace.Load()
	if now-last < int64(tracedEvery) || !v.trace.CompareAndSwap(last, now) {
		return
	}
	var id [24]byte
	for i := 0; i < len(id); i += 8 {
		n := rand.Uint64() | 1 // never all zero
		for j := range 8 {
			id[i+j] = byte(n >> (8 * j))
		}
	}
	b := make([]byte, 0, 55)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, id[:16])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[16:])
	u.trace = string(append(b, "-01"...))
}

// traceOf is the header that goes along with r; "" if r has it, or is to have none.
func (v *evidence) traceOf(u *user, r *http.Request) string {
	if v == nil || r.Header["Traceparent"] != nil {
		return ""
	}
	return u.trace
}

// withTrace returns a header with one more: the map itself serves many requests
// at once.
func withTrace(h http.Header, trace string) http.Header {
	with := make(http.Header, len(h)+1)
	maps.Copy(with, h)
	with["Traceparent"] = []string{trace}
	return with
}

// kept is how much of an answer's body is read before the rest is thrown away.
func (s *step) kept() int64 {
	if s.needsBody {
		return keptBody
	}
	return keptStart
}
