package link

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// amberFor lets production be amber at the end of all halves but those after n
// at zero.
func amberFor(n int) func(*plant) {
	return func(p *plant) {
		zeros := 0
		p.also = func(h Half, o *Observation) {
			if h.Load == Zero {
				zeros++
			}
			o.AmberAtEnd = zeros <= n
		}
	}
}

func TestDipsAnswers(t *testing.T) {
	always := amberFor(99)
	tests := []struct {
		name  string
		plant func(*plant)
		want  Answer
		zero  time.Duration
		words string
	}{
		{"ours", func(p *plant) { p.effect = 0.6; always(p) }, FollowsUs, 0, "dips: it follows us (+"},
		{"not ours", always, NotOursNow, time.Minute, "Still amber after 1 min at zero: not our load now (a backlog would drain slowly)."},
		{"backlog", amberFor(2), Drained, 20 * time.Second, "Green again after 20 s at zero. It may have been our load"},
		{"green again", amberFor(-1), CannotTell, 0, "Cannot tell yet: production relaxes in"},
		{"late green", amberFor(11), CannotTell, time.Minute, "is green again"},
		{"our machine", func(p *plant) { p.ours = 0.8; always(p) }, OurMachine, 0, "Probably our own machine"},
		{"red in a dip", func(p *plant) {
			p.also = func(h Half, o *Observation) { o.Red, o.RedAt = h.Index == 3, 2500*time.Millisecond }
		}, Stopped, 0, "turned red"},
		{"red at zero", func(p *plant) {
			p.also = func(h Half, o *Observation) { o.AmberAtEnd, o.Red = true, h.Load == Zero }
		}, Stopped, 5 * time.Second, "Production turned red while our load was at zero: the load stays off."},
		{"no sight at zero", func(p *plant) {
			p.also = func(h Half, o *Observation) { o.AmberAtEnd, o.NoSight = true, h.Load == Zero }
		}, Stopped, 5 * time.Second, "Production could not be seen any more: the load is off."},
		{"half of it fails", func(p *plant) {
			p.effect = 0.6
			p.staging = func(_ Half, o *Observation) { o.Succeeded = o.Sent / 2 }
		}, FollowsUs, 0, "follows us"},
		{"no load", func(p *plant) { p.staging = func(_ Half, o *Observation) { o.Sent = 0 } }, CannotTell, 0, "staging did not get the load"},
		{"a staging that turns slow", func(p *plant) {
			p.staging = func(h Half, o *Observation) { lingering(h, o); o.Sent, o.Succeeded = 0, 0 }
		}, CannotTell, 0, "40 % of the load was still there in those without: ease the load first, then ask again."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlant(1)
			quiet := p.quiet(IsItMe(), 6)
			tt.plant(p)
			d, err := NewDips(Setup{Profile: IsItMe(), Seed: 5, Users: 120}, quiet)
			if err != nil {
				t.Fatal(err)
			}
			for h, ok := d.Next(); ok; h, ok = d.Next() {
				if h.Users > 120 || h.Load == Sham || (h.Load != On && h.Users != 0) {
					t.Fatalf("a dip goes to %+v", h)
				}
				before := d.Progress()
				if err := d.Observe(p.half(h)); err != nil {
					t.Fatal(err)
				}
				if now := d.Progress(); now.Done < before.Done || now.Most < 0 {
					t.Fatalf("progress from %+v to %+v", before, now)
				}
			}
			r, ok := d.Result()
			if !ok || r.Answer != tt.want || r.AtZero != tt.zero.Seconds() {
				t.Fatalf("answer %s after %v s at zero (%s): %s", r.Answer, r.AtZero, r.Check.Why, r.Words())
			}
			if !strings.Contains(r.Words(), tt.words) {
				t.Errorf("%q does not say %q", r.Words(), tt.words)
			}
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			var back DipsResult
			if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, r) {
				t.Errorf("came back from JSON as %+v, was %+v (%v)", back, r, err)
			}
		})
	}
}

func TestDipsStop(t *testing.T) {
	p := newPlant(1)
	for _, halves := range []int{0, 3, 26} {
		d, err := NewDips(Setup{Profile: IsItMe(), Seed: 5, Users: 120}, p.quiet(IsItMe(), 6))
		if err != nil {
			t.Fatal(err)
		}
		for range halves {
			h, _ := d.Next()
			o := p.half(h)
			o.AmberAtEnd = true
			if err := d.Observe(Observation{Half: h.Index + 1}); err == nil {
				t.Fatal("the observation of another half was taken")
			}
			if err := d.Observe(o); err != nil {
				t.Fatal(err)
			}
		}
		d.Stop("mel")
		r, ok := d.Result()
		if _, more := d.Next(); !ok || more || !d.Done() || r.Answer != Stopped || d.Observe(Observation{}) == nil {
			t.Errorf("stopped after %d halves: %+v", halves, r)
		}
	}
	if _, err := NewDips(Setup{Profile: IsItMe(), Users: 120, OffUsers: 1}, p.quiet(IsItMe(), 6)); err == nil {
		t.Error("dips that do not go to zero were begun")
	}
}

// A staging that answers slowly gets longer dips instead of none.
func TestDipsOfASlowStaging(t *testing.T) {
	t.Parallel()
	for p95, half := range map[time.Duration]time.Duration{0: 3 * time.Second, 500 * time.Millisecond: 3 * time.Second,
		600 * time.Millisecond: 4 * time.Second, 2 * time.Second: 12 * time.Second, time.Minute: 15 * time.Second} {
		p := DipsFor(p95)
		if p.Half != half || p.validate() != nil || p.Quiet < 6*half {
			t.Errorf("%v: halves of %v after %v, want %v", p95, p.Half, p.Quiet, half)
		}
		_, err := NewDips(Setup{Profile: p, Users: 120, StagingP95: p95}, newPlant(1).quiet(p, 6))
		if (err != nil) != (p95 > half/6) {
			t.Errorf("%v: %v", p95, err)
		}
	}
}
