package report

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// handedOver is a session whose dial goes from mel to jo, by taking, and back, by
// giving; both write and turn it, and kim watches.
func handedOver() *tape {
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Charter: "c"})
	p.seconds(10)
	p.dial("mel", 5)
	p.write("mel", notes.Bug, "before anybody came")
	p.seconds(10)
	p.add("jo", session.TypeViewerJoin, &session.ViewerJoin{Name: "jo", Role: session.Navigator})
	p.add("kim", session.TypeViewerJoin, &session.ViewerJoin{Name: "kim", Role: session.Observer})
	p.seconds(10)
	p.write("jo", notes.Bug, "jo navigates")
	p.seconds(10)
	p.add("jo", session.TypeRoleTake, &session.RoleChange{From: "mel", To: "jo"})
	p.seconds(10)
	p.dial("jo", 7)
	p.write("jo", notes.Bug, "jo drives")
	p.write("mel", notes.Question, "mel navigates")
	p.seconds(10)
	p.add("jo", session.TypeRoleGive, &session.RoleChange{From: "jo", To: "mel"})
	p.seconds(10)
	p.write("jo", notes.Bug, "mel gave it to me, and jo gave it back")
	p.dial("mel", 9)
	p.add("kim", session.TypeStop, &session.LoadStop{Reason: "operator", By: "kim"})
	p.seconds(10)
	p.end("quit")
	return p
}

// Every note and every line tells the role of its moment, and of drivers there is
// one at a time.
func TestRolesOfEveryMoment(t *testing.T) {
	t.Parallel()
	m := handedOver().model(t)
	var parts []string
	drivers := map[string]int{}
	for _, p := range m.Session.Roles {
		parts = append(parts, p.Name+" "+p.Role+" "+clock(p.From)+"-"+clock(p.To))
		for _, o := range m.Session.Roles {
			if p.Role == "driver" && o.Role == "driver" && p.Name != o.Name && p.From < o.To && o.From < p.To {
				drivers[p.Name+" and "+o.Name]++
			}
		}
	}
	want := "mel driver 00:00:00-00:00:40; jo navigator 00:00:20-00:00:40; kim observer 00:00:20-00:01:20; " +
		"mel navigator 00:00:40-00:01:00; jo driver 00:00:40-00:01:00; mel driver 00:01:00-00:01:20; jo navigator 00:01:00-00:01:20"
	if got := strings.Join(parts, "; "); got != want || len(drivers) != 0 {
		t.Errorf("roles:\n%s\nwant\n%s\nand two drivers at once: %v", got, want, drivers)
	}
	var notes []string
	for _, n := range m.Notes {
		notes = append(notes, n.author())
	}
	if got := strings.Join(notes, ", "); got != "mel (driver), jo (navigator), jo (driver), mel (navigator), jo (navigator)" {
		t.Errorf("notes: %s", got)
	}
	var rows []string
	for _, r := range m.Timeline {
		switch r.Type {
		case session.TypeDialSet, session.TypeRoleTake, session.TypeRoleGive, session.TypeViewerJoin, session.TypeStop, session.TypeEnd:
			rows = append(rows, r.Type+" "+signed(r.By, r.Role))
		}
	}
	if got := strings.Join(rows, ", "); got != "dial.set mel (driver), viewer.join jo (navigator), viewer.join kim (observer), role.take jo (navigator), dial.set jo (driver), "+
		"role.give jo (driver), dial.set mel (driver), load.stop kim (observer), session.end session" {
		t.Errorf("lines: %s", got)
	}
}

// What is exported says so, each in its way.
func TestRolesInReports(t *testing.T) {
	t.Parallel()
	m := handedOver().model(t)
	if got := strings.Join(m.Session.people(), ", "); got != "mel (driver, then navigator), jo (navigator, then driver), kim (observer)" {
		t.Errorf("people: %s", got)
	}
	var sheet, csvFile, jsonFile, markdown, html, course strings.Builder
	for name, err := range map[string]error{"sheet": writeSheet(&sheet, m), "csv": writeNotes(&csvFile, m), "json": writeJSON(&jsonFile, m), "markdown": writeMarkdown(&markdown, m),
		"html": writeHTML(&html, m), "timeline": writeTimeline(&course, m)} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	says := func(what, text string, wants ...string) {
		t.Helper()
		for _, w := range wants {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q:\n%s", what, w, text)
			}
		}
	}
	says("the sheet", sheet.String(), "TESTER\n"+sheetRule+"\nmel\njo\n\n", "Roles: mel driver from +00:00:00 to +00:00:40, jo navigator from +00:00:20 to +00:00:40, kim observer from",
		"noted by jo (driver)", "noted by jo (navigator)")
	says("the Markdown", markdown.String(), "noted by jo (driver)", "noted by mel (driver)", "| jo (driver) | asked for 7 users", "| kim (observer) | load stopped", "| mel (navigator) |")
	says("the page", html.String(), "noted by <bdi>jo (driver)</bdi>", "kim (observer)", "mel (driver, then navigator), jo (navigator, then driver) and kim (observer)")
	rows, err := csv.NewReader(strings.NewReader(csvFile.String())).ReadAll()
	if err != nil || rows[0][22] != "role" || rows[3][4] != "jo" || rows[3][22] != "driver" {
		t.Errorf("notes.csv: %v, %q", err, rows)
	}
	var back struct {
		Notes    []struct{ By, Role string }
		Timeline []struct{ By, Role, Type string }
	}
	if err := json.Unmarshal([]byte(jsonFile.String()), &back); err != nil || back.Notes[2].Role != "driver" || back.Notes[4].Role != "navigator" {
		t.Errorf("session.json: %v, %+v", err, back.Notes)
	}
	// By roles alone: two who drove are told apart, and each is called what it was then.
	says("the timeline", course.String(), "person: driver 1 | asked for 5 users", "person: driver 2 | asked for 7 users", "person: driver 1 | asked for 9 users", "person: observer | load stopped",
		"person: navigator 2 | n2 bug: the navigator 2 navigates", "n3 bug: the driver 2 drives", "the driver 1 gave it to me, and the navigator 2 gave it back", "the navigator 1, question")
	names := regexp.MustCompile(`\b(mel|jo|kim)\b`)
	if text := course.String(); names.MatchString(text) {
		t.Errorf("names are left:\n%s", text)
	}
	// Where names are left out, one who had several roles is told from the other one,
	// and the role of the moment stands beside it.
	without := Profile{Names: true}.apply(handedOver().model(t))
	var plain strings.Builder
	if err := writeMarkdown(&plain, without); err != nil {
		t.Fatal(err)
	}
	says("without names", plain.String(), "tester 1 (driver)", "tester 2 (driver)", "tester 2 (navigator)", "| observer | load stopped")
	if names.MatchString(plain.String()) {
		t.Errorf("names are left:\n%s", plain.String())
	}
}

// A session of one tells no roles.
func TestASessionOfOneTellsNoRoles(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.dial("mel", 5)
	p.write("mel", notes.Bug, "alone")
	p.end("quit")
	m := p.model(t)
	if m.Notes[0].author() != "mel" {
		t.Errorf("noted by %s", m.Notes[0].author())
	}
	for _, r := range m.Timeline {
		if r.Role != "" {
			t.Errorf("%s: %s (%s)", r.Type, r.By, r.Role)
		}
	}
	if m.Session.roleWords() != "" {
		t.Error(m.Session.roleWords())
	}
}
