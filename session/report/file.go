package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// File is one file that was kept with a note, in the session's folder
// attachments.
type File struct {
	Name   string    `json:"name"` // as its author called it
	File   string    `json:"file"` // in the folder attachments; "" where its name there was left out
	Size   int64     `json:"size"` // bytes
	SHA256 string    `json:"sha256"`
	Media  string    `json:"media"`
	From   string    `json:"from"` // file, stdin, clipboard, folder, panes or samples
	By     string    `json:"by"`
	At     time.Time `json:"at"`

	stored string // File, where it was left out
}

// path is where a file is read from, in the folder attachments.
func (f File) path() string { return cmp.Or(f.stored, f.File) }

func attachments(list []notes.Attachment) []File {
	out := []File{}
	for _, a := range list {
		out = append(out, File{Name: a.Name, File: a.File, Size: a.Size, SHA256: a.SHA256, Media: a.Media, From: a.From, By: a.By, At: utc(a.At)})
	}
	return out
}

// link is a file's name, linked to where it stands from the session's folder.
// A journal that names anything else than a file of that folder gets no link.
func (f File) link() string {
	if f.File == "" || f.File != notes.SafeName(f.File) {
		return inline(f.Name)
	}
	return fmt.Sprintf("[%s](%s/%s)", inline(f.Name), session.AttachmentsName, f.File)
}

// files lists what was attached to a finding.
func (p *page) files(n Note) {
	for _, f := range n.Files {
		p.line("- Attached: %s, %s, SHA-256 `%s`", f.link(), session.Bytes(f.Size), hex(f.SHA256))
	}
}

// enclosed names what was attached to a note, in a table's cell.
func (n Note) enclosed() string {
	if len(n.Files) == 0 {
		return ""
	}
	links := make([]string, len(n.Files))
	for i, f := range n.Files {
		links[i] = f.link()
	}
	return " (attached: " + strings.Join(links, ", ") + ")"
}

// allFiles lists every file, with what proves that it is the one that was kept.
func (p *page) allFiles(m *Model) {
	var rows [][]string
	for _, n := range m.Notes {
		for _, f := range n.Files {
			rows = append(rows, []string{inline(n.ID), f.link(), session.Bytes(f.Size), inline(f.Media), inline(f.From), inline(m.actorAt(f.By, f.At)), stamp(f.At), "`" + hex(f.SHA256) + "`"})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.section("Attached files")
	p.line("Copies in the folder `%s`, made when they were attached; `sha256sum` shows whether they still are what they were.\n", session.AttachmentsName)
	p.table([]string{"Note", "File", "Size", "Type", "From", "By", "At", "SHA-256"}, rows)
}

// hex is a hash as it may stand between backquotes: whatever a journal says,
// only hexadecimal digits.
func hex(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'f' {
			return r
		}
		return -1
	}, strings.ToLower(s))
	if s == "" {
		return "not known"
	}
	return cut(s, 64)
}
