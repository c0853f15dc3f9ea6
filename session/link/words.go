package link

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Words says the verdict to a person: fixed texts with the numbers put in. None
// of them calls anything safe.
func (v Verdict) Words() string {
	if v.SkippedPairs > 0 {
		return v.words() + fmt.Sprintf(" Before that %s did not count, as staging takes up to %v.", count(v.SkippedPairs, "pair"), seconds(v.StagingP95).Round(10*time.Millisecond))
	}
	return v.words()
}

func (v Verdict) words() string {
	switch v.Verdict {
	case Linked:
		return v.linked()
	case Suspected:
		return fmt.Sprintf("Production turned red while staging had load (%s, %s), and the guard cut the load. That may be chance: it was not weighed.%s Treat the two as linked until it is known why.",
			v.level(v.Users), pairs(v.Pairs), v.starvedWords())
	case NoLinkSeen:
		return fmt.Sprintf("No link seen. At %s for %s production's answers followed staging by no more than %s (95 %% bound); a change of %s or more would have been seen with 90 %% probability. %s"+
			"Only what shows within %s s and only the requests used%s were tested.%s %s",
			v.load(), clock(seconds(v.Seconds)), percent(v.Bound), percent(v.MDE), v.counterWords(),
			shortest(v.UsedSeconds), mix(v.Mix), v.controlWords(), v.reachWords())
	case OwnMachine:
		return v.ownMachine()
	case Void:
		return "This check does not count: " + v.voidReason()
	}
	return v.inconclusive()
}

// crowded is how busy processors are where whoever shares them waits for the others.
const crowded = 0.5

func (v Verdict) linked() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Linked. %s", v.effectWords())
	fmt.Fprintf(&b, ", in %s, %s.", pairs(v.Pairs), clock(seconds(v.Seconds)))
	if v.ShamPairs > 0 {
		to := v.ShamTo
		if to == "" {
			to = "elsewhere"
		}
		fmt.Fprintf(&b, " In %d of them the same load went %s in the halves without: production could still tell.", v.ShamPairs, to)
	}
	b.WriteString(v.controlWords())
	if v.Here && v.Busy >= crowded {
		fmt.Fprintf(&b, " Production answers from this machine, whose processors were %.0f %% busy: those may be all that the two share.", 100*v.Busy)
	}
	// A slow proxy makes no database do more.
	if counted := v.WorkAlone >= v.Line || v.PWork != nil && *v.PWork <= v.Alpha/2; v.Proxy != "" && !counted {
		fmt.Fprintf(&b, " Load and checks of production went through one proxy, %s: that may be all that the two share.", v.Proxy)
	}
	fmt.Fprintf(&b, " Chance of this verdict without a link: at most %s (%s where our own machine moves with the load).", percent(v.Alpha), percent(3*v.Alpha))
	b.WriteString(" More load on staging will be felt by production's customers: find out what the two share. The dial stays at " + one(v.Unit) + " until you type a reason.")
	return b.String()
}

// effectWords says what moved: latency where it did, else the channel with the
// most evidence.
func (v Verdict) effectWords() string {
	best := ChannelResult{Kind: Latency}
	for i, c := range v.Channels {
		// A single server is part of the latency of all; it is named when it leads.
		// Errors count as late: they are named when they are clear by themselves.
		if i == 0 || c.Evidence > 10*best.Evidence || (c.Kind == Errors && c.Evidence >= v.Line/2) {
			best = c
		}
	}
	switch best.Kind {
	case Errors:
		return fmt.Sprintf("With load on staging production failed %s more of our checks", points(best.Estimate))
	case Work:
		switch {
		case best.StoodAt != nil && *best.StoodAt > 0:
			return fmt.Sprintf("With load on staging production's %s went up from %s on average (%s)", best.Name, about(*best.StoodAt), signedPercent(best.Estimate))
		case best.StoodAt != nil || best.Estimate == 0: // of nothing there is no share
			return fmt.Sprintf("With load on staging production's %s went up from 0", best.Name)
		}
		return fmt.Sprintf("With load on staging production's %s went up (%s)", best.Name, signedPercent(best.Estimate))
	case Server:
		return fmt.Sprintf("Production's %s slowed when staging had load: %s; all servers %s (95 %% interval %s to %s)",
			best.Name, signedPercent(best.Estimate), signedPercent(v.Estimate), signedPercent(v.Low), signedPercent(v.High))
	case Tail:
		return fmt.Sprintf("With load on staging %s more of production's answers were slow", points(best.Estimate))
	default:
		return fmt.Sprintf("Production slowed when staging had load: %s (95 %% interval %s to %s)",
			signedPercent(v.Estimate), signedPercent(v.Low), signedPercent(v.High))
	}
}

const starvedHelp = "End what else runs on this machine, or run the checks from another one, and check again."

// starvedWords says that this program itself had hardly a processor.
func (v Verdict) starvedWords() string {
	if v.Waiting < starvedFrom {
		return ""
	}
	return fmt.Sprintf(" This program itself waited for a processor in %.0f %% of the time in which it could have run with load, and whatever it measures looks slow then.", 100*v.Waiting)
}

