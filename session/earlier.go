package session

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// TypeBaselineOffer is the event of an earlier baseline that fits.
const TypeBaselineOffer = "baseline.offer"

// BaselineOffer says that the thresholds of an earlier session fit what the
// quiet phase has seen: UseBaseline ends it with them. Withdrawn, they no
// longer do.
type BaselineOffer struct {
	From      string `json:"from"` // the session's id and date
	Why       string `json:"why"`
	Withdrawn bool   `json:"withdrawn,omitempty"`
}

type (
	// UseBaseline ends the quiet phase with the earlier thresholds that were
	// offered.
	UseBaseline struct{}
	// SkipBaseline ends the quiet phase at once: with what was learned so far, if
	// that is enough, else uncalibrated. Why may be empty.
	SkipBaseline struct{ Why string }
)

func (UseBaseline) command() string  { return "use earlier baseline" }
func (SkipBaseline) command() string { return "skip baseline" }

const (
	fitAfter   = 20 * time.Second // quiet time before an earlier baseline is compared
	fitEvery   = 5 * time.Second  // and how often it is compared again
	mostLooked = 50               // earlier sessions looked at
	mostHead   = 4 << 20          // bytes of each journal read
	borrowed   = "earlier baseline of "
	shortNote  = "short baseline" // as the monitors say it
)

// refusedBaseline tells why the quiet phase can't be ended that way.
func refusedBaseline(st *State, cmd Command) string {
	if !st.Baseline.Running {
		return "no quiet phase is under way: its limits stand"
	}
	if _, ok := cmd.(UseBaseline); ok && st.Baseline.Offer == nil {
		return "no earlier baseline is offered: this one is being learned"
	}
	return ""
}

// endQuiet ends the quiet phase before its time.
func (s *Session) endQuiet(who string, cmd Command) (Reply, error) {
	if s.phase != phaseBaseline {
		return Reply{Text: "the quiet phase ends"}, nil
	}
	text, order := "the earlier baseline is used if it still fits", s.watch.useEarlier
	if c, ok := cmd.(SkipBaseline); ok {
		why := notes.Clean(c.Why)
		text, order = "the quiet phase ends", func(now time.Time) { s.watch.skipBaseline(now, who, why) }
	}
	if !s.watch.order(order) {
		return Reply{}, s.busy(who, cmd)
	}
	return Reply{Text: text}, nil
}

// offerEarlier compares the quiet phase with the earlier baseline, now and then,
// and says once that it fits.
func (w *watch) offerEarlier(now time.Time) {
	if !w.quiet || w.offered || len(w.earlier) == 0 || w.fit.IsZero() || now.Before(w.fit) {
		return
	}
	w.fit = now.Add(fitEvery)
	if w.board.Fits(w.earlier) {
		w.offered = true
		w.facts.put(fact{by: ByMonitors, kind: TypeBaselineOffer, body: &BaselineOffer{From: w.earlierFrom,
			Why: "the same checks, and they answer as they did then"}})
	}
}

func (w *watch) useEarlier(now time.Time) {
	switch {
	case !w.quiet:
		return
	case !w.board.Fits(w.earlier):
		w.offered = false
		w.facts.put(fact{by: ByMonitors, kind: TypeBaselineOffer, body: &BaselineOffer{From: w.earlierFrom, Withdrawn: true,
			Why: "the checks no longer answer as they did then: the quiet phase goes on"}})
		return
	}
	w.board.EndBaseline(now)
	w.board.SetThresholds(w.earlier)
	w.loud(now, w.board.Thresholds(), borrowed+w.earlierFrom)
}

func (w *watch) skipBaseline(now time.Time, who, why string) {
	if !w.quiet {
		return
	}
	// What was learned counts, where it is enough; where it is not, the limit
	// itself says that it is uncalibrated.
	ts := w.board.EndBaseline(now)
	note := "ended early by " + who
	if why != "" {
		note += ": " + why
	}
	if said := noteOf(ts); said != "" {
		note = said + ", " + note
	}
	w.loud(now, ts, note)
}

// loud ends the quiet phase. The guard looks at the limits that hold from here
// on before anybody hears that the dial is open.
func (w *watch) loud(now time.Time, ts []monitors.Threshold, note string) {
	w.quiet = false
	w.drain()
	w.step(now)
	w.limits(ts, note)
}

