// Package identity finds out, without any load, what two environments have in
// common: whether their data stores are one server, copies of each other or
// linked, by asking the servers themselves; what their addresses, certificates
// and settings hint at; whether a record made in one shows in the other; and
// what the people who own them say.
//
// Nothing here writes to a server, but for the one record of a dye test. Every
// data store gets one connection at a time, every question a limit of its own
// and one try. No DSN, user or password ends up in an error, a finding or a log.
package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Verdict is what is known about two things of two environments. A greater one
// outweighs a smaller one.
type Verdict uint8

// The verdicts, from the weakest to the strongest.
const (
	// Unknown is the honest default: nothing was asked, or nobody answered.
	Unknown Verdict = iota
	// Distinct is two that are not one, as far as was asked. It never means
	// independent.
	Distinct
	// SameLineage is a copy: a restored backup, a clone of a disk.
	SameLineage
	// SharedNeighbour is two that stand on the same host or behind the same proxy.
	SharedNeighbour
	// DataLink is data that flows from one to the other: replication, a foreign
	// server, a record that travels.
	DataLink
	// SameInstance is one server that both use.
	SameInstance
)

var verdictNames = [...]string{"UNKNOWN", "DISTINCT", "SAME LINEAGE", "SHARED NEIGHBOUR", "DATA LINK", "SAME INSTANCE"}

// String returns the verdict as it is written on screen, in files and in JSON.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict %d", uint8(v))
}

// MarshalText writes the verdict's name; one that does not exist is an error.
func (v Verdict) MarshalText() ([]byte, error) {
	if int(v) >= len(verdictNames) {
		return nil, fmt.Errorf("write verdict: there is no verdict %d", uint8(v))
	}
	return []byte(verdictNames[v]), nil
}

// UnmarshalText reads the verdict's name, in any case.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdictNames[:], strings.ToUpper(string(text)))
	if i < 0 {
		return fmt.Errorf("read verdict: there is no verdict %q, only %s", text, strings.Join(verdictNames[:], ", "))
	}
	*v = Verdict(i)
	return nil
}

// Systems that a finding is about, besides the data stores.
const (
	systemDNS    = "dns"
	systemTLS    = "tls"
	systemHTTP   = "http"
	systemDye    = "dye"
	systemPeople = "people"
)

// Finding is the answer to one question.
type Finding struct {
	// System is postgres, mysql, redis, sqlite or another data store; dns, tls or
	// http; dye; people.
	System   string  `json:"system"`
	Question string  `json:"question"`
	Verdict  Verdict `json:"verdict"`
	// Hint says that the finding is too weak to count towards a Result's verdict.
	Hint bool `json:"hint,omitempty"`
	// Staging and Production are the two places, without users and passwords;
	// empty where there is none.
	Staging    string `json:"staging,omitempty"`
	Production string `json:"production,omitempty"`
	// Evidence says in words why.
	Evidence string `json:"evidence"`
	// Answer says what would answer the question, such as the grant that is
	// missing. It is never empty when the verdict is Unknown.
	Answer string `json:"answer,omitempty"`

	// asked says that the finding is of what settings say of two servers which can be
	// asked, by two connection strings that differ.
	asked bool
}

// String returns the finding as one line, and a second one with what would
// answer it.
func (f Finding) String() string {
	var b strings.Builder
	if f.Hint {
		b.WriteString("hint: ")
	}
	fmt.Fprintf(&b, "%s, %s", f.Verdict, f.System)
	if f.Staging != "" || f.Production != "" {
		fmt.Fprintf(&b, " (staging %s, production %s)", cmp.Or(f.Staging, "-"), cmp.Or(f.Production, "-"))
	}
	fmt.Fprintf(&b, ": %s %s", f.Question, f.Evidence)
	if f.Answer != "" {
		b.WriteString("\n  would answer it: " + f.Answer)
	}
	return b.String()
}

// Masked returns the answers with each of their texts masked, the statements' lines
// too: what is compared, Result, needs those as they came.
func (a Answers) Masked(mask func(string) string) Answers {
	all := func(lines []string) []string {
		lines = slices.Clone(lines)
		for i := range lines {
			lines[i] = mask(lines[i])
		}
		return lines
	}
	a.Given = slices.Clone(a.Given)
	for i := range a.Given {
		g := &a.Given[i]
		g.Answer, g.Who = mask(g.Answer), mask(g.Who)
	}
	a.Beside, a.Staging, a.Production = all(a.Beside), all(a.Staging), all(a.Production)
	return a
}

// Masked returns the finding with each of its texts masked.
func (f Finding) Masked(mask func(string) string) Finding {
	for _, text := range []*string{&f.Question, &f.Staging, &f.Production, &f.Evidence, &f.Answer} {
		*text = mask(*text)
	}
	return f
}

// Result is what all findings come to.
type Result struct {
	Verdict  Verdict   `json:"verdict"`
	Findings []Finding `json:"findings"`
}

// Conclude weighs findings, the strongest first and else in their order. The
// verdict is that of the strongest finding that is no hint; but SameLineage and
// Distinct, which say that nothing flows, are said of the whole only when no
// question is left open, since they speak for all.
func Conclude(findings ...Finding) Result {
	r := Result{Findings: append([]Finding{}, findings...)}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		if a.Hint != b.Hint {
			if a.Hint {
				return 1
			}
			return -1
		}
		return cmp.Compare(b.Verdict, a.Verdict)
	})
	open := false
	for _, f := range r.Findings {
		if f.Hint {
			continue
		}
		r.Verdict = max(r.Verdict, f.Verdict)
		open = open || f.Verdict == Unknown
	}
	if open && r.Verdict <= SameLineage {
		r.Verdict = Unknown
	}
	return r
}

