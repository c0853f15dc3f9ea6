package report

import (
	"regexp"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// A link to an attachment, with a text that can't end it.
var attachmentLink = regexp.MustCompile(`\[((?:[^\]\[\\]|\\.)*)\]\(attachments/[A-Za-z0-9._-]+\)`)

// Whatever a journal calls its attachments, the page links nothing but files of
// the folder, and shows names as text.
func TestAttachmentsAreOnlyLinkedInTheirFolder(t *testing.T) {
	t.Parallel()
	type pair struct{ name, file string }
	var pairs []pair
	for _, name := range append([]string{"a.png", "a](http://example.test) [b", "`"}, hostile...) {
		pairs = append(pairs, pair{name, "n1-a.png"})
	}
	for _, file := range append([]string{"../../etc/passwd", "/etc/passwd", "a b.png", "x)[y](http://example.test", ".incoming-1", ""}, hostile...) {
		pairs = append(pairs, pair{"a.png", file})
	}
	for _, c := range pairs {
		tp := newTape()
		tp.start()
		bug := tp.write("mel", notes.Bug, "slow")
		idea := tp.write("mel", notes.Idea, "quick")
		for _, id := range []string{bug, idea} {
			tp.add("mel", session.TypeAttach, &session.AttachAdd{Note: id, Name: cut(c.name, 300), File: cut(c.file, 300), Size: 3, SHA256: cut(c.name, 80), Media: cut(c.name, 80), From: cut(c.name, 80)})
		}
		m, err := Read(tp.dir(t))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := writeMarkdown(&b, m); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		if n := len(attachmentLink.FindAllString(page, -1)); n != map[bool]int{true: 4}[notes.SafeName(cut(c.file, 300)) == c.file] {
			t.Fatalf("%q in %q has %d links:\n%s", c.name, c.file, n, page)
		}
		checkPage(t, page)
		if c.name == "a.png" && !strings.Contains(page, "## Attached files") {
			t.Fatal("no list of files")
		}
	}
}
