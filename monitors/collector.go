package monitors

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"
)

// collectTimeout bounds one reading of this machine.
const collectTimeout = 5 * time.Second

// Collector returns what serves this machine's vital signs to Prometheus. Where
// the meaning is that of node_exporter, so is the name. What cannot be read is
// left out, never 0, and counted by crosstalk_unread.
func Collector() prometheus.Collector {
	c := &collector{}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc(name, help, labels, nil)
		c.all = append(c.all, d)
		return d
	}
	c.cpu = desc("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", "cpu", "mode")
	c.cores = desc("crosstalk_cores", "Logical cores.")
	c.memory = map[string]*prometheus.Desc{}
	for _, name := range []string{"MemTotal", "MemAvailable", "MemFree", "Buffers", "SwapTotal", "SwapFree"} {
		c.memory[name] = desc("node_memory_"+name+"_bytes", "Memory information field "+name+".")
	}
	c.load1 = desc("node_load1", "1m load average.")
	c.load5 = desc("node_load5", "5m load average.")
	c.load15 = desc("node_load15", "15m load average.")
	place := []string{"device", "fstype", "mountpoint"}
	c.fsSize = desc("node_filesystem_size_bytes", "Filesystem size in bytes.", place...)
	c.fsFree = desc("node_filesystem_free_bytes", "Filesystem free space in bytes.", place...)
	c.fsAvail = desc("node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.", place...)
	c.fsUsed = desc("crosstalk_filesystem_used_ratio", "Share of the space that ordinary users can have which is in use, 0 to 1.", place...)
	c.read = desc("node_disk_read_bytes_total", "Bytes read from the disk.", "device")
	c.written = desc("node_disk_written_bytes_total", "Bytes written to the disk.", "device")
	for _, d := range []struct {
		word string
		of   *[4]*prometheus.Desc
	}{{"receive", &c.in}, {"transmit", &c.out}} {
		for n, what := range []string{"bytes", "packets", "errs", "drop"} {
			d.of[n] = desc("node_network_"+d.word+"_"+what+"_total", "Network device statistic "+d.word+"_"+what+".", "device")
		}
	}
	c.boot = desc("node_boot_time_seconds", "Unix time of the last boot.")
	c.now = desc("node_time_seconds", "System time in seconds since epoch.")
	c.unread = desc("crosstalk_unread", "1 for each vital sign that this machine did not tell.", "vital")
	return c
}

// collector reads this machine whenever it is asked. It keeps nothing between
// two readings, so they may overlap.
type collector struct {
	all                             []*prometheus.Desc
	cpu, cores                      *prometheus.Desc
	memory                          map[string]*prometheus.Desc // by node_exporter's word
	load1, load5, load15            *prometheus.Desc
	fsSize, fsFree, fsAvail, fsUsed *prometheus.Desc
	read, written                   *prometheus.Desc
	in, out                         [4]*prometheus.Desc // bytes, packets, errors, drops
	boot, now, unread               *prometheus.Desc
}

// Describe sends what may be collected.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.all {
		out <- d
	}
}

// Collect reads this machine once.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	for _, vital := range []struct {
		name string
		read func(context.Context, chan<- prometheus.Metric) error
	}{
		{"cpu", c.readCPU}, {"memory", c.readMemory}, {"swap", c.readSwap}, {"load", c.readLoad},
		{"filesystem", c.readFiles}, {"disk", c.readDisks}, {"network", c.readNetwork}, {"boot", c.readBoot},
	} {
		missing := 0.0
		if vital.read(ctx, out) != nil {
			missing = 1
		}
		out <- gaugeOf(c.unread, missing, vital.name)
	}
	out <- gaugeOf(c.now, float64(time.Now().UnixMilli())/1000)
}

func gaugeOf(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, valid(labels)...)
}

func counterOf(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, valid(labels)...)
}

// valid makes label values the UTF-8 that they must be: the name of a mount
// point may be any bytes.
func valid(labels []string) []string {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	return labels
}

