package session

import (
	"encoding/json"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// The types of event. Each has one body, named after it.
const (
	TypeStart         = "session.start"
	TypePause         = "session.pause"
	TypeResume        = "session.resume"
	TypeExtend        = "session.extend"
	TypeEnd           = "session.end"
	TypeRecovered     = "session.recovered"
	TypeCharter       = "charter.set"
	TypeActivity      = "activity.set"
	TypeGap           = "session.gap"
	TypeBuild         = "build.seen"
	TypeBaselineStart = "baseline.start"
	TypeBaselineEnd   = "baseline.end"
	TypeBrakeTest     = "brake.test"
	TypeDialSet       = "dial.set"
	TypeDialHold      = "dial.hold"
	TypeDialRelease   = "dial.release"
	TypeGlide         = "glide.set"
	TypeRampStart     = "ramp.start"
	TypeRampEnd       = "ramp.end"
	TypeStop          = "load.stop"
	TypeLoadTick      = "load.tick"
	TypeHealthTick    = "health.tick"
	TypeHealthState   = "health.state"
	TypeGuardState    = "guard.state"
	TypeGuardRecov    = "guard.recovered"
	TypeSelfLimit     = "self.limit"
	TypeNoteAdd       = "note.add"
	TypeNoteEdit      = "note.edit"
	TypeNoteRetract   = "note.retract"
	TypeNoteRestore   = "note.restore"
	TypeNoteResolve   = "note.resolve"
	TypeAttach        = "attach.add"
	TypeDebrief       = "debrief.answer"
	TypeExport        = "export.done"
	TypeRefused       = "refused"
	TypeNotifyFailed  = "notify.failed"
)

// bodies makes an empty body for each type this version knows.
var bodies = map[string]func() any{
	TypeStart:         func() any { return new(Start) },
	TypePause:         func() any { return new(Reason) },
	TypeResume:        func() any { return new(Reason) },
	TypeExtend:        func() any { return new(Extend) },
	TypeEnd:           func() any { return new(End) },
	TypeRecovered:     func() any { return new(Recovered) },
	TypeCharter:       func() any { return new(CharterSet) },
	TypeActivity:      func() any { return new(Activity) },
	TypeGap:           func() any { return new(Gap) },
	TypeBuild:         func() any { return new(Build) },
	TypeBaselineStart: func() any { return new(BaselineStart) },
	TypeBaselineEnd:   func() any { return new(BaselineEnd) },
	TypeBrakeTest:     func() any { return new(BrakeTest) },
	TypeDialSet:       func() any { return new(DialSet) },
	TypeDialHold:      func() any { return new(DialHold) },
	TypeDialRelease:   func() any { return new(DialHold) },
	TypeGlide:         func() any { return new(GlideSet) },
	TypeRampStart:     func() any { return new(RampStart) },
	TypeRampEnd:       func() any { return new(RampEnd) },
	TypeStop:          func() any { return new(LoadStop) },
	TypeLoadTick:      func() any { return new(LoadTick) },
	TypeHealthTick:    func() any { return new(HealthTick) },
	TypeHealthState:   func() any { return new(HealthState) },
	TypeGuardState:    func() any { return new(GuardChange) },
	TypeGuardRecov:    func() any { return new(GuardRecovered) },
	TypeSelfLimit:     func() any { return new(SelfLimit) },
	TypeNoteAdd:       func() any { return new(NoteAdd) },
	TypeNoteEdit:      func() any { return new(NoteEdit) },
	TypeNoteRetract:   func() any { return new(NoteMark) },
	TypeNoteRestore:   func() any { return new(NoteMark) },
	TypeNoteResolve:   func() any { return new(NoteMark) },
	TypeAttach:        func() any { return new(AttachAdd) },
	TypeNoteLink:      func() any { return new(NoteLink) },
	TypeDebrief:       func() any { return new(Debrief) },
	TypeExport:        func() any { return new(Export) },
	TypeRefused:       func() any { return new(Refused) },
	TypeRoleOffer:     func() any { return new(RoleOffer) },
	TypeRoleTake:      func() any { return new(RoleChange) },
	TypeRoleGive:      func() any { return new(RoleChange) },
	TypeViewerJoin:    func() any { return new(ViewerJoin) },
	TypeViewerGone:    func() any { return new(ViewerGone) },
	TypeViewerKick:    func() any { return new(ViewerKick) },
	TypeCheckAsk:      func() any { return new(Ask) },
	TypeCheckAnswer:   func() any { return new(CheckAnswer) },
	TypeCheckAside:    func() any { return new(CheckAside) },
	TypeBaselineOffer: func() any { return new(BaselineOffer) },
	TypeRedacted:      func() any { return new(Redaction) },
	TypeItemTick:      func() any { return new(ItemTick) },
	TypeExemplar:      func() any { return new(ExemplarAdd) },
	TypeLikeTaken:     func() any { return new(LikeTaken) },
	TypeNotifyFailed:  func() any { return new(NotifyFailed) },
	TypeLinkQuiet:     func() any { return new(LinkQuiet) },
	TypeLinkStart:     func() any { return new(LinkStart) },
	TypeLinkPair:      func() any { return new(LinkPair) },
	TypeLinkVerdict:   func() any { return new(LinkVerdict) },
	TypeLinkUnlock:    func() any { return new(LinkUnlock) },
	TypeIdentity:      func() any { return new(IdentityResult) },
}

// Start opens a session. All spans are seconds.
type Start struct {
	ID       string            `json:"id"` // the folder's name
	Version  string            `json:"version"`
	Host     string            `json:"host,omitempty"`
	As       string            `json:"as"` // who started it
	People   []string          `json:"people,omitempty"`
	Charter  string            `json:"charter,omitempty"`
	Timebox  float64           `json:"timebox"`
	Target   string            `json:"target"`         // staging's base URL
	Mode     string            `json:"mode,omitempty"` // what the dial counts: "rate" is requests a second, else users
	Headless bool              `json:"headless,omitempty"`
	Demo     string            `json:"demo,omitempty"` // "linked" or "unlinked" when it runs on the embedded lab
	NoGuard  string            `json:"no_guard,omitempty"`
	Insecure bool              `json:"insecure,omitempty"` // load and staging's checks verify no certificate
	Seed     uint64            `json:"seed"`
	Limits   LoadLimits        `json:"limits"`
	Room     *monitors.Room    `json:"room,omitempty"` // what this process may take of its machine
	Baseline float64           `json:"baseline"`
	Checks   []CheckInfo       `json:"checks"`
	Journeys []JourneyInfo     `json:"journeys"`
	Config   json.RawMessage   `json:"config,omitempty"` // compiled, secrets masked
	File     string            `json:"file,omitempty"`   // the name of the file that it was read from, without its folder
	Env      map[string]string `json:"env,omitempty"`    // where in Config a value came from the environment: JSON pointer → as it was written
	Fleet    *FleetInfo        `json:"fleet,omitempty"`  // who sends the load, where that is not this machine
	Like     *Like             `json:"like,omitempty"`   // the earlier session that this one repeats

	// Uncounted are the databases of production that should be among the checks, and are not.
	Uncounted []Uncounted `json:"uncounted,omitempty"`
}

// FleetInfo describes an engine on other machines.
type FleetInfo struct {
	Address string  `json:"address"`
	Lease   float64 `json:"lease"`            // seconds that it goes on when nobody renews the permit
	Leased  bool    `json:"leased,omitempty"` // false: it goes on for good
}

// Nodes is how a fleet stands.
type Nodes struct {
	Workers int     `json:"workers"`
	Lost    int     `json:"lost,omitempty"` // since the start
	CPU     float64 `json:"cpu"`            // of the busiest worker, in percent of one core
}

// LoadLimits are the caps that hold whatever the dial says.
type LoadLimits struct {
	Users int     `json:"users"`
	RPS   float64 `json:"rps,omitempty"`
	Dial  int     `json:"dial,omitempty"` // of a dial in requests a second
	Glide float64 `json:"glide"`          // users a second; 0 follows at once
}

// CheckInfo describes one check to who draws it.
type CheckInfo struct {
	Env     string  `json:"env"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Address string  `json:"address,omitempty"`
	Every   float64 `json:"every"` // seconds
	Slow    bool    `json:"slow,omitempty"`
}

// JourneyInfo names a journey and its steps.
type JourneyInfo struct {
	Name   string   `json:"name"`
	Weight int      `json:"weight"`
	Steps  []string `json:"steps"`
}

// Reason is the body of events that need nothing but one.
type Reason struct {
	Why string `json:"why,omitempty"`
}

// End is the last line of a journal.
type End struct {
	Reason  string  `json:"reason"` // plan, quit, signal, or lost
	Seconds float64 `json:"seconds"`
	Peak    int     `json:"peak"`              // most users running at once
	Dropped int64   `json:"dropped,omitempty"` // bytes of a torn last line, moved aside when something was added
}

// brokeOff is the Reason of an end that never was: the session had broken off, and
// something was added to it.
const brokeOff = "lost"

// Lost tells whether the session had broken off, and only what was added to it
// stands behind the last that was heard.
func (e *End) Lost() bool { return e.Reason == brokeOff }

// Recovered says that a session was taken up again after it ended unasked.
type Recovered struct {
	Dropped int64   `json:"dropped"`        // bytes of a torn last line, moved aside
	Away    float64 `json:"away,omitempty"` // seconds in which nobody ran it
	Why     string  `json:"why,omitempty"`
}

// Build is what an environment said it runs.
type Build struct {
	Env   string `json:"env"`
	Build string `json:"build"`
	Was   string `json:"was,omitempty"`
}

// BaselineStart opens the quiet phase in which the thresholds are learned.
type BaselineStart struct {
	Seconds float64 `json:"seconds"`
}

// BaselineEnd gives the thresholds that hold from here on.
type BaselineEnd struct {
	Thresholds []Threshold `json:"thresholds"`
	Note       string      `json:"note,omitempty"` // "short baseline", "uncalibrated"
	Promise    *Promise    `json:"promise,omitempty"`
}

// Promise is how long it takes at most from production's trouble until the last
// send, with the limits and periods in force. Seconds.
type Promise struct {
	Refuses float64 `json:"refuses"`         // production refuses connections
	Hangs   float64 `json:"hangs"`           // production stops answering
	NoSight float64 `json:"no_sight"`        // production can't be seen
	Lease   float64 `json:"lease,omitempty"` // a fleet's, which is in the others: it goes on so long where an order does not reach it
}

// Threshold is where amber and red begin for one check, in seconds.
type Threshold struct {
	Env   string  `json:"env"`
	Check string  `json:"check"`
	N     int     `json:"n"` // samples it was learned from
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Amber float64 `json:"amber"`
	Red   float64 `json:"red"`
	Fresh float64 `json:"fresh,omitempty"` // how much longer an answer on a fresh connection usually takes
	Note  string  `json:"note,omitempty"`
}

// BrakeTest is the rehearsal of a cut at one user.
type BrakeTest struct {
	Users    int     `json:"users"`
	InFlight int     `json:"in_flight"`
	MSToZero float64 `json:"ms_to_zero"`
	OK       bool    `json:"ok"`
}

// DialSet moves what is asked for.
type DialSet struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	Spike bool   `json:"spike,omitempty"`
	Why   string `json:"why,omitempty"` // when it was not simply a person's move
}

// DialHold freezes the users where they are, or lets them go on.
type DialHold struct {
	At  int    `json:"at"`
	Why string `json:"why,omitempty"`
}

// GlideSet changes how fast running follows asked, in users a second; 0 at once.
type GlideSet struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// LoadStop is one order to stop, and what became of it.
type LoadStop struct {
	Reason   string   `json:"reason"` // operator, guard, permit, quit, plan, journal
	By       string   `json:"by"`
	InFlight int      `json:"in_flight"`  // at the order
	MSToZero *float64 `json:"ms_to_zero"` // order → none in flight; null if that was not seen
	Running  int      `json:"running"`    // at the order
}

// NoteAdd is a saved note.
type NoteAdd struct {
	ID       string         `json:"id"`
	Kind     notes.Kind     `json:"kind"`
	Text     string         `json:"text"`
	Tags     []string       `json:"tags,omitempty"`
	Typed    time.Time      `json:"typed"`
	Happened *time.Time     `json:"happened,omitempty"`
	Begun    *notes.Context `json:"begun,omitempty"`
	Context  *notes.Context `json:"context,omitempty"`
}

// NoteEdit is a note's new text.
type NoteEdit struct {
	ID   string     `json:"id"`
	Kind notes.Kind `json:"kind"`
	Text string     `json:"text"`
	Why  string     `json:"why,omitempty"`
}

// NoteMark retracts, restores or resolves a note.
type NoteMark struct {
	ID  string `json:"id"`
	Why string `json:"why,omitempty"`
}

// Debrief is one answer of the debrief. Question "learned" is the one sentence
// that heads the report.
type Debrief struct {
	Question string `json:"question"`
	Text     string `json:"text"`
}

// Export says that a report was written while the session ran.
type Export struct {
	Files []string `json:"files"`
}

// Refused counts what one person was refused for one reason in one second.
type Refused struct {
	Cmd   string `json:"cmd"`
	Why   string `json:"why"`
	Count int    `json:"count"`
}
