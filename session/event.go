// Package session owns the state and the order of a session: one event log
// that is also the queue, one writer, the guard on its short way, the journal
// that follows, and the fold that turns events into what a screen shows.
package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Version is the version of the journal's line format.
const Version = 1

// By whom an event was made, when it was not a person. Nobody may be called so.
const (
	ByGuard    = "guard"
	ByEngine   = "engine"
	ByMonitors = "monitors"
	BySession  = "session"
)

// Event is one fact. It is never changed once it is in the log.
type Event struct {
	V    int       // format version
	Seq  uint64    // from 1, without gaps
	T    time.Time // wall clock, UTC
	MS   int64     // milliseconds since the session's start; never decreases
	By   string    // a person, or one of ByGuard, ByEngine, ByMonitors, BySession
	Type string    // "note.add"
	Body any       // pointer to the body of that type, or *Unknown
}

// Unknown is the body of a type that this version does not know. It is kept as
// it was read.
type Unknown struct{ JSON json.RawMessage }

// MarshalJSON writes the body as it was read.
func (u *Unknown) MarshalJSON() ([]byte, error) { return u.JSON, nil }

// line is the order of a journal line's fields.
type line struct {
	V    int             `json:"v"`
	Seq  uint64          `json:"seq"`
	T    string          `json:"t"`
	MS   int64           `json:"ms"`
	By   string          `json:"by"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// stampLayout is RFC 3339 with milliseconds: every line's stamp has one width.
const stampLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON returns the compact journal line, without its newline.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := marshalBody(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode event %d (%s): %w", e.Seq, e.Type, err)
	}
	return marshal(line{V: e.V, Seq: e.Seq, T: e.T.UTC().Format(stampLayout), MS: e.MS, By: e.By, Type: e.Type, Body: body})
}

func marshalBody(b any) (json.RawMessage, error) {
	if b == nil {
		return json.RawMessage("{}"), nil
	}
	return marshal(b)
}

// marshal is json.Marshal without the escapes for HTML: a person reads these
// lines, and the report escapes what it shows.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

var errNotEvent = errors.New("not a journal line")

// UnmarshalJSON reads a journal line. A type that is not known becomes
// *Unknown; a known type with a body that does not fit is an error.
func (e *Event) UnmarshalJSON(b []byte) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return fmt.Errorf("%w: %w", errNotEvent, err)
	}
	if l.Seq == 0 || l.Type == "" {
		return fmt.Errorf("%w: it has no seq or no type", errNotEvent)
	}
	t, err := time.Parse(time.RFC3339Nano, l.T)
	if err != nil {
		return fmt.Errorf("%w: stamp %q: %w", errNotEvent, l.T, err)
	}
	*e = Event{V: l.V, Seq: l.Seq, T: t, MS: l.MS, By: l.By, Type: l.Type}
	empty, ok := bodies[l.Type]
	if !ok || l.V > Version {
		e.Body = &Unknown{JSON: bytes.Clone(l.Body)}
		return nil
	}
	e.Body = empty()
	if len(l.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(l.Body, e.Body); err != nil {
		return fmt.Errorf("%w: body of %s: %w", errNotEvent, l.Type, err)
	}
	return nil
}

// seconds is how spans stand in the journal: seconds, to the microsecond.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Second)
}
