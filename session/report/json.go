package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"crosstalk/notes"
	"crosstalk/session"
)

// writeJSON writes the whole Model, one row of a list a line: it can be read,
// searched and compared line by line.
func writeJSON(w io.Writer, m *Model) error {
	var flat bytes.Buffer
	enc := json.NewEncoder(&flat)
	enc.SetEscapeHTML(false) // as in the journal; who shows it escapes it
	if err := enc.Encode(m); err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	_, err := w.Write(shallow(bytes.TrimSpace(flat.Bytes()), 2))
	return err
}

// shallow breaks compact JSON into lines down to a depth; what lies deeper
// stays on its line.
func shallow(in []byte, depth int) []byte {
	out := make([]byte, 0, len(in)+len(in)/8)
	level, text, escaped := 0, false, false
	line := func() {
		out = append(out, '\n')
		for range level {
			out = append(out, ' ', ' ')
		}
	}
	for i, c := range in {
		switch {
		case text:
			out = append(out, c)
			text = escaped || c != '"'
			escaped = !escaped && c == '\\'
		case c == '"':
			text = true
			out = append(out, c)
		case c == '{' || c == '[':
			level++
			out = append(out, c)
			if level <= depth && in[i+1] != '}' && in[i+1] != ']' {
				line()
			}
		case c == '}' || c == ']':
			level--
			if level < depth && in[i-1] != '{' && in[i-1] != '[' {
				line()
			}
			out = append(out, c)
		case c == ',' && level <= depth:
			out = append(out, c)
			line()
		case c == ':' && level <= depth:
			out = append(out, ':', ' ')
		default:
			out = append(out, c)
		}
	}
	return append(out, '\n')
}

// fill makes every list that is empty an empty list, so that a reader of the
// JSON never meets null where a list belongs.
func (m *Model) fill() {
	h, a, t, s := &m.Session, &m.Answer, &m.Totals, &m.Sure
	some(&h.People)
	some(&h.Roles)
	some(&h.Charters)
	some(&h.Builds)
	some(&h.Journeys)
	some(&a.Why)
	some(&a.Link)
	some(&a.Unknown)
	some(&t.Kinds)
	some(&t.Codes)
	some(&t.CutsBy)
	some(&t.NotesBy)
	some(&t.Production)
	some(&m.Levels)
	some(&m.Steps)
	some(&m.Stops)
	some(&m.Guard)
	some(&m.Recoveries)
	some(&m.Health)
	some(&m.Refusals)
	some(&m.Activities)
	some(&m.Pauses)
	some(&m.Links)
	some(&m.Wrote)
	some(&m.Debrief)
	some(&m.Again)
	some(&m.Timeline)
	some(&s.Checks)
	some(&s.Gaps)
	some(&s.Resumes)
	some(&s.SelfLimits)
	some(&s.UnknownType)
	for i := range m.Guard {
		some[[]session.Sample](&m.Guard[i].Samples)
	}
	for i := range m.Notes {
		some(&m.Notes[i].Tags)
		some(&m.Notes[i].Links)
		some[[]notes.Edit](&m.Notes[i].Edits)
		some(&m.Notes[i].Exchanges)
	}
	x := &m.Series
	for _, ints := range []*[]*int{&x.Asked, &x.Running} {
		some(ints)
	}
	for _, floats := range []*[]*float64{&x.RPS, &x.StagingP50, &x.StagingP95, &x.StagingMax, &x.StagingErrors,
		&x.ProductionP50, &x.ProductionP95, &x.ProductionMax, &x.ProductionErrors, &x.ProductionRate} {
		some(floats)
	}
	some(&x.ProductionState)
}

func some[S ~[]E, E any](list *S) {
	if *list == nil {
		*list = S{}
	}
}
