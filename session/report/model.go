package report

import (
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// Schema is the version of session.json's form. Fields are added under the same
// number; one that is renamed or means something else gets a new one.
const Schema = 1

// Model is a session as every format draws it. All spans are in seconds, shares
// are 0 to 1, times are UTC; what is not known is null, never 0.
type Model struct {
	Schema     int                 `json:"schema"`
	Session    Header              `json:"session"`
	Answer     Answer              `json:"answer"`
	Totals     Totals              `json:"totals"`
	Firsts     Firsts              `json:"firsts"`
	Levels     []Level             `json:"levels"`
	Knee       Knee                `json:"knee"`
	Steps      []Step              `json:"steps"`
	Notes      []Note              `json:"notes"` // all, in the order they were saved
	Stops      []Stop              `json:"stops"`
	Guard      []Action            `json:"guard"`
	Recoveries []Recovery          `json:"recoveries"`
	Health     []Span              `json:"health"` // states of environments in order
	Thresholds []session.Threshold `json:"thresholds"`
	Sure       Sure                `json:"how_sure"`
	Refusals   []Refusal           `json:"refusals"`
	Series     Series              `json:"series"`
	Activities []Doing             `json:"activities"`
	Pauses     []Stretch           `json:"pauses"`
	Links      []LinkCheck         `json:"link_checks"`
	Stores     *Stores             `json:"data_stores"` // null: not compared
	Wrote      []Wrote             `json:"left_behind"` // by requests that write
	Debrief    []Reply             `json:"debrief"`
	Again      []Again             `json:"again"`    // what an earlier session left open
	Timeline   []Row               `json:"timeline"` // every event but ticks
	Redacted   string              `json:"redacted"` // what was left out of this file

	of       *Stretch // the span of the blameless timeline; nil: around the trouble
	where    whereabouts
	unnamed  bool // roles stand where names did
	censor   *censor
	undrawn  int               // letters of share.png that no typeface has
	pictures map[string][]byte // of what was attached, by file; only the page shows them
}

// Moment is a point of a session.
type Moment struct {
	Elapsed float64   `json:"elapsed"` // since the start
	T       time.Time `json:"t"`
}

// The states of a session in a report.
const (
	Running = "running"
	Ended   = "ended"
	Crashed = "crashed" // the journal has no end, or one that was added later, and nobody writes it
	Empty   = "empty"   // the journal has no event
)

// Header tells which session it was and how it was set up.
type Header struct {
	ID         string                `json:"id"`
	State      string                `json:"state"` // Running, Ended, Crashed or Empty
	EndReason  string                `json:"end_reason,omitempty"`
	Began      *time.Time            `json:"began"`
	Seconds    float64               `json:"seconds"`        // from the first event to the last
	Paused     float64               `json:"paused_seconds"` // of these
	Timebox    float64               `json:"timebox"`        // as extended
	Worked     float64               `json:"worked_seconds"` // without pauses and gaps
	Split      *Split                `json:"time_split"`     // null when nobody measured it
	Mission    session.CharterSet    `json:"mission"`        // the charter in full
	StartedBy  string                `json:"started_by"`
	People     []string              `json:"people"`
	Roles      []Part                `json:"roles"` // of those who were on a screen of the session
	Charter    string                `json:"charter"`
	Charters   []string              `json:"earlier_charters"`
	Target     string                `json:"target"`
	Fleet      *session.FleetInfo    `json:"fleet,omitempty"` // who sent the load, where that was not this machine
	Demo       string                `json:"demo,omitempty"`
	Headless   bool                  `json:"headless"`
	Mode       string                `json:"mode,omitempty"` // "rate": the dial counts requests a second, and so do all numbers of users
	Version    string                `json:"version"`
	Seed       string                `json:"seed"`
	Limits     session.LoadLimits    `json:"limits"`
	Builds     []BuildSeen           `json:"builds"`
	Journeys   []session.JourneyInfo `json:"journeys"`
	GuardOn    bool                  `json:"guard_on"`
	GuardOff   string                `json:"guard_off_reason,omitempty"`
	Unguarded  bool                  `json:"unguarded,omitempty"` // the guard was on, and had nothing of production to watch
	GuardState string                `json:"guard_state"`
	Insecure   bool                  `json:"insecure,omitempty"` // no certificate was verified
	Baseline   Baseline              `json:"baseline"`
	Brake      *session.BrakeTest    `json:"brake_test"`
	Promise    *float64              `json:"promise"` // production hangs → last send, as promised; null without a guard
}

// Part is one role that somebody had in a session, and when. Who had several has
// as many parts; of drivers there is never more than one at a time.
type Part struct {
	Name string  `json:"name"`
	Role string  `json:"role"` // "driver" while it was the holder of the dial; else "navigator" or "observer"
	From float64 `json:"from"` // seconds since the session's start
	To   float64 `json:"to"`
}

// Baseline is the quiet phase.
type Baseline struct {
	Planned float64  `json:"planned"`
	Seconds *float64 `json:"seconds"` // as it was; null if it has no end
	Note    string   `json:"note,omitempty"`
}

// BuildSeen is one build that an environment said it runs.
type BuildSeen struct {
	Moment
	Env   string `json:"env"`
	Build string `json:"build"`
}

// What can be said of production.
const (
	Touched   = "touched"
	Untouched = "untouched"
	NotKnown  = "not known"
)

// Answer is what a hurried reader gets.
type Answer struct {
	Learned    string   `json:"learned"`    // the person's own sentence; "" while it is missing
	Draft      bool     `json:"draft"`      // it is missing
	Production string   `json:"production"` // Touched, Untouched or NotKnown
	Why        []string `json:"why"`        // how that was decided, with its numbers
	Link       []Told   `json:"link"`       // newest verdicts of the link check, of "is it me?" and of the data stores
	Unknown    []string `json:"unknown"`    // what this session can't tell
}

// Totals are the session's numbers.
type Totals struct {
	Events      uint64       `json:"events"`
	Requests    uint64       `json:"requests"`
	Errors      uint64       `json:"errors"`
	Kinds       []Kind       `json:"error_kinds"`
	Codes       []Kind       `json:"codes"`
	Cancelled   uint64       `json:"cancelled"` // taken back in flight by a stop; not in requests
	Dropped     uint64       `json:"dropped"`   // stopped before they were sent; not in requests
	PeakAsked   int          `json:"peak_asked"`
	PeakUsers   int          `json:"peak_users"` // most running at once
	LastGood    *int         `json:"last_good"`
	Loaded      float64      `json:"loaded_seconds"` // with at least one user
	StagingP95  *Worst       `json:"worst_staging_p95"`
	ProdP95     *Worst       `json:"worst_production_p95"`
	Cuts        int          `json:"cuts"`
	CutsBy      []Kind       `json:"cuts_by_cause"`
	Holds       int          `json:"holds"`
	Recoveries  int          `json:"recoveries"`
	Gaps        int          `json:"gaps"`
	Notes       int          `json:"notes"` // all, retracted ones too
	NotesBy     []Kind       `json:"notes_by_kind"`
	Open        int          `json:"open"`       // questions, obstacles and follow-ups nobody resolved
	Production  []StateShare `json:"production"` // how long production was in each state
	LastSeq     uint64       `json:"last_seq"`
	LastElapsed float64      `json:"last_elapsed"`
}

// Kind counts one kind of thing.
type Kind struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
}

