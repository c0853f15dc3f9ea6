package identity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// names is a resolver that knows what it is told.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var out []netip.Addr
	for a := range strings.FieldsSeq(n[host]) {
		out = append(out, netip.MustParseAddr(a))
	}
	if len(out) == 0 {
		return nil, errors.New("no such host")
	}
	return out, nil
}

func (n names) LookupCNAME(_ context.Context, host string) (string, error) {
	if name, ok := n["cname "+host]; ok {
		return name + ".", nil
	}
	return host + ".", nil
}

func at(hostport string) where {
	return where{hosts: []string{hostport}, addrs: []netip.AddrPort{netip.MustParseAddrPort(hostport)}}
}

var unseen = sighting{}

var mute = sighting{trouble: &trouble{"a pooler stands in between", "go past it"}}

func TestJudgePostgres(t *testing.T) {
	o := Options{Resolver: names{"db.example": "192.0.2.2"}}.complete()
	facts := func(id, start string, change func(*postgresFacts)) *postgresFacts {
		f := &postgresFacts{where: at("192.0.2.1:5432"), id: id, start: start, database: "shop"}
		if start == "2" {
			f.where = at("192.0.2.2:5432")
		}
		if change != nil {
			change(f)
		}
		return f
	}
	denied := &trouble{"the user lacks a privilege", grantControl}
	standby := func(host string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.standby, f.receiver = true, &endpoint{host, "5432"} }
	}
	calls := func(host string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.saw(host, "5432") }
	}
	foreignTo := func(host string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.foreign = []foreign{foreignServer("s", "postgres_fdw", "host="+host)} }
	}
	feeds := func(name, to string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.senders = []sender{{name, to}} }
	}
	foreignBy := func(wrapper, options string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.port, f.foreign = "5432", []foreign{foreignServer("s", wrapper, options)} }
	}
	tunnel := func(from, port string, change func(*postgresFacts)) func(*postgresFacts) {
		return func(f *postgresFacts) {
			f.where = at("127.0.0.1:" + from)
			f.port = port
			if change != nil {
				change(f)
			}
		}
	}
	subscribes := func(host string) func(*postgresFacts) {
		return func(f *postgresFacts) { f.subs = []subscription{{"feed", "feed", true, endpoint{host, "5432"}}} }
	}
	for _, c := range []struct {
		name  string
		a, b  *postgresFacts
		seen  sighting
		steps bool
		want  Verdict
		words string
	}{
		{"seen", facts("1", "1", nil), facts("1", "1", nil), sighting{seen: true}, false, SameInstance, "A lock"},
		{"pooled, one start", facts("1", "1", nil), facts("1", "1", nil), mute, false, SameInstance, "same microsecond"},
		{"restored", facts("1", "1", nil), facts("1", "2", nil), unseen, false, SameLineage, "restored backup"},
		{"strangers", facts("1", "1", nil), facts("2", "2", nil), unseen, false, Distinct, "differ"},
		{"strangers, pooled", facts("1", "1", nil), facts("2", "2", nil), mute, false, Distinct, "differ"},
		{"no identifier", facts("", "1", func(f *postgresFacts) { f.idTrouble = denied }), facts("2", "2", nil), unseen, false, Unknown, grantControl},
		{"nothing at all", facts("", "1", func(f *postgresFacts) { f.idTrouble = denied }), facts("2", "2", nil), mute, false, Unknown, "go past it; " + grantControl},
		{"standby by name", facts("1", "1", standby("db.example")), facts("1", "2", nil), unseen, false, DataLink, "Staging is a standby that receives from db.example"},
		{"standby in step", facts("1", "1", nil), facts("1", "2", standby("")), unseen, true, DataLink, "receives just what staging writes"},
		{"standby of a third", facts("1", "1", nil), facts("1", "2", standby("192.0.2.9")), unseen, false, Unknown, "say which server 192.0.2.9:5432 is"},
		{"hidden standby", facts("1", "1", nil), facts("1", "2", standby("")), unseen, false, Unknown, grantMonitor},
		{"two standbys of one", facts("1", "1", standby("192.0.2.9")), facts("1", "2", standby("192.0.2.9")), unseen, false, DataLink, "Both are standbys"},
		{"restore that goes on", facts("1", "1", func(f *postgresFacts) { f.standby = true }), facts("1", "2", nil), unseen, false, Unknown, "restore_command"},
		{"foreign loopback", facts("1", "1", func(f *postgresFacts) {
			f.port = "5432"
			f.foreign = []foreign{foreignServer("s", "postgres_fdw", "dbname=x")}
		}), facts("2", "2", nil), unseen, false, Distinct, "Neither"},
		{"foreign, of another kind", facts("1", "1", func(f *postgresFacts) { f.foreign = []foreign{foreignServer("s", "file_fdw", "")} }), facts("2", "2", nil), unseen, false, Distinct, "Neither"},
		// Whose target stands in an option of another name, or in a file.
		{"foreign, by a URL", facts("1", "1", foreignBy("jdbc_fdw", "")), facts("2", "2", nil), unseen, false, Unknown, "the foreign server s, and where that leads is not told"},
		{"foreign, by a service", facts("1", "1", foreignBy("postgres_fdw", "service=orders")), facts("2", "2", nil), unseen, false, Unknown, "srvoptions"},
		{"foreign, for dblink", facts("1", "1", foreignBy("dblink_fdw", "host=192.0.2.2")), facts("2", "2", nil), unseen, false, DataLink, "that is production"},
		{"foreign, for dblink to itself", facts("1", "1", foreignBy("dblink_fdw", "dbname=x")), facts("2", "2", nil), unseen, false, Distinct, "Neither"},
		{"foreign, by address", facts("1", "1", nil), facts("2", "2", func(f *postgresFacts) { f.foreign = []foreign{foreignServer("s", "postgres_fdw", "host=192.0.2.1")} }), unseen, false, DataLink, "Production has the foreign server s"},
		// What a server calls itself within its own network is no proof, as two stacks
		// of containers are numbered alike; with one system identifier it is.
		{"foreign, by its own address", facts("1", "1", foreignTo("172.18.0.2")), facts("2", "2", calls("172.18.0.2")), unseen, false, Unknown, "as production calls itself, in an address that other networks use"},
		{"foreign, to itself", facts("1", "1", func(f *postgresFacts) { foreignTo("172.18.0.2")(f); calls("172.18.0.2")(f) }), facts("2", "2", calls("172.18.0.2")), unseen, false, Distinct, "Neither"},
		{"foreign, by the address we dialled", facts("1", "1", foreignTo("10.0.0.7")), facts("2", "2", func(f *postgresFacts) { f.where = at("10.0.0.7:5432") }), unseen, false, DataLink, "that is production"},
		{"standby by its own address", facts("1", "1", standby("172.18.0.2")), facts("1", "2", calls("172.18.0.2")), unseen, false, Unknown, "say which server 172.18.0.2:5432 is"},
		{"standby by its own address, in step", facts("1", "1", standby("172.18.0.2")), facts("1", "2", calls("172.18.0.2")), unseen, true, DataLink, "receives just what production writes"},
		// Tunnels end at this machine's loopback; what the server calls so is its own.
		{"foreign, to itself behind a tunnel", facts("1", "1", tunnel("5433", "5432", foreignTo("localhost"))), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, Distinct, "leads away from it"},
		{"foreign, without a host behind a tunnel", facts("1", "1", tunnel("5433", "5432", foreignTo("/var/run/postgresql"))), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, Distinct, "leads away from it"},
		{"foreign, beside it behind a tunnel", facts("1", "1", tunnel("5433", "5444", foreignTo("localhost"))), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, Unknown, "which is production only if both stand on one machine"},
		{"foreign, beside it at the port that we reach it by", facts("1", "1", tunnel("5432", "5444", foreignTo("localhost"))), facts("2", "2", tunnel("5433", "5432", nil)), unseen, false, Unknown, "leads to localhost:5432"},
		{"foreign, beside it on this machine", facts("1", "1", func(f *postgresFacts) {
			tunnel("5433", "5433", foreignTo("localhost"))(f)
			f.at = append(f.at, f.addrs[0].Addr())
		}), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, DataLink, "leads to localhost:5432: that is production"},
		{"foreign, beside it on this machine, at another loopback", facts("1", "1", func(f *postgresFacts) {
			tunnel("5433", "5433", foreignTo("localhost"))(f)
			f.at = append(f.at, f.addrs[0].Addr())
		}), facts("2", "2", func(f *postgresFacts) { f.where = at("127.0.0.2:5432") }), unseen, false, Unknown, "only if both stand on one machine"},
		{"standby beside it behind a tunnel", facts("1", "1", tunnel("5433", "5444", standby("localhost"))), facts("1", "2", tunnel("5432", "5432", nil)), unseen, false, Unknown, "say which server localhost:5432 is"},
		{"subscription, to itself behind a tunnel", facts("1", "1", tunnel("5433", "5432", subscribes("127.0.0.1"))), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, Distinct, "Neither has a subscription"},
		{"subscription, beside it behind a tunnel", facts("1", "1", tunnel("5433", "5444", subscribes("127.0.0.1"))), facts("2", "2", tunnel("5432", "5432", nil)), unseen, false, Unknown, "only if both stand on one machine"},
		{"foreign, to a proxy in front of both", facts("1", "1", func(f *postgresFacts) { foreignTo("192.0.2.1")(f) }), facts("2", "1", nil), unseen, false, Unknown, "where both are reached"},
		{"two standbys of one address of their networks", facts("1", "1", standby("172.18.0.9")), facts("1", "2", standby("172.18.0.9")), unseen, false, Unknown, "say which server 172.18.0.9:5432 is"},
		{"two standbys beside their primaries", facts("1", "1", standby("localhost")), facts("1", "2", standby("localhost")), unseen, false, Unknown, "say which server"},
		{"subscription, by its own address", facts("1", "1", subscribes("172.18.0.2")), facts("2", "2", calls("172.18.0.2")), unseen, false, Unknown, "as production calls itself"},
		{"subscription, by address", facts("1", "1", subscribes("192.0.2.2")), facts("2", "2", nil), unseen, false, DataLink, "to 192.0.2.2:5432, which is production"},
		{"subscription that is fed", facts("1", "1", subscribes("")), facts("2", "2", feeds("feed", "192.0.2.1")), unseen, false, DataLink, "production feeds one of that name at staging's address"},
		{"subscription, another of whose name is fed", facts("1", "1", subscribes("")), facts("2", "2", feeds("feed", "192.0.2.9")), unseen, false, Unknown, "is not known"},
		{"subscription beside which another is fed", facts("1", "1", subscribes("")), facts("2", "2", feeds("other", "192.0.2.1")), unseen, false, Unknown, "is not known"},
		{"strangers of which one feeds the other's machine", facts("1", "1", nil), facts("2", "2", feeds("walreceiver", "192.0.2.1")), unseen, false, Distinct, "differ"},
		{"hidden standby that is fed", facts("1", "1", feeds("walreceiver", "192.0.2.2")), facts("1", "2", standby("")), unseen, false, DataLink, "staging sends its log to production's address"},
		{"hidden standby, another of which is fed", facts("1", "1", feeds("walreceiver", "172.18.0.2")), facts("1", "2", func(f *postgresFacts) { standby("")(f); calls("172.18.0.2")(f) }), unseen, false, Unknown, grantMonitor},
		{"subscription, by the slot's name", facts("1", "1", subscribes("")), facts("2", "2", func(f *postgresFacts) { f.slots = []slot{{"feed", "logical", true}} }), unseen, false, Unknown, "a logical slot of its name in use, which may serve another"},
	} {
		r := Conclude(judgePostgres(t.Context(), o, Finding{System: systemPostgres}, c.a, c.b, c.seen, c.steps)...)
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) {
			t.Errorf("%s: want %s and %q, got %s", c.name, c.want, c.words, r)
		}
		worded(t, r)
	}
}

