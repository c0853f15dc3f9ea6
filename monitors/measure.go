package monitors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// limits of a measured value; nil sets none.
type limits struct{ bad, warn *float64 }

func (l limits) check() error {
	for _, v := range []*float64{l.bad, l.warn} {
		if v != nil && math.IsNaN(*v) {
			return errors.New("a limit is not a number")
		}
	}
	if l.bad != nil && l.warn != nil && *l.warn > *l.bad {
		return errors.New("the limit that warns is above the one that is bad")
	}
	return nil
}

// measured judges a value by its limits. What words the value in a reason.
func (l limits) measured(what string, v float64, unit string) Result {
	if math.IsNaN(v) {
		return Result{Blind: true, Reason: what + " is not known: the value is not a number"}
	}
	r := Result{OK: true, Measured: true, Value: finite(v), Unit: unit}
	switch {
	case l.bad != nil && v > *l.bad:
		r.OK = false
		r.Reason = fmt.Sprintf("%s is %s, limit %s", what, quantity(v, unit), quantity(*l.bad, unit))
	case l.warn != nil && v > *l.warn:
		r.Warn = true
		r.Reason = fmt.Sprintf("%s is %s, warns above %s", what, quantity(v, unit), quantity(*l.warn, unit))
	}
	return r
}

// finite brings infinities into the range that JSON can write.
func finite(v float64) float64 {
	return max(-math.MaxFloat64, min(math.MaxFloat64, v))
}

// quantity words a value with its unit: "9.21", "88 %", "1234567 B/s".
func quantity(v float64, unit string) string {
	var s string
	switch a := math.Abs(v); {
	case math.IsInf(v, 0):
		s = "infinite"
	case a >= 1e15 || a > 0 && a < 1e-4:
		s = strconv.FormatFloat(v, 'g', 4, 64)
	case a >= 1000:
		s = strconv.FormatFloat(v, 'f', 0, 64)
	default:
		// Four figures are enough to compare, and no more than a tile has room for.
		s = strconv.FormatFloat(v, 'g', 4, 64)
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			s = strconv.FormatFloat(x, 'f', -1, 64)
		}
	}
	if unit == "" {
		return s
	}
	return s + " " + unit
}

// instrument is what the checks that read numbers over HTTP share: a request,
// ready, on connections of its own.
type instrument struct {
	*httpProbe
	limits limits
	send   []byte // body of the request; may be empty
	most   int64  // bytes read of an answer
}

func newInstrument(o HTTPOptions, most int64, bad, warn *float64) (*instrument, error) {
	h, err := newHTTPProbe(o)
	if err != nil {
		return nil, err
	}
	i := &instrument{httpProbe: h, most: most, limits: limits{bad: bad, warn: warn}}
	return i, i.limits.check()
}

// check makes the check around a way to read an answer. All such checks are
// slow evidence: they tell of seconds ago, and say little when they are silent.
func (i *instrument) check(o HTTPOptions, kind string, read func(Result, []byte) Result) (Check, error) {
	kept, fresh := i.client(false), i.client(true)
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kind, Address: hostPort(i.url),
		Every: o.Every, Timeout: i.timeout, Slow: true,
		Close: kept.CloseIdleConnections,
	}
	c.Probe = func(ctx context.Context) Result { return read(i.fetch(ctx, kept, i.send, i.most)) }
	c.Fresh = func(ctx context.Context) Result { return read(i.fetch(ctx, fresh, i.send, i.most)) }
	if err := c.complete(); err != nil {
		return Check{}, err
	}
	return c, nil
}

// hearsay turns the failure of a server that only reports on others into what
// it is: no news of them. who names that server.
func hearsay(r Result, who string) Result {
	if r.Limited && r.Status == http.StatusTooManyRequests {
		return r
	}
	reason := who + " " + r.Reason
	switch r.Status {
	case http.StatusUnauthorized:
		reason = who + " does not let our checks in (401): is the token right?"
	case http.StatusForbidden:
		reason = who + " does not let our checks ask this (403)"
	}
	return Result{Blind: true, Reason: reason, Status: r.Status, Expires: r.Expires}
}

// onto puts a measured value onto what is known of the answer it came in.
func (r Result) onto(answer Result) Result {
	r.Status, r.Expires, r.Cached = answer.Status, answer.Expires, answer.Cached
	return r
}
