package loadengine

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const (
	slewLeast = 2.0 // users a second
	slewShare = 0.1 // of running, a second

	// spacingLag is how late a send may be and the next one still keep its
	// place under MaxRPS: timers are that coarse. Beyond it the time is lost;
	// nothing is caught up.
	spacingLag = 2 * time.Millisecond

	// controlLag bounds the rise that one late visit of the control goroutine
	// may bring: after a stall or before Run, time passes without credit.
	controlLag = 100 * time.Millisecond
)

var _ vegeta.Pacer = (*schedule)(nil)

// schedule decides who sends and when. It is one of vegeta's Pacers, asked
// before every hit, and it blocks until a user is due. All of its own state is
// under one lock that is never held over anything that waits.
type schedule struct {
	brake   *Brake
	program *program
	began   time.Time
	seed    uint64
	max     int
	spacing int64 // nanoseconds between two sends, 0 for none

	wake     chan struct{} // someone became due before the pacer expected it
	stop     chan struct{}
	drained  chan struct{} // nobody is in flight any more
	assigned chan *user    // from Pace to who asked; has room for everyone, so neither waits

	mu       sync.Mutex
	users    []user
	free     []*user
	active   []*user // running, in the order they joined
	leaving  []*user // removed, with a request still in flight
	waiting  heap
	flying   int
	zeroAt   time.Time // when flying last came to 0
	serial   uint64
	nextSend int64
	wakeAt   int64 // when the pacer looks again by itself
	timer    *time.Timer
	stopped  bool
	epoch    *epoch // of the brake, in which asked was set

	asked   int
	level   atomic.Pointer[level] // of asked; read by the statistics
	settled bool                  // running was as asked at the last look, heldAt
	heldAt  int64
	ceiling int // -1 for none
	glide   float64
	slew    bool
	credit  float64 // users earned by glide and slew and not yet added
	moved   int64

	slewFactor float64

	open open
	most int // that may be asked for

	live struct{ asked, running, inFlight, ceiling, users atomic.Int64 }
}

func newSchedule(p Plan, prog *program, brake *Brake) *schedule {
	s := &schedule{
		brake: brake, epoch: brake.epoch.Load(), program: prog, began: time.Now(), seed: p.Seed, max: p.MaxUsers,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), drained: make(chan struct{}, 1),
		assigned: make(chan *user, p.MaxUsers),
		users:    make([]user, p.MaxUsers), free: make([]*user, 0, p.MaxUsers),
		wakeAt: math.MinInt64, ceiling: -1, glide: p.Glide, slew: true, slewFactor: 1,
	}
	s.most = p.DialMax()
	s.open.on, s.open.at = p.Mode == ModeRate, math.MaxInt64
	if p.MaxRPS > 0 {
		s.spacing = int64(float64(time.Second) / p.MaxRPS)
	}
	for i := p.MaxUsers - 1; i >= 0; i-- {
		s.users[i] = newUser(i)
		s.free = append(s.free, &s.users[i])
	}
	s.live.ceiling.Store(-1)
	s.beginLevel()
	return s
}

func (s *schedule) now() int64 { return int64(time.Since(s.began)) }

// Pace waits for the next user that is due and assigns it. It is called from one
// goroutine, and watches its own stop.
func (s *schedule) Pace(time.Duration, uint64) (time.Duration, bool) {
	for {
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return 0, true
		}
		now := s.now()
		u, next := s.nextDue(now)
		if u != nil {
			s.begin(u)
			s.flying++
			s.live.inFlight.Store(int64(s.flying))
			s.wakeAt = math.MinInt64
			s.mu.Unlock()
			s.assigned <- u
			return 0, false
		}
		s.wakeAt = next
		if s.timer == nil {
			s.timer = time.NewTimer(time.Duration(next - now))
		} else {
			s.timer.Reset(time.Duration(next - now))
		}
		s.mu.Unlock()
		select {
		case <-s.wake:
		case <-s.timer.C:
		case <-s.stop:
		}
	}
}

// begin is what every turn begins with.
func (s *schedule) begin(u *user) {
	u.flying = true
	u.level, u.held = s.level.Load(), s.settled
}

