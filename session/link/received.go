package link

// count keeps the manipulation check: did staging get the load?
func (c *Check) count(h Half, o Observation) {
	at := 0
	if h.Load == On {
		at = 1
		c.success += min(max(0, o.Succeeded), max(0, o.Sent))
		c.rateOn.requests += max(0, o.Sent)
		c.rateOn.halves++
		c.busy += min(max(0, o.Busy), 1)
		if o.Had >= 0 && o.Waited >= 0 { // what a thread that ended had is not told any more
			c.had += o.Had
			c.waited += o.Waited
		}
	}
	// What may be of either is of the one that had load.
	of, after := at, c.wasOn(h.Index-1)
	if after {
		of = 1
	}
	if of == 1 {
		c.success += min(max(0, o.LateSucceeded), max(0, o.LateSent))
		c.rateOn.requests += max(0, o.LateSent)
	}
	if at == 0 && after {
		c.rateOn.requests -= min(c.rateOn.requests, int(c.sentOff()*o.LatePart)) // the lower level went on
		c.before += max(0, o.Flying)
		if o.Left > 1 || c.users == 1 { // one that hangs is no load
			c.lingers += min(o.Left, o.Flying)
		}
	}
	c.sent[of] += max(0, o.LateSent)
	c.told[of] += o.LatePart
	c.told[at] += 1 - o.LatePart
	c.flying[at] += max(0, o.InFlight)
	c.sent[at] += max(0, o.Sent)
	c.halves[at]++
}

// waiting is the share of the time in which this program could have run with load that it
// waited for a processor.
func (c *Check) waiting() float64 {
	return float64(c.waited) / float64(max(1, c.had+c.waited))
}

// starved says that with load this program waited so long for a processor that it
// can't tell whether production was slow, or only it: some of the waiting goes with the
// load, and a sham load does not cost the very same. Nor can it tell that production was
// not: what is added to each answer makes a slower one hardly slower.
func (c *Check) starved() bool { return c.waiting() >= starvedFrom }

// starvedFrom is a program that waits four times as long as it runs. Five checks at once on
// two processors, which found every link and none where there was none, wait two and a half
// times as long (0.72). Four on one core with eight programs that only burn it wait eleven times as
// long (0.92), and their answers alone would have made a link of none in three of twelve.
const (
	starvedFrom = 0.8
	starvedWhy  = "starved" // as a verdict's Why
)

// notReceived says why staging did not get the load as ordered; empty when it did.
func (c *Check) notReceived() string {
	if c.halves[1] == 0 {
		return ""
	}
	off := c.sentOff()
	on := (float64(c.sent[1]) - off*max(0, c.told[1]-float64(c.halves[1]))) / float64(c.halves[1])
	want := float64(wantedRatio)
	if c.setup.OffUsers > 0 {
		// Half of what the levels would make it.
		want = 1 + (float64(c.users)/float64(c.setup.OffUsers)-1)/2
	}
	switch {
	case c.left() > mostLeft && (on == 0 || off > 0 && on/off < want):
		return "load left"
	case on == 0 || (off > 0 && on/off < want):
		return "no load"
	case !c.dips && float64(c.success) < wantedSuccess*float64(c.sent[1]):
		return "load failed"
	}
	return ""
}

// left is how much of the load was still there in what counts of the halves
// without, as a share: requests that were sent before, and that staging had not
// answered yet. It is the smaller of two shares of what was under way: in time, of the
// halves with load; and in number, of when the load was taken away. 0 of a check between
// two levels, where that can't be told apart.
func (c *Check) left() float64 {
	if c.setup.OffUsers > 0 || c.halves[0] == 0 || c.halves[1] == 0 || c.flying[1] <= 0 || c.before == 0 {
		return 0
	}
	return min(c.flying[0]/float64(c.halves[0])/(c.flying[1]/float64(c.halves[1])), float64(c.lingers)/float64(c.before), 1)
}

// shamRate is by how many requests a second the halves that are on were above
// the others.
func (c *Check) shamRate() float64 {
	return max(0, c.rateOn.perHalf()-c.sentOff()) / c.setup.Profile.Half.Seconds()
}

// sentOff is how many requests staging got in a half without load.
func (c *Check) sentOff() float64 {
	if c.told[0] <= 0 {
		return 0
	}
	return float64(c.sent[0]) / c.told[0]
}

func (r rate) perHalf() float64 {
	if r.halves == 0 {
		return 0
	}
	return float64(r.requests) / float64(r.halves)
}
