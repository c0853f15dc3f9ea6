package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// The groups of a replay's help that a session has none of.
const (
	groupPlay = "Playing"
	groupJump = "Jumping"
	groupFind = "While typing what to find"
)

// speeds are what + and - choose from.
var speeds = []int{1, 2, 4, 8, 16, 32, MaxSpeed}

// replayKeys returns every key of a replay. None gives a command.
func replayKeys() []binding {
	on := func(f func(*Replay) tea.Cmd) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd { return f(m.replay) }
	}
	step := func(ms int64) func(*Model, string) tea.Cmd {
		return on(func(r *Replay) tea.Cmd { return r.step(ms) })
	}
	show := func(o overlay) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd { m.open(o); return nil }
	}
	return append(timelineKeys(), []binding{
		{id: "play", keys: []string{"space"}, show: "space", does: "play or stand still", hint: "play", group: groupPlay, act: on((*Replay).toggle)},
		{id: "faster", keys: []string{"+", "]", "="}, show: "+ ]", does: fmt.Sprintf("faster, up to %d seconds in one", MaxSpeed), group: groupPlay, act: on(func(r *Replay) tea.Cmd { return r.faster(1) })},
		{id: "slower", keys: []string{"-", "["}, show: "- [", does: "slower, down to the session's own time", group: groupPlay, act: on(func(r *Replay) tea.Cmd { return r.faster(-1) })},

		{id: "back", keys: []string{"left"}, show: "← →", does: "a second back, or on", hint: "1 s", group: groupJump, act: step(-1000)},
		{id: "on", keys: []string{"right"}, act: step(1000)},
		{id: "back10", keys: []string{"shift+left"}, show: "Shift+← →", does: "10 seconds back, or on (the wheel, too)", group: groupJump, act: step(-10_000)},
		{id: "on10", keys: []string{"shift+right"}, act: step(10_000)},
		{id: "back60", keys: []string{"pgup"}, show: "PgUp PgDn", does: "a minute back, or on", group: groupJump, act: step(-60_000)},
		{id: "on60", keys: []string{"pgdown"}, act: step(60_000)},
		{id: "home", keys: []string{"home"}, show: "Home", does: "the beginning", group: groupJump, act: on(func(r *Replay) tea.Cmd { return r.to(0) })},
		{id: "end", keys: []string{"end"}, show: "End", does: "the end; a session that goes on is followed", group: groupJump, act: on((*Replay).end)},
		{id: "tenth", keys: strings.Split("123456789", ""), show: "1…9", does: "so many tenths of the session", group: groupJump,
			act: func(m *Model, key string) tea.Cmd { return m.replay.to(m.replay.info.End * int64(key[0]-'0') / 10) }},
		{id: "note", keys: []string{"n"}, show: "n N", does: "next note of a person's; N: the one before", hint: "note", group: groupJump, act: on(func(r *Replay) tea.Cmd { return r.jump(noted, 1) })},
		{id: "noteback", keys: []string{"N"}, act: on(func(r *Replay) tea.Cmd { return r.jump(noted, -1) })},
		{id: "guard", keys: []string{"g"}, show: "g G", does: "next thing the guard did, or stop; G: before", hint: "guard", group: groupJump, act: on(func(r *Replay) tea.Cmd { return r.jump(guarded, 1) })},
		{id: "guardback", keys: []string{"G"}, act: on(func(r *Replay) tea.Cmd { return r.jump(guarded, -1) })},
		{id: "find", keys: []string{"/"}, show: "/", does: "find a text in notes and in what happened", hint: "find", group: groupJump,
			act: on(func(r *Replay) tea.Cmd { r.typing, r.find = true, nil; return nil })},
		{id: "match", keys: []string{"m"}, show: "m M", does: "next place with that text; M: the one before", group: groupJump, act: on(func(r *Replay) tea.Cmd { return r.match(1) })},
		{id: "matchback", keys: []string{"M"}, act: on(func(r *Replay) tea.Cmd { return r.match(-1) })},

		{id: "errors", keys: []string{"e"}, show: "e", does: "errors by kind and every step, until here", group: groupLook, act: show(overlayErrors)},
		{id: "levels", keys: []string{"l"}, show: "l", does: "levels: what each number of users brought", group: groupLook, act: show(overlayLevels)},
		{id: "timeline", keys: []string{"t"}, show: "t", does: "timeline: every value at any moment", group: groupLook, act: show(overlayTimeline)},
		{id: "card", keys: []string{"w"}, show: "w", does: "what were we doing: the card of this moment", group: groupLook, act: show(overlayCard)},
		{id: "zoom", keys: []string{"z"}, show: "z", does: "zoom: staging, production, notes, all", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.nextZoom(); return nil }},
		{id: "scale", keys: []string{"v"}, show: "v", does: "latency scale: log, linear, fixed", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.scale = (m.scale + 1) % scaleCount; return nil }},
		{id: "stretch", keys: []string{",", "."}, show: ", .", does: "charts show 1, 5, 15 minutes or all", group: groupLook,
			act: func(m *Model, key string) tea.Cmd { m.stretch(map[string]int{",": -1, ".": 1}[key]); return nil }},

		{id: "help", keys: []string{"?"}, show: "?", does: "this help", hint: "help", group: groupLook, act: show(overlayHelp)},
		{id: "quit", keys: []string{"q", "ctrl+c"}, show: "q", does: "leave the replay", hint: "leave", group: groupLook,
			act: func(*Model, string) tea.Cmd { return tea.Quit }},

		{id: "seek", show: "Enter", does: "find it; with no text, the next place again", group: groupFind},
		{id: "drop", show: "Esc", does: "leave it", group: groupFind},

		{id: "scroll", show: "↑ ↓ Page", does: "scroll", group: groupOverlay},
		{id: "close", show: "Esc", does: "close", group: groupOverlay},
	}...)
}

