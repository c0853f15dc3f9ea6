package identity

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// tablesOfOthers lists for the owner of a database what tables may lead elsewhere.
const tablesOfOthers = "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE ENGINE IN ('FEDERATED', 'SPIDER', 'CONNECT'); by one who may read all tables"

// gatherShown asks for the server's own name in another way, and since when it is
// up at now, in seconds: a proxy that sends SELECT to a reader sends SHOW to the writer.
func (s *mysqlStore) gatherShown(ctx context.Context, now float64) {
	f := &s.facts
	shown := mysqlFacts{maria: f.maria}
	rows, _ := s.rows(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('hostname', 'port', 'server_id', 'datadir', 'server_uuid', 'server_uid')")
	for _, r := range rows {
		value := r["value"]
		switch strings.ToLower(r["variable_name"]) {
		case "hostname":
			shown.host = value
		case "port":
			shown.port = value
		case "server_id":
			shown.id = value
		case "datadir":
			shown.dir = value
		case "server_uuid":
			shown.uuid = value
		case "server_uid":
			shown.uid = value
		}
	}
	if rows, _ = s.rows(ctx, "SHOW GLOBAL STATUS WHERE Variable_name = 'Uptime'"); len(rows) == 1 && now > 0 {
		if seconds, err := strconv.ParseFloat(rows[0]["value"], 64); err == nil {
			shown.start = now - seconds
		}
	}
	if shown.host == "" || shown.calls(f) {
		f.start = shown.start
		return
	}
	f.writer = &shown
}

func (s *mysqlStore) gatherLinks(ctx context.Context) {
	f := &s.facts
	status := "SHOW REPLICA STATUS"
	if f.maria {
		status = "SHOW ALL SLAVES STATUS"
	}
	rows, err := s.send(ctx, status)
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok && refused.Number == mysqlSyntax {
		rows, err = s.send(ctx, "SHOW SLAVE STATUS") // before MySQL 8.0.22
	}
	if err != nil {
		grant := "GRANT REPLICATION CLIENT ON *.* TO <user>;"
		if f.maria {
			grant = "GRANT SLAVE MONITOR ON *.* TO <user>; (before MariaDB 10.5: REPLICATION CLIENT)"
		}
		f.replicaTrouble = &trouble{mysqlTrouble(err, s.limit).why, grant}
	}
	for _, r := range rows {
		get := func(keys ...string) string {
			for _, k := range keys {
				if r[k] != "" {
					return r[k]
				}
			}
			return ""
		}
		f.sources = append(f.sources, mysqlSource{
			to:   endpoint{get("source_host", "master_host"), get("source_port", "master_port")},
			uuid: get("source_uuid", "master_uuid"), running: strings.EqualFold(get("replica_io_running", "slave_io_running"), "Yes"),
		})
	}
	if rows, _ = s.rows(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid', 'wsrep_incoming_addresses')"); len(rows) > 0 {
		for _, r := range rows {
			switch strings.ToLower(r["variable_name"]) {
			case "wsrep_cluster_state_uuid":
				f.galera = r["value"]
			case "wsrep_incoming_addresses":
				f.galeraNodes = strings.Split(r["value"], ",")
			}
		}
	}
	s.gatherClusters(ctx)
	s.gatherTables(ctx)
}

// gatherClusters looks for what several servers share without copying from each
// other in a way that a replica's status shows. What is not there is an error.
func (s *mysqlStore) gatherClusters(ctx context.Context) {
	f := &s.facts
	if rows, _ := s.rows(ctx, "SELECT @@group_replication_group_name AS name"); len(rows) == 1 {
		f.group = rows[0]["name"]
	}
	s.gatherAurora(ctx)
}

// gatherTables looks for tables that live on another server. Without an engine
// for them there are none.
func (s *mysqlStore) gatherTables(ctx context.Context) {
	f := &s.facts
	rows, t := s.rows(ctx, "SELECT ENGINE AS engine FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT') AND ENGINE IN ('FEDERATED', 'SPIDER', 'CONNECT')")
	if t != nil {
		f.tableTrouble = t
		return
	}
	if len(rows) == 0 {
		return
	}
	f.engine = rows[0]["engine"]
	rows, t = s.rows(ctx, "SELECT Server_name AS name, Host AS host, Port AS port FROM mysql.servers")
	if t != nil {
		f.tableTrouble = &trouble{"the engine " + clean(f.engine) + " can reach other servers, and the list of them may not be read", "GRANT SELECT ON mysql.servers TO <user>; and what its owner gets from " + tablesOfOthers}
	}
	for _, r := range rows {
		port := r["port"]
		if port == "" || port == "0" {
			port = "3306"
		}
		f.servers = append(f.servers, foreign{name: r["name"], wrapper: "mysql.servers", to: endpoint{r["host"], port}})
	}
	rows, t = s.rows(ctx, "SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.TABLES WHERE ENGINE IN ('FEDERATED', 'SPIDER', 'CONNECT') LIMIT 100")
	for _, r := range rows {
		f.tables = append(f.tables, r["db"]+"."+r["name"])
	}
	if f.tableTrouble != nil || len(f.tables) > 0 {
		return
	}
	// Who may not read a table is not told of it.
	rows, _ = s.rows(ctx, "SELECT GRANTEE AS me FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SELECT' AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')")
	if t != nil || len(rows) == 0 {
		f.tableTrouble = &trouble{"the engine " + clean(f.engine) + " can reach other servers, and tables are shown only to those who may read them", tablesOfOthers}
	}
}
