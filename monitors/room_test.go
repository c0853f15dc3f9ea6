package monitors

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestHostWarnsWhenOurRoomIsFull(t *testing.T) {
	usual := Vitals{CPU: 40, Cores: 2, Memory: 60, OpenFiles: 12, Ports: 40, told: partCPU | partMemory | partDisk | partFiles | partNetwork}
	with := func(change func(*Vitals)) Vitals {
		v := usual
		change(&v)
		return v
	}
	for name, c := range map[string]struct {
		v    Vitals
		part string
		room Room
		want string
	}{
		"files":              {with(func(v *Vitals) { v.OpenFiles = 91 }), partAll, Room{Files: 100}, "91 of the 100 files this program may open are open (ulimit -n)"},
		"files by part":      {with(func(v *Vitals) { v.OpenFiles = 91 }), "files", Room{Files: 100}, "91 of the 100 files this program may open are open (ulimit -n)"},
		"other part":         {with(func(v *Vitals) { v.OpenFiles = 91 }), "memory", Room{Files: 100}, ""},
		"some files left":    {with(func(v *Vitals) { v.OpenFiles = 90 }), partAll, Room{Files: 100}, ""},
		"no limit of files":  {with(func(v *Vitals) { v.OpenFiles = 9e6 }), partAll, Room{}, ""},
		"files not known":    {with(func(v *Vitals) { v.OpenFiles = -1 }), partAll, Room{Files: 1}, ""},
		"ports":              {with(func(v *Vitals) { v.Ports = 28_000 }), partAll, Room{Ports: 28_232}, "28000 of this machine's 28232 ports for connections to one address are in use"},
		"ports of no number": {with(func(v *Vitals) { v.Ports = 28_000 }), partAll, Room{}, ""},
		"one long pause":     {with(func(v *Vitals) { v.GCPause = 0.2 }), partAll, Room{}, ""},
	} {
		m := &machine{part: c.part, room: c.room}
		if r := m.judge(&c.v); r.Warn != (c.want != "") || r.Reason != c.want || !r.OK {
			t.Errorf("%s: %+v", name, r)
		}
	}
	m := &machine{part: partAll}
	long := with(func(v *Vitals) { v.GCPause = 0.2 })
	for n := range busySamples {
		if r := m.judge(&long); r.Warn != (n == busySamples-1) {
			t.Errorf("stopped by garbage collection in %d samples: %+v", n+1, r)
		}
	}
	if r := m.judge(&usual); r.Warn {
		t.Errorf("well again: %+v", r)
	}
}

// The longest pause is that since the last look, and only ours.
func TestGCPauses(t *testing.T) {
	g := &pauseGauge{}
	g.longest()
	runtime.GC()
	if d := g.longest(); d <= 0 || d > time.Minute {
		t.Errorf("a collection paused us for %v", d)
	}
}

func TestBusiestAddress(t *testing.T) {
	const four = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31 1
   1: 0100007F:8000 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 32 1
   2: 0100007F:8001 0100007F:1F90 06 00000000:00000000 03:00001733 00000000     0        0 0 3
   3: 0100007F:8002 0200007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 33 1
   4: 0100007F:1F90 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 34 1
   5: 0100007F:9C41 0200007F:1F90 01
   torn
`
	const six = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:8005 00000000000000000000000001000000:1F90 01 x
`
	if n := busiest(0x8000, 0x8fff, strings.NewReader(four), strings.NewReader(six)); n != 2 {
		t.Errorf("%d ports in use towards the busiest address, want 2", n)
	}
	if n := busiest(1, 2, strings.NewReader(four)); n != 0 {
		t.Errorf("%d ports of another range", n)
	}
}

// What this machine tells of its limits is believable, and its own use is within.
func TestOwnRoom(t *testing.T) {
	r, v := OwnRoom(), Host(time.Second).Probe(t.Context()).Vitals
	if r.Files < 0 || r.Ports < 1 || r.Ports > 65_535 {
		t.Errorf("%+v", r)
	}
	if r.Files > 0 && v.OpenFiles > r.Files || v.Ports > r.Ports+v.OpenFiles+65_535 || v.Ports < -1 {
		t.Errorf("%d files and %d ports of %+v", v.OpenFiles, v.Ports, r)
	}
	if sane(1<<63) != 0 || sane(1024) != 1024 {
		t.Error("a limit that nobody reaches is none")
	}
}
