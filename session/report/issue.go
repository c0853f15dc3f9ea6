package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"unicode/utf16"

	"crosstalk/notes"
	"crosstalk/session"
)

// The most that a tracker takes: GitHub's issues hold 65,536 characters, Jira's
// descriptions 32,767, and longer addresses than about 8 KB lose the text.
const (
	maxIssue   = 60_000
	maxWiki    = 32_000
	maxAddress = 8_000
)

// Issue is one finding ready to be filed.
type Issue struct {
	Note  string
	Title string // one line
	Body  string
	Wiki  bool   // Body is the markup of Jira and Confluence, not Markdown
	Link  string // opens a new issue in the tracker with both in it; "" when no tracker is known
	Whole bool   // Link holds all of Body; else it has to be pasted
	Keys  []string
}

// ErrNoNote says that a session has no such note, or one that was taken back.
var ErrNoNote = errors.New("no such note")

// noNote is an ErrNoNote in words that need no more.
type noNote string

func (n noNote) Error() string        { return string(n) }
func (n noNote) Is(target error) bool { return target == ErrNoNote }

// IssueOf draws one note of the session in dir for a tracker: the configured
// one, unless to names another. Markup is "md", "wiki" or "" for what the
// tracker takes.
func IssueOf(dir, id, markup string, to session.TrackerConfig, p Profile) (*Issue, error) {
	r, err := record(dir)
	if err != nil {
		return nil, err
	}
	m := r.m
	if m.Session.State == Empty {
		return nil, fmt.Errorf("%s holds an empty journal: %w", dir, fs.ErrNotExist)
	}
	note, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if !to.Any() {
		to = tracker(r.b.st.Start.Config)
	}
	m = p.apply(m)
	note, _ = m.find(note.ID)
	i := &Issue{Note: note.ID, Wiki: markup == "wiki" || markup == "" && to.Jira != "", Title: cut(oneLine(tidy(note.headline())), 200)}
	if note.Users != nil {
		i.Title += " at " + session.Unit(m.Session.Mode).Of(*note.Users) // alone it stands where nothing tells the unit
	}
	for _, l := range note.Links {
		i.Keys = append(i.Keys, l.Key)
	}
	body, most := m.issue(*note), maxIssue
	if i.Wiki {
		body, most = wiki(body), maxWiki
	}
	i.Body = bound(body, most, i.Wiki)
	i.Link, i.Whole = address(to, i.Title, i.Body)
	return i, nil
}

// tracker is the one that a session was configured with.
func tracker(config json.RawMessage) session.TrackerConfig {
	var c session.Config
	if json.Unmarshal(config, &c) != nil {
		return session.TrackerConfig{}
	}
	return c.Tracker
}

// find returns a note that still stands: n17, N17 or 17.
func (m *Model) find(id string) (*Note, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if !strings.HasPrefix(id, "n") {
		id = "n" + id
	}
	var have []string
	for i := range m.Notes {
		n := &m.Notes[i]
		switch {
		case n.ID != id && n.Kind == notes.Bug && n.Retracted == nil:
			have = append(have, n.ID)
		case n.ID != id:
		case n.Retracted != nil:
			return nil, noNote(fmt.Sprintf("%s was taken back by %s%s", id, n.Retracted.By, because(n.Retracted.Why)))
		default:
			return n, nil
		}
	}
	there := "it has no bug, and crosstalk note \"! ...\" writes one while it runs"
	if len(have) > 0 {
		there = "its bugs are " + list(have[:min(len(have), 40)])
	}
	return nil, noNote(fmt.Sprintf("session %s has no note %s: %s", m.Session.ID, id, there))
}

// bound cuts a body at a line, and closes what is open there.
func bound(s string, most int, wiki bool) string {
	end := within(s, most)
	if end == len(s) {
		return s
	}
	s = s[:end]
	if i := strings.LastIndexByte(s, '\n'); i > 0 {
		s = s[:i]
	}
	return s + closing(s, wiki) + "\n\n(the rest is in the session's report)\n"
}

