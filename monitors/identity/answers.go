package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	mostAnswers   = 1 << 20 // bytes
	longestAnswer = 2000    // runes that are kept of one
)

// ReadAnswers reads a copy of the text of Questions that came back filled in. It
// forgives what chats and mail do to a text: marks of quoting, other quotes and
// bullets, empty lines, bold, answers over several lines or under the question
// without their field. Name is the file's, for errors, which are of *Problem. What
// mask does to a text is done to all that people wrote, before anything is cut; nil
// does nothing. The lines of the statements stay as they came, to be compared: before
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
	p := answersParser{name: name, topic: -1, ours: ownLines()}
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
		g := p.given[i]
		out.Given = append(out.Given, Given{Topic: q.Topic, Answer: shorten(mask(g.answer)), Who: shorten(mask(g.who))})
	}
	return out, errors.Join(p.errs...)
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
	return strings.TrimSpace(strings.Trim(line, "*_`"))
}

// ownLines returns the lines of the empty text in the form they are compared in.
func ownLines() map[string]bool {
	own := map[string]bool{}
	for line := range strings.Lines(Questions()) {
		own[squash(line)] = true
	}
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

// part says that a line is a piece of the question, which was wrapped.
func part(question, line string) bool {
	piece := squash(line)
	return len(piece) >= 10 && strings.Contains(squash(question), piece)
}

type answersParser struct {
	name  string
	ours  map[string]bool
	found int
	given [8]struct{ answer, who string }
	seen  [8]int // line of the question; 0: not yet
	sides [2][]string
	errs  []error

	topic int  // the question that lines belong to; -1: none
	who   bool // to its second field
	side  *[]string
	owner bool // the part of the statements has begun
}

var numbered = regexp.MustCompile(`^\(?([1-8])\s*[.):]?\s*(?:\*|_)*\s*(.*)$`)

func (p *answersParser) line(n int, line string) {
	bare := plain(line)
	if i := topicOf(bare); i >= 0 {
		p.begin(i, n, bare)
		return
	}
	low := strings.ToLower(bare)
	if strings.HasPrefix(low, strings.ToLower(askOwner)) {
		p.topic, p.owner, p.side = -1, true, nil
		return
	}
	for i, label := range []string{askStaging, askProduction} {
		if rest, ok := afterLabel(bare, label); ok {
			p.topic, p.side = -1, &p.sides[i]
			p.fingerprint(n, rest)
			return
		}
	}
	if one := strings.Join(strings.Fields(low), " "); strings.Contains(one, "crosstalk postgres ") || strings.Contains(one, "crosstalk mysql ") {
		p.fingerprint(n, line)
		return
	}
	if p.topic < 0 {
		return
	}
	g := &p.given[p.topic]
	if rest, ok := afterLabel(bare, askAnswer); ok {
		p.who = false
		appendTo(&g.answer, rest)
		return
	}
	if rest, ok := afterLabel(bare, askWho); ok {
		p.who = true
		appendTo(&g.who, rest)
		return
	}
	if bare == "" || p.ours[squash(bare)] || part(questions[p.topic].Text, bare) {
		return
	}
	if p.who && g.who != "" {
		// After a name, more lines are the next person's, or go on with the answer.
		appendTo(&g.answer, bare)
		return
	}
	if p.who {
		appendTo(&g.who, bare)
		return
	}
	appendTo(&g.answer, bare)
}

// begin is at a question's own line.
func (p *answersParser) begin(i, n int, bare string) {
	p.topic, p.who, p.side = i, false, nil
	if p.seen[i] == 0 {
		p.found++
		p.seen[i] = n
	} else if p.given[i].answer != "" {
		// The text twice: a second round of answers goes on with the first.
		appendTo(&p.given[i].answer, "")
	}
	// An answer on the question's own line.
	last := questions[i].Text[strings.LastIndexByte(questions[i].Text, ' ')-8:]
	if _, rest, ok := strings.Cut(bare, last); ok {
		appendTo(&p.given[i].answer, strings.TrimSpace(rest))
	}
}

// topicOf returns which question a line is; -1: none.
func topicOf(bare string) int {
	m := numbered.FindStringSubmatch(bare)
	if m == nil {
		return -1
	}
	i, _ := strconv.Atoi(m[1])
	rest := squash(m[2])
	topic := squash(string(questions[i-1].Topic))
	if !strings.HasPrefix(rest, topic) {
		return -1
	}
	// "1. Database" alone, or with its text.
	if rest = rest[len(topic):]; rest == "" || strings.HasPrefix(rest, squash(questions[i-1].Text)[:10]) {
		return i - 1
	}
	return -1
}

// afterLabel returns what stands behind a label such as answer:, in any case.
func afterLabel(bare, label string) (string, bool) {
	if len(bare) < len(label) || !strings.EqualFold(bare[:len(label)], label) {
		return "", false
	}
	return strings.TrimSpace(strings.TrimLeft(bare[len(label):], "*_ ")), true
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

var fingerprint = regexp.MustCompile(`crosstalk (?:postgres|mysql) [^\n]*? end\b`)

// fingerprint takes what a statement gave out of a line of a client's table.
func (p *answersParser) fingerprint(n int, line string) {
	if line == "" || strings.Contains(line, "'crosstalk") {
		return // the statement itself
	}
	found := fingerprint.FindString(strings.Join(strings.Fields(line), " "))
	if found == "" {
		if low := strings.ToLower(strings.Join(strings.Fields(line), " ")); strings.Contains(low, "crosstalk postgres") || strings.Contains(low, "crosstalk mysql") {
			p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: "the line of a statement is cut off: it does not end with the word end", Remedy: "paste the whole line, in one"})
		}
		return
	}
	if p.side == nil {
		p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: "the line of a statement stands by neither side", Remedy: "put it behind \"" + askStaging + "\" or \"" + askProduction + "\""})
		return
	}
	if len(*p.side) < mostDSNs && !slices.Contains(*p.side, found) {
		*p.side = append(*p.side, found)
	}
}

