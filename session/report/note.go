package report

import (
	"maps"
	"slices"
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
		v := Note{Moment: moment, ID: n.ID, By: n.By, Program: n.System, Kind: n.Kind, Text: n.Text, Tags: n.Tags, Recorded: n.Saved.UTC(),
			Happened: utc(n.Happened), Late: n.Saved.Sub(n.Moment()) > lateAfter, Open: n.Open(), Edits: n.Edits, Retracted: n.Gone, Resolved: n.Resolved}
		if c := n.Context; c != nil {
			v.StagingAfter, v.ProductionAfter = &c.Staging, &c.Production
		}
		c := n.Begun
		if c == nil {
			c = n.Context
		}
		if c != nil {
			v.Users, v.Asked, v.Staging, v.Production = &c.Running, &c.Asked, &c.Staging, &c.Production
		}
		out = append(out, v)
	}
	return out
}

// Corrected tells whether a note was changed later than a slip of the keys is.
func (n Note) Corrected() bool {
	return slices.ContainsFunc(n.Edits, func(e notes.Edit) bool { return e.At.Sub(n.Recorded) > typoWithin })
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