func worded(t *testing.T, r Result) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Evidence == "" || f.Question == "" || f.Verdict == Unknown && f.Answer == "" {
			t.Errorf("not worded: %+v", f)
		}
	}
}

func TestJudgeMySQL(t *testing.T) {
	o := Options{Resolver: names{"db.example": "192.0.2.2"}}.complete()
	facts := func(uuid string, start float64, change func(*mysqlFacts)) *mysqlFacts {
		f := &mysqlFacts{where: at("192.0.2.1:3306"), host: "db-" + uuid, id: "1", dir: "/d", uuid: uuid, start: start}
		if start > 100 {
			f.where = at("192.0.2.2:3306")
		}
		f.port = "3306"
		if change != nil {
			change(f)
		}
		return f
	}
	source := func(host, uuid string, running bool) func(*mysqlFacts) {
		return func(f *mysqlFacts) {
			f.sources = []mysqlSource{{endpoint{host, "3306"}, uuid, running}}
		}
	}
	galera := func(nodes ...string) func(*mysqlFacts) {
		return func(f *mysqlFacts) { f.galera, f.galeraNodes = "g", nodes }
	}
	writer := func(uuid string, start float64) func(*mysqlFacts) {
		return func(f *mysqlFacts) {
			f.start, f.writer = 0, &mysqlFacts{where: where{port: "3306"}, host: "db-" + uuid, id: "1", dir: "/d", uuid: uuid, start: start}
		}
	}
	aurora := func(readers ...string) func(*mysqlFacts) {
		return func(f *mysqlFacts) { f.aurora, f.readers = true, readers }
	}
	cluster := func(instance string, regions int, members ...string) func(*mysqlFacts) {
		return func(f *mysqlFacts) {
			f.aurora, f.instance, f.members, f.regions, f.regionsKnown = true, instance, members, regions, true
		}
	}
	denied := func(f *mysqlFacts) { f.replicaTrouble = &trouble{"no privilege", "GRANT REPLICATION CLIENT"} }
	for _, c := range []struct {
		name  string
		a, b  *mysqlFacts
		seen  sighting
		want  Verdict
		words string
	}{
		{"seen", facts("u", 1, nil), facts("u", 1, nil), sighting{seen: true}, SameInstance, "A named lock"},
		{"proxied, by all it says", facts("u", 50, nil), facts("u", 52, nil), mute, SameInstance, "same second"},
		{"copied and started together", facts("u", 50, nil), facts("u", 52, nil), unseen, SameLineage, "the folder of one was copied"},
		{"of one image, started together", facts("", 50, nil), facts("", 51, nil), unseen, Distinct, "is not held in production's eyes"},
		{"of one image, behind a proxy", facts("", 50, nil), facts("", 51, nil), mute, SameInstance, "same second"},
		{"copied folder", facts("u", 50, nil), facts("u", 500, nil), unseen, SameLineage, "the folder of one was copied"},
		{"strangers", facts("u", 50, nil), facts("v", 500, nil), unseen, Distinct, "server_uuid differs"},
		{"strangers started together", facts("u", 50, nil), facts("v", 51, nil), unseen, Distinct, "server_uuid differs"},
		{"no privilege", facts("u", 50, denied), facts("v", 500, nil), unseen, Unknown, "GRANT REPLICATION CLIENT"},
		{"proxied, without a word", facts("", 50, func(f *mysqlFacts) { f.host = "" }), facts("", 500, nil), mute, Unknown, "go past it"},
		{"replica by uuid", facts("u", 50, source("10.0.0.9", "v", true)), facts("v", 500, nil), unseen, DataLink, "Staging copies from the server v"},
		{"replica by name", facts("u", 50, source("db.example", "", false)), facts("v", 500, nil), unseen, DataLink, "is set up to copy from db.example:3306"},
		{"replica of a third", facts("u", 50, source("10.0.0.9", "w", true)), facts("v", 500, nil), unseen, Unknown, "copies from 10.0.0.9:3306"},
		{"two replicas of one", facts("u", 50, source("10.0.0.9", "w", true)), facts("v", 500, source("10.0.0.8", "w", true)), unseen, DataLink, "Both copy from"},
		{"two replicas of one name", facts("u", 50, source("src.example", "", true)), facts("v", 500, source("src.example", "", true)), unseen, DataLink, "Both copy from src.example"},
		{"two replicas of an address of their networks", facts("u", 50, source("10.0.0.9", "", true)), facts("v", 500, source("10.0.0.9", "", true)), unseen, Unknown, "say which server"},
		{"one galera", facts("u", 50, galera("a.example:1", "b.example:1")), facts("v", 500, galera("b.example:1")), unseen, DataLink, "nodes of one Galera cluster"},
		{"a copy of a galera", facts("u", 50, galera("a.example:1")), facts("v", 500, galera("b.example:1")), unseen, Unknown, "no member that is one machine"},
		{"a galera restored into a network that is alike", facts("u", 50, galera("10.0.0.11:3306", "AUTO", "AUTO:0")), facts("v", 500, galera("10.0.0.11:3306", "AUTO", "AUTO:0")), unseen, Unknown, "one cluster, or a copy of it"},
		{"a galera by the addresses that we reach", facts("u", 50, func(f *mysqlFacts) {
			galera("10.0.0.11:3306", "10.0.0.12:3306")(f)
			f.where = at("10.0.0.11:3306")
		}), facts("v", 500, func(f *mysqlFacts) {
			galera("10.0.0.11:3306", "10.0.0.12:3306")(f)
			f.where = at("10.0.0.12:3306")
		}), unseen, DataLink, "nodes of one Galera cluster"},
		{"a galera of which we reach one node", facts("u", 50, func(f *mysqlFacts) {
			galera("10.0.0.11:3306", "10.0.0.12:3306")(f)
			f.where = at("10.0.0.11:3306")
		}), facts("v", 500, galera("10.0.0.11:3306", "10.0.0.12:3306")), unseen, Unknown, "one cluster, or a copy of it"},
		// A proxy sends SELECT to a reader and SHOW to the writer.
		{"the writer, behind a proxy", facts("w", 50, nil), facts("r", 500, writer("w", 51)), unseen, SameInstance, "Both call themselves db-w"},
		{"two ways through one proxy", facts("r", 500, writer("w", 50)), facts("q", 600, writer("w", 51)), unseen, SameInstance, "Both call themselves db-w"},
		{"a copy of the writer, behind a proxy", facts("w", 50, nil), facts("r", 500, writer("w", 90)), unseen, Unknown, "Is it one server? A proxy in front of production sends some questions to db-r and some to db-w"},
		{"another than the two behind a proxy", facts("u", 50, nil), facts("r", 500, writer("w", 50)), unseen, Unknown, "Who copies from whom could be asked of one server only"},
		{"a replica of the writer behind a proxy", facts("u", 50, source("10.0.0.9", "w", true)), facts("r", 500, writer("w", 50)), unseen, DataLink, "Staging copies from the server w"},
		{"two of Aurora", facts("u", 50, aurora("x")), facts("v", 500, aurora("y")), unseen, Unknown, "one Aurora cluster or global database"},
		{"two of Aurora with one uuid", facts("u", 50, aurora()), facts("u", 500, aurora()), unseen, Unknown, "What is known, SAME LINEAGE"},
		{"a reader of Aurora and its writer", facts("u", 50, aurora("x", "z")), facts("v", 500, aurora("x", "z")), unseen, DataLink, "instances of one Aurora cluster"},
		{"two clusters of Aurora", facts("u", 50, cluster("st-1", 0, "st-1", "st-2")), facts("v", 500, cluster("pr-1", 0, "pr-1", "pr-2")), unseen, Distinct, "two Aurora clusters, each with members of its own"},
		{"two clusters of Aurora, one of them global", facts("u", 50, cluster("st-1", 0, "st-1")), facts("v", 500, cluster("pr-1", 2, "pr-1")), unseen, Distinct, "of no global database together"},
		{"two clusters of Aurora, restored", facts("u", 50, cluster("st-1", 0, "st-1")), facts("u", 500, cluster("pr-1", 0, "pr-1")), unseen, SameLineage, "the folder of one was copied"},
		{"two clusters of Aurora of two accounts", facts("u", 50, cluster("db-1", 0, "db-1", "db-2")), facts("v", 500, cluster("db-1", 0, "db-1", "db-2")), unseen, Distinct, "two Aurora clusters"},
		{"two of Aurora that may be of one global database", facts("u", 50, cluster("st-1", 2, "st-1")), facts("v", 500, cluster("pr-1", 2, "pr-1")), unseen, Unknown, "one Aurora cluster or global database"},
		{"two of Aurora before the status of regions", facts("u", 50, cluster("st-1", 0, "st-1")), facts("v", 500, func(f *mysqlFacts) {
			cluster("pr-1", 0, "pr-1")(f)
			f.regionsKnown = false
		}), unseen, Unknown, "one Aurora cluster or global database"},
		// Names of instances are unique within an account's region only.
		{"a member of a name that the other lists", facts("u", 50, cluster("db-1", 0, "db-1", "db-2")), facts("v", 500, cluster("db-2", 0, "db-1", "db-2")), unseen, Unknown, "what they list does not tell them apart"},
		{"two of Aurora of which one is not listed", facts("u", 50, cluster("st-1", 0)), facts("v", 500, cluster("pr-1", 0, "pr-1")), unseen, Unknown, "one Aurora cluster or global database"},
		{"two clusters of Aurora, without the privilege", facts("u", 50, func(f *mysqlFacts) {
			cluster("st-1", 0, "st-1")(f)
			denied(f)
		}), facts("v", 500, cluster("pr-1", 0, "pr-1")), unseen, Unknown, "GRANT REPLICATION CLIENT"},
		{"one of Aurora", facts("u", 50, aurora("x")), facts("v", 500, nil), unseen, Distinct, "server_uuid differs"},
		{"one replication group", facts("u", 50, func(f *mysqlFacts) { f.group = "g" }), facts("v", 500, func(f *mysqlFacts) { f.group = "g" }), unseen, Unknown, "both sides"},
		{"two replication groups", facts("u", 50, func(f *mysqlFacts) { f.group = "g" }), facts("v", 500, func(f *mysqlFacts) { f.group = "h" }), unseen, Distinct, "Neither copies"},
		{"tables elsewhere", facts("u", 50, func(f *mysqlFacts) { f.tables = []string{"shop.far"} }), facts("v", 500, nil), unseen, Unknown, "SHOW CREATE TABLE"},
		{"tables beside it behind a tunnel", facts("u", 50, func(f *mysqlFacts) {
			f.where = at("127.0.0.1:3307")
			f.servers = []foreign{{"s", "mysql.servers", endpoint{"127.0.0.1", "3306"}}}
		}), facts("v", 500, func(f *mysqlFacts) { f.where = at("127.0.0.1:3306") }), unseen, Unknown, "knows the server s at 127.0.0.1:3306"},
		{"tables of its own", facts("u", 50, func(f *mysqlFacts) {
			f.where, f.port = at("127.0.0.1:3307"), "3306"
			f.servers = []foreign{{"s", "mysql.servers", endpoint{"127.0.0.1", "3306"}}}
		}), facts("v", 500, func(f *mysqlFacts) { f.where = at("127.0.0.1:3306") }), unseen, Distinct, "Neither knows a server elsewhere"},
		{"one name for the machine", facts("u", 50, nil), facts("v", 500, func(f *mysqlFacts) { f.host = "db-u" }), unseen, Distinct, "hint: SHARED NEIGHBOUR"},
	} {
		r := Conclude(judgeMySQL(t.Context(), o, Finding{System: systemMySQL}, c.a, c.b, c.seen)...)
		if r.Verdict != c.want || !strings.Contains(r.String()+r.Words(), c.words) {
			t.Errorf("%s: want %s and %q, got %s", c.name, c.want, c.words, r)
		}
		worded(t, r)
	}
}

