package identity

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func read(t *testing.T, text string) Answers {
	t.Helper()
	a, err := ReadAnswers("answers.txt", strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a Answers) of(topic Topic) Given {
	i := slices.IndexFunc(a.Given, func(g Given) bool { return g.Topic == topic })
	return a.Given[i]
}

const (
	lineA = "crosstalk postgres id=1 start=100 standby=false at=192.0.2.1,5432 db=shop links=- end"
	lineB = "crosstalk postgres id=1 start=200 standby=true at=192.0.2.2,5432 db=shop links=receives,192.0.2.1,5432 end"
)

func TestQuestionsComeBackEmpty(t *testing.T) {
	a := read(t, Questions())
	if len(a.Given) != 8 || len(a.Unknown()) != 8 || a.Staging != nil || a.Production != nil {
		t.Errorf("%+v", a)
	}
	for _, g := range a.Given {
		if g.Answer != "" || g.Who != "" {
			t.Errorf("%+v", g)
		}
	}
	r := a.Result(t.Context(), Options{})
	if r.Verdict != Unknown || len(r.Open()) != 8 {
		t.Error(r)
	}
	for _, s := range []string{StatementPostgres, StatementMySQL} {
		if !strings.Contains(Questions(), s) || !strings.HasPrefix(s, "SELECT ") || strings.Count(s, ";") > 3 {
			t.Error(s)
		}
	}
}

// One question as chats and mail give it back.
func TestReadAnswersForgives(t *testing.T) {
	q := questions[0].Text
	for _, c := range []struct{ name, text, answer, who string }{
		{"as asked", "1. Database. " + q + "\nanswer: same RDS\nwho: Ana\n", "same RDS", "Ana"},
		{"quoted", "> 1. Database. " + q + "\n> answer: same RDS\n>> who: Ana\n", "same RDS", "Ana"},
		{"quoted question, answer beside", "> 1. Database. " + q + "\n> answer:\n> who:\nsame RDS\n", "same RDS", ""},
		{"answer beside, then a name", "1. Database. " + q + "\nanswer: same RDS\nwho:\nAna\n", "same RDS", "Ana"},
		{"under the question", "1. Database. " + q + "\nsame RDS\n\nas always\n", "same RDS as always", ""},
		{"on the question's line", "1. Database. " + q + " same RDS\nwho: Ana", "same RDS", "Ana"},
		{"wrapped", "1. Database. " + q[:60] + "\n" + q[60:] + "\nanswer: same\n  RDS\nwho: Ana", "same RDS", "Ana"},
		{"bold and bullets", "**1. Database.** " + q + "\n- **Answer:** same RDS\n* _Who:_ Ana\n", "same RDS", "Ana"},
		{"bold before the colon", "**1. Database** " + q + "\n**Answer**: same RDS\n__Who__: Ana\n", "same RDS", "Ana"},
		{"without a number", "Database. " + q + "\nanswer: same RDS\nwho: Ana", "same RDS", "Ana"},
		{"with another number", "7) Database\nanswer: same RDS\nwho: Ana", "same RDS", "Ana"},
		{"in one line", "- Database: same RDS\nwho: Ana", "same RDS", "Ana"},
		{"in other words", "Database: do we share one?\nanswer: same RDS\nwho: Ana", "same RDS", "Ana"},
		{"windows, hard spaces", "1) Database\r\n\r\nANSWER:\u00a0same RDS\r\nWho: Ana\r\n", "same RDS", "Ana"},
		{"wrapped by a mark", "1. Database. " + q[:60] + "\n---\n" + q[60:] + " same\n  RDS\nwho: Ana", "same RDS", "Ana"},
		{"in other letters", "1. Database. " + q + "\nнет\nwho:\nАня", "нет", "Аня"},
		{"with a question of its own", "1. Database. " + q + "\nanswer: same RDS? I think\nwho: Ana", "same RDS? I think", "Ana"},
	} {
		a := read(t, "Hi all,\n2. lunch at noon?\n"+c.text)
		if g := a.of(Database); g.Answer != c.answer || g.Who != c.who {
			t.Errorf("%s: %+v", c.name, g)
		}
		if len(a.Staging) != 0 || a.of(Cache).Answer != "" {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
}

// What two people say of one thing is two answers, and the stronger one counts.
func TestTwoPeopleAnswerOneQuestion(t *testing.T) {
	q, block := questions[0].Text, "1. Database. "+questions[0].Text+"\n"
	bob, ann := Given{Database, "separate", "Bob"}, Given{Database, "same, both use orders-1", "Ann"}
	for _, c := range []struct {
		name, text string
		want       []Given
	}{
		{"two copies", block + "answer: separate\nwho: Bob\n\n> " + block + "> answer: same, both use orders-1\n> who: Ann\n", []Given{bob, ann}},
		{"two answers", block + "answer: separate\nwho: Bob\nanswer: same, both use orders-1\nwho: Ann\n", []Given{bob, ann}},
		{"without names", block + "answer: separate\nanswer: same, both use orders-1\n", []Given{{Database, "separate", ""}, {Database, "same, both use orders-1", ""}}},
		{"behind a name", block + "separate\nwho: Bob\nsame, both use orders-1\nwho: Ann\n", []Given{bob, ann}},
		{"a copy that is empty", block + "answer: separate\nwho: Bob\n" + block + "answer:\nwho:\n", []Given{bob}},
		{"a name that speaks on", block + "answer: separate\nwho: Bob\nsince March\n", []Given{{Database, "separate", "Bob"}, {Database, "since March", ""}}},
		{"the question's own words", block + "answer: separate\nwho: Bob\na nightly copy\nwho: Ann\n", []Given{{Database, "separate", "Bob"}, {Database, "a nightly copy", "Ann"}}},
	} {
		a := read(t, c.text)
		if got := a.about(Database); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		again := read(t, a.String())
		if !reflect.DeepEqual(again, a) {
			t.Errorf("%s: %+v comes back as %+v", c.name, a, again)
		}
		if r := a.Result(t.Context(), Options{Resolver: names{}}); slices.Contains(c.want, ann) && (r.Verdict != SameInstance || strings.Contains(strings.Join(again.Summary(), "\n"), "unknown: Database")) {
			t.Errorf("%s: %s", c.name, r)
		}
	}
	// Every question is a list of its own in many chats, and begins with 1.
	a := read(t, block+"answer: separate\nwho: Bob\n\n1. Cache. "+questions[1].Text+"\nanswer: same\nwho: Ann\n")
	if a.of(Database) != bob || a.of(Cache) != (Given{Cache, "same", "Ann"}) {
		t.Errorf("%+v", a)
	}
	// One does not know what the other does; both believe something else.
	for second, want := range map[string]Verdict{"don't know": Distinct, "unknown": Distinct, "Not sure.": Distinct, "?": Distinct, "I think there is a replica": Unknown,
		"don't know, but I saw production's orders in staging": Unknown, "not sure, I think both use the same RDS": Unknown, "unknown, ask Kim, there is a replica": Unknown} {
		a := Answers{Given: []Given{bob, {Database, second, "Ann"}}}
		for _, t := range []Topic{Cache, Queue, Login, Payment, Mail, CDN, Cloud} {
			a.Given = append(a.Given, Given{t, "separate", "Bob"})
		}
		if r := a.Result(t.Context(), Options{}); r.Verdict != want || len(a.Unknown()) > 0 != (want == Unknown) {
			t.Errorf("%q: %s, unknown %v", second, r, a.Unknown())
		}
	}
	// What a question's own words say is no answer while the question is read, and one behind it.
	if g := read(t, "Database: "+q[:70]+"\n\n"+q[70:]+"\n").about(Database); len(g) > 0 {
		t.Errorf("%+v", g)
	}
	a = read(t, "5. Payment. "+questions[4].Text+"\nthe provider's account of production\n- Mail: production's service\n- CDN: load balancer\nCloud account. "+questions[7].Text+"\na cloud account\n- Cache: über\n")
	for topic, want := range map[Topic]string{Payment: "the provider's account of production", Mail: "production's service", CDN: "load balancer", Cloud: "a cloud account", Cache: "über"} {
		if got := a.of(topic).Answer; got != want {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
	}
	_, err := ReadAnswers("answers.txt", strings.NewReader(block+strings.Repeat("answer: same\n", mostGiven+9)), nil)
	if p, ok := errors.AsType[*Problem](err); !ok || p.Line != mostGiven+2 || !strings.Contains(p.What, "more than 50 answers") {
		t.Error(err)
	}
}

func TestAnswersResult(t *testing.T) {
	a := read(t, Questions())
	for i := range a.Given {
		a.Given[i].Answer, a.Given[i].Who = "separate", "Ana"
	}
	o := Options{Resolver: names{}}
	if r := a.Result(t.Context(), o); r.Verdict != Distinct || a.Unknown() == nil || len(a.Unknown()) != 0 || !strings.Contains(r.String(), `"separate", says Ana.`) {
		t.Error(r)
	}
	a.Given[1] = Given{Topic: Cache, Answer: "maybe", Who: ""}
	if r := a.Result(t.Context(), o); r.Verdict != Unknown || !slices.Equal(a.Unknown(), []Topic{Cache}) || !strings.Contains(r.String(), "somebody without a name") {
		t.Error(r)
	}
	if got, want := a.Summary(), "Still unknown: Cache"; len(got) != 9 || got[8] != want || got[0] != "Database: separate (Ana)" {
		t.Errorf("%q", got)
	}
	same := read(t, "7. CDN\nanswer: same one\n")
	if r := same.Result(t.Context(), o); r.Verdict != SharedNeighbour || r.Linked() {
		t.Error(r)
	}
	// What the servers say outweighs what people believe.
	a.Staging = []string{lineB}
	if r := a.Result(t.Context(), o); !strings.Contains(r.String(), "from one side only") {
		t.Error(r)
	}
	a.Production = []string{lineA}
	if r := a.Result(t.Context(), o); r.Verdict != DataLink || !strings.Contains(r.String(), "Staging is a standby that receives from 192.0.2.1:5432") {
		t.Error(r)
	}
	a.Staging = []string{lineA}
	if r := a.Result(t.Context(), o); r.Verdict != SameInstance {
		t.Error(r)
	}
	a.Staging = []string{strings.Replace(lineA, "id=1", "id=2", 1)}
	if r := a.Result(t.Context(), o); r.Verdict != Unknown || !strings.Contains(r.String(), "system identifiers differ (2, 1)") {
		t.Error(r)
	}
}

// Two stacks of containers that are numbered alike are no link.
func TestStatementsOfTwoNetworks(t *testing.T) {
	line := func(id, at, links string) string {
		return "crosstalk postgres id=" + id + " start=" + id + "00 standby=false at=" + at + ",5432 db=shop links=" + links + " end"
	}
	for _, c := range []struct {
		staging, production string
		want                Verdict
		words               string
	}{
		{line("1", "172.18.0.3", "foreign,reports,172.18.0.2,5432"), line("2", "172.18.0.2", "-"), Unknown, "which leads to 172.18.0.2:5432, as production calls itself"},
		{line("1", "172.18.0.2", "-"), line("2", "172.18.0.2", "-"), Distinct, "system identifiers differ"},
		{line("1", "172.18.0.2", "foreign,own,172.18.0.2,5432"), line("2", "172.18.0.2", "-"), Distinct, "system identifiers differ"},
		{line("1", "192.0.2.3", "foreign,reports,-,5432"), line("2", "192.0.2.2", "-"), Unknown, "where that leads is not told"},
		{line("1", "192.0.2.3", "foreign,reports,192.0.2.2,5432"), line("2", "192.0.2.2", "-"), DataLink, "that is production"},
		{line("1", "172.18.0.3", "subscribes,feed,feed"), line("2", "172.18.0.2", "slot,feed,true"), Unknown, "a logical slot of its name in use"},
	} {
		a := Answers{Staging: []string{c.staging}, Production: []string{c.production}}
		r := Conclude(a.compareLines(t.Context(), Options{Resolver: names{}}.complete())...)
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) {
			t.Errorf("%s\n%s: want %s, got %s", c.staging, c.production, c.want, r)
		}
		worded(t, r)
	}
}

func TestStatementsComeBackInTables(t *testing.T) {
	text := Questions()
	text = strings.Replace(text, askStaging, askStaging+"\n crosstalk \n-----------\n "+lineA+"\n(1 row)\n", 1)
	text = strings.Replace(text, askProduction, "> "+askProduction+"\n> | "+strings.ReplaceAll(lineB, " ", "  ")+" |\n", 1)
	a := read(t, text)
	if !slices.Equal(a.Staging, []string{lineA}) || !slices.Equal(a.Production, []string{lineB}) {
		t.Errorf("%q, %q", a.Staging, a.Production)
	}
	for _, c := range []struct{ text, want string }{
		{"hello\nworld\n", "none of the eight questions is in it"},
		{"1. Database.\n" + lineA + "\n", "answers.txt:2: the line of a statement stands by neither side"},
		{"staging says: crosstalk postgres id=1 start=2\n1. Database\n", "answers.txt:1: the line of a statement is cut off"},
		{"\xff", "not text in UTF-8"},
		{strings.Repeat("x", mostAnswers+1), "more than"},
	} {
		_, err := ReadAnswers("answers.txt", strings.NewReader(c.text), nil)
		if p, ok := errors.AsType[*Problem](err); !ok || !strings.Contains(err.Error(), c.want) || p.Remedy == "" {
			t.Errorf("%.40q: %v", c.text, err)
		}
	}
}

// Whatever people write comes back, as it went out.
func TestAnswersRoundTrip(t *testing.T) {
	word := rapid.SampledFrom([]string{"same", "separate,", "linked:", "one", "RDS", "für", "zwei", "Redis", "(db 0", "and", "1)", "?", "we", "don't", "know", "5.", "日本"})
	sentence := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "words"), " ")
	})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"Ann", "für", "(data)", "DBA,", "5.", "日本", "1)"}), 0, 8).Draw(t, "names"), " ")
	})
	rapid.Check(t, func(t *rapid.T) {
		var a Answers
		for _, q := range questions {
			a.Given = append(a.Given, Given{Topic: q.Topic, Answer: sentence.Draw(t, "answer"), Who: name.Draw(t, "who")})
			for range rapid.IntRange(0, 2).Draw(t, "more") {
				if last := len(a.Given) - 1; a.Given[last].Answer != "" {
					a.Given = append(a.Given, Given{Topic: q.Topic, Answer: strings.TrimSpace("and " + sentence.Draw(t, "answer")), Who: name.Draw(t, "who")})
				}
			}
		}
		for _, told := range rapid.SliceOfN(sentence, 0, 2).Draw(t, "beside") {
			a.Beside = append(a.Beside, strings.TrimSpace("PS: both share it "+told))
		}
		if rapid.Bool().Draw(t, "statements") {
			a.Staging, a.Production = []string{lineA}, []string{lineA, lineB}
		}
		text := a.String()
		mark := rapid.SampledFrom([]string{"", "> ", ">> ", "  "}).Draw(t, "mark")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end")
		text = mark + strings.ReplaceAll(text, "\n", end+mark)
		got, err := ReadAnswers("x", strings.NewReader(text), nil)
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Fatalf("%+v, %v\nwant %+v\nfrom\n%s", got, err, a, text)
		}
	})
}

