package notes

import (
	"slices"
	"time"
)

// Link is what a note is called where it was filed: in a tracker of bugs.
type Link struct {
	Key string    `json:"key"`           // SHOP-4711, #123
	URL string    `json:"url,omitempty"` // where it stands
	By  string    `json:"by"`
	At  time.Time `json:"at"`
}

// File keeps the key under which a note was filed. The same key again, with
// another address, corrects it.
func (l *List) File(id string, k Link) {
	i, ok := l.find(id)
	if !ok {
		return
	}
	n := &l.Notes[i]
	// A new slice: older snapshots of the list share the old one.
	n.Links = slices.DeleteFunc(slices.Clone(n.Links), func(o Link) bool { return o.Key == k.Key })
	n.Links = append(n.Links, k)
}
