package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// sendsName is the name of the check of this machine that looks at our own sends.
const sendsName = "sends"

const (
	sendsLate  = sinkSlow // 95 % of the sends were begun within this, or we are late
	sendsLost  = 0.05     // share of the sends that were due and lost because we stood still
	sendsOften = 3        // looks one after the other, before that is more than chance
	sendsFew   = 10       // sends, below which a percentile says nothing
)

// Kinds of error of the engine that are this machine's own.
const (
	kindFiles = "too many open files here"
	kindPorts = "no free port here"
)

// ownSends is what the engine tells of itself, as one more check of this
// machine: how late sends are, and what it could not send at all.
type ownSends struct {
	mu    sync.Mutex
	lag   loadengine.Lag // of the tick with the latest sends since the last look
	sends uint64
	lost  uint64            // in rate mode: due, and lost because we stood still
	own   map[string]uint64 // by kind: failed for want of files or ports
	late  int               // looks one after the other that found sends late
}

// note takes a tick in.
func (o *ownSends) note(t loadengine.Tick) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.Lag.Sends >= sendsFew && t.Lag.P95 >= o.lag.P95 {
		o.lag = t.Lag
	}
	o.sends += t.Lag.Sends
	o.lost += t.Missed
	for _, k := range []string{kindFiles, kindPorts} {
		if n := t.Kinds[k]; n > 0 {
			if o.own == nil {
				o.own = map[string]uint64{}
			}
			o.own[k] += n
		}
	}
}

// look judges what came since the last look.
func (o *ownSends) look(context.Context) monitors.Result {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := monitors.Result{OK: true, Measured: o.lag.Sends > 0, Value: 1000 * o.lag.P95.Seconds(), Unit: "ms"}
	var why []string
	if n := o.own[kindFiles]; n > 0 {
		why = append(why, fmt.Sprintf("no file is left for a connection: %d requests not sent (ulimit -n)", n))
	}
	if n := o.own[kindPorts]; n > 0 {
		why = append(why, fmt.Sprintf("no port is left for a connection: %d requests not sent", n))
	}
	lost := 0.0
	if all := o.sends + o.lost; all >= sendsFew {
		lost = float64(o.lost) / float64(all)
	}
	if o.lag.P95 > sendsLate || lost > sendsLost {
		o.late++
	} else {
		o.late = 0
	}
	switch {
	case o.late < sendsOften:
	case lost > sendsLost:
		why = append(why, fmt.Sprintf("%.0f %% of the sends could not be made in time", 100*lost))
	default:
		why = append(why, fmt.Sprintf("sends are late: p95 %d ms after they are due", o.lag.P95.Milliseconds()))
	}
	r.Warn, r.Reason = len(why) > 0, strings.Join(why, "; ")
	o.lag, o.sends, o.lost, o.own = loadengine.Lag{}, 0, 0, nil
	return r
}

// check is the look as a check of this machine. It has no latency of interest,
// as a host check has none.
func (o *ownSends) check() monitors.Check {
	return monitors.Check{Env: monitors.Self, Name: sendsName, Kind: "host", Every: hostEvery, Timeout: time.Second, Probe: o.look}
}

// SelfLimit says that we ourselves, not staging, are the limit: from here on, or
// no more. Without Span it is one moment.
type SelfLimit struct {
	Why     string  `json:"why,omitempty"`
	Span    string  `json:"span,omitempty"`    // "begin" or "end": under load this machine is short of something
	Running int     `json:"running,omitempty"` // at its beginning, in the dial's unit
	Seconds float64 `json:"seconds,omitempty"` // at its end, how long it lasted
}

// Ends of a span.
const (
	SpanBegin = "begin"
	SpanEnd   = "end"
)

// LimitSpan is a span in which we ourselves were the limit.
type LimitSpan struct {
	From, To int64 // milliseconds; To is -1 while it lasts
	Why      string
}

// maxLimits bounds how many spans are kept.
const maxLimits = 500

// bottleneck tells of the spans in which we are the limit: this machine has
// trouble while it sends load.
func (w *watch) bottleneck(now time.Time, self monitors.EnvHealth, running int) {
	short := running > 0 && !w.quiet && (self.State == monitors.Amber || self.State == monitors.Red)
	switch {
	case short && w.limited.IsZero():
		w.limited = now
		w.facts.put(fact{by: ByEngine, kind: TypeSelfLimit, body: &SelfLimit{Why: self.Why, Span: SpanBegin, Running: running}})
	case !short && !w.limited.IsZero():
		lasted := now.Sub(w.limited)
		w.limited = time.Time{}
		w.facts.put(fact{by: ByEngine, kind: TypeSelfLimit, body: &SelfLimit{Span: SpanEnd, Seconds: seconds(lasted.Round(time.Millisecond))}})
	}
}

// selfLimit folds what we say of ourselves.
func (s *State) selfLimit(e Event, b *SelfLimit) {
	switch b.Span {
	case SpanBegin:
		s.endLimit(e.MS)
		// A copy that somebody else reads must not change with it.
		s.Limits = append(s.Limits[max(0, len(s.Limits)-maxLimits):len(s.Limits):len(s.Limits)], LimitSpan{From: e.MS, To: -1, Why: b.Why})
		s.mark(e, bottleneckWords+": "+b.Why)
	case SpanEnd:
		s.endLimit(e.MS)
		s.mark(e, fmt.Sprintf("not the bottleneck any more, after %.0f s", b.Seconds))
	default:
		s.mark(e, b.Why)
	}
}

const bottleneckWords = "you are the bottleneck"

// endLimit ends the span that lasts, if one does.
func (s *State) endLimit(ms int64) {
	if l, ok := s.Limit(); ok {
		l.To = ms
		s.Limits = append(s.Limits[:len(s.Limits)-1:len(s.Limits)-1], l)
	}
}

// Limit is the span in which we are the limit just now, if we are.
func (s *State) Limit() (LimitSpan, bool) {
	if n := len(s.Limits); n > 0 && s.Limits[n-1].To < 0 {
		return s.Limits[n-1], true
	}
	return LimitSpan{}, false
}
