package main

import (
	"fmt"
	"strings"
)

// print writes one step as it ended.
func (t *trial) print(s triedStep) {
	mark := "ok  "
	switch {
	case s.Repeated:
		mark = "401 "
	case !s.OK:
		mark = "FAIL"
	case len(s.Look) > 0:
		mark = "look"
	}
	when := ""
	switch {
	case s.Once && s.Again:
		when = "once, again: "
	case s.Once:
		when = "once: "
	case s.Again:
		when = "again: "
	}
	status := "no answer"
	if s.Status > 0 {
		status = fmt.Sprint(s.Status)
	}
	fmt.Fprintf(t.out, "  %s %s%s  %s  %.1f ms\n", mark, when, s.Step, status, s.MS)
	more := func(what, text string) {
		if text != "" {
			fmt.Fprintf(t.out, "       %-9s %s\n", what, text)
		}
	}
	if asked := s.Method + " " + s.URL; !strings.HasSuffix(asked, strings.TrimPrefix(s.Step, s.Method+" ")) || !s.OK {
		more("sent", strings.TrimSpace(asked))
	}
	for _, h := range s.Via {
		more(fmt.Sprint(h.Status), "→ "+h.To)
	}
	for _, name := range s.names {
		more("saved", name+" "+s.Saved[name])
	}
	more("answer", s.Body)
	if !s.OK {
		more("why", strings.TrimSpace(s.Error+"  "+s.Detail))
	}
	for _, l := range s.Look {
		more("look", l)
	}
	for _, r := range s.Remedy {
		more("try", r)
	}
}

// summary says in a line how it went.
func (t *trial) summary(doc tried) {
	good := 0
	for _, s := range t.steps {
		if s.OK {
			good++
		}
	}
	fmt.Fprintf(t.out, "\n%s, %d of %s good", plural(len(doc.Journeys), "journey"), good, plural(len(t.steps), "request"))
	for _, j := range doc.Journeys {
		if len(j.Left) > 0 {
			fmt.Fprintf(t.out, "; %s not tried: %s", t.mask.text(j.Journey), t.mask.text(strings.Join(j.Left, ", ")))
		}
	}
	fmt.Fprintln(t.out)
}
