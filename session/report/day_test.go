package report

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// day writes the journal of a long session: 6 checks, a level every five minutes, a
// note every ten; every twenty minutes the guard holds, eases and cuts, real
// exchanges are kept, and a bug has a log and a picture. A short one has the same
// trouble, and earlier.
func day(dir string, seconds int) (size int64, err error) {
	t := newTape()
	t.tiles = true
	t.start()
	t.quiet(60)
	file, err := os.Create(filepath.Join(dir, session.JournalName))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if err := os.MkdirAll(filepath.Join(dir, session.AttachmentsName), 0o755); err != nil {
		return 0, err
	}
	for i := range seconds {
		if i%300 == 0 && t.prodState == "green" {
			t.dial("mel", (i/300*7+5)%100)
		}
		if i%600 == 0 {
			t.write("mel", []notes.Kind{notes.Plain, notes.Question, notes.Idea, notes.Risk}[i/600%4], "what was seen in these ten minutes")
		}
		if err := t.trouble(dir, i%1200-troubleAt(seconds)); err != nil {
			return 0, err
		}
		t.seconds(1)
		if t.buf.Len() > 1<<20 {
			n, err := t.buf.WriteTo(file)
			if err != nil {
				return 0, err
			}
			size += n
		}
	}
	t.end("plan")
	n, err := t.buf.WriteTo(file)
	return size + n, err
}

// troubleAt is the second of every twenty minutes at which a day of a length has
// its trouble.
func troubleAt(length int) int {
	if length < 1200 {
		return 100
	}
	return 700
}

// bugAt is the second of the trouble at which its bug is noted.
const bugAt = 10

// trouble is what happens in twenty minutes, at the seconds of it.
func (t *tape) trouble(dir string, second int) error {
	step := func(from, to, cause string) {
		g := &session.GuardChange{From: from, To: to, Why: "production is " + cause + ": web-3 answered after 212 ms, usual 44", Cause: cause, Running: t.running, Ceiling: t.running}
		for i := range 10 {
			g.Samples = append(g.Samples, session.Sample{Env: "production", Check: "web-3", Due: t.now().Add(-time.Duration(i) * 250 * time.Millisecond), Latency: 0.212, OK: i%2 == 0, Reason: "timeout"})
		}
		t.add(session.ByGuard, session.TypeGuardState, g)
		t.write(session.ByGuard, notes.Plain, to+" for "+cause)
	}
	state := func(from, to string) {
		for i := 1; i <= 4; i++ {
			t.health("production", fmt.Sprintf("web-%d", i), from, to, "late twice (212 ms, usual 44)")
		}
		t.health("production", "", from, to, "web-3 late twice (212 ms, usual 44)")
	}
	switch second {
	case 0:
		t.slow = 6
		state("green", "amber")
		step("run", "hold", "amber")
	case 5:
		step("hold", "ease", "amber")
		for i := range 20 {
			t.exchange(fmt.Sprintf("POST /step/%d", i), []string{"timeout", "status 503"}[i%2], []int{0, 503}[i%2], 2)
		}
	case bugAt:
		id := t.write("jo", notes.Bug, strings.Repeat("orders are doubled when checkout times out\n", 20))
		for name, media := range map[string]string{"pod.log": "text/plain", "shot.png": "image/png"} {
			if err := t.enclose(dir, id, name, media); err != nil {
				return err
			}
		}
		state("amber", "red")
		step("ease", "cut", "red")
		t.asked, t.running = 0, 0
		t.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "guard", By: session.ByGuard, InFlight: 37, MSToZero: new(21.4), Running: 80})
	case 30:
		t.slow = 1
		state("red", "green")
		t.add(session.ByGuard, session.TypeGuardRecov, &session.GuardRecovered{Seconds: 20, Level: 80})
		t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "cut", To: "run", Why: "a person went on", Cause: "person", Ceiling: 64})
	}
	return nil
}

// enclose attaches a log of 16 KB, or a picture that does not shrink.
func (t *tape) enclose(dir, id, name, media string) error {
	content := []byte(strings.Repeat("12:00:01 GET /cart 503 after 2.1 s\n", maxShown/36))
	if media == "image/png" {
		img := image.NewGray(image.Rect(0, 0, 400, 250))
		r := rand.New(rand.NewPCG(1, uint64(t.ms)))
		for i := range img.Pix {
			img.Pix[i] = uint8(r.Uint32())
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return err
		}
		content = b.Bytes()
	}
	file := id + "-" + name
	t.add("jo", session.TypeAttach, &session.AttachAdd{Note: id, Name: name, File: file, Size: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256(content)), Media: media, From: notes.FromFile})
	return os.WriteFile(filepath.Join(dir, session.AttachmentsName, file), content, 0o644)
}

// What a day's report may take: peak memory, and of processor time twice what is
// aimed at, since other work runs beside it.
const (
	dayMemory    = 300 << 20
	dayProcessor = 10 * time.Second
)

// A session of a day, with all that happens in one, is exported to every format by
// a process of its own within 300 MB; its time is printed. Without CROSSTALK_DAY
// the day has five minutes, with one trouble in them.
func TestADayIsExported(t *testing.T) {
	if dir := os.Getenv("CROSSTALK_DAY_OF"); dir != "" { // this is that process
		written, err := Write(dir, filepath.Join(dir, "out"), Formats())
		if err != nil || len(written) != names() {
			t.Fatalf("wrote %v, %v", written, err)
		}
		return
	}
	length := 300
	if os.Getenv("CROSSTALK_DAY") != "" {
		length = 8 * 3600
	}
	dir := t.TempDir()
	size, err := day(dir, length)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestADayIsExported$")
	c.Env = append(os.Environ(), "CROSSTALK_DAY_OF="+dir)
	began := time.Now()
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	used := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	peak := peakOf(c.ProcessState)
	t.Logf("%d s of session, a journal of %.1f MB: %v on the clock, %v of processor, %.0f MB at most", length, float64(size)/1e6, time.Since(began).Round(time.Millisecond), used.Round(time.Millisecond), float64(peak)/(1<<20))
	if peak > dayMemory {
		t.Errorf("%d MB of memory, want at most %d", peak>>20, dayMemory>>20)
	}
	if length == 8*3600 && used > dayProcessor {
		t.Errorf("%v of processor, want at most %v", used, dayProcessor)
	}
	page, err := os.ReadFile(filepath.Join(dir, "out", "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	bugs := length / 1200
	if length%1200 > troubleAt(length)+bugAt {
		bugs++
	}
	if n := strings.Count(string(page), `<article class="finding">`); n != bugs {
		t.Errorf("%d findings, want %d", n, bugs)
	}
	if n := strings.Count(string(page), `<img src="data:image/png`); n != bugs {
		t.Errorf("%d pictures, want %d", n, bugs)
	}
}
