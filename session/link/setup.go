package link

import "time"

// Setup is what a check is made of.
type Setup struct {
	Profile Profile
	Seed    uint64 // of the coins; recorded in the verdict
	Users   int    // staging's load in the halves that are on
	// OffUsers is staging's load in the other halves: 0, or a level that an earlier
	// check reached.
	OffUsers int
	Before   Before // what those told of OffUsers
	// Timeout is the latency that an unanswered probe counts as; 0 for 2 s.
	Timeout time.Duration
	// StagingP95 is staging's usual 95th percentile. Three times that is discarded
	// at the start of each half when it is more than the profile's.
	StagingP95 time.Duration
	Mix        string // the requests used, in words, for the verdict
	ShamTo     string // where the sham load goes, in words, for the verdict
	Here       bool   // production answers from this machine: they share its processors
	Proxy      string // through which both load and production's checks go; empty: none
	// Asked are the counters that are read of production: one that gave no number in
	// the quiet phase is missed. Their rates are not used.
	Asked []Counter
	// Unasked are the names of those that were to be read and have no check: nobody can
	// look at one.
	Unasked []string
	skip    int    // pairs of the order that have been made and do not count
	Unit    string // of Users and of all that is said of them, such as req/s; empty: users
}
