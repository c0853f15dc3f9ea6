package tui

import (
	"fmt"
	"strings"
	"time"

	"crosstalk/session"
)

// barred makes room for a replay's bar above the status line.
func (l layout) barred() layout {
	if l.small {
		return l
	}
	l.bar = rect{0, l.status.y - 1, l.w, 1}
	l.staging.h, l.production.h = max(0, l.staging.h-1), max(0, l.production.h-1)
	l.users.y, l.notes.y = l.users.y-1, l.notes.y-1
	return l
}

// sign is the replay's part of the header.
func (r *Replay) sign(c *canvas, x int) int {
	what := "replay"
	if r.o.ReadOnly {
		what = "read-only"
	}
	if r.following {
		what += " ● following"
	}
	return c.text(x, 0, what, inkStaging)
}

// state is what the cursor does, in a width that does not change with it.
func (r *Replay) state() (string, ink) {
	switch {
	case r.following:
		return "● following", inkStaging
	case r.playing:
		return fmt.Sprintf("▸ plays %dx", r.speed), inkStaging
	}
	return fmt.Sprintf("  still %dx", r.speed), inkText
}

const stateWidth = 11

// position is "00:12:41 of 08:00:00".
func (r *Replay) position() string {
	n := r.length()
	long := n >= 6_000_000
	of := hms(n, long)
	if !r.info.Caught {
		of = "…"
	}
	return hms(min(r.at, n), long) + " of " + of
}

// track is where the bar's track begins, and how long it is.
func (r *Replay) track(w int) (from, n int) {
	from = 1 + stateWidth + 2 + max(14, width(r.position())) + 2
	end := w - 1
	if t := r.rest(w); t != "" {
		end -= width(t) + 2
	}
	return from, max(0, end-from)
}

// rest is what there is to say of the journal, at the bar's right end.
func (r *Replay) rest(w int) string {
	i := r.info
	var say []string
	if !i.Caught && i.Size > 0 {
		say = append(say, fmt.Sprintf("reading, %d %%", i.Read*100/max(1, i.Size)))
	}
	switch lost := i.Newer + i.Unknown; {
	case i.Torn > 0 && !i.Live && lost > 0:
		say = append(say, fmt.Sprintf("! not all is shown: %s, %s", size(i.Torn), plural(lost, "event", "events")))
	case i.Torn > 0 && !i.Live:
		say = append(say, "! last "+size(i.Torn)+" not read")
	case lost > 0:
		say = append(say, "! "+plural(lost, "event", "events")+" not shown")
	}
	return cut(strings.Join(say, " "), w/2-10)
}

// trouble says in full what of the journal is not shown; "" when all is.
func (r *Replay) trouble() string {
	i := r.info
	var say []string
	if i.Torn > 0 && !i.Live {
		say = append(say, fmt.Sprintf("the last %s of the journal can’t be read: %s", size(i.Torn), i.Why))
	} else if i.Why != "" && !i.Live {
		say = append(say, i.Why)
	}
	if i.Newer > 0 {
		say = append(say, plural(i.Newer, "event", "events")+" by a newer crosstalk not shown")
	}
	if i.Unknown > 0 {
		say = append(say, plural(i.Unknown, "event", "events")+" of unknown types not shown")
	}
	return strings.Join(say, "; ")
}

