package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"crosstalk/session/link"
)

func scenarioNamed(t *testing.T, name string) *scenario {
	t.Helper()
	for i := range scenarios {
		if scenarios[i].name == name {
			return &scenarios[i]
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return nil
}

func TestRunsRepeat(t *testing.T) {
	models, err := allModels()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models {
		s := scenarioNamed(t, "+40 %")
		a, b := runOne(m, s, link.Quick(), 3), runOne(m, s, link.Quick(), 3)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: the same seed gave two runs", m.name)
		}
		if a.verdict.Pairs == 0 && !a.refused {
			t.Errorf("%s: a run without pairs", m.name)
		}
	}
}

func TestEffectsAreFoundAndNothingIsNot(t *testing.T) {
	const runs = 15
	if got := runMany(heavy, scenarioNamed(t, "+40 %"), link.Quick(), runs); got.verdicts[link.Linked] < runs*8/10 {
		t.Errorf("+40 %%: %v", got.verdicts)
	}
	for _, name := range []string{"no effect", "job every 5 s, 2.5 s, +20 %", "our machine +20 %"} {
		if got := runMany(heavy, scenarioNamed(t, name), link.Quick(), runs); got.verdicts[link.Linked] > 1 {
			t.Errorf("%s: %v", name, got.verdicts)
		}
	}
}

// A counter that rises is found while latency stands still; one that does not, that
// has a job of its own, or that is of our own machine, is no link.
func TestCountersAreFoundAndNothingIsNot(t *testing.T) {
	const runs = 15
	for name, linked := range map[string]bool{
		"a counter +40 %, latency still": true, "a counter, no effect": false,
		"a counter, job every 10 s, 5 s, +60 % of it": false, "a gauge of our machine, +50 % with any load": false,
		"a gauge of a share, no effect": false, "a gauge of a share, job every 10 s, 5 s, +60 % of it": false,
	} {
		got := runMany(heavy, scenarioNamed(t, name), link.Standard(), runs)
		if n := got.verdicts[link.Linked]; linked && n < runs*8/10 || !linked && n > 1 {
			t.Errorf("%s: %v", name, got.verdicts)
		}
	}
}

func TestRecordingIsWhole(t *testing.T) {
	series, usual, err := readRecording("testdata/lab-quiet.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(series) != 5 || len(usual) != 5 || len(series[0]) < 4000 {
		t.Fatalf("%d series of %d", len(series), len(series[0]))
	}
	for i, y := range series {
		if len(y) != len(series[0]) || usual[i] < 1e-5 || usual[i] > 1 {
			t.Errorf("series %d: %d values, usual %v s", i, len(y), usual[i])
		}
	}
}

func TestPictureOfTheDocsIsCurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "picture.svg")
	if err := picture(path); err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../../docs/link-check.svg")
	if err != nil {
		t.Fatal(err)
	}
	// The last digits of the traces differ between processors.
	for _, of := range []string{"<rect", "<line", "<polyline", "class=\"on\"", "No link seen."} {
		if a, b := strings.Count(string(drawn), of), strings.Count(string(kept), of); a != b || a == 0 {
			t.Errorf("docs/link-check.svg has %d of %s, `go run ./bench/link -picture docs/link-check.svg` draws %d", b, of, a)
		}
	}
}