// press handles a key: what is typed, what lies over the panes, then the key
// map.
func (r *Replay) press(msg tea.KeyPressMsg) tea.Cmd {
	m, key := r.m, msg.String()
	switch {
	case key == "ctrl+c":
		return tea.Quit
	case r.typing:
		return r.typed(msg)
	case m.overlay != overlayNone:
		if cmd, ok := m.onSheet(key); ok {
			return cmd
		}
		return m.browse(key)
	}
	if b := m.bound(key); b != nil {
		r.said = message{}
		return b.act(m, key)
	}
	return nil
}

// typed is a key while the text to look for is typed.
func (r *Replay) typed(msg tea.KeyPressMsg) tea.Cmd {
	switch key := msg.String(); key {
	case "esc":
		r.typing = false
	case "enter":
		r.typing = false
		if len(r.find) > 0 {
			r.sought = strings.Join(strings.Fields(string(r.find)), " ")
		}
		return r.match(1)
	case "backspace":
		r.find = r.find[:max(0, len(r.find)-1)]
	case "ctrl+u":
		r.find = nil
	default:
		r.find = append(r.find, []rune(msg.Text)...)
	}
	return nil
}

func (r *Replay) toggle() tea.Cmd {
	if r.playing {
		r.playing, r.following = false, false
		return nil
	}
	r.playing = true
	if r.info.Caught && r.at >= r.info.End && (!r.info.Live || r.info.Ended) {
		r.at = 0 // once more
	}
	return tea.Batch(r.look(), r.tick())
}

func (r *Replay) faster(by int) tea.Cmd {
	i, exact := slices.BinarySearch(speeds, r.speed)
	if !exact && by > 0 {
		i--
	}
	r.speed = speeds[min(max(0, i+by), len(speeds)-1)]
	return nil
}

// noted are notes of people that could be read.
func noted(m session.Moment) bool {
	return m.Type == session.TypeNoteAdd && m.ID != "" && !m.System()
}

// guarded are what the guard did to the load, orders to stop, and the recovery.
func guarded(m session.Moment) bool {
	switch m.Type {
	case session.TypeStop, session.TypeGuardRecov:
		return true
	case session.TypeGuardState:
		return !strings.HasPrefix(m.Text, "guard run")
	}
	return false
}

// jump goes to the next moment of a kind, or the one before, and says which.
func (r *Replay) jump(kind func(session.Moment) bool, by int) tea.Cmd {
	i, n, all := r.seek(kind, by)
	if i < 0 {
		what := "further on"
		if by < 0 {
			what = "before this"
		}
		if all == 0 {
			what = "in what was read"
		}
		return r.say("there is none "+what, true)
	}
	return r.land(i, fmt.Sprintf("%d of %d", n, all))
}

// seek finds the nearest moment of a kind in a direction: its index, which one
// of all it is, and how many there are. A moment of the cursor's own is neither
// on nor back, but those that came at the same time are gone through.
func (r *Replay) seek(kind func(session.Moment) bool, by int) (found, n, all int) {
	found = -1
	for i, k := range r.moments {
		if !kind(k) {
			continue
		}
		all++
		if by > 0 && k.MS > r.at && found < 0 || by < 0 && k.MS < r.at {
			found, n = i, all
		}
	}
	return found, n, all
}

// land moves the cursor to a moment and says what is there.
func (r *Replay) land(i int, which string) tea.Cmd {
	k := r.moments[i]
	cmd := r.to(k.MS)
	text := strings.Join(strings.Fields(k.Text), " ")
	if k.By != "" && !k.System() {
		text = k.By + ": " + text
	}
	return tea.Batch(cmd, r.say(which+" · "+text, false))
}

// match goes to the next place with the text that was looked for, round the
// end.
func (r *Replay) match(by int) tea.Cmd {
	if r.sought == "" {
		return r.say("/ finds a text; m goes to the next place with it", false)
	}
	text := strings.ToLower(r.sought)
	has := func(k session.Moment) bool {
		return strings.Contains(strings.ToLower(strings.Join(strings.Fields(k.By+" "+k.Text), " ")), text)
	}
	i, n, all := r.seek(has, by)
	if all == 0 {
		return r.say("nothing says “"+r.sought+"”", true)
	}
	if i < 0 { // round the end
		at := r.at
		r.at = -1
		if by < 0 {
			r.at = 1 << 62
		}
		i, n, all = r.seek(has, by)
		r.at = at
	}
	return r.land(i, fmt.Sprintf("%d of %d", n, all))
}

// click on the bar moves the cursor there.
func (r *Replay) click(x, y int) tea.Cmd {
	b := r.m.layout.bar
	if b.h == 0 || y != b.y {
		return nil
	}
	from, n := r.track(b.w)
	if x < from || x >= from+n {
		return nil
	}
	return r.to(r.length() * int64(x-from) / int64(max(1, n-1)))
}

// length is how long the session is, as far as can be told.
func (r *Replay) length() int64 {
	n := max(r.info.End, r.shown)
	if !r.info.Caught && r.info.Read > 0 {
		n = max(n, int64(float64(r.info.End)*float64(r.info.Size)/float64(r.info.Read)))
	}
	return max(1, n)
}

func hms(ms int64, long bool) string {
	d := time.Duration(ms) * time.Millisecond
	if long {
		return clock(d)
	}
	return short(d)
}
