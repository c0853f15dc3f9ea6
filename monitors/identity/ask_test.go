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

func TestAnswersSayTheirVerdict(t *testing.T) {
	for answer, want := range map[string]Verdict{
		"separate": Distinct, "Separate, two clusters": Distinct, "no": Distinct, "No, never": Distinct, "same": SameInstance, "**same** one": SameInstance,
		"linked: nightly sync": DataLink, "replica of prod": DataLink, "neighbour": SharedNeighbour, "Neighbor (one VM)": SharedNeighbour, "neighbour, the same host": SharedNeighbour,
		"copy from Monday": SameLineage, "unknown": Unknown, "": Unknown, "I believe they are separate": Unknown, "don't know": Unknown, "nobody knows": Unknown, "samen": Unknown, "no idea": Unknown, "No one knows": Unknown, "one of us looks it up": Unknown,
		"separate, no replica, nothing shared": Distinct, "separate, they don't share anything": Distinct, "separate, one RDS each": Distinct, "no, separate clusters": Distinct,
		// What follows says otherwise.
		"separate, but a replica feeds it": Unknown, "No, but a replica feeds it": Unknown, "separate; they share one VPC": Unknown, "different schemas in one RDS": Unknown, "no, the same": Unknown,
		"separate, production's read-replica is read": Unknown, "copy, but synced every hour": Unknown, "copy of it, then linked": Unknown, "copy, not linked": SameLineage,
		"separate Ann: same, both use orders-1": Unknown,
		// The question itself offers a copy.
		"yes": Unknown, "Yes!": Unknown, "yes, a nightly copy": SameLineage, "Yes, the same server": SameInstance, "yes, it is not the same": Unknown, "yes, but separate schemas": Unknown,
		"shared": Unknown, "shared, same RDS": SameInstance, "shared hosting, separate servers": Unknown, "yes: a replica": DataLink,
	} {
		if got := (Given{Topic: Database, Answer: answer}).Verdict(); got != want {
			t.Errorf("%q: %s, want %s", answer, got, want)
		}
	}
	for topic, want := range map[Topic]Verdict{Cache: SameInstance, Queue: DataLink, Login: SharedNeighbour, Payment: Unknown, Mail: SharedNeighbour, CDN: SharedNeighbour, Cloud: SharedNeighbour} {
		for _, answer := range []string{"yes", "Yes, with another prefix", "yes, but db 1"} {
			if got := (Given{Topic: topic, Answer: answer}).Verdict(); got != want {
				t.Errorf("%s, %q: %s, want %s", topic, answer, got, want)
			}
		}
		if got := (Given{Topic: topic, Answer: "yes, but not the one of production"}).Verdict(); got != Unknown {
			t.Errorf("%s: %s", topic, got)
		}
	}
	if got := (Given{Topic: Payment, Answer: "no"}).Verdict(); got != Unknown {
		t.Errorf("no to where payments go: %s", got)
	}
}

