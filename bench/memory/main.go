//go:build linux

// Command memory measures what users cost in memory: those that wait for an
// answer, and those that think.
//
//	go run ./bench/memory                                    # 1,000 to 15,000 in flight, 100,000 thinking, k6 at 1,000 and 2,000
//	go run ./bench/memory -in-flight 1000 -thinking 0 -k6=false
//
// A server on loopback holds every request, or answers at once to users who then
// think for an hour. What is told is the process's resident memory above that
// with one user, for each user. The open-file limit bounds what can be in flight.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"crosstalk/bench/peer"
	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	inFlight, thinking, peers string
	k6                        bool
}

func main() {
	var s settings
	flag.StringVar(&s.inFlight, "in-flight", "1000,10000,15000", "users that wait for an answer, with commas between them")
	flag.StringVar(&s.thinking, "thinking", "10000,100000", "users that think, with commas between them")
	flag.StringVar(&s.peers, "k6-users", "1000,2000", "users of k6, which waits and thinks beside us")
	flag.BoolVar(&s.k6, "k6", true, "also measure k6")
	stand.Main("memory", s.run)
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 {
		return errors.New("there are no arguments")
	}
	path, err := peer.Ours(ctx, work)
	if err != nil {
		return fmt.Errorf("build ours: %w", err)
	}
	tools := []tool{{name: "crosstalk", path: path, args: ours, inFlight: s.inFlight, thinking: s.thinking}}
	if s.k6 {
		if path, err = peer.K6.Path(ctx); err != nil {
			return fmt.Errorf("get k6: %w", err)
		}
		tools = append(tools, tool{name: "k6 " + peer.K6.Version, path: path, args: k6, stdin: k6Script, inFlight: s.peers, thinking: s.peers})
	}
	var table []string
	for _, t := range tools {
		for _, k := range []struct {
			kind  kind
			users string
		}{{waiting, t.inFlight}, {thinking, t.thinking}} {
			one, err := t.measure(ctx, k.kind, 1, filepath.Join(work, "one"))
			if err != nil {
				return fmt.Errorf("%s, 1 user %s: %w", t.name, k.kind, err)
			}
			for _, field := range strings.FieldsFunc(k.users, func(r rune) bool { return r == ',' }) {
				n, err := strconv.Atoi(field)
				if err != nil || n < 0 {
					return fmt.Errorf("%q is no number of users", field)
				}
				if n == 0 {
					continue
				}
				got, err := t.measure(ctx, k.kind, n, filepath.Join(work, "many"))
				if err != nil {
					return fmt.Errorf("%s, %d users %s: %w", t.name, n, k.kind, err)
				}
				row := fmt.Sprintf("| %s | %d %s | %.1f MB | %.1f MB | %.2f kB | %d |", t.name, n, k.kind, one.kB/1024, got.kB/1024, (got.kB-one.kB)/float64(n), got.connections)
				fmt.Fprintln(os.Stderr, row)
				table = append(table, row)
			}
		}
	}
	fmt.Printf("%s/%s, %d processors, %s\n\n| tool | users | memory with 1 | with all | for each user | connections then |\n|---|---:|---:|---:|---:|---:|\n%s\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.Join(table, "\n"))
	return nil
}

// kind is what the users do.
type kind string

const (
	waiting  kind = "waiting for an answer"
	thinking kind = "thinking"
)

// settle is how long all of them stand before the memory is read.
const settle = 3 * time.Second
