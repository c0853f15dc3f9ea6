package link

import (
	"errors"
	"fmt"
	"time"
)

// Answer is what dips tell.
type Answer string

// The answers to "is it me?".
const (
	FollowsUs  Answer = "follows_us"   // production relaxes when the load dips
	Drained    Answer = "drained"      // it turned green at zero, after a while
	NotOursNow Answer = "not_ours_now" // still amber after a minute at zero
	OurMachine Answer = "own_machine"  // a control relaxes as well
	CannotTell Answer = "cannot_tell"
	Stopped    Answer = "stopped" // red, no sight, or by a person
)

const (
	leastQuietDips = 4               // halves of constant load before dips
	zeroStep       = 5 * time.Second // at zero, production is looked at as often
	greenSteps     = 2               // green for as many of these is green
)

// DipsResult is the answer with the numbers it rests on.
type DipsResult struct {
	Answer Answer `json:"answer"`
	// Relaxed of Dips pairs had a lower latency at zero than at the level.
	Relaxed int `json:"relaxed"`
	Dips    int `json:"dips"`
	// AtZero is how long the load stayed at zero in the end, in seconds.
	AtZero float64 `json:"at_zero"`
	Green  bool    `json:"green"` // production was green at the end
	Check  Verdict `json:"check"` // the statistics of the dips
}

// Dips answers "is it me?" when production is in trouble while staging has load:
// a check upside down, which goes from the present level to zero and back in an
// order drawn by lot, never above that level. What the dips do not tell, a
// minute at zero may.
//
// A coupling that builds up a backlog follows dips of 3 s too slowly to be seen
// in them, and the minute at zero cannot tell a backlog that drains slowly from
// trouble that is not ours. The words say so.
type Dips struct {
	check  *Check
	zeros  int // halves at zero done
	green  int // of these the last ones, green
	wait   bool
	result *DipsResult
}

// NewDips begins dips from the level in s.Users; s.OffUsers must be 0. The halves
// of quiet are of any constant load: the quiet phase, or the level itself just
// before.
func NewDips(s Setup, quiet []Observation) (*Dips, error) {
	s.Profile.ShamFrom = 0
	if s.OffUsers != 0 {
		return nil, errors.New("begin dips: they go to zero")
	}
	c, err := prepare(s, quiet, leastQuietDips)
	if err != nil {
		return nil, fmt.Errorf("begin dips: %w", err)
	}
	c.dips = true
	return &Dips{check: c}, nil
}

// Next returns the half to do now, and false when the dips have ended.
func (d *Dips) Next() (Half, bool) {
	switch {
	case d.result != nil:
		return Half{}, false
	case !d.wait:
		return d.check.Next()
	}
	return Half{Index: d.check.half + d.zeros, Pair: len(d.check.pairs), Load: Zero, Length: zeroStep}, true
}

// Observe takes what came of the half that Next gave. It fails when the dips have
// ended or the observation is of another half.
func (d *Dips) Observe(o Observation) error {
	h, ok := d.Next()
	if !ok {
		return errors.New("observe a half: the dips have ended")
	}
	if !d.wait {
		if err := d.check.Observe(o); err != nil {
			return err
		}
		if d.check.verdict != nil {
			d.judge(o)
		}
		return nil
	}
	if o.Half != h.Index {
		return fmt.Errorf("observe half %d: half %d was to be done", o.Half, h.Index)
	}
	d.zeros++
	if o.Red || o.NoSight {
		d.check.verdict.Why = map[bool]string{true: "red without load", false: "no sight"}[o.Red]
		d.end(Stopped, false)
		return nil
	}
	d.green++
	if o.AmberAtEnd {
		d.green = 0
	}
	switch {
	case d.green >= greenSteps:
		d.end(Drained, true)
	case time.Duration(d.zeros)*zeroStep >= d.check.setup.Profile.Zero:
		if o.AmberAtEnd {
			d.end(NotOursNow, false)
		} else {
			d.end(CannotTell, true)
		}
	}
	return nil
}

