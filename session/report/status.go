package report

import (
	"cmp"
	"slices"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// quietAfter is how long a session that has not ended may say nothing before
// it is told that nothing is heard of it.
const quietAfter = 5 * time.Second

// silentState is a session that should speak and does not: it broke off, its
// machine sleeps, or its disk stands still.
const silentState = "silent"

// goneState is a session whose process is known to be gone without a last line.
const goneState = "stopped unasked"

// Status answers "what are you doing right now?" for a program. Spans are in
// seconds; what is not known is null.
type Status struct {
	Schema     int         `json:"schema"`
	Session    string      `json:"session"`
	State      string      `json:"state"` // running, ended, silent, stopped unasked or empty
	At         time.Time   `json:"at"`
	Heard      *float64    `json:"heard_ago"` // since the newest event
	Elapsed    float64     `json:"elapsed"`   // by the clock, pauses and gaps included
	Worked     float64     `json:"worked"`    // without them: what counts for the timebox
	Paused     bool        `json:"paused"`
	Timebox    float64     `json:"timebox"`
	Left       *float64    `json:"left"` // negative: overtime; null without a timebox, or when it is over
	DoneAbout  *time.Time  `json:"done_about"`
	Driver     string      `json:"driver"` // who holds the dial
	People     []string    `json:"people"` // who is here, as far as that is known; of a session that is over, who was
	Charter    string      `json:"charter"`
	Target     string      `json:"target"`
	Fleet      *Fleet      `json:"fleet,omitempty"` // who sends the load, where that is not this machine
	Mode       string      `json:"mode,omitempty"`  // "rate": the dial counts requests a second, and so do all numbers of users
	Asked      int         `json:"asked"`
	Running    int         `json:"running"`
	Level      float64     `json:"level_seconds"` // how long asked has been so
	Limit      int         `json:"limit_users"`
	Ceiling    *int        `json:"ceiling"` // null: none
	LastGood   *int        `json:"last_good"`
	Staging    StatusEnv   `json:"staging"`
	Production StatusEnv   `json:"production"`
	Guard      StatusGuard `json:"guard"`
	LastStop   string      `json:"last_stop"`
	Notes      []Kind      `json:"notes_by_kind"`
	Open       int         `json:"open"`
	Latest     *StatusNote `json:"latest_note"`

	lost bool // nobody of the driver's is here
}

// amount is a number of the dial in its unit.
func (v *Status) amount(n int) string { return session.Unit(v.Mode).Of(n) }

// How an environment's latency goes.
const (
	better = "better"
	worse  = "worse"
	steady = "steady"
)

// StatusEnv is one environment now.
type StatusEnv struct {
	State  string   `json:"state"`
	Why    string   `json:"why,omitempty"`
	P50    *float64 `json:"p50"`
	P95    *float64 `json:"p95"`
	Errors *float64 `json:"errors"`
	Rate   *float64 `json:"rate"`
	Age    *float64 `json:"age"`   // of these numbers
	Trend  string   `json:"trend"` // better, worse, steady or not known: the last 30 s against the 30 s before
	Usual  *float64 `json:"usual_p50"`
	Build  string   `json:"build,omitempty"`
}

// StatusGuard is what the guard does now.
type StatusGuard struct {
	On    bool   `json:"on"`
	Blind bool   `json:"unguarded,omitempty"` // it is on, and has nothing of production to watch
	State string `json:"state"`
	Why   string `json:"why"`
	Cuts  int    `json:"cuts"`
	Holds int    `json:"holds"`
}

// StatusNote is the newest note of a person.
type StatusNote struct {
	Moment
	ID   string `json:"id"`
	By   string `json:"by"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// StatusJSON returns the Status of a session at now, ready to be encoded.
func StatusJSON(st *session.State, now time.Time) any { return status(st, now) }

func status(st *session.State, now time.Time) *Status {
	v := &Status{Schema: Schema, At: now.UTC(), State: Empty, Notes: []Kind{}, People: []string{}, Guard: StatusGuard{State: st.Guard.State},
		Staging: StatusEnv{State: noSight, Trend: NotKnown}, Production: StatusEnv{State: noSight, Trend: NotKnown}}
	if st.Seq == 0 {
		return v
	}
	lost, last := st.Ended != nil && st.Ended.Lost(), st.T
	if lost { // what was added later was not heard of it
		last = st.At(st.MS)
	}
	heard := max(0, now.Sub(last))
	ago := heard.Seconds()
	v.Heard = &ago
	elapsed := max(0, now.Sub(st.Began))
	switch {
	case st.Ended != nil && !lost:
		v.State, elapsed = Ended, st.Elapsed()
	case st.Gone || lost:
		v.State, elapsed = goneState, st.Elapsed()
	case heard > quietAfter:
		v.State, elapsed = silentState, st.Elapsed()
	default:
		v.State = Running
	}
	v.Session, v.Target, v.Charter, v.Mode = st.Start.ID, hidden(st.Start.Target), st.Charter, st.Start.Mode
	v.people(st)
	v.Fleet = fleetOf(st)
	ms := elapsed.Milliseconds()
	v.Elapsed, v.Worked, v.Timebox, v.Paused = elapsed.Seconds(), st.Worked(ms).Seconds(), st.Timebox.Seconds(), st.Paused
	if st.Timebox > 0 && v.State == Running {
		left := st.Left(ms)
		seconds, about := left.Seconds(), utc(now.Add(left))
		v.Left, v.DoneAbout = &seconds, &about
	}
	v.Asked, v.Running, v.Limit = st.Dial.Asked, st.Dial.Running, st.DialMax()
	v.Level = max(0, (elapsed - time.Duration(st.Dial.Since)*time.Millisecond).Seconds())
	if st.Dial.Ceiling >= 0 {
		v.Ceiling = &st.Dial.Ceiling
	}
	if st.Dial.LastGood > 0 {
		v.LastGood = &st.Dial.LastGood
	}
	at := now
	if v.State == Ended || v.State == goneState {
		at = last
	}
	seen := st.Context(at)
	v.Staging = statusEnv(st, staging, seen.Staging, func(s session.Second) session.Curve { return s.Load })
	v.Production = statusEnv(st, production, seen.Production, func(s session.Second) session.Curve { return s.Prod })
	v.Guard = StatusGuard{On: st.Start.NoGuard == "", State: st.Guard.State, Why: st.Guard.Why, Cuts: st.Guard.Cuts, Holds: st.Guard.Holds}
	v.Guard.Blind = v.Guard.On && st.Start.ID != "" && !st.Watched(production)
	if !v.Guard.On {
		v.Guard.Why = st.Start.NoGuard
	}
	if n := len(st.Stops); n > 0 {
		v.LastStop = st.Stops[n-1].Text
	}
	v.notes(st)
	return v
}

// people are who drives and who else is here: those who were named at the start,
// and who came since. Who is known to have left counts once all is over.
func (v *Status) people(st *session.State) {
	p := st.Pair
	v.Driver, v.lost = cmp.Or(p.Holder, st.Start.As), p.Lost >= 0 && v.State == Running
	gone := map[string]bool{}
	for _, who := range p.People {
		gone[who.Name] = who.Left >= 0 && v.State == Running && who.Name != v.Driver
	}
	add := func(name string) {
		if name != "" && !gone[name] && !slices.Contains(v.People, name) {
			v.People = append(v.People, name)
		}
	}
	for _, name := range st.Start.People {
		add(name)
	}
	for _, who := range p.People {
		add(who.Name)
	}
}

func (v *Status) notes(st *session.State) {
	by := map[string]uint64{}
	for _, n := range st.Notes.Notes {
		if n.Gone != nil || n.System {
			continue
		}
		by[string(n.Kind)]++
		if n.Open() {
			v.Open++
		}
		v.Latest = &StatusNote{Moment: Moment{Elapsed: secs(n.MS), T: utc(n.Moment())}, ID: n.ID, By: n.By, Kind: string(n.Kind), Text: n.Text}
	}
	for _, k := range notes.Kinds() {
		if c := by[string(k.Kind)]; c > 0 {
			v.Notes = append(v.Notes, Kind{Name: string(k.Kind), Count: c})
		}
	}
}

func statusEnv(st *session.State, env string, seen notes.Seen, of func(session.Second) session.Curve) StatusEnv {
	v := StatusEnv{State: seen.State, Why: seen.Detail, P50: seen.P50, P95: seen.P95, Errors: seen.Errors, Rate: seen.Rate, Age: seen.Age, Build: seen.Build,
		Trend: trend(&st.Fine, st.MS, of)}
	for _, t := range st.Baseline.Thresholds {
		if t.Env == env && t.N > 0 && t.P50 >= 0.00005 && (v.Usual == nil || t.P50 > *v.Usual) {
			v.Usual = &t.P50
		}
	}
	return v
}

// What makes a trend: the median second's p95 of the last half minute against
// that of the half minute before, by a fifth and by 5 ms.
const (
	trendSpan  = 30_000 // milliseconds
	trendLeast = 5      // seconds that each half needs
	trendShare = 1.2
	trendFloor = 0.005
)

func trend(r *session.Ring, ms int64, of func(session.Second) session.Curve) string {
	half := func(from, to int64) (*float64, int) {
		var list []second
		for _, s := range r.Range(from, to) {
			if c := of(s); c.OK {
				list = append(list, second{p95: &c.P95})
			}
		}
		median, _ := middle(list, func(s second) *float64 { return s.p95 })
		return median, len(list)
	}
	before, n := half(ms-2*trendSpan, ms-trendSpan)
	after, m := half(ms-trendSpan, ms+1)
	switch {
	case n < trendLeast || m < trendLeast:
		return NotKnown
	case *after > *before*trendShare && *after > *before+trendFloor:
		return worse
	case *before > *after*trendShare && *before > *after+trendFloor:
		return better
	}
	return steady
}