// Unknown returns the topics that nobody has answered yet, or not so that it
// tells.
func (a Answers) Unknown() []Topic {
	var out []Topic
	for _, q := range questions {
		i := slices.IndexFunc(a.Given, func(g Given) bool { return g.Topic == q.Topic })
		if i < 0 || a.Given[i].Verdict() == Unknown {
			out = append(out, q.Topic)
		}
	}
	return out
}

// Summary returns one line for each answer, with who gave it, and a last one
// with what is still unknown, for a charter or a report.
func (a Answers) Summary() []string {
	var out, open []string
	for _, g := range a.Given {
		if g.Answer == "" {
			continue
		}
		line := string(g.Topic) + ": " + clean(g.Answer)
		if g.Who != "" {
			line += " (" + clean(g.Who) + ")"
		}
		out = append(out, line)
	}
	for _, t := range a.Unknown() {
		open = append(open, string(t))
	}
	if len(open) > 0 {
		out = append(out, "Still unknown: "+strings.Join(open, ", "))
	}
	return out
}

// Result weighs what people said and what their databases said. An answer
// counts by its first word, Given.Verdict; that payment, mail, CDN or cloud
// account are the same is SharedNeighbour, for it is not production itself. What
// a database says of itself is compared as Compare does.
func (a Answers) Result(ctx context.Context, o Options) Result {
	o = o.complete()
	var findings []Finding
	for _, q := range questions {
		f := Finding{System: systemPeople, Question: string(q.Topic) + ": " + q.Text}
		i := slices.IndexFunc(a.Given, func(g Given) bool { return g.Topic == q.Topic })
		if i < 0 || a.Given[i].Answer == "" {
			f.Evidence, f.Answer = "Nobody has answered.", "ask whoever runs it"
			findings = append(findings, f)
			continue
		}
		g := a.Given[i]
		f.Verdict, f.Evidence = min(g.Verdict(), q.most), fmt.Sprintf("%q", clean(g.Answer))
		if g.Who != "" {
			f.Evidence += ", says " + clean(g.Who) + "."
		} else {
			f.Evidence += ", says somebody without a name."
		}
		if f.Verdict == Unknown {
			f.Answer = "an answer that begins with separate, same, linked, neighbour or copy"
		}
		findings = append(findings, f)
	}
	return Conclude(append(findings, a.compareLines(ctx, o)...)...)
}

