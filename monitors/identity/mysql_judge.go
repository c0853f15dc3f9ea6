package identity

import (
	"context"
	"math"
	"slices"
	"strings"
)

// mysqlSource is a server that this one copies from.
type mysqlSource struct {
	to      endpoint
	uuid    string // MySQL only
	running bool
}

// mysqlFacts is what a MySQL or MariaDB server tells of itself.
type mysqlFacts struct {
	where
	maria        bool
	database     string
	host         string // its own name for its machine
	id           string // server_id
	dir          string // of its data
	uuid         string // MySQL's, in a file beside the data; MariaDB has none
	uid          string // MariaDB's, of the machine and the port
	start        float64
	galera       string // identifier of the Galera cluster's state
	galeraNodes  []string
	sources      []mysqlSource
	servers      []foreign
	tables       []string // of engines that reach other servers
	engine       string   // such an engine; "": none is there
	group        string   // name of MySQL's Group Replication
	aurora       bool
	readers      []string // of an Aurora cluster, by the names of their runs
	members      []string // of an Aurora cluster, by the names of their instances
	instance     string   // its own name among them
	regions      int      // of Aurora's global database
	regionsKnown bool
	// writer is the server that answers SHOW, where a proxy sends it elsewhere than
	// SELECT; nil: one server answers both.
	writer *mysqlFacts

	replicaTrouble, tableTrouble *trouble
}

// startSlack is by how much two computed starts of one server may differ:
// Uptime counts whole seconds, and the two are asked one after the other.
const startSlack = 2.5

func (f *mysqlFacts) sameStart(g *mysqlFacts) bool {
	return f.start > 0 && g.start > 0 && math.Abs(f.start-g.start) <= startSlack
}

// calls says that two call themselves the same in all that they are told apart by.
func (f *mysqlFacts) calls(g *mysqlFacts) bool {
	return f.host != "" && f.host == g.host && f.port == g.port && f.dir == g.dir && f.id == g.id && f.uuid == g.uuid && f.uid == g.uid
}

// answering returns who answers through one connection.
func (f *mysqlFacts) answering() []*mysqlFacts {
	if f.writer != nil {
		return []*mysqlFacts{f, f.writer}
	}
	return []*mysqlFacts{f}
}

func judgeMySQL(ctx context.Context, o Options, f Finding, a, b *mysqlFacts, seen sighting) []Finding {
	if seen.seen {
		return []Finding{f.answer(questionOne, SameInstance, "A named lock taken through staging's DSN is held in production's eyes: it is one server, with %s.", schemas(a.database, b.database))}
	}
	spread := spreads(a, b)
	if spread != nil {
		seen.trouble = spread
	}
	// Servers of one image that are started together say the same of themselves:
	// the lock, where it could be looked for, knows better.
	if seen.trouble != nil {
		for _, x := range a.answering() {
			for _, y := range b.answering() {
				if x.calls(y) && x.sameStart(y) {
					return []Finding{f.answer(questionOne, SameInstance, "Both call themselves %s, port %s, with the same folder and number, and started at the same second: it is one server.", clean(x.host), clean(x.port))}
				}
			}
		}
	}
	var out []Finding
	switch {
	case spread != nil:
		out = append(out, f.open(questionOne, spread))
	case a.uuid != "" && a.uuid == b.uuid && a.aurora && b.aurora && !aurorasApart(a, b):
		out = append(out, f.answer(questionOne, SameLineage, "Both have the server_uuid %s: they are instances of one Aurora cluster, or one was restored from the other.", clean(a.uuid)))
	case a.uuid != "" && a.uuid == b.uuid:
		out = append(out, f.answer(questionOne, SameLineage, "Both have the server_uuid %s, but they are not one: the folder of one was copied to the other.", clean(a.uuid)))
	case a.uuid != "" && b.uuid != "":
		out = append(out, f.answer(questionOne, Distinct, "Their server_uuid differs (%s, %s)%s.", clean(a.uuid), clean(b.uuid), lockNotSeen(seen)))
	case a.uid != "" && b.uid != "" && a.uid != b.uid:
		out = append(out, f.answer(questionOne, Distinct, "Their server_uid differs (%s, %s)%s.", clean(a.uid), clean(b.uid), lockNotSeen(seen)))
	case seen.trouble == nil:
		out = append(out, f.answer(questionOne, Distinct, "A named lock taken through staging is not held in production's eyes."))
	default:
		out = append(out, f.open(questionOne, seen.trouble))
	}
	if a.host != "" && a.host == b.host && !local(a.host) {
		g := f.answer("Do both stand on one machine?", SharedNeighbour, "Both call their machine %s; containers often have the same name on different machines.", clean(a.host))
		g.Hint, g.Answer = true, "ask their owner whether it is one machine"
		out = append(out, g)
	}
	out = append(out, judgeReplication(ctx, o, f, a, b, seen.pace))
	return append(out, judgeTables(ctx, o, f, a, b))
}

// spreads says that a proxy in front of a side hands its questions to several servers.
func spreads(a, b *mysqlFacts) *trouble {
	for _, s := range []struct {
		name string
		f    *mysqlFacts
	}{{"staging", a}, {"production", b}} {
		if s.f.writer != nil {
			return &trouble{"a proxy in front of " + s.name + " sends some questions to " + clean(s.f.host) + " and some to " + clean(s.f.writer.host) + ", and perhaps to more",
				"compare DSNs that lead past the proxy, one for each server behind it"}
		}
	}
	return nil
}

