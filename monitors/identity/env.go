package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxFile  = 1 << 20 // bytes of a settings file
	maxValue = 8 << 10 // bytes of a connection string
	maxProbs = 20      // problems that are told of one file

	mostSettings = 5000 // in a file
	mostPlaces   = 200  // that they lead to
)

// Env is what the settings of one environment say about where it leads. The
// values that were read are not kept, other than the connection strings, which
// no verb of fmt nor encoding/json prints.
type Env struct {
	File   string   `json:"file"`
	Places []Place  `json:"places"`
	Doubts []*Doubt `json:"doubts,omitempty"`
}

// Doubt is a setting that seems to lead somewhere, but not where.
type Doubt struct {
	Line int    `json:"line"`
	Key  string `json:"key"`
	Why  string `json:"why"`
}

// DSNs returns the connection strings that Compare can use from here. They are
// secrets.
func (e Env) DSNs() []string {
	var out []string
	for _, p := range e.Places {
		if p.asked() && !slices.Contains(out, p.secret()) {
			out = append(out, p.secret())
		}
	}
	return out
}

// asked says that the place's server can be asked from here.
func (p Place) asked() bool { return p.dsn != nil && askable(p.System) && !p.elsewhere() }

// elsewhere says that where the place leads depends on where its settings are
// read, which is not here: a file or a socket of that machine, a name or an
// address of that network. To ask it from here would take what answers here for
// the server of both environments.
func (p Place) elsewhere() bool {
	return p.Path != "" || slices.ContainsFunc(p.Hosts, func(h string) bool {
		host, _, err := net.SplitHostPort(h)
		return err == nil && (local(host) || private(host) || scoped(host))
	})
}

// setting is one key and its value.
type setting struct {
	key, value string
	line       int
	raw        bool // the value holds no variables
	used       bool // it is filled in elsewhere

	scope     int      // the document or the file within it that it stands in
	kind      string   // Secret or ConfigMap, which its value comes from
	from, of  string   // its name, and the key there
	elsewhere string   // why there is no value: it is not in this file
	many      bool     // it stands for all settings of a place
	words     []string // of the key
}

// ReadEnv reads a file of settings: KEY=value lines as in .env, YAML or JSON of
// any depth, and Secrets and ConfigMaps of Kubernetes with what is base64 in
// them. It keeps what leads somewhere: connection strings, and hosts beside
// ports and names of databases. ${NAME} is filled in from the same file only.
// Its errors are of *Problem, joined; none holds a value of the file.
func ReadEnv(path string) (Env, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return Env{}, &Problem{File: path, What: "it is no file", Remedy: "give the path of one file"}
	}
	file, err := os.Open(path)
	if err != nil {
		remedy := "give the path of a file that this user may read"
		if errors.Is(err, os.ErrNotExist) {
			return Env{}, &Problem{File: path, What: "there is no such file", Remedy: remedy}
		}
		return Env{}, &Problem{File: path, What: "it cannot be opened", Remedy: remedy}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return Env{}, fmt.Errorf("read settings %s: %w", path, err)
	}
	return ParseEnv(path, data)
}

// ParseEnv reads the text of a file of settings, as ReadEnv does; the name
// decides by its ending whether it is YAML, and else the text does.
func ParseEnv(name string, data []byte) (Env, error) {
	env := Env{File: name}
	switch {
	case len(data) > maxFile:
		return env, &Problem{File: name, What: fmt.Sprintf("it has more than %d bytes", maxFile), Remedy: "keep only the settings that lead somewhere"}
	case bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data):
		return env, &Problem{File: name, What: "it is not text in UTF-8", Remedy: "save it as plain text; encrypted files must be decrypted first"}
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
	var settings []setting
	var problems []*Problem
	if isYAML(name, text) {
		settings, problems = readYAML(name, text)
	} else {
		settings, problems = readLines(name, text)
		for i, s := range settings {
			if isJSON(s.value) || isFile(s.key, s.value) && !ofStore(tokens(s.key)) { // as Cloud Foundry tells of services
				inner, all := readWithin(name, s, (i+1)<<10)
				settings = append(settings, inner...)
				if all {
					settings[i].value = ""
				}
			}
		}
	}
	if len(settings) > mostSettings {
		problems = append(problems, &Problem{File: name, Line: settings[mostSettings].line, What: fmt.Sprintf("there are more than %d settings", mostSettings), Remedy: "keep only those that lead somewhere"})
		settings = settings[:mostSettings]
	}
	expand(settings)
	env.Places, env.Doubts = places(name, settings)
	var errs []error
	for i, p := range problems {
		if i == maxProbs {
			break
		}
		errs = append(errs, p)
	}
	return env, errors.Join(errs...)
}

func isYAML(name, text string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	case ".env", ".properties", ".sh":
		return false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "---" || line == "{" || strings.HasPrefix(line, "apiVersion:") || strings.HasPrefix(line, "kind:"):
			return true
		}
		key, _, isPair := strings.Cut(line, "=")
		name, after, isMapping := strings.Cut(line, ":")
		return isMapping && (!isPair || len(name) < len(key)) && (after == "" || strings.HasPrefix(after, " "))
	}
	return false
}