func TestJudgeRedis(t *testing.T) {
	o := Options{}.complete()
	facts := func(w string, info string) *redisFacts {
		f := &redisFacts{where: at(w), database: "0"}
		f.read(strings.ReplaceAll(info, " ", "\r\n"))
		return f
	}
	const a, b = "192.0.2.1:6379", "192.0.2.2:6379"
	for _, c := range []struct {
		name  string
		a, b  *redisFacts
		seen  sighting
		want  Verdict
		words string
	}{
		{"seen", facts(a, ""), facts(b, ""), sighting{seen: true}, SameInstance, "keys are apart, load is not"},
		// Who is counted may listen to a pattern, and not to us.
		{"seen, and two by their own word", facts(a, "run_id:x role:master"), facts(b, "run_id:y role:master"), sighting{seen: true}, DataLink, "though their run_id differs (x, y)"},
		{"one run", facts(a, "run_id:x role:master"), facts(b, "run_id:x role:master"), mute, SameInstance, "run_id x"},
		{"one history", facts(a, "run_id:x role:master master_replid:h"), facts(b, "run_id:y role:slave master_replid:h"), unseen, DataLink, "replication identifier h"},
		{"one that went its own way", facts(a, "run_id:x role:master master_replid:h"), facts(b, "run_id:y role:master master_replid:i master_replid2:h"), unseen, SameLineage, "history h"},
		{"no history", facts(a, "run_id:x role:master master_replid:h master_replid2:0000"), facts(b, "run_id:y role:master master_replid:i master_replid2:0000"), unseen, Distinct, "run_id differ"},
		{"a replica that is away", facts(a, "run_id:x role:slave master_host:192.0.2.2 master_port:6379"), facts(b, "run_id:y role:master"), unseen, DataLink, "Staging is a replica of 192.0.2.2:6379"},
		{"a master that names it", facts(a, "run_id:x role:slave"), facts(b, "run_id:y role:master slave0:ip=192.0.2.1,port=6379,state=online"), unseen, DataLink, "Production has the replica 192.0.2.1:6379"},
		{"a replica of a third", facts(a, "run_id:x role:slave master_host:192.0.2.9 master_port:6379"), facts(b, "run_id:y role:master"), unseen, Unknown, "say which server"},
		{"silent", facts(a, ""), facts(b, ""), mute, Unknown, "go past it"},
		{"strangers", facts(a, "run_id:x role:master"), facts(b, "run_id:y role:master"), mute, Distinct, "(x, y)"},
	} {
		c.a.database = "1"
		r := Conclude(judgeRedis(t.Context(), o, Finding{System: systemRedis}, c.a, c.b, c.seen)...)
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) {
			t.Errorf("%s: want %s and %q, got %s", c.name, c.want, c.words, r)
		}
		worded(t, r)
	}
}

