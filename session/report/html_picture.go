package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"crosstalk/notes"
	"crosstalk/session"
)

// Bounds of what is shown on the page of what was attached; larger files are
// linked.
const (
	maxPicture  = 1 << 20  // bytes of one picture
	maxShown    = 16 << 10 // bytes of one text
	maxPictures = 8 << 20  // bytes of all pictures of a section
)

// pictures are the attached files that the page can show, by their names in the
// folder of attachments. Only one that still is what the journal says it was,
// by its SHA-256, is taken.
func pictures(dir string, m *Model) map[string][]byte {
	root, err := os.OpenRoot(filepath.Join(dir, session.AttachmentsName))
	if err != nil {
		return nil
	}
	defer root.Close()
	out := map[string][]byte{}
	room := int64(2 * maxPictures)
	for _, n := range m.Notes {
		for _, f := range n.Files {
			if f.path() != notes.SafeName(f.path()) || f.kind() == "" || f.Size > room {
				continue
			}
			if b, err := readFile(root, f); err == nil && m.censor.shows(f.Media, b) {
				out[f.path()] = b
				room -= f.Size
			}
		}
	}
	return out
}

// What an attached file is shown as.
const (
	asSVG    = "svg"
	asRaster = "raster"
	asText   = "text"
)

// kind is what a file is shown as; "" if it is only linked.
func (f File) kind() string {
	switch {
	case f.Media == "image/svg+xml" && f.From == notes.FromPanes && f.Size <= maxPicture:
		return asSVG
	case slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, f.Media) && f.Size <= maxPicture:
		return asRaster
	case f.Media == "text/plain" && f.Size <= maxShown:
		return asText
	}
	return ""
}

func readFile(root *os.Root, f File) ([]byte, error) {
	info, err := root.Lstat(f.path())
	if err != nil {
		return nil, fmt.Errorf("look at attachment: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() != f.Size {
		return nil, errors.New("attachment is not what it was")
	}
	file, err := root.Open(f.path())
	if err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, f.Size+1))
	if err != nil {
		return nil, fmt.Errorf("read attachment: %w", err)
	}
	if sum := sha256.Sum256(b); fmt.Sprintf("%x", sum) != strings.ToLower(f.SHA256) {
		return nil, errors.New("attachment is not what it was")
	}
	return b, nil
}

// enclosed shows what was attached to a note: frozen panes as they looked,
// pictures, short texts; the rest as links. room is how many bytes of pictures
// may still be shown.
func (m *Model) enclosed(n Note, room *int) []block {
	var out []block
	var links []text
	for _, f := range n.Files {
		out = append(out, m.shown(f, room)...)
		links = append(links, join(words("Attached: "), f.linkText(), words(", "+session.Bytes(f.Size)+", SHA-256 "), code(hex(f.SHA256))))
	}
	if len(links) > 0 {
		out = append(out, block{List: links})
	}
	return out
}

func (m *Model) shown(f File, room *int) []block {
	b, ok := m.pictures[f.path()]
	if !ok {
		return nil
	}
	name := oneLine(tidy(f.Name))
	media := f.Media
	switch f.kind() {
	case asText:
		if !utf8.Valid(b) {
			return nil
		}
		class, what := "wrap", "Text: "
		if f.From == notes.FromPanes {
			class, what = "frame", "The panes as text: "
		}
		return []block{{Title: what + name, Folded: []block{{Pre: strings.Trim(tidy(string(b)), "\n"), Class: class, Else: words(noRoom + " it is linked below.")}}}}
	case asSVG:
		clean, err := cleanSVG(b)
		if err != nil {
			return nil
		}
		b = clean
	case asRaster:
		if !isRaster(b) {
			return nil
		}
	}
	if *room -= len(b); *room < 0 {
		*room = 0
		return nil
	}
	caption := words("Attached picture: " + name)
	if f.From == notes.FromPanes {
		caption = words("Both panes as they looked, frozen at " + stamp(f.At))
	}
	return []block{{Title: caption[0].Words, Image: template.URL("data:" + media + ";base64," + base64.StdEncoding.EncodeToString(b)), Why: caption}} //nolint:gosec // a picture shown as a picture runs nothing
}

// isRaster tells whether bytes begin as one of the kinds of pictures that are
// shown.
func isRaster(b []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}

// What a frozen pane is made of. Anything else in it was put there by somebody
// else.
var (
	svgElements   = []string{"svg", "title", "desc", "g", "rect", "path", "text", "tspan", "line", "circle"}
	svgAttributes = []string{"width", "height", "viewBox", "role", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "d", "fill", "stroke",
		"stroke-width", "stroke-linecap", "shape-rendering", "opacity", "fill-opacity", "transform", "font-family", "font-size", "font-weight", "font-style",
		"textLength", "lengthAdjust", "text-anchor", "space", "text-decoration"}
)

const svgName = "http://www.w3.org/2000/svg"

// cleanSVG writes a picture of ours anew from its elements, and refuses one
// that has any that ours don't: a script, a link, a style, another picture.
func cleanSVG(b []byte) ([]byte, error) {
	in := xml.NewDecoder(bytes.NewReader(b))
	in.Strict = true
	in.Entity = map[string]string{}
	var out bytes.Buffer
	open := 0
	for {
		t, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read picture: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Space != svgName || !slices.Contains(svgElements, t.Name.Local) {
				return nil, fmt.Errorf("picture holds <%s>", t.Name.Local)
			}
			if open == 0 && out.Len() > 0 {
				return nil, errors.New("picture is two")
			}
			open++
			out.WriteString("<" + t.Name.Local)
			if open == 1 {
				out.WriteString(` xmlns="` + svgName + `"`)
			}
			for _, a := range t.Attr {
				if a.Name.Local == "xmlns" {
					continue
				}
				if !slices.Contains(svgAttributes, a.Name.Local) || strings.Contains(strings.ToLower(a.Value), "url") {
					return nil, fmt.Errorf("picture holds the attribute %s", a.Name.Local)
				}
				name := a.Name.Local
				if name == "space" {
					name = "xml:space"
				}
				out.WriteString(" " + name + `="`)
				if err := xml.EscapeText(&out, []byte(a.Value)); err != nil {
					return nil, fmt.Errorf("write picture: %w", err)
				}
				out.WriteString(`"`)
			}
			out.WriteString(">")
		case xml.EndElement:
			open--
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			if open == 0 {
				continue // around the picture there is nothing to read
			}
			if err := xml.EscapeText(&out, t); err != nil {
				return nil, fmt.Errorf("write picture: %w", err)
			}
		case xml.Comment, xml.ProcInst:
		default:
			return nil, errors.New("picture holds a directive")
		}
	}
	if out.Len() == 0 || open != 0 {
		return nil, errors.New("picture is empty")
	}
	return out.Bytes(), nil
}
