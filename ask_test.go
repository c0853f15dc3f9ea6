package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"crosstalk/monitors/identity"
)

// answersSay gives filled-in questions to ask and returns its exit code and JSON.
func answersSay(t *testing.T, a identity.Answers) (int, answered) {
	t.Helper()
	var out bytes.Buffer
	c := askCommand()
	c.SetIn(strings.NewReader(a.String()))
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceUsage, c.SilenceErrors = true, true // as under the root command
	c.SetArgs([]string{"--answers", "-", "--json"})
	code := 0
	err := c.ExecuteContext(t.Context())
	if f, ok := errors.AsType[*failure](err); ok {
		code = f.code
	} else if err != nil {
		t.Fatal(err)
	}
	var r answered
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	return code, r
}

// A pipeline may go on only when nothing is left open, whatever one answer says.
func TestAskEndsWithNoughtOnlyWhenNothingIsOpen(t *testing.T) {
	topics := []identity.Topic{identity.Database, identity.Cache, identity.Queue, identity.Login, identity.Payment, identity.Mail, identity.CDN, identity.Cloud}
	for _, c := range []struct {
		first, rest string
		code        int
		verdict     string
		words       string
	}{
		{"copy, restored every Monday", "", exitInconclusive, "UNKNOWN", "What is known, SAME LINEAGE"},
		{"copy, restored every Monday", "separate", 0, "SAME LINEAGE", "restored every Monday"},
		{"separate", "", exitInconclusive, "UNKNOWN", ""},
		{"separate", "separate", 0, "DISTINCT", ""},
		{"neighbour", "separate", exitInconclusive, "SHARED NEIGHBOUR", ""},
		{"same", "", exitLinked, "SAME INSTANCE", ""},
	} {
		var a identity.Answers
		for i, topic := range topics {
			answer := c.rest
			if i == 0 {
				answer = c.first
			}
			a.Given = append(a.Given, identity.Given{Topic: topic, Answer: answer})
		}
		code, r := answersSay(t, a)
		if code != c.code || r.Exit != code || r.Verdict != c.verdict || !strings.Contains(r.Words, c.words) {
			t.Errorf("%q and %q: exit %d, %s: %s", c.first, c.rest, code, r.Verdict, r.Words)
		}
	}
}
