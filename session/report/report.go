// Package report draws what a session was from its journal: one Model, and
// from it a page and Markdown for people, JSON for programs and CSV for
// spreadsheets. All
// of it is a pure function of the journal: the same journal gives the same
// bytes, during a session, after a crash and years later. The journal itself is
// only read.
package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"crosstalk/session"
)

// Format is one way to draw a session.
type Format string

// The known formats. Formats tells which of them this version draws.
const (
	HTML     Format = "html"
	Markdown Format = "md"
	JSON     Format = "json"
	CSV      Format = "csv"
	SES      Format = "ses"
	Timeline Format = "timeline"
	Wiki     Format = "wiki"  // the markup of Jira and Confluence
	Chat     Format = "chat"  // twelve lines for a chat
	Share    Format = "share" // one picture
)

// file is one file of a format.
type file struct {
	format Format
	name   string
	draw   func(io.Writer, *Model) error
}

// files are what this version writes, in the order they are written.
var files = append([]file{
	{Markdown, "report.md", writeMarkdown},
	{HTML, "report.html", writeHTML},
	{JSON, "session.json", writeJSON},
	{CSV, "notes.csv", writeNotes},
	{CSV, "levels.csv", writeLevels},
	{Timeline, "timeline.md", writeTimeline},
	{SES, "et-*.ses", writeSheet},
	{SES, coverageName, writeCoverage},
	{Wiki, "report.wiki.txt", writeWiki},
	{Chat, "chat.txt", writeChat},
	{Share, "share.png", writeShare},
}, smallPictures()...)

// smallPictures are those that report.md and report.wiki.txt show.
func smallPictures() []file {
	var out []file
	for _, c := range pictured {
		out = append(out, file{Markdown, c.file, c.draw}, file{Wiki, c.file, c.draw})
	}
	return out
}

// coverageName is the file of the areas that a sheet names.
const coverageName = "coverage.ini"

// Formats returns the formats that this version draws.
func Formats() []Format {
	var out []Format
	for _, f := range files {
		if !slices.Contains(out, f.format) {
			out = append(out, f.format)
		}
	}
	return out
}

// ParseFormats reads a list such as "md,json". An empty list means every format
// there is. The error names the formats there are.
func ParseFormats(s string) ([]Format, error) {
	if strings.TrimSpace(s) == "" {
		return Formats(), nil
	}
	var out []Format
	for name := range strings.SplitSeq(s, ",") {
		f := Format(strings.ToLower(strings.TrimSpace(name)))
		if err := check(f); err != nil {
			return nil, err
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out, nil
}

func check(f Format) error {
	if slices.Contains(Formats(), f) {
		return nil
	}
	var have []string
	for _, h := range Formats() {
		have = append(have, string(h))
	}
	return fmt.Errorf("no format is called %q: there are %s", string(f), strings.Join(have, ", "))
}

// Write draws the session in dir into the folder out (dir itself if it is
// empty) and returns the paths of what it wrote. Every file is written whole
// to a temporary name and then renamed. One that fails does not keep the others
// from being written: the error joins all that went wrong. A journal that can't
// be read at all fails every format.
func Write(dir, out string, formats []Format) (written []string, err error) {
	return WriteOf(dir, out, formats, Options{Profile: DefaultProfile()})
}

// Options of what is written.
type Options struct {
	Of      *Stretch     // the span of the timeline; nil leaves it to the timeline to find the trouble
	Profile Profile      // what is left out
	Tell    func(string) // gets what whoever exports should know of a file that was written, or need not have been; may be nil
}

// ErrOutside is returned for a span of the timeline that begins at or behind the
// session's end.
var ErrOutside = errors.New("the span lies outside the session")

// WriteOf is Write with options.
func WriteOf(dir, out string, formats []Format, o Options) (written []string, err error) {
	if out == "" {
		out = dir
	}
	var errs []error
	for _, f := range formats {
		errs = append(errs, check(f))
	}
	m, err := Read(dir)
	if err != nil {
		return nil, errors.Join(append(errs, err)...)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, errors.Join(append(errs, fmt.Errorf("create report folder: %w", err))...)
	}
	if o.Of != nil && o.Of.From > 0 && o.Of.From >= m.Session.Seconds {
		return nil, errors.Join(append(errs, fmt.Errorf("%w: it is %s long, and the timeline should begin at %s", ErrOutside, lasting(m.Session.Seconds), lasting(o.Of.From)))...)
	}
	m.of = o.Of
	o.Profile.apply(m)
	if slices.Contains(formats, HTML) {
		m.pictures = pictures(dir, m)
	}
	var done []string
	for _, f := range files {
		if !slices.Contains(formats, f.format) || slices.Contains(done, f.name) {
			continue
		}
		done = append(done, f.name) // two formats may show one picture
		name := f.name
		in := out
		switch {
		case strings.HasPrefix(name, "et-"):
			if name, err = sheetIn(out, m); err != nil {
				errs = append(errs, err)
				continue
			}
		case name == coverageName && slices.Equal(formats, []Format{SES}):
			in = dir // out is a folder of sheets alone: the scanner takes nothing else there
		}
		path := filepath.Join(in, name)
		if err := replace(path, func(w io.Writer) error { return f.draw(w, m) }); err != nil {
			// The sheet is whole without it, and the session's folder may be for reading only.
			if o.Tell != nil && filepath.Clean(in) != filepath.Clean(out) {
				o.Tell(fmt.Sprintf("%s could not be laid into %s (%v); its areas:\n%s", name, in, err, strings.Join(areas(m), "\n")))
				continue
			}
			errs = append(errs, fmt.Errorf("write %s: %w", path, err))
			continue
		}
		written = append(written, path)
		if f.format == Share && m.undrawn > 0 && o.Tell != nil {
			o.Tell(fmt.Sprintf("%s: %s of its words can't be drawn in a picture and are boxes there; report.html shows them", path, count(m.undrawn, "letter", "letters")))
		}
	}
	return written, errors.Join(errs...)
}

// Read builds the Model of the session in dir from its journal, whether the
// session runs, has ended or broke off.
func Read(dir string) (*Model, error) {
	// Asked first: a session that ends while its journal is read has its last
	// line there, one that was dead before has not.
	running := session.Running(dir)
	b := newBuilder()
	rest, err := session.EachEvent(dir, func(e session.Event) error {
		b.add(e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read report's journal: %w", err)
	}
	return b.model(Tail{Running: running, Torn: rest.Torn, Why: rest.Why}), nil
}

// tries is how many temporary names are tried; others may be exporting, too.
const tries = 100

// replace writes a file whole or not at all.
func replace(path string, draw func(io.Writer) error) error {
	temp, err := temporary(path)
	if err != nil {
		return err
	}
	err = draw(temp)
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// temporary opens a new file beside path. os.CreateTemp would make one that
// only its owner can read, whatever the umask allows.
func temporary(path string) (*os.File, error) {
	for i := range tries {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d-%d.part", filepath.Base(path), os.Getpid(), i))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("no temporary name is free beside %s", path)
}
