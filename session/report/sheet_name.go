package report

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sheetName is the name of a session's sheet: the first three letters of who
// started it, the day in UTC, and a letter for the sessions of one day.
func sheetName(m *Model, letter rune) string {
	day := "000101"
	if b := m.Session.Began; b != nil {
		day = b.Format("060102")
	}
	return fmt.Sprintf("et-%s-%s-%c.ses", initials(m.Session.StartedBy), day, letter)
}

// initials are three letters of a name, in lower case: the first of its words,
// else its first letters. What is missing is an x.
func initials(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	var out string
	if len(words) >= 3 {
		out = words[0][:1] + words[1][:1] + words[2][:1]
	} else {
		out = strings.Join(words, "")
	}
	return (out + "xxx")[:3]
}

// sheetIn names the sheet in a folder: the one that is there already of this
// session, else the first letter of the day that is free. ErrNoLetter if none is.
func sheetIn(dir string, m *Model) (string, error) {
	mark := sheetMark(m)
	for letter := 'a'; letter <= 'z'; letter++ {
		name := sheetName(m, letter)
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && strings.Contains(string(b), mark) {
			return name, nil
		}
	}
	return "", fmt.Errorf("%w: %s holds %s to %s, all of other sessions; --out another folder", ErrNoLetter, dir, sheetName(m, 'a'), sheetName(m, 'z'))
}

// ErrNoLetter says that a folder has no letter left for a sheet of that day.
var ErrNoLetter = errors.New("no letter is free for the sheet")

// sheetMark is the line by which a sheet of this session is known again.
func sheetMark(m *Model) string {
	return "Crosstalk session " + sheetLine(orUnknown(m.Session.ID)) + "\n"
}

// The length of a session in the scanner's words, in minutes worked.
const (
	shortTo  = 75.0
	normalTo = 105.0
	longTo   = 135.0
	normal   = 90.0
)

func durationWord(worked float64) string {
	switch minutes := worked / 60; {
	case minutes <= shortTo:
		return "short"
	case minutes <= normalTo:
		return "normal"
	case minutes <= longTo:
		return "long"
	default:
		return fmt.Sprintf("normal * %d", int(math.Round(minutes/normal)))
	}
}

// hundred are shares in whole percent that add up to 100, by the largest
// remainders.
func hundred(parts ...float64) []int {
	all := 0.0
	for _, p := range parts {
		all += max(0, p)
	}
	out, left := make([]int, len(parts)), 100
	order := make([]int, len(parts))
	rest := make([]float64, len(parts))
	for i, p := range parts {
		exact := 100 * max(0, p) / all
		out[i] = int(exact)
		rest[i] = exact - float64(out[i])
		left -= out[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case rest[a] > rest[b]:
			return -1
		case rest[a] < rest[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:min(len(order), max(0, left))] {
		out[i]++
	}
	return out
}
