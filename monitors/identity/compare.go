package identity

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// mostDSNs is how many data stores of one environment are asked.
const mostDSNs = 16

// trouble is why a question has no answer, and what would answer it.
type trouble struct{ why, remedy string }

// store is an open data store of one environment.
type store interface {
	// where returns where it stands.
	where() where
	close()
}

// kind is how the servers of one system are asked.
type kind struct {
	name    string
	open    func(context.Context, Options, Place) (store, *trouble)
	compare func(ctx context.Context, o Options, f Finding, a, b store) []Finding
}

var kinds = map[string]kind{
	systemPostgres: {"PostgreSQL", openPostgres, comparePostgres},
	systemMySQL:    {"MySQL or MariaDB", openMySQL, compareMySQL},
	systemRedis:    {"Redis or Valkey", openRedis, compareRedis},
	systemSQLite:   {"SQLite", openSQLite, compareSQLite},
}

// node is one data store of a list: where it is, and either what is open or why
// it is not.
type node struct {
	role    string // staging or production
	number  int    // in its list, from 1
	place   Place
	known   bool // the DSN could be read
	where   where
	store   store
	trouble *trouble
}

// Compare asks the data stores of two environments what they have in common.
// Every DSN of staging is compared with every DSN of production that is of the
// same system; PostgreSQL, MySQL and MariaDB, Redis and Valkey, and SQLite can
// be asked, of others the addresses are compared. Up to 16 of each list are
// asked. Whatever goes wrong is a finding: Unknown, with the reason and what
// would help. The DSNs are secrets; nothing of a Result repeats more of them
// than hosts, ports and names of databases.
func Compare(ctx context.Context, staging, production []string, o Options) Result {
	o = o.complete()
	nodes := [2][]*node{}
	var findings []Finding
	for i, list := range [2][]string{staging, production} {
		role := [2]string{"staging", "production"}[i]
		for n, dsn := range list {
			if n == mostDSNs {
				findings = append(findings, Finding{System: "config", Question: "Are there other data stores?",
					Evidence: fmt.Sprintf("Only the first %d of %d DSNs of %s were asked.", mostDSNs, len(list), role), Answer: "run the check again with the others"})
				break
			}
			nodes[i] = append(nodes[i], &node{role: role, number: n + 1})
			nodes[i][n].read(dsn)
		}
	}
	var all sync.WaitGroup
	for _, list := range nodes {
		for _, n := range list {
			if n.known {
				all.Go(func() { n.reach(ctx, o) })
			}
		}
	}
	all.Wait()
	for _, list := range nodes {
		for _, n := range list {
			if n.store != nil {
				defer n.store.close()
			}
			if n.trouble != nil {
				findings = append(findings, n.unanswered())
			}
		}
	}
	for _, a := range nodes[0] {
		for _, b := range nodes[1] {
			findings = append(findings, comparePair(ctx, o, a, b)...)
		}
	}
	return Conclude(append(findings, alone(nodes[0], nodes[1])...)...)
}

func (n *node) read(dsn string) {
	place, err := ParseDSN(dsn)
	if err != nil {
		n.trouble = &trouble{"it cannot be read", "write postgres://USER:PASSWORD@HOST:5432/DB, mysql://USER:PASSWORD@HOST:3306/DB, redis://USER:PASSWORD@HOST:6379/0 or sqlite:PATH"}
		return
	}
	n.place, n.known = place, true
}

// reach opens the store and finds its addresses.
func (n *node) reach(ctx context.Context, o Options) {
	n.where = where{hosts: n.place.Hosts}
	k, ok := kinds[n.place.System]
	if !ok {
		n.trouble = &trouble{"this program cannot ask servers of this kind", "ask whoever runs it whether the two environments share it"}
	} else if n.place.dsn == nil && n.place.Path != "" {
		n.trouble = &trouble{"it leads by a socket or a library of its own, which no driver here knows", "give a DSN with the address at which it, or its proxy, is reached from here"}
	} else if n.place.dsn == nil {
		n.trouble = &trouble{"no driver here reads this form of DSN", "write it as a URL"}
	} else {
		n.store, n.trouble = k.open(ctx, o, n.place)
	}
	if n.store != nil {
		n.where = n.store.where()
	} else {
		n.where.addrs = lookup(ctx, o, n.place.Hosts)
	}
}

func (n *node) unanswered() Finding {
	f := Finding{System: n.place.System, Question: "Can it be asked?", Answer: n.trouble.remedy}
	what := "The DSN"
	if n.number > 1 {
		what = fmt.Sprintf("DSN %d", n.number)
	}
	f.Evidence = fmt.Sprintf("%s of %s: %s.", what, n.role, n.trouble.why)
	if !n.known {
		f.System = "config"
		return f
	}
	if n.role == "staging" {
		f.Staging = n.place.String()
	} else {
		f.Production = n.place.String()
	}
	return f
}

