package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// homes are keys that people look for in the wrong section.
var homes = map[string]string{
	"url": "staging", "hosts": "staging", "limits": "staging", "journeys": "staging", "headers": "staging", "data": "staging",
	"tolerate": "production", "checks": "staging and production", "slo": "guard", "locust": "engine", "webhook": "notify", "notify": "the top level",
	"weight": "a journey", "think": "a journey or step", "once": "a journey", "steps": "a journey", "every": "a check",
	"people": "the top level", "timebox": "the top level", "charter": "the top level", "guard": "the top level", "identity": "the top level",
}

// remedyForKey says what an unknown key was probably meant to be.
func remedyForKey(key string, known []field) string {
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.key
	}
	if n := nearest(key, names); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if home, ok := homes[key]; ok {
		return fmt.Sprintf("%q belongs in %s", key, home)
	}
	slices.Sort(names)
	return "known keys are " + strings.Join(names, ", ")
}

// nearest is the known word with the smallest edit distance, if it is near enough to be a slip.
func nearest(word string, known []string) string {
	best, least := "", max(1, min(3, len(word)/3))+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	// No known key is near a word of this length.
	if len(s) > 64 || len(t) > 64 {
		return max(len(s), len(t))
	}
	var before []int
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// choice reads one of a few words.
func (r *configReader) choice(n ast.Node, path string, words ...string) string {
	s, at, ok := r.raw(n, path, words[0])
	if !ok {
		return ""
	}
	if !slices.Contains(words, s) {
		r.add(at, "write one of "+strings.Join(words, ", "), "%s %q is not known", path, s)
		return ""
	}
	return s
}
