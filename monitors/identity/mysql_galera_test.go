package identity

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestJudgeGalera(t *testing.T) {
	const inside = "10.0.0.11:3306,10.0.0.12:3306,10.0.0.13:3306"
	node := func(number, address, nodes string) *mysqlFacts {
		return &mysqlFacts{where: at(address), host: "n" + number, id: number, dir: "/d", uuid: "u" + number, start: 50, galera: "g", galeraNodes: strings.Split(nodes, ",")}
	}
	behind := func(number string) *mysqlFacts { return node(number, "10.0.0.5:3306", inside) }
	auto := func(number string) *mysqlFacts {
		return node(number, "10.0.0.1"+number+":3306", "AUTO,AUTO,AUTO")
	}
	copies := func(f *mysqlFacts, from endpoint, uuid string) *mysqlFacts {
		f.sources = []mysqlSource{{from, uuid, true}}
		return f
	}
	// Restored from the disks of those behind the one address.
	restored := func(number string) *mysqlFacts { return node(number, "10.1.0.5:3306", inside) }
	with := func(p pace) sighting { return sighting{pace: p} }
	for _, c := range []struct {
		name  string
		a, b  *mysqlFacts
		seen  sighting
		want  Verdict
		words string
	}{
		{"behind one address, in use", behind("1"), behind("2"), with(paceTogether), DataLink, "written on either was on both"},
		{"behind one address, at rest", behind("1"), behind("2"), with(paceStill), DataLink, "behind 10.0.0.5:3306 they stand at one place"},
		// A proxy leads the one to the cluster and the other to its copy.
		{"behind one address, apart", behind("1"), behind("2"), with(paceApart), Unknown, "a copy of the cluster, or a node that lags behind"},
		{"behind one address, not told", behind("1"), behind("2"), with(paceUnknown), Unknown, "one cluster, or a copy of it"},
		{"without addresses, in use", auto("1"), auto("2"), with(paceTogether), DataLink, "written on either was on both"},
		{"without addresses, at rest", auto("1"), auto("2"), with(paceStill), Unknown, "run the check while staging or production is in use"},
		{"without addresses, apart", auto("1"), auto("2"), with(paceApart), Unknown, "ask their owner whether the two clusters are one"},
		{"a copy that copies from it", copies(restored("1"), endpoint{"10.0.0.5", "3306"}, ""), behind("2"), with(paceApart), DataLink, "Staging copies from 10.0.0.5:3306, which is production"},
		{"a copy that copies from it, by uuid", copies(restored("1"), endpoint{"10.9.9.9", "3306"}, "u2"), behind("2"), with(paceUnknown), DataLink, "Staging copies from the server u2, which is production"},
		{"its copy copies to it", restored("1"), copies(behind("2"), endpoint{"10.1.0.5", "3306"}, ""), with(paceStill), DataLink, "Production copies from 10.1.0.5:3306, which is staging"},
		{"a copy that copies from a third", copies(restored("1"), endpoint{"10.9.9.9", "3306"}, "u7"), behind("2"), with(paceApart), Unknown, "a copy of the cluster, or a node that lags behind"},
		{"a node that copies from a third", copies(behind("1"), endpoint{"10.9.9.9", "3306"}, "u7"), behind("2"), with(paceTogether), DataLink, "written on either was on both"},
		{"of two states", auto("1"), func() *mysqlFacts { f := auto("2"); f.galera = "h"; return f }(), with(paceUnknown), Distinct, "Neither copies"},
	} {
		r := Conclude(judgeMySQL(t.Context(), Options{Resolver: names{}}.complete(), Finding{System: systemMySQL}, c.a, c.b, c.seen)...)
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) {
			t.Errorf("%s: want %s and %q, got %s", c.name, c.want, c.words, r)
		}
		worded(t, r)
	}
}

func TestPaceOfTwoNodes(t *testing.T) {
	// A node that writes so much a minute, and shows it so late.
	type run struct {
		view, index string
		from, rate  int64
		late        time.Duration
	}
	const limit = 3 * time.Second
	for _, c := range []struct {
		name string
		a, b run
		want pace
	}{
		{"one cluster", run{"7", "0", 1000, 6000, 0}, run{"7", "1", 1000, 6000, 0}, paceTogether},
		{"one cluster, a node a little late", run{"7", "0", 1000, 6000, 0}, run{"7", "1", 1000, 6000, 200 * time.Millisecond}, paceTogether},
		{"one cluster, the other a little late", run{"7", "0", 1000, 6000, 200 * time.Millisecond}, run{"7", "1", 1000, 6000, 0}, paceTogether},
		{"a node far behind", run{"7", "0", 1000, 6000, 0}, run{"7", "1", 1000, 6000, time.Second}, paceApart},
		{"at rest", run{"7", "0", 1000, 0, 0}, run{"7", "1", 1000, 0, 0}, paceStill},
		{"a write in two seconds", run{"7", "0", 1000, 30, 0}, run{"7", "1", 1000, 30, 0}, paceStill},
		{"a copy at rest", run{"7", "0", 1000, 6000, 0}, run{"7", "1", 1000, 0, 0}, paceApart},
		{"a copy that is ahead", run{"7", "0", 1000, 600, 0}, run{"7", "1", 2000, 600, 0}, paceApart},
		{"a copy that is behind", run{"7", "0", 2000, 600, 0}, run{"7", "1", 1000, 600, 0}, paceApart},
		{"two with one number among the members", run{"7", "0", 1000, 6000, 0}, run{"7", "0", 1000, 6000, 0}, paceApart},
		{"two of other views", run{"7", "0", 1000, 0, 0}, run{"3", "1", 1000, 0, 0}, paceApart},
		{"one that tells nothing", run{"7", "0", 1000, 6000, 0}, run{}, paceUnknown},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ask := func(r run) func(context.Context) (galeraStep, bool) {
				return func(context.Context) (galeraStep, bool) {
					since := max(time.Since(began)+time.Hour-r.late, 0)
					return galeraStep{r.view, r.index, r.from + r.rate*since.Milliseconds()/60000}, r.view != ""
				}
			}
			if got := paceOf(t.Context(), limit, ask(c.a), ask(c.b)); got != c.want {
				t.Errorf("%s: %d, want %d", c.name, got, c.want)
			}
			if took := time.Since(began); took > limit+time.Second {
				t.Errorf("%s: took %v", c.name, took)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	still := func(index string) func(context.Context) (galeraStep, bool) {
		return func(context.Context) (galeraStep, bool) { return galeraStep{"1", index, 1}, true }
	}
	if got := paceOf(ctx, limit, still("0"), still("1")); got != paceUnknown {
		t.Errorf("after the check has ended: %d", got)
	}
}
