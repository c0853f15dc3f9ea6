package session

import "time"

// GuardChange is one step of the guard's ladder with what caused it. One from a
// rung to itself says more of the step before.
type GuardChange struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Why     string   `json:"why"`
	Cause   string   `json:"cause,omitempty"` // red, no sight, amber, our side?, self, permit, person
	Samples []Sample `json:"samples,omitempty"`
	Running int      `json:"running"`
	Ceiling int      `json:"ceiling"`            // -1: none
	Warn    float64  `json:"warn,omitempty"`     // seconds from here in which amber only warns
	OurSide bool     `json:"our_side,omitempty"` // our own side had trouble at the same moment
}

// Sample is one probe's outcome as evidence. Latency is in seconds.
type Sample struct {
	Env     string    `json:"env"`
	Check   string    `json:"check"`
	Due     time.Time `json:"due"`
	Latency float64   `json:"latency"`
	OK      bool      `json:"ok"`
	Reason  string    `json:"reason,omitempty"`
}

// GuardRecovered says when production was well again after a cut.
type GuardRecovered struct {
	Seconds float64 `json:"seconds"` // from the cut
	Level   int     `json:"level"`   // users at the cut
}
