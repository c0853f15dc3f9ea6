package monitors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"time"
)

// gaugesEvery is how old the number of connections and the lag may become. They
// are read along with probes on fresh connections, whose extra time is known
// and taken off, and otherwise only when they are older than this.
const gaugesEvery = 10 * time.Second

// workEvery is how often a server is asked at most what it has done; that question takes
// the place of the constant one. A little less than the half second of a link check.
const workEvery = 450 * time.Millisecond

// DatabaseOptions describes a check of a database server. Env, Name, DSN and
// Every are needed.
type DatabaseOptions struct {
	Env     string        // role of the environment
	Name    string        // unique within the environment
	DSN     string        // in the form of the kind; a secret, which nothing here repeats
	Every   time.Duration // period
	Timeout time.Duration // 0: DefaultTimeout
	Slow    bool          // slow evidence

	// Connections is the share of the server's maximum, above 0 up to 1, that may
	// be in use; more warns. 0: no limit.
	Connections float64
	// Lag is how far replication may be behind; more warns. 0: no limit, and the
	// lag is not asked for.
	Lag time.Duration
}

// gauges are what a server tells of itself. NaN is not known.
type gauges struct {
	used, most float64 // connections
	lag        float64 // seconds
	usedWhy    string  // why the connections are not known
	lagWhy     string  // why the lag is not known
}

func unknownGauges(why string) gauges {
	return gauges{used: math.NaN(), most: math.NaN(), lag: math.NaN(), usedWhy: why, lagWhy: why}
}

// share returns the connections in use in percent of the maximum.
func (g gauges) share() float64 {
	if !(g.most > 0) {
		return math.NaN()
	}
	return 100 * g.used / g.most
}

// session is one open connection to a database server.
type session interface {
	// read asks for a constant, or what is as cheap.
	read(ctx context.Context) error
	// work asks what the server has done since it began, for all its clients, in one
	// round trip. NaN: it does not tell, or not to us.
	work(ctx context.Context) (float64, error)
	// gauges asks for the connections and, when lag is set, for the lag. What the
	// server refuses to tell is not known; an error means that the connection
	// cannot be used any more.
	gauges(ctx context.Context, lag bool) (gauges, error)
	close()
}

// database asks one server. Only one probe runs at a time, so it needs no lock;
// Close is called when none runs any more.
type database struct {
	DatabaseOptions
	open  func(ctx context.Context) (session, error)
	fail  func(err error) (Result, bool) // words an error of the kind's own
	kept  session                        // nil: none is open
	known gauges
	at    time.Time // of known

	counted time.Time // when the probe began in which it last told what it has done
	silent  time.Time // when the probe began in which it did not tell that; zero: it told when asked last
}

// newDatabase makes the check around a way to open a connection.
func newDatabase(o DatabaseOptions, kind, address string, open func(context.Context) (session, error), fail func(error) (Result, bool)) (Check, error) {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Connections < 0 || o.Connections > 1 || math.IsNaN(o.Connections) {
		return Check{}, errors.New("the connections that may be in use are not a share from 0 to 1")
	}
	if o.Lag < 0 {
		return Check{}, errors.New("the lag is negative")
	}
	d := &database{DatabaseOptions: o, open: open, fail: fail, known: unknownGauges("not asked yet")}
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kind, Address: address,
		Every: o.Every, Timeout: o.Timeout, Slow: o.Slow, Counts: true,
		Probe: d.probe, Fresh: d.fresh, Close: d.drop,
	}
	return c, c.complete()
}

func (d *database) drop() {
	if d.kept != nil {
		d.kept.close()
		d.kept = nil
	}
}

// probe asks on the kept connection, and opens it when there is none. One that
// is found broken off is replaced at once: whoever is in between may have
// closed it for being idle. A server that is away refuses the new one, too.
func (d *database) probe(ctx context.Context) Result {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	for {
		reused := d.kept != nil
		if !reused {
			s, err := d.open(ctx)
			if err != nil {
				return d.failure(err)
			}
			d.kept = s
		}
		work, err := d.ask(ctx, d.kept, time.Since(d.at) > gaugesEvery, begun)
		if err == nil {
			return d.judge(work)
		}
		d.drop()
		if r := d.failure(err); !reused || !r.Refused || ctx.Err() != nil {
			return r
		}
	}
}

