package session

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Problem is one thing wrong with a configuration: where, what, and what to do about it.
type Problem struct {
	File   string // as it was given; empty when the problem is in a flag
	Line   int    // from 1; 0 when the problem is in a flag
	Column int    // from 1; 0 when only the line is known
	What   string
	Remedy string
}

// Error gives the problem in one line: `crosstalk.yaml:12:5: unknown key "chekcs" in staging: did you mean "checks"?`.
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Column > 0 {
				fmt.Fprintf(&b, ":%d", p.Column)
			}
		}
		b.WriteString(": ")
	}
	b.WriteString(p.What)
	if p.Remedy != "" {
		b.WriteString(": ")
		b.WriteString(p.Remedy)
	}
	return b.String()
}

// Problems are all things wrong with a configuration, in the order of the file.
type Problems []Problem

// Error gives one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.Error()
	}
	return strings.Join(lines, "\n")
}

// Config is what a crosstalk.yaml says, or the flags of a run without one. A zero value means that
// nothing was said: defaults are the business of whoever compiles it. It holds secrets; only what
// [Config.Masked] gives may be written anywhere.
type Config struct {
	Charter    Charter        `json:"charter,omitzero"`
	Timebox    time.Duration  `json:"timebox_ns,omitempty"`
	AtEnd      string         `json:"after_timebox,omitempty" mask:"no"` // EndEase, EndHold, EndStop or EndNone; what the load does then
	People     []string       `json:"people,omitempty"`
	Staging    Staging        `json:"staging,omitzero"`
	Production Production     `json:"production,omitzero"`
	Control    Control        `json:"control,omitzero"`
	Guard      GuardConfig    `json:"guard,omitzero"`
	Identity   IdentityConfig `json:"identity,omitzero"`
	Engine     EngineConfig   `json:"engine,omitzero"`
	Notify     NotifyConfig   `json:"notify,omitzero"`
	Tracker    TrackerConfig  `json:"tracker,omitzero"`

	// Dir is the folder of the file: relative paths start there.
	Dir string `json:"-"`
	// Secrets are the values that came from ${NAME}.
	Secrets []string `json:"-"`

	file    string
	unseen  bool              // nobody has seen the text, so no problem names a line of it
	inPlace map[string]string // an expanded text → the same with *** for each ${NAME}
	written map[string]string // an expanded text → the same as it was written
	replace *strings.Replacer // of the known secrets; nil when nothing was read
}

// Unseen says that the text was made by a program and nobody has seen it: what is
// found wrong later names its source and no line.
func (c *Config) Unseen() { c.unseen = true }

// FileName is the name of the file that was read, without its folder; empty
// where the configuration was made of flags.
func (c *Config) FileName() string {
	if c.file == "" || c.Dir == "" {
		return ""
	}
	return filepath.Base(c.file)
}

// Path resolves a path of the file against the file's folder.
func (c *Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}

// Charter says what the session is to find out: in one line, or in the three fields of "explore … with … to discover …".
type Charter struct {
	Text       string   `json:"text,omitempty"` // when it was given as one line
	Explore    string   `json:"explore,omitempty"`
	With       string   `json:"with,omitempty"`
	Discover   string   `json:"discover,omitempty"`
	Areas      []string `json:"areas,omitempty"`
	StopRules  []string `json:"stop_rules,omitempty"`
	OutOfScope []string `json:"out_of_scope,omitempty"`
	// People are who takes part beside who started it; Environments what is under
	// test: builds, accounts, browsers.
	People       []string `json:"people,omitempty"`
	Environments []string `json:"environments,omitempty"`
	// Architecture is what the owners of both environments said that they share; it
	// comes from their answers, never from the file.
	Architecture []string `json:"architecture,omitempty"`
}

// String gives the charter in one line.
func (c Charter) String() string {
	if c.Text != "" {
		return c.Text
	}
	var parts []string
	for _, p := range [][2]string{{"Explore ", c.Explore}, {"with ", c.With}, {"to discover ", c.Discover}} {
		if p[1] != "" {
			parts = append(parts, p[0]+p[1])
		}
	}
	return strings.Join(parts, " ")
}

