package identity

import (
	"context"
	"slices"
	"strings"
)

// gatherAurora asks for the members of an Aurora cluster and whether it is of a
// global database.
func (s *mysqlStore) gatherAurora(ctx context.Context) {
	f := &s.facts
	rows, _ := s.rows(ctx, "SELECT @@aurora_server_id AS id")
	if f.aurora = len(rows) == 1; !f.aurora {
		return
	}
	f.instance = strings.ToLower(rows[0]["id"])
	// Every reader of a cluster has a name of its own for as long as it runs.
	rows, _ = s.rows(ctx, "SELECT SERVER_ID AS id, SESSION_ID AS session FROM information_schema.REPLICA_HOST_STATUS")
	for _, r := range rows {
		f.members = append(f.members, strings.ToLower(r["id"]))
		if r["session"] != "" && r["session"] != "MASTER_SESSION_ID" {
			f.readers = append(f.readers, r["session"])
		}
	}
	// A row for every region; versions before 3.04 do not have it.
	if rows, t := s.rows(ctx, "SELECT AWS_REGION AS region FROM information_schema.aurora_global_db_status"); t == nil {
		f.regionsKnown, f.regions = true, len(rows)
	}
}

// aurorasApart says that two servers of Aurora are of two clusters, and not of one
// global database. A cluster lists all of its members, each by a name that it has there
// alone; clusters of two accounts may have the same names.
func aurorasApart(a, b *mysqlFacts) bool {
	if !a.regionsKnown || !b.regionsKnown || a.regions > 1 && b.regions > 1 {
		return false
	}
	if !slices.Contains(a.members, a.instance) || !slices.Contains(b.members, b.instance) {
		return false
	}
	if a.instance == b.instance {
		return a.uuid != "" && b.uuid != "" && a.uuid != b.uuid
	}
	return !slices.Contains(a.members, b.instance) && !slices.Contains(b.members, a.instance)
}
