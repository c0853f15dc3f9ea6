package identity

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var fingerprint = regexp.MustCompile(`crosstalk (?:postgres|mysql) [^\n]*? end\b`)

// fingerprint takes what a statement gave out of a line of a client's table, and returns
// what else stands there.
func (p *answersParser) fingerprint(n int, line string) (rest string) {
	problem := func(what, remedy string) {
		p.errs = append(p.errs, &Problem{File: p.name, Line: n, What: what, Remedy: remedy})
	}
	line = strings.Join(strings.Fields(line), " ")
	found := fingerprint.FindAllString(line, -1)
	rest = fingerprint.ReplaceAllString(line, " ")
	if low := strings.ToLower(rest); !strings.Contains(low, "'crosstalk") && (strings.Contains(low, "crosstalk postgres ") || strings.Contains(low, "crosstalk mysql ")) {
		problem("the line of a statement is cut off: it does not end with the word end", "paste the whole line, in one")
	}
	for _, one := range found {
		switch {
		case strings.Contains(one, "'"): // the statement itself
			rest += one
		case p.side == nil:
			problem("the line of a statement stands by neither side", "put it behind \""+askStaging+"\" or \""+askProduction+"\"")
		case slices.Contains(*p.side, one):
		case len(*p.side) == mostDSNs:
			problem(fmt.Sprintf("there are more than %d lines of statements of one side", mostDSNs), "give them in several files")
		default:
			*p.side = append(*p.side, one)
		}
	}
	return rest
}

// ownersWord is the place of a server that only its owner's statement tells of.
const ownersWord = "as its owner's statement says"

func (a Answers) compareLines(ctx context.Context, o Options) []Finding {
	var findings []Finding
	for _, x := range a.Staging {
		for _, y := range a.Production {
			f := Finding{Staging: ownersWord, Production: ownersWord}
			silent := sighting{trouble: &trouble{"what the statements gave does not tell them apart", "give both DSNs to the check, which asks the servers themselves"}}
			switch {
			case strings.HasPrefix(x, "crosstalk postgres ") && strings.HasPrefix(y, "crosstalk postgres "):
				f.System = systemPostgres
				p, q := postgresOf(x), postgresOf(y)
				findings = append(findings, judgePostgres(ctx, o, f, &p, &q, silent, false)...)
			case strings.HasPrefix(x, "crosstalk mysql ") && strings.HasPrefix(y, "crosstalk mysql "):
				f.System = systemMySQL
				p, q := mysqlOf(x), mysqlOf(y)
				findings = append(findings, judgeMySQL(ctx, o, f, &p, &q, silent)...)
			}
		}
	}
	if (len(a.Staging) == 0) != (len(a.Production) == 0) {
		f := Finding{System: "config", Question: questionOne, Evidence: "The statement came back from one side only.", Answer: "the same statement's line from the other side"}
		return append(findings, f)
	}
	return append(findings, a.lonelyLines()...)
}

// lonelyLines tells of what one side's statements gave that the other's have nothing to be
// compared with, as with DSNs: see alone.
func (a Answers) lonelyLines() []Finding {
	var out []Finding
	for _, side := range []struct {
		lines, others []string
		role, other   string
	}{{a.Staging, a.Production, "staging", "production"}, {a.Production, a.Staging, "production", "staging"}} {
		for _, system := range []string{systemPostgres, systemMySQL} {
			of := func(line string) bool { return strings.HasPrefix(line, "crosstalk "+system+" ") }
			if !slices.ContainsFunc(side.lines, of) || slices.ContainsFunc(side.others, of) {
				continue
			}
			out = append(out, Finding{System: system, Question: questionBeside,
				Evidence: fmt.Sprintf("The statement for %s came back from %s only, so there was nothing to compare it with.", nameOf(system), side.role),
				Answer:   "the same statement's line from " + side.other})
		}
	}
	return out
}

// words reads key=value pairs between spaces.
func words(line string) map[string]string {
	out := map[string]string{}
	for w := range strings.FieldsSeq(line) {
		if key, value, ok := strings.Cut(w, "="); ok {
			out[key] = value
		}
	}
	return out
}

func postgresOf(line string) postgresFacts {
	w := words(line)
	f := postgresFacts{id: w["id"], start: w["start"], standby: strings.HasPrefix(w["standby"], "t"), database: w["db"]}
	if host, port, ok := strings.Cut(w["at"], ","); ok {
		f.saw(host, port)
		if !private(host) {
			f.hosts = []string{net.JoinHostPort(strings.ToLower(host), port)}
		}
	}
	for link := range strings.SplitSeq(w["links"], ";") {
		parts := strings.Split(link, ",")
		for i := range parts {
			if parts[i] == "-" {
				parts[i] = ""
			}
		}
		switch {
		case parts[0] == "receives" && len(parts) == 3:
			f.receiver = &endpoint{parts[1], parts[2]}
		case parts[0] == "slot" && len(parts) == 3:
			f.slots = append(f.slots, slot{name: parts[1], kind: "logical", active: strings.HasPrefix(parts[2], "t")})
		case parts[0] == "subscribes" && len(parts) == 3:
			f.subs = append(f.subs, subscription{name: parts[1], slot: parts[2], enabled: true})
		case parts[0] == "foreign" && len(parts) == 4:
			f.foreign = append(f.foreign, foreign{name: parts[1], wrapper: "foreign", to: endpoint{parts[2], parts[3]}})
		case parts[0] == "dblink":
			f.dblink = true
		}
	}
	return f
}

func mysqlOf(line string) mysqlFacts {
	w := words(line)
	start, _ := strconv.ParseFloat(w["start"], 64)
	none := &trouble{"the statement does not tell", "the line of SHOW REPLICA STATUS (without passwords) from both sides, or GRANT REPLICATION CLIENT ON *.* TO <user>; and the check with DSNs"}
	return mysqlFacts{where: where{port: w["port"]}, host: w["host"], id: w["number"], dir: w["dir"], uuid: w["uuid"], uid: w["uid"], start: start,
		replicaTrouble: none, tableTrouble: &trouble{none.why, "whether tables of FEDERATED, SPIDER or CONNECT, or rows in mysql.servers, lead to the other side"}}
}