// workDue tells whether a probe that began then is to ask what the server has done. It
// goes by when probes begin: a far server's answer, or a new connection to it, takes
// so long that the next reading would else be left out. One that did not tell is asked
// again after a while: it may have been busy with something, or have been told to.
func (d *database) workDue(begun time.Time) bool {
	return begun.Sub(d.counted) >= workEvery && begun.Sub(d.silent) >= gaugesEvery
}

// fresh asks on a new connection. What the server has done is asked there as well:
// of a check that asks once a second, every tenth reading would else be missing.
func (d *database) fresh(ctx context.Context) Result {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	s, err := d.open(ctx)
	if err != nil {
		return d.failure(err)
	}
	defer s.close()
	work, err := d.ask(ctx, s, true, begun)
	if err != nil {
		return d.failure(err)
	}
	return d.judge(work)
}

// reading is what a server has done, and when it told that. NaN is not known.
type reading struct {
	done float64
	at   time.Time
}

// ask asks what a probe asks that began then; what the server has done is not known when
// it was not asked that.
func (d *database) ask(ctx context.Context, s session, deep bool, begun time.Time) (work reading, err error) {
	work.done = math.NaN()
	if d.workDue(begun) {
		if work.done, err = s.work(ctx); err == nil {
			work.at = time.Now() // the gauges are still to come
			d.counted, d.silent = begun, time.Time{}
			if math.IsNaN(work.done) {
				d.silent = begun
			}
		}
	} else {
		err = s.read(ctx)
	}
	if err != nil || !deep {
		return work, err
	}
	g, err := s.gauges(ctx, d.Lag > 0)
	if err != nil {
		// What was known is of a moment that has passed.
		d.known = unknownGauges("the server did not tell")
		return work, err
	}
	d.known, d.at = g, time.Now()
	return work, nil
}

// judge words what is known of a server that answered, with what it has done, if
// that is a number.
func (d *database) judge(work reading) Result {
	r := Result{OK: true}
	if !math.IsNaN(work.done) {
		r.Work, r.Worked, r.WorkedAt = finite(work.done), true, work.at
	}
	var warn []string
	share := d.known.share()
	switch {
	case !math.IsNaN(share):
		r.Measured, r.Value, r.Unit = true, finite(share), "%"
		if d.Connections > 0 && share > 100*d.Connections {
			warn = append(warn, fmt.Sprintf("%s of %s connections in use, limit %s",
				quantity(d.known.used, ""), quantity(d.known.most, ""), quantity(100*d.Connections, "%")))
		}
	case d.Connections > 0:
		// A limit was asked for: not to see it must not look like being below it.
		warn = append(warn, "the connections in use are not known: "+d.known.usedWhy)
	}
	switch {
	case d.Lag == 0:
	case math.IsNaN(d.known.lag):
		warn = append(warn, "the replication lag is not known: "+d.known.lagWhy)
	case d.known.lag > d.Lag.Seconds():
		warn = append(warn, fmt.Sprintf("replication is %s behind, limit %s", quantity(d.known.lag, "s"), quantity(d.Lag.Seconds(), "s")))
	}
	r.Warn, r.Reason = len(warn) > 0, strings.Join(warn, "; ")
	return r
}

// failure words an error without repeating its text: drivers put users, data
// bases and addresses into it.
func (d *database) failure(err error) Result {
	if r, ok := d.fail(err); ok {
		return r
	}
	if r, ok := known(err, d.Timeout); ok {
		return r
	}
	return Result{Hard: true, Reason: "the connection failed"}
}

// dsnAddress returns the address of a check; empty for a socket of this machine.
func dsnAddress(host, port string) string {
	if host == "" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return ""
	}
	return net.JoinHostPort(strings.ToLower(host), port)
}

// Reasons that all kinds share.
const (
	reasonNoEntry = "does not let our checks in: are user and password right?"
	reasonFull    = "has no connection left"
)
