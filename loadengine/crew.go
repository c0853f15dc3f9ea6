package loadengine

import (
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// crew are the goroutines that send. They do what vegeta's attacker would: it
// asks the same Pacer, and sends the same Targets. But a goroutine whose user is
// due again at once goes on by itself, where vegeta hands every turn and every
// result from goroutine to goroutine (BenchmarkBesideVegeta has what that
// costs), and those that are not needed any more end.
type crew struct {
	engine *Engine
	give   chan *user    // without room: who waits here takes the turn
	leave  chan struct{} // ends one that waits
	idle   atomic.Int64
	spare  int64 // the fewest that were idle since the last look
	all    sync.WaitGroup
}

const (
	spareEvery = time.Second // how often it is looked for goroutines without work
	spareLeast = 16          // that many stay
)

func newCrew(e *Engine) *crew {
	return &crew{engine: e, give: make(chan *user), leave: make(chan struct{})}
}

// run gives every turn that is due to somebody, until the schedule is closed,
// and returns when nobody sends any more.
func (c *crew) run() {
	s := c.engine.schedule
	for {
		// An own schedule needs neither the time nor the count that vegeta keeps.
		if _, stop := s.Pace(0, 0); stop {
			break
		}
		u := <-s.assigned
		select {
		case c.give <- u:
		default:
			c.all.Add(1)
			go c.work(u)
		}
	}
	close(c.give)
	c.all.Wait()
}

// work takes turn after turn.
func (c *crew) work(u *user) {
	defer c.all.Done()
	k := new(kit)
	for {
		for again := true; again; {
			again = c.engine.turn(u, k)
		}
		k.rest()
		c.idle.Add(1)
		var ok bool
		select {
		case u, ok = <-c.give:
		case <-c.leave:
		}
		c.idle.Add(-1)
		if !ok {
			return
		}
	}
}

// thin ends goroutines that were idle all the time since the last look.
func (c *crew) thin() {
	for n := c.spare - spareLeast; n > 0; n-- {
		select {
		case c.leave <- struct{}{}:
		default:
		}
	}
	c.spare = c.idle.Load()
}

// look keeps the fewest that were idle.
func (c *crew) look() { c.spare = min(c.spare, c.idle.Load()) }

// turn is one whole turn of a user. It returns true if the next one has begun
// with it.
func (e *Engine) turn(u *user, k *kit) bool {
	_ = e.gate.turn(u, k) // what became of it is in the outcome
	o := u.out
	o.late = max(0, u.began.Sub(e.schedule.began)-time.Duration(u.due))
	e.stats.record(u.step, o, u.level, u.held)
	e.tell(u, o)
	return e.schedule.onward(u, u.advance(e.program, o))
}

// turn sends the user's next step. The error says why there was no answer.
func (g *gate) turn(u *user, k *kit) error {
	var t vegeta.Target
	u.fill(&t)
	r, err := request(u.step, &t, k)
	if err != nil {
		u.out.kind = "bad url"
		return err
	}
	return g.send(u, r, k)
}

// request makes a request of a target; its header is the user's to give.
func request(s *step, t *vegeta.Target, k *kit) (*http.Request, error) {
	to := s.parsed
	if to == nil {
		var err error
		if to, err = url.Parse(t.URL); err != nil {
			return nil, err
		}
	}
	k.request = http.Request{Method: t.Method, URL: to, Host: to.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	r := &k.request
	if len(t.Body) > 0 {
		body := t.Body
		r.Body, r.ContentLength = &payload{data: body}, int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return &payload{data: body}, nil }
	}
	return r, nil
}
