package main

import (
	"errors"
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
		return fmt.Errorf("%s @FILE: %w: write @ and the path of a file that holds the data source alone; a data source itself goes without the @", flag, withoutPath(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestDSN+1))
	if err != nil {
		return fmt.Errorf("%s @FILE: read it: %w", flag, withoutPath(err))
	}
	dsn := strings.TrimSpace(string(text))
	if dsn == "" || len(text) > longestDSN || strings.ContainsAny(dsn, "\r\n\x00") {
		return fmt.Errorf("%s @FILE: the file does not hold one data source alone, on one line: for .env and YAML there are --staging-env and --production-env", flag)
	}
	*value = dsn
	return nil
}

// withoutPath is what went wrong without the path, which is a data source itself
// where somebody put an @ in front of one.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
