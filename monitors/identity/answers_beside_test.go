package identity

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What stands outside of the questions, or where a name should, is never lost: it
// leaves the whole open.
func TestNothingThatIsToldVanishes(t *testing.T) {
	var separate strings.Builder
	for _, q := range questions {
		answer := "separate"
		if q.Topic == Payment {
			answer = "sandbox"
		}
		separate.WriteString("1. " + string(q.Topic) + ". " + q.Text + "\nanswer: " + answer + "\nwho: Bob Miller, DBA\n\n")
	}
	all := separate.String()
	_, statements, _ := strings.Cut(Questions(), "\n\n"+askOwner)
	statements = askOwner + statements
	first := strings.Replace(all, "who: Bob Miller, DBA", "who:", 1)
	for _, c := range []struct{ text, kept string }{
		{"Hi Bob,\nOn Tue, Ann wrote:\n> " + askTitle + "\n" + all + askOwner + ": later\nCheers, Ann\n", ""},
		{"Subject: Re: " + askTitle + "\n" + all + statements, ""},
		{all + askOwner + "\nshop=# " + StatementPostgres[:50] + "\nshop-# " + strings.ReplaceAll(StatementPostgres[51:], "\n", "\nshop-# ") + "\n(1 row)\n", ""},
		{all + askStaging + "\n sure, a minute\n" + askProduction + "\n(1 row)\n", ""},
		{"| # | Topic | Answer |\n|---|---|---|\n" + strings.ReplaceAll(all, "1. Database. "+questions[0].Text+"\nanswer: separate\nwho: Bob Miller, DBA", "| 1 | Database | separate |"), ""},
		{strings.Replace(all, questions[1].Text, "do they share a Redis?", 1), ""},
		{"Hi! Careful: staging's database is the same server as production.\n" + all, "the same server as production"},
		{all + statements + "PS: Ann here. staging DB is the same RDS as production, both use orders-1\n", "both use orders-1"},
		{all + statements + "staging says:\nproduction says: careful, staging reads our replica\n", "reads our replica"},
		{strings.Replace(all, "answer: separate\n", "answer: separate\nproduction says: careful, it reads our replica\n", 1), "reads our replica"},
		{strings.Replace(all, questions[0].Text+"\n", "didn't we agree staging reads prod's replica?\n", 1), "reads prod's replica"},
		{all + "1. Database: do you not mean the replica?\n", "the replica?"},
		{"| 1. Database | same |\n" + all, "same"},
		{"| Database | " + questions[0].Text + " | same | Ann |\n" + all, "same | Ann"},
		{strings.Replace(first, "who:", "who:\n(staging reads prod's replica though, so same data)", 1), "reads prod's replica"},
		{strings.Replace(first, "who:", "who: Bob - not sure, I think they share the RDS", 1), "share the RDS"},
		{strings.Replace(first, "answer: separate\nwho:", "answer:\nwho: same RDS as production", 1), "same RDS"},
		{"PS: they share a Redis\n" + all, "they share a Redis"},
		{"Staging and production share a database server.\n" + all, "share a database server"},
		{"- they share a cloud account\n" + all, "a cloud account"},
		{"Careful: the staging DB is the prod DB.\n" + all, "is the prod DB"},
		{"FYI, staging talks to the production database.\n" + all, "talks to"},
		{"Careful, we only have one Postgres for everything.\n" + all, "one Postgres"},
		{"Achtung: Staging nutzt dieselbe Datenbank wie Produktion.\n" + all, "dieselbe"},
		{all + askOwner + "\nproduction says: no idea what crosstalk wants, but staging reads our replica\n", "reads our replica"},
		{all + askOwner + "\nstaging says: " + lineA + " but careful, it is the same box as production\nproduction says: " + strings.Replace(lineA, "id=1", "id=2", 1), "the same box"},
		{strings.Replace(first, "who:", "who: Bob\nanswer: same RDS, SELECT 'crosstalk postgres id=... gives one id on both\nwho: Ann", 1), "same RDS"},
		{all + askOwner + ": Ann says both use the same RDS, so no need to run the one that fits\n", "both use the same RDS"},
		{strings.Replace(first, "who:", "who:\nit is the production RDS, actually", 1), "production RDS"},
		{strings.Replace(first, "who:", "who: Ann (ist aber dieselbe DB wie Prod)", 1), "dieselbe"},
		{strings.Replace(first, "answer: separate\nwho:", "answer:\nwho: Prod RDS serves staging\nanswer: separate\nwho: Bob", 1), "serves staging"},
		{strings.Replace(all, questions[0].Text, "is the one of production, didn't you know?", 1), "didn't you know"},
		{strings.Replace(all, questions[0].Text, "Does staging not still use the RDS of production, Bob?", 1), "still use the RDS"},
		{strings.Replace(all, "who: Bob Miller, DBA", "who: Priya Sharma", 1), ""},
		{strings.Replace(all, "who: Bob Miller, DBA", "who: Bob, Shared Services", 1), ""},
		{all + "Cheers,\nBob\nAnn Berg | LinkedIn: ann\nMail: ann@shop.example\n", ""},
		{all + "-- \nMit freundlichen Grüßen\nBob Miller\nplease do not copy or use it\n", ""},
		{"thanks for sharing! Answers below.\nplease use reply-all\nSharon\n" + all, ""},
		{"Subject: AW: what do staging and production share?\n" + strings.Replace(all, "answer: separate", "answer: separate (edited)", 1), ""},
		{all + "Thanks!\nPS: both are the same box\n", "same box"},
	} {
		a := read(t, c.text)
		r := a.Result(t.Context(), Options{})
		if c.kept == "" {
			if len(r.Open()) > 0 || len(a.Beside) > 0 {
				t.Errorf("%.60q is left open: %q, %q", c.text, r.Open(), a.Beside)
			}
			continue
		}
		if !strings.Contains(strings.Join(a.Summary(), "\n"), c.kept) || len(r.Open()) == 0 && r.Verdict <= SameLineage {
			t.Errorf("%q is not told, or %s with nothing open: %q", c.kept, r.Verdict, a.Summary())
		}
		if again := read(t, a.String()); !reflect.DeepEqual(again.Beside, a.Beside) {
			t.Errorf("%q came back as %q", a.Beside, again.Beside)
		}
	}
	if a := read(t, all+askStaging+strings.Repeat("\nsame RDS as there", mostGiven)); len(a.Beside) != mostGiven {
		t.Errorf("%d lines beside", len(a.Beside))
	}
	if _, err := ReadAnswers("x", strings.NewReader(all+askStaging+strings.Repeat("\nsame RDS as there", mostGiven+1)), nil); err == nil {
		t.Error("too many lines beside the questions are dropped without a word")
	}
}