// noteOf is what the limits have to say of themselves.
func noteOf(ts []monitors.Threshold) string {
	for _, t := range ts {
		if t.Note != "" {
			return t.Note
		}
	}
	return ""
}

// earlier are the thresholds that may be offered: none where nobody is there to
// take them, who says how long to learn with --baseline.
func (s *Session) earlier() []monitors.Threshold {
	if s.o.Start.Headless {
		return nil
	}
	return earlierThresholds(s.o.Earlier)
}

// earlierThresholds are a journal's thresholds as the monitors hold them.
func earlierThresholds(ts []Threshold) []monitors.Threshold {
	span := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)).Round(time.Microsecond) }
	out := make([]monitors.Threshold, len(ts))
	for i, t := range ts {
		out[i] = monitors.Threshold{Env: t.Env, Check: t.Check, N: t.N, P50: span(t.P50), P99: span(t.P99), Fresh: span(t.Fresh),
			Amber: span(t.Amber), Red: span(t.Red), Uncalibrated: t.P50 <= 0, Note: "earlier baseline"}
	}
	return out
}

// EarlierBaseline looks in a home of sessions for the newest one of the same
// checks (environment, name, kind, masked address and period; this machine's own do not
// count) that has learned its thresholds in a whole quiet phase, and returns
// those and the session's id and date; nil when there is none. At most the 50
// newest are looked at, and of each no more than its beginning. What can't be
// read is passed over.
func EarlierBaseline(home string, checks []monitors.Check, mask func(string) string) (ts []Threshold, from string) {
	m, err := monitors.New(checks)
	if err != nil {
		return nil, "" // the session itself will say so
	}
	want := ofServers(checkInfos(m.Checks(), mask))
	entries, err := os.ReadDir(home)
	if err != nil || len(want) == 0 {
		return nil, ""
	}
	looked := 0
	for _, e := range slices.Backward(entries) { // named by the time they began
		start, end, began := head(filepath.Join(home, e.Name()))
		if start == nil {
			continue
		}
		if looked++; looked > mostLooked {
			break
		}
		if end == nil || !whole(end) || !slices.Equal(want, ofServers(start.Checks)) {
			continue
		}
		return end.Thresholds, fmt.Sprintf("%s (%s)", e.Name(), began.Local().Format("2 Jan 2006 15:04"))
	}
	return nil, ""
}

// whole tells whether a quiet phase taught a limit of its own for every check.
func whole(b *BaselineEnd) bool {
	if len(b.Thresholds) == 0 || strings.HasPrefix(b.Note, borrowed) {
		return false
	}
	return !slices.ContainsFunc(b.Thresholds, func(t Threshold) bool {
		return !(t.P50 > 0 && t.Amber > 0 && t.Red > t.Amber) || strings.Contains(t.Note, shortNote)
	})
}

// ofServers are the checks of servers, in one order. This machine's own have
// another address each time.
func ofServers(checks []CheckInfo) []CheckInfo {
	var out []CheckInfo
	for _, c := range checks {
		if c.Env != monitors.Self {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b CheckInfo) int { return strings.Compare(a.Env+"\x00"+a.Name, b.Env+"\x00"+b.Name) })
	return out
}

// head reads a journal as far as the end of its quiet phase.
func head(dir string) (start *Start, end *BaselineEnd, began time.Time) {
	file, err := os.Open(filepath.Join(dir, JournalName))
	if err != nil {
		return nil, nil, began
	}
	defer file.Close()
	_, err = scan(io.LimitReader(file, mostHead), func(e Event, _ int64) error {
		switch b := e.Body.(type) {
		case *Start:
			start, began = b, e.T
		case *BaselineEnd:
			end = b
			return errStop
		}
		return nil
	})
	if err != nil {
		return nil, nil, began
	}
	return start, end, began
}

// checkInfos describes checks to whoever draws or compares them, with their
// addresses masked.
func checkInfos(checks []monitors.Check, mask func(string) string) []CheckInfo {
	var out []CheckInfo
	for _, c := range checks {
		out = append(out, CheckInfo{Env: c.Env, Name: c.Name, Kind: c.Kind, Address: mask(c.Address), Every: seconds(c.Every), Slow: c.Slow})
	}
	return out
}