func TestNeighbours(t *testing.T) {
	for _, c := range []struct {
		a, b     where
		settled  bool
		answered int
		want     Verdict
		hint     bool
		none     bool
	}{
		{at("192.0.2.1:5432"), at("192.0.2.1:5432"), false, 2, SameInstance, false, false},
		{at("192.0.2.1:5432"), at("192.0.2.1:5432"), true, 2, SharedNeighbour, false, false},
		{at("192.0.2.1:5432"), at("192.0.2.1:5433"), true, 2, SharedNeighbour, false, false},
		{at("192.0.2.1:5432"), at("192.0.2.2:5432"), true, 2, Unknown, false, true},
		{at("127.0.0.1:5432"), at("127.0.0.1:5433"), true, 2, Unknown, true, false},
		{at("[::1]:5432"), at("127.0.0.1:5433"), true, 2, Unknown, true, false},
		{at("127.0.0.1:5432"), at("127.0.0.1:5432"), false, 2, SameInstance, false, false},
		{at("127.0.0.1:5432"), at("127.0.0.1:5432"), false, 0, Unknown, false, false},
		{at("10.0.0.5:5432"), at("10.0.0.5:5432"), false, 2, SameInstance, false, false},
		{at("10.0.0.5:5432"), at("10.0.0.5:5432"), false, 0, Unknown, false, false},
		// One let in, the other not: a pooler in front of two looks the same.
		{at("192.0.2.1:5432"), at("192.0.2.1:5432"), false, 1, SharedNeighbour, false, false},
		{at("127.0.0.1:5432"), at("127.0.0.1:5432"), false, 1, SharedNeighbour, false, false},
		{at("10.0.0.5:5432"), at("10.0.0.5:5432"), false, 1, SharedNeighbour, false, false},
		{at("10.0.0.5:5432"), at("10.0.0.5:5433"), false, 1, SharedNeighbour, false, false},
		{at("10.0.0.5:5432"), at("10.0.0.5:5433"), false, 0, Unknown, false, true},
		{at("192.0.2.1:5432"), at("192.0.2.1:5432"), false, 0, SharedNeighbour, false, false},
		// Two containers of two networks.
		{where{own: at("172.18.0.2:5432").addrs}, where{own: at("172.18.0.2:5432").addrs}, true, 2, Unknown, false, true},
		{where{}, at("192.0.2.2:5432"), false, 2, Unknown, false, true},
	} {
		got := neighbours(Finding{}, c.a, c.b, c.settled, c.answered)
		if (len(got) == 0) != c.none || len(got) == 1 && (got[0].Verdict != c.want || got[0].Hint != c.hint) {
			t.Errorf("%v, %v, settled %v, answered %v: %v", c.a, c.b, c.settled, c.answered, got)
		}
	}
}

