package link

import (
	"strings"
	"testing"
)

// The check of a database that keeps its counts to itself is green: the words say what
// it has to allow.
func TestASilentDatabaseIsToldWhatToAllow(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"db transactions":  "Where that is green, PostgreSQL has to let the check's user read pg_stat_database.",
		"shop questions":   "MySQL has to let the check's user SHOW GLOBAL STATUS.",
		"cache 2 commands": "Redis has to let the check's user send INFO (+info).",
		"commits":          "",
		"transactions_ago": "",
	} {
		w := Forecast{Silent: []string{name, name}}.Words()
		if !strings.Contains(w, name+" gave no number in the quiet phase") || strings.Count(w, "has to let") > 1 ||
			strings.Contains(w, "has to let") != (want != "") || !strings.Contains(w, want) {
			t.Errorf("%s: %s", name, w)
		}
	}
}
