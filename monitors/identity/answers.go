package identity

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	mostAnswers   = 1 << 20 // bytes
	longestAnswer = 2000    // runes that are kept of one
	mostGiven     = 50      // to one question
	mostLines     = 1000    // of one
)

// ReadAnswers reads a copy of the text of Questions that came back filled in. It
// forgives what chats and mail do to a text: marks of quoting and of tables, other
// quotes and bullets, empty lines, bold, answers over several lines or under the
// question without their field. Several people's answers to one question stay apart,
// and what stands beside the questions is kept if it may be about them. Name is the
// file's, for errors, which are of *Problem. What mask does to a text is done to all
// that people wrote, before anything is cut; nil does nothing. The lines of the statements stay as they came, to be compared: before
// they are shown, Masked.
func ReadAnswers(name string, r io.Reader, mask func(string) string) (Answers, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostAnswers+1))
	if err != nil {
		return Answers{}, fmt.Errorf("read answers %s: %w", name, err)
	}
	switch {
	case len(data) > mostAnswers:
		return Answers{}, &Problem{File: name, What: fmt.Sprintf("it has more than %d bytes", mostAnswers), Remedy: "keep only the questions with their answers"}
	case !utf8.Valid(data):
		return Answers{}, &Problem{File: name, What: "it is not text in UTF-8", Remedy: "save what came back as plain text"}
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u00a0", " ", "\ufeff", "", "\u200b", "").Replace(string(data))
	p := answersParser{name: name, topic: -1, ours: ownLines(), all: ownText()}
	for i, line := range strings.Split(text, "\n") {
		p.line(i+1, unquoted(line))
	}
	if p.found == 0 && len(p.sides[0])+len(p.sides[1]) == 0 {
		return Answers{}, &Problem{File: name, What: "none of the eight questions is in it", Remedy: "save the whole text that came back, questions included; crosstalk ask prints it"}
	}
	if mask == nil {
		mask = func(s string) string { return s }
	}
	out := Answers{Staging: p.sides[0], Production: p.sides[1]}
	for i, q := range questions {
		given := p.given[i]
		for k := range given {
			given[k].named()
		}
		if told := slices.DeleteFunc(slices.Clone(given), func(g Given) bool { return g.Answer == "" }); len(told) > 0 {
			given = told
		} else {
			given = append(given, Given{})[:1]
		}
		for _, g := range given {
			out.Given = append(out.Given, Given{Topic: q.Topic, Answer: shorten(mask(g.Answer)), Who: shorten(mask(g.Who))})
		}
	}
	for _, text := range p.beside {
		out.Beside = append(out.Beside, shorten(mask(text)))
	}
	return out, errors.Join(p.errs...)
}

// named takes what is no name out of the field for one, and puts it to the answer.
func (g *Given) named() {
	if !isName(g.Who) {
		appendTo(&g.Answer, g.Who)
		g.Who = ""
	}
}

// unquoted takes the marks of quoting off a line.
func unquoted(line string) string {
	line = strings.TrimSpace(line)
	for {
		rest := strings.TrimSpace(strings.TrimLeft(line, ">|"))
		if rest == line {
			return line
		}
		line = rest
	}
}

// plain takes bullets, bold and code marks off the ends of a line.
func plain(line string) string {
	line = strings.TrimSpace(line)
	for _, bullet := range []string{"- ", "* ", "• ", "– ", "+ ", "# ", "## ", "### "} {
		line = strings.TrimSpace(strings.TrimPrefix(line, bullet))
	}
	return strings.TrimSpace(strings.Trim(line, "*_`|"))
}

// ownLines returns the lines of the empty text in the form they are compared in.
func ownLines() map[string]bool {
	own := map[string]bool{}
	for line := range strings.Lines(Questions()) {
		own[squash(line)] = true
	}
	delete(own, "") // which is what other letters come to
	return own
}

// squash keeps what is left of a line when marks and spaces change on the way.
func squash(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, line)
}

type answersParser struct {
	name  string
	ours  map[string]bool
	all   string // squashed, what of the empty text stands beside the questions
	lines int    // of the answer under way
	found int
	given [8][]Given
	sides [2][]string
	errs  []error

	beside []string // lines outside of the questions

	full [8]bool

	topic int    // the question that lines belong to; -1: none
	asked string // squashed, what of the question has not been read yet
	who   bool   // lines belong to its second field
	side  *[]string
}

