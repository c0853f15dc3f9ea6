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
