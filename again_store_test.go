package main

import (
	"bytes"
	"strings"
	"testing"

	"crosstalk/monitors"
	"crosstalk/session"
)

// Databases of production that an earlier session counted, or was to count, and that are not
// asked now are missed, by whichever name and kind they were known.
func TestWhatCountedBeforeIsMissed(t *testing.T) {
	t.Parallel()
	info := func(name, kind, address string) session.CheckInfo {
		return session.CheckInfo{Env: monitors.Production, Name: name, Kind: kind, Address: address}
	}
	check := func(name, kind, address string) monitors.Check {
		return monitors.Check{Env: monitors.Production, Name: name, Kind: kind, Address: address}
	}
	staging := info("pg", "postgres", "10.0.0.9:5432")
	staging.Env = monitors.Staging
	const counted, asked = " counted in ", " was to count in "
	for _, tt := range []struct {
		name    string
		checks  []session.CheckInfo // of the earlier session
		missed  []session.Uncounted // of it
		now     stores
		want    string // the counter that is missed besides; empty: none is
		verb    string
		without string // is not said
	}{
		{name: "nothing of the kind", checks: []session.CheckInfo{info("web-1", "http", "10.0.0.1:443"), staging}},
		{name: "it counted", checks: []session.CheckInfo{info("database", "redis", "10.0.0.1:6379")}, want: "database commands", verb: counted},
		{name: "it still does", checks: []session.CheckInfo{info("database", "redis", "***")}, now: stores{checks: []monitors.Check{check("database", "redis", "10.0.0.1:6379")}}},
		{name: "under another name", checks: []session.CheckInfo{info("database", "redis", "10.0.0.1:6379")}, now: stores{checks: []monitors.Check{check("cache", "redis", "10.0.0.1:6379")}}},
		{name: "another one does", checks: []session.CheckInfo{info("database", "redis", "10.0.0.1:6379")}, now: stores{checks: []monitors.Check{check("cache", "redis", "10.0.0.2:6379")}}, want: "database commands", verb: counted},
		{name: "a page is called so", checks: []session.CheckInfo{info("database", "redis", "10.0.0.1:6379")}, now: stores{checks: []monitors.Check{check("database", "http", "10.0.0.1:6379")}}, want: "database commands", verb: counted},
		{name: "under another name, at a host of the environment", checks: []session.CheckInfo{info("database", "redis", "***:6379")}, now: stores{checks: []monitors.Check{check("cache", "redis", "hidden:6379")}}},
		{name: "it was missed", missed: []session.Uncounted{{Name: "database", Kind: "postgres"}}, want: "database transactions", verb: asked},
		{name: "it is missed again", missed: []session.Uncounted{{Name: "database", Kind: "postgres"}}, now: stores{missed: []session.Uncounted{{Name: "database", Kind: "postgres"}}}},
		{name: "its DSN can't be read now", missed: []session.Uncounted{{Name: "database", Kind: "postgres"}}, now: stores{missed: []session.Uncounted{{Name: "database"}}}},
		{name: "its DSN could not be read", missed: []session.Uncounted{{Name: "database"}}, want: "database", verb: asked},
		{name: "and can be now", missed: []session.Uncounted{{Name: "database"}}, now: stores{checks: []monitors.Check{check("database", "mysql", "10.0.0.1:3306")}}},
		{name: "it was missed in one part and counted in another", checks: []session.CheckInfo{info("database", "mysql", "10.0.0.1:3306")},
			missed: []session.Uncounted{{Name: "database"}, {Name: "database", Kind: "mysql"}}, want: "database questions", verb: counted, without: asked},
	} {
		for _, how := range []struct {
			resume, given bool
			when          string
			misses        bool
		}{{true, false, "its earlier part", true}, {true, true, "its earlier part", true}, {false, false, "the session before", true}, {false, true, "the session before", false}} {
			a := &again{resume: how.resume, given: how.given, Earlier: &session.Earlier{Checks: tt.checks, Uncounted: tt.missed}}
			now := tt.now
			var said bytes.Buffer
			a.absent(&now, func(text string) string { return strings.ReplaceAll(text, "hidden", "***") }, &said)
			more := now.missed[len(tt.now.missed):]
			if missed := tt.want != "" && how.misses; missed != (len(more) > 0) || missed && (len(more) != 1 || more[0].Counter() != tt.want || !strings.Contains(more[0].Said, tt.verb+how.when)) {
				t.Errorf("%s, %+v: missed %+v", tt.name, how, more)
			}
			if text := said.String(); strings.Count(text, "\n") != len(now.hints) || (tt.want != "") != strings.Contains(text, tt.verb+how.when+" and does not now") && tt.verb != "" || tt.without != "" && strings.Contains(text, tt.without) {
				t.Errorf("%s, %+v: said %q, hints %q", tt.name, how, text, now.hints)
			}
			if (tt.want != "") != (len(now.hints) == 1) {
				t.Errorf("%s, %+v: hints %q", tt.name, how, now.hints)
			}
		}
	}
	now := stores{}
	var none *again
	if none.absent(&now, nil, nil); len(now.missed) > 0 {
		t.Errorf("a session of its own misses %+v", now.missed)
	}
}