func (p *answersParser) line(n int, line string) {
	bare := plain(line)
	if i, rest := topicOf(bare); i >= 0 {
		p.begin(n, i, rest)
		return
	}
	low := strings.ToLower(bare)
	if strings.HasPrefix(low, strings.ToLower(askOwner)) {
		p.topic, p.side = -1, nil
		p.aside(n, bare, bare[len(askOwner):])
		return
	}
	for i, label := range []string{askStaging, askProduction} {
		rest, ok := afterLabel(bare, label)
		if ok && (p.topic < 0 || rest == "" || fingerprint.MatchString(rest)) {
			p.topic, p.side = -1, &p.sides[i]
			p.aside(n, bare, p.fingerprint(n, rest))
			return
		}
	}
	if one := strings.Join(strings.Fields(low), " "); (strings.Contains(one, "crosstalk postgres ") || strings.Contains(one, "crosstalk mysql ")) && !labelled(bare) {
		p.aside(n, line, p.fingerprint(n, line))
		return
	}
	if p.topic < 0 {
		p.aside(n, bare, bare)
		return
	}
	bare = strings.TrimSuffix(bare, " (edited)")
	if last := p.given[p.topic]; signOff.MatchString(bare) && last[len(last)-1].Answer != "" {
		p.topic = -1
		p.aside(n, bare, bare)
		return
	}
	asked := p.asked
	p.asked = ""
	if p.lines++; p.lines == mostLines {
		p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: fmt.Sprintf("an answer has more than %d lines", mostLines), Remedy: "keep only the questions with their answers"})
	}
	if p.lines >= mostLines {
		return
	}
	g := &p.given[p.topic][len(p.given[p.topic])-1]
	if rest, ok := afterLabel(bare, askAnswer); ok {
		if g.Who != "" || g.Answer != "" && rest != "" {
			g = p.next(n)
		}
		p.who = false
		appendTo(&g.Answer, rest)
		return
	}
	if rest, ok := afterLabel(bare, askWho); ok {
		p.who = true
		appendTo(&g.Who, rest)
		return
	}
	switch {
	case !strings.ContainsFunc(bare, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		p.asked = asked // an empty line, or one of marks
	case p.ours[squash(bare)]:
	case p.who && g.Answer != "" && (g.Who == "" || strings.HasSuffix(g.Who, ":") || strings.Contains(g.Who, "://")):
		appendTo(&g.Who, bare)
	default:
		if p.who && g.Answer != "" {
			// After a name, this is the next person's.
			g, p.who = p.next(n), false
		}
		bare, p.asked = beyond(asked, bare)
		appendTo(&g.Answer, bare)
	}
}

// next begins another person's answer to the question.
func (p *answersParser) next(n int) *Given {
	list := &p.given[p.topic]
	if len(*list) == mostGiven {
		if !p.full[p.topic] {
			p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: fmt.Sprintf("there are more than %d answers to one question", mostGiven), Remedy: "give them in several files"})
		}
		p.full[p.topic] = true
	} else if last := len(*list) - 1; last < 0 || (*list)[last] != (Given{}) {
		*list = append(*list, Given{})
	}
	return &(*list)[len(*list)-1]
}

// begin is at a question's own line; rest is what follows the topic there.
func (p *answersParser) begin(n, i int, rest string) {
	p.topic, p.who, p.side, p.lines = i, false, nil, 0
	p.found++
	first := len(p.given[i]) == 0
	g := p.next(n)
	// An answer on the question's own line, which may be asked in other words.
	if rest, p.asked = beyond(squash(questions[i].Text), rest); !first || !asksAgain(rest, questions[i].Text) {
		appendTo(&g.Answer, rest)
	}
}

// beyond takes off a line what goes on with the squashed rest of a question, and returns
// what is left of both: a line that does not is no piece of it, and ends it.
func beyond(asked, line string) (rest, left string) {
	left = asked
	for i, r := range line {
		c := squash(string(r))
		switch {
		case left == "" && asked != "":
			return strings.TrimLeft(line[i:], "?*_| "), ""
		case left == "", !strings.HasPrefix(left, c), c == "" && unicode.IsLetter(r):
			return line, ""
		}
		left = left[len(c):]
	}
	return "", left
}

// heads are how a line with a topic begins, whatever number a chat gives it.
var heads = func() []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, q := range questions {
		topic := strings.ReplaceAll(string(q.Topic), " ", `\s+`)
		out = append(out, regexp.MustCompile(`(?i)^(?:\(?\d{1,2}\s*[.):|]*\s*)?[*_]*`+topic+`[*_]*(?:(?:\s*[:?|][*_]*\s*|\.[*_]*(?:\s+|$)|\s+[–—-]\s+)(.*)|\s+(.*))?$`))
	}
	return out
}()

// topicOf returns which question a line is, and what follows its topic; -1: none.
func topicOf(bare string) (int, string) {
	for i, head := range heads {
		m := head.FindStringSubmatch(bare)
		if m == nil {
			continue
		}
		// "1. Database" alone, with its text, or with an answer behind a colon.
		rest := strings.TrimSpace(m[1] + m[2])
		if m[2] == "" || strings.HasPrefix(squash(rest), squash(questions[i].Text)[:10]) {
			if address.MatchString(rest) { // of a signature
				return -1, ""
			}
			return i, rest
		}
	}
	return -1, ""
}

// labelled says whether a line begins with one of the labels of an answer.
func labelled(bare string) bool {
	_, answer := afterLabel(bare, askAnswer)
	_, who := afterLabel(bare, askWho)
	return answer || who
}

// afterLabel returns what stands behind a label such as answer:, in any case and
// with marks of bold anywhere.
func afterLabel(bare, label string) (string, bool) {
	label = strings.TrimSuffix(label, ":")
	if len(bare) < len(label) || !strings.EqualFold(bare[:len(label)], label) {
		return "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(bare[len(label):], "*_ "), ":")
	return strings.TrimSpace(strings.TrimLeft(rest, "*_ ")), ok
}

func appendTo(field *string, more string) {
	switch {
	case more == "":
	case *field == "":
		*field = more
	default:
		*field += " " + more
	}
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longestAnswer {
		s = string(r[:longestAnswer-1]) + "…"
	}
	return s
}
