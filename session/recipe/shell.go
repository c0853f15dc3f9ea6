package recipe

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"crosstalk/session"
)

// shell splits a command into words as a POSIX shell does, with bash's $'...'.
// It runs nothing: what a shell would run, glob or redirect is a problem.
type shell struct {
	file    string
	in      string
	at      int
	b       strings.Builder // of the word
	started bool
	words   []string
	line    []int // of each word
	from    int   // line where the word began
}

var (
	windowsEscape = regexp.MustCompile(`\^["\r\n^%&]|\^\s*$`)
	variableRef   = regexp.MustCompile(`^(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)
	spaceAfter    = regexp.MustCompile(`^\\[ \t]+\r?\n`)
)

func (s *shell) problem(at int, what, remedy string) error {
	return session.Problems{{File: s.file, Line: 1 + strings.Count(s.in[:min(at, len(s.in))], "\n"), What: what, Remedy: remedy}}
}

// split returns the words and the line of each.
func (s *shell) split() ([]string, []int, error) {
	for s.at < len(s.in) {
		c := s.in[s.at]
		rest := s.in[s.at:]
		switch {
		case c == ' ' || c == '\t':
			s.end()
			s.at++
		case strings.HasPrefix(rest, "\\\n"):
			s.at += 2
		case strings.HasPrefix(rest, "\\\r\n"):
			s.at += 3
		case c == '\\' && spaceAfter.MatchString(rest):
			return nil, nil, s.problem(s.at, "there is a space behind the backslash at the end of the line", "take it out: the line would end there")
		case c == '\n' || c == '\r':
			s.end()
			if strings.TrimSpace(rest) != "" && len(s.words) > 0 {
				return nil, nil, s.problem(s.at, "the command ends at the line's end, and more follows", `end the line with \, or give a second command as a second --curl`)
			}
			s.at++
		case strings.IndexByte("|&;<>()", c) >= 0:
			remedy := "leave out what follows the curl command"
			if c == '&' && s.started {
				remedy = "put the URL in quotes"
			}
			return nil, nil, s.problem(s.at, "the shell would act on "+strconv.Quote(string(c))+" here", remedy)
		case c == '#' && !s.started:
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.at += end
		default:
			if err := s.piece(); err != nil {
				return nil, nil, err
			}
		}
	}
	s.end()
	return s.words, s.line, nil
}

func (s *shell) begin() {
	if !s.started {
		s.started, s.from = true, 1+strings.Count(s.in[:s.at], "\n")
	}
}

func (s *shell) end() {
	if s.started {
		s.words, s.line = append(s.words, s.b.String()), append(s.line, s.from)
		s.b.Reset()
		s.started = false
	}
}

// piece reads one quoted part, one variable or one character of a word.
func (s *shell) piece() error {
	s.begin()
	from, rest := s.at, s.in[s.at:]
	switch {
	case rest[0] == '\'':
		end := strings.IndexByte(rest[1:], '\'')
		if end < 0 {
			return s.problem(from, "a ' is never closed", "copy the whole command, and put the text into --curl with \"$(cat FILE)\" or --curl - if it has quotes of its own")
		}
		s.b.WriteString(rest[1 : 1+end])
		s.at += end + 2
	case strings.HasPrefix(rest, "$'"):
		s.at += 2
		return s.ansi(from)
	case rest[0] == '"':
		s.at++
		return s.double(from)
	case rest[0] == '$':
		return s.dollar()
	case rest[0] == '`':
		return s.problem(from, "a command in backticks would run", "write what it prints, or ${NAME} for a variable")
	case rest[0] == '\\' && len(rest) > 1:
		s.at++
		s.char()
	default:
		s.char()
	}
	return nil
}

// char takes one character as it is.
func (s *shell) char() {
	_, n := utf8.DecodeRuneInString(s.in[s.at:])
	s.b.WriteString(s.in[s.at : s.at+n])
	s.at += n
}

// double reads on to the closing double quote.
func (s *shell) double(from int) error {
	for s.at < len(s.in) {
		rest := s.in[s.at:]
		switch {
		case rest[0] == '"':
			s.at++
			return nil
		case strings.HasPrefix(rest, "\\\n"):
			s.at += 2
		case rest[0] == '\\' && len(rest) > 1 && strings.IndexByte("$`\"\\", rest[1]) >= 0:
			s.b.WriteByte(rest[1])
			s.at += 2
		case rest[0] == '$':
			if err := s.dollar(); err != nil {
				return err
			}
		case rest[0] == '`':
			return s.problem(s.at, "a command in backticks would run", "write what it prints, or ${NAME} for a variable")
		default:
			s.char()
		}
	}
	return s.problem(from, `a " is never closed`, "copy the whole command")
}

// dollar reads a variable, which stays one.
func (s *shell) dollar() error {
	rest := s.in[s.at+1:]
	if m := variableRef.FindStringSubmatch(rest); m != nil {
		s.b.WriteString(env(m[1] + m[2]))
		s.at += 1 + len(m[0])
		return nil
	}
	if strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "{") {
		return s.problem(s.at, "the shell would work out a $"+rest[:1]+" here", "write what comes out of it, or ${NAME} for a variable")
	}
	s.b.WriteByte('$')
	s.at++
	return nil
}

var ansiEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'e': "\x1b", 'E': "\x1b", 'f': "\f", 'v': "\v",
	'\\': `\`, '\'': `'`, '"': `"`, '?': "?"}

// ansi reads $'...' on to its end.
func (s *shell) ansi(from int) error {
	for s.at < len(s.in) {
		c := s.in[s.at]
		switch {
		case c == '\'':
			s.at++
			return nil
		case c != '\\' || s.at+1 >= len(s.in):
			s.char()
			continue
		}
		s.at++
		c = s.in[s.at]
		if plain, ok := ansiEscapes[c]; ok {
			s.b.WriteString(plain)
			s.at++
			continue
		}
		switch {
		case c == 'x':
			s.number(1, 16, 2, false)
		case c == 'u':
			s.number(1, 16, 4, true)
		case c == 'U':
			s.number(1, 16, 8, true)
		case c >= '0' && c <= '7':
			s.number(0, 8, 3, false)
		default: // an unknown escape stays as it is
			s.b.WriteByte('\\')
			s.char()
		}
	}
	return s.problem(from, "a $' is never closed", "copy the whole command")
}

// number reads a character by its number, behind skip characters.
func (s *shell) number(skip, base, most int, isRune bool) {
	digits := s.in[s.at+skip:]
	n := 0
	for n < len(digits) && n < most {
		if _, err := strconv.ParseUint(digits[n:n+1], base, 8); err != nil {
			break
		}
		n++
	}
	v, err := strconv.ParseUint(digits[:n], base, 32)
	switch {
	case err != nil:
		s.b.WriteString(`\` + s.in[s.at:s.at+skip])
	case isRune:
		s.b.WriteRune(rune(v))
	default:
		s.b.WriteByte(byte(v))
	}
	s.at += skip + n
}
