package report

import (
	"fmt"

	"crosstalk/session"
)

// Fleet is who sends the load now, where that is not this machine.
type Fleet struct {
	Address string  `json:"address"` // of Locust's master
	Leased  bool    `json:"leased"`  // it lets go by itself when Crosstalk dies
	Workers int     `json:"workers"`
	Lost    int     `json:"lost"` // workers that were there and are not, or hold no permit
	CPU     float64 `json:"cpu"`  // of the busiest worker, in percent of one core
}

func fleetOf(st *session.State) *Fleet {
	f := st.Start.Fleet
	if f == nil {
		return nil
	}
	v := &Fleet{Address: hidden(f.Address), Leased: f.Leased}
	if n := st.Load.Nodes; n != nil {
		v.Workers, v.Lost, v.CPU = n.Workers, n.Lost, n.CPU
	}
	return v
}

// from tells on the card where the load comes from; nothing where it is this
// machine.
func (f *Fleet) from() string {
	if f == nil {
		return ""
	}
	text := fmt.Sprintf(" from %d Locust workers", f.Workers)
	if f.Workers == 1 {
		text = " from 1 Locust worker"
	}
	if f.Lost > 0 {
		text += fmt.Sprintf(", %d lost", f.Lost)
	}
	if !f.Leased {
		text += ", NOT ON THE LEASE"
	}
	return text
}

// fleetWords tells what a reader has to know of a fleet's numbers.
func fleetWords(f *session.FleetInfo) string {
	const round = "; it rounds response times to two digits"
	if f.Leased {
		return fmt.Sprintf(", on a lease of %.0f s", f.Lease) + round
	}
	return ", not on the lease: it would have gone on if Crosstalk had died" + round
}
