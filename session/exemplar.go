package session

import (
	"slices"
	"strings"
	"time"

	"crosstalk/loadengine"
)

// TypeExemplar is the type of an ExemplarAdd.
const TypeExemplar = "exemplar.add"

// ExemplarAdd is one real exchange, kept for a step, a level and a kind of
// error: the first, the slowest or one at random. Secrets in it are masked. A
// later one with the same level, journey, step, kind and pick takes its place.
type ExemplarAdd struct {
	Level    int               `json:"level"` // its n in load.tick's levels
	Asked    int               `json:"asked"` // on the dial
	Journey  string            `json:"journey"`
	Step     string            `json:"step"`
	Kind     string            `json:"kind"`              // of error; "" for a good answer
	Pick     string            `json:"pick"`              // first, slowest or random
	Sent     int64             `json:"sent"`              // milliseconds since the session's start
	Seconds  float64           `json:"seconds"`           // until the last byte, or until it failed
	Status   int               `json:"status"`            // 0: no answer
	User     int               `json:"user"`              // from 1
	Trace    string            `json:"trace,omitempty"`   // traceparent, as it was sent
	Method   string            `json:"method"`            //
	URL      string            `json:"url"`               //
	Headers  map[string]string `json:"headers,omitempty"` // as sent
	Body     string            `json:"body,omitempty"`    // start of what was sent
	Reached  string            `json:"reached,omitempty"` // where redirects led
	Answer   map[string]string `json:"answer,omitempty"`  // the answer's headers
	Start    string            `json:"start,omitempty"`   // of the answer's body
	Error    string            `json:"error,omitempty"`   // why there was no answer
	MoreSent bool              `json:"more_sent,omitempty"`
	More     bool              `json:"more,omitempty"` // the answer's body was longer

	sent time.Time
}

// maxKeptExemplars bounds what the state keeps of them, the newest.
const maxKeptExemplars = 200

// exemplarRoom is how many wait to be masked. They come few at a time, and one
// that finds no room is not kept: the engine waits for nobody.
const exemplarRoom = 256

func (s *Session) onExemplar(x loadengine.Exemplar) {
	select {
	case s.exemplars <- x:
	default:
	}
}

// maskExemplars takes exchanges from the engine until it has ended.
func (s *Session) maskExemplars() {
	for x := range s.exemplars {
		b := s.o.Exemplar(x)
		b.sent = x.At
		s.facts.put(fact{by: ByEngine, kind: TypeExemplar, body: b})
	}
}

func (s *State) exemplar(b *ExemplarAdd) {
	same := func(o *ExemplarAdd) bool {
		return o.Level == b.Level && o.Asked == b.Asked && o.Journey == b.Journey && o.Step == b.Step && o.Kind == b.Kind && o.Pick == b.Pick
	}
	if i := slices.IndexFunc(s.Exemplars, same); i >= 0 {
		s.Exemplars = slices.Delete(slices.Clone(s.Exemplars), i, i+1)
	}
	if len(s.Exemplars) >= maxKeptExemplars {
		// Good answers give way first.
		i := max(0, slices.IndexFunc(s.Exemplars, func(o *ExemplarAdd) bool { return o.Kind == "" }))
		s.Exemplars = slices.Delete(slices.Clone(s.Exemplars), i, i+1)
	}
	s.Exemplars = append(s.Exemplars, b)
}

// Examples returns what is kept of a step, errors first and the newest level
// first, of each kind the first, the slowest and the random one.
func (s *State) Examples(journey, step string) []*ExemplarAdd {
	var out []*ExemplarAdd
	for _, x := range s.Exemplars {
		if x.Journey == journey && x.Step == step {
			out = append(out, x)
		}
	}
	good := func(x *ExemplarAdd) int {
		if x.Kind == "" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b *ExemplarAdd) int {
		if n := good(a) - good(b); n != 0 {
			return n
		}
		if n := b.Level - a.Level; n != 0 {
			return n
		}
		if n := strings.Compare(a.Kind, b.Kind); n != 0 {
			return n
		}
		return int(a.Sent - b.Sent)
	})
	return out
}