func (c *collector) readCPU(ctx context.Context, out chan<- prometheus.Metric) error {
	times, err := cpu.TimesWithContext(ctx, true)
	if err != nil {
		return err
	}
	for _, t := range times {
		name := strings.TrimPrefix(t.CPU, "cpu")
		for mode, seconds := range map[string]float64{
			"user": t.User, "system": t.System, "idle": t.Idle, "nice": t.Nice,
			"iowait": t.Iowait, "irq": t.Irq, "softirq": t.Softirq, "steal": t.Steal,
		} {
			out <- counterOf(c.cpu, seconds, name, mode)
		}
	}
	out <- gaugeOf(c.cores, float64(len(times)))
	return nil
}

func (c *collector) readMemory(ctx context.Context, out chan<- prometheus.Metric) error {
	m, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return err
	}
	for name, bytes := range map[string]uint64{
		"MemTotal": m.Total, "MemAvailable": m.Available, "MemFree": m.Free, "Buffers": m.Buffers,
	} {
		out <- gaugeOf(c.memory[name], float64(bytes))
	}
	return nil
}

func (c *collector) readSwap(ctx context.Context, out chan<- prometheus.Metric) error {
	s, err := mem.SwapMemoryWithContext(ctx)
	if err != nil {
		return err
	}
	out <- gaugeOf(c.memory["SwapTotal"], float64(s.Total))
	out <- gaugeOf(c.memory["SwapFree"], float64(s.Free))
	return nil
}

func (c *collector) readLoad(ctx context.Context, out chan<- prometheus.Metric) error {
	l, err := load.AvgWithContext(ctx)
	if err != nil {
		return err
	}
	out <- gaugeOf(c.load1, l.Load1)
	out <- gaugeOf(c.load5, l.Load5)
	out <- gaugeOf(c.load15, l.Load15)
	return nil
}

func (c *collector) readFiles(ctx context.Context, out chan<- prometheus.Metric) error {
	parts, err := disk.PartitionsWithContext(ctx, false)
	if err != nil {
		return err
	}
	seen := map[[3]string]bool{}
	for _, p := range parts {
		labels := [3]string{p.Device, p.Fstype, p.Mountpoint}
		u, err := disk.UsageWithContext(ctx, p.Mountpoint)
		// One that is mounted twice in the same place would spoil the whole page.
		if err != nil || seen[labels] {
			continue
		}
		seen[labels] = true
		out <- gaugeOf(c.fsSize, float64(u.Total), p.Device, p.Fstype, p.Mountpoint)
		out <- gaugeOf(c.fsFree, float64(u.Total-u.Used), p.Device, p.Fstype, p.Mountpoint)
		out <- gaugeOf(c.fsAvail, float64(u.Free), p.Device, p.Fstype, p.Mountpoint)
		out <- gaugeOf(c.fsUsed, u.UsedPercent/100, p.Device, p.Fstype, p.Mountpoint)
	}
	return nil
}

func (c *collector) readDisks(ctx context.Context, out chan<- prometheus.Metric) error {
	disks, err := disk.IOCountersWithContext(ctx)
	if err != nil {
		return err
	}
	for device, d := range disks {
		out <- counterOf(c.read, float64(d.ReadBytes), device)
		out <- counterOf(c.written, float64(d.WriteBytes), device)
	}
	return nil
}

func (c *collector) readNetwork(ctx context.Context, out chan<- prometheus.Metric) error {
	all, err := net.IOCountersWithContext(ctx, true)
	if err != nil {
		return err
	}
	for _, n := range all {
		for i, v := range [4]uint64{n.BytesRecv, n.PacketsRecv, n.Errin, n.Dropin} {
			out <- counterOf(c.in[i], float64(v), n.Name)
		}
		for i, v := range [4]uint64{n.BytesSent, n.PacketsSent, n.Errout, n.Dropout} {
			out <- counterOf(c.out[i], float64(v), n.Name)
		}
	}
	return nil
}

func (c *collector) readBoot(ctx context.Context, out chan<- prometheus.Metric) error {
	at, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return err
	}
	out <- gaugeOf(c.boot, float64(at))
	return nil
}
