package locust

import (
	"context"
	"net/http"
	"strconv"
)

// permit is one heartbeat: what the fleet may do for the next TTL seconds.
type permit struct {
	Session   string   `json:"session"`
	Epoch     int64    `json:"epoch"`
	TTL       float64  `json:"ttl"`
	Order     int      `json:"order"` // users that the dial wants now: the master holds everybody to it
	Users     int      `json:"users"` // the hard cap of the whole fleet
	RPS       float64  `json:"rps"`   // at most over the whole fleet; 0: no such cap
	Hosts     []string `json:"hosts"` // host:port
	Forbidden []string `json:"forbidden"`
	Level     int      `json:"level"` // that requests sent from now on belong to
	Held      bool     `json:"held"`  // as many run as are asked for
}

// halt ends an epoch for good.
type halt struct {
	Session string `json:"session"`
	Epoch   int64  `json:"epoch"`
	Why     string `json:"why,omitempty"`
}

// state is what the plug-in knows of the fleet.
type state struct {
	Protocol int      `json:"protocol"`
	Version  string   `json:"version"`
	State    string   `json:"state"`
	Shape    bool     `json:"shape"`
	Target   int      `json:"target"` // users that the master sends out: the newest order, or what a loss has left of it
	Users    int      `json:"users"`
	Waiting  int      `json:"waiting"` // users of the order who are spawned when others have left
	InFlight int      `json:"in_flight"`
	Claimed  bool     `json:"claimed"` // some session's permits are obeyed
	Epoch    int64    `json:"epoch"`
	Shut     int64    `json:"shut"` // the newest epoch that is over
	Why      string   `json:"why"`
	Session  string   `json:"session"` // that the permit is of
	Hands    int      `json:"hands"`   // how often somebody else set or stopped users
	Hand     hand     `json:"hand"`    // the last of these
	Workers  []worker `json:"workers"`
}

// hand is what somebody else did in Locust itself.
type hand struct {
	What  string `json:"what"`  // "swarm", "stop", or "end" where it was Locust
	Users int    `json:"users"` // that were asked for
}

type worker struct {
	ID        string            `json:"id"`
	State     string            `json:"state"`
	CPU       float64           `json:"cpu"` // percent of one core
	Guarded   bool              `json:"guarded"`
	Protocol  int               `json:"protocol"` // of its plug-in; 0: it has told of none
	Fit       bool              `json:"fit"`      // it holds the session's permit
	Users     int               `json:"users"`
	Idle      float64           `json:"idle"`      // seconds since it sent last, or a request or user of it ended, by its own clock
	Cancelled uint64            `json:"cancelled"` // requests taken back in flight, since it began
	Shut      int64             `json:"shut"`
	Refused   map[string]uint64 `json:"refused"` // host: requests that were not sent there
}

func (w worker) here() bool { return w.State != "missing" && w.State != "stopped" && w.State != "gone" }

// stats is what has ended since the run began, cumulative.
type stats struct {
	Session string // that it is of, as the plug-in counts; such rows are only those with news
	Seq     uint64
	State   string
	Users   int
	Rows    []row
	Errors  []failure
	Workers []worker
	RPS     float64 // as Locust says it, where there are no histograms
	P50     float64 // milliseconds over about 10 s, the same
	P95     float64
}

// row is one step: a method and a name, of one level where the plug-in counts.
type row struct {
	Level    int               `json:"level"`
	Held     bool              `json:"held"`
	Method   string            `json:"method"`
	Name     string            `json:"name"`
	Requests uint64            `json:"requests"`
	Failures uint64            `json:"failures"`
	Times    map[string]uint64 `json:"times"`  // milliseconds, rounded to two digits: requests
	Errors   map[string]uint64 `json:"errors"` // text: requests
}

type failure struct {
	Method string `json:"method"`
	Name   string `json:"name"`
	Error  string `json:"error"`
	Count  uint64 `json:"count"`
}

// detailed asks the plug-in: exact counts with histograms, by level, of what has
// changed since an earlier answer.
func (c *client) detailed(ctx context.Context, since uint64) (*stats, error) {
	var a struct {
		Session string `json:"session"`
		Seq     uint64 `json:"seq"`
		Rows    []row  `json:"rows"`
	}
	if err := c.call(ctx, http.MethodGet, "/crosstalk/stats?since="+strconv.FormatUint(since, 10), "", nil, &a); err != nil {
		return nil, err
	}
	return &stats{Session: a.Session, Seq: a.Seq, Rows: a.Rows}, nil
}

// plain asks any master. Names of fields changed over Locust's versions; what
// is read here is in all of them from 2.12 on: see the notes at each field.
func (c *client) plain(ctx context.Context) (*stats, error) {
	var a struct {
		State string `json:"state"`
		Users int    `json:"user_count"`
		Nodes []struct {
			ID    string  `json:"id"`
			State string  `json:"state"`
			Users int     `json:"user_count"`
			CPU   float64 `json:"cpu_usage"`
		} `json:"workers"`
		Stats []struct {
			Method   string  `json:"method"`
			Name     string  `json:"name"`
			Requests uint64  `json:"num_requests"`
			Failures uint64  `json:"num_failures"`
			RPS      float64 `json:"current_rps"`
		} `json:"stats"`
		Errors []struct {
			Method string `json:"method"`
			Name   string `json:"name"`
			Error  string `json:"error"`
			Count  uint64 `json:"occurrences"`
		} `json:"errors"`
		// To 2.14 by number, from 2.15 by place, from 2.20 by name.
		P50  *float64           `json:"current_response_time_percentile_50"`
		P95  *float64           `json:"current_response_time_percentile_95"`
		One  *float64           `json:"current_response_time_percentile_1"`
		Two  *float64           `json:"current_response_time_percentile_2"`
		Many map[string]float64 `json:"current_response_time_percentiles"`
	}
	if err := c.call(ctx, http.MethodGet, "/stats/requests", "", nil, &a); err != nil {
		return nil, err
	}
	s := &stats{State: a.State, Users: a.Users, P50: a.Many["response_time_percentile_0.5"], P95: a.Many["response_time_percentile_0.95"]}
	for _, p := range []struct {
		from *float64
		to   *float64
	}{{a.One, &s.P50}, {a.Two, &s.P95}, {a.P50, &s.P50}, {a.P95, &s.P95}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	for _, r := range a.Stats {
		// The sum of all rows. The top's own rate became the whole run's mean in 2.43.
		if r.Name == "Aggregated" {
			s.RPS = r.RPS
			continue
		}
		s.Rows = append(s.Rows, row{Method: r.Method, Name: r.Name, Requests: r.Requests, Failures: r.Failures})
	}
	for _, e := range a.Errors {
		s.Errors = append(s.Errors, failure(e))
	}
	for _, n := range a.Nodes {
		s.Workers = append(s.Workers, worker{ID: n.ID, State: n.State, Users: n.Users, CPU: n.CPU})
	}
	if a.Nodes == nil && a.State == "" {
		return nil, &refused{code: http.StatusOK, text: "this is not Locust's /stats/requests"}
	}
	return s, nil
}

// mostMS bounds what is believed of an answer's time: a day.
const mostMS = 24 * 60 * 60 * 1000

// milliseconds reads a key of a histogram; what is no number counts as 0.
func milliseconds(key string) float64 {
	ms, err := strconv.ParseFloat(key, 64)
	if err != nil || !(ms >= 0) {
		return 0
	}
	return min(ms, mostMS)
}
