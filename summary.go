package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// summary prints what a person wants to know when it is over.
func (l *live) summary(w io.Writer, st *session.State, files []string) {
	if l.brief != "" {
		fmt.Fprintf(w, "\n%s  at most %s", l.brief, st.Unit().Of(st.Dial.Peak))
		l.after(w)
		fmt.Fprintf(w, "%s  %s\n", strings.Repeat(" ", len(l.brief)), l.opts.Dir)
		return
	}
	fmt.Fprintf(w, "\nSession    %s, at most %s, %s", lasted(st), st.Unit().Of(st.Dial.Peak), plural(int(st.Requests), "request"))
	if st.Errors > 0 {
		fmt.Fprintf(w, " (%.1f %% errors)", 100*float64(st.Errors)/float64(max(1, st.Requests)))
	}
	if st.Late > 0 {
		fmt.Fprintf(w, ", %d dropped by us", st.Late)
	}
	fmt.Fprintf(w, "\nFound      %s\n", found(st))
	if st.Learned != "" {
		fmt.Fprintf(w, "Learned    %s\n", st.Learned)
	}
	if l.after != nil {
		l.after(w)
	}
	if l.ending != nil {
		l.ending(w, st)
	}
	if !l.flags.headless && !l.demo && st.Dial.Own {
		fmt.Fprintf(w, "Paste      %s\n", st.AllClear(time.Local))
	}
	if !l.flags.headless && len(st.Unanswered()) > 0 {
		fmt.Fprintf(w, "Debrief    crosstalk debrief %s, while it is fresh\n", l.opts.Dir)
	}
	fmt.Fprintf(w, "Folder     %s\n", l.opts.Dir)
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "           %s\n", strings.Join(names, ", "))
	}
}

// found counts the notes by kind, and names the newest bug.
func found(st *session.State) string {
	count := map[string]int{}
	bug := ""
	for _, n := range st.Notes.Notes {
		if n.Gone != nil || n.System {
			continue
		}
		count[string(n.Kind)]++
		if n.Kind == "bug" {
			bug = n.Text
		}
	}
	var parts []string
	for _, k := range slices.Sorted(mapKeys(count)) {
		parts = append(parts, plural(count[k], k))
	}
	for _, d := range st.GuardDeeds() {
		parts = append(parts, d.What+" "+times(d.Times))
	}
	if n := len(st.Notes.Notes); len(parts) == 0 && n == 0 {
		return "no notes"
	}
	if len(parts) == 0 {
		return "no notes of a person's"
	}
	text := strings.Join(parts, ", ")
	if bug != "" {
		bug, _, _ = strings.Cut(bug, "\n")
		text += ": " + bug
	}
	return text
}

// lasted is how long was worked, and by the clock where that differs.
func lasted(st *session.State) string {
	worked := st.Worked(st.MS)
	if st.Elapsed()-worked < time.Second {
		return clock(worked)
	}
	return fmt.Sprintf("%s worked (%s by the clock)", clock(worked), clock(st.Elapsed()))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// unwritten prints what people wrote and no disk holds: it would be gone with
// this process.
func (l *live) unwritten(w io.Writer, st *session.State) {
	kept, _, err := foldDir(l.opts.Dir)
	if err != nil {
		kept = session.NewState()
	}
	for _, n := range st.Notes.Notes {
		if _, ok := kept.Notes.Get(n.ID); !ok && !n.System {
			fmt.Fprintf(w, "NOT ON THE DISK: %s %s by %s: %s\n", n.ID, n.Kind, n.By, n.Text)
		}
	}
}
