package identity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisStore is a Redis or Valkey server, and what it told. It has no connection
// of its own between questions: one that waits for messages can ask nothing
// else, and there is to be only one at a time.
type redisStore struct {
	options *redis.Options
	limit   time.Duration
	facts   redisFacts
	peer    atomic.Pointer[netip.AddrPort] // set where the library dials
}

const (
	// A user of the check's own: what is granted here would take from the
	// application's user the channels that it has.
	grantRedis = "a user of the check's own, never the application's: ACL SETUSER crosstalk on '>...' +ping +info +select +publish +subscribe resetchannels &crosstalk-*"
	grantInfo  = "ACL SETUSER <user> +info"
)

func openRedis(ctx context.Context, o Options, p Place) (store, *trouble) {
	options, err := redisOptions(p)
	if err != nil {
		return nil, &trouble{"it cannot be read", "write redis://USER:PASSWORD@HOST:6379/0, or rediss:// for TLS"}
	}
	// The library logs to stderr, where the screen is, and only for all of the
	// program at once.
	logging.Disable()
	options.MaxRetries, options.DialerRetries = -1, 1
	options.PoolSize, options.MinIdleConns, options.MaxIdleConns = 1, 0, 1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = o.Limit, o.Limit, o.Limit, o.Limit
	options.ContextTimeoutEnabled = true
	options.Protocol, options.DisableIdentity = 2, true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	s := &redisStore{options: options, limit: o.Limit}
	s.facts.hosts, s.facts.database = p.Hosts, p.Database
	if options.Network != "unix" {
		dial := redis.NewDialer(options)
		options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err == nil {
				if a, ok := remote(c); ok {
					s.peer.Store(&a)
				}
			}
			return c, err //nolint:wrapcheck // it goes to the library
		}
	}
	if t := s.gather(ctx); t != nil {
		return nil, t
	}
	if a := s.peer.Load(); a != nil {
		s.facts.addrs = append(s.facts.addrs, *a)
	}
	return s, nil
}

func redisOptions(p Place) (*redis.Options, error) {
	options, err := redis.ParseURL(redisDSN(p))
	if err != nil {
		return nil, fmt.Errorf("read DSN: %w", err)
	}
	return options, nil
}

func (s *redisStore) where() where { return s.facts.where }

func (s *redisStore) close() {}

// with runs ask on a connection that exists for it alone.
func (s *redisStore) with(ctx context.Context, ask func(context.Context, *redis.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	own := *s.options
	client := redis.NewClient(&own)
	defer client.Close()
	return ask(ctx, client)
}

// gather asks for everything that needs no second server. A server that lets us
// in but tells nothing is no trouble.
func (s *redisStore) gather(ctx context.Context) *trouble {
	f := &s.facts
	err := s.with(ctx, func(ctx context.Context, c *redis.Client) error {
		if err := c.Ping(ctx).Err(); err != nil && !isDenied(err) {
			return fmt.Errorf("ask redis: %w", err)
		}
		for _, section := range []string{"server", "replication"} {
			text, err := c.Info(ctx, section).Result()
			if refused, ok := errors.AsType[redis.Error](err); ok {
				f.infoTrouble = redisTrouble(refused, s.limit)
				f.infoTrouble.remedy = grantInfo
				return nil
			}
			if err != nil {
				return fmt.Errorf("ask redis: %w", err)
			}
			f.read(text)
		}
		return nil
	})
	if err != nil {
		return redisTrouble(err, s.limit)
	}
	return nil
}

func isDenied(err error) bool {
	refused, ok := errors.AsType[redis.Error](err)
	return ok && strings.HasPrefix(refused.Error(), "NOPERM")
}

// redisTrouble words what a server says when it refuses.
func redisTrouble(err error, limit time.Duration) *trouble {
	refused, ok := errors.AsType[redis.Error](err)
	if !ok {
		return connectTrouble(err, limit)
	}
	word, rest, _ := strings.Cut(refused.Error(), " ")
	switch {
	case word == "NOAUTH", word == "WRONGPASS", word == "ERR" && (strings.Contains(rest, "AUTH") || strings.Contains(rest, "password")):
		return &trouble{"it does not let us in: user or password is wrong", grantRedis}
	case word == "NOPERM":
		return &trouble{"the user lacks a privilege", grantRedis}
	case word == "LOADING":
		return &trouble{"it is loading its data", "run the check again when it is up"}
	case strings.Contains(rest, "max number of clients"):
		return &trouble{"it has no connection left", "run the check when there is one: it needs one of each side"}
	case strings.Contains(rest, "DB index"):
		return &trouble{"it has no database of this number", "check the number behind the host in the DSN"}
	}
	return &trouble{"it answered with an error", "check the DSN by redis-cli"}
}

// redisFacts is what a Redis server tells of itself.
type redisFacts struct {
	where
	database       string
	runID          string
	role           string
	master         endpoint
	replID, replWa string // the present and the former history of its data
	replicas       []endpoint
	told           bool // replication was told
	cluster        bool

	infoTrouble *trouble
}

func (f *redisFacts) alone() bool {
	return f.told && f.role == "master" && len(f.replicas) == 0 && !f.cluster
}

// read takes what it needs of an answer to INFO: lines of key:value.
func (f *redisFacts) read(text string) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		switch key {
		case "run_id":
			f.runID = value
		case "redis_mode":
			f.cluster = value == "cluster"
		case "role":
			f.role, f.told = value, true
		case "master_host":
			f.master.host = value
		case "master_port":
			f.master.port = value
		case "master_replid":
			f.replID = history(value)
		case "master_replid2":
			f.replWa = history(value)
		default:
			if number, isReplica := strings.CutPrefix(key, "slave"); isReplica {
				if _, err := strconv.Atoi(number); err == nil {
					f.replicas = append(f.replicas, replicaOf(value))
				}
			}
		}
	}
}

