package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"crosstalk/monitors"
)

const (
	agentRequest  = 10 * time.Second // for one request and its answer
	agentIdle     = 2 * time.Minute  // between two requests on one connection
	agentFarewell = 3 * time.Second  // for the requests that run when it ends
	agentAtOnce   = 4                // readings of the machine at the same time
)

func agentCommand() *cobra.Command {
	var listen, tokenEnv string
	c := &cobra.Command{
		Use:   "agent",
		Short: "This host's vitals as Prometheus text",
		Long: `Agent serves the vital signs of the host it runs on: CPU, memory, load, file systems,
disks and network, as Prometheus text on /metrics, under the names that node_exporter
has where the meaning is the same. A check of kind metrics reads it, and so does a
Prometheus server. It runs until it is interrupted.`,
		Example: `  crosstalk agent --listen 127.0.0.1:9111
  AGENT_TOKEN=... crosstalk agent --listen 10.0.0.5:9111 --token-env AGENT_TOKEN`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			token := ""
			if tokenEnv != "" {
				if token = os.Getenv(tokenEnv); token == "" {
					return usage(fmt.Errorf("the environment has no %s: set it to the token that readers must send", tokenEnv))
				}
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			var lc net.ListenConfig
			l, err := lc.Listen(ctx, "tcp", listen)
			if err != nil {
				return usage(fmt.Errorf("listen on %s: %w", listen, err))
			}
			if warning := agentWarning(l.Addr(), token != ""); warning != "" {
				fmt.Fprintln(c.ErrOrStderr(), warning)
			}
			return serveAgent(ctx, l, token, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:9111", "address to serve on, host:port")
	c.Flags().StringVar(&tokenEnv, "token-env", "", "name of the environment variable that holds the bearer token readers must send")
	return c
}

// serveAgent serves until ctx ends; then it lets the requests that run come to
// their end. It closes l.
func serveAgent(ctx context.Context, l net.Listener, token string, say io.Writer) error {
	handler, err := agentHandler(token)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: agentRequest,
		ReadTimeout:       agentRequest,
		WriteTimeout:      2 * agentRequest,
		IdleTimeout:       agentIdle,
		MaxHeaderBytes:    16 << 10,
	}
	fmt.Fprintf(say, "This host's vitals are on http://%s/metrics. Ctrl+C ends it.\n", l.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve vitals: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), agentFarewell)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		// Whoever still reads has had the time to.
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve vitals: %w", err)
	}
	return nil
}

// agentHandler serves /metrics, to those who know the token when there is one.
func agentHandler(token string) (http.Handler, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(monitors.Collector()); err != nil {
		return nil, fmt.Errorf("set up the vitals: %w", err)
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "crosstalk_build_info", Help: "1, with the version of the agent.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	if err := registry.Register(build); err != nil {
		return nil, fmt.Errorf("set up the vitals: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		// One vital sign that is wrong must not hide the others.
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: agentAtOnce, Timeout: agentRequest,
	}))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "crosstalk agent "+version+": see /metrics\n")
	})
	if token == "" {
		return mux, nil
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		// Of equal length whatever was sent, so that the time tells nothing of it.
		got := sha256.Sum256([]byte(strings.TrimSpace(sent)))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="crosstalk agent"`)
			http.Error(w, "this agent wants a bearer token", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// agentWarning says who may read the vitals when the address is not only this
// machine's own; empty when it is.
func agentWarning(address net.Addr, token bool) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return ""
	}
	warning := fmt.Sprintf("Warning: %s is not a loopback address. This host's vitals can be read from the network on %s", tcp, interfaceOf(tcp.IP))
	if !token {
		return warning + " by anyone who reaches it: --token-env makes readers send a token."
	}
	return warning + ", and the token travels unencrypted."
}

// interfaceOf names the interfaces that have an address; for an unspecified one,
// all but loopback.
func interfaceOf(ip net.IP) string {
	all, err := net.Interfaces()
	if err != nil {
		return "an interface that cannot be named"
	}
	var names []string
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addresses {
			n, ok := a.(*net.IPNet)
			if ok && (n.IP.Equal(ip) || ip.IsUnspecified() && !n.IP.IsLoopback()) {
				names = append(names, i.Name)
				break
			}
		}
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, ", ")
	case ip.IsUnspecified():
		return "every interface"
	}
	return "an interface that cannot be named"
}
