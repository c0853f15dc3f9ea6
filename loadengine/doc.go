// Package loadengine sends the load: a closed model of users who run journeys
// against staging, one request in flight each, on vegeta's types.
//
// One key press goes through it like this: SetAsked writes the setpoint, the
// schedule moves running towards min(asked, ceiling, cap), every running user
// waits on a heap until it is due, vegeta's dispatcher takes the due user out
// of the schedule (our Pacer), a vegeta worker renders the user's next step
// (our Targeter) and sends it through the gate (our http.RoundTripper), and one
// goroutine drains the results into histograms and parks the user again.
//
// Nothing leaves without the gate: it asks the brake, the permit and the
// allow-list before every request and every redirect hop. The brake and the
// permit live here because they must work with no disk, no screen and no
// session on the way.
package loadengine
