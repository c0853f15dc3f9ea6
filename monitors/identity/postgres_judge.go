package identity

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// endpoint is a host and port that a server has on record.
type endpoint struct{ host, port string }

// everywhere says that the endpoint means one machine wherever it is read.
func (e endpoint) everywhere() bool {
	return e.host != "" && !strings.HasPrefix(e.host, "/") && !local(e.host) && !private(e.host) && !scoped(e.host)
}

func (e endpoint) String() string { return clean(net.JoinHostPort(e.host, e.port)) }

// slot is a replication slot.
type slot struct {
	name, kind string
	active     bool
}

// sender is a connection that the server feeds: of a standby or a subscription, whose
// name it has unless it was given another.
type sender struct{ name, to string }

// subscription is a subscription of logical replication; where it leads is known
// to superusers only.
type subscription struct {
	name, slot string
	enabled    bool
	to         endpoint
}

// foreign is a foreign server, or code that calls dblink.
type foreign struct {
	name, wrapper string
	to            endpoint
}

// postgresFacts is what a PostgreSQL server tells of itself.
type postgresFacts struct {
	where
	database string
	start    string // in microseconds
	standby  bool
	id       string // the system identifier of initdb
	receiver *endpoint
	senders  []sender // who may not see them is told none
	slots    []slot
	subs     []subscription
	foreign  []foreign
	dblink   bool

	idTrouble, receiverTrouble, subTrouble, foreignTrouble *trouble
}

// saw notes the address that the server knows itself by. One that means another
// machine everywhere is no news, and one of its own network proves nothing: two
// stacks of containers give their databases the same.
func (f *postgresFacts) saw(host, port string) {
	if port != "0" {
		f.port = port
	}
	a, err := netip.ParseAddr(host)
	n, errPort := strconv.ParseUint(port, 10, 16)
	if err != nil || errPort != nil || local(host) {
		return
	}
	if at := netip.AddrPortFrom(a.Unmap(), uint16(n)); inside(a) {
		f.own = unique(append(f.own, at))
	} else {
		f.addrs = unique(append(f.addrs, at))
	}
}

const (
	questionReplica = "Does one copy from the other?"
	questionLogical = "Does one subscribe to the other?"
	questionForeign = "Does one reach into the other?"
)

// feeds says that the server sends to the other, by an address that is that one's for
// certain; under the name, unless that is "".
func (f *postgresFacts) feeds(other *postgresFacts, name string) bool {
	return slices.ContainsFunc(f.senders, func(s sender) bool {
		to, err := netip.ParseAddr(s.to)
		if err != nil || name != "" && s.name != name {
			return false
		}
		to = to.Unmap()
		return !to.IsLoopback() && (slices.Contains(other.at, to) ||
			!inside(to) && slices.ContainsFunc(other.addrs, func(a netip.AddrPort) bool { return a.Addr() == to }))
	})
}

// judgePostgres weighs what two servers told. steps says that one standby was
// seen to keep up with the other as its primary.
func judgePostgres(ctx context.Context, o Options, f Finding, a, b *postgresFacts, seen sighting, steps bool) []Finding {
	if seen.seen {
		return []Finding{f.answer(questionOne, SameInstance, "A lock taken through staging's DSN is seen through production's: it is one server, with %s.", databases(a.database, b.database))}
	}
	alike := a.id != "" && a.id == b.id
	if alike && a.start != "" && a.start == b.start {
		return []Finding{f.answer(questionOne, SameInstance, "Both have the system identifier %s and started at the same microsecond: it is one server, with %s.", clean(a.id), databases(a.database, b.database))}
	}
	var out []Finding
	switch {
	case alike:
		out = append(out, judgeCopies(ctx, o, f, a, b, steps)...)
	case a.id != "" && b.id != "":
		out = append(out, f.answer(questionOne, Distinct, "Their system identifiers differ (%s, %s)%s.", clean(a.id), clean(b.id), notSeen(seen)))
	case seen.trouble == nil:
		g := f.answer(questionReplica, Unknown, "A system identifier may not be read, and without it a copy is not known from a stranger.")
		g.Answer = grantControl
		out = append(out, f.answer(questionOne, Distinct, "A lock taken through staging is not seen in production."), g)
	default:
		t := seen.trouble
		if a.idTrouble != nil || b.idTrouble != nil {
			t = &trouble{t.why, t.remedy + "; " + grantControl}
		}
		out = append(out, f.open(questionOne, t))
	}
	out = append(out, judgeLogical(ctx, o, f, a, b))
	return append(out, judgeForeign(ctx, o, f, a, b))
}

func notSeen(s sighting) string {
	if s.trouble != nil {
		return ""
	}
	return ", and a lock taken through staging is not seen in production"
}

