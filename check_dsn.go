package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// longestDSN bounds what a file may hold of one.
const longestDSN = 8 << 10

// dsnFrom puts the data source that a flag names in its place: env:NAME and @FILE
// keep it off the command line, which everybody on this machine can read while the
// check runs. Its errors repeat no part of a data source.
func dsnFrom(flag string, value *string) error {
	if name, ok := strings.CutPrefix(*value, "env:"); ok {
		dsn := strings.TrimSpace(os.Getenv(name))
		if dsn == "" {
			return fmt.Errorf("%s env:NAME: the variable that it names is empty or not set: export it first", flag)
		}
		*value = dsn
		return nil
	}
	path, ok := strings.CutPrefix(*value, "@")
	if !ok {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s @FILE: %w", flag, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestDSN+1))
	if err != nil {
		return fmt.Errorf("%s @FILE: %w", flag, err)
	}
	dsn := strings.TrimSpace(string(text))
	if dsn == "" || len(text) > longestDSN || strings.ContainsAny(dsn, "\r\n\x00") {
		return fmt.Errorf("%s @FILE: %s does not hold one data source alone, on one line: for .env and YAML there are --staging-env and --production-env", flag, path)
	}
	*value = dsn
	return nil
}
