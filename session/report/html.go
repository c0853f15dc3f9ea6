package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// The page's style and form. They are part of the file: it asks for nothing
// over a network, and it has no script.
var (
	//go:embed assets/report.css
	sheet string
	//go:embed assets/report.html
	form string
)

// htmlPage draws a page. What html/template is given as text it escapes for
// the place where it stands; only the style and the charts, which are ours and
// escape what they show, are taken as they are.
var htmlPage = template.Must(template.New("report").Parse(form))

// policy allows the page its own style and pictures that are part of it, and
// nothing else.
func policy() string {
	sum := sha256.Sum256([]byte(sheet))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
}

// document is the page as the template takes it.
type document struct {
	Policy, Generator, Title, Head string
	Style                          template.HTML
	Over, Meta, Foot               text
	Sections                       []section
}

type section struct {
	ID, Name string
	Blocks   []block
}

// block is one part of a section: whichever of its fields is set.
type block struct {
	ID, Class, Title string

	Heading  text
	Text     text
	Quote    string // keeps its lines
	List     []text
	Verdict  string
	Why      text
	Table    *grid
	Pre      string
	Else     text          // stands in the place of Pre where the page has no room for it
	Defs     template.HTML // what charts share
	Chart    template.HTML
	Behind   *grid // of a chart
	Image    template.URL
	Filtered *grid
	Finding  []block
	Folded   []block
}

// phrase is a piece of a text. What is foreign keeps its writing direction to
// itself.
type phrase struct {
	Words, Href           string
	Foreign, Code, Strong bool
}

// text is a line of words.
type text []phrase

func words(s string) text { return text{{Words: s}} }

// foreign is what came from a journal, as one line.
func foreign(s string) text { return text{{Words: oneLine(tidy(s)), Foreign: true}} }

func strong(s string) text { return text{{Words: s, Strong: true}} }

func code(s string) text { return text{{Words: s, Code: true}} }

// linked leads to a place of the page or to a file beside it.
func linked(href, s string) text {
	return text{{Words: oneLine(tidy(s)), Foreign: true, Href: href}}
}

func join(parts ...text) text {
	var out text
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Class is how a cell is set: numbers stay on one line, long texts get room.
func (t text) Class() string {
	long, digits := 0, false
	for _, p := range t {
		long += len(p.Words)
		digits = digits || !p.Foreign && !p.Code && strings.ContainsAny(p.Words, "0123456789–")
	}
	switch {
	case long > 40:
		return "t"
	case digits:
		return "n"
	}
	return ""
}

// grid is a table.
type grid struct {
	ID, Class, Summary string
	Caption            text
	Over               []headSpan // heads above the heads
	Heads              []string
	RowHead            bool // the first cell of a row is its head
	Rows               []gridRow
}

type gridRow struct {
	ID, Class string
	Cells     []text
}

// headSpan is a head over several columns.
type headSpan struct {
	Name string
	Span int
}

func (g *grid) head(names ...string) { g.Heads = append(g.Heads, names...) }

func (g *grid) row(cells ...text) { g.Rows = append(g.Rows, gridRow{Cells: cells}) }

// keys is a table of names and their values.
func keys(caption string) *grid {
	g := &grid{Caption: words(caption), Class: "keys", RowHead: true}
	g.head("What", "Value")
	return g
}

func (g *grid) key(name string, value text) { g.row(words(name), value) }

// writeHTML draws the session as one page.
func writeHTML(w io.Writer, m *Model) error {
	d := documentOf(m)
	n := 0
	for _, s := range d.Sections {
		eachTable(s.Blocks, func(g *grid) {
			n++
			g.ID = fmt.Sprintf("table-%d", n)
		})
	}
	if err := d.trim(); err != nil {
		return err
	}
	if err := htmlPage.Execute(w, d); err != nil {
		return fmt.Errorf("draw page: %w", err)
	}
	return nil
}

// eachTable calls f with every table of a page, in order.
func eachTable(list []block, f func(*grid)) {
	for _, b := range list {
		for _, g := range []*grid{b.Table, b.Behind, b.Filtered} {
			if g != nil {
				f(g)
			}
		}
		eachTable(b.Finding, f)
		eachTable(b.Folded, f)
	}
}