// judge reads the end of the dips; when they told nothing and production is
// still amber, a time at zero follows.
func (d *Dips) judge(o Observation) {
	switch v := d.check.verdict; v.Verdict {
	case Linked:
		d.end(FollowsUs, !o.AmberAtEnd)
	case OwnMachine:
		d.end(OurMachine, !o.AmberAtEnd)
	case Suspected:
		d.end(Stopped, false)
	case Void:
		d.end(CannotTell, !o.AmberAtEnd)
	default:
		switch {
		case o.Red || o.NoSight:
			d.end(Stopped, false)
		case !o.AmberAtEnd:
			d.end(CannotTell, true)
		case d.check.setup.Profile.Zero > 0:
			d.wait = true
		default:
			d.end(CannotTell, false)
		}
	}
}

func (d *Dips) end(a Answer, green bool) {
	if d.check.verdict == nil {
		d.check.stopped("dips ended")
	}
	r := DipsResult{Answer: a, Green: green, Check: *d.check.verdict, AtZero: (time.Duration(d.zeros) * zeroStep).Seconds()}
	for _, x := range r.Check.Differences {
		r.Dips++
		if x > 0 {
			r.Relaxed++
		}
	}
	d.result = &r
}

// Stop ends the dips on somebody's order.
func (d *Dips) Stop(why string) {
	if d.result == nil {
		d.check.Stop(why)
		d.end(Stopped, false)
	}
}

// Done says whether the dips have ended.
func (d *Dips) Done() bool { return d.result != nil }

// Result returns the answer; ok is false while the dips run.
func (d *Dips) Result() (r DipsResult, ok bool) {
	if d.result == nil {
		return DipsResult{}, false
	}
	return *d.result, true
}

// Assignment returns the order that was drawn before the start.
func (d *Dips) Assignment() Assignment { return d.check.Assignment() }

// Progress returns how far the dips are, without the time at zero.
func (d *Dips) Progress() Progress {
	p := d.check.Progress()
	if d.wait {
		p.Done += time.Duration(d.zeros) * zeroStep
		p.Most = d.check.setup.Profile.Zero - time.Duration(d.zeros)*zeroStep
		p.Likely = p.Most
	}
	return p
}

// Words says the answer to a person.
func (r DipsResult) Words() string {
	zero := clock(seconds(r.AtZero))
	dips := fmt.Sprintf("%d of %s", r.Relaxed, count(r.Dips, "dip"))
	switch r.Answer {
	case FollowsUs:
		return fmt.Sprintf("Production relaxes in %s: it follows us (%s with our load). Stay below this level.", dips, signedPercent(r.Check.Estimate))
	case Drained:
		return fmt.Sprintf("Green again after %s at zero. It may have been our load, with a backlog that drained, or it passed by itself: go up slowly and watch.", zero)
	case NotOursNow:
		return fmt.Sprintf("Still amber after %s at zero: not our load now (a backlog would drain slowly).", zero)
	case OurMachine:
		if r.Check.Why == starvedWhy {
			return fmt.Sprintf("Probably our own machine.%s Production relaxes in %s, which cannot be told from that.", r.Check.starvedWords(), dips)
		}
		return "Probably our own machine: what is unrelated to production relaxes in the dips as well." + r.Check.controlWords()
	case Stopped:
		switch r.Check.Why {
		case "red under load":
			return fmt.Sprintf("Production turned red under our load after %s: the load is off. Not known whether it was us.", count(r.Dips, "dip"))
		case "red without load":
			return "Production turned red while our load was at zero: the load stays off. Not known whether it was us."
		case "no sight":
			return "Production could not be seen any more: the load is off. Not known whether it was us."
		}
		return fmt.Sprintf("Cannot tell yet: stopped after %s.", count(r.Dips, "dip"))
	}
	if r.Check.Verdict == Void {
		return "Cannot tell yet: " + r.Check.voidReason()
	}
	if r.Green {
		return fmt.Sprintf("Cannot tell yet: production relaxes in %s and is green again.", dips)
	}
	return fmt.Sprintf("Cannot tell yet: production relaxes in %s.", dips)
}
