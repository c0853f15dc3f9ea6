package session

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"crosstalk/loadengine"
)

// sham is a load that goes nowhere: an engine like the one that loads staging,
// aimed at a server in this very process. It costs this machine what the real
// load costs it, and nobody else anything.
type sham struct {
	engine  *loadengine.Engine
	server  *http.Server
	hits    atomic.Int64
	delay   atomic.Int64  // nanoseconds until an answer: makes the rate that of staging
	over    time.Duration // what a turn takes beyond the delay
	users   int           // of the half under way
	wanted  float64       // requests a second
	workers sync.WaitGroup
	cancel  context.CancelFunc
	unhook  func() bool
}

// newSham starts the sink and an idle engine. The permit is staging's own, and
// whoever pulls staging's brake pulls this one with it.
func newSham(ctx context.Context, unit Unit, users int, version string, permit *loadengine.Permit, brake *loadengine.Brake) (*sham, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the sham load's sink: %w", err)
	}
	x := &sham{}
	x.server = &http.Server{Handler: http.HandlerFunc(x.serve), ReadHeaderTimeout: 5 * time.Second}
	own := loadengine.NewBrake()
	most, rps := users, 0.0
	if unit.Rate() { // of answers that come at once, few users make many
		most, rps = DefaultUsers, float64(users)
	}
	x.engine, err = loadengine.New(loadengine.Plan{Base: "http://" + l.Addr().String(), Version: version, Mode: string(unit), MaxUsers: most, MaxRPS: rps,
		Journeys: []loadengine.Journey{{Name: "sham", Steps: []loadengine.Step{{URL: "/"}}}}}, permit, own, loadengine.Hooks{})
	if err != nil {
		_ = l.Close() // the error that matters is the plan's
		return nil, fmt.Errorf("prepare the sham load: %w", err)
	}
	x.engine.SetSlew(false)
	// Of this epoch: a stop ends the check, and the sham load with it.
	x.unhook = context.AfterFunc(brake.Context(), func() { own.Pull(loadengine.Stop{Reason: loadengine.ReasonPlan, By: BySession}) })
	ctx, x.cancel = context.WithCancel(ctx)
	x.workers.Go(func() { _ = x.server.Serve(l) })          // until close; it says no more than that
	x.workers.Go(func() { _ = x.engine.Run(ctx) })          // the end of ctx is no error
	x.workers.Go(func() { <-ctx.Done(); x.server.Close() }) // what hangs there is our own
	return x, nil
}

func (x *sham) serve(w http.ResponseWriter, r *http.Request) {
	x.hits.Add(1)
	if d := time.Duration(x.delay.Load()); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return
		}
	}
	w.WriteHeader(http.StatusOK)
}

// set makes so many users send at a rate together; nobody for 0.
func (x *sham) set(users int, rate float64) {
	if rate <= 0 {
		users = 0
	}
	x.users, x.wanted = users, rate
	if users > 0 {
		x.delay.Store(int64(max(0, time.Duration(float64(users)/rate*float64(time.Second))-x.over)))
	}
	x.engine.SetAsked(users)
}

// learn takes in how many requests a half brought, so that the next one comes
// nearer to what was wanted.
func (x *sham) learn(hits int64, length time.Duration) {
	if x.users == 0 || hits <= 0 || length <= 0 {
		return
	}
	turn := time.Duration(float64(length) * float64(x.users) / float64(hits))
	want := time.Duration(float64(x.users) / x.wanted * float64(time.Second))
	x.over = min(max(0, x.over+(turn-want)/2), want)
}

func (x *sham) close() {
	x.unhook()
	x.cancel()
	x.workers.Wait()
}
