package monitors

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// SinkName is the name of the check that Sink makes.
const SinkName = "sink"

// sinkEvery is how often the sink is asked.
const sinkEvery = 200 * time.Millisecond

// Sink starts an HTTP server on a free loopback port that does nothing, and
// returns a check of it in the environment self, asked 5 times a second like
// any server of production's. When it is late, the cause is this machine. The
// server ends with ctx.
func Sink(ctx context.Context) (Check, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Check{}, fmt.Errorf("open the sink: %w", err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}),
		ReadHeaderTimeout: DefaultTimeout,
	}
	// Serve always ends with an error: that of Close below, or one that makes
	// the check fail, which says so by itself.
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	c, err := HTTP(HTTPOptions{
		Env: Self, Name: SinkName, URL: "http://" + listener.Addr().String() + "/",
		Every: sinkEvery, Expect: "204",
	})
	if err != nil {
		_ = server.Close()
		return Check{}, fmt.Errorf("check the sink: %w", err)
	}
	return c, nil
}
