package report

import (
	"os"
	"path/filepath"
	"slices"
)

// Exported returns the formats of which a folder holds at least one file.
func Exported(dir string) []Format {
	var out []Format
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, f.name)); err == nil && !slices.Contains(out, f.format) {
			out = append(out, f.format)
		}
	}
	return out
}