func FuzzReadAnswers(f *testing.F) {
	f.Add("1. Database. x\nanswer: same\nwho: me\nstaging says: " + lineA + "\nproduction says: " + lineB)
	f.Add("1. Database. x\nanswer: same\nstaging \t says: crosstalk postgres id=1 start=100 link")
	f.Add("> 8. Cloud account\n> ANSWER same")
	f.Add("staging says: crosstalk mysql host=a port=1 start=x end\nproduction says: crosstalk mysql end")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ReadAnswers("x", strings.NewReader(text), nil)
		if a.Given == nil {
			if err == nil {
				t.Error("neither answers nor an error")
			}
			return
		}
		if len(a.Given) < len(questions) {
			t.Errorf("%d answers", len(a.Given))
		}
		r := a.Result(t.Context(), Options{Resolver: names{}})
		for _, f := range r.Findings {
			if f.Evidence == "" || strings.ContainsAny(f.String(), "\x1b\r") {
				t.Errorf("%q", f)
			}
		}
		if err != nil { // what was left out is told
			return
		}
		// What was read once reads the same.
		again, err := ReadAnswers("x", strings.NewReader(a.String()), nil)
		if err != nil || !slices.Equal(again.Staging, a.Staging) {
			t.Errorf("%v: %q became %q", err, a.Staging, again.Staging)
		}
	})
}

// What is hidden is hidden before a long answer is cut: a cut may take away what a
// password is known by.
func TestAnswersAreMaskedBeforeTheyAreCut(t *testing.T) {
	text := "1. Database\nanswer: same, " + strings.Repeat("x", longestAnswer-24) + " u:hunter2@db\nwho: u:hunter2@db\n"
	mask := func(s string) string { return strings.ReplaceAll(s, "hunter2@", "***@") }
	a, err := ReadAnswers("x", strings.NewReader(text), mask)
	if err != nil {
		t.Fatal(err)
	}
	if g := a.Given[0]; strings.Contains(g.Answer, "hunter") || g.Who != "u:***@db" || !strings.HasPrefix(g.Answer, "same, x") {
		t.Errorf("%+v", g)
	}
}