// OfPeople returns what people told of it, by answers or by their statements' lines.
func (r Result) OfPeople() Result {
	return r.only(func(f Finding) bool { return f.System == systemPeople || f.Staging == ownersWord })
}

// Without returns what other has not found.
func (r Result) Without(other Result) Result {
	return r.only(func(f Finding) bool { return !slices.Contains(other.Findings, f) })
}

func (r Result) only(keep func(Finding) bool) Result {
	var kept []Finding
	for _, f := range r.Findings {
		if keep(f) {
			kept = append(kept, f)
		}
	}
	return Conclude(kept...)
}

// Join weighs the findings of several results together. What two servers say of
// themselves when they are asked outweighs that their settings lead to one host: one
// proxy may stand in front of both.
func Join(results ...Result) Result {
	var all []Finding
	for _, r := range results {
		all = append(all, r.Findings...)
	}
	said := map[[2]string]Verdict{} // the strongest of each pair of places
	open := map[[2]string]string{}  // what would tell whether one copies from the other
	for _, f := range all {
		pair := [2]string{f.Staging, f.Production}
		switch {
		case f.Question == questionOne:
			said[pair] = max(said[pair], f.Verdict)
		case f.Question == questionReplica && f.Verdict == Unknown && !f.Hint:
			open[pair] = f.Answer
		}
	}
	for i := range all {
		f := &all[i]
		if !f.asked || f.Verdict != SameInstance {
			continue
		}
		pair := [2]string{f.Staging, f.Production}
		answer, copies := open[pair]
		switch verdict := said[pair]; {
		case verdict == Distinct && copies:
			// One proxy, and one cluster or one set of replicas behind it, look just so.
			f.Verdict, f.Answer = Unknown, answer
			f.Evidence += " The servers behind it say that they are two, and whether one copies from the other is open."
		case verdict == Distinct:
			f.Verdict = SharedNeighbour
			f.Evidence += " But the servers behind it say that they are two: one proxy or one name stands in front of both."
		case verdict == SameLineage:
			// Readers of one storage say so, too, and a host of readers is one place.
			f.Verdict = Unknown
			f.Evidence += " The servers behind it say that one is a copy of the other."
			f.Answer = "ask whoever runs it whether one proxy stands in front of a server and its copy, or of two readers of one storage"
		}
	}
	return Conclude(all...)
}

// Linked says whether load on staging reaches production's data for certain:
// they are one instance, or data flows between them.
func (r Result) Linked() bool { return r.Verdict >= DataLink }

// Open returns the questions without an answer, hints left out.
func (r Result) Open() []Finding {
	var open []Finding
	for _, f := range r.Findings {
		if f.Verdict == Unknown && !f.Hint {
			open = append(open, f)
		}
	}
	return open
}

// Words says in one line what decides: the first finding of the verdict, and
// for Unknown also the strongest of what is known all the same.
func (r Result) Words() string {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Verdict == r.Verdict && !f.Hint })
	if i < 0 {
		return r.Verdict.String() + "."
	}
	words := r.Verdict.String() + ": " + sentence(r.Findings[i].Evidence)
	if known := r.Findings[0]; r.Verdict == Unknown && known.Verdict == SameLineage && !known.Hint {
		words += " What is known, " + known.Verdict.String() + ": " + sentence(known.Evidence)
	}
	return words
}

// String returns the verdict and every finding as lines of text.
func (r Result) String() string {
	var b strings.Builder
	b.WriteString(r.Verdict.String() + "\n")
	for _, f := range r.Findings {
		b.WriteString("- " + f.String() + "\n")
	}
	return b.String()
}

// DefaultLimit bounds each question.
const DefaultLimit = 3 * time.Second

// Resolver looks up names; a *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// Options say how to ask. The zero value is ready to use.
type Options struct {
	// Limit bounds each question to a server. 0: DefaultLimit.
	Limit time.Duration
	// Resolver looks up names. nil: this machine's.
	Resolver Resolver
	// Transport carries the requests of hints and of a dye test. nil: one of their
	// own, without keep-alive. It is never asked to follow a redirect.
	Transport http.RoundTripper
	// UserAgent goes with these requests. "": crosstalk-check.
	UserAgent string

	paces *galeraPaces // of one comparison
}

// complete returns the options of one comparison.
func (o Options) complete() Options {
	o.paces = new(galeraPaces)
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.UserAgent == "" {
		o.UserAgent = "crosstalk-check"
	}
	return o
}

// Problem is something in a file that cannot be read as it stands.
type Problem struct {
	File   string // as it was given
	Line   int    // from 1; 0: the whole file
	What   string // without any value of the file
	Remedy string // what to do about it
}

// Error returns FILE:LINE: what is wrong, and the remedy.
func (p *Problem) Error() string {
	at := p.File
	if p.Line > 0 {
		at = fmt.Sprintf("%s:%d", at, p.Line)
	}
	return at + ": " + p.What + ": " + p.Remedy
}

// random returns n random bytes in hex: a name that nobody else uses.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
