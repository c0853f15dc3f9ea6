package session

// Window is latency over a span of a tick. Latencies are in seconds; they are
// null when nothing was answered in it.
type Window struct {
	Requests uint64   `json:"requests"`
	RPS      float64  `json:"rps"`
	Errors   uint64   `json:"errors"`
	P50      *float64 `json:"p50"`
	P95      *float64 `json:"p95"`
	P99      *float64 `json:"p99"`
	Max      *float64 `json:"max"`
	Cached   uint64   `json:"cached,omitempty"` // of the requests, answered by a cache
	Logins   uint64   `json:"logins,omitempty"` // good ones that ended at a login page
}

// Lag is how late sends were: seconds from when each was due until it was begun,
// by our own fault alone.
type Lag struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// LoadTick is what the engine did since the last one. Latencies are seconds,
// over the last second; null when nothing was answered in it.
type LoadTick struct {
	Asked     int               `json:"asked"`
	Running   int               `json:"running"`
	InFlight  int               `json:"in_flight"`
	Ceiling   int               `json:"ceiling"`  // -1: none
	Requests  uint64            `json:"requests"` // since the last tick
	RPS       float64           `json:"rps"`
	P50       *float64          `json:"p50"`
	P95       *float64          `json:"p95"`
	P99       *float64          `json:"p99"`
	Max       *float64          `json:"max"`
	Errors    uint64            `json:"errors"`          // since the last tick
	Dropped   uint64            `json:"dropped"`         // turns that were stopped before they were sent, and late ones
	Late      uint64            `json:"late,omitempty"`  // dial in requests a second: sends that we did not make in time
	Users     int               `json:"users,omitempty"` // dial in requests a second: users on their journeys
	Cancelled uint64            `json:"cancelled,omitempty"`
	Lag       *Lag              `json:"lag,omitempty"` // how late the sends since the last tick were
	Ten       *Window           `json:"ten,omitempty"` // the last ten seconds
	Codes     map[string]uint64 `json:"codes,omitempty"`
	Kinds     map[string]uint64 `json:"kinds,omitempty"`   // errors by kind
	Cached    uint64            `json:"cached,omitempty"`  // answered by a cache in between
	Logins    uint64            `json:"logins,omitempty"`  // good answers that were a login page's, of steps that are none
	Servers   map[string]uint64 `json:"servers,omitempty"` // answers by the server that the header of staging.served_by names
	ByStep    []StepTick        `json:"by_step,omitempty"`
	Levels    []LevelTick       `json:"levels,omitempty"` // those with news
	Nodes     *Nodes            `json:"nodes,omitempty"`  // of a fleet
	Final     bool              `json:"final,omitempty"`
}

// StepTick is one step's part of a tick.
type StepTick struct {
	Journey  string   `json:"journey"`
	Step     string   `json:"step"`
	Requests uint64   `json:"requests"`
	Errors   uint64   `json:"errors,omitempty"`
	P50      *float64 `json:"p50"`
	P95      *float64 `json:"p95"`
	P99      *float64 `json:"p99"`
	Max      *float64 `json:"max"`

	Kinds map[string]uint64 `json:"kinds,omitempty"` // errors by kind
}

// HealthTick is an environment's health in the last second. Checks holds those
// that changed or are not green, and all of them every ten seconds.
type HealthTick struct {
	Env    string       `json:"env"`
	State  string       `json:"state"`
	Why    string       `json:"why,omitempty"`
	P50    *float64     `json:"p50"` // seconds, all fast checks, last 10 s; null when none was answered
	P95    *float64     `json:"p95"`
	Max    *float64     `json:"max"` // the last second's worst
	Now50  *float64     `json:"now50"`
	Now95  *float64     `json:"now95"`
	Errors float64      `json:"errors"`           // share, last 10 s
	Rate   float64      `json:"rate"`             // checks a second
	Probes int          `json:"probes,omitempty"` // outcomes that Errors is a share of
	Age    *float64     `json:"age"`              // seconds since the newest sample
	Checks []CheckState `json:"checks"`
	Vitals any          `json:"vitals,omitempty"` // this machine's, in env self

	Promise *Promise `json:"promise,omitempty"` // production's, where it is another from here on
}

// Counted tells whether Errors is a share of anything. Journals from before Probes
// was told have latencies wherever a check had an outcome.
func (t *HealthTick) Counted() bool { return t.Probes > 0 || t.P50 != nil || t.Now50 != nil }

// CheckState is one server's tile.
type CheckState struct {
	Name    string   `json:"name"`
	State   string   `json:"state"`
	Latency *float64 `json:"latency"` // seconds, newest answer from its due time
	P50     *float64 `json:"p50,omitempty"`
	Age     *float64 `json:"age"`
	Late    bool     `json:"late,omitempty"` // one late answer just now: no state, a tick on the tile
	Reason  string   `json:"reason,omitempty"`
	Amber   float64  `json:"amber,omitempty"`
	Red     float64  `json:"red,omitempty"`
	Muted   bool     `json:"muted,omitempty"`
	Aside   bool     `json:"aside,omitempty"`    // set aside: shown, and does not count
	TLSDays *float64 `json:"tls_days,omitempty"` // until its certificate ends; null without TLS
}

// HealthState is one change of health, of a check or (Check empty) of an
// environment.
type HealthState struct {
	Env   string `json:"env"`
	Check string `json:"check,omitempty"`
	From  string `json:"from"`
	To    string `json:"to"`
	Why   string `json:"why"`
}
