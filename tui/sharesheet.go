package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// seat is one person in the card of who is here.
type seat struct {
	name   string
	role   session.Role
	viewer session.Viewer
	host   bool
}

// seats are all who are here, the host first.
func (m *Model) seats() []seat {
	var all []seat
	if as := m.s.Start.As; as != "" {
		all = append(all, seat{name: as, role: m.s.RoleOf(session.Person{Name: as, Role: session.Driver}), host: true})
	}
	for _, v := range m.s.Pair.Here {
		all = append(all, seat{name: v.Name, role: m.s.RoleOf(session.Person{Name: v.Name, Role: v.Role}), viewer: v})
	}
	return all
}

func (m *Model) openShare() {
	m.open(overlayShare)
	m.item = 0
}

// shareKey handles a key in the card and tells whether it was its own.
func (m *Model) shareKey(key string) (tea.Cmd, bool) {
	all := m.seats()
	m.item = min(max(0, m.item), max(0, len(all)-1))
	var at seat
	if len(all) > 0 {
		at = all[m.item]
	}
	switch key {
	case "up":
		m.item = max(0, m.item-1)
	case "down":
		m.item = min(len(all)-1, m.item+1)
	case "o":
		to := at.name
		if m.s.Pair.Offer != nil && m.s.Holds(m.o.Who.Name) {
			to = ""
		}
		return m.do(session.OfferDial{To: to}), true
	case "t", "T":
		return m.do(session.AskDial{}), true
	case "f":
		m.pursue(at)
	case "F":
		m.followsDriver()
	case "k":
		if err := m.src.May(m.o.Who, session.Kick{ID: at.viewer.ID}); err != nil {
			m.say(err.Error(), true)
			return nil, true
		}
		m.asking("Send "+at.name+" away, and keep that key outside for this session?", func(m *Model) tea.Cmd {
			return m.do(session.Kick{ID: at.viewer.ID})
		})
	case "d":
		return m.turnDoor(), true
	case "s":
		m.overlay = overlayNone
	default:
		return nil, false
	}
	return nil, true
}

// doorMsg tells what became of opening the door.
type doorMsg struct{ err error }

// turnDoor opens the door, or closes it.
func (m *Model) turnDoor() tea.Cmd {
	d := m.o.Door
	if d == nil || !m.o.Host {
		m.say("only the host opens and closes the door", true)
		return nil
	}
	if d.Sight().Open {
		m.asking("Close the door? Guests are sent away.", func(m *Model) tea.Cmd {
			return func() tea.Msg { d.Shut("the host closed the door"); return doorMsg{} }
		})
		return nil
	}
	ctx := m.ctx
	return func() tea.Msg { return doorMsg{d.Open(ctx)} }
}

func (m *Model) doorTurned(msg doorMsg) {
	switch {
	case msg.err != nil:
		m.say(msg.err.Error(), true)
	case m.o.Door.Sight().Open:
		m.doorOpen()
	default:
		m.say("the door is closed", false)
	}
}

func (m *Model) shareSheet() sheet {
	w := min(104, m.w-4)
	var l [][]piece
	add := func(p ...piece) { l = append(l, p) }
	wrapped := func(text string, k ink) {
		for line := range strings.SplitSeq(ansi.Wrap(text, w, " "), "\n") {
			add(piece{line, k})
		}
	}
	add(piece{"WHO IS HERE", inkStrong})
	typing := map[string]bool{}
	for _, p := range m.pair.shown {
		typing[p.Name] = p.Writing
	}
	all := m.seats()
	for i, s := range all {
		mark, k := "  ", inkText
		if i == m.item {
			mark, k = "▸ ", inkStrong
		}
		about := "at this machine"
		switch {
		case s.viewer.Desk:
			about = "at the same desk"
		case !s.host:
			about = fmt.Sprintf("since %s, from %s", short(time.Duration(s.viewer.Since)*time.Millisecond), s.viewer.From)
		}
		role := string(s.role)
		if s.name == m.s.Pair.Holder {
			role = "driver, holds the dial"
		}
		if typing[s.name] {
			about = "typing · " + about
		}
		add(piece{mark, inkStrong}, piece{fmt.Sprintf("%-14s", cut(s.name, 13)), k}, piece{fmt.Sprintf("%-24s", role), inkText}, piece{cut(about, w-40), inkDim})
	}
	add(piece{"  " + chosenKey(all, m.item), inkDim})
	keys := [][2]string{{"↑↓", "choose"}, {"o", "offer the dial"}, {"t", "ask for it, take it"}, {"f", "follow"}, {"F", "follow the driver"}}
	if m.o.Host {
		keys = append(keys, [][2]string{{"k", "send away"}, {"W", "another author at this desk (after Esc)"}, {"d", "open or close the door"}}...)
	}
	l = append(l, keyLines(keys, w)...)
	if m.o.Host && m.o.Door != nil {
		add()
		m.doorLines(m.o.Door.Sight(), add, wrapped)
	}
	return sheet{m: m, title: "SHARE", about: "everyone may stop all load; one holds the dial ", w: w, n: len(l), line: fixed(l)}
}

// chosenKey is the key of who is chosen, whole: it is there to be compared.
func chosenKey(all []seat, at int) string {
	if at < 0 || at >= len(all) || all[at].viewer.Key == "" {
		return ""
	}
	return "key " + all[at].viewer.Key
}

// keyLines are keys and what they do, as many on a line as fit whole.
func keyLines(keys [][2]string, w int) (lines [][]piece) {
	var line []piece
	at := 0
	for _, k := range keys {
		n := ansi.StringWidth(k[0] + " " + k[1])
		if at > 0 && at+n > w {
			lines, line, at = append(lines, line), nil, 0
		}
		line = append(line, piece{k[0], inkKey}, piece{" " + k[1] + "   ", inkDim})
		at += n + 3
	}
	return append(lines, line)
}

// doorLines say whether somebody can come in, and what to send to who should.
func (m *Model) doorLines(d Sight, add func(...piece), wrapped func(string, ink)) {
	if !d.Open {
		add(piece{"THE DOOR ", inkStrong}, piece{"is closed: nobody can look on. ", inkText}, piece{"d", inkKey}, piece{" opens " + d.Addr, inkDim})
		wrapped("Who may come in: keys in "+d.Allow, inkDim)
		return
	}
	add(piece{"THE DOOR ", inkStrong}, piece{"is open at " + d.Addr, inkText}, piece{fmt.Sprintf(" · %s may come in (%s)", plural(d.Keys, "key", "keys"), d.Allow), inkDim})
	for _, text := range d.looks() {
		wrapped("! "+text, inkAmber)
	}
	if d.Here {
		add(piece{"From this machine, or from a partner who has logged in to it:", inkDim})
	} else {
		add(piece{"Send this to your partner:", inkDim})
	}
	for _, line := range d.Lines {
		add(piece{"  " + line, inkStrong})
	}
	add(piece{"  host key " + d.Fingerprint, inkText})
	wrapped("Out of your partner's reach? Run here, with a server you both reach:", inkDim)
	add(piece{"  " + d.Reverse, inkStrong})
	add(piece{"and send your partner this, for that server:", inkDim})
	add(piece{"  " + d.ReverseFor, inkStrong})
}
