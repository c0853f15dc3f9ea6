package session

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// configMaxProblems is how many wrong rows of one file are named; a file with the wrong shape has thousands.
const configMaxProblems = 20

// parseRows reads CSV (RFC 4180) with a header row; blank lines are passed over. The rows are nil when there is
// any problem. No problem quotes a value: there are passwords among them.
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
			add(line, column, "give each column a name of its own", "column %d has the name of column %d, %s", i+1, at, strconv.Quote(name))
		case !configName.MatchString(name):
			remedy := "use letters, digits and underscores"
			if len(header) == 1 && strings.ContainsAny(name, ";\t") {
				remedy = "separate columns by commas"
			}
			add(line, column, remedy, "column %d has a name that no {{name}} can hold: %s", i+1, strconv.Quote(name))
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
