package loadengine

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	defaultTimeout = 30 * time.Second
	maxFileBody    = 16 << 20 // bytes of a body that is read from a file
	maxThink       = 24 * time.Hour

	// mostUsers is what limits.users may be at most: each has its place in memory
	// from the start, and an address of this machine has some 60,000 ports.
	mostUsers = 250_000
)

// program is a compiled plan. It is shared by all users and does not change.
type program struct {
	journeys []*journey
	weights  int
	steps    []*step // of all journeys, in the plan's order
	hosts    *allowList
	data     []map[string]string
	wire     Wire
}

type journey struct {
	index  int
	name   string
	weight int
	think  Think
	once   []*step
	steps  []*step
}

type step struct {
	index   int
	journey string
	name    string
	method  string
	url     template
	origin  string // scheme://host of the base, for a rendered path
	host    template
	header  http.Header // without the templated ones; read by many requests at once, written by none
	dynamic []dynamicHeader
	body    template
	expect  expectation
	save    []saver
	think   *Think
	timeout time.Duration

	written   string   // the URL as the plan has it, made absolute
	fixedURL  string   // when nothing has to be rendered
	parsed    *url.URL // the same
	raw       []byte   // the header as it is written, when nothing has to be rendered
	site      site
	fixedBody []byte
	needsBody bool // expect or save read the body

	savesHeader bool // save reads a header or a cookie
}

type dynamicHeader struct {
	key   string
	value template
}

// compiler gathers all problems of a plan.
type compiler struct {
	plan Plan
	base *url.URL
	auth string // of a user:password in the base URL
	prog *program
	errs []error

	wrongHeader map[string]bool // the plan's headers with a name that nobody gives a value
}

func compile(p Plan) (*program, []error) {
	c := &compiler{plan: p, prog: &program{data: p.Data, wire: p.Wire}}
	base, err := url.Parse(p.Base)
	switch {
	case err != nil:
		c.problem("url %q: %w", clip(p.Base), err)
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "":
		c.problem("url %q: write http://host or https://host", clip(p.Base))
	default:
		if base.User != nil {
			word, _ := base.User.Password()
			c.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(base.User.Username()+":"+word))
			base.User = nil
		}
		c.base = base
	}
	hosts, errs := newAllowList(c.base, p.Hosts, p.Forbidden)
	c.prog.hosts = hosts
	c.errs = append(c.errs, errs...)
	c.limits()
	columns := c.columns()
	if len(p.Journeys) == 0 {
		c.problem("journeys: at least one is needed")
	}
	c.headerNames(columns)
	seen := map[string]bool{}
	for i, j := range p.Journeys {
		if seen[j.Name] {
			c.problem("journey %q: the name is used twice", j.Name)
		}
		seen[j.Name] = true
		c.journey(i, j, columns)
	}
	return c.prog, c.errs
}

