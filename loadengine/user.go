package loadengine

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const (
	backoffLeast = 10 * time.Millisecond
	backoffMost  = time.Second
)

// user is one virtual user. While it thinks it is only this struct on a heap:
// it has no goroutine of its own.
//
// The first block belongs to the schedule, under its lock. The rest belongs to
// whoever holds the user's turn: the worker from the Targeter to the Result,
// then the goroutine that drains results; between two turns nobody touches it.
// One request in flight at most is what makes that safe without a lock.
type user struct {
	slot    int32
	heapAt  int32 // place on the heap of waiting users, -1 off it
	leaveAt int32 // place among the leaving
	flying  bool
	due     int64 // nanoseconds since the schedule began
	gone    atomic.Bool
	level   *level // in which its turn was given
	held    bool   // running was as asked then

	row     map[string]string
	random  *rand.PCG
	saved   []map[string]string // by journey
	jar     *cookiejar.Jar
	once    []bool // by journey: its once steps have run
	journey *journey
	inOnce  bool
	at      int
	step    *step
	failed  int  // requests in a row that reached nobody
	again   bool // the journey is walked again, because a step of it failed
	began   time.Time
	ticket  ticket        // in the sequence of results
	first   *http.Request // as it was sent, before redirects
	sent    *http.Request // the last of its requests, until its answer has come
	trace   string        // the traceparent that was sent
	lot     bool          // drawn as an example of good answers
	out     outcome
}

// fate is what became of a turn.
type fate uint8

const (
	fateNotBuilt  fate = iota // no request could be made of it: the gate never saw it
	fateAnswered              // a response, good or bad
	fateFailed                // no response
	fateTimeout               // no whole response in time
	fateCancelled             // the brake or the end of the run took it back
	fateUnsent                // the brake, the permit or a removal stopped it before it was sent
)

// outcome is one finished turn, for the statistics and for the user's next step.
type outcome struct {
	fate    fate
	code    int
	kind    string // of error; empty for a good response
	latency time.Duration
	late    time.Duration // from when the send was due until it was begun
	in, out int64         // bytes of bodies
	hops    int           // redirects that were followed
	cached  bool          // a cache answered
	login   bool          // it ended at a login page
	astray  bool          // it was a redirect to where load may not go, or to no address
	server  string
}

func newUser(slot int) user {
	return user{slot: int32(slot), heapAt: -1, leaveAt: -1}
}

// join makes the user a new person: no cookies, nothing saved, not logged in.
func (u *user) join(p *program, seed, serial uint64) {
	if u.random == nil {
		u.random = rand.NewPCG(seed, serial)
	} else {
		u.random.Seed(seed, serial)
	}
	if len(p.data) > 0 {
		u.row = p.data[int(u.slot)%len(p.data)]
	}
	u.gone.Store(false)
	u.choose(p)
}

// leave forgets what the user knew, so that a free slot keeps no memory.
func (u *user) leave() {
	u.row, u.saved, u.jar, u.once, u.journey, u.step = nil, nil, nil, nil, nil, nil
	u.failed, u.again = 0, false
}

// choose begins a journey, taken by weight.
func (u *user) choose(p *program) {
	u.again = false
	u.journey = p.journeys[0]
	if len(p.journeys) > 1 {
		n := rand.New(u.random).IntN(p.weights)
		for _, j := range p.journeys {
			if n -= j.weight; n < 0 {
				u.journey = j
				break
			}
		}
	}
	u.restart()
}

// restart goes to the first step of the journey, the once steps before it if
// they are due.
func (u *user) restart() {
	u.at = 0
	u.inOnce = len(u.journey.once) > 0 && (u.once == nil || !u.once[u.journey.index])
	if u.inOnce {
		u.step = u.journey.once[0]
		return
	}
	u.step = u.journey.steps[0]
}

// retry starts the journey again in which a step failed. When that fails too,
// the next one is drawn by weight: a journey that nobody gets through would
// keep every user that draws it, until nothing else is walked any more.
func (u *user) retry(p *program) {
	if u.again {
		u.choose(p)
		return
	}
	u.again = true
	u.restart()
}

// advance moves to the next step by the outcome of the last one and returns how
// long the user thinks before it.
func (u *user) advance(p *program, o outcome) time.Duration {
	if o.fate == fateUnsent || o.fate == fateCancelled {
		u.restart()
		return backoffLeast // if the permit has lapsed, the brake follows within milliseconds
	}
	s, j := u.step, u.journey
	if o.kind != "" {
		if o.code == 401 {
			clear(u.once)
		}
		u.retry(p)
		return max(u.think(s, j.think), u.backOff(o))
	}
	u.failed = 0
	u.at++
	switch {
	case u.inOnce && u.at < len(j.once):
		u.step = j.once[u.at]
		return u.think(s, Think{})
	case u.inOnce:
		if u.once == nil {
			u.once = make([]bool, len(p.journeys))
		}
		u.once[j.index] = true
		u.restart()
		return u.think(s, Think{})
	case u.at < len(j.steps):
		u.step = j.steps[u.at]
		return u.think(s, Think{})
	default:
		u.choose(p)
		return u.think(s, j.think)
	}
}

// think draws the pause after a step.
func (u *user) think(s *step, otherwise Think) time.Duration {
	t := otherwise
	if s.think != nil {
		t = *s.think
	}
	if t.Max <= t.Min {
		return t.Min
	}
	return t.Min + time.Duration(rand.New(u.random).Int64N(int64(t.Max-t.Min)+1))
}

// backOff keeps a user without think time from spinning on a server that is not
// there: 10 ms, doubled with every failure up to 1 s.
func (u *user) backOff(o outcome) time.Duration {
	if o.fate == fateAnswered || o.fate == fateTimeout {
		u.failed = 0
		return 0
	}
	wait := backoffMost
	if u.failed < 7 {
		wait = min(backoffLeast<<u.failed, backoffMost)
	}
	u.failed++
	return wait
}

// value is what {{name}} stands for: a value that this journey saved, else the
// user's data. What another journey saves under the same name is another value.
func (u *user) value(name string) string {
	if i := u.journey.index; i < len(u.saved) {
		if v, ok := u.saved[i][name]; ok {
			return v
		}
	}
	return u.row[name]
}

func (u *user) save(name, value string) {
	i := u.journey.index
	for len(u.saved) <= i {
		u.saved = append(u.saved, nil)
	}
	if u.saved[i] == nil {
		u.saved[i] = make(map[string]string)
	}
	u.saved[i][name] = value
}

// own appends what is the user's own: its row, and what all journeys have saved.
func (u *user) own(to []string) []string {
	for _, value := range u.row {
		to = append(to, value)
	}
	for _, journey := range u.saved {
		for _, value := range journey {
			to = append(to, value)
		}
	}
	return to
}

// fill writes the user's next request into t.
func (u *user) fill(t *vegeta.Target) {
	s := u.step
	u.out, u.ticket, u.lot = outcome{}, ticket{}, false
	t.Method = s.method
	t.URL = s.fixedURL
	if s.fixedURL == "" {
		t.URL = u.renderURL(s)
	}
	t.Body = s.fixedBody
	if len(s.body.parts) > 0 {
		t.Body = s.body.render(nil, u.value)
	}
	u.out.out = int64(len(t.Body))
	u.began = time.Now()
}

func (u *user) renderURL(s *step) string {
	b := s.url.render(make([]byte, 0, 128), u.value)
	if i := bytes.IndexByte(b, '#'); i >= 0 {
		b = b[:i]
	}
	text := encodeSpaces(string(b))
	if strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") {
		text = s.origin + text // a saved path, as in a Location
	}
	return text
}
