package session

import (
	"crosstalk/monitors/identity"
	"crosstalk/session/link"
)

// The events of link checks and of the identity of data stores.
const (
	TypeLinkQuiet   = "link.quiet"
	TypeLinkStart   = "link.start"
	TypeLinkPair    = "link.pair"
	TypeLinkVerdict = "link.verdict"
	TypeLinkUnlock  = "link.unlock"
	TypeIdentity    = "identity.result"
)

// The modes of a check.
const (
	ModeCheck = "check" // from nothing, coded pulses
	ModeDips  = "dips"  // from the present level, "is it me?"
)

// LinkQuiet says that a check was ordered, and that the dial is locked from here
// on. Its coins are drawn already.
type LinkQuiet struct {
	Mode    string       `json:"mode"`
	Profile link.Profile `json:"profile"`
	Users   int          `json:"users"`         // of a check: in the halves that are on; of dips: the level
	Off     int          `json:"off,omitempty"` // of a check from what ran: users in the other halves
	Seed    uint64       `json:"seed"`
	Order   string       `json:"order"`   // + is load first; of all pairs that may be made
	Seconds float64      `json:"seconds"` // of constant load that it still has to see first
}

// LinkStart says that the pairs begin.
type LinkStart struct {
	Mode     string         `json:"mode"`
	Profile  string         `json:"profile"`
	Users    int            `json:"users"`
	Off      int            `json:"off,omitempty"`
	Seed     uint64         `json:"seed"`
	Order    string         `json:"order"`
	Forecast *link.Forecast `json:"forecast,omitempty"` // of a check
	Words    string         `json:"words"`
}

// LinkPair is one pair and what is known after it. Spans are in seconds.
type LinkPair struct {
	Mode       string  `json:"mode"`
	Pair       int     `json:"pair"` // from 1; 0 when this tells of the time at zero after dips
	OnFirst    bool    `json:"on_first"`
	Sham       bool    `json:"sham,omitempty"`
	Amber      bool    `json:"amber,omitempty"`
	Lost       bool    `json:"lost,omitempty"`
	Difference float64 `json:"difference"` // of production's latency, on over off: 0.1 is +10 %

	Pairs    int `json:"pairs"`
	MaxPairs int `json:"max_pairs"`
	Users    int `json:"users"`
	link.Effect
	Evidence float64 `json:"evidence"`
	Line     float64 `json:"line"`
	Toward   float64 `json:"toward"` // of the way to the line, 0 to 1
	Done     float64 `json:"done"`
	Most     float64 `json:"most"`   // that is left
	Likely   float64 `json:"likely"` // that is left when it goes on as so far
	Words    string  `json:"words"`
}

// LinkVerdict is the end of a check or of dips, with every number it rests on.
type LinkVerdict struct {
	Mode    string `json:"mode"`
	Kind    string `json:"kind"` // a link.Kind of a check, a link.Answer of dips
	Profile string `json:"profile"`
	Users   int    `json:"users"` // checked
	Reach   int    `json:"reach"` // users up to which "no link seen" reaches; else 0
	// Refused says that no pair was made: Words says why.
	Refused bool             `json:"refused,omitempty"`
	Words   string           `json:"words"`
	Verdict *link.Verdict    `json:"verdict,omitempty"`
	Dips    *link.DipsResult `json:"dips,omitempty"`
}

// LinkUnlock is a person's reason for more than one user in spite of a link.
type LinkUnlock struct {
	Why string `json:"why"`
}

// IdentityResult is what the data stores of both environments have in common.
type IdentityResult struct {
	identity.Result
	Words string `json:"words"` // the finding that decides
}
