package link

import "testing"

// What a fleet tells late of a half with load belongs to that half; what its lower level
// sent meanwhile makes the sham load no larger.
func TestWhatIsToldLateIsOfTheHalfWithLoad(t *testing.T) {
	for off, rates := range map[int][2]float64{0: {200, 0}, 100: {300, 200}} { // requests in a half, on and off
		s := standardSetup()
		s.OffUsers, s.Users = off, off+50
		p := newPlant(1)
		was := 0.0
		p.staging = func(h Half, o *Observation) {
			is := rates[1]
			if h.Load == On {
				is = rates[0]
			}
			// Told 20 % of a half late; it may be 40 %.
			o.LatePart = 0.4
			o.LateSent = int(0.2*was + 0.2*is)
			o.Sent = int(0.6 * is)
			o.LateSucceeded, o.Succeeded = o.LateSent, o.Sent
			was = is
		}
		c := p.begin(t, s)
		for h, ok := c.Next(); ok; h, ok = c.Next() {
			if err := c.Observe(p.half(h)); err != nil {
				t.Fatal(err)
			}
			if got, want := c.shamRate()*s.Profile.Half.Seconds(), rates[0]-rates[1]; len(c.pairs) == 6 && (got < 0.7*want || got > 1.3*want) {
				t.Errorf("%d users without load: the sham load is %.0f requests in a half, want %.0f", off, got, want)
			}
		}
		if v, _ := c.Verdict(); v.Verdict == Void {
			t.Errorf("%d users without load: %s", off, v.Words())
		}
	}
}

// One request of a fleet's that hangs is no load: what was told late was sent, too.
func TestOneLateRequestIsNoLoad(t *testing.T) {
	p := newPlant(1)
	was := Off
	p.staging = func(h Half, o *Observation) {
		*o = Observation{Half: o.Half, Samples: o.Samples, Sham: o.Sham, LatePart: 0.9, Flying: 1, InFlight: 1, Left: 1}
		if h.Load == On {
			o.Sent, o.Succeeded = 2, 2
		}
		if was == On {
			o.LateSent, o.LateSucceeded = 18, 18
		}
		was = h.Load
	}
	if v := p.run(t, standardSetup()); v.Verdict != NoLinkSeen {
		t.Errorf("%s, %v of the load left: %s", v.Verdict, v.Left, v.Words())
	}
}
