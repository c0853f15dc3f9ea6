package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"crosstalk/notes"
)

// writeNotes writes one row a note, retracted ones too.
func writeNotes(w io.Writer, m *Model) error {
	rows := [][]string{{"id", "happened_utc", "elapsed_s", "recorded_utc", "by", "kind", "text", "tags", "open", "resolved_by", "retracted_by", "retracted_why",
		"users_asked", "users_running", "staging_state", "staging_p50_s", "staging_p95_s", "staging_errors_share",
		"production_state", "production_p50_s", "production_p95_s", "production_errors_share", "role"}}
	for _, n := range m.Notes {
		resolved, gone, why := "", "", ""
		if n.Resolved != nil {
			resolved = n.Resolved.By
		}
		if n.Retracted != nil {
			gone, why = n.Retracted.By, n.Retracted.Why
		}
		row := []string{n.ID, rfc3339(n.T), since(n.Elapsed), rfc3339(n.Recorded), n.By, string(n.Kind), n.Text, strings.Join(n.Tags, " "),
			strconv.FormatBool(n.Open), resolved, gone, why, whole(n.Asked), whole(n.Users)}
		row = append(row, seenCells(n.Staging)...)
		rows = append(rows, append(append(row, seenCells(n.Production)...), n.Role))
	}
	return writeRows(w, rows)
}

// since leaves the cell of a moment before the session empty: it was not in it.
func since(elapsed float64) string {
	if elapsed < 0 {
		return ""
	}
	return decimal(elapsed)
}

func seenCells(s *notes.Seen) []string {
	if s == nil {
		return []string{"", "", "", ""}
	}
	return []string{s.State, optional(s.P50), optional(s.P95), optional(s.Errors)}
}

// writeLevels writes one row a level.
func writeLevels(w io.Writer, m *Model) error {
	head := []string{"from_utc", "from_s", "users_asked", "users_reached", "lasted_s", "held_s", "requests", "requests_per_s", "errors", "errors_by_kind",
		"staging_seconds_measured", "staging_seconds_basis",
		"staging_p50_median_second_s", "staging_p95_median_second_s", "staging_p99_median_second_s",
		"staging_p50_worst_second_s", "staging_p95_worst_second_s", "staging_p99_worst_second_s", "staging_max_s",
		"production_seconds_measured", "production_p50_median_second_s", "production_p95_median_second_s",
		"production_p50_worst_second_s", "production_p95_worst_second_s", "production_max_s",
		"production_errors_worst_10s_share", "production_worst_state", "last_good", "cut_short",
		"staging_requests_measured", "staging_p50_s", "staging_p95_s", "staging_p99_s"}
	rows := [][]string{head}
	for _, l := range m.Levels {
		s, p := l.Load, l.Production
		rows = append(rows, append([]string{rfc3339(l.T), decimal(l.Elapsed), strconv.Itoa(l.Asked), strconv.Itoa(l.Reached), decimal(l.Seconds), decimal(l.Held),
			strconv.FormatUint(l.Requests, 10), optional(l.RPS), strconv.FormatUint(l.Errors, 10), kindsOf(l.Kinds),
			strconv.Itoa(s.Measured), s.Basis, optional(s.P50), optional(s.P95), optional(s.P99), optional(s.P50Worst), optional(s.P95Worst), optional(s.P99Worst), optional(s.Max),
			strconv.Itoa(p.Measured), optional(p.P50), optional(p.P95), optional(p.P50Worst), optional(p.P95Worst), optional(p.Max),
			optional(l.ProductionError), l.ProductionState, strconv.FormatBool(l.LastGood), strconv.FormatBool(l.Cut)}, l.Whole.cells()...))
	}
	return writeRows(w, rows)
}

func (w *Whole) cells() []string {
	if w == nil {
		return []string{"", "", "", ""}
	}
	return []string{strconv.FormatUint(w.Measured, 10), optional(w.P50), optional(w.P95), optional(w.P99)}
}

// writeRows writes RFC 4180, with its line ends.
func writeRows(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range rows {
		for i, cell := range row {
			row[i] = literal(cell)
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write row: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// literal keeps a spreadsheet from taking a text for a formula: what begins
// like one gets an apostrophe, which spreadsheets read as "this is text". The
// full-width forms count in some locales.
func literal(cell string) string {
	cell = tidy(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// optional leaves the cell of an unknown value empty.
func optional(p *float64) string {
	if p == nil {
		return ""
	}
	return decimal(*p)
}

func whole(p *int) string {
	if p == nil {
		return ""
	}
	return strconv.Itoa(*p)
}

// kindsOf lists kinds with their counts.
func kindsOf[M []Kind | map[string]uint64](m M) string {
	var list []Kind
	switch v := any(m).(type) {
	case []Kind:
		list = v
	case map[string]uint64:
		list = kinds(v)
	}
	var parts []string
	for _, k := range list {
		parts = append(parts, fmt.Sprintf("%d × %s", k.Count, k.Name))
	}
	return strings.Join(parts, ", ")
}
