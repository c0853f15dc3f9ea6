package report

import (
	"os"
	"path/filepath"
	"slices"
)

// Exported returns the formats of which a folder holds at least one file.
func Exported(dir string) []Format {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []Format
	for _, f := range files {
		there := slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			ok, err := filepath.Match(f.name, e.Name())
			return err == nil && ok
		})
		if there && !slices.Contains(out, f.format) {
			out = append(out, f.format)
		}
	}
	return out
}