func (a Answers) compareLines(ctx context.Context, o Options) []Finding {
	var findings []Finding
	for _, x := range a.Staging {
		for _, y := range a.Production {
			f := Finding{Staging: "as its owner's statement says", Production: "as its owner's statement says"}
			silent := sighting{trouble: &trouble{"what the statements gave does not tell them apart", "give both DSNs to the check, which asks the servers themselves"}}
			switch {
			case strings.HasPrefix(x, "crosstalk postgres ") && strings.HasPrefix(y, "crosstalk postgres "):
				f.System = systemPostgres
				p, q := postgresOf(x), postgresOf(y)
				findings = append(findings, judgePostgres(ctx, o, f, &p, &q, silent, false)...)
			case strings.HasPrefix(x, "crosstalk mysql ") && strings.HasPrefix(y, "crosstalk mysql "):
				f.System = systemMySQL
				p, q := mysqlOf(x), mysqlOf(y)
				findings = append(findings, judgeMySQL(ctx, o, f, &p, &q, silent)...)
			}
		}
	}
	if (len(a.Staging) == 0) != (len(a.Production) == 0) {
		f := Finding{System: "config", Question: questionOne, Evidence: "The statement came back from one side only.", Answer: "the same statement's line from the other side"}
		findings = append(findings, f)
	}
	return findings
}

// words reads key=value pairs between spaces.
func words(line string) map[string]string {
	out := map[string]string{}
	for w := range strings.FieldsSeq(line) {
		if key, value, ok := strings.Cut(w, "="); ok {
			out[key] = value
		}
	}
	return out
}

func postgresOf(line string) postgresFacts {
	w := words(line)
	f := postgresFacts{id: w["id"], start: w["start"], standby: strings.HasPrefix(w["standby"], "t"), database: w["db"]}
	if host, port, ok := strings.Cut(w["at"], ","); ok {
		f.saw(host, port)
		if !private(host) {
			f.hosts = []string{net.JoinHostPort(strings.ToLower(host), port)}
		}
	}
	for link := range strings.SplitSeq(w["links"], ";") {
		parts := strings.Split(link, ",")
		for i := range parts {
			if parts[i] == "-" {
				parts[i] = ""
			}
		}
		switch {
		case parts[0] == "receives" && len(parts) == 3:
			f.receiver = &endpoint{parts[1], parts[2]}
		case parts[0] == "slot" && len(parts) == 3:
			f.slots = append(f.slots, slot{name: parts[1], kind: "logical", active: strings.HasPrefix(parts[2], "t")})
		case parts[0] == "subscribes" && len(parts) == 3:
			f.subs = append(f.subs, subscription{name: parts[1], slot: parts[2], enabled: true})
		case parts[0] == "foreign" && len(parts) == 4:
			f.foreign = append(f.foreign, foreign{name: parts[1], wrapper: "foreign", to: endpoint{parts[2], parts[3]}})
		case parts[0] == "dblink":
			f.dblink = true
		}
	}
	return f
}

func mysqlOf(line string) mysqlFacts {
	w := words(line)
	start, _ := strconv.ParseFloat(w["start"], 64)
	none := &trouble{"the statement does not tell", "the line of SHOW REPLICA STATUS (without passwords) from both sides, or GRANT REPLICATION CLIENT ON *.* TO <user>; and the check with DSNs"}
	return mysqlFacts{where: where{port: w["port"]}, host: w["host"], id: w["number"], dir: w["dir"], uuid: w["uuid"], uid: w["uid"], start: start,
		replicaTrouble: none, tableTrouble: &trouble{none.why, "whether tables of FEDERATED, SPIDER or CONNECT, or rows in mysql.servers, lead to the other side"}}
}
