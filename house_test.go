package main

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The house rules that no compiler checks. They are read off the files themselves, so that
// build tags and other platforms hide nothing.

const modulePath = "crosstalk"

// anyOfOurs in a rule stands for every package of this module.
const anyOfOurs = "*"

// mustNotImport names what a package, its tests included, must not import.
var mustNotImport = map[string][]string{
	"loadengine":        {anyOfOurs},
	"monitors":          {anyOfOurs},
	"notes":             {anyOfOurs},
	"lab":               {anyOfOurs},
	"monitors/identity": {anyOfOurs},
	"loadengine/locust": {"tui", "session", "session/report", "monitors", "notes", "lab"},
	"session":           {"tui", "session/report", "session/notify", "session/recipe"},
	"session/link":      {anyOfOurs},
	"session/notify":    {"tui", "lab", "session/report"},
	"session/recipe":    {"tui", "session/report", "session/notify", "lab"},
	"session/report":    {"tui", "loadengine", "monitors", "lab"},
	"tui":               {"loadengine", "monitors", "lab"},
	"tui/picture":       {anyOfOurs},
	"docs/screen/svg":   {"tui", "session", "session/report", "loadengine", "monitors", "notes", "lab"},
}

// rooms are the folders that the top level may hold.
var rooms = []string{"bench", "docs", "lab", "loadengine", "monitors", "notes", "session", "tui"}

func TestImportsPointOneWay(t *testing.T) {
	for _, f := range goFiles(t) {
		file, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		from := path.Dir(f)
		for _, spec := range file.Imports {
			to, isOurs := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), modulePath+"/")
			if !isOurs || to == from { // A package's outside test imports the package.
				continue
			}
			if not := mustNotImport[from]; slices.Contains(not, anyOfOurs) || slices.Contains(not, to) {
				t.Errorf("%s: %s must not import %s", f, from, to)
			}
		}
	}
}

func TestTopLevelHoldsOnlyItsRooms(t *testing.T) {
	for _, f := range goFiles(t) {
		if room, _, deep := strings.Cut(f, "/"); deep && !slices.Contains(rooms, room) {
			t.Errorf("%s: the top level holds no folder %s", f, room)
		}
	}
}

// What is left to do is an issue, not a comment: nobody searches comments before a release.
func TestNothingIsLeftToDoInComments(t *testing.T) {
	left := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	for _, f := range goFiles(t) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if isGenerated(t, f, data) {
			continue
		}
		for n, line := range bytes.Split(data, []byte("\n")) {
			if left.Match(line) {
				t.Errorf("%s:%d: %s", f, n+1, bytes.TrimSpace(line))
			}
		}
	}
}

// Every direct dependency has its line of reason in the README's table.
func TestDependenciesAreExplained(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table []string
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "|") {
			table = append(table, line)
		}
	}
	direct := directDependencies(t)
	if len(direct) == 0 {
		t.Error("go.mod names no direct dependency")
	}
	for _, dep := range direct {
		row := regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(dep) + `([^\w.-]|$)`)
		if !slices.ContainsFunc(table, row.MatchString) {
			t.Errorf("the README's table of dependencies has no row for %s", dep)
		}
	}
}

// goFiles returns every Go file of the checkout by its path from the top, with slashes.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || p == "dist") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".go") {
			files = append(files, filepath.ToSlash(p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func isGenerated(t *testing.T, name string, data []byte) bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return ast.IsGenerated(file)
}

// directDependencies returns the modules that go.mod requires for our own imports.
func directDependencies(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	inBlock := false
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "require (":
			inBlock = true
		case line == ")":
			inBlock = false
		case strings.HasSuffix(line, "// indirect"):
		case inBlock && line != "":
			out = append(out, strings.Fields(line)[0])
		case strings.HasPrefix(line, "require "):
			out = append(out, strings.Fields(line)[1])
		}
	}
	return out
}
