package session

import (
	"testing"
	"time"

	"crosstalk/monitors"
)

// What is missing after a cut names the state of now, and counts only what runs.
func TestWhatIsMissingAfterACut(t *testing.T) {
	t.Parallel()
	const sec = time.Second
	// Production as a board shows it: well again, while red is left after 30 s and
	// amber after 10 more.
	well := func(d *drill, h monitors.Health, green time.Duration) {
		d.r.Production, d.r.Pressing, d.r.GreenFor = h, false, green
		d.step(wakeEvery)
	}
	cut := func(d *drill) { d.sees(monitors.Red).lasts(sec) }
	for _, c := range []struct {
		name string
		act  func(*drill)
		want string
	}{
		{"red", cut, "production is red now and must answer as usual for 60 s first"},
		{"out of sight after red", func(d *drill) { cut(d); d.sees(monitors.NoSight).lasts(sec) }, "production is out of sight now and must answer as usual for 60 s first"},
		{"well again, and red for a while yet", func(d *drill) { cut(d); d.step(9 * sec); well(d, monitors.Red, 9*sec) },
			"production is red now and must answer as usual for 60 s: 51 s to go"},
		{"well again, and amber for a while yet", func(d *drill) { cut(d); d.step(39 * sec); well(d, monitors.Amber, 39*sec) },
			"production is amber now and must answer as usual for 60 s: 21 s to go"},
		{"amber anew", func(d *drill) { cut(d); d.step(39 * sec); d.sees(monitors.Amber).lasts(sec) },
			"production is amber now and must answer as usual for 60 s first"},
		{"green", func(d *drill) { cut(d); d.step(50 * sec); well(d, monitors.Green, 45*sec) }, "production must stay green for 60 s: 15 s to go"},
		{"long enough, and amber", func(d *drill) {
			cut(d)
			d.r.Why = "replica is 9 s behind"
			d.step(70 * sec)
			well(d, monitors.Amber, 65*sec)
		}, "production is amber now (replica is 9 s behind): type a reason to go on"},
		{"long enough", func(d *drill) { cut(d); d.sees(monitors.Green).lasts(61 * sec) }, ""},
		{"no sight", func(d *drill) { d.sees(monitors.NoSight).lasts(6 * sec) }, "production is out of sight now and must be seen and not red for 10 s first"},
		{"seen again", func(d *drill) { d.sees(monitors.NoSight).lasts(6 * sec).sees(monitors.Amber).lasts(4 * sec) },
			"production must be seen and not red for 10 s: 7 s to go"},
		{"seen again, and our own machine", func(d *drill) {
			d.sees(monitors.NoSight).lasts(6 * sec).sees(monitors.Green)
			d.r.Self, d.r.SelfWhy = monitors.Amber, "processor 97 %"
			d.lasts(sec)
		}, "our own machine is in trouble now (processor 97 %): it must be well for 10 s first"},
		{"seen again, and slow with the control environment", func(d *drill) {
			d.sees(monitors.NoSight).lasts(6 * sec)
			d.controlled(monitors.Amber).sees(monitors.Amber).lasts(sec)
		}, "production and the control environment are slow now: one must be well for 10 s first"},
		{"locked", func(d *drill) {
			d.g.reds = 1
			cut(d)
			d.sees(monitors.Green).lasts(61 * sec)
		}, "2 cuts for production's red: type a reason to go on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(nil)
			c.act(d)
			if m := d.g.Missing(d.now, false); m != c.want {
				t.Errorf("missing %q\nwant    %q", m, c.want)
			}
		})
	}
}

// step lets one reading pass as it is, after a time in which nothing was read.
func (d *drill) step(after time.Duration) {
	d.now = d.now.Add(after)
	d.r.Now, d.r.Pressing = d.now, false
	d.v = d.g.Step(d.r)
}
