package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// eventTypes are the types of event as the sources of session name them.
func eventTypes(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^(?:const )?\s*Type\w+\s*= "([a-z.]+)"`)
	var out []string
	for _, path := range sources {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(b), -1) {
			out = append(out, m[1])
		}
	}
	if len(out) < 50 {
		t.Fatalf("found %d types: %v", len(out), out)
	}
	return out
}

// fill puts a text wherever a value can hold one.
func fill(v reflect.Value, text string, deep int) {
	switch v.Kind() {
	case reflect.Pointer:
		if deep > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), text, deep-1)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field, text, deep-1)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			raw, _ := json.Marshal(text)
			v.SetBytes(raw)
			return
		}
		if deep > 0 && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), text, deep-1)
		}
	case reflect.Map:
		if deep > 0 && v.Type().Key().Kind() == reflect.String {
			v.Set(reflect.MakeMap(v.Type()))
			value := reflect.New(v.Type().Elem()).Elem()
			fill(value, text, deep-1)
			v.SetMapIndex(reflect.ValueOf(text).Convert(v.Type().Key()), value)
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64, reflect.Uint64:
		if v.Type() != reflect.TypeFor[time.Duration]() && v.CanInt() {
			v.SetInt(3)
		} else if v.CanUint() {
			v.SetUint(3)
		}
	}
}

// onHosts begins a session on real hosts, of two people and one who looks on.
func (t *tape) onHosts() {
	t.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "zoltan", People: []string{"zoltan", "wulf"}, Target: "https://stage-7.shop.test",
		Checks: []session.CheckInfo{{Env: "production", Name: "web", Kind: "http", Address: "https://web-9.prod.test/health", Every: 0.25}}})
	t.add("ute", session.TypeViewerJoin, &session.ViewerJoin{Name: "ute", Role: session.Observer})
}

// everywhere is a session on real hosts in which every event there is holds a
// text in every place.
func everywhere(t *testing.T, text string) *tape {
	t.Helper()
	p := newTape()
	p.onHosts()
	p.quiet(5)
	p.dial("zoltan", 5)
	p.seconds(8)
	p.health("production", "web", "green", "amber", text)
	p.health("production", "", "green", "amber", text)
	p.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: text, Cause: "amber", Running: 5,
		Samples: []session.Sample{{Env: "production", Check: "web", Due: p.now(), Reason: text}}})
	for _, kind := range notes.Kinds() {
		id := p.write("wulf", kind.Kind, text)
		p.add("wulf", session.TypeAttach, &session.AttachAdd{Note: id, Name: text + ".log", File: notes.SafeName(id + "-" + notes.SafeName(text+".log")), Size: 9, Media: "text/plain", From: notes.FromFile})
	}
	p.exchange(text, "timeout", 0, 9.5)
	for i, kind := range eventTypes(t) {
		var e session.Event
		if err := json.Unmarshal(fmt.Appendf(nil, `{"v":1,"seq":1,"t":"2026-10-17T15:20:00Z","ms":1,"by":"x","type":%q,"body":{}}`, kind), &e); err != nil {
			t.Fatal(err)
		}
		if _, unknown := e.Body.(*session.Unknown); unknown {
			t.Fatalf("%s is not known", kind)
		}
		fill(reflect.ValueOf(e.Body).Elem(), text+" "+strconv.Itoa(i), 8) // a text that is somebody's name hides no other
		if start, ok := e.Body.(*session.Start); ok {                     // else the text is a name in whole
			start.As, start.People = "zoltan", []string{"wulf"}
		}
		p.ms += 1000
		p.add("wulf", kind, e.Body)
	}
	p.add("wulf", "weather.seen", map[string]string{"who": text + "\n" + text})
	return p
}

// Whatever event holds what is left out, and wherever in it: no format does.
func TestNothingLeftOutStaysAnywhere(t *testing.T) {
	t.Parallel()
	all, err := ParseProfile([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{"web-9", "prod.test", "stage-7", "shop.test", "wulf", "zoltan", "ute", "hush"}
	for name, c := range map[string]struct {
		text    string
		profile Profile
		gone    []string
	}{
		"all":                    {"lookup of web-9.prod.test and Web-9 by stage-7.shop.test: wulf, Zoltan and UTE (#hush)", all, secrets},
		"nothing else":           {"(web-9.prod.test)", all, secrets},
		"production's by itself": {"name lookup of web-9.prod.test failed", DefaultProfile(), []string{"web-9", "prod.test"}},
		"a file of a person":     {"wulf_zoltan-ute", all, secrets[4:7]},
	} {
		for kind, tape := range map[string]*tape{"every event": everywhere(t, c.text), "hostile": hostileOnHosts(c.text)} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				dir := tape.dir(t)
				m, err := Read(dir)
				if err != nil {
					t.Fatal(err)
				}
				c.profile.Apply(m)
				for _, f := range files {
					if filepath.Ext(f.name) == ".png" {
						continue
					}
					var b bytes.Buffer
					if err := f.draw(&b, m); err != nil {
						t.Errorf("%s: %v", f.name, err)
					}
					holdsNone(t, f.name, b.String(), c.gone)
				}
				for _, id := range []string{"n1", "n2", "n3"} {
					if i, err := IssueOf(dir, id, "", session.TrackerConfig{}, c.profile); err == nil {
						holdsNone(t, "issue of "+id, i.Title+i.Body, c.gone)
					}
				}
			})
		}
	}
}

// hostileOnHosts is the hostile session on real hosts.
func hostileOnHosts(text string) *tape {
	p := newTape()
	p.onHosts()
	h := hostileTape(text)
	for line := range strings.SplitSeq(strings.TrimSpace(h.buf.String()), "\n") {
		var e session.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			panic(err)
		}
		if e.By == text {
			e.By = "wulf"
		}
		if start, ok := e.Body.(*session.Start); ok {
			start.As, start.People = "zoltan", []string{"wulf"}
		}
		p.ms = e.MS
		p.add(e.By, e.Type, e.Body)
	}
	return p
}

func holdsNone(t *testing.T, name, text string, gone []string) {
	t.Helper()
	text = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(text, "\\", ""), noBreak, ""))
	for _, g := range gone {
		word := regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(g) + `($|[^\pL\pN])`)
		if at := word.FindStringIndex(text); at != nil {
			t.Errorf("%s holds %q: …%s…", name, g, text[max(0, at[0]-80):min(len(text), at[1]+60)])
		}
	}
}

// A file whose name in the folder tells what is left out is named, not linked;
// words by which a report is read stay, whatever people are called.
func TestProfileOfFilesAndOfOurWords(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.onHosts()
	p.add("Green", session.TypeViewerJoin, &session.ViewerJoin{Name: "Green", Role: session.Navigator})
	p.quiet(5)
	p.dial("zoltan", 5)
	p.seconds(8)
	p.health("production", "", "green", "amber", "late")
	p.seconds(2)
	id := p.write("wulf", notes.Bug, "slow")
	for _, name := range []string{"web-9.prod.test.log", "wulf's.log", "basket.log"} {
		p.add("wulf", session.TypeAttach, &session.AttachAdd{Note: id, Name: name, File: notes.SafeName(id + "-" + name), Size: 9, Media: "text/plain", From: notes.FromFile})
	}
	m := p.model(t)
	Profile{Names: true, Production: true}.Apply(m)
	page := markdownOf(m)
	for _, want := range []string{"- Attached: production-host-1.log, 9 ", "- Attached: navigator 1's.log, 9 ", "[basket.log](attachments/n1-basket.log)", "green 13 s", "**Production: touched.**"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if f := m.Notes[0].Files[0]; f.File != "" || f.path() != "n1-web-9.prod.test.log" {
		t.Errorf("%+v", f)
	}
}
