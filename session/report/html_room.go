package report

import (
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

// The room of a page: with all but its pictures it stays under 2 MB, so that it can
// be sent and opened anywhere.
const (
	maxPage   = 1_900_000 // bytes
	maxTable  = 250_000   // bytes of the texts of one table of notes
	bulkNever = 200_000   // bytes of long texts that no page is looked through for
	firstOf   = 300       // runes of a long text that stay
)

// What stands in the place of a text that the page has no room for.
const noRoom = "Left out here, so that the page stays small:"

// bulk is a long text of a page, and how many bytes it takes.
type bulk struct {
	at   *block
	was  block
	size int
}

// trim leaves out long texts, exchanges and attached texts that would make the page
// too large: people's own words stay first, then what stands first on the page.
func (d *document) trim() error {
	var quotes, others []bulk
	total, pictures := 0, 0
	for _, s := range d.Sections {
		eachBlock(s.Blocks, func(b *block) {
			pictures += len(b.Image)
			size := escaped(b.Quote) + escaped(b.Pre)
			switch {
			case b.Quote != "":
				quotes = append(quotes, bulk{b, *b, size})
			case b.Else != nil:
				others = append(others, bulk{b, *b, size})
			default:
				return
			}
			total += size
		})
	}
	if total <= bulkNever {
		return nil
	}
	room := maxPage
	for _, q := range quotes {
		if utf8.RuneCountInString(q.was.Quote) > firstOf {
			q.at.Quote = cut(q.was.Quote, firstOf) + "\n(" + noRoom + " session.json holds the whole text.)"
		}
	}
	for _, o := range others {
		o.at.Pre, o.at.Text = "", o.was.Else
	}
	var n counter
	if err := htmlPage.Execute(&n, d); err != nil {
		return fmt.Errorf("measure page: %w", err)
	}
	room -= int(n) - pictures
	for _, list := range [][]bulk{quotes, others} {
		for _, b := range list {
			if b.size <= room {
				*b.at = b.was
				room -= b.size
			}
		}
	}
	return nil
}

// escaped is how many bytes a text takes on a page, where a plus is escaped, too.
func escaped(s string) int { return len(template.HTMLEscapeString(s)) + 4*strings.Count(s, "+") }

// counter counts what is written to it.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// eachBlock calls f with every block of a page, in order.
func eachBlock(list []block, f func(*block)) {
	for i := range list {
		f(&list[i])
		eachBlock(list[i].Finding, f)
		eachBlock(list[i].Folded, f)
	}
}
