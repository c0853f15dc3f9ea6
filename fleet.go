package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"crosstalk/loadengine"
	"crosstalk/loadengine/locust"
	"crosstalk/session"
)

// A fleet is slower than the engine of this machine: Locust's master tells its
// workers, and its statistics come a second later.
const (
	fleetBegin = 10 * time.Second
	fleetDrain = 12 * time.Second
	// Workers hand in once a second, and the master is asked once a second.
	fleetLate = 2250 * time.Millisecond
)

// fleet makes the session's load come from a Locust master, where the
// configuration or --locust names one; nil otherwise.
func (f *liveFlags) fleet(ctx context.Context, cfg *session.Config, plan loadengine.Plan, id string) (*session.Fleet, error) {
	address := cfg.Engine.Locust
	if f.locust != "" {
		address = f.locust
	}
	if address == "" {
		return nil, nil //nolint:nilnil // no fleet is no error
	}
	if plan.Mode == loadengine.ModeRate {
		return nil, usage(errors.New("a Locust fleet is driven by users: leave --mode rate out"))
	}
	if f.results != "" {
		return nil, usage(errors.New("a Locust fleet does not tell its requests one by one: leave --results out"))
	}
	if cfg.Staging.URL == "" {
		return nil, usage(errors.New("a Locust fleet needs to know where its load may go: give staging.url (or --target)"))
	}
	hosts, err := plan.Places()
	if err != nil {
		return nil, usage(err)
	}
	o := locust.Options{URL: address, Login: cfg.Engine.Login, Session: id, Host: plan.Base, Hosts: hosts, Forbidden: plan.Forbidden,
		MaxUsers: plan.MaxUsers, MaxRPS: plan.MaxRPS, Glide: plan.Glide}
	hint := ""
	if j := cfg.Staging.Journeys; len(j) > 1 || len(j) == 1 && len(j[0].Steps) > 1 {
		hint = "the fleet's users do what its locustfile says: the journeys of the configuration are not walked"
	}
	return &session.Fleet{Address: cfg.Mask(locust.Shown(address)), Lease: locust.Lease, Begin: fleetBegin, Drain: fleetDrain, Late: fleetLate, Hint: hint,
		Make: func(p *loadengine.Permit, b *loadengine.Brake, h loadengine.Hooks) (session.Engine, string, error) {
			e, err := locust.New(ctx, o, p, b, h)
			if err != nil {
				return nil, "", usage(errors.New("reach the fleet: " + cfg.Mask(err.Error())))
			}
			if f.headless && !e.Leased() {
				fmt.Fprintln(os.Stderr, "crosstalk: the fleet is not on the lease: if this program dies, its load goes on; "+cfg.Mask(e.Remedy()))
			}
			return e, e.Remedy(), nil
		}}, nil
}
