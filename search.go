package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// sought is what a search over sessions looks for; what is empty is not looked
// at.
type sought struct {
	text  string // anywhere in a note, whatever the case
	kind  string
	tag   string
	since time.Time
}

// soughtFlags are sought as they are given.
type soughtFlags struct{ text, kind, tag, since string }

// search tells whether notes are looked for, and not sessions.
func (f soughtFlags) search() bool { return f.text != "" || f.kind != "" || f.tag != "" }

// read reports every flag that can't be meant, at once.
func (f soughtFlags) read(now time.Time) (sought, error) {
	s := sought{text: strings.ToLower(f.text), tag: strings.ToLower(strings.TrimPrefix(f.tag, "#"))}
	var problems []error
	if f.kind != "" {
		k, err := notes.ParseKind(f.kind)
		if err != nil {
			problems = append(problems, fmt.Errorf("--kind: %w", err))
		}
		s.kind = string(k)
	}
	var err error
	if s.since, err = sinceWhen(f.since, now); err != nil {
		problems = append(problems, err)
	}
	return s, errors.Join(problems...)
}

// sinceWhen reads "30d", "2w", "12h" or a day, "2026-10-17".
func sinceWhen(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return day, nil
	}
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, unit)); err == nil && strings.HasSuffix(text, unit) && n >= 0 && n <= 36500 {
			return now.AddDate(0, 0, -n*days), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("--since %q is neither a span (30d, 2w, 12h) nor a day (2026-10-17)", text)
}

// hit is one note that was looked for.
type hit struct {
	Session string    `json:"session"`
	Dir     string    `json:"dir"`
	Note    string    `json:"note"`
	T       time.Time `json:"t"`       // when it happened
	Elapsed float64   `json:"elapsed"` // seconds since the session's start; negative: before it
	By      string    `json:"by"`
	Kind    string    `json:"kind"`
	Open    bool      `json:"open"`
	Users   *int      `json:"users"` // running when it happened; null if not known
	Tags    []string  `json:"tags"`
	Text    string    `json:"text"`
}

// trouble is a journal that could not be read, or not to its end.
type trouble struct {
	Dir string `json:"dir"`
	Why string `json:"why"`
}

// foundNotes is what a search brought.
type foundNotes struct {
	Sessions int       `json:"sessions"` // looked at
	Hits     []hit     `json:"hits"`     // newest first
	Problems []trouble `json:"problems"`
}

// searchSessions looks for notes in every session of a home. What can't be read
// is told and passed over: one broken folder hides no other.
func searchSessions(home string, want sought) (foundNotes, error) {
	out := foundNotes{Hits: []hit{}, Problems: []trouble{}}
	entries, err := os.ReadDir(home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("list sessions: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		dir := filepath.Join(home, e.Name())
		info, err := os.Stat(filepath.Join(dir, session.JournalName))
		if err != nil || !want.since.IsZero() && info.ModTime().Before(want.since) {
			continue // nothing was written since
		}
		dirs = append(dirs, dir)
	}
	out.Sessions = len(dirs)
	type part struct {
		hits []hit
		why  string
	}
	parts := make([]part, len(dirs))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(len(dirs), runtime.GOMAXPROCS(0)) {
		readers.Go(func() {
			for i := range next {
				parts[i].hits, parts[i].why = want.in(dirs[i])
			}
		})
	}
	for i := range dirs {
		next <- i
	}
	close(next)
	readers.Wait()
	for i, p := range parts {
		out.Hits = append(out.Hits, p.hits...)
		if p.why != "" {
			out.Problems = append(out.Problems, trouble{Dir: dirs[i], Why: p.why})
		}
	}
	slices.SortStableFunc(out.Hits, func(a, b hit) int { return cmp.Or(b.T.Compare(a.T), cmp.Compare(a.Dir, b.Dir)) })
	return out, nil
}

// in looks through one session; why says what of it was not read.
func (w sought) in(dir string) (hits []hit, why string) {
	st, rest, err := session.ReadNoted(dir)
	switch {
	case err != nil:
		return nil, err.Error()
	case rest.Lines == 0 && rest.Torn > 0:
		return nil, "it is no journal: " + rest.Why
	case rest.Torn > 0 && !session.Running(dir):
		why = fmt.Sprintf("%d bytes at the end were not read: %s", rest.Torn, rest.Why)
	}
	fit := slices.DeleteFunc(st.Notes.Notes, func(n notes.Note) bool { return !w.fits(n) })
	if slices.ContainsFunc(fit, measured) {
		// What was measured was passed over: it has to be read after all.
		whole := session.NewState()
		if _, err := session.EachEvent(dir, func(e session.Event) error { whole.Apply(e); return nil }); err != nil {
			return nil, err.Error()
		}
		for i := range fit {
			if n, ok := whole.Notes.Get(fit[i].ID); ok {
				fit[i].Then = n.Then
			}
		}
	}
	for _, n := range fit {
		h := hit{Session: filepath.Base(dir), Dir: dir, Note: n.ID, T: n.Moment().UTC(), Elapsed: float64(n.MS) / 1000, By: n.By,
			Kind: string(n.Kind), Open: n.Open(), Tags: n.Tags, Text: n.Text}
		if h.Tags == nil {
			h.Tags = []string{}
		}
		if c := n.Panes(); c != nil {
			h.Users = &c.Running
		}
		hits = append(hits, h)
	}
	return hits, why
}

// measured tells whether a note is of an earlier time of its session, so that
// what was measured then tells of it.
func measured(n notes.Note) bool { return n.Happened != nil && !n.Before() }

func (w sought) fits(n notes.Note) bool {
	switch {
	case n.Gone != nil,
		w.kind != "" && string(n.Kind) != w.kind,
		w.tag != "" && !slices.Contains(n.Tags, w.tag),
		n.Moment().Before(w.since):
		return false
	}
	return strings.Contains(strings.ToLower(n.Text), w.text)
}

// print writes the hits for a reader, and what was not read to complain.
func (f foundNotes) print(w, complain io.Writer, asJSON bool) error {
	for _, p := range f.Problems {
		fmt.Fprintf(complain, "crosstalk: %s: %s\n", p.Dir, p.Why)
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(f)
	}
	if len(f.Hits) == 0 {
		_, err := fmt.Fprintf(w, "No note like that in %s.\n", plural(f.Sessions, "session"))
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WHEN\tSESSION\tAT\tUSERS\tNOTE\tKIND\tBY\tTEXT")
	for _, h := range f.Hits {
		users := "?"
		if h.Users != nil {
			users = strconv.Itoa(*h.Users)
		}
		at := "before"
		if h.Elapsed >= 0 {
			at = clock(time.Duration(h.Elapsed * float64(time.Second)))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", h.T.Local().Format("2006-01-02 15:04"), h.Session, at,
			users, h.Note, h.Kind, notes.Clean(h.By), short(strings.Join(strings.Fields(notes.Clean(h.Text)), " "), 100))
	}
	return t.Flush()
}
