package loadengine

import "testing"

// What a step expects at a path is compared by what it is, not by how it is
// written.
func TestExpectedJSON(t *testing.T) {
	t.Parallel()
	const body = `{"price":19.90,"n":100,"id":9007199254740993,"s":"5","ok":true,"gone":null,"list":[1,"a",null],"map":{"a":1,"b":[true]},"empty":"","no":false}`
	for _, c := range []struct {
		path, want string
		good       bool
	}{
		{"$.price", "19.9", true},
		{"$.price", "19.90", true},
		{"$.price", "19.91", false},
		{"$.n", "1e2", true},
		{"$.n", "100.0", true},
		{"$.n", `"100"`, false},
		{"$.id", "9007199254740993", true},
		{"$.id", "9007199254740992", false},
		{"$.s", `"5"`, true},
		{"$.s", "5", false},
		{"$.ok", "true", true},
		{"$.ok", `"true"`, false},
		{"$.no", "false", true},
		{"$.no", "null", false},
		{"$.gone", "null", true},
		{"$.absent", "null", false},
		{"$.empty", `""`, true},
		{"$.empty", "null", false},
		{"$.list", `[1.0, "a", null]`, true},
		{"$.list", `["a", 1, null]`, false},
		{"$.list", `[1, "a"]`, false},
		{"$.map", `{"b": [true], "a": 1}`, true},
		{"$.map", `{"a": 1}`, false},
		{"$.map", `[1]`, false},
	} {
		x, errs := compileExpect(Expect{JSON: map[string]string{c.path: c.want}})
		if errs != nil {
			t.Fatal(errs)
		}
		if kind := x.judge(200, []byte(body)); (kind == "") != c.good {
			t.Errorf("%s: %s is %q", c.path, c.want, kind)
		}
		d := detail(Step{Expect: Expect{JSON: map[string]string{c.path: c.want}}}, "expect json", 200, []byte(body))
		if (d == "") != c.good {
			t.Errorf("%s: %s: %q", c.path, c.want, d)
		}
	}
	got := detail(Step{Expect: Expect{JSON: map[string]string{"$.map": `{"a":2}`}}}, "expect json", 200, []byte(`{"map": {"a" : 1}}`))
	if want := `expected {"a":2} at $.map, got {"a":1}`; got != want {
		t.Errorf("%q", got)
	}
	if _, errs := compileExpect(Expect{JSON: map[string]string{"$.a": "done"}}); errs == nil {
		t.Error("a value that is no JSON is taken")
	}
}
