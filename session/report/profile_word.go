package report

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"crosstalk/notes"
	"crosstalk/session"
)

// What stands in the place of a name or a host of which no more may be told.
const (
	somebody = "somebody"
	someHost = "some-host"
)

// namesOf matches people's names as whole words, however they are written; nil
// when there are none.
func namesOf(said map[string]string) *regexp.Regexp {
	list := anyOf(said)
	if list == "" {
		return nil
	}
	return regexp.MustCompile(`(?i)(^|[^\pL\pN]|\\[nrt])(` + list + `)($|[^\pL\pN])`)
}

// anyOf is a pattern of any of the names, the longer of two that begin alike first.
func anyOf(said map[string]string) string {
	var list []string
	for _, name := range sortedKeys(said) {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, regexp.QuoteMeta(name))
		}
	}
	return longestFirst(list)
}

func longestFirst(list []string) string {
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	return strings.Join(list, "|")
}

// nearly matches names as a file's name may hold them: whatever stands between
// their words, and without the letters that no file's name keeps.
func nearly(said map[string]string) *regexp.Regexp {
	var list []string
	for _, name := range sortedKeys(said) {
		whole := strings.FieldsFunc(name, between)
		ascii := strings.FieldsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || between(r) })
		if len(whole) > 0 {
			list = append(list, strings.Join(whole, `[^\pL\pN]+`))
		}
		if text := strings.Join(ascii, `[^\pL\pN]+`); len(strings.Join(ascii, "")) > 2 && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return regexp.MustCompile(`(?i)(^|[^\pL\pN])(` + longestFirst(list) + `)($|[^\pL\pN])`)
}

// between tells whether a rune stands between words.
func between(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// inPlace is what stands in the place of a name that was found, however it was
// written there.
func inPlace(said map[string]string, found, other string) string {
	if word, ok := said[found]; ok {
		return word
	}
	bare := func(s string) string { return strings.Join(strings.FieldsFunc(s, between), " ") }
	for _, name := range sortedKeys(said) {
		if strings.EqualFold(strings.TrimSpace(name), found) || bare(found) != "" && strings.EqualFold(bare(name), bare(found)) {
			return said[name]
		}
	}
	return other
}

// ours are the fields by which the model is read and drawn, with the program's
// own words that may stand there. Any other text in them, as a foreign journal
// may have it, is looked through like every text.
var ours = map[reflect.Type]map[string][]string{
	reflect.TypeFor[Header]():            {"State": {Running, Ended, Crashed, Empty}, "Mode": {"rate"}, "GuardState": guardStates},
	reflect.TypeFor[Answer]():            {"Production": {Touched, Untouched, NotKnown}},
	reflect.TypeFor[BuildSeen]():         {"Env": environments},
	reflect.TypeFor[CheckRate]():         {"Env": environments},
	reflect.TypeFor[session.Threshold](): {"Env": environments},
	reflect.TypeFor[session.Sample]():    {"Env": environments},
	reflect.TypeFor[Span]():              {"Env": environments, "State": states},
	reflect.TypeFor[StateShare]():        {"State": states},
	reflect.TypeFor[notes.Seen]():        {"State": states},
	reflect.TypeFor[Level]():             {"ProductionState": states},
	reflect.TypeFor[Seconds]():           {"Basis": {basisHeld, basisAll}},
	reflect.TypeFor[Whole]():             {"Basis": {basisHeld, basisAll}},
	reflect.TypeFor[Part]():              {"Role": {string(session.Driver), string(session.Navigator), string(session.Observer)}},
	reflect.TypeFor[Note]():              {"From": {"typed", "saved", "history"}},
	reflect.TypeFor[File]():              {"Media": media, "From": {notes.FromFile, notes.FromStdin, notes.FromClipboard, notes.FromFolder, notes.FromPanes, notes.FromSamples}},
	reflect.TypeFor[Stop]():              {"Reason": {"guard", "operator", "quit"}, "By": programs},
	reflect.TypeFor[Row]():               {"By": programs},
	reflect.TypeFor[Action]():            {"From": guardStates, "To": guardStates, "Cause": causes},
	reflect.TypeFor[Doing]():             {"What": {session.ActTest, session.ActBug, session.ActSetup}},
	reflect.TypeFor[LinkCheck]():         {"Mode": {session.ModeCheck, session.ModeDips}},
	reflect.TypeFor[Gap]():               {"What": append([]string{"load"}, environments...)},
	reflect.TypeFor[Reply]():             {"Question": questions()},
	reflect.TypeFor[Again]():             {"Outcome": {"still", "gone", "changed"}},
	reflect.TypeFor[Series]():            {"ProductionState": states},
}

var (
	environments = []string{staging, production, "control", "self"}
	states       = []string{green, amber, red, noSight, NotKnown}
	guardStates  = []string{"run", "hold", "ease", "cut", "lockout"}
	causes       = []string{session.CauseRed, session.CauseNoSight, session.CauseAmber, session.CauseSelf, session.CauseOurs, session.CausePermit, session.CausePerson}
	programs     = []string{session.ByGuard, session.ByEngine, session.ByMonitors, session.BySession}
	media        = []string{"image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
)

func questions() []string {
	var out []string
	for _, q := range session.Questions() {
		out = append(out, q.Key)
	}
	return out
}

// walk goes through everything that a model tells, but for words of ours.
func (c *censor) walk(v reflect.Value, own []string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			c.walk(v.Elem(), own)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(v.Index(i), own)
		}
	case reflect.Struct:
		c.fields(v)
	case reflect.String:
		if v.CanSet() && !slices.Contains(own, v.String()) {
			v.SetString(c.text(v.String()))
		}
	}
}

func (c *censor) fields(v reflect.Value) {
	before := v.Interface()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch own := ours[v.Type()][f.Name]; {
		case !f.IsExported():
		case f.Type == reflect.TypeFor[notes.Kind]():
			c.walk(v.Field(i), kindNames())
		default:
			c.walk(v.Field(i), own)
		}
	}
	if !v.CanAddr() {
		return
	}
	switch now := v.Addr().Interface().(type) {
	case *File:
		c.file(now, before.(File))
	case *Row:
		if now.Known {
			now.Type = before.(Row).Type
		}
		if now.Type == session.TypeAttach {
			now.Text = c.near(now.Text)
		}
	}
}

func kindNames() []string {
	var out []string
	for _, k := range notes.Kinds() {
		out = append(out, string(k.Kind))
	}
	return out
}

// file leaves out of a file's name what it was kept under as well. One whose name
// in the session's folder tells what is left out is named, and not linked.
func (c *censor) file(f *File, before File) {
	f.Name = c.near(f.Name)
	if f.Name == before.Name && f.File == before.File && c.near(before.File) == before.File {
		return
	}
	f.File, f.stored = "", before.File
}

// near leaves out of a text with a file's name in it what the profile does.
func (c *censor) near(s string) string {
	for _, w := range c.swaps {
		if w.near != nil {
			s = swapped(s, w.near, w.by)
		}
	}
	return s
}
