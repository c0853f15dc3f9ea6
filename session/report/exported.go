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

// DrawsPicture tells whether a file of a session's folder is a picture that is
// drawn from the journal, and so holds nothing that the journal does not.
func DrawsPicture(name string) bool {
	return filepath.Ext(name) == ".png" && slices.ContainsFunc(files, func(f file) bool { return f.name == name })
}
