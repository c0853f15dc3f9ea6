package identity

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// compareRedis listens on one server and publishes on the other, both ways
// around: a replica passes on what is published on its master.
func compareRedis(ctx context.Context, o Options, f Finding, a, b store) []Finding {
	x, y := a.(*redisStore), b.(*redisStore)
	// Two that stand alone, by their own word, pass nothing on.
	alone := x.facts.alone() && y.facts.alone()
	there := x.witness(ctx, y, alone)
	back := false
	if !there.heard {
		again := y.witness(ctx, x, alone)
		back = again.heard
		if back || there.trouble != nil {
			there = again
		}
	}
	if one := x.facts.runID != "" && x.facts.runID == y.facts.runID; there.heard && !there.seen && !one {
		return []Finding{f.answer(questionReplica, DataLink, "What is published on %s arrives on %s, though nobody there was counted: one copies from the other, or both are of one cluster.", pick(back, "production", "staging"), pick(back, "staging", "production"))}
	}
	return judgeRedis(ctx, o, f, &x.facts, &y.facts, there.sighting)
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// hearing is the outcome of a message: seen is that the publishing server counted
// the listener, heard that it arrived.
type hearing struct {
	sighting
	heard bool
}

// witness listens on the other server to a channel that nobody else knows, and
// publishes to it here.
func (s *redisStore) witness(ctx context.Context, other *redisStore, alone bool) hearing {
	ctx, cancel := context.WithTimeout(ctx, s.limit+other.limit)
	defer cancel()
	channel, message := "crosstalk-"+random(16), random(16)
	own := *other.options
	own.ReadTimeout = -1 // the context's is meant
	listener := redis.NewClient(&own)
	defer listener.Close()
	listening := listener.Subscribe(ctx, channel)
	defer listening.Close()
	if _, err := listening.ReceiveTimeout(ctx, s.limit); err != nil {
		return hearing{sighting: sighting{trouble: redisTrouble(err, s.limit)}}
	}
	receivers, counted, err := s.publish(ctx, channel, message)
	switch {
	case err != nil:
		return hearing{sighting: sighting{trouble: redisTrouble(err, s.limit)}}
	case !receivers && alone:
		return hearing{}
	}
	wait := passing
	if counted {
		wait = other.limit
	}
	got, err := listening.ReceiveTimeout(ctx, wait)
	m, isMessage := got.(*redis.Message)
	heard := err == nil && isMessage && m.Payload == message
	if counted && !heard {
		return hearing{sighting: sighting{trouble: &trouble{"a listener was counted on one, and yet the message did not arrive on the other", "run the check again"}}}
	}
	return hearing{sighting{seen: counted}, heard}
}

// publish sends the message to the channel. It returns whether anybody received
// it, and whether a listener was counted who is there for this channel alone: who
// listens to a pattern, as many applications do to every channel, is counted on a
// channel that nobody knows, too. Asked before and after, so that one who comes or
// goes between is not taken for ours.
func (s *redisStore) publish(ctx context.Context, channel, message string) (received, counted bool, err error) {
	err = s.with(ctx, func(ctx context.Context, c *redis.Client) error {
		before, err := c.Publish(ctx, channel, message).Result()
		if err != nil || before == 0 {
			return err //nolint:wrapcheck // worded by the caller
		}
		received = true
		base, err := c.Publish(ctx, "crosstalk-"+random(16), message).Result()
		if err != nil {
			return err //nolint:wrapcheck // worded by the caller
		}
		after, err := c.Publish(ctx, channel, message).Result()
		counted = min(before, after) > base
		return err //nolint:wrapcheck // worded by the caller
	})
	return received, counted, err
}

// passing is how long a message may take from a master to its replica.
const passing = time.Second