func lockNotSeen(s sighting) string {
	if s.trouble != nil {
		return ""
	}
	return ", and a named lock taken through staging is not held in production's eyes"
}

func schemas(a, b string) string {
	if a == "" || b == "" {
		return "all of its databases"
	}
	return databases(a, b)
}

func judgeReplication(ctx context.Context, o Options, f Finding, a, b *mysqlFacts, p pace) Finding {
	if i := slices.IndexFunc(a.readers, func(r string) bool { return slices.Contains(b.readers, r) }); i >= 0 {
		return f.answer(questionReplica, DataLink, "Both have the reader %s: they are instances of one Aurora cluster, with one storage.", clean(a.readers[i]))
	}
	var elsewhere []string
	for _, s := range []struct {
		name, other string
		me, peer    *mysqlFacts
	}{{"Staging", "production", a, b}, {"Production", "staging", b, a}} {
		for _, source := range s.me.sources {
			how := "is set up to copy from"
			if source.running {
				how = "copies from"
			}
			if source.uuid != "" && a.uuid != b.uuid && slices.ContainsFunc(s.peer.answering(), func(p *mysqlFacts) bool { return p.uuid == source.uuid }) {
				return f.answer(questionReplica, DataLink, "%s %s the server %s, which is %s.", s.name, how, clean(source.uuid), s.other)
			}
			if s.me.leads(ctx, o, source.to.host, source.to.port, s.peer.where) == leadsThere {
				return f.answer(questionReplica, DataLink, "%s %s %s, which is %s.", s.name, how, source.to, s.other)
			}
			elsewhere = append(elsewhere, strings.ToLower(s.name)+" "+how+" "+source.to.String())
		}
	}
	for _, x := range a.sources {
		for _, y := range b.sources {
			if x.uuid != "" && x.uuid == y.uuid || x.to == y.to && x.to.everywhere() {
				return f.answer(questionReplica, DataLink, "Both copy from %s.", x.to)
			}
		}
	}
	// A copy of a cluster may copy from it, as anything else may.
	if oneGalera(a, b) {
		return judgeGalera(f, a, b, p)
	}
	for _, t := range []*trouble{a.replicaTrouble, b.replicaTrouble} {
		if t != nil {
			return f.open(questionReplica, &trouble{"replication could not be looked at: " + t.why, t.remedy})
		}
	}
	if t := spreads(a, b); t != nil {
		return f.open(questionReplica, &trouble{"who copies from whom could be asked of one server only: " + t.why, t.remedy})
	}
	apart := a.aurora && b.aurora && aurorasApart(a, b)
	if a.aurora && b.aurora && !apart {
		return f.open(questionReplica, &trouble{"both are Aurora, whose instances and regions share one storage without a replica's status, and what they list does not tell them apart",
			"ask their owner whether both are of one Aurora cluster or global database"})
	}
	if a.group != "" && a.group == b.group {
		return f.open(questionReplica, &trouble{"both are of the replication group " + clean(a.group) + ", or one is restored from it", "what its owner gets from SELECT MEMBER_HOST, MEMBER_PORT, MEMBER_STATE FROM performance_schema.replication_group_members; on both sides"})
	}
	if len(elsewhere) > 0 {
		return f.open(questionReplica, &trouble{several(elsewhere) + ", which cannot be told from the other side", "say which server that is"})
	}
	if apart {
		return f.answer(questionReplica, Distinct, "Neither copies from another server, and they are of two Aurora clusters, each with members of its own, that are of no global database together.")
	}
	return f.answer(questionReplica, Distinct, "Neither copies from another server.")
}

func judgeTables(ctx context.Context, o Options, f Finding, a, b *mysqlFacts) Finding {
	var elsewhere, tables []string
	for _, s := range []struct {
		name, other string
		me, peer    *mysqlFacts
	}{{"Staging", "production", a, b}, {"Production", "staging", b, a}} {
		for _, x := range s.me.servers {
			if s.me.itself(x.to.host, x.to.port) {
				continue
			}
			if s.me.leads(ctx, o, x.to.host, x.to.port, s.peer.where) == leadsThere {
				return f.answer(questionForeign, DataLink, "%s knows the server %s at %s in mysql.servers: that is %s.", s.name, clean(x.name), x.to, s.other)
			}
			elsewhere = append(elsewhere, strings.ToLower(s.name)+" knows the server "+clean(x.name)+" at "+x.to.String())
		}
		for _, t := range s.me.tables {
			tables = append(tables, strings.ToLower(s.name)+" has the table "+clean(t)+" of an engine that reaches other servers")
		}
	}
	for _, t := range []*trouble{a.tableTrouble, b.tableTrouble} {
		if t != nil {
			return f.open(questionForeign, t)
		}
	}
	if len(elsewhere) > 0 {
		return f.open(questionForeign, &trouble{several(elsewhere), "say whether that is the other environment under another name"})
	}
	if len(tables) > 0 {
		return f.open(questionForeign, &trouble{several(tables), "ask its owner where SHOW CREATE TABLE says that it leads (without the password)"})
	}
	return f.answer(questionForeign, Distinct, "Neither knows a server elsewhere to reach tables on.")
}
