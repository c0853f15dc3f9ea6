package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
)

// purpose is what the text being typed is for.
type purpose int

const (
	editNote    purpose = iota // a new note
	editChange                 // a note's new text
	editReason                 // why a note is taken back
	editGoOn                   // why load may go on after a lockout
	editWarn                   // why amber may only warn for a while
	editMute                   // why a check may only warn
	editUnlock                 // why the dial may rise in spite of a link
	editNo                     // what is wrong, as a check's question asks
	editAside                  // why a check does not count
	editExtend                 // minutes more, and why
	editFind                   // what is looked for among the notes
	editPath                   // the file to attach to a note
	editAuthor                 // who else sits at this desk
	editLearned                // the one sentence at the end
)

// draft is a text that is not saved yet.
type draft struct {
	text   string
	pasted bool           // it began with a paste: sets no kind
	typed  time.Time      // its first character
	begun  *notes.Context // what was shown then
	left   int            // bytes that had no room
}

// editor is the note line.
type editor struct {
	draft
	purpose purpose
	id      string // of the note or check it is about
	env     string // the check's
	at      int    // the cursor, in bytes
	done    tabbed // the tag that Tab completed
}

// insert puts text at the cursor. What has no room in a note is left out and
// counted; a mark stands where a text was cut.
func (e *editor) insert(s string) {
	s, left := notes.CleanTo(strings.ReplaceAll(s, "\t", " "), notes.MaxText-len(e.text))
	e.left += left
	e.text = e.text[:e.at] + s + e.text[e.at:]
	e.at += len(s)
}

// before is where the character before the cursor begins.
func (e *editor) before() int {
	// A line is enough to find the edge of a character.
	from := strings.LastIndexByte(e.text[:max(0, e.at-1)], '\n') + 1
	last := from
	for i := from; i < e.at; {
		last = i
		_, _, rest := next(e.text[i:])
		i = len(e.text) - len(rest)
	}
	return min(last, e.at)
}

// after is where the character at the cursor ends.
func (e *editor) after() int {
	if e.at >= len(e.text) {
		return e.at
	}
	_, _, rest := next(e.text[e.at:])
	return len(e.text) - len(rest)
}

func (e *editor) remove(from, to int) {
	e.text = e.text[:from] + e.text[to:]
	e.at = from
}

// key handles one key; one that is no text's own does nothing.
func (e *editor) key(msg tea.KeyPressMsg) {
	switch msg.String() {
	case "alt+enter", "shift+enter", "ctrl+j":
		e.insert("\n")
	case "backspace", "ctrl+h":
		e.remove(e.before(), e.at)
	case "delete", "ctrl+d":
		e.remove(e.at, e.after())
	case "left", "ctrl+b":
		e.at = e.before()
	case "right", "ctrl+f":
		e.at = e.after()
	case "home", "ctrl+a":
		e.at = strings.LastIndexByte(e.text[:e.at], '\n') + 1
	case "end", "ctrl+e":
		if i := strings.IndexByte(e.text[e.at:], '\n'); i >= 0 {
			e.at += i
		} else {
			e.at = len(e.text)
		}
	case "ctrl+u":
		e.remove(0, e.at)
	case "ctrl+k":
		e.remove(e.at, len(e.text))
	case "ctrl+w", "alt+backspace":
		head := strings.TrimRight(e.text[:e.at], " \n")
		e.remove(strings.LastIndexAny(head, " \n")+1, e.at)
	default:
		if msg.Text != "" {
			e.insert(msg.Text)
		}
	}
}

// wrap breaks the text into lines of at most w columns and tells where the
// cursor stands.
func (e *editor) wrap(w int) (lines []string, x, y int) {
	w = max(w, 2)
	var line strings.Builder
	n := 0
	end := func() {
		lines = append(lines, line.String())
		line.Reset()
		n = 0
	}
	for i := 0; i <= len(e.text); {
		if i < len(e.text) && e.text[i] == '\n' {
			if i == e.at {
				x, y = min(n, w-1), len(lines)
			}
			end()
			i++
			continue
		}
		g, gw, size := "", 0, 1
		if i < len(e.text) {
			var rest string
			g, gw, rest = next(e.text[i:])
			size = len(e.text) - i - len(rest)
		}
		if n+max(gw, 1) > w { // the cursor needs a place, too
			end()
		}
		if e.at >= i && e.at < i+size {
			x, y = n, len(lines)
		}
		line.WriteString(g)
		n += gw
		i += size
	}
	end()
	return lines, x, y
}

// rows is how many lines the text takes.
func (e *editor) rows(w int) int {
	lines, _, _ := e.wrap(w)
	return len(lines)
}

// kind is the kind the text will be saved as.
func (e *editor) kind() notes.Kind {
	if e.pasted {
		return notes.Plain
	}
	return notes.Parse(e.text).Kind
}

// parse is what will be saved.
func (e *editor) parse() notes.Draft {
	var d notes.Draft
	switch {
	case e.pasted:
		d = notes.Paste(e.text)
	case e.purpose == editChange:
		d = notes.ParseEdit(e.text)
	default:
		d = notes.Parse(e.text)
	}
	d.Left += e.left
	return d
}
