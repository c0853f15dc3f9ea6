package session

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What production has to be for a ramp to stop. No sight stops it, too, unless
// it is never to stop.
const (
	UntilAmber = "amber" // or worse
	UntilRed   = "red"
	UntilNever = "never"
)

// Ramp is a planned climb of the dial, or a planned way down: step after step
// until To is asked for.
type Ramp struct {
	To    int           // in the dial's unit
	Step  int           // at least 1
	Every time.Duration // for each level, at least a second
	Until string        // UntilAmber (also ""), UntilRed or UntilNever
}

// Bounds of a ramp's plan.
const (
	shortestStep = time.Second
	longestStep  = time.Hour
	mostSteps    = 1000
)

// Check tells what is wrong with the plan, or nil.
func (r Ramp) Check(from int) error {
	switch {
	case r.To < 0:
		return errors.New("a ramp ends at 0 or more")
	case r.Step < 1:
		return errors.New("a step of a ramp is 1 or more")
	case r.Every < shortestStep || r.Every > longestStep:
		return fmt.Errorf("a level of a ramp lasts %s to %s", SpanWords(shortestStep), SpanWords(longestStep))
	case r.Until != "" && r.Until != UntilAmber && r.Until != UntilRed && r.Until != UntilNever:
		return fmt.Errorf("a ramp stops when production is %s, %s or %s", UntilAmber, UntilRed, UntilNever)
	case r.To == from:
		return errors.New("the dial is there already: give another end")
	case r.Levels(from) > mostSteps:
		return fmt.Errorf("a ramp has at most %d steps: take larger ones", mostSteps)
	}
	return nil
}

// Next is the level after asked; asked itself when the ramp is at its end.
func (r Ramp) Next(asked int) int {
	if asked <= r.To {
		return min(r.To, asked+r.Step)
	}
	return max(r.To, asked-r.Step)
}

// Levels is how many levels are still to come after asked.
func (r Ramp) Levels(asked int) int {
	far := r.To - asked
	if far < 0 {
		far = -far
	}
	return (far + r.Step - 1) / max(1, r.Step)
}

// Words are the plan as a person says it, in the dial's unit.
func (r Ramp) Words(u Unit) string {
	text := fmt.Sprintf("to %s in steps of %d, %s each", u.Of(r.To), r.Step, SpanWords(r.Every))
	switch r.Until {
	case UntilNever:
		return text + ", whatever production does"
	case UntilRed:
		return text + ", stop when production is red"
	}
	return text + ", stop when production is amber"
}

// SpanWords writes a span with its unit: "30 s", "2 min", "90 s".
func SpanWords(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

// rampFill are the words of a plan that carry nothing.
var rampFill = map[string]bool{"to": true, "in": true, "steps": true, "step": true, "of": true, "by": true, "for": true, "each": true, "every": true, "and": true,
	"stop": true, "stops": true, "when": true, "production": true, "is": true, "until": true, "does": true, "at": true, "users": true, "user": true, "req/s": true}

// ErrRamp tells how a plan is said.
var ErrRamp = errors.New("say a ramp as: to 200 in steps of 20, 30 s each, stop when production is amber (or red, or never); or short: 200 20 30s amber")

// ParseRamp reads a plan as Words writes it, or its values alone: end, step,
// time for each level, and what production has to be for it to stop; without
// the last that is amber.
func ParseRamp(text string) (Ramp, error) {
	r := Ramp{Until: UntilAmber}
	var values []string
	for w := range strings.FieldsSeq(strings.ReplaceAll(strings.ToLower(text), ",", " ")) {
		w = strings.TrimRight(w, ".")
		switch {
		case w == UntilAmber, w == UntilRed, w == UntilNever:
			r.Until = w
		case w == "whatever":
			r.Until = UntilNever
		case len(values) == 3 && isUnit(w) && strings.TrimLeft(values[2], "0123456789.") == "":
			values[2] += w
		case rampFill[w]:
		default:
			values = append(values, w)
		}
	}
	if len(values) != 3 {
		return Ramp{}, ErrRamp
	}
	to, err := strconv.Atoi(values[0])
	step, serr := strconv.Atoi(values[1])
	every, eerr := ParseSpan(values[2])
	if err := errors.Join(err, serr, eerr); err != nil {
		return Ramp{}, ErrRamp
	}
	r.To, r.Step, r.Every = to, step, every
	return r, nil
}

func isUnit(w string) bool {
	switch w {
	case "s", "sec", "second", "seconds", "m", "min", "minute", "minutes", "h":
		return true
	}
	return false
}

// ParseSpan reads a time as a person types it: "30", "30 s", "2 min", "1m30s".
// A number alone is seconds.
func ParseSpan(text string) (time.Duration, error) {
	text = strings.ReplaceAll(strings.ToLower(text), " ", "")
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n <= longestStep.Seconds() {
		return time.Duration(n * float64(time.Second)), nil
	}
	for _, u := range [][2]string{{"minutes", "m"}, {"minute", "m"}, {"min", "m"}, {"seconds", "s"}, {"second", "s"}, {"sec", "s"}} {
		if head, ok := strings.CutSuffix(text, u[0]); ok {
			text = head + u[1]
			break
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time: 30 s, 2 min", text)
	}
	return d, nil
}

// rampLook is what a ramp's next step depends on.
type rampLook struct {
	asked, running int
	since          time.Duration // since asked was set
	production     string        // its state; "" when nobody watches it
	guard          string        // its state
	refused        string        // why the dial may not go to the next level; "" if it may
}

// turn decides what is due: a move to another level, the end with its reason,
// or nothing yet. On its way down it heeds neither guard nor production.
func (r Ramp) turn(l rampLook) (to int, move bool, end string) {
	rising := l.asked < r.To
	if rising || l.running < l.asked {
		switch {
		case l.guard != string(GuardRun):
			return 0, false, "the guard " + guardDoes(l.guard)
		case r.stops(l.production):
			return 0, false, "production is " + l.production
		}
	}
	if l.since < r.Every || l.asked > 0 && l.running < l.asked {
		return 0, false, "" // a level that is reached late lasts longer, so that it is measured at all
	}
	switch {
	case l.asked == r.To:
		return 0, false, rampDone
	case rising && l.refused != "":
		return 0, false, l.refused
	}
	return r.Next(l.asked), true, ""
}

// rampDone is why a ramp ends that came to its end.
const rampDone = "it is at its end"

func (r Ramp) stops(production string) bool {
	switch {
	case production == "" || production == "green" || r.Until == UntilNever:
		return false
	case r.Until == UntilRed:
		return production != "amber"
	}
	return true
}

func guardDoes(state string) string {
	switch state {
	case string(GuardHold):
		return "holds"
	case string(GuardEase):
		return "eases"
	}
	return "cut the load"
}
