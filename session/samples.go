package session

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"crosstalk/notes"
)

// LongestSamples is how far back samples of single seconds are kept.
const LongestSamples = fineLen * time.Second

// SamplesOf makes the command that attaches the last so many seconds of samples
// to a note.
func (s *Session) SamplesOf(note string, last time.Duration) Attach {
	var a Attach
	ms := s.Snapshot().MS
	s.log.read(func(st *State) { a = st.Samples(note, ms-last.Milliseconds(), ms+fineStep) })
	return a
}

// Samples makes the command that attaches the seconds that begin in [from, to),
// in milliseconds since the session's start, to a note.
func (s *State) Samples(note string, from, to int64) Attach {
	var b bytes.Buffer
	_ = s.WriteSamples(&b, from, to) // a buffer takes everything
	rows := s.Fine.Range(from, to)
	name := "samples.csv"
	if len(rows) > 0 {
		name = fmt.Sprintf("samples-%s-%s.csv", stampOf(rows[0].MS), stampOf(rows[len(rows)-1].MS))
	}
	return Attach{Note: note, Name: name, Media: "text/csv", From: notes.FromSamples, Content: &b}
}

// stampOf is a moment of a session fit for a file's name: "03m12s".
func stampOf(ms int64) string { return fmt.Sprintf("%02dm%02ds", ms/60_000, ms/1000%60) }

// WriteSamples writes the seconds that begin in [from, to) as CSV: latencies in
// seconds, errors as a share. What nobody knows is an empty cell, never 0; a
// second of which nobody told anything has no row.
func (s *State) WriteSamples(w io.Writer, from, to int64) error {
	out := csv.NewWriter(w)
	head := []string{"time", "elapsed_s", "asked", "running", "requests_a_second"}
	for _, who := range []string{"users", "staging", "production"} {
		head = append(head, who+"_p50_s", who+"_p95_s", who+"_errors")
	}
	_ = out.Write(append(head, "staging_state", "production_state"))
	for _, r := range s.Fine.Range(from, to) {
		row := []string{s.At(r.MS).UTC().Format(stampLayout), decimal(float64(r.MS) / 1000), "", "", ""}
		if r.Told {
			row[2], row[3], row[4] = strconv.Itoa(r.Asked), strconv.Itoa(r.Running), decimal(r.RPS)
		}
		for _, c := range []Curve{r.Load, r.Staging, r.Prod} {
			if c.OK {
				row = append(row, decimal(c.P50), decimal(c.P95))
			} else {
				row = append(row, "", "")
			}
			if c.Counted {
				row = append(row, decimal(c.Errors))
			} else {
				row = append(row, "")
			}
		}
		_ = out.Write(append(row, r.Staging.State, r.Prod.State))
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	return nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
