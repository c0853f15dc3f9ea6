package tui

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// What a guest's screen is told of keys, mouse and terminal: far more than a
// person causes.
const (
	eventRate  = 200 // a second
	eventBurst = 1000
)

// gathered is how many bytes the decoder of keys gets in one go at most. What it
// does not know, it keeps until it hears nothing for a moment, and reads all of it
// anew with every byte.
const gathered = 8 << 10

// breath is a moment in which the decoder hears nothing: it waits less than half
// as long, and sometimes twice.
const breath = 2*uv.DefaultEscTimeout + 20*time.Millisecond

// keyhole is a guest's input, in pieces that the decoder of keys can take.
type keyhole struct {
	typing
	over <-chan struct{}
	n    int
	at   time.Time
}

// Read reads what was typed. Between two pieces, it waits.
func (k *keyhole) Read(p []byte) (int, error) {
	if k.n >= gathered && k.sieve.whole() {
		k.n = 0
		pause(breath, k.over)
	}
	n, err := k.typing.Read(p)
	if now := time.Now(); now.Sub(k.at) > breath {
		k.n, k.at = 0, now
	} else {
		k.at = now
	}
	k.n += n
	return n, err
}

// pause waits, but not longer than until over. It tells whether it was to its end.
func pause(d time.Duration, over <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-over:
		return false
	}
}

// deliver reads keys and hands them to a program, until there are no more; one
// that has ended takes none. A program's own reader would wait for ever with the
// key after the one that ended it, and keep all of the view alive.
func deliver(p sender, in io.Reader, term string, over <-chan struct{}, failed func(what string)) {
	hole := &keyhole{typing: typing{Reader: in}, over: over}
	hole.sieve.clip = gathered // more would not come in the time that a clipboard may take
	keys := uv.NewTerminalReader(hole, term)
	handOver(p, keys.StreamEvents, over, failed) // ends with in
}

// sender is a program.
type sender interface{ Send(msg tea.Msg) }

// handOver hands a decoder's events to a program. A failure of the decoder is told,
// and is the end of it.
func handOver(p sender, decode func(context.Context, chan<- uv.Event) error, over <-chan struct{}, failed func(what string)) {
	ctx, cancel := context.WithCancel(context.Background())
	events := make(chan uv.Event)
	var reads sync.WaitGroup
	reads.Go(func() {
		defer close(events)
		defer cancel() // lets go of what has read more, when this fails
		defer func() {
			if r := recover(); r != nil {
				failed(clipped(fmt.Sprint(r), 120))
			}
		}()
		_ = decode(ctx, events)
	})
	pace := bucket{rate: eventRate, burst: eventBurst}
	for e := range events {
		if !ofGuest(e) {
			continue
		}
		for !pace.take(time.Now()) {
			if !pause(time.Second/eventRate, over) {
				break // the program takes none any more
			}
		}
		p.Send(e)
	}
	reads.Wait()
}

// ofGuest tells whether a guest's screen may hear of this by its keys. Its size
// comes by the connection, and is bounded there; a program makes room for any that
// comes by keys.
func ofGuest(e uv.Event) bool {
	switch e.(type) {
	case uv.KeyPressEvent, uv.KeyReleaseEvent, uv.PasteEvent, uv.PasteStartEvent, uv.PasteEndEvent,
		uv.MouseClickEvent, uv.MouseReleaseEvent, uv.MouseMotionEvent, uv.MouseWheelEvent, uv.FocusEvent, uv.BlurEvent, uv.ClipboardEvent,
		uv.BackgroundColorEvent, uv.ForegroundColorEvent, uv.ModeReportEvent, uv.KeyboardEnhancementsEvent, uv.CapabilityEvent:
		return true
	}
	return false
}
