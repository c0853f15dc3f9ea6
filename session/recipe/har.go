package recipe

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"crosstalk/session"
)

// harEntry is the part of an entry that is read (HAR 1.2), with what Chrome adds.
type harEntry struct {
	Started  time.Time  `json:"startedDateTime"`
	Time     float64    `json:"time"` // ms
	Request  harRequest `json:"request"`
	Response struct {
		Status   int        `json:"status"`
		Headers  []harPair  `json:"headers"`
		Cookies  []harPair  `json:"cookies"`
		Content  harContent `json:"content"`
		Redirect string     `json:"redirectURL"`
	} `json:"response"`
	Cache *struct {
		Before json.RawMessage `json:"beforeRequest"`
	} `json:"cache"`
	Type string `json:"_resourceType"`
	From string `json:"_fromCache"`

	line int // where it begins in the file
	n    int // from 1
	url  *url.URL
}

type harRequest struct {
	Method  string    `json:"method"`
	URL     string    `json:"url"`
	Headers []harPair `json:"headers"`
	Cookies []harPair `json:"cookies"`
	Post    *struct {
		Mime   string    `json:"mimeType"`
		Text   string    `json:"text"`
		Params []harPair `json:"params"`
		Code   string    `json:"encoding"`
	} `json:"postData"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	File  string `json:"fileName"`
}

type harContent struct {
	Size int64  `json:"size"`
	Mime string `json:"mimeType"`
	Text string `json:"text"`
	Code string `json:"encoding"`
}

const maxEntries = 20_000

// harFile is a recording in memory.
type harFile struct {
	creator string
	entries []*harEntry
}

// harReader walks the JSON without holding more of it than it needs, and knows
// where it is.
type harReader struct {
	file string
	data []byte
	d    *json.Decoder
	seen int64 // bytes of which the lines are counted
	line int
}

func (h *harReader) lineAt(offset int64) int {
	offset = min(max(offset, h.seen), int64(len(h.data)))
	h.line += bytes.Count(h.data[h.seen:offset], []byte{'\n'})
	h.seen = offset
	return h.line
}

func (h *harReader) problem(offset int64, what, remedy string) error {
	return session.Problems{{File: h.file, Line: h.lineAt(offset), What: what, Remedy: remedy}}
}

// wrong is a problem of the JSON itself.
func (h *harReader) wrong(err error) error {
	at, what := h.d.InputOffset(), "this is not the JSON of a HAR file"
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		what += " (" + e.Error() + ")"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, what = int64(len(h.data)), "the file ends in the middle"
	}
	return h.problem(at, what, "save it again: DevTools, Network, Export HAR")
}

// readHAR reads a HAR file. The error is [session.Problems].
func readHAR(file string, data []byte) (*harFile, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	h := &harReader{file: file, data: data, d: json.NewDecoder(bytes.NewReader(data)), line: 1}
	if len(data) > maxHAR {
		return nil, h.problem(0, fmt.Sprintf("the file has %d bytes, and %d are read", len(data), maxHAR), "record one way through the product, or export without content")
	}
	out := &harFile{}
	found := false
	err := h.object(func(key string) error {
		if key != "log" {
			return h.skip()
		}
		return h.object(func(key string) error {
			switch key {
			case "creator":
				var c struct{ Name, Version string }
				if err := h.d.Decode(&c); err != nil {
					return h.wrong(err)
				}
				out.creator = c.Name
				return nil
			case "entries":
				found = true
				return h.entries(out)
			default:
				return h.skip()
			}
		})
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, h.problem(0, "this JSON is no HAR file: it has no log.entries", "save it again: DevTools, Network, Export HAR")
	case len(out.entries) == 0:
		return nil, h.problem(0, "the recording has no requests", "open DevTools first, then walk through the product, then export")
	}
	return out, nil
}

// object calls f for every key of an object, with the decoder at its value.
func (h *harReader) object(f func(key string) error) error {
	if t, err := h.d.Token(); err != nil || t != json.Delim('{') {
		return h.wrong(err)
	}
	for h.d.More() {
		t, err := h.d.Token()
		if err != nil {
			return h.wrong(err)
		}
		key, _ := t.(string)
		if err := f(key); err != nil {
			return err
		}
	}
	if _, err := h.d.Token(); err != nil {
		return h.wrong(err)
	}
	return nil
}

func (h *harReader) skip() error {
	var raw json.RawMessage
	if err := h.d.Decode(&raw); err != nil {
		return h.wrong(err)
	}
	return nil
}

func (h *harReader) entries(out *harFile) error {
	if t, err := h.d.Token(); err != nil || t != json.Delim('[') {
		return h.wrong(err)
	}
	for h.d.More() {
		// The offset is behind the value before; what follows is a comma and space.
		from := h.d.InputOffset()
		for from < int64(len(h.data)) && bytes.IndexByte([]byte(", \t\r\n"), h.data[from]) >= 0 {
			from++
		}
		e := &harEntry{n: len(out.entries) + 1, line: h.lineAt(from)}
		if err := h.d.Decode(e); err != nil {
			if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				return h.problem(from, fmt.Sprintf("entry %d: %s is a %s, not a %s", e.n, t.Field, t.Value, t.Type), "save it again, or take the entry out")
			}
			if t, ok := errors.AsType[*time.ParseError](err); ok {
				return h.problem(from, fmt.Sprintf("entry %d: startedDateTime %q is not a time", e.n, line(t.Value)), "save it again, or take the entry out")
			}
			return h.wrong(err)
		}
		if e.Request.URL == "" || e.Request.Method == "" {
			return h.problem(from, fmt.Sprintf("entry %d has no request with method and url", e.n), "save it again, or take the entry out")
		}
		if len(out.entries) == maxEntries {
			return h.problem(from, fmt.Sprintf("the recording has more than %d requests", maxEntries), "record one way through the product at a time")
		}
		out.entries = append(out.entries, e)
	}
	if _, err := h.d.Token(); err != nil {
		return h.wrong(err)
	}
	return nil
}

// text returns the answer's body; empty when it was not recorded or is no text.
func (e *harEntry) text() string {
	c := e.Response.Content
	if c.Code == "base64" {
		raw, err := base64.StdEncoding.DecodeString(c.Text)
		if err != nil || foreign(string(raw)) {
			return ""
		}
		return string(raw)
	}
	return c.Text
}

// mime is the answer's media type in small letters, without parameters.
func (e *harEntry) mime() string {
	m, _, _ := strings.Cut(strings.ToLower(e.Response.Content.Mime), ";")
	return strings.TrimSpace(m)
}

// answer returns a header of the answer.
func (e *harEntry) answer(name string) string {
	for _, h := range e.Response.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// sent returns a header of the request.
func (e *harEntry) sent(name string) string {
	for _, h := range e.Request.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// ended is when the answer was whole.
func (e *harEntry) ended() time.Time {
	if !(e.Time > 0) || e.Time > 24*3600*1000 {
		return e.Started
	}
	return e.Started.Add(time.Duration(e.Time * float64(time.Millisecond)))
}
