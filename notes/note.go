package notes

import (
	"fmt"
	"slices"
	"time"
)

// Seen is one environment as its pane showed it at a moment. A value that was
// not known is nil, never zero.
type Seen struct {
	State  string   `json:"state"`            // green, amber, red or no sight
	P50    *float64 `json:"p50"`              // seconds
	P95    *float64 `json:"p95"`              // seconds
	Errors *float64 `json:"errors"`           // share, 0 to 1
	Rate   *float64 `json:"rate,omitempty"`   // requests a second
	Age    *float64 `json:"age"`              // seconds since its newest sample
	Stale  bool     `json:"stale,omitempty"`  // older than two of its periods
	Build  string   `json:"build,omitempty"`  // what it said it runs
	Detail string   `json:"detail,omitempty"` // why it is not green
}

// Context is what the screen showed when a note was begun or saved.
type Context struct {
	Unit       string `json:"unit,omitempty"` // of Asked and Running: "req/s", else users
	MS         int64  `json:"ms"`             // milliseconds since the session's start
	Asked      int    `json:"asked"`
	Running    int    `json:"running"`
	Staging    Seen   `json:"staging"`
	Production Seen   `json:"production"`
	Guard      string `json:"guard"` // run, hold, ease, cut or lockout
	Driver     string `json:"driver,omitempty"`
}

// Note is one note with its history. Nothing is ever removed from it.
type Note struct {
	ID       string     `json:"id"` // n1, n2, ...
	By       string     `json:"by"`
	Role     string     `json:"role,omitempty"` // of its author then; "" of the program, and of who was on no screen
	Kind     Kind       `json:"kind"`
	Text     string     `json:"text"`
	Tags     []string   `json:"tags,omitempty"`
	Typed    time.Time  `json:"typed"`              // typing began
	Saved    time.Time  `json:"saved"`              // Enter was pressed
	Happened *time.Time `json:"happened,omitempty"` // only when the author said so
	MS       int64      `json:"ms"`                 // Moment, in milliseconds since the session's start; negative: it was before that
	Begun    *Context   `json:"begun,omitempty"`    // context when typing began: what the author saw
	Context  *Context   `json:"context,omitempty"`  // context when saved
	Then     *Context   `json:"then,omitempty"`     // what was measured at Happened; nil if nobody kept it
	Edits    []Edit     `json:"edits,omitempty"`
	Gone     *Gone      `json:"retracted,omitempty"`
	Resolved *Gone      `json:"resolved,omitempty"`
	System   bool       `json:"system,omitempty"` // written by the program: nobody may edit it

	Attachments []Attachment `json:"attachments,omitempty"`
	Links       []Link       `json:"links,omitempty"` // where it was filed
}

// Edit is one earlier text of a note.
type Edit struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Kind Kind      `json:"kind"`
	Text string    `json:"text"` // before the edit
}

// Gone tells who took a note back or resolved it, when and why.
type Gone struct {
	At  time.Time `json:"at"`
	By  string    `json:"by"`
	Why string    `json:"why,omitempty"`
}

// Moment is when the noted thing happened: what the author said, else when
// typing began.
func (n Note) Moment() time.Time {
	if n.Happened != nil {
		return *n.Happened
	}
	return n.Typed
}

// Before tells whether the noted thing happened before the session began:
// nothing that was measured in it tells of that.
func (n Note) Before() bool { return n.MS < 0 }

// Panes are what was seen or measured when the noted thing happened: for one
// that its author said was earlier, what was measured then, else what the screen
// showed when typing began. It is nil when that is not known.
func (n Note) Panes() *Context {
	switch {
	case n.Happened != nil:
		return n.Then
	case n.Begun != nil:
		return n.Begun
	}
	return n.Context
}

// Open tells whether a question, obstacle or follow-up still waits.
func (n Note) Open() bool { return n.Kind.Info().Open && n.Resolved == nil && n.Gone == nil }

// List is all notes of a session in the order they were saved.
type List struct {
	Notes []Note `json:"notes"`
	index map[string]int
}

// Add appends a note; a second note of the same id is ignored, because a
// journal that was written twice must not show one thing twice.
func (l *List) Add(n Note) {
	if _, ok := l.find(n.ID); ok {
		return
	}
	l.index[n.ID] = len(l.Notes)
	l.Notes = append(l.Notes, n)
}

// Edit replaces a note's text and kind and keeps the old ones.
func (l *List) Edit(id string, at time.Time, by string, kind Kind, text string) {
	if i, ok := l.find(id); ok {
		n := &l.Notes[i]
		// A new slice: older snapshots of the list share the old one.
		n.Edits = append(slices.Clip(n.Edits), Edit{At: at, By: by, Kind: n.Kind, Text: n.Text})
		n.Kind, n.Text, n.Tags = kind, text, Tags(text)
	}
}

// Retract hides a note, with its reason.
func (l *List) Retract(id string, g Gone) {
	if i, ok := l.find(id); ok {
		l.Notes[i].Gone = &g
	}
}

// Restore takes back what was done to a note last: it is there again after a
// retraction, and open again after it was resolved.
func (l *List) Restore(id string) {
	i, ok := l.find(id)
	switch {
	case !ok:
	case l.Notes[i].Gone != nil:
		l.Notes[i].Gone = nil
	default:
		l.Notes[i].Resolved = nil
	}
}

// Reopens tells whether restoring the note would open it again.
func (n Note) Reopens() bool { return n.Resolved != nil && n.Gone == nil }

// Resolve closes a question, an obstacle or a follow-up.
func (l *List) Resolve(id string, g Gone) {
	if i, ok := l.find(id); ok {
		l.Notes[i].Resolved = &g
	}
}

// Get returns the note of an id.
func (l *List) Get(id string) (Note, bool) {
	i, ok := l.find(id)
	if !ok {
		return Note{}, false
	}
	return l.Notes[i], true
}

// MayEdit tells whether a person may change a note, and if not, why.
func (l *List) MayEdit(id, by string) error {
	n, ok := l.Get(id)
	switch {
	case !ok:
		return fmt.Errorf("there is no note %s", id)
	case n.System:
		return fmt.Errorf("%s was written by the program and stays as it is", id)
	case n.By != by:
		return fmt.Errorf("%s is %s's note: add one of your own that answers it", id, n.By)
	}
	return nil
}

// Clone returns a copy that later changes of l do not touch.
func (l *List) Clone() List { return List{Notes: slices.Clone(l.Notes)} }

func (l *List) find(id string) (int, bool) {
	if l.index == nil {
		l.index = make(map[string]int, len(l.Notes))
		for i, n := range l.Notes {
			l.index[n.ID] = i
		}
	}
	i, ok := l.index[id]
	return i, ok
}

// Load writes what was running: "1 user", "12 users" or "12 req/s".
func (c *Context) Load() string {
	switch {
	case c.Unit != "":
		return fmt.Sprintf("%d %s", c.Running, c.Unit)
	case c.Running == 1:
		return "1 user"
	}
	return fmt.Sprintf("%d users", c.Running)
}
