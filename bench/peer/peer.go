// Package peer gets the load tools that are measured beside us, at pinned
// versions, so that every bench means the same program by a name.
package peer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Tool is a load tool that is built from its module.
type Tool struct {
	Name, Module, Version string
}

// The peers, newest of the line that has what is measured: k6's later major
// version has no live control any more.
var (
	Vegeta     = Tool{"vegeta", "github.com/tsenart/vegeta/v12", "v12.13.0"}
	Hey        = Tool{"hey", "github.com/rakyll/hey", "v0.1.5"}
	K6         = Tool{"k6", "go.k6.io/k6", "v1.8.1"}
	Bombardier = Tool{"bombardier", "github.com/codesenberg/bombardier", "v1.2.6"}
)

// Path returns the tool's program out of the user's cache (or the folder that
// CROSSTALK_TOOLS names), built where it is not there yet.
func (t Tool) Path(ctx context.Context) (string, error) {
	home := os.Getenv("CROSSTALK_TOOLS")
	if home == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a place for %s: %w", t.Name, err)
		}
		home = filepath.Join(cache, "crosstalk-tools")
	}
	dir := filepath.Join(home, t.Name+"-"+t.Version+"-"+runtime.Version())
	path := filepath.Join(dir, t.Name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintf(os.Stderr, "building %s %s into %s\n", t.Name, t.Version, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("find a place for %s: %w", t.Name, err)
	}
	return path, build(ctx, dir, "install", t.Module+"@"+t.Version)
}

// Ours builds the program under test into a folder.
func Ours(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "crosstalk")
	return path, build(ctx, "", "build", "-o", path, "crosstalk")
}

// build runs go; in a folder of its own the checkout has no say.
func build(ctx context.Context, dir string, args ...string) error {
	c := exec.CommandContext(ctx, "go", args...)
	if c.Dir = dir; dir != "" {
		c.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
