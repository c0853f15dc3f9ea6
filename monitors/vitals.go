package monitors

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// Vitals are the vital signs of this machine and of this process. A value that
// the system does not tell is 0, except where noted.
type Vitals struct {
	CPU        float64 `json:"cpu"`        // percent of all cores in use, 0 to 100, since the sample before
	Cores      int     `json:"cores"`      // logical cores
	Memory     float64 `json:"memory"`     // percent in use, 0 to 100
	Swap       float64 `json:"swap"`       // percent in use, 0 to 100
	Disk       float64 `json:"disk"`       // percent in use of the file system of the working directory
	Load1      float64 `json:"load1"`      // load average over 1 minute
	Load5      float64 `json:"load5"`      // load average over 5 minutes
	NetIn      float64 `json:"net_in"`     // bytes a second received on all interfaces
	NetOut     float64 `json:"net_out"`    // bytes a second sent on all interfaces
	OwnCPU     float64 `json:"own_cpu"`    // this process: percent of one core, may exceed 100
	RSS        uint64  `json:"rss"`        // this process: resident bytes
	Goroutines int     `json:"goroutines"` // this process
	OpenFiles  int     `json:"open_files"` // this process: open files and sockets; -1 when not known
	Ports      int     `json:"ports"`      // this machine: local ports in use towards one address, not more; -1 when not known
	GCPause    float64 `json:"gc_pause"`   // this process: longest pause for garbage collection since the sample before, seconds

	told hostParts // what the system told: tells 0 from not known
}

// hostParts is a set of parts of this machine.
type hostParts uint8

const (
	partCPU hostParts = 1 << iota
	partMemory
	partSwap
	partLoad
	partDisk
	partNetwork
	partFiles
)

// OwnShare returns the CPU this process uses in percent of all cores.
func (v *Vitals) OwnShare() float64 {
	if v.Cores <= 0 {
		return v.OwnCPU
	}
	return v.OwnCPU / float64(v.Cores)
}

// gauge reads vitals and remembers the counters of the time before, from which
// rates are made. Only one probe runs at a time, so it needs no lock.
type gauge struct {
	own         *process.Process
	at          time.Time
	busy, total float64 // seconds of all cores
	ownSeconds  float64
	in, out     uint64 // bytes
	pauses      pauseGauge
}

// newGauge reads the counters once, so that the first sample has rates.
func newGauge() *gauge {
	g := &gauge{}
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil {
		g.own = p
	}
	// What cannot be read now is told by the first probe.
	_, _ = g.read(context.Background())
	return g
}

// read fails only when neither CPU nor memory can be told.
func (g *gauge) read(ctx context.Context) (*Vitals, error) {
	now := time.Now()
	elapsed := now.Sub(g.at).Seconds()
	first := g.at.IsZero()
	g.at = now
	v := &Vitals{Cores: runtime.NumCPU(), Goroutines: runtime.NumGoroutine(), OpenFiles: -1, GCPause: g.pauses.longest().Seconds()}

	times, errCPU := cpu.TimesWithContext(ctx, false)
	if errCPU == nil && len(times) > 0 {
		t := times[0]
		idle := t.Idle + t.Iowait
		busy := t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
		total := busy + idle
		if !first && total > g.total {
			v.CPU = min(100, max(0, 100*(busy-g.busy)/(total-g.total)))
			v.told |= partCPU
		}
		g.busy, g.total = busy, total
	}
	memory, errMemory := mem.VirtualMemoryWithContext(ctx)
	if errMemory == nil {
		v.Memory = memory.UsedPercent
		v.told |= partMemory
	}
	if swap, err := mem.SwapMemoryWithContext(ctx); err == nil {
		v.Swap = swap.UsedPercent
		v.told |= partSwap
	}
	if usage, err := disk.UsageWithContext(ctx, "."); err == nil {
		v.Disk = usage.UsedPercent
		v.told |= partDisk
	}
	if avg, err := load.AvgWithContext(ctx); err == nil {
		v.Load1, v.Load5 = avg.Load1, avg.Load5
		v.told |= partLoad
	}
	if all, err := net.IOCountersWithContext(ctx, false); err == nil && len(all) > 0 {
		in, out := all[0].BytesRecv, all[0].BytesSent
		// Counters fall when an interface goes away.
		if !first && elapsed > 0 && in >= g.in && out >= g.out {
			v.NetIn, v.NetOut = float64(in-g.in)/elapsed, float64(out-g.out)/elapsed
			v.told |= partNetwork
		}
		g.in, g.out = in, out
	}
	g.readOwn(ctx, v, elapsed, first)
	v.Ports = portsInUse(v.OpenFiles)
	if errCPU != nil && errMemory != nil {
		return nil, fmt.Errorf("read vitals: %w", errCPU)
	}
	return v, nil
}

func (g *gauge) readOwn(ctx context.Context, v *Vitals, elapsed float64, first bool) {
	if g.own == nil {
		return
	}
	if t, err := g.own.TimesWithContext(ctx); err == nil {
		seconds := t.User + t.System
		if !first && elapsed > 0 {
			v.OwnCPU = max(0, 100*(seconds-g.ownSeconds)/elapsed)
		}
		g.ownSeconds = seconds
	}
	if m, err := g.own.MemoryInfoWithContext(ctx); err == nil {
		v.RSS = m.RSS
	}
	if n, err := g.own.NumFDsWithContext(ctx); err == nil {
		v.OpenFiles = int(n)
		v.told |= partFiles
	}
}