// What people write in their own words, where it is clear and where it is not.
func TestPlainAnswersSayTheirVerdict(t *testing.T) {
	for topic, answers := range map[Topic]map[string]Verdict{
		Database: {
			"Yes, one Postgres server for both": SameInstance, "yes: one RDS instance, two schemas": SameInstance, "shared RDS instance, two schemas": SameInstance, "Shared database server.": SameInstance,
			"yes, they use a single server": SameInstance, "shared Postgres server, separate schemas": SameInstance, "shared Aurora cluster": SameInstance, "yes, one server with a replica": SameInstance,
			"shared VM": SharedNeighbour, "shared Kubernetes cluster": SharedNeighbour, "yes, one host for both": SharedNeighbour,
			"yes, one server for staging, one for production": Unknown, "yes, one server each": Unknown, "yes, one RDS per environment": Unknown, "yes, not one server": Unknown, "shared server room": Unknown,
			"yes, a nightly database dump": Unknown, "yes, a foreign server": Unknown, "shared server, separate instances": Unknown, "yes, one server feeds the other": Unknown, "yes, same version": Unknown,
			"No replicas": Distinct, "No sharing": Distinct, "no shared server": Distinct, "No replica, copy or link": Distinct, "separate, no replica or link": Distinct,
			"No, shared cluster": Unknown, "No we share the cluster": Unknown, "no, replicas": Unknown, "No shared server, replica feeds it": Unknown, "no shared server but a dblink": Unknown, "No, one server": Unknown, "no same server": Unknown,
			"separate clusters in the same region": Distinct, "separate, same version": Distinct, "Separate (same Postgres version)": Distinct,
			"separate, same server": Unknown, "separate, same region server": Unknown, "separate, in the same Postgres": Unknown, "separate, the same as production": Unknown, "separate, no VPN, replica feeds it": Unknown, "separate. No VPN. Replicated nightly": Unknown,
			// A mark behind the last "or" ends a list, and what is no list has none.
			"No replica or copy, synced nightly": Unknown, "separate, no replica or link, synced nightly by a script": Unknown, "no copy or sync, linked by dblink": Unknown,
			"No replica or copy, synced nightly or weekly": Unknown, "No replica, synced nightly or by hand": Unknown, "separate, no replica, sync nightly or weekly": Unknown, "Separate. No VPN. Replica or dump each night": Unknown,
			"No VPN, replica or dump feeds it": Unknown, "separate, no replica - synced nightly": Unknown, "separate, no replica and synced nightly": Unknown, "separate: no, replica or copy": Unknown, "separate, no replica or copy, link or dump at night": Unknown,
			"No replica, copy or link between them": Distinct, "No replica, copy, sync or link": Distinct, "separate, no replica, copy or data link": Distinct, "separate, no dblink, foreign table or replica": Distinct, "separate, neither replica nor link": Distinct, "separate, not linked, copied or synced": Distinct, "No shared server, replicated or dumped at night": Unknown, "separate, not linked, synced nightly or by hand": Unknown,
			// No separate one is one.
			"No separate database server": SameInstance, "No different server": SameInstance, "No separate server, separate schemas": SameInstance, "No separate server, separate databases": SameInstance, "No own server": SameInstance, "No separate host": SharedNeighbour,
			"No separate servers": Unknown, "No separate server room": Unknown, "No separate server, a nightly copy": Unknown, "No separate server, but two VMs": Unknown, "No separate database, separate databases": Unknown, "No separate server, one each": Unknown,
			"No separation": Unknown, "No real separation": Unknown, "No, not separate": Unknown, "separate databases, no separate server": Unknown, "Separate schemas": Unknown, "No, separate schemas": Unknown,
			"No they are separate": Distinct, "No, separate cluster or node": Distinct, "separate databases": Distinct,
			// One server holds several databases.
			"Yes, one Postgres server for both, separate databases": SameInstance, "shared instance, different databases": SameInstance, "Yes, one RDS instance with two separate databases": SameInstance, "shared server, separate db, separate users": SameInstance, "yes, one database, separate tables": SameInstance,
			"shared database, separate databases": Unknown, "shared cluster, separate database servers": Unknown, "shared VM, separate databases": Unknown,
			"separate, one server per environment": Distinct, "separate, one server for each environment": Distinct, "separate: one server for staging and another for production": Distinct,
			"separate databases, one server, one Redis": Unknown, "separate databases on one server, one per app": Unknown, "separate databases on one server with others": Unknown, "separate databases, one cluster per region": Unknown, "separate databases on one big Postgres server": Unknown,
		},
		Cache: {
			"Yes, one Redis without prefixes": SameInstance, "yes, not even another number": SameInstance, "yes, without prefixes": SameInstance, "yes, but no separate numbers": SameInstance, "No shared cache": Distinct, "No shared cache, no shared Redis": Distinct,
			"No separate cache": SameInstance, "No separate Redis": SameInstance, "No prefixes": Unknown, "separate prefixes": Unknown,
			"yes, not shared": Unknown, "yes, but not production's": Unknown, "yes, not separate, but not the one of production": Unknown, "no shared cache, same Redis": Unknown,
		},
		Queue: {"yes, no separate vhosts": DataLink, "yes, one broker for both": SameInstance},
		Payment: {
			"a sandbox": Distinct, "Sandbox": Distinct, "the provider's sandbox": Distinct, "to a sandbox, never production": Distinct, "no, a sandbox": Distinct,
			"production": SharedNeighbour, "the provider's account of production": SharedNeighbour, "production's account": SharedNeighbour, "yes, production": SharedNeighbour,
			"a sandbox, but cards are checked live": Unknown, "sandbox in production's account": Unknown, "not production": Unknown, "production has its own": Unknown, "no production": Unknown, "sandbox, shared limits": Unknown, "the bank knows": Unknown,
		},
	} {
		for answer, want := range answers {
			if got := (Given{Topic: topic, Answer: answer}).Verdict(); got != want {
				t.Errorf("%s, %q: %s, want %s", topic, answer, got, want)
			}
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
		{"a name that speaks on", block + "answer: separate\nwho: Bob\nsince March\n", []Given{{Database, "separate since March", "Bob"}}},
	} {
		a := read(t, c.text)
		if got := a.about(Database); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		again := read(t, a.String())
		if !reflect.DeepEqual(again, a) {
			t.Errorf("%s: %+v comes back as %+v", c.name, a, again)
		}
		if r := a.Result(t.Context(), Options{Resolver: names{}}); len(c.want) == 2 && (r.Verdict != SameInstance || strings.Contains(strings.Join(again.Summary(), "\n"), "unknown: Database")) {
			t.Errorf("%s: %s", c.name, r)
		}
	}
	// Every question is a list of its own in many chats, and begins with 1.
	a := read(t, block+"answer: separate\nwho: Bob\n\n1. Cache. "+questions[1].Text+"\nanswer: same\nwho: Ann\n")
	if a.of(Database) != bob || a.of(Cache) != (Given{Cache, "same", "Ann"}) {
		t.Errorf("%+v", a)
	}
	// One does not know what the other does; both believe something else.
	for second, want := range map[string]Verdict{"don't know": Distinct, "unknown": Distinct, "I think there is a replica": Unknown} {
		a := Answers{Given: []Given{bob, {Database, second, "Ann"}}}
		for _, t := range []Topic{Cache, Queue, Login, Payment, Mail, CDN, Cloud} {
			a.Given = append(a.Given, Given{t, "separate", "Bob"})
		}
		if r := a.Result(t.Context(), Options{}); r.Verdict != want || len(a.Unknown()) > 0 != (want == Unknown) {
			t.Errorf("%q: %s, unknown %v", second, r, a.Unknown())
		}
	}
	// What a question's own words say is no answer.
	if g := read(t, "Database: "+q[:70]+"\n"+q[70:]+"\n").about(Database); len(g) > 0 {
		t.Errorf("%+v", g)
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
	if r := a.Result(t.Context(), o); r.Verdict != Distinct || len(a.Unknown()) != 0 || !strings.Contains(r.String(), `"separate", says Ana.`) {
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
	rapid.Check(t, func(t *rapid.T) {
		var a Answers
		for _, q := range questions {
			a.Given = append(a.Given, Given{Topic: q.Topic, Answer: sentence.Draw(t, "answer"), Who: sentence.Draw(t, "who")})
			for range rapid.IntRange(0, 2).Draw(t, "more") {
				if last := len(a.Given) - 1; a.Given[last].Answer != "" {
					a.Given = append(a.Given, Given{Topic: q.Topic, Answer: strings.TrimSpace("and " + sentence.Draw(t, "answer")), Who: sentence.Draw(t, "who")})
				}
			}
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
	if g := a.Given[0]; strings.Contains(g.Answer, "hunter") || g.Who != "u:***@db" || g.Verdict() != SameInstance {
		t.Errorf("%+v", g)
	}
}