func (v Verdict) ownMachine() string {
	if v.Why == starvedWhy {
		return fmt.Sprintf("Probably our own machine.%s Production seemed to follow (%s), which cannot be told from that.%s %s",
			v.starvedWords(), signedPercent(v.Estimate), v.controlWords(), starvedHelp)
	}
	b := fmt.Sprintf("Probably our own machine: what looks like production (%s) moves with the load also where production has no part in it.", signedPercent(v.Estimate))
	if v.ShamEffect != nil && v.ShamPairs >= fewestSham {
		b += fmt.Sprintf(" With the same load sent elsewhere in the other halves, %s of it was left.", signedPercent(*v.ShamEffect))
	}
	return b + v.controlWords() + " Run the checks from another machine or another network path than the load, and check again."
}

func (v Verdict) inconclusive() string {
	switch {
	case v.Why == "red without load":
		return fmt.Sprintf("Production turned red while staging had no load: the check ended after %s.%s Not known whether the two are linked.", pairs(v.Pairs), v.soFar())
	case v.Why == "no sight":
		return fmt.Sprintf("Production could not be seen any more: the check ended after %s.%s Not known whether the two are linked.", pairs(v.Pairs), v.soFar())
	case v.Why == "not told apart":
		return fmt.Sprintf("Cannot tell. Production seems to follow staging (%s), but not clearly more than our own machine does.%s%s Treat it as not checked, and check again from another machine.",
			signedPercent(v.Estimate), v.starvedWords(), v.controlWords())
	}
	b := "Cannot tell."
	if reason, ok := strings.CutPrefix(v.Why, "stopped: "); ok {
		b += fmt.Sprintf(" Stopped after %s (%s).", pairs(v.Pairs), reason)
		if follows := v.soFar(); follows != "" {
			return b + follows + " Treat the two as linked until a check has come to its end."
		}
	}
	if starved := v.starvedWords(); starved != "" {
		if v.Bound < 10 {
			starved += fmt.Sprintf(" Production's answers followed by no more than %s, but beside that wait a slower one is hardly slower.", percent(v.Bound))
		}
		if c := strings.TrimSpace(v.counterWords()); c != "" {
			starved += " " + c
		}
		return b + starved + v.controlWords() + " " + starvedHelp
	}
	switch {
	case v.Why == "counter":
		b += fmt.Sprintf(" Production's answers followed by no more than %s, but what it counts may have risen by more than that: %s", percent(v.Bound), strings.TrimSpace(v.counterWords()))
	case v.Bound >= 10:
		b += " Too little was seen to rule anything out."
	default:
		b += fmt.Sprintf(" Up to %s cannot be ruled out.", percent(v.Bound))
		if c := strings.TrimSpace(v.counterWords()); c != "" {
			b += " " + c
		}
	}
	if v.Left > mostLeft {
		b += fmt.Sprintf(" Staging answers too slowly for halves of %s s, and %s of the load was still there in those without: %s.", shortest(v.HalfSeconds), percent(v.Left), v.longer())
	} else if v.MorePairs > 0 {
		b += fmt.Sprintf(" It would need about %d more pairs (%s) or a quieter production.", v.MorePairs,
			clock(time.Duration(v.MorePairs)*2*seconds(v.HalfSeconds)))
	}
	return b + " Treat it as not checked."
}

func (v Verdict) voidReason() string {
	switch v.Why {
	case "no load":
		return fmt.Sprintf("staging did not get the load as ordered (%d requests with it, %d without). Look at the requests and at caches before staging, then check again.", v.SentOn, v.SentOff)
	case "load failed":
		return fmt.Sprintf("only %s of the requests to staging were answered as expected. Try the journeys first, then check again.", percent(v.Success))
	case "too slow":
		return fmt.Sprintf("staging takes up to %v, too slow for halves of %s s: %s.", seconds(v.StagingP95).Round(10*time.Millisecond), shortest(v.HalfSeconds), slower(seconds(v.HalfSeconds), seconds(v.StagingP95)))
	case "load left":
		return fmt.Sprintf("staging answers too slowly for halves of %s s, %s of the load was still there in those without: %s.", shortest(v.HalfSeconds), percent(v.Left), v.longer())
	default:
		return fmt.Sprintf("production was not seen in %d of %s. Look at the checks of production, then check again.", v.LostPairs, pairs(v.Pairs))
	}
}

// longer is what helps where the load lingers and nobody knows for how long.
func (v Verdict) longer() string {
	if v.Profile == IsItMe().Name {
		return easeFirst
	}
	return slower(seconds(v.HalfSeconds), seconds(v.HalfSeconds)/2)
}

// soFar says that production seemed to follow when a check ended before it was
// tried whether that is our own machine; empty when it did not.
func (v Verdict) soFar() string {
	if v.Evidence < noLinkBelow {
		return ""
	}
	return fmt.Sprintf(" %s (evidence %.0f of %.0f), not yet told apart from our own machine.", v.effectWords(), v.Evidence, v.Line)
}

