package monitors

import (
	"context"
	"fmt"
	"time"
)

// Probe asks a server once and returns what came of it. It must return soon
// after ctx ends, and is never called while an earlier call is still running.
type Probe func(ctx context.Context) Result

// Result is the outcome of one probe.
type Result struct {
	OK         bool          // the server answered as expected
	Hard       bool          // refused, reset, TLS, timeout, 5xx, unexpected status, wrong body
	Refused    bool          // hard, and the connection was refused or broken off
	Limited    bool          // the server limits our checks (403, 429): no fault of the server
	Blind      bool          // nothing was learned of the server: name lookup failed, no route, no free socket
	Cached     bool          // a cache answered, so the server itself may not have been asked
	Warn       bool          // answered, and warns: amber
	RetryAfter time.Duration // the pause a limiting server asks for; 0 when it named none
	Status     int           // HTTP status; 0 when there is none
	Reason     string        // short plain words: why it is not OK, or what was noticed
	Measured   bool          // Value is known; without it Value means nothing, not zero
	Value      float64       // what the check measures besides latency; always finite
	Unit       string        // unit of Value; may be empty
	Total      bool          // Value only grows, as its page says: of a moment it tells nothing
	Worked     bool          // Work is known
	Work       float64       // of a database: what it has done since it began (transactions, questions, commands), of all its clients
	WorkedAt   time.Time     // when it told that; what was asked after it took longer
	Expires    time.Time     // when the server's TLS certificate ends; zero without TLS
	Vitals     *Vitals       // of a host check
}

// Check is a named probe of one server on a fixed schedule.
//
// New kinds are new constructors that fill this struct: nothing else in the
// package depends on Kind, except that a host check has no latency of interest
// and that a question to a person is no load on any server.
type Check struct {
	Env     string        // role of the environment
	Name    string        // unique within the environment
	Kind    string        // http, tcp, dns, host, metrics, prometheus, grafana, person, postgres, mysql, redis
	Address string        // host:port it talks to; empty when it talks to nobody
	Every   time.Duration // period
	Timeout time.Duration // after this a probe is given up; 0: chosen by New
	Eager   bool          // Monitor.Hurry may make it ask more often
	Counts  bool          // it tells what was done since ever (Result.Worked): two answers make one number
	Slow    bool          // slow evidence: may warn or redden, and when quiet does not count
	Numbers bool          // each good answer is to have a number (Result.Measured)
	Probe   Probe         // asks once, on a kept connection where there is one
	Fresh   Probe         // asks once on a new connection; used for 1 probe in 10; may be nil
	Close   func()        // gives kept connections back; called when Monitor.Run ends; may be nil
}

// timed says whether the latency of the check's answers says anything about
// the server.
func (c *Check) timed() bool { return !c.Slow && c.Kind != kindHost }

// asks says whether the check's probes reach a server and count as probes sent.
func (c *Check) asks() bool { return c.Kind != kindPerson }

// Kinds of checks built here.
const (
	kindHTTP       = "http"
	kindTCP        = "tcp"
	kindDNS        = "dns"
	kindHost       = "host"
	kindMetrics    = "metrics"
	kindPrometheus = "prometheus"
	kindGrafana    = "grafana"
	kindPerson     = "person"
	kindPostgres   = "postgres"
	kindMySQL      = "mysql"
	kindRedis      = "redis"
)

const (
	// DefaultTimeout is when a probe is given up. It is above the cap of the
	// red limit (2 s): a slow server is known as late before it is given up.
	DefaultTimeout = 3 * time.Second
	// shortestPeriod bounds how often a check may be asked for.
	shortestPeriod = 10 * time.Millisecond
	// freshEvery is how many probes share one on a fresh connection.
	freshEvery = 10
)

// complete fills in what may be left out, or says what is wrong.
func (c *Check) complete() error {
	switch {
	case c.Env == "":
		return fmt.Errorf("check %q has no environment", c.Name)
	case c.Name == "":
		return fmt.Errorf("a check of %s has no name", c.Env)
	case c.Probe == nil:
		return fmt.Errorf("check %s of %s has nothing to probe with", c.Name, c.Env)
	case c.Every < shortestPeriod:
		return fmt.Errorf("check %s of %s: a period of %v is under the shortest, %v", c.Name, c.Env, c.Every, shortestPeriod)
	case c.Timeout < 0:
		return fmt.Errorf("check %s of %s: the timeout %v is negative", c.Name, c.Env, c.Timeout)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return nil
}

// Phase says which moment of a probe a sample is about.
type Phase uint8

// The phases.
const (
	Sent    Phase = iota // the probe went out
	Done                 // it was answered, failed or was given up
	Missing              // its due time came and it could not be sent
)

// String returns sent, done or missing.
func (p Phase) String() string {
	switch p {
	case Sent:
		return "sent"
	case Done:
		return "done"
	default:
		return "missing"
	}
}

// Sample is one moment of one probe. A probe that is sent makes two: Sent and
// Done, with the same Due. A due time at which none could be sent makes one.
type Sample struct {
	Check   int           // index into Monitor.Checks
	Env     string        // role of the environment
	Name    string        // name of the check
	Due     time.Time     // when it was due; with Check it names the probe
	At      time.Time     // when this sample was made
	Next    time.Time     // when the next probe of this check is due; set on Done and Missing
	Phase   Phase         // sent, done or missing
	Latency time.Duration // from Due to At; 0 on Sent
	Result  Result        // on Done; on Missing only Blind and Reason
	Fresh   bool          // on a fresh connection
	Vitals  *Vitals       // of a host check, on Done
}
