package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The rules of the scanner, as far as a text can break them.
var (
	sheetFile  = regexp.MustCompile(`^et-[0-9A-Za-z_]{3}-([0-9]{2})([0-9]{2})([0-9]{2})-[0-9A-Za-z_]\.ses$`)
	sheetStart = regexp.MustCompile(`^\s*([0-9]+)/([0-9]+)/([0-9]+) ([0-9]+):([0-9]+)(am|pm)\s*$`)
	sheetWord  = regexp.MustCompile(`[0-9A-Za-z_]`)
)

// CheckSheet returns everything for which the original scanner of session sheets
// would refuse one, by its name and text, or lose a part of it without a word.
// Not looked at is what lies outside the sheet: the areas that its coverage.ini
// knows, and the data files.
func CheckSheet(name, text string) []error {
	c := &sheetCheck{}
	date := sheetFile.FindStringSubmatch(name)
	switch {
	case date == nil:
		c.say(0, "the name %q is not et-, three letters, -yymmdd-, a letter, .ses", name)
	case name != strings.ToLower(name):
		c.say(0, "the name %q has capitals", name)
	}
	if strings.Contains(text, "\r") {
		c.say(0, "lines end with a carriage return")
	}
	if !strings.HasSuffix(text, "\n") {
		c.say(0, "the last line has no end")
	}
	c.parts(text)
	c.charter()
	c.start(date)
	if !slices.ContainsFunc(c.part["TESTER"], func(l sheetText) bool { return sheetWord.MatchString(l.text) }) {
		c.say(0, "nobody stands under TESTER")
	}
	c.breakdown()
	for _, head := range []string{"DATA FILES", "TEST NOTES"} {
		c.filled(head, "")
	}
	c.filled("BUGS", "BUG")
	c.filled("ISSUES", "ISSUE")
	return c.problems
}

type sheetText struct {
	n    int
	text string
}

type sheetCheck struct {
	problems []error
	part     map[string][]sheetText
}

func (c *sheetCheck) say(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	c.problems = append(c.problems, fmt.Errorf("%s", text))
}

// parts divides a sheet at its headings.
func (c *sheetCheck) parts(text string) {
	c.part = map[string][]sheetText{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	head := ""
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if strings.ContainsAny(l, "\t\"") {
			c.say(i+1, "a tab or a double quote, which the scanner's tables are made of")
		}
		at := slices.IndexFunc(sheetHeads, func(h string) bool { return strings.HasPrefix(l, h) })
		if at < 0 {
			if head == "" && l != "" {
				c.say(i+1, "text before the first heading")
			}
			c.part[head] = append(c.part[head], sheetText{i + 1, l})
			continue
		}
		name := sheetHeads[at]
		if strings.TrimRight(l, " ") != name {
			c.say(i+1, "a line that begins with the heading %s: the scanner drops it and the next", name)
			i++
			continue
		}
		if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "--------") {
			c.say(i+1, "%s has no rule of eight dashes below it", name)
		}
		if _, twice := c.part[name]; twice {
			c.say(i+1, "%s stands here twice", name)
		}
		head = name
		c.part[head] = []sheetText{}
		i++
	}
	for _, name := range sheetHeads {
		if _, ok := c.part[name]; !ok {
			c.say(0, "%s is missing", name)
		}
	}
}

func (c *sheetCheck) charter() {
	described, areas, tag := false, 0, false
	for _, l := range c.part["CHARTER"] {
		switch {
		case strings.HasPrefix(l.text, "#AREAS"):
			if tag {
				c.say(l.n, "#AREAS stands here twice")
			}
			tag = true
		case strings.HasPrefix(l.text, "#"):
			c.say(l.n, "a tag that the charter has no place for")
		case tag && strings.TrimSpace(l.text) != "":
			areas++
		case strings.TrimSpace(l.text) != "":
			described = true
		}
	}
	if !described {
		c.say(0, "the charter has no text before #AREAS")
	}
	if areas == 0 {
		c.say(0, "the charter has no area")
	}
}