// StateShare is how long an environment was in one state.
type StateShare struct {
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	Loaded  float64 `json:"loaded_seconds"` // of these, with at least one user
}

// Worst is the worst second of something.
type Worst struct {
	Moment
	Value float64 `json:"value"`
	Users int     `json:"users"`
}

// Firsts are the moments at which things began.
type Firsts struct {
	Slow       First `json:"slow"`
	Errors     First `json:"errors"`
	Production First `json:"production_moved"`
}

// First is the first time of something, or why there is none.
type First struct {
	Seen  bool    `json:"seen"`
	At    *Moment `json:"at"`
	Users int     `json:"users"`
	Asked int     `json:"asked"`
	How   string  `json:"how"` // how it was decided; if not seen, why
}

// Step is one step of a journey over the session.
type Step struct {
	Journey  string   `json:"journey"`
	Step     string   `json:"step"`
	Requests uint64   `json:"requests"`
	Errors   uint64   `json:"errors"`
	P50      *float64 `json:"p50_median_second"`
	P95      *float64 `json:"p95_median_second"`
	P95Worst *float64 `json:"p95_worst_second"`
	Max      *float64 `json:"max"`
}

// Note is a note with its history and what the panes showed.
type Note struct {
	Moment                       // when it happened: what the author said, else when typing began
	ID              string       `json:"id"`
	By              string       `json:"by"`
	Role            string       `json:"role,omitempty"` // in which it was written; only where more than one person took part
	Program         bool         `json:"program"`        // written by the program
	Kind            notes.Kind   `json:"kind"`
	Text            string       `json:"text"`
	Tags            []string     `json:"tags"`
	Recorded        time.Time    `json:"recorded"`
	Happened        *time.Time   `json:"happened"` // only when the author said so
	Late            bool         `json:"late"`     // recorded more than 10 s after it happened
	Open            bool         `json:"open"`
	From            string       `json:"seen"` // when the numbers are of: "typed" (typing began), "saved", or "history" (when it happened)
	Users           *int         `json:"users"`
	Asked           *int         `json:"asked"`
	Staging         *notes.Seen  `json:"staging"` // the users' own requests and staging's state
	Production      *notes.Seen  `json:"production"`
	ProductionAfter *notes.Seen  `json:"production_saved"`
	StagingAfter    *notes.Seen  `json:"staging_saved"`
	Edits           []notes.Edit `json:"edits"`
	Files           []File       `json:"attachments"`
	Links           []notes.Link `json:"filed"` // where, and under which key
	Retracted       *notes.Gone  `json:"retracted"`
	Resolved        *notes.Gone  `json:"resolved"`
	Repro           string       `json:"repro,omitempty"`          // of a bug: the command that repeats the minutes before it
	ReproOut        string       `json:"repro_left_out,omitempty"` // why a bug has no such command here, and how to see it
	Exchanges       []Exchange   `json:"exchanges"`                // of a bug: real ones from around it
}

