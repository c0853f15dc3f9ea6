package loadengine

import (
	"errors"
	"net/url"
	"sync"
)

// Kinds of a Finding.
const (
	FindingRedirect  = "redirect"  // a response led to a host that load may not reach, of a step that does not expect it; it was not followed
	FindingLocation  = "location"  // a response of Host led to what is no address, of a step that does not expect it; it was not followed
	FindingHost      = "host"      // a step led there; it was not sent
	FindingForbidden = "forbidden" // a step or redirect led to an address of production's checks
	FindingAddress   = "address"   // a host resolved to an address of production's checks
	FindingData      = "data"      // more users than data rows: rows are in use twice
	FindingCrowded   = "crowded"   // in ModeRate: every user is busy while a request is due, which is dropped
	FindingCapped    = "capped"    // in ModeRate: redirects that are followed take a send's place under MaxRPS, and it is dropped
	FindingNodes     = "nodes"     // an engine on several machines says something in Text
)

// Finding is something the engine noticed that a person should know. It comes
// through Hooks.Finding once for each kind and host; Engine.Findings has the
// counts up to now.
type Finding struct {
	Kind   string
	Host   string // host:port, as it stands in the configuration; empty for data
	Step   string // the first step that met it
	Addr   string // what the host resolved to, where that is the trouble
	Count  uint64
	Remedy string // the line of configuration to add; empty where there is none
	Text   string // the whole sentence, where Kind alone does not tell
}

// maxFindings bounds what a templated host can make of us.
const maxFindings = 200

type findings struct {
	tell func(Finding)

	mu  sync.Mutex
	all []*Finding
}

func (f *findings) note(n Finding) {
	f.mu.Lock()
	for _, old := range f.all {
		if old.Kind == n.Kind && old.Host == n.Host {
			old.Count++
			f.mu.Unlock()
			return
		}
	}
	if len(f.all) >= maxFindings {
		f.mu.Unlock()
		return
	}
	n.Count = 1
	kept := n // the next to meet it counts on it while this one is still being told
	f.all = append(f.all, &kept)
	f.mu.Unlock()
	if f.tell != nil {
		f.tell(n)
	}
}

// refused notes a host that the allow-list did not let through.
func (f *findings) refused(kind string, u *url.URL, step string, err error) {
	p := spelled(u.Scheme, u.Host)
	n := Finding{Kind: kind, Host: p.String(), Step: step, Remedy: hostsLine(p)}
	if errors.Is(err, errForbidden) {
		n.Kind, n.Remedy = FindingForbidden, ""
	}
	f.note(n)
}

func (f *findings) list() []Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Finding, len(f.all))
	for i, n := range f.all {
		all[i] = *n
	}
	return all
}