func (c *sheetCheck) start(date []string) {
	seen := 0
	for _, l := range c.part["START"] {
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		m := sheetStart.FindStringSubmatch(l.text)
		if m == nil {
			c.say(l.n, "the start %q is not mm/dd/yy h:mm with am or pm", l.text)
			continue
		}
		seen++
		if date == nil {
			continue
		}
		for i, of := range []int{2, 3, 1} { // the name has year, month, day
			a, aerr := strconv.Atoi(m[i+1])
			b, berr := strconv.Atoi(date[of])
			if aerr != nil || berr != nil || a != b {
				c.say(l.n, "the start %q is another day than the name says", l.text)
				break
			}
		}
	}
	if seen != 1 {
		c.say(0, "START has %d times, not one", seen)
	}
}

func (c *sheetCheck) breakdown() {
	lines := c.part["TASK BREAKDOWN"]
	value := func(tag string) (string, int) {
		found, n := "", 0
		for i, l := range lines {
			if strings.HasPrefix(l.text, tag) {
				n++
				if i+1 < len(lines) {
					found = strings.TrimSpace(lines[i+1].text)
				}
			}
		}
		if n != 1 {
			c.say(0, "%s stands under TASK BREAKDOWN %d times, not once", tag, n)
		}
		return found, n
	}
	if v, n := value("#DURATION"); n == 1 {
		word, times, many := strings.Cut(v, "*")
		if !slices.Contains([]string{"short", "normal", "long"}, strings.TrimSpace(word)) {
			c.say(0, "the duration %q is not short, normal or long", v)
		}
		if _, err := strconv.ParseUint(strings.TrimSpace(times), 10, 32); many && err != nil {
			c.say(0, "the duration %q has no whole number after the *", v)
		}
	}
	sum := uint64(0)
	for _, tag := range []string{"#SESSION SETUP", "#TEST DESIGN AND EXECUTION", "#BUG INVESTIGATION AND REPORTING"} {
		if v, n := value(tag); n == 1 {
			p, err := strconv.ParseUint(v, 10, 8)
			if err != nil || p > 100 {
				c.say(0, "%s is %q, not a whole number from 0 to 100", tag, v)
			}
			sum += p
		}
	}
	if sum != 100 {
		c.say(0, "the parts of the task breakdown add up to %d", sum)
	}
	if v, n := value("#CHARTER VS. OPPORTUNITY"); n == 1 {
		on, off, _ := strings.Cut(v, "/")
		a, aerr := strconv.ParseUint(on, 10, 8)
		b, berr := strconv.ParseUint(off, 10, 8)
		if aerr != nil || berr != nil || a+b != 100 {
			c.say(0, "charter and opportunity are %q, not two numbers that add up to 100", v)
		}
	}
}

// filled looks at a part that must hold something, or #N/A alone. With a tag,
// every text belongs below one.
func (c *sheetCheck) filled(head, tag string) {
	none, content, below, empty := 0, 0, false, 0
	for _, l := range c.part[head] {
		text := l.text
		blank := strings.TrimSpace(text) == ""
		up := strings.ToUpper(text)
		switch {
		case blank:
		case strings.HasPrefix(text, "#N/A"):
			none++
		case tag != "" && strings.HasPrefix(text, "#"+tag):
			if below && empty == 0 {
				c.say(l.n, "a %s before this has no text", tag)
			}
			below, empty = true, 0
			content++
		case tag != "" && (strings.HasPrefix(up, tag) || strings.HasPrefix(up, "# "+tag) || strings.HasPrefix(up, "#")):
			c.say(l.n, "a line that the scanner may take for a misspelt #%s", tag)
		case tag != "" && !below:
			c.say(l.n, "text before the first #%s", tag)
		default:
			empty++
			content++
		}
	}
	switch {
	case none > 0 && content > 0:
		c.say(0, "%s has #N/A and something else", head)
	case none == 0 && content == 0:
		c.say(0, "%s is empty, and has no #N/A", head)
	case below && empty == 0:
		c.say(0, "the last %s has no text", tag)
	}
}