func databases(a, b string) string {
	if a == b {
		return "one database, " + clean(a)
	}
	return "the databases " + clean(a) + " (staging) and " + clean(b) + " (production)"
}

// judgeCopies is about two servers with one system identifier that are not one:
// a standby, or a copy that went its own way.
func judgeCopies(ctx context.Context, o Options, f Finding, a, b *postgresFacts, steps bool) []Finding {
	copied := f.answer(questionOne, SameLineage, "Both have the system identifier %s but started at different times: one was copied from the other, or both from a third.", clean(a.id))
	linked := func(format string, args ...any) []Finding {
		return []Finding{copied, f.answer(questionReplica, DataLink, format, args...)}
	}
	sides := []struct {
		name, other string
		me, peer    *postgresFacts
	}{{"staging", "production", a, b}, {"production", "staging", b, a}}
	for _, s := range sides {
		if r := s.me.receiver; s.me.standby && r != nil && r.host != "" && s.me.leads(ctx, o, r.host, r.port, s.peer.where) == leadsThere {
			return linked("%s is a standby that receives from %s, which is %s.", sentenceCase(s.name), r, s.other)
		}
		if s.me.standby && s.me.receiver != nil && s.peer.feeds(s.me, "") {
			return linked("%s is a standby with a receiver, and %s sends its log to %s's address.", sentenceCase(s.name), s.other, s.name)
		}
	}
	if steps {
		standby, primary := "staging", "production"
		if b.standby {
			standby, primary = primary, standby
		}
		return linked("%s is a standby with a running receiver, and receives just what %s writes.", sentenceCase(standby), primary)
	}
	if a.standby && b.standby && a.receiver != nil && b.receiver != nil && *a.receiver == *b.receiver && a.receiver.everywhere() {
		return linked("Both are standbys that receive from %s.", a.receiver)
	}
	if !a.standby && !b.standby {
		return []Finding{copied, f.answer(questionReplica, Distinct, "Neither is in recovery, so neither is a standby of the other: a restored backup or a clone.")}
	}
	for _, s := range sides {
		if !s.me.standby {
			continue
		}
		if s.me.receiver == nil && s.me.receiverTrouble == nil {
			g := f.answer(questionReplica, Unknown, "%s is in recovery without a receiver: a restore that is not finished, a standby that has lost its primary, or one that is fed by files.", sentenceCase(s.name))
			g.Answer = "ask its owner what restore_command and primary_conninfo say"
			return []Finding{copied, g}
		}
	}
	g := f.answer(questionReplica, Unknown, "A standby is among them, and from where it receives is not known.")
	g.Answer = grantMonitor + " on both sides"
	if r := cmpReceiver(a, b); r != "" {
		g.Evidence = "A standby is among them, which receives from " + r + "; that this is the other one cannot be seen from here."
		g.Answer = "say which server " + r + " is"
	}
	return []Finding{copied, g}
}

func cmpReceiver(a, b *postgresFacts) string {
	for _, f := range []*postgresFacts{a, b} {
		if f.receiver != nil && f.receiver.host != "" {
			return f.receiver.String()
		}
	}
	return ""
}

