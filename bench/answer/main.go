// Command answer is a server in a process of its own, for benches of load at full
// speed: beside it, what a session takes is the session's alone. It listens on
// loopback, prints where, and answers. To every line on stdin it says how many
// requests have arrived, and when the last one did in nanoseconds of Unix time.
// It ends with stdin.
//
//	go run ./bench/answer -usual 5ms -body 1000
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"

	"crosstalk/bench/fault"
)

func main() {
	var o fault.Options
	flag.DurationVar(&o.Usual, "usual", 0, "how long an answer takes")
	flag.IntVar(&o.Body, "body", 13, "bytes of an answer")
	flag.Parse()
	if err := serve(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench/answer:", err)
		os.Exit(1)
	}
}

func serve(o fault.Options) error {
	s, err := fault.NewServer(o)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := fmt.Println(s.URL()); err != nil {
		return err
	}
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		last := int64(0)
		if t := s.Last(); !t.IsZero() {
			last = t.UnixNano()
		}
		if _, err := fmt.Println(s.Arrived(), last); err != nil {
			return err
		}
	}
	return asked.Err()
}
