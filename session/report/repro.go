package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"crosstalk/session"
)

// What a repro line repeats.
const (
	reproBefore = 3 * time.Minute  // of what was asked for before the finding
	reproAfter  = 15 * time.Second // that the load then stays, to look
	reproSlack  = time.Second      // after the quiet phase
)

// move is a move of the dial: a person's, or the session's own to 0.
type move struct {
	ms int64
	to int
}

// dialled keeps a move, and that the load went away with the process or at a
// stop of the session's; what the guard did is its own to do again.
func (b *builder) dialled(e session.Event) {
	if d, ok := e.Moved(); ok {
		b.moves = append(b.moves, move{b.ms, d.To})
	}
	if !e.Zeroes() {
		return
	}
	at := b.ms
	if _, ok := e.Body.(*session.Recovered); ok {
		at = b.before // nothing was heard of it since
	}
	b.moves = append(b.moves, move{at, 0})
}

// Repro returns the command line that repeats the minutes before a note, for a
// POSIX shell, the guard on; "" if there is no such note, or no load was asked
// for in them.
func Repro(dir, note string) (string, error) {
	r, err := record(dir)
	if err != nil {
		return "", err
	}
	for _, n := range r.m.Notes {
		if n.ID == note {
			return n.Repro, nil
		}
	}
	return "", nil
}

// repro draws the line of a note that happened at ms.
func (b *builder) repro(ms int64) string {
	from := max(0, ms-reproBefore.Milliseconds())
	dial, end := b.dialFrom(from, ms)
	if dial == "" {
		return ""
	}
	s := b.st.Start
	args := append(reproOn(s), "--headless", "--seed", strconv.FormatUint(s.Seed, 10), "--baseline", span(reproQuiet(s)), "--glide", glideOf(s))
	if s.Mode != "" {
		args = append(args, "--mode", s.Mode)
	}
	if s.Limits.Users > 0 {
		args = append(args, "--limit-users", strconv.Itoa(s.Limits.Users))
	}
	if s.Limits.RPS > 0 {
		args = append(args, "--limit-rps", strconv.FormatFloat(s.Limits.RPS, 'f', -1, 64))
	}
	args = append(args, "--dial", dial, "--for", span(end))
	for i := range args {
		args[i] = shellWord(args[i])
	}
	return strings.Join(args, " ")
}

// dialFrom are the levels asked for in [from, to] as --dial takes them, and when
// the line should end. What was asked for at the beginning comes first: it waits
// for the end of the quiet phase.
func (b *builder) dialFrom(from, to int64) (dial string, end time.Duration) {
	began := 0
	for _, l := range b.levels.list {
		switch {
		case l.from > from:
		case l.broken && l.to <= from: // its process had gone
			began = 0
		default:
			began = l.asked
		}
	}
	quiet := reproQuiet(b.st.Start) + reproSlack
	moves := []string{fmt.Sprintf("0s=%d", began)}
	asked := began
	busy := began > 0
	first := from
	for _, m := range b.moves {
		if m.ms <= from || m.ms > to || m.to == asked {
			continue
		}
		if !busy { // time in which nothing ran repeats nothing
			first = m.ms
		}
		asked, busy = m.to, busy || m.to > 0
		moves = append(moves, fmt.Sprintf("%s=%d", span(quiet+time.Duration(m.ms-first)*time.Millisecond), m.to))
	}
	if !busy {
		return "", 0
	}
	if began == 0 {
		moves = moves[1:]
	}
	return strings.Join(moves, ","), quiet + time.Duration(to-first)*time.Millisecond + reproAfter
}

func reproQuiet(s session.Start) time.Duration {
	return time.Duration(s.Baseline * float64(time.Second)).Round(time.Second)
}

// span is a duration as a flag takes it, to the second.
func span(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func glideOf(s session.Start) string {
	if s.Limits.Glide <= 0 {
		return "off"
	}
	return strconv.FormatFloat(s.Limits.Glide, 'f', -1, 64)
}

// reproOn is the command with what it runs on: the embedded shop, the two flags
// where they say all, else the file.
func reproOn(s session.Start) []string {
	if s.Demo == "mystery" { // whether its shop is linked is for the seed to say
		return []string{"crosstalk", "demo", "--mystery"}
	}
	if s.Demo != "" {
		return []string{"crosstalk", "demo", fmt.Sprintf("--linked=%t", s.Demo == "linked")}
	}
	args := []string{"crosstalk", "run"}
	target, watch, ok := byFlags(s)
	if !ok {
		return append(args, "-c", cmp.Or(s.File, "crosstalk.yaml"))
	}
	args = append(args, "--target", target)
	for _, w := range watch {
		args = append(args, "--watch", w)
	}
	return args
}

// byFlags returns the flags that say the whole configuration, if flags can.
func byFlags(s session.Start) (target string, watch []string, ok bool) {
	var c session.Config
	if json.Unmarshal(s.Config, &c) != nil || len(c.Staging.Checks) != 1 || len(s.Env) > 0 {
		return "", nil, false
	}
	target = c.Staging.Checks[0].Address
	for _, k := range c.Production.Checks {
		watch = append(watch, k.Address)
	}
	if u, err := url.Parse(target); err != nil || u.User != nil || slices.ContainsFunc(append(watch, target), func(a string) bool { return strings.Contains(a, "***") }) {
		return "", nil, false
	}
	made, err := session.DefaultConfig(target, watch)
	if err != nil {
		return "", nil, false
	}
	a, err := json.Marshal(made.Masked())
	if err != nil {
		return "", nil, false
	}
	b, err := json.Marshal(&c)
	return target, watch, err == nil && string(a) == string(b)
}

// shellWord quotes a word for a POSIX shell: inside single quotes nothing is
// special but the quote itself. Control characters have no place on a line that
// is pasted, and go.
func shellWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, tidy(s))
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,+=", r)
	}
	if s != "" && s[0] != '=' && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// again draws a repro line as Markdown: fenced, so that it is copied as it is.
func (p *page) again(n Note) {
	if n.Repro != "" {
		p.fenced("Again, with the guard on:", "sh", n.Repro)
	}
	if n.ReproOut != "" {
		p.line("- The command that repeats it is left out: %s", inline(n.ReproOut))
	}
}

// fenced is a point of a list with a text below it that stays as it is.
func (p *page) fenced(what, lang, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	p.line("- %s\n\n  %s%s", what, fence, lang)
	for l := range strings.SplitSeq(text, "\n") {
		p.line("%s", strings.TrimRight("  "+l, " "))
	}
	p.line("  %s", fence)
}

// againText tells events of a session that is like an earlier one.
func againText(e session.Event) string {
	switch body := e.Body.(type) {
	case *session.ItemTick:
		return fmt.Sprintf("looked again at %s: %s", body.ID, body.Outcome)
	case *session.LikeTaken:
		return body.Why
	case *session.Redaction:
		return body.Words()
	}
	return e.Type
}