func sentenceCase(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func judgeLogical(ctx context.Context, o Options, f Finding, a, b *postgresFacts) Finding {
	if a.subTrouble != nil || b.subTrouble != nil {
		t := a.subTrouble
		if t == nil {
			t = b.subTrouble
		}
		return f.open(questionLogical, &trouble{"its subscriptions could not be read: " + t.why, "GRANT SELECT (oid, subdbid, subname, subowner, subenabled, subslotname, subpublications) ON pg_subscription TO <user>;"})
	}
	var hidden []string
	for _, s := range []struct {
		name, other string
		me, peer    *postgresFacts
	}{{"Staging", "production", a, b}, {"Production", "staging", b, a}} {
		for _, sub := range s.me.subs {
			if sub.to.host != "" {
				if s.me.itself(sub.to.host, sub.to.port) {
					continue
				}
				switch s.me.leads(ctx, o, sub.to.host, sub.to.port, s.peer.where) {
				case leadsThere:
					return f.answer(questionLogical, DataLink, "%s has the subscription %s to %s, which is %s.", s.name, clean(sub.name), sub.to, s.other)
				case leadsMaybe:
					hidden = append(hidden, fmt.Sprintf("%s's subscription %s leads to %s%s", strings.ToLower(s.name), clean(sub.name), sub.to, leadsOnlyHere(sub.to.host, s.other)))
				case leadsNot:
					hidden = append(hidden, fmt.Sprintf("%s's subscription %s leads to %s", strings.ToLower(s.name), clean(sub.name), sub.to))
				}
				continue
			}
			if s.peer.feeds(s.me, sub.name) {
				return f.answer(questionLogical, DataLink, "%s has the subscription %s, and %s feeds one of that name at %s's address.", s.name, clean(sub.name), s.other, strings.ToLower(s.name))
			}
			i := slices.IndexFunc(s.peer.slots, func(x slot) bool { return x.kind == "logical" && x.name == sub.slot && sub.slot != "" })
			if i >= 0 && s.peer.slots[i].active {
				// Two stacks that are built alike have the same names.
				hidden = append(hidden, fmt.Sprintf("%s has the subscription %s, and %s has a logical slot of its name in use, which may serve another of that name", strings.ToLower(s.name), clean(sub.name), s.other))
				continue
			}
			hidden = append(hidden, fmt.Sprintf("where %s's subscription %s leads is not known", strings.ToLower(s.name), clean(sub.name)))
		}
	}
	if len(hidden) > 0 {
		return f.open(questionLogical, &trouble{several(hidden), "ask its owner for SELECT subname, subconninfo FROM pg_subscription (without the password), which takes a superuser; is that the other environment under another name?"})
	}
	return f.answer(questionLogical, Distinct, "Neither has a subscription of logical replication to another server.")
}

// leadsOnlyHere is said of an address that may be another machine's where the
// server reads it: one that the other server gives itself, or a loopback.
func leadsOnlyHere(host, other string) string {
	if local(host) || loop(host) {
		return ", which is " + other + " only if both stand on one machine"
	}
	return ", as " + other + " calls itself, in an address that other networks use, too"
}

func judgeForeign(ctx context.Context, o Options, f Finding, a, b *postgresFacts) Finding {
	if a.foreignTrouble != nil || b.foreignTrouble != nil {
		return f.open(questionForeign, &trouble{"the list of foreign servers could not be read", "GRANT SELECT ON pg_foreign_server, pg_foreign_data_wrapper TO <user>;"})
	}
	var elsewhere, blind []string
	for _, s := range []struct {
		name, other string
		me, peer    *postgresFacts
	}{{"Staging", "production", a, b}, {"Production", "staging", b, a}} {
		for _, x := range s.me.foreign {
			what := "the foreign server " + clean(x.name)
			if x.wrapper == "dblink" {
				what = "a " + clean(x.name) + " that calls dblink"
			}
			if x.wrapper == "file_fdw" {
				continue // which reaches no server
			}
			if x.to.host == "" {
				blind = append(blind, strings.ToLower(s.name)+" has "+what+", and where that leads is not told")
				continue
			}
			if s.me.itself(x.to.host, x.to.port) {
				continue
			}
			there, back := s.me.leads(ctx, o, x.to.host, x.to.port, s.peer.where), leadsNot
			if !loop(x.to.host) { // whose port would be its own
				back = s.me.leads(ctx, o, x.to.host, x.to.port, s.me.where)
			}
			if there == leadsThere && back != leadsThere { // else one proxy is in front of both
				return f.answer(questionForeign, DataLink, "%s has %s, which leads to %s: that is %s.", s.name, what, x.to, s.other)
			}
			if there == leadsNot && back != leadsNot {
				continue // to itself
			}
			to := fmt.Sprintf("%s has %s, which leads to %s", strings.ToLower(s.name), what, x.to)
			switch there {
			case leadsThere:
				to += ", where both are reached"
			case leadsMaybe:
				to += leadsOnlyHere(x.to.host, s.other)
			case leadsNot:
			}
			elsewhere = append(elsewhere, to)
		}
		if s.me.dblink && !slices.ContainsFunc(s.me.foreign, func(x foreign) bool { return x.wrapper == "dblink" }) {
			blind = append(blind, strings.ToLower(s.name)+" has the extension dblink, whose targets are in the code that calls it")
		}
	}
	if len(elsewhere) > 0 {
		return f.open(questionForeign, &trouble{several(elsewhere), "say whether that is the other environment under another name"})
	}
	if len(blind) > 0 {
		return f.open(questionForeign, &trouble{several(blind), "ask its owner where dblink_connect leads to, and what SELECT srvname, srvoptions FROM pg_foreign_server says (without a password)"})
	}
	return f.answer(questionForeign, Distinct, "Neither database has a foreign server or dblink that leads away from it. Other databases of the same servers were not looked at.")
}

// several joins up to three of a list.
func several(list []string) string {
	if len(list) > 3 {
		list = append(slices.Clone(list[:3]), fmt.Sprintf("and %d more", len(list)-3))
	}
	return strings.Join(list, "; ")
}
