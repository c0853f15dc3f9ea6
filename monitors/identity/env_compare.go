package identity

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const questionPlace = "Do the settings of both lead to one place?"

// CompareEnvs finds the connection strings of two environments' settings that
// lead to the same host, port and database, by their text and by what the names
// resolve to from here. It connects to none of them, so it never says Distinct:
// a replica or a second address of production differs by text as well. Join it
// with what Compare says of both Env.DSNs; places that are in neither are
// Unknown. Services, and what is reached by http, are hints. It ends when ctx
// does.
func CompareEnvs(ctx context.Context, staging, production Env, o Options) Result {
	o = o.complete()
	seen := addresses(ctx, o, staging, production)
	var findings []Finding
	told := map[Finding]bool{}
	tell := func(f Finding) {
		if key := (Finding{System: f.System, Verdict: f.Verdict, Staging: f.Staging, Production: f.Production}); !told[key] {
			told[key] = true
			findings = append(findings, f)
		}
	}
	for _, a := range staging.Places {
		beside, settled, asked := 0, true, a.asked()
		for _, b := range production.Places {
			if a.System != b.System {
				continue
			}
			beside++
			asked = asked && b.asked()
			pair := &pairing{a: a, b: b, addrsA: seen[strings.Join(a.Hosts, ",")], addrsB: seen[strings.Join(b.Hosts, ",")]}
			if f, ok := pair.judge(); ok {
				f.asked = a.asked() && b.asked() && a.secret() != b.secret()
				tell(f)
				// What may be one place is not "none" either.
				settled = settled && f.Hint && f.Verdict != Unknown
			}
		}
		if service(a.System) || !settled {
			continue
		}
		f := Finding{System: a.System, Staging: a.String()}
		switch {
		case beside == 0:
			f.Answer = "add it to production's file, or say that production has none"
			tell(f.answer(questionPlace, Unknown, "%s leads to %s, and production's settings name no %s.", a.source("staging"), a, nameOf(a.System)))
		case asked:
			f.Hint = true
			tell(f.answer(questionPlace, Distinct, "%s leads to none of the %d places of this kind in production's settings, by their text; what the servers themselves say counts.", a.source("staging"), beside))
		default:
			f.Answer = "ask whoever runs it whether the two environments share it"
			if askable(a.System) {
				f.Answer = "compare the two with --staging-dsn and --production-dsn, from a machine that reaches both"
			}
			tell(f.answer(questionPlace, Unknown, "%s leads to none of the %d places of this kind in production's settings, but not all of these servers can be asked: a replica, a pooler or a second address of production looks the same.", a.source("staging"), beside))
		}
	}
	compared := slices.ContainsFunc(staging.Places, Place.asked) // with what can be asked of production: see alone
	for _, b := range production.Places {
		if service(b.System) || compared && b.asked() || slices.ContainsFunc(staging.Places, func(a Place) bool { return a.System == b.System }) {
			continue
		}
		f := Finding{System: b.System, Production: b.String(), Answer: "add what staging uses to its file, or ask whoever runs it whether it uses production's"}
		// What staging's settings do not name, its application may have by default.
		tell(f.answer(questionPlace, Unknown, "%s leads to %s, and staging's settings name no %s.", b.source("production"), b, nameOf(b.System)))
	}
	for _, side := range []struct {
		role string
		env  Env
	}{{"staging", staging}, {"production", production}} {
		for _, d := range side.env.Doubts {
			findings = append(findings, Finding{System: "config", Question: questionPlace,
				Evidence: fmt.Sprintf("Where %s of %s (%s:%d) leads is not known: %s.", d.Key, side.role, clean(side.env.File), d.Line, d.Why),
				Answer:   "fill it in, or give the connection string itself"})
		}
		if len(side.env.Places) == 0 {
			findings = append(findings, Finding{System: "config", Question: questionPlace, Evidence: "The settings of " + side.role + " hold no connection string.",
				Answer: "give the file that the application itself reads"})
		}
	}
	return Conclude(findings...)
}