func comparePair(ctx context.Context, o Options, a, b *node) []Finding {
	if !a.known || !b.known {
		return nil
	}
	f := Finding{System: a.place.System, Staging: a.place.String(), Production: b.place.String()}
	var findings []Finding
	settled := false
	if a.place.System != b.place.System {
		f.System = a.place.System + " and " + b.place.System
		settled = true
	} else if a.store != nil && b.store != nil {
		findings = kinds[a.place.System].compare(ctx, o, f, a.store, b.store)
		for _, g := range findings {
			if g.Verdict == SameInstance {
				return findings
			}
			settled = settled || g.Question == questionOne && g.Verdict != Unknown
		}
	}
	if one := a.place.instance(); one != "" && one == b.place.instance() && a.place.System == b.place.System {
		return append(findings, f.answer(questionOne, SameInstance, "Both DSNs lead to the instance %s of Cloud SQL, with %s.", clean(one), schemas(a.place.Database, b.place.Database)))
	}
	answered := 0
	for _, n := range []*node{a, b} {
		if n.store != nil {
			answered++
		}
	}
	near := neighbours(f, a.where, b.where, settled, answered)
	if a.place.System != b.place.System && len(near) > 0 && near[0].Hint {
		return findings
	}
	return append(findings, near...)
}

// questionOne is asked of every pair of the same system first.
const questionOne = "Is it one server?"

const questionBeside = "What does it stand beside?"

// alone tells of data stores that have nothing on the other side to be compared
// with.
func alone(staging, production []*node) []Finding {
	var out []Finding
	lonely := func(list, others []*node, other string) {
		for _, n := range list {
			if !n.known {
				continue
			}
			found := false
			for _, o := range others {
				found = found || o.known && o.place.System == n.place.System
			}
			if found {
				continue
			}
			f := Finding{System: n.place.System, Question: questionBeside}
			f.Evidence = fmt.Sprintf("No %s was named for %s, so there was nothing to compare it with.", nameOf(n.place.System), other)
			f.Answer = "give " + other + "'s DSN of it, or say that " + other + " has none"
			if n.role == "staging" {
				f.Staging = n.place.String()
			} else {
				f.Production = n.place.String()
			}
			out = append(out, f)
		}
	}
	lonely(staging, production, "production")
	lonely(production, staging, "staging")
	if len(staging) == 0 && len(production) == 0 {
		out = append(out, Finding{System: "config", Question: "Which data stores are there?", Evidence: "No DSN was given for either side.",
			Answer: "give --staging-dsn and --production-dsn, or the two sides' settings files"})
	}
	return out
}

func nameOf(system string) string {
	return cmp.Or(kinds[system].name, system)
}

// connectTrouble words why a server could not be reached, never with the text of
// the error: drivers put users and addresses into it.
func connectTrouble(err error, limit time.Duration) *trouble {
	var dns *net.DNSError
	var op *net.OpError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return &trouble{"its host's name does not resolve from here", "run the check from where the name resolves, or give the address"}
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaRefused):
		return &trouble{"nothing listens there: the connection was refused", "check host and port; start the tunnel if there is one"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &trouble{fmt.Sprintf("it did not answer within %v", limit), "check that a firewall lets this machine through, or run the check from a machine that it lets through"}
	case errors.Is(err, context.Canceled):
		return &trouble{"the check was ended before it answered", "run the check again"}
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &verify), errors.As(err, &record):
		return &trouble{"TLS could not be agreed on", "name the certificate authority in the DSN, or give the DSN that the application uses"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return &trouble{"it broke the connection off", "check that the port is that of the server, and whether it wants TLS"}
	case errors.As(err, &op):
		return &trouble{"it could not be reached", "check host and port, and whether this machine has a way there"}
	}
	return &trouble{"it could not be asked", "check the DSN by the server's own client"}
}

// wsaRefused is Windows' own number for a refused connection.
const wsaRefused = syscall.Errno(10061)

// open is a finding for a question that stays open.
func (f Finding) open(question string, t *trouble) Finding {
	f.Question, f.Verdict, f.Evidence, f.Answer = question, Unknown, sentence(t.why), t.remedy
	return f
}

func (f Finding) answer(question string, v Verdict, format string, args ...any) Finding {
	f.Question, f.Verdict, f.Evidence = question, v, fmt.Sprintf(format, args...)
	return f
}

// sentence gives words a capital and a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if last := s[len(s)-1]; last != '.' && last != '?' {
		s += "."
	}
	return s
}
