package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"crosstalk/loadengine"
)

// planProblem places what the engine finds wrong with a step on the step's line,
// and says which name may have been meant.
func (c *Config) planProblem(err error) Problem {
	var at place
	if s, ok := errors.AsType[*loadengine.StepError](err); ok {
		at = c.stepPlace(s)
	}
	p := c.problem(at, err.Error(), "")
	unknown, ok := errors.AsType[*loadengine.UnknownNameError](err)
	if !ok {
		return p
	}
	switch near := nearest(unknown.Name, unknown.Known); {
	case near != "" && near != unknown.Name:
		p.Remedy = fmt.Sprintf("did you mean {{%s}}?", near)
	case len(unknown.Known) > 0:
		p.Remedy = "known here are " + strings.Join(unknown.Known, ", ")
	default:
		p.Remedy = fmt.Sprintf("save it in an earlier step (save: {%s: $.id}), or give data with a column %s", unknown.Name, unknown.Name)
	}
	if unknown.File != "" {
		p.Remedy = strings.TrimSuffix(p.Remedy, "?") + ", or write raw: instead of file: to send the file as it is"
	}
	p.Remedy = c.Mask(p.Remedy)
	return p
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
