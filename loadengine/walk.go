package loadengine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Exchange is one step of a walk as it went: what was sent, along which
// redirects, what came back, and what the engine makes of it. It holds what was
// sent and answered as it is, secrets included: who shows it masks it.
type Exchange struct {
	Journey string
	Step    string
	Once    bool  // one of the steps that run first, and again after a 401
	Again   bool  // in the second go, after a 401
	Hops    []Hop // what was sent, redirects followed; none when nothing was
	Status  int   // of the last answer; 0 is none
	Body    []byte
	Took    time.Duration // from the first byte sent to the last one read
	Kind    string        // of error, as the statistics name it; empty for a good answer
	Detail  string        // what was expected and what was found, for an answer that is not good
	Err     error         // why there was no answer
	Saved   []Saved       // in the order of their names
	Found   []Finding     // what this exchange showed about hosts
	Private []string      // what the user was given of the data, its cookies, and all it has saved
}

// Hop is one request on the wire and the head of its answer.
type Hop struct {
	Method, URL string
	Host        string              // the Host header where it is not the URL's
	Header      map[string][]string // as sent, the jar's cookies included
	Body        []byte              // its first 64 KiB
	Status      int                 // 0: no answer
	Answer      map[string][]string // the answer's header
}

// Saved is a value that a step took out of its answer.
type Saved struct{ Name, Value string }

// Walked is what became of one journey of a walk.
type Walked struct {
	Journey string
	Passed  int      // steps that were good in the last go
	Failed  string   // the step that ended it; empty when all of them were good
	Left    []string // steps that were not tried because of it
}

// walker sends for one user, by the engine's own gate.
type walker struct {
	prog   *program
	steps  []Step // as the plan has them, in the program's order
	gate   *gate
	trace  *tracer
	permit *Permit
	users  []user
	seed   uint64
}

// permitBeyond is how long the permit of a walk outlasts the step it is for.
const permitBeyond = 5 * time.Second

