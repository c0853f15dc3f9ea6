package session

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"crosstalk/notes"
)

// TypeNoteLink says under which key a note was filed in a tracker.
const TypeNoteLink = "note.link"

// NoteLink is the key that a tracker gave a note.
type NoteLink struct {
	ID  string `json:"id"`
	Key string `json:"key"`
	URL string `json:"url,omitempty"`
}

// LinkNote keeps the key that a tracker gave a note. Anyone who may note may
// keep it, whoever wrote the note.
type LinkNote struct{ NoteLink }

func (LinkNote) command() string { return "link note" }

// longestKey is how long a tracker's key may be, in bytes.
const longestKey = 80

// ParseKey reads what a person pastes after filing: a key such as SHOP-4711 or
// #123, or the address of the issue, which ends with it.
func ParseKey(s string) (key, address string, err error) {
	s = strings.TrimSpace(notes.Clean(s))
	if u, perr := url.Parse(s); perr == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		u.User = nil
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		key = parts[len(parts)-1]
		if n := len(parts); n > 1 && (parts[n-2] == "issues" || parts[n-2] == "pull") {
			key = "#" + key
		}
		address = u.String()
	} else {
		key = s
	}
	switch {
	case key == "" || key == "#":
		return "", "", fmt.Errorf("%q holds no key: give one such as SHOP-4711 or #123, or the issue's address", s)
	case len(key) > longestKey || strings.ContainsFunc(key, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "", "", fmt.Errorf("a key is one word of at most %d bytes, such as SHOP-4711 or #123", longestKey)
	}
	return key, address, nil
}

func refusedLink(st *State, l NoteLink) string {
	n, ok := st.Notes.Get(l.ID)
	switch {
	case !ok:
		return fmt.Sprintf("there is no note %s", l.ID)
	case n.Gone != nil:
		return fmt.Sprintf("%s was taken back", l.ID)
	}
	_, _, err := ParseKey(l.Key)
	return why(err)
}

func (s *Session) link(by string, c LinkNote) Reply {
	e := s.add(by, TypeNoteLink, &NoteLink{ID: c.ID, Key: c.Key, URL: c.URL})
	return Reply{Text: c.ID + " is " + c.Key, Seq: e.Seq, Note: c.ID}
}

// filed folds a key.
func (s *State) filed(e Event, b *NoteLink) {
	s.Notes.File(b.ID, notes.Link{Key: b.Key, URL: b.URL, By: e.By, At: e.T})
}
