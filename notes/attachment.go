package notes

import (
	"slices"
	"strings"
	"time"
)

// MaxAttachment is the most bytes one attachment may have.
const MaxAttachment = 50 << 20

// Where an attachment came from.
const (
	FromFile      = "file"
	FromStdin     = "stdin"
	FromClipboard = "clipboard"
	FromFolder    = "folder" // a watched one, of screenshots
	FromPanes     = "panes"
	FromSamples   = "samples"
)

// Attachment is one file kept with a note: a copy, never a link to where it was.
type Attachment struct {
	Name   string    `json:"name"`   // as its author called it
	File   string    `json:"file"`   // in the session's folder attachments
	Size   int64     `json:"size"`   // bytes
	SHA256 string    `json:"sha256"` // lower-case hex
	Media  string    `json:"media"`  // its media type
	From   string    `json:"from"`   // one of the From words
	At     time.Time `json:"at"`
	By     string    `json:"by"`
}

// Attach adds a file to a note.
func (l *List) Attach(id string, a Attachment) {
	if i, ok := l.find(id); ok {
		n := &l.Notes[i]
		// A new slice: older snapshots of the list share the old one.
		n.Attachments = append(slices.Clip(n.Attachments), a)
	}
}

// longestName is how long a file's name may be, in bytes: what every file system
// takes, with room for a number.
const longestName = 100

// SafeName makes a name fit for a file: letters, digits, dots, dashes and
// underscores of ASCII, no folder, no leading dot. What is left of a name that
// has none of them is "file".
func SafeName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	stem, ext := SplitName(strings.TrimRight(b.String(), "-."))
	stem = strings.Trim(stem, "-.")
	if stem == "" {
		stem = "file"
	}
	if keep := longestName - len(ext); len(stem) > keep {
		return SafeName(stem[:keep] + ext) // cut, it may end otherwise
	}
	return stem + ext
}

// SplitName parts a safe name from its extension, which keeps its dot.
func SplitName(name string) (stem, ext string) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i < 2 || len(name)-i > 12 || strings.ContainsAny(name[i:], "-_") {
		return name, ""
	}
	return name[:i], name[i:]
}
