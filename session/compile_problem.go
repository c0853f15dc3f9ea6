package session

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"crosstalk/loadengine"
)

// planProblem places what the engine finds wrong with a step, a header, a journey
// or a limit on its line, and says which name may have been meant.
func (c *Config) planProblem(err error) Problem {
	var at place
	if s, ok := errors.AsType[*loadengine.StepError](err); ok {
		at = c.stepPlace(s)
	}
	if part, ok := errors.AsType[*loadengine.PartError](err); ok {
		at = c.Staging.filesAt[part.Part]
	}
	p := c.problem(at, err.Error(), "")
	unknown, ok := errors.AsType[*loadengine.UnknownNameError](err)
	if !ok {
		return p
	}
	known, unused := c.sayable(unknown.Known)
	switch near := nearest(unknown.Name, slices.Concat(known, slices.DeleteFunc(slices.Clone(unused), func(name string) bool { return !plainWord.MatchString(name) }))); {
	case near != "" && near != unknown.Name:
		p.Remedy = fmt.Sprintf("did you mean {{%s}}?", near)
	case len(known) > 0:
		p.Remedy = "known here are " + strings.Join(known, ", ")
	default:
		p.Remedy = fmt.Sprintf("save it in an earlier step (save: {%s: $.id}), or give data with a column %s", unknown.Name, unknown.Name)
	}
	if len(unused) > 0 && !strings.HasPrefix(p.Remedy, "did you") {
		p.Remedy += fmt.Sprintf("; the data has %s that no step uses: is its first line column names?", configCount(len(unused), "column"))
	}
	if unknown.File != "" {
		p.Remedy = strings.TrimSuffix(p.Remedy, "?") + ", or write raw: instead of file: to send the file as it is"
	}
	p.Remedy = c.Mask(p.Remedy)
	return p
}

// plainWord is what a column is usually called and a password hardly ever.
var plainWord = regexp.MustCompile(`^[a-z_]+$`)

// sayable parts known names into those that may be shown and those of the data's
// columns that no step uses, which may be passwords.
func (c *Config) sayable(known []string) (say, unused []string) {
	used, _ := c.Columns()
	for _, name := range known {
		column := false
		if len(c.Staging.DataRows) > 0 {
			_, column = c.Staging.DataRows[0][name]
		}
		if column && !slices.Contains(used, name) {
			unused = append(unused, name)
			continue
		}
		say = append(say, name)
	}
	return say, unused
}

// stepPlace is where a step stands in the file; the zero place where it came
// from none.
func (c *Config) stepPlace(e *loadengine.StepError) place {
	if e.Journey >= len(c.Staging.Journeys) {
		return place{}
	}
	j := c.Staging.Journeys[e.Journey]
	steps := j.Steps
	if e.Once {
		steps = j.Once
	}
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.at != place{} }) || e.Step >= len(steps) {
		return place{}
	}
	return steps[e.Step].at
}
