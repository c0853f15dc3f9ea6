// Package loadengine sends the load: a closed model of users who run journeys
// against staging, one request in flight each, on vegeta's types; its attacker
// is not used, who sends is the crew.
//
// One key press goes through it like this: SetAsked writes the setpoint, the
// schedule moves running towards min(asked, ceiling, cap), every running user
// waits on a heap until it is due, the schedule (one of vegeta's Pacers) gives
// the due user to a goroutine of the crew, which makes a vegeta Target of the
// user's next step, sends it through the gate, records the outcome in histograms
// and parks the user again.
//
// Nothing leaves without the gate: it asks the brake, the permit and the
// allow-list before every request and every redirect hop. The brake and the
// permit live here because they must work with no disk, no screen and no
// session on the way.
package loadengine
