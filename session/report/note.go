package report

import (
	"maps"
	"slices"
	"strings"
	"time"

	"crosstalk/notes"
)

// lateAfter is how long after it happened a note is recorded late.
const lateAfter = 10 * time.Second

// typoWithin is how long after saving an edit is only a correction.
const typoWithin = 30 * time.Second

// notes draws the notes in the order they were saved.
func (b *builder) notes() []Note {
	out := []Note{}
	for _, n := range b.st.Notes.Notes {
		moment := b.at(n.MS)
		v := Note{Moment: moment, ID: n.ID, By: n.By, Role: n.Role, Program: n.System, Kind: n.Kind, Text: n.Text, Tags: n.Tags, Recorded: utc(n.Saved),
			Late: n.Saved.Sub(n.Moment()) > lateAfter, Open: n.Open(), Edits: slices.Clone(n.Edits), Retracted: utcGone(n.Gone), Resolved: utcGone(n.Resolved)}
		if n.Happened != nil {
			h := utc(*n.Happened)
			v.Happened = &h
		}
		v.Files = attachments(n.Attachments)
		v.Links = slices.Clone(n.Links)
		for i := range v.Links {
			v.Links[i].At = utc(v.Links[i].At)
		}
		for i := range v.Edits {
			v.Edits[i].At = utc(v.Edits[i].At)
		}
		if c := n.Context; c != nil {
			v.StagingAfter, v.ProductionAfter = &c.Staging, &c.Production
		}
		if n.Before() {
			v.T = utc(n.Moment()) // to the part of a millisecond
		}
		from := "typed"
		switch {
		case n.Happened != nil:
			from = "history"
		case n.Begun == nil:
			from = "saved"
		}
		if n.Kind == notes.Bug && n.Gone == nil {
			v.Repro, v.Exchanges = b.repro(n.MS), b.exchanges(n)
		}
		if c := n.Panes(); c != nil {
			staging, production := told(c.Staging), told(c.Production)
			v.From = from
			v.Users, v.Asked, v.Staging, v.Production = &c.Running, &c.Asked, &staging, &production
		}
		out = append(out, v)
	}
	return out
}

// told is what a pane showed, with a word for a state that nobody knows.
func told(s notes.Seen) notes.Seen {
	if s.State == "" {
		s.State = NotKnown
	}
	return s
}

// Corrected tells whether a note was changed later than a slip of the keys is.
func (n Note) Corrected() bool {
	return slices.ContainsFunc(n.Edits, func(e notes.Edit) bool { return e.At.Sub(n.Recorded) > typoWithin })
}

// utc is a moment as reports have it. One that RFC 3339 has no year for, of a
// broken clock, becomes the zero time.
func utc(t time.Time) time.Time {
	u := t.UTC()
	if y := u.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return u
}

func utcGone(g *notes.Gone) *notes.Gone {
	if g == nil {
		return nil
	}
	return &notes.Gone{At: utc(g.At), By: g.By, Why: g.Why}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// key is what a note is called: in the tracker where it was filed, else here.
func (n Note) key() string {
	if len(n.Links) > 0 {
		return n.Links[len(n.Links)-1].Key
	}
	return n.ID
}

// filed tells where a note was filed; empty when it was not.
func (n Note) filed() text {
	var out text
	for i, l := range n.Links {
		if i > 0 {
			out = join(out, words(", "))
		}
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			out = join(out, linked(l.URL, l.Key))
			continue
		}
		out = join(out, foreign(l.Key))
	}
	return out
}
