package link

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"
	"time"
)

// FuzzObserve feeds a check and dips whatever a runner may report: no samples,
// latencies of any sign and size, rates that are not numbers, counts that are
// negative. Nothing may panic, and every number of the verdict stays finite.
func FuzzObserve(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0xff, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18})
	f.Add(binary.LittleEndian.AppendUint64([]byte{3, 200}, math.Float64bits(math.NaN())))
	f.Add(binary.LittleEndian.AppendUint64([]byte{1, 7}, math.Float64bits(math.Inf(1))))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPlant(1)
		p.counter = 0
		p.also = func(h Half, o *Observation) { data = disturb(data, o) }
		for _, dips := range []bool{false, true} {
			s := Setup{Profile: Quick(), Seed: uint64(len(data)), Users: 5}
			var next func() (Half, bool)
			var observe func(Observation) error
			var verdict func() Verdict
			if dips {
				s.Profile = IsItMe()
				d, err := NewDips(s, p.quiet(s.Profile, 6))
				if err != nil {
					return
				}
				next, observe = d.Next, d.Observe
				verdict = func() Verdict { r, _ := d.Result(); _ = r.Words(); return r.Check }
			} else {
				c, err := New(s, p.quiet(s.Profile, 6))
				if err != nil {
					return
				}
				next, observe = c.Next, c.Observe
				verdict = func() Verdict { v, _ := c.Verdict(); return v }
			}
			for h, ok := next(); ok; h, ok = next() {
				if err := observe(p.half(h)); err != nil {
					t.Fatal(err)
				}
			}
			v := verdict()
			if v.Verdict == "" || v.Words() == "" {
				t.Fatalf("no verdict: %+v", v)
			}
			if _, err := json.Marshal(v); err != nil { // Numbers that are none fail here.
				t.Fatal(err)
			}
		}
	})
}

// disturb spoils a half by the next ten bytes: what, how much of it, and a number.
func disturb(data []byte, o *Observation) []byte {
	if len(data) < 10 {
		return data
	}
	what, much := data[0], int(data[1])
	number := math.Float64frombits(binary.LittleEndian.Uint64(data[2:10]))
	whole := time.Duration(binary.LittleEndian.Uint64(data[2:10]))
	switch what % 8 {
	case 0:
		o.Samples = o.Samples[:min(much, len(o.Samples))]
	case 1:
		o.Counters = append(o.Counters, Counter{"commits", number, much%2 == 0})
	case 2:
		for i := range o.Samples {
			if i%(1+much) == 0 {
				o.Samples[i].Latency = whole
			}
		}
	case 3:
		o.Sent, o.Succeeded, o.Sham = int(whole), -much, int(-whole)
	case 4:
		for i := range o.Samples {
			o.Samples[i].Outcome = Outcome(much)
		}
	case 5:
		o.Counters = nil
	case 6:
		o.Amber, o.AmberAtEnd, o.NoSight = much&1 == 1, much&2 == 2, much&0xf0 == 0xf0
	case 7:
		for i := range o.Samples {
			o.Samples[i].Due, o.Samples[i].Check = whole, string(rune(much))
		}
	}
	return data[10:]
}
