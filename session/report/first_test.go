package report

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// Trouble from before the first user is not "neither amber nor red".
func TestFirstsBesideTroubleFromBefore(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	p.health("production", "", "green", "amber", "a deploy")
	p.health("staging", "", "green", "amber", "a deploy")
	p.ms += 500
	p.dial("mel", 5)
	for range 29 {
		p.ms += 1000
		p.running = p.asked
		lat := 0.04
		p.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 5, Running: 5, Requests: 20, RPS: 20, P50: &lat, P95: &lat, P99: &lat, Max: &lat, Ceiling: -1})
		p.healthTick("staging", "amber", 0.1, 2)
		p.healthTick("production", "amber", 0.1, 16)
	}
	f := p.model(t).Firsts
	if f.Production.Seen || !strings.HasPrefix(f.Production.How, "not known: production's checks were amber for 2") || strings.Contains(f.Production.How, "neither") {
		t.Errorf("production: %q", f.Production.How)
	}
	if f.Slow.Seen || !strings.HasPrefix(f.Slow.How, "not seen: the users' p95") || !strings.Contains(f.Slow.How, "staging's checks were amber for 2") {
		t.Errorf("slow: %q", f.Slow.How)
	}
	q := newTape()
	q.start()
	q.quiet(10)
	q.dial("mel", 5)
	q.seconds(10)
	if f := q.model(t).Firsts; f.Production.How != "not seen: production's checks were neither amber nor red while users ran" || !strings.HasSuffix(f.Slow.How, "; staging's checks were neither amber nor red while users ran") {
		t.Errorf("%+v", f)
	}
}

// The reference is of one level: seconds of several don't add up to it.
func TestSlownessRefersToOneLevel(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(10)
	for _, n := range []int{5, 10, 15} {
		p.dial("mel", n)
		p.running = n
		p.seconds(3)
	}
	p.slow = 6
	p.seconds(1)
	if f := p.model(t).Firsts.Slow; f.Seen || !strings.HasPrefix(f.How, "not known: no level had 5 whole seconds with all users running") {
		t.Errorf("%+v", f)
	}
	p.slow = 1
	p.dial("mel", 20)
	p.running = 20
	p.seconds(6)
	p.slow = 6
	p.seconds(3)
	if f := p.model(t).Firsts.Slow; !f.Seen || f.Users != 20 || !strings.Contains(f.How, "of the first level held") {
		t.Errorf("%+v", f)
	}
}

// A fall that our own machine made is no knee of the server's.
func TestKneeLeavesOurOwnLimitOut(t *testing.T) {
	t.Parallel()
	own := func(limited bool) Knee {
		p := newTape()
		p.start()
		p.quiet(10)
		for _, n := range []int{5, 10, 20, 40} {
			p.dial("mel", n)
			p.running = n
			if n == 40 {
				p.slow = 3
				if limited {
					p.add(session.ByEngine, session.TypeSelfLimit, &session.SelfLimit{Why: "this machine's CPU is full", Span: session.SpanBegin, Running: 40})
				}
			}
			p.seconds(10)
		}
		if limited {
			p.ms += 500
			p.add(session.ByEngine, session.TypeSelfLimit, &session.SelfLimit{Span: session.SpanEnd, Seconds: 10.5})
			p.ms += 500
			p.tick()
		}
		return p.model(t).Knee
	}
	if k := own(false); !k.Seen || *k.To != 40 || strings.Contains(k.How, "left out") {
		t.Errorf("%+v", k)
	}
	if k := own(true); k.Seen || !strings.HasPrefix(k.How, "not reached up to 20 users") || !strings.HasSuffix(k.How, "; left out are the seconds at 40 users in which our own machine was the bottleneck") {
		t.Errorf("%+v", k)
	}
}
