// Package notify tells people and graphs outside of the program about the few moments of a session that concern
// them. It pulls the event log like any viewer, so nothing of a session ever waits for it: a webhook that hangs
// delays its own messages alone.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"crosstalk/session"
)

// Source is what a session gives to those who follow it.
type Source interface {
	// Since returns the events after seq, waiting until there is one, and session.ErrEnded behind the last.
	Since(ctx context.Context, seq uint64) ([]session.Event, error)
	// Snapshot returns a copy of the state.
	Snapshot() *session.State
}

// Options says who is told.
type Options struct {
	To session.NotifyConfig
	// Failed hears of messages that were lost, at most once a minute for the same reason. It must not wait; nil
	// hears nothing. No address and no token is ever in its words.
	Failed func(session.NotifyFailed)

	times times             // zero: the usual ones
	trip  http.RoundTripper // nil: the network
}

// times are the spans that tests shorten.
type times struct {
	answer time.Duration   // to wait for an answer
	pauses []time.Duration // before each further try
}

// The spans of what is told.
const (
	holdFor    = 30 * time.Second // a hold this long concerns others
	burstFor   = 2 * time.Second  // moves of the dial within it are one annotation
	answerFor  = 5 * time.Second
	sayEvery   = time.Minute // the same failure is said at most this often
	countEvery = 10 * time.Second
)

// Follower tells until its session has ended.
type Follower struct {
	stop  context.CancelFunc
	done  chan struct{}
	tally *tally
}

// Follow begins to tell about all events from here on, until the session's last one or until ctx is done. When
// nobody is to be told it does nothing.
func Follow(ctx context.Context, s Source, o Options) *Follower {
	f := &Follower{done: make(chan struct{}), tally: newTally(o.Failed)}
	if !o.To.Any() {
		f.stop = func() {}
		close(f.done)
		return f
	}
	if o.times.answer == 0 {
		o.times = times{answer: answerFor, pauses: []time.Duration{time.Second, 4 * time.Second}}
	}
	ctx, f.stop = context.WithCancel(ctx)
	t := newTeller(s, o, f.tally)
	go func() {
		defer close(f.done)
		t.run(ctx)
	}()
	return f
}

// Wait gives the last messages so long to leave, once the session has ended, and then ends the telling. Its error
// says what could not be told any more and stands in no journal.
func (f *Follower) Wait(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-f.done:
	case <-t.C:
	}
	f.stop()
	<-f.done
	var lost []error
	for _, l := range f.tally.unsaid() {
		lost = append(lost, fmt.Errorf("%s could not be told: %s (%s)", l.Target, l.Why, count(l.Count, "message")))
	}
	return errors.Join(lost...)
}

// teller turns events into messages.
type teller struct {
	s       Source
	seq     uint64
	tally   *tally
	webhook *sender // nil: nobody
	grafana *sender
	board   session.GrafanaNotify

	start   session.Start // of the session: its name, target and charter
	again   bool          // it is a session taken up again
	held    <-chan time.Time
	holding *session.GuardChange // newest step of a hold that has not been told; nil: none
	burst   *burst
	burstUp <-chan time.Time
}

func newTeller(s Source, o Options, y *tally) *teller {
	st := s.Snapshot()
	t := &teller{s: s, seq: st.Seq, tally: y, start: st.Start}
	t.start.Charter = st.Charter
	client := newClient(o.trip)
	if o.To.Webhook != "" {
		t.webhook = &sender{target: "webhook", url: o.To.Webhook, client: client, times: o.times, tally: y, queue: newQueue()}
	}
	if g := o.To.Grafana; g != nil {
		t.board = *g
		if len(t.board.Tags) == 0 {
			t.board.Tags = []string{"crosstalk"}
		}
		t.grafana = &sender{target: "grafana", url: annotations(g.URL), token: g.Token, client: client, times: o.times, tally: y, queue: newQueue()}
	}
	return t
}

// run starts whatever runs here, and returns when all of it has ended.
func (t *teller) run(ctx context.Context) {
	batches := make(chan []session.Event)
	var senders, rest sync.WaitGroup
	rest.Go(func() { t.pull(ctx, batches) })
	for _, s := range []*sender{t.webhook, t.grafana} {
		if s != nil {
			senders.Go(func() { s.run(ctx) })
		}
	}
	sent := make(chan struct{})
	rest.Go(func() {
		senders.Wait()
		close(sent)
	})
	t.tell(batches, sent)
	rest.Wait()
}

// pull reads the log, and closes batches behind its end.
func (t *teller) pull(ctx context.Context, batches chan<- []session.Event) {
	defer close(batches)
	for seq := t.seq; ; {
		events, err := t.s.Since(ctx, seq)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, session.ErrEnded) {
				t.tally.add("session's log", "it can't be read any more, so nothing more is told", 1)
			}
			return
		}
		select {
		case batches <- events:
			seq = events[len(events)-1].Seq
		case <-ctx.Done():
			return
		}
	}
}

// tell takes events until there are no more, and returns when what they said has been sent.
func (t *teller) tell(batches <-chan []session.Event, sent <-chan struct{}) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		select {
		case events, more := <-batches:
			for _, e := range events {
				t.take(e)
			}
			if !more {
				batches, t.held = nil, nil
				t.flush()
				for _, s := range []*sender{t.webhook, t.grafana} {
					if s != nil {
						s.queue.end()
					}
				}
				t.tally.end()
			}
		case <-t.held:
			t.heldLong()
		case <-t.burstUp:
			t.flush()
		case <-tick.C:
			t.tally.due(time.Now())
		case <-sent:
			return
		}
	}
}
