package monitors

import (
	"context"
	"fmt"
	"time"
)

// HostName is the name of the check that Host makes.
const HostName = "host"

// When a host check warns.
const (
	busyOwnCPU  = 80                    // percent of all cores used by this process ...
	busySamples = 3                     // ... in this many samples one after the other
	fullMemory  = 95                    // percent of memory in use
	fullRoom    = 90                    // percent of the files or the ports this process may have
	longPause   = 50 * time.Millisecond // for garbage collection, in busySamples samples
)

// HostOptions describes a check of this machine. Every is needed.
type HostOptions struct {
	Env     string        // role of the environment; empty: Self
	Name    string        // unique within the environment; empty: HostName
	Part    string        // all, cpu, memory, swap, load, disk, network or files; empty: all
	Every   time.Duration // period
	Timeout time.Duration // 0: DefaultTimeout

	// Limit is bad above it; nil: none. cpu, memory, swap and disk are in percent,
	// load is the average over 1 minute, network the bytes a second in and out,
	// files those this process has open. For all it is the fullest of cpu, memory
	// and disk.
	Limit *float64
	Warn  *float64 // warns above it; nil: none
}

// Host makes a check of this machine in the environment self. It warns when
// this process uses more than 80 % of all cores, or garbage collection stops it
// for more than 50 ms, in 3 samples one after the other, and when more than 95 %
// of the memory or 90 % of the files or ports that it may have are in use.
func Host(every time.Duration) Check { return hostCheck(HostOptions{Every: every}) }

// HostPart makes a check of one part of this machine, or of all of it, with a
// limit. Like Host it warns of what this process itself does to the machine. A
// part that the system tells nothing of is not seen.
func HostPart(o HostOptions) (Check, error) {
	fail := func(err error) (Check, error) {
		return Check{}, fmt.Errorf("make host check %s of %s: %w", o.Name, o.Env, err)
	}
	if _, ok := measuresOf[o.Part]; !ok && o.Part != "" {
		return fail(fmt.Errorf("%q is nothing that is measured on this machine", o.Part))
	}
	if err := (limits{bad: o.Limit, warn: o.Warn}).check(); err != nil {
		return fail(err)
	}
	c := hostCheck(o)
	if err := c.complete(); err != nil {
		return fail(err)
	}
	return c, nil
}

// partOf is how one part of this machine is told.
type partOf struct {
	what, unit string
	needs      hostParts
	value      func(*Vitals) float64
}

const partAll = "all"

var measuresOf = map[string]partOf{
	partAll:   {"CPU use", "%", partCPU, func(v *Vitals) float64 { return v.CPU }},
	"cpu":     {"CPU use", "%", partCPU, func(v *Vitals) float64 { return v.CPU }},
	"memory":  {"memory in use", "%", partMemory, func(v *Vitals) float64 { return v.Memory }},
	"swap":    {"swap in use", "%", partSwap, func(v *Vitals) float64 { return v.Swap }},
	"load":    {"the load average", "", partLoad, func(v *Vitals) float64 { return v.Load1 }},
	"disk":    {"disk in use", "%", partDisk, func(v *Vitals) float64 { return v.Disk }},
	"network": {"network traffic", "B/s", partNetwork, func(v *Vitals) float64 { return v.NetIn + v.NetOut }},
	"files":   {"open files of this program", "", partFiles, func(v *Vitals) float64 { return float64(v.OpenFiles) }},
}

func hostCheck(o HostOptions) Check {
	if o.Env == "" {
		o.Env = Self
	}
	if o.Name == "" {
		o.Name = HostName
	}
	if o.Part == "" {
		o.Part = partAll
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	m := &machine{part: o.Part, room: OwnRoom(), limits: limits{bad: o.Limit, warn: o.Warn}}
	g := newGauge()
	return Check{
		Env: o.Env, Name: o.Name, Kind: kindHost, Every: o.Every, Timeout: o.Timeout,
		Probe: func(ctx context.Context) Result {
			v, err := g.read(ctx)
			if err != nil {
				return Result{Blind: true, Reason: "this machine's vitals cannot be read"}
			}
			return m.judge(v)
		},
	}
}

// machine judges vitals. Only one probe runs at a time, so it needs no lock.
type machine struct {
	part   string
	limits limits
	room   Room
	busy   int // samples one after the other in which this process was busy
	paused int // the same, in which the garbage collector stopped it for long
}

func (m *machine) judge(v *Vitals) Result {
	r := m.measure(v)
	r.Vitals = v
	if v.OwnShare() > busyOwnCPU {
		m.busy++
	} else {
		m.busy = 0
	}
	if v.GCPause > longPause.Seconds() {
		m.paused++
	} else {
		m.paused = 0
	}
	if !r.OK {
		return r
	}
	all := m.part == partAll
	switch {
	case m.busy >= busySamples && (all || m.part == "cpu"):
		r.Warn = true
		r.Reason = fmt.Sprintf("this program uses %.0f %% of all cores", v.OwnShare())
	case full(v.OpenFiles, m.room.Files) && (all || m.part == "files"):
		r.Warn = true
		r.Reason = fmt.Sprintf("%d of the %d files this program may open are open (ulimit -n)", v.OpenFiles, m.room.Files)
	case full(v.Ports, m.room.Ports) && (all || m.part == "network"):
		r.Warn = true
		r.Reason = fmt.Sprintf("%d of this machine's %d ports for connections to one address are in use", v.Ports, m.room.Ports)
	case m.paused >= busySamples && (all || m.part == "cpu"):
		r.Warn = true
		r.Reason = fmt.Sprintf("garbage collection stops this program for %.0f ms", 1000*v.GCPause)
	case v.Memory > fullMemory && (all || m.part == "memory"):
		r.Warn = true
		r.Reason = fmt.Sprintf("%.0f %% of this machine's memory is in use", v.Memory)
	}
	return r
}

// full tells whether hardly anything is left of a limit that is known.
func full(used, limit int) bool { return limit > 0 && used >= 0 && 100*used > fullRoom*limit }

func (m *machine) measure(v *Vitals) Result {
	p := measuresOf[m.part]
	if m.part == partAll {
		if v.told&p.needs == 0 {
			// The other parts are still worth a look.
			return Result{OK: true}
		}
		// The value shown is the CPU; what the limits look at is the fullest.
		fullest := p
		for _, name := range []string{"memory", "disk"} {
			if q := measuresOf[name]; v.told&q.needs != 0 && q.value(v) > fullest.value(v) {
				fullest = q
			}
		}
		r := m.limits.measured(fullest.what, fullest.value(v), fullest.unit)
		r.Value, r.Unit = p.value(v), p.unit
		return r
	}
	if v.told&p.needs == 0 {
		return Result{Blind: true, Reason: p.what + " is not known on this machine"}
	}
	return m.limits.measured(p.what, p.value(v), p.unit)
}
