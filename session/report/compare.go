package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"crosstalk/session"
)

// Verdicts on a difference.
const (
	NoChange = "no visible change"
	Higher   = "higher"
	Lower    = "lower"
)

// Bounds of a comparison.
const (
	spreadSeconds = 5     // measured seconds that a part of a level needs to count for the spread
	smallest      = 0.001 // seconds; a difference below it is never called a change
	sureErrors    = 3.0   // standard errors between two shares of errors that are no chance
)

// Comparison is two sessions side by side. Latencies are seconds, shares are 0
// to 1; what is not known is null.
type Comparison struct {
	Schema     int           `json:"schema"`
	Comparable bool          `json:"comparable"`
	Same       []string      `json:"same"`    // of journeys, data, machine, think time, noise and the like
	Differs    []string      `json:"differs"` // each with both sides; any of them makes the sessions not comparable
	Aside      []string      `json:"aside"`   // what differs and may be what the comparison is for
	A          Compared      `json:"a"`
	B          Compared      `json:"b"`
	Staging    Spread        `json:"staging_spread"`
	Production Spread        `json:"production_spread"`
	Levels     []LevelsAside `json:"levels"`
}

// Compared names one of the two sessions.
type Compared struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	Began   *string `json:"began"`
	Seconds float64 `json:"seconds"`
	Machine string  `json:"machine"`
	Build   string  `json:"build"`
}

// Spread is how far the p95 of equal levels lies apart within one session: the
// greatest ratio of two parts at the same number of users. A part is a visit of
// a level; a visit of ten measured seconds or more counts as its two halves, so
// that there is a spread also where no level was visited twice. Of both sessions
// the greater one is taken. A difference between the sessions inside it may be
// nothing but chance.
type Spread struct {
	Ratio *float64 `json:"ratio"` // 1.2: equal levels lay up to 20 % apart; null when no two equal parts were measured
	Pairs int      `json:"pairs"`
	Users int      `json:"users"` // the level it was seen at
}

// LevelsAside is one number of users in both sessions.
type LevelsAside struct {
	Users      int    `json:"users"`
	A          *Side  `json:"a"` // null: not visited, or not long enough to measure
	B          *Side  `json:"b"`
	Staging    string `json:"staging"` // of B against A: NoChange, Higher, Lower, or NotKnown (also where one did not hold the level)
	Production string `json:"production"`
	Errors     string `json:"errors"`
}

// Side is one session at one number of users, all visits together.
//
// Where users reached the level, only visits in which they did count. Where they
// never held it for a whole second, what was measured is of fewer: Short, and no
// difference to the other session is called a change.
type Side struct {
	Visits     int      `json:"visits"`
	Reached    int      `json:"reached"` // most users running
	Short      bool     `json:"not_held"`
	Seconds    int      `json:"seconds"` // measured
	P95        *float64 `json:"staging_p95_median_second"`
	Requests   uint64   `json:"requests"`
	Errors     uint64   `json:"errors"`
	Share      *float64 `json:"error_share"`
	Production *float64 `json:"production_p95_median_second"`
}

// Compare reads two sessions, whether they run, have ended or broke off, and
// lays their levels side by side.
func Compare(a, b string) (*Comparison, error) {
	x, err := record(a)
	if err != nil {
		return nil, err
	}
	y, err := record(b)
	if err != nil {
		return nil, err
	}
	return compare(x, y), nil
}

// recorded is a session as a comparison needs it.
type recorded struct {
	b *builder
	m *Model
}

func record(dir string) (recorded, error) {
	running := session.Running(dir)
	b := newBuilder()
	rest, err := session.EachEvent(dir, func(e session.Event) error {
		b.add(e)
		return nil
	})
	if err != nil {
		return recorded{}, fmt.Errorf("read the session: %w", err)
	}
	return recorded{b, b.model(Tail{Running: running, Torn: rest.Torn, Why: rest.Why})}, nil
}

func compare(a, b recorded) *Comparison {
	c := &Comparison{Schema: Schema, Same: []string{}, Differs: []string{}, Aside: []string{}, A: a.named(), B: b.named(), Levels: []LevelsAside{}}
	c.conditions(a, b)
	c.Comparable = len(c.Differs) == 0
	load := func(l *level) []second { return l.measured() }
	prod := func(l *level) []second { return l.prod }
	c.Staging = wider(a.spread(load), b.spread(load))
	c.Production = wider(a.spread(prod), b.spread(prod))
	at, bt := a.sides(), b.sides()
	var levels []int
	for u := range at {
		levels = append(levels, u)
	}
	for u := range bt {
		if at[u] == nil {
			levels = append(levels, u)
		}
	}
	slices.Sort(levels)
	for _, u := range levels {
		l := LevelsAside{Users: u, A: at[u], B: bt[u], Staging: NotKnown, Production: NotKnown, Errors: NotKnown}
		if l.A != nil && l.B != nil && !l.A.Short && !l.B.Short {
			l.Staging = c.Staging.verdict(l.A.P95, l.B.P95)
			l.Production = c.Production.verdict(l.A.Production, l.B.Production)
			l.Errors = shares(l.A, l.B)
		}
		c.Levels = append(c.Levels, l)
	}
	return c
}

func (r recorded) named() Compared {
	h := r.m.Session
	c := Compared{ID: h.ID, State: h.State, Seconds: h.Seconds, Machine: r.b.st.Start.Host, Build: r.build()}
	if h.Began != nil {
		began := date(*h.Began)
		c.Began = &began
	}
	return c
}

// build is what staging said it runs, "" if nothing.
func (r recorded) build() string {
	var seen []string
	for _, b := range r.m.Session.Builds {
		if b.Env == "staging" && !slices.Contains(seen, b.Build) {
			seen = append(seen, b.Build)
		}
	}
	return strings.Join(seen, " then ")
}

