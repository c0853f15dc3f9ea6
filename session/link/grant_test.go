package link

import (
	"slices"
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
		silent := []string{name, name}
		w := Forecast{Silent: silent, Databases: silent}.Words()
		if !strings.Contains(w, name+" gave no number in the quiet phase") || strings.Count(w, "has to let") > 1 ||
			strings.Contains(w, "has to let") != (want != "") || !strings.Contains(w, want) {
			t.Errorf("%s: %s", name, w)
		}
	}
}

// A gauge may be called as a database's counter is: no database has to allow it.
func TestASilentGaugeIsNoDatabase(t *testing.T) {
	t.Parallel()
	for counted, want := range map[bool]int{true: 1, false: 0} {
		s := standardSetup()
		s.Asked = []Counter{{Name: "open transactions", Counted: counted}}
		f := newPlant(7).begin(t, s).Forecast()
		w := f.Words()
		if len(f.Silent) != 1 || len(f.Databases) != want || !strings.Contains(w, "open transactions gave no number in the quiet phase") || strings.Count(w, "has to let") != want {
			t.Errorf("counted by a database %t: %+v: %s", counted, f, w)
		}
	}
}

// One that nobody asks has no check to look at, and nothing that its database would have to
// allow.
func TestWhatNobodyAsksHasNoCheckToLookAt(t *testing.T) {
	t.Parallel()
	s := standardSetup()
	s.Asked = []Counter{{Name: "database commands", Counted: true}, {Name: "db transactions", Counted: true}}
	for _, tt := range []struct {
		unasked []string
		look    string
		grants  []string
	}{
		{nil, " database commands, db transactions gave no number in the quiet phase: as long as", []string{"Redis", "PostgreSQL"}},
		{[]string{"database commands"}, " db transactions gave no number in the quiet phase: as long as", []string{"PostgreSQL"}},
		{[]string{"database commands", "db transactions"}, "", nil},
	} {
		s.Unasked = tt.unasked
		f := newPlant(7).begin(t, s).Forecast()
		w := f.Words()
		if len(f.Silent) != 2 || !slices.Equal(f.Unasked, tt.unasked) || strings.Contains(w, "as nobody asks it") != (len(tt.unasked) > 0) {
			t.Errorf("%v: %+v: %s", tt.unasked, f, w)
		}
		if strings.Contains(w, "See what its check says") != (tt.look != "") || !strings.Contains(w, tt.look) || strings.Count(w, "has to let") != len(tt.grants) {
			t.Errorf("%v: %s", tt.unasked, w)
		}
		for _, who := range tt.grants {
			if !strings.Contains(w, who+" has to let") {
				t.Errorf("%v: nothing of %s: %s", tt.unasked, who, w)
			}
		}
	}
}