// history drops the identifier of no history: forty noughts.
func history(id string) string {
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// replicaOf reads ip=10.0.0.1,port=6379,state=online,...
func replicaOf(value string) endpoint {
	var e endpoint
	for part := range strings.SplitSeq(value, ",") {
		switch key, v, _ := strings.Cut(part, "="); key {
		case "ip":
			e.host = v
		case "port":
			e.port = v
		}
	}
	return e
}

func judgeRedis(ctx context.Context, o Options, f Finding, a, b *redisFacts, seen sighting) []Finding {
	if seen.seen && differ(a, b) {
		return []Finding{f.answer(questionReplica, DataLink, "What is published on one arrives on the other, though their run_id differs (%s, %s): both are of one cluster, or behind one proxy.", clean(a.runID), clean(b.runID))}
	}
	if seen.seen {
		return []Finding{f.answer(questionOne, SameInstance, "What is published on one is counted by a listener on the other: it is one server, with %s.", numbers(a.database, b.database))}
	}
	if a.runID != "" && a.runID == b.runID {
		return []Finding{f.answer(questionOne, SameInstance, "Both have the run_id %s: it is one server, with %s.", clean(a.runID), numbers(a.database, b.database))}
	}
	var out []Finding
	switch {
	case a.replID != "" && a.replID == b.replID:
		out = append(out, f.answer(questionReplica, DataLink, "Both have the replication identifier %s: one copies from the other, or both from a third.", clean(a.replID)))
		return out
	case related(a, b) || related(b, a):
		out = append(out, f.answer(questionOne, SameLineage, "One goes on with the replication history %s of the other: it was its replica, or was started from its file.", clean(commonHistory(a, b))))
	case differ(a, b) && seen.trouble == nil:
		out = append(out, f.answer(questionOne, Distinct, "Their run_id differs, and what is published on one is not heard on the other."))
	case differ(a, b):
		out = append(out, f.answer(questionOne, Distinct, "Their run_id differs (%s, %s).", clean(a.runID), clean(b.runID)))
	case seen.trouble == nil:
		out = append(out, f.answer(questionOne, Distinct, "What is published on one is not heard on the other."))
	default:
		t := *seen.trouble
		if a.infoTrouble != nil || b.infoTrouble != nil {
			t.remedy += "; " + grantInfo
		}
		out = append(out, f.open(questionOne, &t))
	}
	return append(out, judgeRedisReplication(ctx, o, f, a, b))
}

// differ says that both servers told what they are, and are two.
func differ(a, b *redisFacts) bool { return a.runID != "" && b.runID != "" && a.runID != b.runID }

func related(a, b *redisFacts) bool {
	return a.replWa != "" && (a.replWa == b.replID || a.replWa == b.replWa)
}

func commonHistory(a, b *redisFacts) string {
	if related(a, b) {
		return a.replWa
	}
	return b.replWa
}

func judgeRedisReplication(ctx context.Context, o Options, f Finding, a, b *redisFacts) Finding {
	var elsewhere []string
	for _, s := range []struct {
		name, other string
		me, peer    *redisFacts
	}{{"Staging", "production", a, b}, {"Production", "staging", b, a}} {
		if s.me.role == "slave" && s.me.master.host != "" {
			if s.me.leads(ctx, o, s.me.master.host, s.me.master.port, s.peer.where) == leadsThere {
				return f.answer(questionReplica, DataLink, "%s is a replica of %s, which is %s.", s.name, s.me.master, s.other)
			}
			elsewhere = append(elsewhere, strings.ToLower(s.name)+" is a replica of "+s.me.master.String())
		}
		for _, r := range s.me.replicas {
			if s.me.leads(ctx, o, r.host, r.port, s.peer.where) == leadsThere {
				return f.answer(questionReplica, DataLink, "%s has the replica %s, which is %s.", s.name, r, s.other)
			}
		}
	}
	if !a.told || !b.told {
		return f.open(questionReplica, &trouble{"INFO does not tell about replication", grantInfo})
	}
	if len(elsewhere) > 0 {
		return f.open(questionReplica, &trouble{several(elsewhere) + ", which cannot be told from the other side", "say which server that is"})
	}
	return f.answer(questionReplica, Distinct, "Neither is a replica, and none has the other as one.")
}

func numbers(a, b string) string {
	if a == b {
		return "one database, number " + clean(a)
	}
	return "the databases number " + clean(a) + " (staging) and " + clean(b) + " (production); keys are apart, load is not"
}