func size(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

// bar is the cursor on the whole session, with notes and what the guard did.
func (r *Replay) bar(w int) string {
	m := r.m
	c := newCanvas(m.st, w, 1)
	word, k := r.state()
	c.text(1, 0, word, k)
	c.text(1+stateWidth+2, 0, r.position(), inkStrong)
	if t := r.rest(w); t != "" {
		k := inkDim
		if strings.Contains(t, "!") {
			k = inkAmber
		}
		c.right(w-1, 0, t, k)
	}
	from, n := r.track(w)
	if n < 8 {
		return c.String()
	}
	all := r.length()
	col := func(ms int64) int { return int(min(max(0, ms), all) * int64(n-1) / all) }
	at := col(r.at)
	best := make([]sign, n)
	for _, k := range r.moments {
		s, ok := r.signOf(k)
		if i := col(k.MS); ok && (best[i].text == "" || s.rank >= best[i].rank) {
			best[i] = s
		}
	}
	for i := range n {
		switch {
		case best[i].text != "" && i == at:
			c.set(from+i, 0, best[i].text, inkSelect)
		case i == at:
			c.set(from+i, 0, "▮", inkStrong)
		case best[i].text != "":
			c.set(from+i, 0, best[i].text, best[i].ink)
		case i < at:
			c.set(from+i, 0, "━", inkStaging)
		default:
			c.set(from+i, 0, "─", inkFaint)
		}
	}
	return c.String()
}

// signOf is how a moment stands on the bar; false for what has no place there.
func (r *Replay) signOf(k session.Moment) (sign, bool) {
	if noted(k) {
		mark := k.Kind.Info().Mark
		if mark == "" {
			mark = "n"
		}
		return sign{mark, inkStrong, 3}, true
	}
	if !guarded(k) {
		return sign{}, false
	}
	return r.m.signOf(k.Mark)
}

// status is the last line: the guard and production at this moment, and the
// keys, what is typed or what there is to say.
func (r *Replay) status(w int) string {
	m := r.m
	c := newCanvas(m.st, w, 1)
	lefts := status{m}.lefts()
	if r.typing {
		x := c.text(1, 0, "find: ", inkStaging)
		text := string(r.find)
		for width(text) > w-44 && len(text) > 0 {
			_, _, text = next(text) // its end is what is typed
		}
		x = c.text(x, 0, text, inkInput)
		c.text(x, 0, "_", inkStrong)
		c.right(w-1, 0, "Enter finds it   Esc leaves it", inkDim)
		return c.String()
	}
	if r.recorded {
		flow(c, 1, 0, w-2, 1, lefts[0])
		return c.String()
	}
	if r.said.text != "" && r.o.Now().Before(r.said.till) {
		status{m}.say(c, w, r.said, lefts)
		return c.String()
	}
	for _, left := range lefts {
		for keep := len(hints); keep >= 4; keep-- {
			g := r.keys(hints[:keep])
			if total(left)+6+total([][]piece{g}) > w && (keep > 4 || len(left) > 1 || total(left) > 12) {
				continue
			}
			flow(c, 1, 0, w-2, 1, left)
			x := w - 1 - total([][]piece{g})
			for _, p := range g {
				x = c.text(x, 0, p.text, p.ink)
			}
			return c.String()
		}
	}
	g := r.keys(hints[:2])
	flow(c, 1, 0, w-2, 1, trim(lefts[len(lefts)-1], w-6-total([][]piece{g})))
	x := w - 1 - total([][]piece{g})
	for _, p := range g {
		x = c.text(x, 0, p.text, p.ink)
	}
	return c.String()
}

// hints are the keys on the status line; the last give way first.
var hints = []string{"play", "help", "note", "guard", "back", "find", "quit"}

// order is how they stand.
var order = []string{"play", "back", "note", "guard", "find", "help", "quit"}

func (r *Replay) keys(keep []string) []piece {
	var g []piece
	for _, id := range order {
		b := r.m.binding(id)
		kept := false
		for _, k := range keep {
			kept = kept || k == id
		}
		if b == nil || !kept {
			continue
		}
		label := b.hint
		if id == "play" && r.playing {
			label = "stand still"
		}
		if len(g) > 0 {
			g = append(g, piece{"  ", inkDim})
		}
		g = append(g, piece{b.show, inkKey}, piece{" " + label, inkDim})
	}
	return g
}

// aftermath is what the banner of a cut says in a replay: what came of it, not
// which key does what.
func (r *Replay) aftermath() []string {
	if _, off := r.m.stopped(); !off && !r.m.s.Guard.Latched() {
		return nil // a banner about something else
	}
	var say []string
	if v := r.m.s.Guard.Recov; v != nil {
		say = append(say, fmt.Sprintf("production recovered after %.1f s", v.Seconds))
	}
	// Who looks at what was may know what comes.
	for _, k := range r.moments {
		if k.MS <= r.shown || k.Type != session.TypeDialSet || !strings.Contains(k.Text, "dial 0 → ") {
			continue
		}
		return append(say, "load goes on at "+short(time.Duration(k.MS)*time.Millisecond))
	}
	if n, _, _ := r.seek(guarded, 1); len(say) == 0 && n >= 0 && !r.recorded {
		say = append(say, "g goes to what comes next")
	}
	return say
}

// noNotes stands where the notes will.
func (r *Replay) noNotes(c *canvas, x, y, w int) {
	if len(r.m.s.Notes.Notes) > 0 {
		return
	}
	text := "no note had been written yet"
	if n, _, _ := r.seek(noted, 1); n >= 0 && !r.recorded {
		text += ": n goes to the first"
	}
	c.clip(x, y, x+w, text, inkDim)
}
