//go:build unix

package report

import (
	"os/exec"
	"strings"
	"testing"
)

// A real shell reads every word as it was meant.
func TestShellWordsAreWords(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"plain", "", "two words", "it's", "$HOME", "`id`", "$(id)", `a\b`, `"x"`, "a;b&c|d>e<f", "*", "~", "=ls", "#x", "!x", "日本", "-n", "%s", "a\\"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s|' "+shellWord(word)).Output()
		if err != nil || string(out) != word+"|" {
			t.Errorf("%q is read as %q, %v", word, out, err)
		}
	}
	if got := shellWord("a\nrm -rf /\x00\u202eb"); strings.ContainsAny(got, "\n\x00\u202e") {
		t.Errorf("%q keeps what a line can't hold", got)
	}
}
