package loadengine

import "fmt"

// StepError is a problem of one step of a plan.
type StepError struct {
	Journey int  // its place among the plan's journeys, from 0
	Once    bool // among the journey's once steps, not its steps
	Step    int  // its place there, from 0
	Err     error
}

// Error gives the problem, which names journey and step.
func (e *StepError) Error() string { return e.Err.Error() }

// Unwrap gives the problem itself.
func (e *StepError) Unwrap() error { return e.Err }

// PartError is a problem of a part of a plan that is no step. Part is where the
// configuration says it: "headers.NAME", "journeys.N" from 0, "limits.users" or
// "limits.rps".
type PartError struct {
	Part string
	Err  error
}

// Error gives the problem.
func (e *PartError) Error() string { return e.Err.Error() }

// Unwrap gives the problem itself.
func (e *PartError) Unwrap() error { return e.Err }

// UnknownNameError is a {{name}} that has no value where it stands.
type UnknownNameError struct {
	Name  string
	Known []string // the names that have one there, sorted
	File  string   // the body file that it stands in; "" elsewhere
}

// Error says where a value could come from.
func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("{{%s}} is unknown here: it is neither a column of the data nor saved by an earlier step", e.Name)
}
