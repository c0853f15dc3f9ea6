package notes

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxText is the longest text of one note in bytes; what is longer is cut at a
// rune's edge and the cut is said in the text.
const MaxText = 64 << 10

// Draft is a typed line, read: what will be saved when its author presses Enter.
type Draft struct {
	Kind Kind
	Text string
	Tags []string      // without '#', lower case, each once, in order
	Ago  time.Duration // "-2m" at the start: it happened that long before typing began; 0 if not given
	At   string        // "@15:31" at the start: the wall clock's hour and minute; "" if not given

	NoTime string // a word at its start that looks like such a time and is none: it is text
	Left   int    // bytes at its end that were left out: a note has at most MaxText
}

// Parse reads a typed line. Its first character or first word sets the kind; a
// doubled mark ("!!") or one after a backslash is text. Before the kind or after
// it, "-2m" or "@15:31" say when it happened.
func Parse(line string) Draft {
	d, escaped := parseKind(line)
	if !escaped && d.cutTime() && d.Kind == Plain {
		k, _ := parseKind(d.Text)
		d.Kind, d.Text = k.Kind, k.Text
	}
	d.Tags = Tags(d.Text)
	return d
}

// ParseAs reads a typed line whose kind is given: a time at its start is read
// as by Parse, all of the rest is text.
func ParseAs(kind Kind, line string) Draft {
	line, left := clean(line)
	d := Draft{Kind: kind, Text: strings.TrimSpace(line), Left: left}
	if rest, ok := strings.CutPrefix(d.Text, `\`); ok {
		d.Text = rest
	} else {
		d.cutTime()
	}
	d.Tags = Tags(d.Text)
	return d
}

// ParseEdit reads the line that a note's text was changed to: as Parse, but a
// time at its start is text, since when it happened does not change with it.
func ParseEdit(line string) Draft {
	d, _ := parseKind(line)
	d.Tags = Tags(d.Text)
	return d
}

// parseKind cuts the kind off; escaped tells that a backslash made all of the
// rest text.
func parseKind(line string) (d Draft, escaped bool) {
	line, left := clean(line)
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, `\`); ok {
		return Draft{Kind: Plain, Text: rest, Left: left}, true
	}
	k, rest := cutKind(line)
	return Draft{Kind: k, Text: rest, Left: left}, false
}

// Retype is the line that ParseEdit reads as a kind and a text again.
func Retype(kind Kind, text string) string {
	line := text
	if mark := kind.Info().Mark; mark != "" {
		line = mark + " " + text
	}
	if d := ParseEdit(line); d.Kind != kind || d.Text != text {
		line = `\` + text
	}
	return line
}

// Paste reads pasted text: it sets no kind and no time, and keeps its lines.
func Paste(text string) Draft {
	text, left := clean(text)
	text = strings.TrimSpace(text)
	return Draft{Kind: Plain, Text: text, Tags: Tags(text), Left: left}
}

func cutKind(line string) (Kind, string) {
	for _, i := range kinds {
		if i.Mark == "" || !strings.HasPrefix(line, i.Mark) {
			continue
		}
		rest := line[len(i.Mark):]
		if strings.HasPrefix(rest, i.Mark) { // doubled: the author means the character
			return Plain, rest
		}
		return i.Kind, strings.TrimSpace(rest)
	}
	word, rest, ok := strings.Cut(line, " ")
	if !ok {
		return Plain, line
	}
	word = strings.ToLower(strings.TrimSuffix(word, ":"))
	for _, i := range kinds {
		if i.Word != "" && word == i.Word {
			return i.Kind, strings.TrimSpace(rest)
		}
	}
	return Plain, line
}

// likeTime is what people write for a time: "@9.30", "@1531", "@3pm", "-2min".
var likeTime = regexp.MustCompile(`^(?i:@(\d+[:.][\d:.]*|\d{4})(h|am|pm)?|@\d+(h|am|pm)|-\d[\d.:]*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)|-\d+:\d+)[,;:]?$`)

// cutTime takes a time off the start of the text and tells whether there was one.
func (d *Draft) cutTime() bool {
	word, rest := d.Text, ""
	if i := strings.IndexFunc(word, unicode.IsSpace); i >= 0 {
		word, rest = word[:i], word[i:]
	}
	switch {
	case strings.HasPrefix(word, "-"):
		ago, err := time.ParseDuration(word[1:])
		if err != nil || ago <= 0 || ago > 24*time.Hour {
			d.notTime(word)
			return false
		}
		d.Ago = ago
	case strings.HasPrefix(word, "@"):
		at, err := time.Parse("15:04", word[1:])
		if err != nil {
			d.notTime(word)
			return false
		}
		d.At = at.Format("15:04")
	default:
		return false
	}
	d.Text = strings.TrimSpace(rest)
	return true
}

// notTime keeps in mind a word that was meant for a time, so that it can be said
// that it was not understood.
func (d *Draft) notTime(word string) {
	if likeTime.MatchString(word) {
		d.NoTime = word
	}
}

// Unclear says in words what of a typed line was not taken as it may have been
// meant; "" when all was.
func (d Draft) Unclear() string {
	var said []string
	if d.NoTime != "" {
		said = append(said, fmt.Sprintf("%q is no time, so it is text (-2m and @15:31 are times)", d.NoTime))
	}
	if d.Left > 0 {
		said = append(said, "cut: 64 KB are kept, "+LeftOut(d.Left))
	}
	return strings.Join(said, " · ")
}

// LeftOut says that so many bytes were left out, as people write sizes.
func LeftOut(n int) string {
	switch {
	case n == 1:
		return "1 byte was left out"
	case n < 1<<10:
		return fmt.Sprintf("%d bytes were left out", n)
	}
	return fmt.Sprintf("%d KB were left out", (n+512)>>10)
}

// Happened tells when the noted thing happened, for typing that began at typed
// (in its author's zone), or false if the author said nothing about it. A clock
// time later than typed is taken as yesterday's.
func (d Draft) Happened(typed time.Time) (time.Time, bool) {
	if d.Ago > 0 {
		return typed.Add(-d.Ago), true
	}
	if d.At == "" {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation("15:04", d.At, typed.Location())
	if err != nil {
		return time.Time{}, false
	}
	y, m, day := typed.Date()
	t := time.Date(y, m, day, at.Hour(), at.Minute(), 0, 0, typed.Location())
	if t.After(typed) {
		t = t.AddDate(0, 0, -1)
	}
	return t, true
}

// Tags returns the "#tag" words of a text, lower case, without '#', each once.
func Tags(text string) []string {
	var tags []string
	seen := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		tag, ok := strings.CutPrefix(w, "#")
		if !ok {
			continue
		}
		end := strings.IndexFunc(tag, func(r rune) bool { return !tagRune(r) })
		if end >= 0 {
			tag = tag[:end]
		}
		if tag = strings.ToLower(tag); tag != "" && !seen[tag] {
			seen[tag] = true
			tags = append(tags, tag)
		}
	}
	return tags
}

// Clean makes foreign text harmless for a terminal: control characters other
// than newline and tab go, and so do the marks that turn the writing direction
// of what follows; invalid UTF-8 becomes U+FFFD; text past MaxText is cut.
func Clean(text string) string {
	text, _ = CleanTo(text, MaxText)
	return text
}

func clean(text string) (string, int) { return CleanTo(text, MaxText) }

// CleanTo is Clean for at most so many bytes. The text is cut at a rune's edge, a
// mark of that stands at its end, and how many of its bytes were left out is told;
// where not even the mark has room, all are.
func CleanTo(text string, most int) (string, int) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
			return -1
		}
		return r
	}, text)
	if len(text) <= most {
		return text, 0
	}
	const mark = " [cut at 64 KB]"
	end := most - len(mark)
	if end < 0 {
		return "", len(text)
	}
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark, len(text) - end
}
