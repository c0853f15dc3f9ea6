package identity

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// script answers a question with the table of the first key that it contains; none is
// an error, as of a table that is not there.
type script map[string]table

type table struct {
	columns []string
	rows    [][]driver.Value
}

func (s script) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	for key, t := range s {
		if strings.Contains(query, key) {
			return &t, nil
		}
	}
	return nil, errors.New("unknown table")
}

func (script) Prepare(string) (driver.Stmt, error) { return nil, errors.New("no statements") }
func (script) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }
func (script) Close() error                        { return nil }

func (t *table) Columns() []string { return t.columns }
func (*table) Close() error        { return nil }

func (t *table) Next(into []driver.Value) error {
	if len(t.rows) == 0 {
		return io.EOF
	}
	copy(into, t.rows[0])
	t.rows = t.rows[1:]
	return nil
}

func TestAuroraIsAskedForItsMembers(t *testing.T) {
	id := table{[]string{"id"}, [][]driver.Value{{[]byte("Shop-1")}}}
	members := table{[]string{"id", "session"}, [][]driver.Value{{[]byte("shop-1"), []byte("MASTER_SESSION_ID")}, {[]byte("shop-2"), []byte("5f1c")}}}
	for _, c := range []struct {
		name string
		says script
		want string
	}{
		{"no Aurora", script{}, "false  [] [] false 0"},
		{"a cluster", script{"@@aurora_server_id": id, "REPLICA_HOST_STATUS": members, "aurora_global_db_status": {[]string{"region"}, nil}}, "true shop-1 [shop-1 shop-2] [5f1c] true 0"},
		{"a global database", script{"@@aurora_server_id": id, "aurora_global_db_status": {[]string{"region"}, [][]driver.Value{{[]byte("eu-west-1")}, {[]byte("us-east-1")}}}}, "true shop-1 [] [] true 2"},
		{"before 3.04", script{"@@aurora_server_id": id, "REPLICA_HOST_STATUS": members}, "true shop-1 [shop-1 shop-2] [5f1c] false 0"},
	} {
		s := &mysqlStore{conn: c.says, limit: DefaultLimit}
		s.gatherAurora(t.Context())
		f := s.facts
		if got := fmt.Sprint(f.aurora, " ", f.instance, " ", f.members, " ", f.readers, " ", f.regionsKnown, " ", f.regions); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