func (c *compiler) problem(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// within tells of the problems that do finds to which part they belong.
func (c *compiler) within(part string, do func()) {
	before := len(c.errs)
	do()
	for i, err := range c.errs[before:] {
		c.errs[before+i] = &PartError{Part: part, Err: err}
	}
}

func (c *compiler) limits() {
	p := c.plan
	c.within("limits.users", func() {
		switch {
		case p.MaxUsers < 1:
			c.problem("limits: users %d: at least 1 is needed", p.MaxUsers)
		case p.MaxUsers > mostUsers:
			c.problem("limits: users %d: one machine runs at most %d: write fewer", p.MaxUsers, mostUsers)
		}
	})
	c.within("limits.rps", c.rps)
	if !(p.Glide >= 0) || math.IsInf(p.Glide, 1) {
		c.problem("glide %v: write 0 for off, or a positive number", p.Glide)
	}
	if p.Timeout < 0 {
		c.problem("timeout %v: must not be negative", p.Timeout)
	}
}

func (c *compiler) rps() {
	p := c.plan
	if !(p.MaxRPS >= 0) || math.IsInf(p.MaxRPS, 1) {
		c.problem("limits: rps %v: write 0 for none, or a positive number", p.MaxRPS)
	}
	switch {
	case p.Mode != "" && p.Mode != ModeUsers && p.Mode != ModeRate:
		c.problem("mode %q: write users or rate", clip(p.Mode))
	case p.Mode == ModeRate && p.DialMax() < 1:
		c.problem("limits: rps %v: a dial of requests a second needs at least 1", p.MaxRPS)
	case p.Mode == ModeRate && p.MaxRPS > maxRate:
		c.problem("limits: rps %v: a dial of requests a second goes up to %d", p.MaxRPS, maxRate)
	}
}

// columns returns the names that every row of the data has.
func (c *compiler) columns() map[string]bool {
	names := map[string]bool{}
	if len(c.plan.Data) == 0 {
		return names
	}
	for name := range c.plan.Data[0] {
		names[name] = true
	}
	for i, row := range c.plan.Data[1:] {
		for name := range names {
			if _, ok := row[name]; !ok {
				c.problem("data row %d: column %q is missing", i+2, name)
			}
		}
	}
	return names
}

func (c *compiler) journey(index int, j Journey, columns map[string]bool) {
	out := &journey{index: index, name: j.Name, weight: j.Weight, think: j.Think}
	if j.Weight == 0 {
		out.weight = 1
	}
	c.within(fmt.Sprintf("journeys.%d", index), func() {
		if j.Name == "" {
			c.problem("journey %d: a name is needed", index+1)
		}
		if j.Weight < 0 {
			c.problem("journey %q: weight %d: must not be negative", j.Name, j.Weight)
		}
		c.think(fmt.Sprintf("journey %q", j.Name), j.Think)
		if len(j.Steps) == 0 {
			c.problem("journey %q: at least one step is needed", j.Name)
		}
	})
	everSaved := map[string]bool{}
	for _, s := range j.Once {
		addNames(everSaved, s.Save)
	}
	for _, s := range j.Steps {
		addNames(everSaved, s.Save)
	}
	known := map[string]bool{}
	for name := range columns {
		known[name] = true
	}
	compileAll := func(kind string, steps []Step) []*step {
		all := make([]*step, 0, len(steps))
		for i, s := range steps {
			where := fmt.Sprintf("journey %q %s %d", j.Name, kind, i+1)
			before := len(c.errs)
			t := c.step(where, s, known, everSaved)
			for k, err := range c.errs[before:] {
				c.errs[before+k] = &StepError{Journey: index, Once: kind == "once", Step: i, Err: err}
			}
			t.journey = j.Name
			t.index = len(c.prog.steps)
			c.prog.steps = append(c.prog.steps, t)
			all = append(all, t)
			addNames(known, s.Save)
		}
		return all
	}
	out.once = compileAll("once", j.Once)
	out.steps = compileAll("step", j.Steps)
	c.prog.weights += out.weight
	c.prog.journeys = append(c.prog.journeys, out)
}

// headerNames reports the names in the plan's headers that nothing ever gives a
// value, once and not at every step.
func (c *compiler) headerNames(columns map[string]bool) {
	ever := maps.Clone(columns)
	for _, j := range c.plan.Journeys {
		for _, s := range slices.Concat(j.Once, j.Steps) {
			addNames(ever, s.Save)
		}
	}
	c.wrongHeader = map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(c.plan.Header)) {
		before := len(c.errs)
		c.within("headers."+key, func() {
			for _, value := range c.plan.Header[key] {
				c.template("header "+key, value, nil, ever)
			}
		})
		c.wrongHeader[key] = len(c.errs) > before
	}
}

func addNames(to map[string]bool, from map[string]string) {
	for name := range from {
		to[name] = true
	}
}

func (c *compiler) think(where string, t Think) {
	if t.Min < 0 || t.Max < 0 || t.Min > maxThink || t.Max > maxThink {
		c.problem("%s: think %v..%v: must be from 0 to %v", where, t.Min, t.Max, maxThink)
	}
}