// Stop is one order to stop.
type Stop struct {
	Moment
	Reason   string   `json:"reason"`
	By       string   `json:"by"`
	Users    int      `json:"users"`
	InFlight int      `json:"in_flight"`
	MSToZero *float64 `json:"ms_to_zero"`
}

// Action is one step of the guard with its evidence.
type Action struct {
	Moment
	From    string           `json:"from"`
	To      string           `json:"to"`
	Why     string           `json:"why"`
	Cause   string           `json:"cause"`
	Users   int              `json:"users"`
	Ceiling *int             `json:"ceiling"` // null: none
	Samples []session.Sample `json:"samples"`
}

// Recovery is production well again after a cut.
type Recovery struct {
	Moment
	Seconds float64 `json:"seconds"` // from the cut
	Level   int     `json:"level"`   // users at the cut
}

// Span is how long an environment was in one state.
type Span struct {
	Env      string  `json:"env"`
	State    string  `json:"state"`
	Why      string  `json:"why"`
	From     float64 `json:"from"` // elapsed
	To       float64 `json:"to"`
	Users    int     `json:"users"`          // most running in it
	Loaded   float64 `json:"loaded_seconds"` // of it, with at least one user
	AtRest   bool    `json:"began_at_rest"`  // no user ran when it began, nor in the seconds before
	fromMS   int64
	loadedMS int64
}

// Refusal counts what was refused.
type Refusal struct {
	Moment
	Who   string `json:"who"`
	Cmd   string `json:"cmd"`
	Why   string `json:"why"`
	Count int    `json:"count"`
}

// Row is one line of the timeline.
type Row struct {
	Moment
	Seq    uint64 `json:"seq"`
	By     string `json:"by"`
	Role   string `json:"role,omitempty"` // in which it was done; only where more than one person took part
	Person bool   `json:"person"`         // not the program
	Type   string `json:"type"`
	Text   string `json:"text"`
	Known  bool   `json:"known"`           // this version knows the type
	Later  bool   `json:"later,omitempty"` // added after the session's end: t is when, elapsed is the end's
	down   bool   // the dial was moved down
	zero   bool   // to nothing
	panes  *panes // what they showed just before; nil: nothing yet
}

// Sure is how far the numbers carry.
type Sure struct {
	Checks      []CheckRate `json:"checks"`
	Gaps        []Gap       `json:"gaps"`
	NoSight     float64     `json:"production_no_sight_loaded_seconds"`
	Torn        int64       `json:"torn_bytes"` // after the last whole line, not read
	TornWhy     string      `json:"torn_why,omitempty"`
	SetAside    int64       `json:"set_aside_bytes"` // torn lines of earlier crashes
	Resumes     []Moment    `json:"taken_up_again"`
	SelfLimits  []Limit     `json:"own_limits"`
	SelfTrouble float64     `json:"own_trouble_seconds"` // this machine amber or red
	UnknownType []Kind      `json:"unknown_event_types"`
	Percentiles string      `json:"percentiles"`
}

// CheckRate is how often an environment was looked at.
type CheckRate struct {
	Env     string   `json:"env"`
	Checks  int      `json:"checks"`
	Planned float64  `json:"planned_per_second"`
	Rate    *float64 `json:"rate_median"` // checks a second as they were
	Ticks   int      `json:"ticks"`       // seconds of health told
}

// Gap is a span for which nothing was told of something.
type Gap struct {
	What []string `json:"what"` // load, or environments
	From float64  `json:"from"`
	To   float64  `json:"to"`
	Why  string   `json:"why"`
}

// Limit is one moment at which we ourselves were the limit.
type Limit struct {
	Moment
	Why string   `json:"why"`
	To  *float64 `json:"to"` // until when load was limited by it; null: it was one moment
}
