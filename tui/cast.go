package tui

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// CastOptions are how a session becomes a recording.
type CastOptions struct {
	Width, Height int
	Speed         int            // seconds of the session in one of the recording; 0 is 1
	Zone          *time.Location // of the clocks that are shown; nil is UTC
	ASCII         bool
	Progress      func(share float64) // is told now and then how far it is; may be nil
}

// Times of a recording in milliseconds of the session, unless they say otherwise.
const (
	castEvery   = 500     // the least between two frames
	castFrames  = 100     // the same, of the recording
	castIdle    = 2.0     // seconds: players skip longer stillness
	castSecond  = 1000    // between two frames while nothing is told
	castSilent  = 5       // so many of them
	castStretch = 300_000 // read at a time
	castMarker  = 160     // bytes of a marker's text
)

// castHeader is the first line of an asciicast v2.
type castHeader struct {
	Version   int               `json:"version"`
	Width     int               `json:"width"`
	Height    int               `json:"height"`
	Timestamp int64             `json:"timestamp"` // seconds since 1970
	Idle      float64           `json:"idle_time_limit"`
	Title     string            `json:"title"`
	Env       map[string]string `json:"env"`
}

// ErrNothing says that a journal holds no event that could be shown.
var ErrNothing = errors.New("there is nothing to show: the journal holds no event")

// WriteCast writes a session as asciicast v2: its screen whenever it changed,
// at most twice in a second of the session and ten times in one of the
// recording, and its notes as markers. There are no events of input in it.
func WriteCast(ctx context.Context, p *session.Playback, o CastOptions, w io.Writer) error {
	o.Speed = min(max(1, o.Speed), MaxSpeed)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if _, _, err := p.Range(ctx, 0, math.MaxInt64); err != nil { // waits until all was read
		return err
	}
	info, _ := p.Info()
	if info.Seq == 0 {
		return ErrNothing
	}
	r := NewReplay(p, ReplayOptions{Speed: o.Speed, ASCII: o.ASCII, Now: func() time.Time { return info.Began.In(o.Zone) }})
	r.info, r.moments, r.recorded = info, p.Moments(), true
	r.m.w, r.m.h = o.Width, o.Height
	c := &cast{r: r, speed: int64(o.Speed), out: bufio.NewWriter(w), step: max(castEvery, int64(o.Speed)*castFrames)}
	c.enc = json.NewEncoder(c.out)
	c.enc.SetEscapeHTML(false)
	for to := int64(0); ; to += castStretch {
		events, err := p.After(r.m.s.Seq, to)
		if err != nil {
			return err
		}
		if err := c.play(events); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if o.Progress != nil {
			o.Progress(min(1, float64(to)/float64(max(1, info.End))))
		}
		if to >= info.End {
			break
		}
	}
	if err := c.frame(); err != nil {
		return err
	}
	if err := c.event("o", fmt.Sprintf("\x1b[0m\x1b[%d;1H\r\n\x1b[?25h", o.Height)); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

// cast is a recording while it is written.
type cast struct {
	r     *Replay
	speed int64
	out   *bufio.Writer
	enc   *json.Encoder
	old   *raster

	headed bool
	step   int64 // least milliseconds of the session between two frames
	last   int64 // session milliseconds of the last frame
}

// play shows events one after the other, and writes the header before the first
// and a frame where there is time for one. What comes together is seen together.
func (c *cast) play(events []session.Event) error {
	r := c.r
	for i, e := range events {
		at := max(r.shown, e.MS)
		if !c.headed && i == 0 {
			c.headed = true
			if err := c.header(events); err != nil {
				return err
			}
		} else if at > r.shown && at-c.last >= c.step {
			if err := c.frame(); err != nil {
				return err
			}
		}
		if err := c.silence(at); err != nil {
			return err
		}
		r.show(nil, []session.Event{e}, at)
		r.at = at
		if err := c.marker(e); err != nil {
			return err
		}
	}
	return nil
}

// silence writes what becomes of the screen when nothing is told for a while:
// what it shows grows old.
func (c *cast) silence(until int64) error {
	r := c.r
	for range castSilent {
		if until-r.shown <= 2*max(castSecond, c.step) {
			return nil
		}
		r.shown += max(castSecond, c.step)
		r.at = r.shown
		if err := c.frame(); err != nil {
			return err
		}
	}
	return nil
}

func (c *cast) header(events []session.Event) error {
	h := castHeader{Version: 2, Width: c.r.m.w, Height: c.r.m.h, Timestamp: c.r.info.Began.Unix(), Idle: castIdle, Env: map[string]string{"TERM": "xterm-256color"}}
	for _, e := range events[:min(len(events), 10)] {
		if b, ok := e.Body.(*session.Start); ok {
			h.Title = strings.TrimSpace(strings.Join([]string{b.ID, b.Charter}, " · "))
		}
	}
	h.Title = "crosstalk · " + strings.Trim(notes.Clean(h.Title), " ·")
	return c.line(h)
}

func (c *cast) line(v any) error {
	if err := c.enc.Encode(v); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

// event writes one event at the moment that is shown.
func (c *cast) event(code, data string) error {
	at := math.Round(float64(c.r.shown)/float64(c.speed)*1000) / 1e6
	return c.line([]any{at, code, data})
}

// marker writes a note as a marker: its moment, kind and text.
func (c *cast) marker(e session.Event) error {
	b, ok := e.Body.(*session.NoteAdd)
	if !ok {
		return nil
	}
	text := strings.Join(strings.Fields(notes.Clean(b.Text)), " ")
	if len(text) > castMarker {
		text = strings.ToValidUTF8(text[:castMarker], "") + "…"
	}
	head := short(time.Duration(c.r.shown) * time.Millisecond)
	if mark := b.Kind.Info().Mark; mark != "" {
		head += " " + mark
	}
	return c.event("m", head+" "+text)
}

// frame writes what has changed on the screen.
func (c *cast) frame() error {
	r := c.r
	r.m.now = r.clock()
	r.m.arrange()
	now := newRaster(r.m.frame(), r.m.w, r.m.h)
	c.last = r.shown
	var text string
	if c.old == nil {
		text = "\x1b[?25l\x1b[0m\x1b[2J" + now.from(nil)
	} else {
		text = now.from(c.old)
	}
	c.old = now
	if text == "" {
		return nil
	}
	return c.event("o", text)
}