// addresses looks up every list of hosts once, all at the same time.
func addresses(ctx context.Context, o Options, envs ...Env) map[string][]netip.AddrPort {
	seen := map[string][]netip.AddrPort{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, e := range envs {
		for _, p := range e.Places {
			key := strings.Join(p.Hosts, ",")
			mu.Lock()
			_, known := seen[key]
			if !known {
				seen[key] = nil // it is on its way
			}
			mu.Unlock()
			if known {
				continue
			}
			all.Go(func() {
				found := lookup(ctx, o, p.Hosts)
				mu.Lock()
				defer mu.Unlock()
				seen[key] = found
			})
		}
	}
	all.Wait()
	return seen
}

// source names a setting for people.
func (p Place) source(role string) string {
	if p.Key == "" {
		return sentenceCase(role)
	}
	return fmt.Sprintf("%s of %s (%s:%d)", p.Key, role, clean(filepath.Base(p.File)), p.Line)
}

// pairing is two places of one kind.
type pairing struct {
	a, b           Place
	addrsA, addrsB []netip.AddrPort
}

// judge returns a finding unless the two are two.
func (p *pairing) judge() (Finding, bool) {
	f := Finding{System: p.a.System, Staging: p.a.String(), Production: p.b.String()}
	both := p.a.source("staging") + " and " + p.b.source("production")
	if p.a.System == systemSQLite || p.a.Path != "" || p.b.Path != "" {
		if one := p.a.instance(); one != "" && one == p.b.instance() {
			return f.answer(questionPlace, SameInstance, "%s lead to the instance %s of Cloud SQL%s.", both, clean(one), p.data()), true
		}
		if p.a.Path != p.b.Path {
			return f, false
		}
		f.Answer = oneMachine
		return f.answer(questionPlace, Unknown, "%s name the same path, %s; on two machines these are two.", both, p.a), true
	}
	if service(p.a.System) {
		return p.service(f, both)
	}
	for _, h := range p.a.Hosts {
		if !slices.Contains(p.b.Hosts, h) {
			continue
		}
		host, _, _ := net.SplitHostPort(h)
		h = portTold(h)
		switch {
		case local(host):
			f.Answer = oneMachine
			return f.answer(questionPlace, Unknown, "%s name %s, which is another machine wherever it is read.", both, h), true
		case scoped(host):
			f.Answer = "say whether both run in one namespace, compose project or network; if so it is one server"
			return f.answer(questionPlace, Unknown, "%s name %s, a name that is completed by where it is read.", both, h), true
		}
		if private(host) {
			f.Answer = "say whether both run in one network, or give both DSNs to the check; if so it is one server"
			return f.answer(questionPlace, Unknown, "%s name %s, an address that two separate networks may both use.", both, h), true
		}
		return f.answer(questionPlace, SameInstance, "%s lead to %s%s.", both, h, p.data()), true
	}
	f.Answer = ""
	for _, x := range p.addrsA {
		for _, y := range p.addrsB {
			switch {
			case x.Addr() != y.Addr() || x.Addr().IsLoopback():
			case inside(x.Addr()):
				f.Answer = "say whether both lead into one network, or compare them with --staging-dsn and --production-dsn; if so it is one server or one host"
				return f.answer(questionPlace, Unknown, "%s lead to the address %s, which two separate networks may both use.", both, x.Addr()), true
			case x == y:
				return f.answer(questionPlace, SameInstance, "%s lead to the address %s%s.", both, portTold(x.String()), p.data()), true
			case x.Port() == 0 || y.Port() == 0:
				f.Answer = "fill in the port of both"
				return f.answer(questionPlace, Unknown, "%s lead to the address %s, and the port is told of one only.", both, x.Addr()), true
			default:
				return f.answer(questionPlace, SharedNeighbour, "%s lead to the address %s on different ports: one host, or one proxy in front of two.", both, x.Addr()), true
			}
		}
	}
	if x, y := account(p.a.Hosts), account(p.b.Hosts); x != "" && x == y {
		f.Hint = true
		return f.answer(questionPlace, SharedNeighbour, "%s lead to databases of the same AWS account and region: quotas are shared.", both), true
	}
	if len(p.addrsA) == 0 || len(p.addrsB) == 0 {
		f.Answer = "run the check from where both names resolve, or give the DSNs of both to the check"
		return f.answer(questionPlace, Unknown, "%s name different hosts, which do not resolve from here: whether it is one under two names is not known.", both), true
	}
	return f, false
}

// oneMachine would answer whether two paths, or two localhosts, are one.
const oneMachine = "say whether both applications run on one machine; if so, compare the two with --staging-dsn and --production-dsn there"

// data says whether the data is the same, too.
func (p *pairing) data() string {
	switch {
	case p.a.Database == "" && p.b.Database == "":
		return ""
	case p.a.Database == p.b.Database:
		return ", and to the same database there, " + clean(p.a.Database)
	}
	return fmt.Sprintf(", to its databases %s (staging) and %s (production)", clean(p.a.Database), clean(p.b.Database))
}

// systemOther is a host and port of which nothing says that it keeps data.
const systemOther = "service"

// service says that what a system keeps is not the environment's own data:
// mail, whatever is reached by http, and what is no data store by its name.
func service(system string) bool {
	return system == systemHTTP || system == "smtp" || system == systemOther
}

// service is about something that is often of somebody else, and shared all the
// same.
func (p *pairing) service(f Finding, both string) (Finding, bool) {
	f.Hint = true
	for _, h := range p.a.Hosts {
		host, _, _ := net.SplitHostPort(h)
		if slices.Contains(p.b.Hosts, h) && !local(host) && !scoped(host) {
			return f.answer(questionPlace, SharedNeighbour, "%s use the service at %s: load on staging reaches it, too.", both, portTold(h)), true
		}
	}
	return f, false
}

var rdsName = regexp.MustCompile(`\.((?:cluster-)?(?:ro-)?)([a-z0-9]{8,})\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$`)

// account returns what the name of an RDS database tells of its account and
// region: id.TOKEN.region.rds.amazonaws.com has the same token for all databases
// of one account in one region.
func account(hosts []string) string {
	for _, h := range hosts {
		host, _, _ := net.SplitHostPort(h)
		if m := rdsName.FindStringSubmatch(host); m != nil {
			return m[2] + "." + m[3]
		}
	}
	return ""
}
