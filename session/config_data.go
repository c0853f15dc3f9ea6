package session

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// configMaxProblems is how many wrong rows of one file are named; a file with the wrong shape has thousands.
const configMaxProblems = 20

// parseRows reads CSV (RFC 4180) with a header row; blank lines are passed over. The rows are nil when there is
// any problem. No problem quotes a value or a name: there are passwords among them, in the first line too where
// somebody forgot the names.
func parseRows(file string, data []byte) (rows []map[string]string, problems Problems) {
	left := 0
	add := func(line, column int, remedy, what string, args ...any) {
		if len(problems) == configMaxProblems {
			left++
			return
		}
		problems = append(problems, Problem{File: file, Line: max(line, 1), Column: column, What: fmt.Sprintf(what, args...), Remedy: remedy})
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		line, column, what := csvProblem(err)
		if errors.Is(err, io.EOF) {
			what = "the file is empty"
		}
		add(line, column, "begin with a line of column names, for example login,password", "%s", what)
		return nil, problems
	}
	first := map[string]int{}
	for i, name := range header {
		line, column := in.FieldPos(i)
		name = strings.TrimSpace(name)
		header[i] = name
		switch at, twice := first[name]; {
		case name == "":
			add(line, column, "name every column in the first line", "column %d has no name", i+1)
		case twice:
			add(line, column, "give each column a name of its own (is the first line column names?)", "column %d has the name of column %d", i+1, at)
		case !configName.MatchString(name):
			remedy := "use letters, digits and underscores (is the first line column names?)"
			if len(header) == 1 && strings.ContainsAny(name, ";\t") {
				remedy = "separate columns by commas"
			}
			add(line, column, remedy, "column %d has a name that no {{name}} can hold", i+1)
		}
		first[name] = i + 1
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// After a stray quote nobody knows where the next row begins.
			line, column, what := csvProblem(err)
			add(line, column, `put a field with quotes in quotes, and double those inside: "a ""b"" c"`, "%s", what)
			break
		}
		line, _ := in.FieldPos(0)
		if len(record) != len(header) {
			add(line, 0, "give every row as many as the first line, and put a field that has a comma in quotes",
				"the row has %s, and there are %d columns", configCount(len(record), "field"), len(header))
			continue
		}
		row := make(map[string]string, len(header))
		for i, v := range record {
			if !utf8.ValidString(v) {
				line, column := in.FieldPos(i)
				add(line, column, "save the file as UTF-8", "the field is not UTF-8")
			}
			row[header[i]] = v
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 && len(problems) == 0 {
		add(1, 0, "add a row for each user", "the file has column names and no rows")
	}
	if left > 0 {
		last := &problems[len(problems)-1]
		last.What += fmt.Sprintf(" (and %s more like these)", configCount(left, "problem"))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rows, nil
}

var usedName = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}`)

// Columns returns the names of the data's columns that a header or a step uses,
// sorted, and how many other columns there are. What those are called is for no
// screen: where the first line was forgotten they are somebody's password.
func (c *Config) Columns() (used []string, others int) {
	if len(c.Staging.DataRows) == 0 {
		return nil, 0
	}
	texts := []string{fmt.Sprint(c.Staging.Headers, c.Staging.Journeys)}
	for _, j := range c.Staging.Journeys {
		for _, s := range slices.Concat(j.Once, j.Steps) {
			if s.File == "" || s.Raw {
				continue
			}
			if b, err := readRegular(c.Path(s.File)); err == nil {
				texts = append(texts, string(b))
			}
		}
	}
	for _, text := range texts {
		for _, m := range usedName.FindAllStringSubmatch(text, -1) {
			if _, ok := c.Staging.DataRows[0][m[1]]; ok {
				used = append(used, m[1])
			}
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	return used, len(c.Staging.DataRows[0]) - len(used)
}

// readRegular reads a file that is one: what waits for a writer, as a pipe does,
// or never ends, as a device, is none.
func readRegular(path string) ([]byte, error) {
	if err := readable(path); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return b, nil
}

// readable says why a path can't be read as a file.
func readable(path string) error {
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its writer
	if err != nil {
		return fmt.Errorf("look: %w", err)
	}
	switch {
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return errors.New("it is a pipe or a device, not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	_ = f.Close()
	return nil
}

// csvProblem gives the place and the words of a reader's error.
func csvProblem(err error) (line, column int, what string) {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return e.Line, e.Column, "not readable as CSV (" + e.Err.Error() + ")"
	}
	return 1, 0, "not readable as CSV"
}

// configCount gives a number and its noun.
func configCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