// Walk lets one user walk each journey once, its once steps first, and tells
// every exchange as it ends. It sends by the same gate and steps as the load:
// the same allow-list and production addresses, one request at a time, without
// thinking. A user begins each journey afresh, without cookies and saved
// values, and leaves it at its first failure, as a user under load does; after a
// 401 behind the once steps it takes one second go. only names the journeys to
// walk; without names it is all of them.
//
// The error is the plan's, or the context's.
func (p Plan) Walk(ctx context.Context, only []string, tell func(Exchange)) ([]Walked, error) {
	prog, errs := compile(p)
	if len(errs) > 0 {
		return nil, fmt.Errorf("compile the plan: %w", errors.Join(errs...))
	}
	for _, name := range only {
		if !slices.ContainsFunc(prog.journeys, func(j *journey) bool { return j.name == name }) {
			return nil, fmt.Errorf("choose journeys: there is no journey %q", clip(name))
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walker{prog: prog, permit: NewPermit(SystemClock()), users: []user{newUser(0)}, seed: p.Seed}
	for _, j := range p.Journeys {
		w.steps = append(append(w.steps, j.Once...), j.Steps...)
	}
	w.gate = newGate(NewBrake(), w.permit, prog, w.users, &findings{}, nil)
	w.gate.run = ctx
	w.trace = &tracer{base: w.gate.base}
	w.gate.base = w.trace
	defer w.trace.closeIdle()

	var all []Walked
	for _, j := range prog.journeys {
		if len(only) > 0 && !slices.Contains(only, j.name) {
			continue
		}
		got := w.walk(ctx, j, tell)
		if err := context.Cause(ctx); err != nil {
			return all, fmt.Errorf("walk journey %q: %w", j.name, err)
		}
		all = append(all, got)
	}
	return all, nil
}

// walk takes one journey.
func (w *walker) walk(ctx context.Context, j *journey, tell func(Exchange)) Walked {
	u := &w.users[0]
	u.leave()
	u.join(w.prog, w.seed, 0)
	u.journey = j
	u.restart()
	out := Walked{Journey: j.name}
	for again := false; ctx.Err() == nil; {
		s, once, at := u.step, u.inOnce, u.at
		x := w.turn(u)
		x.Journey, x.Once, x.Again = j.name, once, again
		if ctx.Err() != nil {
			break // what it says is not the server's doing
		}
		tell(x)
		switch {
		case x.Kind == "":
			out.Passed++
			if !once && at == len(j.steps)-1 {
				return out
			}
		case x.Status == 401 && !once && len(j.once) > 0 && !again:
			again, out.Passed = true, 0
		default:
			out.Failed = s.name
			rest := j.steps[at:]
			if once {
				rest = slices.Concat(j.once[at:], j.steps)
			}
			for _, t := range rest[1:] {
				out.Left = append(out.Left, t.name)
			}
			return out
		}
		u.advance(w.prog, u.out)
	}
	return out
}

// turn sends the user's step.
func (w *walker) turn(u *user) Exchange {
	s := u.step
	x := Exchange{Step: s.name}
	w.trace.reset()
	w.permit.Grant(s.timeout + permitBeyond)
	before := w.gate.findings.list()

	err := w.gate.turn(u, new(kit))
	o := u.out
	x.Status, x.Took, x.Kind = o.code, o.latency, o.kind
	x.Hops, x.Body = w.trace.hops, w.trace.answer()
	x.Err = err
	if err != nil && x.Kind == "" {
		x.Kind = classify(err)
	}
	x.Detail = detail(w.steps[s.index], x.Kind, x.Status, x.Body)
	for _, sv := range s.save {
		if x.Kind == "" {
			x.Saved = append(x.Saved, Saved{sv.name, u.value(sv.name)})
		}
	}
	x.private(u)
	for i, f := range w.gate.findings.list() {
		if i >= len(before) || f.Count > before[i].Count {
			x.Found = append(x.Found, f)
		}
	}
	x.nowhere()
	return x
}

// nowhere puts before the detail the Location that could not be followed because
// it is no address: it was the last answer's.
func (x *Exchange) nowhere() {
	n := len(x.Hops)
	if n == 0 || !slices.ContainsFunc(x.Found, func(f Finding) bool { return f.Kind == FindingLocation }) {
		return
	}
	// As it came: quoted in any other way, what is secret of it is not found.
	leads := `it leads to "` + http.Header(x.Hops[n-1].Answer).Get("Location") + `", which is no address`
	x.Detail = strings.TrimSuffix(leads+"; "+x.Detail, "; ")
}

// private takes what is the user's own of an exchange, what its answers set
// included.
func (x *Exchange) private(u *user) {
	x.Private = u.own(nil) // what a step saved before it failed, too
	for _, h := range x.Hops {
		for _, c := range (&http.Request{Header: h.Header}).Cookies() {
			x.Private = append(x.Private, c.Value)
		}
		for _, c := range (&http.Response{Header: h.Answer}).Cookies() {
			x.Private = append(x.Private, c.Value)
		}
	}
}

// detail says what an answer had to be and what it was, whole: who shows it masks
// it before it is cut.
func detail(s Step, kind string, status int, body []byte) string {
	name, missed := strings.CutPrefix(kind, "save ")
	switch {
	case strings.HasPrefix(kind, "status "):
		want := "below 400"
		if s.Expect.Status != "" {
			want = s.Expect.Status
		}
		return fmt.Sprintf("expected a status of %s, got %d", want, status)
	case kind == "expect body":
		return fmt.Sprintf("expected %s in the first 64 KiB of the body; it is not there", strconv.Quote(s.Expect.Body))
	case kind == "expect json":
		for _, path := range sortedKeys(s.Expect.JSON) {
			want := s.Expect.JSON[path]
			x, errs := compileExpect(Expect{JSON: map[string]string{path: want}})
			if errs != nil {
				continue
			}
			switch got, err := x.json[0].find(body); {
			case errors.Is(err, errOther):
				return fmt.Sprintf("expected %s at %s, got %s", want, path, compactJSON(got))
			case errors.Is(err, errNoValue):
				return fmt.Sprintf("expected %s at %s; there is nothing", want, path)
			case err != nil:
				return fmt.Sprintf("expected %s at %s; the body is not JSON", want, path)
			}
		}
	case missed:
		return fmt.Sprintf("nothing to save as {{%s}}: %s is not in the answer", name, s.Save[name])
	}
	return ""
}

// compactJSON is a value in one line.
func compactJSON(raw []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}
