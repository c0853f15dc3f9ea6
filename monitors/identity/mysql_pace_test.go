package identity

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSlowAnswersDoNotProlongTheWatch(t *testing.T) {
	const limit = 3 * time.Second
	// What each of two nodes takes to answer, what they write in a tenth of a second, and
	// how far behind the second is.
	for _, c := range []struct {
		name       string
		a, b       time.Duration
		rate, lag  int64
		want       pace
		most       time.Duration
		mostAnswer int
	}{
		{"both take a second", time.Second, time.Second, 100, 0, paceUnknown, time.Second, 1},
		{"the other takes a second", 0, time.Second, 100, 0, paceUnknown, time.Second, 2},
		{"the other takes a second, and is behind", 0, time.Second, 100, 1000, paceUnknown, time.Second, 2},
		{"the first takes all the time there is", limit, 0, 100, 0, paceUnknown, limit, 1},
		{"both take a little", 100 * time.Millisecond, 100 * time.Millisecond, 100, 0, paceTogether, limit, 12},
		{"both are slow, and at rest", 400 * time.Millisecond, 400 * time.Millisecond, 0, 0, paceStill, limit, 9},
		{"the other is slow, and far behind", 0, 300 * time.Millisecond, 100, 1000, paceApart, time.Second, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			began, answers := time.Now(), 0
			node := func(index string, takes time.Duration, lag int64) func(context.Context) (galeraStep, bool) {
				return func(ctx context.Context) (galeraStep, bool) {
					answers++
					<-time.After(takes)
					return galeraStep{"7", index, 5000 - lag + c.rate*int64(time.Since(began).Seconds()*10)}, ctx.Err() == nil
				}
			}
			got := paceOf(t.Context(), limit, node("0", c.a, 0), node("1", c.b, c.lag))
			if took := time.Since(began); got != c.want || took > c.most || answers > c.mostAnswer {
				t.Errorf("%s: %d after %v and %d answers, want %d within %v and %d", c.name, got, took, answers, c.want, c.most, c.mostAnswer)
			}
		})
	}
}

// counting is a node at rest that counts how often it was asked where it stands.
type counting struct {
	script
	asked *int
}

func (c counting) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if strings.Contains(query, "wsrep_last_committed") {
		*c.asked++
	}
	return c.script.QueryContext(ctx, query, args)
}

func TestNodesOfManyDSNsAreWatchedOnce(t *testing.T) {
	asked := 0
	// A DSN's database names the node that the one address leads it to.
	nodes := kinds[systemMySQL]
	defer func() { kinds[systemMySQL] = nodes }()
	fake := nodes
	fake.open = func(_ context.Context, o Options, p Place) (store, *trouble) {
		number, again, _ := strings.Cut(p.Database, "-")
		status := table{columns: []string{"variable_name", "value"}}
		for name, value := range map[string]string{"wsrep_last_committed": "1000", "wsrep_cluster_conf_id": "7", "wsrep_local_index": number} {
			status.rows = append(status.rows, []driver.Value{[]byte(name), []byte(value)})
		}
		f := mysqlFacts{where: at("10.0.0.5:3306"), host: "n" + number, id: number, dir: "/d", uuid: "u" + number, start: 50, galera: "g"}
		if again == "restarted" {
			f.start = 500
		}
		return &mysqlStore{conn: counting{script{"wsrep_last_committed": status}, &asked}, limit: o.Limit, facts: f}, nil
	}
	kinds[systemMySQL] = fake
	check := func(staging, production []string) (took time.Duration, questions int) {
		synctest.Test(t, func(t *testing.T) {
			dsns := func(names []string) (out []string) {
				for _, n := range names {
					out = append(out, "mysql://u:s3cret@10.0.0.5:3306/"+n)
				}
				return out
			}
			began := time.Now()
			asked = 0
			r := Compare(t.Context(), dsns(staging), dsns(production), Options{Resolver: names{}})
			took, questions = time.Since(began), asked
			if got, want := strings.Count(fmt.Sprint(r.Findings), "stand at one place"), len(staging)*len(production); got != want {
				t.Errorf("%v and %v: %d pairs are one cluster, want %d", staging, production, got, want)
			}
		})
		return took, questions
	}
	once, one := check([]string{"1-a"}, []string{"2-a"})
	if one == 0 {
		t.Fatal("nobody was asked")
	}
	for _, c := range []struct {
		staging, production []string
		watched             int
	}{
		{[]string{"1-a", "1-b", "1-c"}, []string{"2-a", "2-b", "2-c"}, 1},
		{[]string{"1-a", "3-a"}, []string{"2-a", "2-b"}, 2},
		{[]string{"1-a"}, []string{"2-a", "2-restarted"}, 2},
	} {
		if took, questions := check(c.staging, c.production); questions != one*c.watched || took > once*time.Duration(c.watched) {
			t.Errorf("%v and %v: %d questions in %v, want %d as often as %d in %v", c.staging, c.production, questions, took, c.watched, one, once)
		}
	}
}