// Statements' lines are read wherever they stand, and none is left out in silence.
func TestEveryLineOfAStatementCounts(t *testing.T) {
	two := strings.Replace(lineA, "id=1", "id=2", 1)
	a := read(t, "staging says: "+lineA+" "+two+"\nproduction says: "+two)
	if !slices.Equal(a.Staging, []string{lineA, two}) || a.Result(t.Context(), Options{}).Verdict != SameInstance {
		t.Errorf("%q", a.Staging)
	}
	mysql := "crosstalk mysql number=1 port=3306 end"
	for _, c := range []struct{ staging, production, from string }{{two + " " + mysql, lineA, "MySQL or MariaDB came back from staging"}, {lineA, two + " " + mysql, "MySQL or MariaDB came back from production"}, {mysql, lineA, "PostgreSQL came back from production"}} {
		if r := read(t, "staging says: "+c.staging+"\nproduction says: "+c.production).Result(t.Context(), Options{Resolver: names{}}); r.Verdict != Unknown || !strings.Contains(r.String(), "The statement for "+c.from+" only") {
			t.Errorf("%s: %s", c.from, r)
		}
	}
	many := "staging says:"
	for i := range mostDSNs + 1 {
		many += "\n" + strings.Replace(lineA, "id=1", "id="+strings.Repeat("1", i+1), 1)
	}
	if _, err := ReadAnswers("x", strings.NewReader(many), nil); err == nil {
		t.Error("a line too many is left out without a word")
	}
	if _, err := ReadAnswers("x", strings.NewReader("1. Database\n"+strings.Repeat("a\n", mostLines+1)), nil); err == nil {
		t.Error("lines of a long answer are left out without a word")
	}
}

// What is masked may have said anything.
func TestWhatIsMaskedLeavesAnAnswerOpen(t *testing.T) {
	for _, g := range []Given{{Payment, "sandbox, ***", ""}, {Database, "separate ***", ""}, {Database, "same *** server", ""}} {
		if v := g.Verdict(); v != Unknown {
			t.Errorf("%q: %s", g.Answer, v)
		}
	}
}
