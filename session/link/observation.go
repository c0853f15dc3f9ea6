package link

import "time"

// Env is the role of an environment that was watched. The values are those of
// the program's checks.
type Env string

// The environments a sample may come from. Samples of others are not used.
const (
	Production Env = "production"
	Control    Env = "control" // unrelated to both, watched over the same path
	Self       Env = "self"    // a sink on this machine
)

// Outcome is what came of a probe.
type Outcome uint8

// The outcomes. All but OK count as an answer that came after the timeout, and
// as an error.
const (
	OK      Outcome = iota
	Failed          // answered wrongly, refused, or given up
	Overdue         // not answered yet when the half was closed
	Missing         // could not be sent when it was due
)

// Sample is one probe of a server.
type Sample struct {
	Env     Env
	Check   string        // name of the check; unique within its environment
	Due     time.Duration // since the start of its half
	Latency time.Duration // from when it was due; used only when it was OK
	Outcome Outcome
}

// Counter is the rate of one of production's own counts (transactions, rows,
// connections in use) in the used part of a half.
type Counter struct {
	Name string
	Rate float64 // a second, or the mean of a gauge; no numbers, and gauges below 0, are not used
	// Counted says that a database counts it by itself: nothing but a link makes it
	// do more. A gauge may be of anything, our own machine among it.
	Counted bool
}

// Observation is what came of one half.
type Observation struct {
	Half     int // index of the half it is about
	Samples  []Sample
	Counters []Counter

	Sent      int // requests sent to staging
	Succeeded int // of these, answered as expected
	// LateSent and LateSucceeded were told in the first part of the half, LatePart of it as a
	// share: a fleet's machines hand their numbers in, and these may be of the half before.
	LateSent, LateSucceeded int
	LatePart                float64
	Sham                    int // requests of the sham load
	// Flying is how many requests to staging were under way when the half began, Left how
	// many there were when its used part did, and InFlight their mean number in that: what is
	// left of a load that was taken away ends there.
	Flying   int
	Left     int
	InFlight float64

	Busy float64 // share of this machine's processors in use, 0 to 1; 0 where it is not known
	// Had is how long this program had a processor, its threads together, and Waited how long
	// it could have run and had none; 0 where it is not known.
	Had, Waited time.Duration

	// Amber says that production was over its amber limits at some time of the
	// half; being held amber for a while after does not count.
	Amber   bool
	Red     bool          // production turned red: the guard has cut the load
	RedAt   time.Duration // when, since the start of the half
	NoSight bool          // production could not be seen: the guard has cut the load
	// AmberAtEnd says that production counted as amber at the end of the half, held
	// so or not. Only dips look at it.
	AmberAtEnd bool
}

// Load is what runs in a half.
type Load string

// The loads.
const (
	On   Load = "on"   // staging at the upper level
	Off  Load = "off"  // staging at the lower level, mostly zero
	Sham Load = "sham" // as Off, and the difference goes elsewhere, from the same machine
	Zero Load = "zero" // nothing, after dips
)

// Half is what to do next.
type Half struct {
	Index   int           `json:"index"` // from 0
	Pair    int           `json:"pair"`  // from 0
	Load    Load          `json:"load"`
	Users   int           `json:"users"`   // on staging
	Length  time.Duration `json:"length"`  // of the half
	Discard time.Duration `json:"discard"` // start of it that will not be used
	// Sham is how many users the sham load imitates, at ShamRate requests a second:
	// what as many did on staging so far. The users of a sink that answers at once
	// would otherwise send far more.
	Sham     int     `json:"sham,omitempty"`
	ShamRate float64 `json:"sham_rate,omitempty"`
}
