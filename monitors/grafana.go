package monitors

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// grafanaRef names our query in Grafana's answer.
const grafanaRef = "A"

// GrafanaOptions describes a check by a data source of Grafana's. Env, Name,
// URL, Datasource, Token, Query and Every are needed.
type GrafanaOptions struct {
	Env        string        // role of the environment
	Name       string        // unique within the environment
	URL        string        // of Grafana, without /api
	Datasource string        // uid of the data source
	Token      string        // of a service account that may query it
	Query      string        // in the data source's own language: PromQL, LogQL, SQL
	Every      time.Duration // period
	Timeout    time.Duration // 0: DefaultTimeout
	Version    string        // of the program, for the User-Agent; empty: dev
	TLS        *tls.Config   // nil: this machine's roots
	Limit      *float64      // bad above it; nil: none
	Warn       *float64      // warns above it; nil: none
}

// Grafana makes a check that asks a data source through Grafana's query API
// (POST /api/ds/query), as slow evidence. The newest number of each series
// counts, and of these the largest. An empty answer, a query that cannot be
// answered and a server that is away mean that nothing is known.
func Grafana(o GrafanaOptions) (Check, error) {
	h := HTTPOptions{
		Env: o.Env, Name: o.Name, URL: o.URL, Every: o.Every, Timeout: o.Timeout, Version: o.Version,
		Method: http.MethodPost, TLS: o.TLS,
		Request: map[string]string{
			"Accept": "application/json", "Content-Type": "application/json", "Authorization": "Bearer " + strings.TrimSpace(o.Token),
		},
	}
	i, err := newInstrument(h, mostAnswer, o.Limit, o.Warn)
	for _, need := range []struct{ value, name string }{{o.Query, "query"}, {o.Datasource, "data source"}, {o.Token, "token"}} {
		if err == nil && need.value == "" {
			err = errors.New("it has no " + need.name)
		}
	}
	if err == nil {
		i.url = i.url.JoinPath("api", "ds", "query")
		i.send, err = json.Marshal(grafanaQuery(o.Datasource, o.Query))
	}
	var c Check
	if err == nil {
		c, err = i.check(h, kindGrafana, func(r Result, body []byte) Result { return i.readGrafana(r, body) })
	}
	if err != nil {
		return Check{}, fmt.Errorf("make grafana check %s of %s: %w", o.Name, o.Env, err)
	}
	c.Numbers = true
	return c, nil
}

// grafanaQuery is the body of a query. A data source reads the fields that its
// language has, and no others.
func grafanaQuery(datasource, query string) any {
	return map[string]any{
		"from": "now-5m", "to": "now",
		"queries": []any{map[string]any{
			"refId": grafanaRef, "datasource": map[string]string{"uid": datasource},
			"intervalMs": 15000, "maxDataPoints": 20,
			"expr": query, "instant": true, "range": false, "queryType": "instant", // Prometheus, Loki
			"rawSql": query, "format": "table", "rawQuery": true, // SQL
		}},
	}
}

// grafanaAnswer is what the query API answers.
type grafanaAnswer struct {
	Message string `json:"message"` // when nothing could be asked
	Results map[string]struct {
		Error  string         `json:"error"`
		Frames []grafanaFrame `json:"frames"`
	} `json:"results"`
}

// grafanaFrame is a table by columns.
type grafanaFrame struct {
	Schema struct {
		Fields []struct {
			Name   string            `json:"name"`
			Type   string            `json:"type"`
			Labels map[string]string `json:"labels"`
		} `json:"fields"`
	} `json:"schema"`
	Data struct {
		Values [][]json.RawMessage `json:"values"`
		// Entities are the rows of each column that JSON cannot write; null there.
		Entities []*struct {
			NaN    []int `json:"NaN"`
			Inf    []int `json:"Inf"`
			NegInf []int `json:"NegInf"`
		} `json:"entities"`
	} `json:"data"`
}

func (i *instrument) readGrafana(r Result, body []byte) Result {
	var a grafanaAnswer
	err := json.Unmarshal(body, &a)
	said := a.Results[grafanaRef].Error
	if said == "" && r.Status == http.StatusBadRequest {
		said = a.Message
	}
	switch {
	case err == nil && said != "":
		return Result{Blind: true, Reason: plain("Grafana cannot answer the query: " + said)}.onto(r)
	case r.Status == http.StatusNotFound:
		return Result{Blind: true, Reason: "Grafana does not know the data source, or is older than 8.0 (404)"}.onto(r)
	case !r.OK:
		return hearsay(r, "Grafana")
	case err != nil || a.Results == nil:
		return Result{Blind: true, Reason: "the answer is not that of Grafana"}.onto(r)
	}
	var points model.Vector
	for _, f := range a.Results[grafanaRef].Frames {
		points = f.newest(points)
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

// newest appends the last number of each column of numbers. When the last row
// has none, the rows before it do not count: they are of another moment.
func (f *grafanaFrame) newest(points model.Vector) model.Vector {
	for n, field := range f.Schema.Fields {
		if field.Type != "number" || n >= len(f.Data.Values) || len(f.Data.Values[n]) == 0 {
			continue
		}
		row := len(f.Data.Values[n]) - 1
		v := math.NaN()
		if json.Unmarshal(f.Data.Values[n][row], &v) != nil {
			continue
		}
		if n < len(f.Data.Entities) && f.Data.Entities[n] != nil {
			e := f.Data.Entities[n]
			switch {
			case slices.Contains(e.NaN, row):
				continue
			case slices.Contains(e.Inf, row):
				v = math.Inf(1)
			case slices.Contains(e.NegInf, row):
				v = math.Inf(-1)
			}
		}
		if math.IsNaN(v) {
			continue
		}
		metric := model.Metric{}
		for k, value := range field.Labels {
			metric[model.LabelName(k)] = model.LabelValue(value)
		}
		points = append(points, &model.Sample{Metric: metric, Value: model.SampleValue(v)})
	}
	return points
}
