package tui

import (
	"math"
	"time"

	tea "charm.land/bubbletea/v2"
)

// tick moves the cursor on while it moves by itself.
func (r *Replay) tick() tea.Cmd {
	if r.ticking || !r.playing && !r.following {
		return nil
	}
	r.ticking, r.played = true, r.o.Now()
	return r.after(playEvery, playMsg{})
}

// after brings a message in a while, if the program is still there.
func (r *Replay) after(d time.Duration, msg tea.Msg) tea.Cmd {
	ctx := r.m.ctx
	return func() tea.Msg {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

func (r *Replay) play() tea.Cmd {
	now := r.o.Now()
	gone := now.Sub(r.played)
	r.played = now
	switch {
	case r.following:
		r.at = r.edge()
	case r.playing && r.fromEnd == 0 && !r.fresh:
		r.at += gone.Milliseconds() * int64(r.speed)
		if r.at >= r.info.End && !r.info.Caught {
			r.at = max(r.shown, r.info.End) // as far as it was read
		} else if r.at >= r.info.End {
			r.ticking = false
			return r.end()
		}
	case !r.playing:
		r.ticking = false
		return nil
	}
	return tea.Batch(r.after(playEvery, playMsg{}), r.look())
}

// edge is the newest moment of a session that goes on: its own clock, which
// goes on when no event comes, so that what is old is seen to be.
func (r *Replay) edge() int64 {
	return max(r.info.End, r.o.Now().Sub(r.info.Began).Milliseconds())
}

// end brings the cursor to the end: where the session goes on it is followed
// from there.
func (r *Replay) end() tea.Cmd {
	r.at = math.MaxInt64 / 4 // clamped when the end is known
	r.fromEnd = 0
	if !r.info.Caught {
		return nil
	}
	r.at = r.info.End
	if r.following = r.info.Live && !r.info.Ended; r.following {
		r.playing = true
		r.at = r.edge()
		return tea.Batch(r.say(r.follows(), false), r.tick(), r.look())
	}
	r.playing = false
	text := "the end of the session"
	switch {
	case r.info.Torn > 0:
		text = "the end of what can be read"
	case !r.info.Ended:
		text = "here the session stopped unasked"
	}
	if r.o.ReadOnly && !r.info.Live {
		text += ": it can be taken up now"
	}
	return tea.Batch(r.say(text, false), r.look())
}

// follows says what is shown at the end of a session that goes on.
func (r *Replay) follows() string {
	if r.o.ReadOnly {
		return "another process writes this session: you look on, read-only. crosstalk note writes into it"
	}
	return "the session goes on: following it"
}

// to moves the cursor to a moment.
func (r *Replay) to(ms int64) tea.Cmd {
	if r.info.Caught && ms >= r.info.End {
		return r.end()
	}
	r.at, r.fromEnd, r.following = max(0, ms), 0, false
	return tea.Batch(r.look(), r.tick())
}

func (r *Replay) step(ms int64) tea.Cmd { return r.to(r.at + ms) }
