package identity

import (
	"context"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pace is how two servers with one Galera state were seen to go on.
type pace uint8

const (
	paceUnknown  pace = iota // nobody looked, or it was not told
	paceStill                // as two members of one view they stood at one place, and little was seen to be written
	paceTogether             // what was written on either was on both at once, three times
	paceApart                // one did not come to where the other was
)

// galeraStep is where a node stands at one moment.
type galeraStep struct {
	view  string // number of the change of members
	index string // of the node among them
	at    int64  // how far it has come in what the cluster writes
}

func (s *mysqlStore) step(ctx context.Context) (galeraStep, bool) {
	rows, _ := s.rows(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_last_committed', 'wsrep_cluster_conf_id', 'wsrep_local_index')")
	got := galeraStep{at: -1}
	for _, r := range rows {
		switch value := r["value"]; strings.ToLower(r["variable_name"]) {
		case "wsrep_last_committed":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				got.at = n
			}
		case "wsrep_cluster_conf_id":
			got.view = value
		case "wsrep_local_index":
			got.index = value
		}
	}
	return got, got.at >= 0 && got.view != "" && got.index != ""
}

// moment is within how long what is written on one node of a cluster is on the others.
const moment = 500 * time.Millisecond

// paceOf watches two nodes for as long as limit, and begins no round that would not
// end by then. A cluster has one order of writing, so that each node comes to where
// the other is within a moment; a copy of it has gone its own way. That both stand
// still at one place is less: two copies may. An answer that takes longer than a moment
// tells nothing of this, and ends the watch; it is waited for, as a driver that is not
// to wait ends the connection, which the next pair needs.
func paceOf(ctx context.Context, limit time.Duration, a, b func(context.Context) (galeraStep, bool)) pace {
	began, tick := time.Now(), time.NewTicker(100*time.Millisecond)
	defer tick.Stop()
	moved, longest := 0, time.Duration(0)
	for lastA, lastB := int64(math.MaxInt64), int64(math.MaxInt64); ; {
		round := time.Now()
		x, ok := a(ctx)
		if !ok || time.Since(round) > moment {
			return paceUnknown
		}
		y, p := comesTo(ctx, x, b)
		if p != paceTogether {
			return p
		}
		z, p := comesTo(ctx, y, a)
		if p != paceTogether {
			return p
		}
		// One has passed where the other was, and the other has come there, too.
		if x.at > lastB || y.at > lastA {
			moved++
		}
		if lastA, lastB = z.at, y.at; moved == 3 {
			return paceTogether
		}
		if longest = max(longest, time.Since(round)); time.Since(began)+longest >= limit {
			return paceStill
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return paceUnknown
		}
	}
}

// comesTo waits a moment for another member of the same view to be at least as far as
// the step. An answer after it does not say when the node came there, and a first one
// not even that it was behind.
func comesTo(ctx context.Context, to galeraStep, other func(context.Context) (galeraStep, bool)) (galeraStep, pace) {
	began, tick := time.Now(), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for first := true; first || time.Since(began) < moment; first = false {
		got, ok := other(ctx)
		late, there := time.Since(began) > moment, got.view == to.view && got.at >= to.at
		switch {
		case !ok, late && (first || there):
			return got, paceUnknown
		case got.index == to.index: // within one cluster every node has its own
			return got, paceApart
		case there:
			return got, paceTogether
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return got, paceUnknown
		}
	}
	return galeraStep{}, paceApart
}

// galeraPaces remembers of which nodes the pace was seen: many DSNs lead to few of them.
type galeraPaces []galeraPair

type galeraPair struct {
	a, b *mysqlFacts
	pace pace
}

// of returns the pace of two nodes, which are watched unless they were before. That
// one could not be seen is not remembered: it may be due to one connection.
func (g *galeraPaces) of(a, b *mysqlFacts, watch func() pace) pace {
	for _, seen := range *g {
		if seen.a.sameNode(a) && seen.b.sameNode(b) || seen.a.sameNode(b) && seen.b.sameNode(a) {
			return seen.pace
		}
	}
	p := watch()
	if p != paceUnknown {
		*g = append(*g, galeraPair{a, b, p})
	}
	return p
}

// sameNode says that two connections through one address lead to one node, by all that
// it says of itself.
func (f *mysqlFacts) sameNode(g *mysqlFacts) bool {
	return f.writer == nil && g.writer == nil && f.calls(g) && f.sameStart(g) && f.galera == g.galera && slices.Equal(f.addrs, g.addrs)
}

// oneGalera says that two servers have one Galera state: they are nodes of one
// cluster, or one cluster is a copy of the other.
func oneGalera(a, b *mysqlFacts) bool {
	const nobody = "00000000-0000-0000-0000-000000000000"
	return a.galera != "" && a.galera != nobody && a.galera == b.galera
}

// judgeGalera is about two servers with one Galera state.
func judgeGalera(f Finding, a, b *mysqlFacts, p pace) Finding {
	if node := member(a, b); node != "" {
		return f.answer(questionReplica, DataLink, "Both are nodes of one Galera cluster, of which %s is a member.", clean(node))
	}
	if p == paceTogether {
		return f.answer(questionReplica, DataLink, "Both are nodes of one Galera cluster: three times in a row what was written on either was on both within a moment.")
	}
	if at, ok := front(a, b); ok && p == paceStill {
		return f.answer(questionReplica, DataLink, "Both are nodes of one Galera cluster: behind %s they stand at one place of one state, as two members of one view.", at)
	}
	// Restored from disks into a network that is built alike, it keeps state and addresses.
	var g Finding
	if p == paceApart {
		g = f.answer(questionReplica, Unknown, "Both have the Galera state %s, but one does not come to where the other is: a copy of the cluster, or a node that lags behind.", clean(a.galera))
		g.Answer = "ask their owner whether the two clusters are one"
		return g
	}
	g = f.answer(questionReplica, Unknown, "Both have the Galera state %s, and no member that is one machine for certain: one cluster, or a copy of it.", clean(a.galera))
	g.Answer = "run the check while staging or production is in use, which shows whether they write as one, or ask their owner whether the two clusters are one"
	return g
}

// front returns the one address that both are reached at.
func front(a, b *mysqlFacts) (netip.AddrPort, bool) {
	for _, at := range a.addrs {
		if slices.Contains(b.addrs, at) {
			return at, true
		}
	}
	return netip.AddrPort{}, false
}

// member returns a node that both Galera clusters name and that is one machine for
// certain; "": there is none. It is one by an address that is the same everywhere, or
// if each names both at the addresses that we reach them at, so that they are of the
// one network that we are in.
func member(a, b *mysqlFacts) string {
	var both []string
	for _, node := range a.galeraNodes {
		if node = strings.TrimSpace(node); slices.ContainsFunc(b.galeraNodes, func(other string) bool { return strings.TrimSpace(other) == node }) {
			both = append(both, node)
		}
	}
	for _, node := range both {
		// AUTO is what MariaDB says instead of an address.
		if host, port, err := net.SplitHostPort(node); err == nil && !strings.EqualFold(host, "AUTO") && (endpoint{host, port}).everywhere() {
			return node
		}
	}
	reached := func(f *mysqlFacts) string {
		for _, at := range f.addrs {
			if slices.Contains(both, at.String()) && !at.Addr().IsLoopback() {
				return at.String()
			}
		}
		return ""
	}
	if x, y := reached(a), reached(b); x != "" && y != "" && x != y {
		return x
	}
	return ""
}
