package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"crosstalk/monitors"
	"crosstalk/session"
)

// redisLike answers as a Redis does that lets everybody, or nobody, in.
func redisLike(t *testing.T, open bool) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var commands atomic.Int64
	serve := func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReader(c)
		for {
			var n int
			if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
				return
			}
			var words []string
			for range n {
				var size int
				var word string
				if _, err := fmt.Fscanf(in, "$%d\r\n%s\r\n", &size, &word); err != nil {
					return
				}
				words = append(words, strings.ToUpper(word))
			}
			done := commands.Add(1)
			info := fmt.Sprintf("total_commands_processed:%d\r\n", done)
			switch {
			case !open:
				fmt.Fprint(c, "-NOAUTH Authentication required.\r\n")
			case words[0] == "DBSIZE":
				fmt.Fprint(c, ":7\r\n")
			case words[0] == "INFO":
				fmt.Fprintf(c, "$%d\r\n%s\r\n", len(info), info)
			default:
				fmt.Fprint(c, "-ERR unknown command\r\n")
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// A DSN of production that was given for the comparison also counts what production
// does, once a second; one that does not tell, or is watched already, does not.
func TestProductionsDatabaseCounts(t *testing.T) {
	t.Parallel()
	open, closed := redisLike(t, true), redisLike(t, false)
	var said bytes.Buffer
	f := &checkFlags{}
	watched := []monitors.Check{{Env: monitors.Production, Name: "database", Kind: "http"}}
	got := f.countStores(t.Context(), watched, []string{"redis://" + open + "/0", "redis://" + open + "/1", "redis://:hunter2@" + closed + "/0", "", "sqlite:x.db", "what is this"}, new(session.Config), &said)
	if len(got) != 2 {
		t.Fatalf("%d checks: %+v", len(got), got)
	}
	c := got[1]
	if c.Name != "database 2" || c.Env != monitors.Production || c.Kind != "redis" || c.Address != open || c.Every.Seconds() != 1 {
		t.Errorf("%+v", c)
	}
	if c.Close != nil {
		c.Close()
	}
	if s := said.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "what production's redis does is not counted: it ") || strings.Contains(s, "hunter2") {
		t.Errorf("said %q", s)
	}
}
