package monitors

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// mostAnswer bounds how much of a query's answer is read, in bytes.
const mostAnswer = 4 << 20

// PrometheusOptions describes a PromQL check. Env, Name, URL, Query and Every
// are needed.
type PrometheusOptions struct {
	Env     string            // role of the environment
	Name    string            // unique within the environment
	URL     string            // of the Prometheus server, without /api
	Query   string            // PromQL
	Every   time.Duration     // period
	Timeout time.Duration     // 0: DefaultTimeout
	Version string            // of the program, for the User-Agent; empty: dev
	Request map[string]string // request headers
	TLS     *tls.Config       // nil: this machine's roots
	Limit   *float64          // bad above it; nil: none
	Warn    *float64          // warns above it; nil: none
}

// Prometheus makes a check that asks a Prometheus server an instant query, as
// slow evidence. The largest number of the answer counts. An empty answer, a
// query that cannot be answered and a server that is away mean that nothing is
// known.
func Prometheus(o PrometheusOptions) (Check, error) {
	h := HTTPOptions{
		Env: o.Env, Name: o.Name, URL: o.URL, Every: o.Every, Timeout: o.Timeout, Version: o.Version,
		Request: map[string]string{"Accept": "application/json"}, TLS: o.TLS,
	}
	maps.Copy(h.Request, o.Request)
	i, err := newInstrument(h, mostAnswer, o.Limit, o.Warn)
	if err == nil && o.Query == "" {
		err = errors.New("it has no query")
	}
	var c Check
	if err == nil {
		i.url = i.url.JoinPath("api", "v1", "query")
		q := i.url.Query()
		q.Set("query", o.Query)
		q.Set("timeout", i.timeout.String())
		i.url.RawQuery = q.Encode()
		c, err = i.check(h, kindPrometheus, func(r Result, body []byte) Result {
			return i.readPrometheus(r, body)
		})
	}
	if err != nil {
		return Check{}, fmt.Errorf("make prometheus check %s of %s: %w", o.Name, o.Env, err)
	}
	c.Numbers = true
	return c, nil
}

// promAnswer is what Prometheus' HTTP API answers.
type promAnswer struct {
	Status    string `json:"status"`
	ErrorType string `json:"errorType"`
	Error     string `json:"error"`
	Data      struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

func (i *instrument) readPrometheus(r Result, body []byte) Result {
	const who = "the Prometheus server"
	var a promAnswer
	err := json.Unmarshal(body, &a)
	switch {
	case err == nil && a.Status == "error":
		// 422 or 503, or 400: the server is well, the query is not.
		return Result{Blind: true, Reason: plain(who + " cannot answer the query: " + a.ErrorType + ": " + a.Error)}.onto(r)
	case !r.OK:
		return hearsay(r, who)
	case err != nil || a.Status != "success":
		return Result{Blind: true, Reason: who + "'s answer is not that of a Prometheus server"}.onto(r)
	}
	points, err := a.points()
	if err != nil {
		return Result{Blind: true, Reason: err.Error()}.onto(r)
	}
	if len(points) == 0 {
		return Result{Blind: true, Reason: "the query gives no number"}.onto(r)
	}
	worst := highest(points)
	what := "the query's value"
	if len(points) > 1 {
		what += tellLabels(worst.Metric, nil)
	}
	return i.limits.measured(what, float64(worst.Value), "").onto(r)
}

// points returns the numbers of an answer, of which there may be none.
func (a *promAnswer) points() (model.Vector, error) {
	var points model.Vector
	var err error
	switch a.Data.Type {
	case model.ValScalar.String():
		var s *model.Scalar
		if err = json.Unmarshal(a.Data.Result, &s); err == nil && s != nil {
			points = model.Vector{{Value: s.Value}}
		}
	case model.ValVector.String():
		err = json.Unmarshal(a.Data.Result, &points)
	case model.ValMatrix.String():
		return nil, errors.New("the query gives a range of time, not one moment")
	default:
		return nil, errors.New("the query gives a text, not a number")
	}
	if err != nil {
		return nil, errors.New("the numbers of the answer cannot be read")
	}
	return slices.DeleteFunc(points, func(p *model.Sample) bool {
		// A histogram has no single value.
		return p == nil || p.Histogram != nil || math.IsNaN(float64(p.Value))
	}), nil
}