// Staging is the environment under load.
type Staging struct {
	URL    string       `json:"url,omitempty"`            // http or https, with host
	Hosts  []string     `json:"hosts,omitempty"`          // what else load may reach: host or host:port
	Mode   string       `json:"mode,omitempty" mask:"no"` // what the dial counts: "users", also "", or "rate", requests a second
	Limits Limits       `json:"limits,omitzero"`
	Build  *BuildSource `json:"build,omitempty"`
	// ServedBy is the header of answers that names the server.
	ServedBy string            `json:"served_by,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	// Data is the path of a CSV file with a header row; [ReadConfig] puts its rows into DataRows.
	Data     string              `json:"data,omitempty"`
	DataRows []map[string]string `json:"-"`
	Journeys []Journey           `json:"journeys,omitempty"`
	Checks   []Check             `json:"checks,omitempty"`
	Insecure bool                `json:"insecure,omitempty"` // certificates are not verified
	CA       string              `json:"ca,omitempty"`       // path of a PEM file
	Cert     string              `json:"cert,omitempty"`     // path of the client's certificate, PEM
	Key      string              `json:"key,omitempty"`      // path of its private key, PEM
	HTTP1    bool                `json:"http1,omitempty"`    // never HTTP/2
	Fresh    bool                `json:"fresh,omitempty"`    // a connection for every request: keep-alive is off

	urlAt   place
	hostsAt []place
	filesAt map[string]place // of ca, cert, key, data, headers.NAME, journeys.N, limits.users and limits.rps
}

// Limits are hard caps, whatever the dial says. Zero means not given.
type Limits struct {
	Users int     `json:"users,omitempty"`
	RPS   float64 `json:"rps,omitempty"` // requests a second
}

// BuildSource says where the build of an environment can be read.
type BuildSource struct {
	Method string `json:"method" mask:"no"`
	Path   string `json:"path"`
}

// Production is the environment that is only watched.
type Production struct {
	Checks []Check `json:"checks,omitempty"`
	// Tolerate is the number of servers that may be red at once before the load is cut.
	Tolerate int `json:"tolerate,omitempty"`
}

// Control is an environment unrelated to both others.
type Control struct {
	Checks []Check `json:"checks,omitempty"`
}

// GuardConfig are absolute limits on top of the learned baseline.
type GuardConfig struct {
	SLO    time.Duration `json:"slo_ns,omitempty"`
	Errors float64       `json:"errors,omitempty"` // a share: 1 % is 0.01
}

// IdentityConfig are the data sources whose identity is compared. They are never stored: Masked keeps
// only that they were given.
type IdentityConfig struct {
	Staging    string `json:"staging,omitempty"`
	Production string `json:"production,omitempty"`
	// Dye is sent by `crosstalk check` alone; it is in no record.
	Dye *DyeConfig `json:"-"`
}

// EngineConfig names a load engine other than our own.
type EngineConfig struct {
	Locust string `json:"locust,omitempty"` // URL of a Locust master's web API
	Login  string `json:"login,omitempty"`  // path that the master's login form is posted to
}

// Range is a uniform range of time; Min equals Max for a fixed span.
type Range struct {
	Min time.Duration `json:"min_ns"`
	Max time.Duration `json:"max_ns"`
}

// Journey is what a user does, again and again.
type Journey struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"` // 1 when not given
	Think  Range  `json:"think,omitzero"`
	Once   []Step `json:"once,omitempty"` // first, and again after a 401
	Steps  []Step `json:"steps"`
}

// Step is one request. At most one of JSON, Form, Body and File is given.
type Step struct {
	Name    string            `json:"name"` // "GET /products" when not given; unique in its journey
	Method  string            `json:"method" mask:"no"`
	Path    string            `json:"path"` // begins with a slash, or is a whole URL, or begins with {{name}}
	Headers map[string]string `json:"headers,omitempty"`
	JSON    any               `json:"json,omitempty"` // map[string]any, []any, string, bool, int64, uint64, float64
	Form    map[string]string `json:"form,omitempty"`
	Body    string            `json:"body,omitempty"`
	File    string            `json:"file,omitempty"` // path of the file that is sent as the body
	Raw     bool              `json:"raw,omitempty"`  // the file is sent byte by byte; else its {{names}} are filled in
	Save    []Save            `json:"save,omitempty"` // in the order of the file
	Expect  Expect            `json:"expect,omitzero"`
	Think   *Range            `json:"think,omitempty"` // after this step; nil: the journey's
	Timeout time.Duration     `json:"timeout_ns,omitempty"`

	at place
}

// Save keeps a value of a response for later steps as {{Name}}.
type Save struct {
	Name string `json:"name"`
	From string `json:"from" mask:"no"` // json, header, regex or cookie
	Expr string `json:"expr"`           // a JSON path, a header's name, a regular expression, a cookie's name
}

// Expect is what an answer must be; what is empty is not looked at.
type Expect struct {
	Status   []string          `json:"status,omitempty"` // "201" or "2xx"; one of them
	Contains string            `json:"contains,omitempty"`
	JSON     map[string]any    `json:"json,omitempty"`   // JSON path → the value there
	Header   map[string]string `json:"header,omitempty"` // of a check only
}

// Check is a named probe of one server.
type Check struct {
	Name string `json:"name"`           // host and port when not given; unique in its environment
	Kind string `json:"kind" mask:"no"` // http, tcp, dns, host, metrics, prometheus, grafana, person, postgres, mysql, redis
	// Address is a URL (http, metrics, prometheus, grafana), host:port (tcp, redis), a host name (dns),
	// a DSN (postgres, mysql, redis), or what is looked at on this machine (host).
	Address  string        `json:"address,omitempty"`
	Question string        `json:"question,omitempty"` // kind person
	Who      string        `json:"who,omitempty"`      // kind person: who is asked; empty for anyone
	Every    time.Duration `json:"every_ns,omitempty"`
	Timeout  time.Duration `json:"timeout_ns,omitempty"`

	Headers    map[string]string `json:"headers,omitempty"`    // http, metrics, prometheus
	Expect     Expect            `json:"expect,omitzero"`      // http
	Series     string            `json:"series,omitempty"`     // metrics: a series, labels included
	Rate       bool              `json:"rate,omitempty"`       // metrics: the series is a counter
	Query      string            `json:"query,omitempty"`      // prometheus, grafana
	Datasource string            `json:"datasource,omitempty"` // grafana: the data source's uid
	Token      string            `json:"token,omitempty"`      // grafana
	Limit      *float64          `json:"limit,omitempty"`      // host, metrics, prometheus, grafana: bad above it
	// Connections is the share of the server's maximum that may be in use: postgres, mysql, redis.
	Connections float64       `json:"connections,omitempty"`
	Lag         time.Duration `json:"lag_ns,omitempty"` // postgres, mysql, redis: replication lag, bad above it

	at  place
	tls *tls.Config // http; nil: this machine's authorities
}

// place is where something was said: a line and column of the file, or a flag.
type place struct {
	line, column int
	flag         string
}
