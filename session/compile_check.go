package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/monitors"
)

// Periods of checks that name none, where the environment's own is not meant:
// what a database counts changes slower than a front door's latency, and slow
// evidence slower still.
const (
	databaseEvery = time.Second
	slowEvery     = 5 * time.Second
)

// monitor makes a check of a kind that is built in, with what its answers go
// into if it asks a person. Every is the period of its environment's front doors.
func (c Check) monitor(env string, every time.Duration, version string) (monitors.Check, *monitors.Answers, error) {
	if c.Kind == "person" {
		return monitors.Person(monitors.PersonOptions{Env: env, Name: c.Name, Question: c.Question, Who: c.Who, Every: c.Every})
	}
	m, err := c.server(env, every, version)
	switch c.Kind {
	case "metrics", "prometheus", "grafana":
		// Whoever names a period has a reason for it.
		m.Eager = c.Every == 0
	case "postgres", "mysql", "redis":
		m.Eager = c.Every == 0 && env == monitors.Production // what others did is not compared
	}
	return m, nil, err
}

// server makes a check that asks a server or this machine.
func (c Check) server(env string, every time.Duration, version string) (monitors.Check, error) {
	period := func(usual time.Duration) time.Duration {
		if c.Every > 0 {
			return c.Every
		}
		return usual
	}
	database := monitors.DatabaseOptions{Env: env, Name: c.Name, DSN: c.Address, Every: period(databaseEvery), Timeout: c.Timeout,
		Connections: c.Connections, Lag: c.Lag}
	switch c.Kind {
	case "http":
		return c.front(env, period(every), version)
	case "tcp":
		return monitors.TCP(monitors.TCPOptions{Env: env, Name: c.Name, Address: c.Address, Every: period(every), Timeout: c.Timeout})
	case "dns":
		return monitors.DNS(monitors.DNSOptions{Env: env, Name: c.Name, Host: c.Address, Every: period(every), Timeout: c.Timeout})
	case "host":
		return monitors.HostPart(monitors.HostOptions{Env: env, Name: c.Name, Part: c.Address, Every: period(hostEvery), Timeout: c.Timeout, Limit: c.Limit})
	case "metrics":
		return monitors.Metrics(monitors.MetricsOptions{Env: env, Name: c.Name, URL: c.Address, Every: period(slowEvery), Timeout: c.Timeout, Version: version,
			Request: c.Headers, Series: c.Series, Rate: c.Rate, Limit: c.Limit})
	case "prometheus":
		return monitors.Prometheus(monitors.PrometheusOptions{Env: env, Name: c.Name, URL: c.Address, Query: c.Query, Every: period(slowEvery), Timeout: c.Timeout,
			Version: version, Request: c.Headers, Limit: c.Limit})
	case "grafana":
		return monitors.Grafana(monitors.GrafanaOptions{Env: env, Name: c.Name, URL: c.Address, Datasource: c.Datasource, Token: c.Token, Query: c.Query,
			Every: period(slowEvery), Timeout: c.Timeout, Version: version, Limit: c.Limit})
	case "postgres":
		return monitors.Postgres(database)
	case "mysql":
		return monitors.MySQL(database)
	case "redis":
		return monitors.Redis(database)
	}
	return monitors.Check{}, fmt.Errorf("this version has no checks of kind %s: leave it out", c.Kind)
}

// front makes a check of a URL.
func (c Check) front(env string, every time.Duration, version string) (monitors.Check, error) {
	o := monitors.HTTPOptions{Env: env, Name: c.Name, URL: c.Address, Every: every, Timeout: c.Timeout, Version: version,
		Expect: strings.Join(c.Expect.Status, ","), BodyContains: c.Expect.Contains, Header: c.Expect.Header, Request: c.Headers, TLS: c.tls}
	paths := make([]string, 0, len(c.Expect.JSON))
	for path := range c.Expect.JSON {
		paths = append(paths, path)
	}
	if slices.Sort(paths); len(paths) > 1 {
		return monitors.Check{}, fmt.Errorf("expect names %d JSON paths: a check looks at one; make a check for each", len(paths))
	}
	for _, path := range paths {
		o.JSONPath, o.JSONValue = path, json.RawMessage(bodyJSON(c.Expect.JSON[path]))
	}
	return monitors.HTTP(o)
}
