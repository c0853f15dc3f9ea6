package report

import (
	"fmt"
	"html/template"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// patterns are the hatchings of the charts: a state must not be told by its
// colour alone.
const patterns template.HTML = `<svg class="defs" aria-hidden="true" focusable="false"><defs>` +
	`<pattern id="p-gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="p-gap" x1="0" y1="0" x2="0" y2="6"/></pattern>` +
	`<pattern id="p-amber" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="p-amber" width="6" height="6"/><line class="p-ambers" x1="1" y1="0" x2="1" y2="6"/></pattern>` +
	`<pattern id="p-red" width="7" height="7" patternUnits="userSpaceOnUse"><rect class="p-red" width="7" height="7"/><path class="p-reds" d="M0 3.5H7M3.5 0V7"/></pattern>` +
	`<pattern id="p-dots" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="p-dots" width="5" height="5"/><circle class="p-dot" cx="2" cy="2" r=".8"/></pattern>` +
	`</defs></svg>`

// appendixBlocks are what proves the rest: settings, steps, what was changed
// or refused, the files.
func (m *Model) appendixBlocks() []block {
	if m.Session.State == Empty {
		return nil
	}
	out := m.stepBlocks()
	out = append(out, m.setupBlocks()...)
	out = append(out, m.changed()...)
	return append(out, m.fileBlocks()...)
}

func (m *Model) stepBlocks() []block {
	if len(m.Steps) == 0 {
		return nil
	}
	g := &grid{Caption: words("Steps over the whole session, so across levels: p50 and p95 are the median of the seconds, worst is the worst second"), RowHead: true}
	g.head("Step", "Journey", "Requests", "Errors", "p50", "p95", "p95 worst", "Max")
	for _, s := range m.Steps[:min(len(m.Steps), maxLevelRows)] {
		g.row(foreign(s.Step), foreign(s.Journey), words(fmt.Sprint(s.Requests)), words(percentOf(s.Errors, s.Requests)),
			words(latency(s.P50)), words(latency(s.P95)), words(latency(s.P95Worst)), words(latency(s.Max)))
	}
	return []block{{Heading: words("Steps")}, {Table: g}}
}

func (m *Model) setupBlocks() []block {
	h := m.Session
	g := keys("How the session was made")
	g.key("Session", foreign(h.ID))
	g.key("Began", words(date(*h.Began)))
	g.key("Lasted", words(lastedWords(h)))
	g.key("Started by", foreign(orUnknown(h.StartedBy)))
	g.key("Staging", foreign(orUnknown(h.Target)))
	if h.Fleet != nil {
		g.key("Load from", join(words("Locust at "), foreign(h.Fleet.Address), words(fleetWords(h.Fleet))))
	}
	g.key("Caps", words(capWords(m)))
	g.key("Crosstalk", foreign(orUnknown(h.Version)))
	g.key("Seed", foreign(h.Seed))
	if h.Demo != "" {
		g.key("On the embedded lab", foreign(h.Demo))
	}
	for _, b := range h.Builds {
		g.Rows = append(g.Rows, gridRow{Cells: []text{join(words("Build of "), foreign(b.Env)), join(foreign(b.Build), words(", seen at "+clock(b.Elapsed)))}})
	}
	if len(h.Builds) == 0 {
		g.key("Builds", words(NotKnown))
	}
	for _, j := range h.Journeys {
		g.Rows = append(g.Rows, gridRow{Cells: []text{join(words("Journey "), foreign(j.Name)), join(words(fmt.Sprintf("weight %d: ", j.Weight)), foreign(cut(strings.Join(j.Steps, ", then "), maxCell*2)))}})
	}
	g.key("Brake rehearsal", words(brakeWords(m)))
	g.key("Promise", words(h.promise()))
	out := []block{{Heading: words("Setup")}, {Table: g}}
	if len(m.Thresholds) == 0 {
		return out
	}
	t := &grid{Caption: words("Where amber and red begin"), RowHead: true}
	t.head("Environment", "Check", "Learned from samples", "p50", "p99", "Amber from", "Red from", "Remark")
	for _, l := range m.Thresholds[:min(len(m.Thresholds), maxLevelRows)] {
		t.row(foreign(l.Env), foreign(l.Check), words(fmt.Sprint(l.N)), words(millis(l.P50)), words(millis(l.P99)), words(millis(l.Amber)), words(millis(l.Red)), foreign(l.Note))
	}
	return append(out, block{Table: t})
}

// changed are notes that were taken back or changed, and what was refused.
func (m *Model) changed() []block {
	gone := &grid{Caption: words("Notes that were taken back"), RowHead: true}
	gone.head("Note", "Text", "By", "At", "Why")
	was := &grid{Caption: words("Earlier texts of notes"), RowHead: true}
	was.head("Note", "Text before", "Changed by", "At")
	for _, n := range m.Notes {
		if n.Retracted != nil && len(gone.Rows) < maxNotes {
			gone.row(foreign(n.ID), foreign(cut(n.Text, maxCell)), foreign(m.actorAt(n.Retracted.By, n.Retracted.At)), words(stamp(n.Retracted.At)), foreign(orNone(n.Retracted.Why)))
		}
		if !n.Corrected() {
			continue
		}
		for _, e := range n.Edits[:min(len(n.Edits), 20)] {
			if len(was.Rows) < maxNotes {
				was.row(foreign(n.ID), foreign(cut(e.Text, maxCell)), foreign(m.actorAt(e.By, e.At)), words(stamp(e.At)))
			}
		}
	}
	no := &grid{Caption: words("What was refused"), RowHead: true}
	no.head("At", "Who", "What", "Times", "Why")
	for _, r := range m.Refusals[:min(len(m.Refusals), maxLevelRows)] {
		no.row(words(clock(r.Elapsed)), foreign(m.actor(r.Who, r.Elapsed)), foreign(r.Cmd), words(fmt.Sprint(r.Count)), foreign(cut(r.Why, maxCell)))
	}
	var out []block
	for _, g := range []*grid{gone, was, no} {
		if len(g.Rows) > 0 {
			out = append(out, block{Table: g})
		}
	}
	if len(out) > 0 {
		out = append([]block{{Heading: words("Taken back, changed, refused")}}, out...)
	}
	return out
}

// linkText is a file's name, linked to where it stands from the session's
// folder. A journal that names anything else than a file of that folder gets no
// link.
func (f File) linkText() text {
	if f.File == "" || f.File != notes.SafeName(f.File) {
		return foreign(f.Name)
	}
	return linked(session.AttachmentsName+"/"+f.File, f.Name)
}

// fileBlocks list every file, with what proves that it is the one that was kept.
func (m *Model) fileBlocks() []block {
	g := &grid{Caption: words("Copies in the folder " + session.AttachmentsName + ", made when they were attached; sha256sum shows whether they still are what they were"), RowHead: true}
	g.head("File", "Note", "Size", "Type", "From", "By", "At", "SHA-256")
	for _, n := range m.Notes {
		for _, f := range n.Files {
			if len(g.Rows) < maxNotes {
				g.row(f.linkText(), foreign(n.ID), words(session.Bytes(f.Size)), foreign(f.Media), foreign(f.From), foreign(m.actorAt(f.By, f.At)), words(stamp(f.At)), code(hex(f.SHA256)))
			}
		}
	}
	if len(g.Rows) == 0 {
		return nil
	}
	return []block{{Heading: words("Attached files")}, {Table: g}}
}