// readLines reads KEY=value lines as dotenv does: comments, export, quotes, and
// values in double quotes over several lines.
func readLines(name, text string) ([]setting, []*Problem) {
	var out []setting
	var problems []*Problem
	section := "" // of an .ini, before its keys
	if strings.EqualFold(filepath.Ext(name), ".cnf") {
		section = "mysql."
	}
	base := section
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		at := i + 1
		bad := func(what, remedy string) {
			problems = append(problems, &Problem{File: name, Line: at, What: what, Remedy: remedy})
		}
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, ";") {
			continue
		}
		if inner, ok := strings.CutSuffix(line, "]"); ok && line[0] == '[' && !strings.ContainsAny(line, "=@:") {
			section = base + strings.Trim(inner, "[ ]") + "."
			continue
		}
		line = strings.TrimSpace(strings.TrimPrefix(line, "export "))
		key, value, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if !ok {
			// Rubys's dotenv and Java's properties know a colon, too.
			if key, value, ok = strings.Cut(line, ": "); !ok {
				bad("this line is no setting", "write KEY=value, or # in front of a comment")
				continue
			}
		}
		if key == "" || strings.ContainsAny(key, " \t'\":@?") { // a connection string alone, with its password
			bad("what stands before the = is no name", "write KEY=value, with a name of letters, digits and _")
			continue
		}
		value = strings.TrimSpace(value)
		if value == "" || value[0] != '"' && value[0] != '\'' && value[0] != '`' {
			if j := strings.Index(value, " #"); j >= 0 {
				value = strings.TrimSpace(value[:j])
			}
			out = append(out, setting{key: section + key, value: value, line: at})
			continue
		}
		quote := value[0]
		for closing(value, quote) < 0 && i+1 < len(lines) && len(value) <= maxValue {
			i++
			value += "\n" + lines[i]
		}
		end := closing(value, quote)
		if end < 0 {
			bad("the quotes opened here are not closed", "close them on this line")
			i = at - 1 // what follows may be in order
			continue
		}
		value = value[1:end]
		if quote == '"' {
			value = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\$`, "$").Replace(value)
		}
		out = append(out, setting{key: section + key, value: value, line: at, raw: quote == '\''})
	}
	return out, problems
}

// closing returns where the quotes that a value begins with end; -1: nowhere.
func closing(value string, quote byte) int {
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '\\' && quote == '"':
			i++
		case value[i] == quote:
			return i
		}
	}
	return -1
}

// expand fills ${NAME}, ${NAME:-default} and $NAME in from the other settings.
// What is not among them stays as it is. Never from this machine's environment:
// the file is another machine's.
func expand(settings []setting) {
	known := map[string][]*setting{}
	asRead := slices.Clone(settings)
	for i := range asRead {
		s := &asRead[i]
		known[s.key] = append(known[s.key], s)
		if last := s.key[strings.LastIndexByte(s.key, '.')+1:]; last != s.key {
			known[last] = append(known[last], s)
		}
	}
	for i := range settings {
		if settings[i].raw {
			continue
		}
		// A value may hold a variable whose value holds another.
		for range 4 {
			filled := expandOne(settings[i], known)
			if filled == settings[i].value || len(filled) > maxValue {
				break
			}
			settings[i].value = filled
		}
	}
	for i := range settings {
		settings[i].used = asRead[i].used
	}
}

func expandOne(of setting, known map[string][]*setting) string {
	value := of.value
	if !strings.Contains(value, "$") {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); {
		if b.Len() > maxValue {
			return value
		}
		name, fallback, end := variable(value[i:])
		if end == 0 {
			b.WriteByte(value[i])
			i++
			continue
		}
		v, several := nearest(of, name, known[name])
		switch {
		case several:
			b.WriteString(value[i : i+end])
		case v != nil:
			b.WriteString(v.value)
			v.used = true
		case fallback != nil:
			b.WriteString(*fallback)
		default:
			b.WriteString(value[i : i+end])
		}
		i += end
	}
	return b.String()
}

// nearest returns the setting of a name for another: of what stands beside it, in its own
// document, or anywhere; several says that there is more than one value, or one that is elsewhere.
func nearest(of setting, name string, named []*setting) (found *setting, several bool) {
	beside := of.key[:strings.LastIndexByte(of.key, '.')+1] + name
	best := 0
	for _, s := range named {
		if s.value == "" && s.elsewhere == "" {
			continue
		}
		rank := 1
		if s.key == name {
			rank++
		}
		if s.scope == of.scope {
			rank += 2
			if s.key == beside {
				rank = 5
			}
		}
		switch {
		case rank > best:
			best, found, several = rank, s, s.elsewhere != ""
		case rank == best && s.value != found.value:
			several = true
		}
	}
	return found, several
}

// variable reads a variable at the start of a text: its name, what is to stand
// there without it, and how long it is; 0: there is none.
func variable(s string) (name string, fallback *string, length int) {
	if len(s) < 2 || s[0] != '$' {
		return "", nil, 0
	}
	isName := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	if s[1] != '{' && s[1] != '(' {
		n := 1
		for n < len(s) && isName(s[n]) {
			n++
		}
		if n == 1 {
			return "", nil, 0
		}
		return s[1:n], nil, n
	}
	end := strings.IndexAny(s, "})")
	if end < 0 {
		return "", nil, 0
	}
	name = s[2:end]
	for _, mark := range []string{":-", ":", "-"} { // the second is Spring's
		if before, after, ok := strings.Cut(name, mark); ok {
			name, fallback = before, &after
			break
		}
	}
	return name, fallback, end + 1
}