// onward ends a user's turn as landed does, unless its next one is due at once:
// then that begins, and it returns true. Others that are due lose nothing by it,
// since there is a goroutine for each.
func (s *schedule) onward(u *user, wait time.Duration) bool {
	if wait > 0 || s.spacing > 0 || s.open.on {
		s.landed(u, wait)
		return false
	}
	s.mu.Lock()
	if u.gone.Load() || s.stopped {
		s.mu.Unlock()
		s.landed(u, wait)
		return false
	}
	u.due = s.now()
	s.begin(u)
	s.mu.Unlock()
	return true
}

// String describes the pacer, as vegeta's Pacer interface asks.
func (s *schedule) String() string {
	if s.open.on {
		return "open model"
	}
	return "closed model"
}

// Rate is vegeta's forecast of hits a second at a time. Nobody can know it of a
// closed model: it follows the server.
func (s *schedule) Rate(time.Duration) float64 { return 0 }

// nextDue returns the user whose send is due, or nil and when to look again.
func (s *schedule) nextDue(now int64) (*user, int64) {
	if s.open.on {
		return s.nextOpen(now)
	}
	if len(s.waiting) == 0 {
		return nil, math.MaxInt64
	}
	next := max(s.waiting[0].due, s.nextSend)
	if next > now {
		return nil, next
	}
	u := s.waiting.pop()
	u.due = next // under MaxRPS its turn comes later than its wish
	s.space(now)
	return u, now
}

// space books the next send under MaxRPS.
func (s *schedule) space(now int64) {
	if s.spacing == 0 {
		return
	}
	from := s.nextSend
	if now-from > max(s.spacing, int64(spacingLag)) {
		from = now
	}
	s.nextSend = from + s.spacing
}

// park lets a user wait until due, and wakes the pacer if that is before it
// would look by itself.
func (s *schedule) park(u *user, due int64) {
	u.due = due
	s.waiting.push(u)
	if !s.open.on { // there the clock alone says when
		s.look(max(due, s.nextSend))
	}
}

// look wakes the pacer if it would look by itself only after at.
func (s *schedule) look(at int64) {
	if at < s.wakeAt {
		s.wakeAt = math.MinInt64
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// landed ends a user's turn: it thinks for wait, or is gone.
func (s *schedule) landed(u *user, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.flying = false
	s.flying--
	s.live.inFlight.Store(int64(s.flying))
	if s.flying == 0 {
		s.zeroAt = time.Now()
		select {
		case s.drained <- struct{}{}:
		default:
		}
	}
	if u.gone.Load() {
		s.unleave(u)
		s.release(u)
		return
	}
	s.park(u, s.now()+int64(wait))
}

// obey lets go of everyone when the brake is latched, or was since asked was
// set: what was asked before a stop does not come back with its release. The
// brake is read under the lock, so that a late look never undoes a newer one.
func (s *schedule) obey() (latched bool) {
	e := s.brake.epoch.Load()
	latched = e.latched()
	if e != s.epoch || latched {
		s.epoch = e
		s.toAsk(0)
		s.adjust()
	}
	return latched
}

// tend is the control goroutine's regular visit.
func (s *schedule) tend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.obey()
	s.adjust()
}

// ask sets the setpoint. A latched brake keeps it at 0.
func (s *schedule) ask(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.obey() || s.stopped {
		return
	}
	s.toAsk(min(max(n, 0), s.most))
	s.adjust()
}

// set changes a limit and follows it at once.
func (s *schedule) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.adjust()
}

// close ends the pacer and removes everyone, for good.
func (s *schedule) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	s.toAsk(0)
	s.adjust()
	close(s.stop)
}

// ground forgets users that were assigned and not sent for at the end.
func (s *schedule) ground() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flying > 0 {
		s.flying = 0
		s.zeroAt = time.Now()
	}
	s.live.inFlight.Store(0)
}

// flight tells how many are in flight, and when there were last none.
func (s *schedule) flight() (flying int, zeroAt time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying, s.zeroAt
}

// moving tells whether running has not arrived, or removed users still fly.
func (s *schedule) moving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running() != s.target() || len(s.leaving) > 0
}
