package monitors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisQuiet is how long the link from a replica to its master may be silent
// and still count as in touch: a master sends something every 10 s.
const redisQuiet = 11 * time.Second

// Redis makes a check of a Redis server: DBSIZE, which reads no key and costs
// the same however many there are, on a kept connection, one in ten on a new
// one. The DSN is redis://USER:PASSWORD@HOST:6379/0, rediss://..., unix://PATH or
// HOST:6379. The lag is that of this replica's link to its master, or of the
// slowest replica of this master, which tell it to the second.
func Redis(o DatabaseOptions) (Check, error) {
	fail := func(err error) (Check, error) {
		return Check{}, fmt.Errorf("make redis check %s of %s: %w", o.Name, o.Env, err)
	}
	options, err := parseRedis(o.DSN)
	if err != nil {
		// The error may repeat the DSN.
		return fail(errors.New("its DSN cannot be read: write redis://USER:PASSWORD@HOST:6379/0"))
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	// The library logs to stderr, where the screen is, and only for all of the
	// program at once.
	logging.Disable()
	// One connection, no second try and nothing on the side: a check must see the
	// first failure, and must not be more of a client than it says.
	options.MaxRetries, options.DialerRetries = -1, 1
	options.PoolSize, options.MinIdleConns, options.MaxIdleConns = 1, 0, 1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = timeout, timeout, timeout, timeout
	options.ContextTimeoutEnabled = true
	options.Protocol, options.DisableIdentity = 2, true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	address := ""
	if options.Network != "unix" {
		host, port, err := net.SplitHostPort(options.Addr)
		if err != nil {
			return fail(errors.New("its DSN names no host and port"))
		}
		address = dsnAddress(host, port)
	}
	open := func(context.Context) (session, error) {
		// It connects when it is asked something.
		own := *options
		return &redisSession{client: redis.NewClient(&own)}, nil
	}
	c, err := newDatabase(o, kindRedis, address, open, redisFailure)
	if err != nil {
		return fail(err)
	}
	return c, nil
}

func parseRedis(dsn string) (*redis.Options, error) {
	if !strings.Contains(dsn, "://") {
		dsn = "redis://" + dsn
	}
	o, err := redis.ParseURL(dsn)
	if err != nil {
		return nil, fmt.Errorf("read DSN: %w", err)
	}
	return o, nil
}

type redisSession struct{ client *redis.Client }

func (s *redisSession) read(ctx context.Context) error {
	if err := s.client.DBSize(ctx).Err(); err != nil {
		return fmt.Errorf("ask redis: %w", err)
	}
	return nil
}

func (s *redisSession) work(ctx context.Context) (float64, error) {
	info, err := s.info(ctx, "stats")
	if err != nil {
		return math.NaN(), err
	}
	done := number64(info["total_commands_processed"])
	if math.IsNaN(done) {
		return done, s.read(ctx) // a refusal says nothing of how the server is
	}
	return done, nil
}

func (s *redisSession) gauges(ctx context.Context, lag bool) (gauges, error) {
	g := unknownGauges("the server did not tell")
	info, err := s.info(ctx, "clients")
	if err != nil {
		return g, err
	}
	g.used = number64(info["connected_clients"])
	// Redis tells its maximum since 7.0; before, its configuration does, where
	// that may be read.
	if g.most = number64(info["maxclients"]); math.IsNaN(g.most) {
		config, err := s.client.ConfigGet(ctx, "maxclients").Result()
		if err = unlessRefused(err); err != nil {
			return g, err
		}
		g.most = number64(config["maxclients"])
	}
	if !lag {
		return g, nil
	}
	if info, err = s.info(ctx, "replication"); err != nil {
		return g, err
	}
	g.lag, g.lagWhy = redisLag(info)
	return g, nil
}

func (s *redisSession) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := s.client.Info(ctx, section).Result()
	if err = unlessRefused(err); err != nil {
		return nil, err
	}
	return parseInfo(text), nil
}

// unlessRefused drops an answer that says no: then nothing is known.
func unlessRefused(err error) error {
	if err == nil || is[redis.Error](err) {
		return nil
	}
	return fmt.Errorf("ask redis: %w", err)
}

func (s *redisSession) close() { _ = s.client.Close() }

// parseInfo reads the answer to INFO: lines of key:value.
func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(key, "#") {
			info[key] = value
		}
	}
	return info
}

// redisLag returns the lag in seconds, or NaN and why it is not known.
func redisLag(info map[string]string) (lag float64, why string) {
	switch info["role"] {
	case "slave":
		if info["master_link_status"] != "up" {
			down := number64(info["master_link_down_since_seconds"])
			if !(down >= 0) {
				return math.NaN(), "the replica has not reached its master yet"
			}
			return down, ""
		}
		silent := number64(info["master_last_io_seconds_ago"])
		if silent >= 0 && silent <= redisQuiet.Seconds() {
			return 0, ""
		}
		if !(silent >= 0) {
			return math.NaN(), "the replica does not tell"
		}
		return silent, ""
	case "master":
		lag, seen := 0.0, false
		for n := 0; ; n++ {
			line, ok := info["slave"+strconv.Itoa(n)]
			if !ok {
				break
			}
			one := math.NaN()
			for part := range strings.SplitSeq(line, ",") {
				if text, ok := strings.CutPrefix(part, "lag="); ok && strings.Contains(line, "state=online") {
					one = number64(text)
				}
			}
			// A replica acknowledges once a second: up to 1 is none.
			if one >= 0 && one <= 1 {
				one = 0
			}
			lag, seen = max(lag, one), true
		}
		if !seen {
			return math.NaN(), "no replica is connected"
		}
		if !(lag >= 0) {
			return math.NaN(), "a replica is not in step yet"
		}
		return lag, ""
	}
	return math.NaN(), "the server did not tell"
}

// redisFailure words what a server says when it refuses.
func redisFailure(err error) (Result, bool) {
	refused, ok := errors.AsType[redis.Error](err)
	if !ok {
		return Result{}, false
	}
	word, rest, _ := strings.Cut(refused.Error(), " ")
	switch word {
	case "NOAUTH", "WRONGPASS":
		return Result{Blind: true, Reason: reasonNoEntry}, true
	case "NOPERM":
		return Result{Blind: true, Reason: "does not let our checks read (DBSIZE, INFO)"}, true
	case "LOADING":
		return Result{Hard: true, Reason: "is loading its data"}, true
	case "ERR":
		switch {
		case strings.Contains(rest, "max number of clients"):
			return Result{Hard: true, Reason: reasonFull}, true
		case strings.Contains(rest, "AUTH"), strings.Contains(rest, "password"):
			return Result{Blind: true, Reason: reasonNoEntry}, true
		}
	}
	if strings.ToUpper(word) != word {
		word = "ERR"
	}
	return Result{Hard: true, Reason: "answered with error " + plain(word)}, true
}
