package session

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// DefaultConfig is what `run --target URL --watch URL...` means without a file: one journey of one step without
// think time, one check of the target, and one check of production for each --watch.
// The error is [Problems], all at once, addresses that are staging's and production's included.
func DefaultConfig(target string, watch []string) (*Config, error) {
	c := &Config{Dir: "."}
	var problems Problems
	refuse := func(flag, value, what, remedy string) {
		problems = append(problems, Problem{What: flag + " " + strconv.Quote(maskPatterns(value)) + " " + what, Remedy: remedy})
	}
	if target == "" {
		problems = append(problems, Problem{What: "--target is missing, so there is nothing to load", Remedy: "write --target http://HOST:PORT/"})
	} else if what, remedy := wrongURL(target); what != "" {
		refuse("--target", target, what, maskPatterns(remedy))
	} else {
		c.target(target)
	}
	for i, w := range watch {
		if what, remedy := wrongURL(w); what != "" {
			refuse("--watch", w, what, maskPatterns(remedy))
			continue
		}
		if slices.Contains(watch[:i], w) {
			refuse("--watch", w, "is given twice", "leave one out")
			continue
		}
		c.Production.Checks = append(c.Production.Checks, Check{
			Kind: "http", Address: w, at: place{flag: "--watch " + maskPatterns(w)},
		})
	}
	c.nameChecks(c.Production.Checks)
	problems = append(problems, c.Conflicts()...)
	c.replace = c.replacer()
	if len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// target makes a URL, found right before, the one thing that is loaded and watched on staging.
func (c *Config) target(target string) {
	u, err := url.Parse(target)
	if err != nil {
		return
	}
	base := url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	step := Step{Method: "GET", Path: path, Name: requestName("GET " + path)}
	if u.RawQuery != "" {
		step.Path += "?" + u.RawQuery
	}
	c.Staging.URL, c.Staging.urlAt = base.String(), place{flag: "--target"}
	c.Staging.Journeys = []Journey{{Name: step.Name, Weight: 1, Steps: []Step{step}}}
	c.Staging.Checks = []Check{{Kind: "http", Address: target, Every: time.Second, at: place{flag: "--target"}}}
	c.nameChecks(c.Staging.Checks)
}