// far is a connection that goes to another machine.
type far struct {
	net.Conn
	local, remote string
}

func (f far) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.local)) }
func (f far) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.remote)) }

// A server stands where we reach it only if it sees our own end of the connection.
func TestStandsWhereItIsReached(t *testing.T) {
	for _, c := range []struct {
		local, remote              string
		client, port, calls, stand string
	}{
		{"127.0.0.1:40000", "127.0.0.1:5432", "127.0.0.1", "40000", "127.0.0.1", "[127.0.0.1]"},
		{"127.0.0.1:40000", "127.0.0.1:5432", "::ffff:127.0.0.1", "40000", "", "[127.0.0.1]"},
		{"127.0.0.1:40000", "127.0.0.1:5432", "127.0.0.1", "51000", "127.0.0.1", "[]"},   // a tunnel
		{"127.0.0.1:40000", "127.0.0.1:5432", "172.17.0.1", "40000", "172.17.0.2", "[]"}, // a container
		{"10.0.0.4:40000", "10.0.0.7:5432", "10.0.0.4", "40000", "10.0.0.7", "[10.0.0.7]"},
		{"10.0.0.4:40000", "10.0.0.7:5432", "10.0.0.4", "40000", "10.0.0.8", "[]"}, // a balancer that keeps the client's address
		{"10.0.0.4:40000", "10.0.0.7:5432", "10.0.0.4", "40000", "", "[]"},
		{"10.0.0.4:40000", "10.0.0.7:5432", "", "0", "", "[]"},
	} {
		var w where
		w.stands(far{local: c.local, remote: c.remote}, c.client, c.port, c.calls)
		if got := fmt.Sprint(w.at); got != c.stand {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
