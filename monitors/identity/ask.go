package identity

import (
	"fmt"
	"slices"
	"strings"
)

// Topic is one of the eight things that environments share without anybody
// having planned it.
type Topic string

// The topics, in the order of the questions.
const (
	Database Topic = "Database"
	Cache    Topic = "Cache"
	Queue    Topic = "Queue"
	Login    Topic = "Login"
	Payment  Topic = "Payment"
	Mail     Topic = "Mail"
	CDN      Topic = "CDN"
	Cloud    Topic = "Cloud account"
)

// questions are what is asked about each topic, in order.
var questions = []struct {
	Topic Topic
	Text  string
	most  Verdict // what an answer can come to
	yes   Verdict // the least that a yes alone means
	nouns string  // what answers call the whole of it: a pattern
}{
	{Database, "Do staging and production share a database server, a replica, a foreign table or a nightly copy? Which server does each use?", SameInstance, Unknown, `database|db|postgres(ql)?|mysql|mariadb|mongo(db)?|oracle|rds|aurora`},
	{Cache, "Do they share a Redis, Valkey or Memcached, even with another number or prefix?", SameInstance, SameInstance, `cache|redis|valkey|memcached|elasticache`},
	{Queue, "Do they share a message broker, or do workers of one read a queue of the other?", SameInstance, DataLink, `(message )?broker|rabbitmq|kafka|activemq`},
	{Login, "Do they share the login service, its user directory or its rate limits?", SameInstance, SharedNeighbour, `(login )?service|login|idp|keycloak`},
	{Payment, "Where do payments of staging go: a sandbox, or the provider's account of production?", SharedNeighbour, Unknown, `account|provider|sandbox`},
	{Mail, "Does staging send mail, SMS or push through production's service or sender?", SharedNeighbour, SharedNeighbour, `(mail )?(service|account|provider)`},
	{CDN, "Do they share a CDN, load balancer, proxy or firewall in front?", SharedNeighbour, SharedNeighbour, `cdn|(load )?balancer|proxy|firewall`},
	{Cloud, "Do they share a cloud account, cluster, host, network exit or quota?", SharedNeighbour, SharedNeighbour, `(cloud |aws |gcp |azure )?account`},
}

// Statements that the owner of a database runs on both sides: read-only, each
// with one line as its answer.
const (
	StatementPostgres = `SELECT 'crosstalk postgres id=' || (SELECT system_identifier FROM pg_control_system())
 || ' start=' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint || ' standby=' || pg_is_in_recovery()
 || ' at=' || coalesce(host(inet_server_addr()) || ',' || inet_server_port(), '-') || ' db=' || replace(current_database(), ' ', '_')
 || ' links=' || coalesce((SELECT string_agg(replace(l, ' ', '_'), ';') FROM (
  SELECT 'receives,' || coalesce(sender_host, '-') || ',' || coalesce(sender_port, 0) AS l FROM pg_stat_wal_receiver WHERE pid IS NOT NULL
  UNION ALL SELECT 'slot,' || slot_name || ',' || active FROM pg_replication_slots WHERE slot_type = 'logical'
  UNION ALL SELECT 'subscribes,' || subname || ',' || coalesce(subslotname, '-') FROM pg_subscription
  UNION ALL SELECT 'dblink' FROM pg_extension WHERE extname = 'dblink'
  UNION ALL SELECT 'foreign,' || srvname || ',' || coalesce((SELECT substr(o, strpos(o, '=') + 1) FROM unnest(srvoptions) o WHERE o ~ '^host(addr)?=' LIMIT 1), '-')
   || ',' || coalesce((SELECT substr(o, 6) FROM unnest(srvoptions) o WHERE o LIKE 'port=%' LIMIT 1), '5432') FROM pg_foreign_server) AS a), '-')
 || ' end' AS crosstalk;`

	// The comments are run by MySQL, or by MariaDB, alone.
	StatementMySQL = `SELECT CONCAT_WS(' ', 'crosstalk mysql', CONCAT('host=', @@hostname), CONCAT('port=', @@port), CONCAT('number=', @@server_id), CONCAT('dir=', REPLACE(@@datadir, ' ', '_')),
 /*!50700 CONCAT('uuid=', @@server_uuid), CONCAT('start=', ROUND(UNIX_TIMESTAMP(NOW(6)) - (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'))), */
 /*M!101100 CONCAT('uid=', @@server_uid), */
 /*M!100000 CONCAT('start=', ROUND(UNIX_TIMESTAMP(NOW(6)) - (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'))), */
 'end') AS crosstalk;`
)

// Fixed lines of the text, by which it is read again.
const (
	askTitle      = "Before we put load on staging: what do staging and production share?"
	askAnswer     = "answer:"
	askWho        = "who:"
	askStaging    = "staging says:"
	askProduction = "production says:"
	askOwner      = "For the owner of the databases"
)

// Questions returns the eight questions as a text to paste into a chat, with the
// two statements that the owner of the databases runs on both sides. It is made
// to come back filled in, and then ReadAnswers reads it.
func Questions() string { return Answers{}.String() }

// Answers is what came back.
type Answers struct {
	Given      []Given  `json:"given"`                // in the order of the topics, one or more for each; "" where nothing came
	Beside     []string `json:"beside,omitempty"`     // what stood outside of the questions and may be about them
	Staging    []string `json:"staging,omitempty"`    // lines that the statements gave on staging
	Production []string `json:"production,omitempty"` // and on production
}

// Given is one person's answer.
type Given struct {
	Topic  Topic  `json:"topic"`
	Answer string `json:"answer"`
	Who    string `json:"who"`
}

// String returns the text with the answers filled in, so that ReadAnswers gives
// them back.
func (a Answers) String() string {
	var b strings.Builder
	b.WriteString(askTitle + "\n" + askHelp + "\n")
	for _, text := range a.Beside {
		b.WriteString("\n" + text + "\n")
	}
	for i, q := range questions {
		fmt.Fprintf(&b, "\n%d. %s. %s\n", i+1, q.Topic, q.Text)
		given := slices.DeleteFunc(slices.Clone(a.Given), func(g Given) bool { return g.Topic != q.Topic })
		if len(given) == 0 {
			given = []Given{{}}
		}
		for _, g := range given {
			fmt.Fprintf(&b, "%s\n%s\n", field(askAnswer, g.Answer), field(askWho, g.Who))
		}
	}
	b.WriteString("\n" + askOwner + ": run the one that fits on both sides and paste its one line. Both only read.\n")
	b.WriteString("\nPostgreSQL, in the application's database:\n" + StatementPostgres + "\n")
	b.WriteString("\nMySQL or MariaDB:\n" + StatementMySQL + "\n\n")
	b.WriteString(field(askStaging, strings.Join(a.Staging, "\n")) + "\n")
	b.WriteString(field(askProduction, strings.Join(a.Production, "\n")) + "\n")
	return b.String()
}

const askHelp = `Please fill in what you know and send it back. Answer in one of these words, with the servers' names if you like:
separate, same, linked (data flows between them), neighbour (one host, proxy or account), copy, unknown.
If more is to be said, say it in yours: a person reads it, and the question stays open until then.`

func field(name, value string) string {
	if value == "" {
		return name
	}
	return name + " " + value
}