// spread is a session's own; see Spread.
func (r recorded) spread(of func(*level) []second) Spread {
	parts := map[int][]float64{}
	for _, l := range r.b.levels.list {
		list := of(l)
		if l.asked == 0 || len(l.full) == 0 || len(list) < spreadSeconds {
			continue
		}
		cuts := [][]second{list}
		if half := len(list) / 2; half >= spreadSeconds {
			cuts = [][]second{list[:half], list[half:]}
		}
		for _, part := range cuts {
			if p, _ := middle(part, func(s second) *float64 { return s.p95 }); p != nil && *p > 0 {
				parts[l.asked] = append(parts[l.asked], *p)
			}
		}
	}
	var out Spread
	for users, list := range parts {
		n := len(list)
		if n < 2 {
			continue
		}
		ratio := slices.Max(list) / slices.Min(list)
		out.Pairs += n * (n - 1) / 2
		if out.Ratio == nil || ratio > *out.Ratio || ratio == *out.Ratio && users < out.Users {
			out.Ratio, out.Users = &ratio, users
		}
	}
	return out
}

func wider(a, b Spread) Spread {
	w := a
	if a.Ratio == nil || b.Ratio != nil && *b.Ratio > *a.Ratio {
		w = b
	}
	w.Pairs = a.Pairs + b.Pairs
	return w
}

// verdict tells of b against a.
func (s Spread) verdict(a, b *float64) string {
	switch {
	case a == nil || b == nil:
		return NotKnown
	case math.Abs(*b-*a) < smallest:
		return NoChange
	case s.Ratio == nil:
		return NotKnown
	case max(*a, *b) <= min(*a, *b)**s.Ratio:
		return NoChange
	case *b > *a:
		return Higher
	}
	return Lower
}

// shares compares two shares of errors as two proportions: what lies within
// three standard errors of their difference may be chance.
func shares(a, b *Side) string {
	if a.Share == nil || b.Share == nil {
		return NotKnown
	}
	n, m := float64(a.Requests), float64(b.Requests)
	pooled := float64(a.Errors+b.Errors) / (n + m)
	deviation := math.Sqrt(pooled * (1 - pooled) * (1/n + 1/m))
	switch d := *b.Share - *a.Share; {
	case math.Abs(d) <= sureErrors*deviation:
		return NoChange
	case d > 0:
		return Higher
	}
	return Lower
}

// Text draws the comparison for a terminal. Its first line is whether the two
// can be compared at all.
func (c *Comparison) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if c.Comparable {
		line("comparable: yes, because %s", sameWords(c.Same))
	} else {
		line("comparable: no, because %s", strings.Join(clean(c.Differs), "; "))
	}
	for _, s := range clean(c.Aside) {
		line("but note: %s", s)
	}
	line("")
	line("A  %s", c.A.words())
	line("B  %s", c.B.words())
	line("")
	line("staging     %s", c.Staging.words())
	line("production  %s", c.Production.words())
	if len(c.Levels) == 0 {
		line("\nNeither session has a level with users that was measured.")
		return b.String()
	}
	rows := [][]string{{"USERS", "STAGING p95 A", "B", "", "PRODUCTION p95 A", "B", "", "ERRORS A", "B", ""}}
	for _, l := range c.Levels {
		a, z := cmp.Or(l.A, &Side{}), cmp.Or(l.B, &Side{})
		cell := func(s *Side, p *float64) string {
			if s.Visits == 0 {
				return none
			}
			return latency(p)
		}
		share := func(s *Side) string {
			if s.Visits == 0 {
				return none
			}
			return percentOf(s.Errors, s.Requests)
		}
		row := []string{l.words(), cell(a, a.P95), cell(z, z.P95), change(l.Staging, a.P95, z.P95), cell(a, a.Production), cell(z, z.Production),
			change(l.Production, a.Production, z.Production), share(a), share(z), l.Errors}
		if l.A == nil || l.B == nil {
			row[3], row[6], row[9] = "only "+map[bool]string{true: "B", false: "A"}[l.A == nil], "", ""
		}
		rows = append(rows, row)
	}
	line("")
	b.WriteString(columns(rows))
	line("\nLatencies are the median second's p95 at that number of users. Production's are those of its checks.")
	return b.String()
}

func sameWords(same []string) string { return list(clean(same)) + " are the same" }

func clean(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.Join(strings.Fields(tidy(s)), " ")
	}
	return out
}

func (c Compared) words() string {
	parts := []string{c.ID}
	if c.Began != nil {
		parts = append(parts, *c.Began)
	}
	parts = append(parts, lasting(c.Seconds), c.State)
	if c.Build != "" {
		parts = append(parts, "build "+c.Build)
	}
	return strings.Join(clean(parts), " · ")
}

func (s Spread) words() string {
	if s.Ratio == nil {
		return "spread not known: no two equal parts of a level were measured for 5 s, so no difference is called a change"
	}
	return fmt.Sprintf("equal levels of one session lay up to %s apart (at %s; %s): a difference inside that is no visible change",
		percent(*s.Ratio-1), users(s.Users), count(s.Pairs, "pair", "pairs"))
}

// change is a verdict with its number.
func change(verdict string, a, b *float64) string {
	if (verdict == Higher || verdict == Lower) && a != nil && *a > 0 {
		return fmt.Sprintf("%s (%+.0f %%)", verdict, 100*(*b / *a - 1))
	}
	return verdict
}

// columns lines cells up by what they are wide.
func columns(rows [][]string) string {
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = c + strings.Repeat(" ", width[i]-len([]rune(c)))
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, "  "), " ") + "\n")
	}
	return b.String()
}