// reachWords says how far a clean check reaches.
func (v Verdict) reachWords() string {
	b := ""
	if v.OffUsers > 0 {
		b = fmt.Sprintf("With the checks before it, up to %s cannot be ruled out at %s. ", percent(v.Whole), v.level(v.Users))
	}
	if v.Reach < v.Users {
		return b + fmt.Sprintf("Checked to %s: what the steps may come to together is more than a check from below can clear. Keep the guard on.", v.level(v.Reach))
	}
	return b + fmt.Sprintf("Checked to %s; check again there, and keep the guard on.", v.level(v.Reach))
}

// shortest writes seconds with no more decimals than they have: 4, 2.6.
func shortest(s float64) string { return fmt.Sprint(math.Round(s*10) / 10) }

// load is what was on in the halves with load, and in the others if that is not
// nothing.
func (v Verdict) load() string {
	if v.OffUsers == 0 {
		return v.level(v.Users)
	}
	return fmt.Sprintf("%s against %d", v.level(v.Users), v.OffUsers)
}

// counterWords says how far counters can have risen.
func (v Verdict) counterWords() string {
	var b strings.Builder
	for _, c := range v.Channels {
		switch {
		case c.Silent && c.Below:
			fmt.Fprintf(&b, "Production's %s was below 0 in the quiet phase, which a check can't weigh: whether it rose can't be told. ", c.Name)
		case c.Silent:
			fmt.Fprintf(&b, "Production's %s gave no number in the quiet phase: whether it rose can't be told. ", c.Name)
		case c.Seen != nil && !*c.Seen && c.Below:
			fmt.Fprintf(&b, "Production's %s was below 0, which a check can't weigh, or not seen in more than one pair of ten: whether it rose can't be told. ", c.Name)
		case c.Seen != nil && !*c.Seen:
			fmt.Fprintf(&b, "Production's %s was not seen in nine of ten pairs: whether it rose can't be told. ", c.Name)
		case c.StoodAt != nil:
			b.WriteString(c.zeroWords())
		case c.Bound == nil:
		case *c.Bound >= 10:
			fmt.Fprintf(&b, "Whether production's %s rose can't be told. ", c.Name)
		default:
			fmt.Fprintf(&b, "Production's %s rose by no more than %s. ", c.Name, percent(*c.Bound))
		}
	}
	return b.String()
}

// controlWords says what the controls did, or that there were none.
func (v Verdict) controlWords() string {
	if len(v.Controls) == 0 {
		return " No control was watched."
	}
	controls := slices.Clone(v.Controls)
	slices.SortStableFunc(controls, func(a, b ControlResult) int { return strings.Compare(string(a.Env), string(b.Env)) })
	var b strings.Builder
	for _, c := range controls {
		name := "The control"
		if c.Env == Self {
			name = "Our own sink"
		}
		if !c.Seen {
			fmt.Fprintf(&b, " %s was not seen: it vouches for nothing.", name)
		} else if c.Moved {
			fmt.Fprintf(&b, " %s moved (%s).", name, signedPercent(c.Estimate))
		} else {
			fmt.Fprintf(&b, " %s did not move (%s).", name, signedPercent(c.Estimate))
		}
	}
	return b.String()
}

func mix(m string) string {
	if m == "" {
		return ""
	}
	return " (" + m + ")"
}

// level writes a number of the dial in its unit: users, or another one by its word.
func level(n int, unit string) string {
	if unit == "" {
		return count(n, "user")
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func one(unit string) string {
	if unit == "" {
		return "one user"
	}
	return level(1, unit)
}

func (v Verdict) level(n int) string { return level(n, v.Unit) }

func pairs(n int) string { return count(n, "random pair") }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// clock writes a span as people say it: 45 s, 2 min, 2 min 30 s.
func clock(d time.Duration) string {
	s := int(math.Round(d.Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	}
	return fmt.Sprintf("%d min %d s", s/60, s%60)
}

// percent rounds up, as for bounds; signedPercent to the nearest.
func percent(x float64) string {
	p := max(0, 100*x)
	if p < 10 && p != math.Trunc(p) {
		return fmt.Sprintf("%.1f %%", math.Ceil(10*p-1e-9)/10)
	}
	return fmt.Sprintf("%.0f %%", max(0, math.Ceil(p-1e-9))) // no -0
}

func signedPercent(x float64) string {
	p := 100 * x
	if math.Abs(p) < 9.95 {
		return fmt.Sprintf("%+.1f %%", p)
	}
	return fmt.Sprintf("%+.0f %%", p)
}

// figure writes a positive number with two digits, rounded up; about rounds it to the
// nearest.
func figure(x float64) string {
	return twoDigits(x, func(steps float64) float64 { return math.Ceil(steps - 1e-9) })
}

func about(x float64) string { return twoDigits(x, math.Round) }

func twoDigits(x float64, rounded func(steps float64) float64) string {
	decimals := 1 - int(math.Floor(math.Log10(x)))
	step := math.Pow10(-decimals)
	s := strconv.FormatFloat(rounded(x/step)*step, 'f', max(0, decimals), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func points(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