// within is the length in bytes of the beginning of a text that has at most so
// many characters, counted as trackers do: in units of UTF-16.
func within(s string, most int) int {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > most {
			return i
		}
	}
	return len(s)
}

// closing is what ends a text that stands as it is, or a quote of the wiki's, at
// the end of a body's part.
func closing(s string, wiki bool) string {
	fence, plain, quote := "", false, false
	indent := ""
	for line := range strings.SplitSeq(s, "\n") {
		bare := strings.TrimLeft(line, " ")
		switch {
		case wiki && line == "{noformat}":
			plain = !plain
		case wiki && !plain && line == "{quote}":
			quote = !quote
		case wiki:
		case fence != "":
			if strings.TrimSpace(line) == fence {
				fence = ""
			}
		case strings.HasPrefix(bare, "```"):
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
			indent = line[:len(line)-len(bare)]
		}
	}
	var out string
	if fence != "" {
		out += "\n" + indent + fence
	}
	if plain {
		out += "\n{noformat}"
	}
	if quote {
		out += "\n{quote}"
	}
	return out
}

// address makes the link to a new issue. A body that is too long for one stays
// out of it.
func address(to session.TrackerConfig, title, body string) (link string, whole bool) {
	if !to.Any() {
		return "", false
	}
	q := url.Values{}
	var base string
	text := "body"
	if to.GitHub != "" {
		base = to.GitHub + "/issues/new?"
		q.Set("title", title)
		if len(to.Labels) > 0 {
			q.Set("labels", strings.Join(to.Labels, ","))
		}
	} else {
		base, text = to.Jira+"/secure/CreateIssueDetails!init.jspa?", "description"
		q.Set("pid", to.Project)
		q.Set("issuetype", to.Type)
		q.Set("summary", title)
		if len(to.Labels) > 0 {
			q["labels"] = to.Labels
		}
	}
	q.Set(text, body)
	if link = base + q.Encode(); len(link) <= maxAddress {
		return link, true
	}
	q.Set(text, "(paste the text here: it is too long for an address)")
	return base + q.Encode(), false
}

// issue is one finding as Markdown, to stand alone.
func (m *Model) issue(n Note) string {
	p := &page{}
	p.line("%s", quoted(cut(n.Text, maxFinding*4)))
	if text := m.Session.rateWords(); text != "" {
		p.line("%s\n", text)
	}
	p.line("| | Before | Then | After |\n| --- | --- | --- | --- |")
	g := m.beforeAfter(n)
	for _, r := range g.Rows {
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			for _, part := range c {
				cells[i] += part.Words
			}
			cells[i] = inline(cells[i])
		}
		p.line("| %s |", strings.Join(cells, " | "))
	}
	p.line("\nBefore and after are %s each, the median of their %s. Staging is what the users' own requests got, production what our checks got.\n", lasting(around), columnWord(m.Series.Step))
	p.line("- Happened %s", n.when())
	for _, b := range m.Session.Builds {
		if b.Elapsed <= max(0, n.Elapsed) {
			p.line("- Build of %s: %s", inline(b.Env), inline(b.Build))
		}
	}
	p.line("- Charter: %s", inline(cut(orNone(m.Session.Charter), maxCell*2)))
	if len(n.Tags) > 0 {
		p.line("- Tags: %s", inline(strings.Join(n.Tags, " ")))
	}
	for _, f := range n.Files {
		p.line("- To be attached: %s (%s, %s in the session's folder)", inline(f.Name), session.Bytes(f.Size), inline(path.Join(session.AttachmentsName, f.File)))
	}
	p.examples(n)
	p.again(n)
	p.line("- From session %s, note %s, noted with Crosstalk %s", inline(m.Session.ID), inline(n.ID), inline(m.Session.Version))
	return p.b.String()
}
