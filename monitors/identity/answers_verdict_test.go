package identity

import "testing"

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
		for _, answer := range []string{"yes", "Yes, with another prefix", "shared, another prefix"} {
			if got := (Given{Topic: topic, Answer: answer}).Verdict(); got != want {
				t.Errorf("%s, %q: %s, want %s", topic, answer, got, want)
			}
		}
		for _, answer := range []string{"yes, but not the one of production", "yes, but db 1", "yes?", "yes, I think"} {
			if got := (Given{Topic: topic, Answer: answer}).Verdict(); got != Unknown {
				t.Errorf("%s, %q: %s", topic, answer, got)
			}
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
			"yes, they use a single server": SameInstance, "shared Postgres server, separate schemas": SameInstance, "shared Aurora cluster": SameInstance, "one server for both": SameInstance, "They share a database server": SameInstance, "the same for both environments": SameInstance, "yes, one server with a replica": Unknown,
			"shared VM": SharedNeighbour, "shared Kubernetes cluster": SharedNeighbour, "yes, one host for both": SharedNeighbour,
			"yes, one server for staging, one for production": Unknown, "yes, one server each": Unknown, "yes, one RDS per environment": Unknown, "yes, not one server": Unknown, "shared server room": Unknown,
			"yes, a nightly database dump": Unknown, "yes, a foreign server": Unknown, "shared server, separate instances": Unknown, "yes, one server feeds the other": Unknown, "yes, same version": Unknown,
			"No replicas": Unknown, "No sharing": Distinct, "no shared server": Distinct, "No replica, copy or link": Unknown, "no link between them": Unknown, "separate, no replica or link": Distinct,
			"No, shared cluster": Unknown, "No we share the cluster": Unknown, "no, replicas": Unknown, "No shared server, replica feeds it": Unknown, "no shared server but a dblink": Unknown, "No, one server": Unknown, "no same server": Unknown,
			"separate clusters in the same region": Distinct, "separate, same version": Distinct, "Separate (same Postgres version)": Distinct,
			"separate, same server": Unknown, "separate, same region server": Unknown, "separate, in the same Postgres": Unknown, "separate, the same as production": Unknown, "separate, no VPN, replica feeds it": Unknown, "separate. No VPN. Replicated nightly": Unknown,
			// A mark behind the last "or" ends a list, and what is no list has none.
			"No replica or copy, synced nightly": Unknown, "separate, no replica or link, synced nightly by a script": Unknown, "no copy or sync, linked by dblink": Unknown,
			"No replica or copy, synced nightly or weekly": Unknown, "No replica, synced nightly or by hand": Unknown, "separate, no replica, sync nightly or weekly": Unknown, "Separate. No VPN. Replica or dump each night": Unknown,
			"No VPN, replica or dump feeds it": Unknown, "separate, no replica - synced nightly": Unknown, "separate, no replica and synced nightly": Unknown, "separate: no, replica or copy": Unknown, "separate, no replica or copy, link or dump at night": Unknown,
			"No replica, copy or link between them": Unknown, "No replica, copy, sync or link": Unknown, "separate, no replica, copy or data link": Distinct, "separate, no dblink, foreign table or replica": Distinct, "separate, neither replica nor link": Distinct, "separate, not linked, copied or synced": Distinct, "No shared server, replicated or dumped at night": Unknown, "separate, not linked, synced nightly or by hand": Unknown,
			// No separate one is one.
			"No separate database server": SameInstance, "No different server": SameInstance, "No separate server, separate schemas": SameInstance, "No separate server, separate databases": SameInstance, "No own server": SameInstance, "No separate host": SharedNeighbour,
			"No separate servers": Unknown, "No separate server room": Unknown, "No separate server, a nightly copy": Unknown, "No separate server, but two VMs": Unknown, "No separate database, separate databases": Unknown, "No separate server, one each": Unknown,
			"No separation": Unknown, "No real separation": Unknown, "No, not separate": Unknown, "separate databases, no separate server": Unknown, "Separate schemas": Unknown, "No, separate schemas": Unknown,
			"No they are separate": Distinct, "No, separate cluster or node": Unknown, "separate databases": Unknown, "separate database servers": Distinct,
			// One server holds several databases.
			"Yes, one Postgres server for both, separate databases": SameInstance, "shared instance, different databases": SameInstance, "Yes, one RDS instance with two separate databases": SameInstance, "shared server, separate db, separate users": SameInstance, "yes, one database, separate tables": SameInstance,
			"shared database, separate databases": Unknown, "shared cluster, separate database servers": Unknown, "shared VM, separate databases": Unknown,
			"separate, one server per environment": Distinct, "separate, one server for each environment": Distinct, "separate: one server for staging and another for production": Distinct,
			"separate databases, one server, one Redis": Unknown, "separate databases on one server, one per app": Unknown, "separate databases on one server with others": Unknown, "separate databases, one cluster per region": Unknown, "separate databases on one big Postgres server": Unknown,
			// Servers by their names, and what two of one name may mean.
			"separate: orders-1 and orders-2": Distinct, "separate; staging on db1.example, production on db2.example:": Distinct, "No, staging has its own server": Distinct, "They don't share anything.": Distinct, "both have their own": Distinct, "No, they run on different servers": Distinct,
			"separate databases, both on db1.example": Unknown, "separate, orders-1": Unknown, "separate: orders-1 and orders-1": Unknown, "separate, postgres://a.example/x and postgres://a.example/y": Unknown, "staging has its own database from production": Unknown, "separate from production": Distinct, "same, postgres://***@db1.example/shop for both": SameInstance, "separate: orders-1 and orders-replica-1": Unknown, "separate, db 1 and db 2": Unknown, "separate: staging on orders-1 and orders-2": Unknown,
			"same: orders-1 and orders-2": Unknown, "both use orders-1": SameInstance, "separate.Both use db1.example": Unknown,
			// The question's own words, which no word for separate or no takes away.
			"No, only a foreign table": Unknown, "No, just a dblink": Unknown, "separate, with a foreign table into production": Unknown, "separate, dblink to production": Unknown, "separate, fed from production by logical decoding": Unknown,
			"No staging database, we use production's": Unknown, "No own database: staging uses production's": Unknown, "separate, staging uses production's": Unknown, "separate databases on the production server": Unknown,
			// Same what, and what a mark denies.
			"same version, separate clusters": Unknown, "same region, different servers": Unknown, "Same setup but own servers": Unknown, "same host": SharedNeighbour, "replica: no, copy: no, foreign table: no": Unknown, "linked: no": Unknown,
			"Link: https://wiki.example/db": Unknown, "linked to production nightly": DataLink, "a replica each": Unknown, "copied to production": Unknown, "copy, on the same server": Unknown,
			// What is one, and what only looks like a name or like two.
			"a separate cluster for staging and prod": Unknown, "a separate server for both": Unknown, "separate servers for both": Distinct, "staging uses a different db": Unknown, "no, one db each": Unknown, "different databases, same postgres engine": Unknown,
			"separate: orders-1-ro and orders-1": Unknown, "separate: pg-1-standby and pg-1": Unknown, "separate: db-1.internal and db-1.example.com": Unknown, "separate: pg-1_staging and pg-1_prod": Unknown,
			"separate: shop.cluster-ro-c1abc.eu-west-1.rds.amazonaws.com and shop.cluster-c1abc.eu-west-1.rds.amazonaws.com": Unknown,
			"both use 127.0.0.1": Unknown, "both use postgres://localhost:5432/shop": Unknown, "both use postgres://db:5432/shop": Unknown, "both use 10.0.0.5": Unknown, "both use postgres-15.4": Unknown, "both run on eu-west-1": Unknown, "same: eu-west-1": Unknown, "both run on t3.micro": Unknown,
			"we use pg-stg-1": Unknown, "we use a single instance": Unknown, "we run on orders-1": Unknown, "both use a single instance": Unknown,
			"hourly copy": Unknown, "copied every minute": Unknown, "nightly copy": SameLineage, "[ ] separate": Unknown, "() separate": Unknown,
			// As chats spell it, and what each has.
			"seperate": Distinct, "nope": Distinct, "Nope, seperate servers": Distinct, "2 separate servers": Distinct, "each env has its own": Distinct, "no, they have their own": Distinct, "both on the same cluster": SameInstance,
			"staging is a replica of prod": DataLink, "staging is a nightly copy of prod": SameLineage, "staging has a replica": Unknown, "each env has its own replica of prod": Unknown, "both are linked": DataLink, "2 servers, same RDS": Unknown,
			"staging: db-1, prod: db-2": Unknown, // one may be a replica of the other
			"separate? don't know":      Unknown, "separate, not sure": Unknown, "separate?": Unknown, "separate…": Unknown, "separate ≠ shared": Unknown,
		},
		Cache: {
			"Yes, one Redis without prefixes": SameInstance, "yes, not even another number": SameInstance, "yes, without prefixes": SameInstance, "yes, but no separate numbers": Unknown, "same redis, other db": SameInstance, "same redis, separate databases": SameInstance, "different db": Unknown, "Yes, same Redis, different db number": SameInstance, "No shared cache": Distinct, "No shared cache, no shared Redis": Distinct,
			"No separate cache": SameInstance, "No separate Redis": SameInstance, "No prefixes": Unknown, "separate prefixes": Unknown,
			"yes, not shared": Unknown, "yes, but not production's": Unknown, "yes, not separate, but not the one of production": Unknown, "no shared cache, same Redis": Unknown,
			"different db number": Unknown, "different key prefix": Unknown, "separate logical database": Unknown, "separate databases": Unknown, "No, just another prefix": Unknown, "No, prefix differs": Unknown, "No, staging uses db 1": Unknown, "No staging Redis, it uses production's": Unknown, "separate: db-0 and db-1": Unknown,
		},
		Login: {"they have different logins": Unknown, "staging has its own login": Unknown, "separate realms": Unknown, "separate users": Unknown, "separate login services": Distinct},
		Mail:  {"No sandbox, it sends through production's SendGrid": Unknown, "separate accounts": Distinct},
		CDN:   {"separate, same zone": Unknown, "no link to production": Unknown, "separate hostnames on one load balancer": Unknown, "separate servers behind one proxy": Unknown, "separate servers": Unknown, "separate load balancers": Distinct},
		Cloud: {"separate VPCs, one account": Unknown, "separate clusters": Unknown, "separate accounts": Distinct, "yes, one account for both": SameInstance},
		Queue: {
			"yes, no separate vhosts": DataLink, "yes, one broker for both": SameInstance, "separate brokers": Distinct,
			"same kafka, different topics": SameInstance, "yes, separate queues": DataLink, "separate queues": Unknown, "separate topics": Unknown, "separate virtual hosts": Unknown, "separate brokers, a staging worker reads production's queue": Unknown,
		},
		Payment: {
			"a sandbox": Distinct, "Stripe sandbox": Distinct, "sandbox only": Distinct, "stripe": Unknown, "sandbox only for cards": Unknown, "Sandbox": Distinct, "the provider's sandbox": Distinct, "to a sandbox, never production": Distinct, "no, a sandbox": Distinct,
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
