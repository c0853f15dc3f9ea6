package loadengine

import (
	"net/http"
	"time"
)

// Plan is all that an engine needs to know. It is read at New and not after.
type Plan struct {
	Base      string      // staging's URL: steps are relative to it, and its host is allowed
	Hosts     []string    // further hosts that load may reach, host or host:port; without a port, the scheme's own
	Forbidden []string    // host:port that production's checks use: always refused
	Header    http.Header // of all steps
	Private   []string    // names in Header that, as Authorization and Cookie, only Base's host and those below it get
	ServedBy  string      // header of answers that names the server; "" is none
	Version   string      // of the program, for the User-Agent
	Journeys  []Journey
	Data      []map[string]string // one row for each user, recycled in order
	Timeout   time.Duration       // of one request with its redirects; 0 is 30 s
	Mode      string              // what the dial counts: ModeUsers, also "", or ModeRate
	MaxUsers  int                 // hard cap, whatever the dial says
	MaxRPS    float64             // hard cap of requests a second; 0 is none, or DefaultRate in ModeRate
	Glide     float64             // of the dial's unit a second upward; 0 follows at once
	Seed      uint64              // of journey choices and think times
	Wire      Wire                // how load connects
}

// Journey is an ordered run of steps. A user runs Once first (and again after a
// 401), then Steps, thinks, and chooses its next journey by weight. When a step
// fails it starts the journey again, once; when that fails too, it chooses.
type Journey struct {
	Name   string
	Weight int   // share of turns; 0 is 1
	Think  Think // after the last step, and after a failed one
	Once   []Step
	Steps  []Step
}

// Think is a pause, uniform between Min and Max. A Max below Min means Min.
type Think struct{ Min, Max time.Duration }

// Step is one request. {{name}} in URL, header values and body is replaced by
// a value that the journey has saved, else by the user's data row.
type Step struct {
	Name    string // for statistics; empty is "METHOD URL"
	Method  string // empty is GET, or POST with a body
	URL     string // absolute, or relative to Base: its path is appended to Base's; empty is Base
	Header  http.Header
	Body    Body
	Expect  Expect
	Save    map[string]string // name: "$.json.path[0]", "header:NAME", "cookie:NAME" or "regex:EXPR" (first group, else the match)
	Think   *Think            // after this step, in place of the journey's
	Timeout time.Duration     // in place of the plan's
}

// Kinds of a Body.
const (
	BodyNone = ""
	BodyJSON = "json"
	BodyForm = "form"
	BodyFile = "file" // a text file's {{names}} are filled in
	BodyRaw  = "raw"  // a file, byte by byte
	BodyText = "text"
)

// Body is what a step sends. It sets Content-Type unless the step does.
type Body struct {
	Kind    string
	Content string            // the JSON text, the text, or the path of the file; a file is sent as it is
	Form    map[string]string // for the form
}

// Expect is what makes a response a good one. Without any, a status below 400
// is good.
type Expect struct {
	Status string            // "201", "2xx", or several with commas
	Body   string            // what the first 64 KiB of the body must contain
	JSON   map[string]string // path: the value there, written as JSON
}

// Validate returns every problem of the plan at once, or nil.
func (p Plan) Validate() []error {
	_, errs := compile(p)
	return errs
}
