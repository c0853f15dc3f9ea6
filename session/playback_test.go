package session

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

// reel makes the lines of a session of n seconds: ticks, moves, notes, health.
func reel(t testing.TB, n int) (lines [][]byte, events []Event) {
	t.Helper()
	at := time.Date(2026, 10, 17, 15, 30, 0, 0, time.UTC)
	add := func(ms int64, by, kind string, body any) {
		e := Event{V: Version, Seq: uint64(len(lines) + 1), T: at.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body}
		b, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		// Back from the line, as a reader gets it.
		var read Event
		if err := read.UnmarshalJSON(b); err != nil {
			t.Fatal(err)
		}
		lines, events = append(lines, append(b, '\n')), append(events, read)
	}
	add(0, BySession, TypeStart, &Start{ID: "s", As: "mel", Timebox: 3600, Limits: LoadLimits{Users: 200, Glide: 10},
		Checks: []CheckInfo{{Env: "staging", Name: "web-1", Every: 1}, {Env: "production", Name: "web-1", Every: 0.25}}})
	for i := 1; i <= n; i++ {
		ms := int64(i) * 1000
		users := i / 30 * 5
		if i%30 == 0 {
			add(ms-500, "mel", TypeDialSet, &DialSet{From: users - 5, To: users})
		}
		if i%50 == 0 {
			add(ms-200, "mel", TypeNoteAdd, &NoteAdd{ID: fmt.Sprintf("n%d", i), Kind: notes.Bug, Text: fmt.Sprintf("slow at %d", i), Typed: at.Add(time.Duration(ms-5000) * time.Millisecond)})
		}
		if i%70 == 0 {
			add(ms-100, ByGuard, TypeGuardState, &GuardChange{From: "run", To: "hold", Why: "web-1 is late", Ceiling: users, Running: users})
		}
		add(ms, ByEngine, TypeLoadTick, &LoadTick{Asked: users, Running: users, Ceiling: -1, Requests: uint64(i), P50: new(0.01), P95: new(0.02)})
		add(ms, ByMonitors, TypeHealthTick, &HealthTick{Env: "production", State: "green", Now50: new(0.01), Now95: new(0.02), Checks: []CheckState{{Name: "web-1", State: "green", Latency: new(float64(i) / 1000)}}})
	}
	return lines, events
}

// projected opens a journal of these bytes and runs it until the test's end.
func projected(t testing.TB, journal []byte) (*Playback, string) {
	t.Helper()
	return projectedBy(t, journal, firstStep)
}

// projectedBy is projected with stops that lie so many events apart at first.
func projectedBy(t testing.TB, journal []byte, step int) (*Playback, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, JournalName), journal, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPlayback(dir)
	if err != nil {
		t.Fatal(err)
	}
	p.step = step
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, dir
}

// until waits for what Info says.
func (p *Playback) until(t testing.TB, what string, ok func(PlaybackInfo) bool) PlaybackInfo {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		info, more := p.Info()
		if ok(info) {
			return info
		}
		select {
		case <-more:
		case <-late.C:
			t.Fatalf("%s never came: %+v", what, info)
		}
	}
}

// same compares two states; what one of them may have worked out for itself
// since is no difference.
func same(a, b *State) bool { return reflect.DeepEqual(a.Clone(), b.Clone()) }

func caught(i PlaybackInfo) bool { return i.Caught }

// The state at any moment is the fold of the events up to it, whether it is
// come to by a jump or by going on, and however many stops have been dropped.
func TestPlaybackIsTheFoldAtAnyMoment(t *testing.T) {
	t.Parallel()
	lines, events := reel(t, 1500)
	p, _ := projectedBy(t, bytes.Join(lines, nil), 4) // stops become too many, and are thinned
	info := p.until(t, "the end", caught)
	if want := events[len(events)-1]; info.Seq != want.Seq || info.End != want.MS || info.Torn != 0 {
		t.Fatalf("read to %+v, want seq %d", info, want.Seq)
	}
	if len(p.stops) > maxStops || p.step == 4 {
		t.Fatalf("%d stops, %d events apart: they must be bounded", len(p.stops), p.step)
	}
	fold, folded := NewState(), 0
	foldTo := func(ms int64) *State { // moments rise
		for folded < len(events) && events[folded].MS <= ms {
			fold.Apply(events[folded])
			folded++
		}
		return fold
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var going *State
	for ms := int64(0); ms < info.End+3000; ms += rnd.Int64N(40_000) {
		want := foldTo(ms)
		lead := rnd.Int64N(80_000)
		jump, more, err := p.Range(t.Context(), ms-lead, ms)
		if err != nil {
			t.Fatal(err)
		}
		if jump.MS > max(0, ms-lead) {
			t.Fatalf("the state at %d is from %d, wanted no later than %d", ms, jump.MS, ms-lead)
		}
		for _, e := range more {
			jump.Apply(e)
		}
		if !same(jump, want) {
			t.Fatalf("a jump to %d gives seq %d, the fold %d", ms, jump.Seq, want.Seq)
		}
		if going == nil {
			going = jump
			continue
		}
		on, err := p.After(going.Seq, ms)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range on {
			if e.Seq != going.Seq+1 {
				t.Fatalf("event %d of those after is %d, after %d", i, e.Seq, going.Seq)
			}
			going.Apply(e)
		}
		if !same(going, want) {
			t.Fatalf("going on to %d gives seq %d, the fold %d", ms, going.Seq, want.Seq)
		}
	}
	if len(p.stretches) > maxStretches {
		t.Errorf("%d stretches are kept", len(p.stretches))
	}
}

func TestPlaybackMoments(t *testing.T) {
	t.Parallel()
	lines, events := reel(t, 300)
	odd := `{"v":1,"seq":%d,"t":"2026-10-17T15:36:00.000Z","ms":300000,"by":"mel","type":"moon.phase","body":{"phase":"waxing"}}` + "\n"
	newer := `{"v":9,"seq":%d,"t":"2026-10-17T15:36:01.000Z","ms":301000,"by":"mel","type":"note.add","body":["another form"]}` + "\n"
	end := len(events)
	text := string(bytes.Join(lines, nil)) + fmt.Sprintf(odd, end+1) + fmt.Sprintf(newer, end+2)
	p, _ := projected(t, []byte(text))
	info := p.until(t, "the end", caught)
	if info.Unknown != 1 || info.Newer != 1 || info.Why != "" || info.End != 301_000 {
		t.Errorf("%+v", info)
	}
	count := map[string]int{}
	var all []string
	last := int64(0)
	for _, m := range p.Moments() {
		count[m.Type]++
		all = append(all, m.Text)
		if m.MS < last {
			t.Errorf("moment %d ms after %d", m.MS, last)
		}
		last = m.MS
		if m.Type == TypeNoteAdd && m.Seq <= uint64(end) && (m.Kind != notes.Bug || m.System()) {
			t.Errorf("%+v", m)
		}
		if m.Type == TypeGuardState && !m.System() {
			t.Errorf("%+v", m)
		}
	}
	want := map[string]int{TypeStart: 1, TypeDialSet: 10, TypeNoteAdd: 7, TypeGuardState: 4, "moon.phase": 1}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("moments %v, want %v", count, want)
	}
	for _, has := range []string{"slow at 150", "guard hold: web-1 is late", "dial 5 → 10", "waxing", "another form"} {
		if !strings.Contains(strings.Join(all, "\n"), has) {
			t.Errorf("no moment says %q", has)
		}
	}
}

// A journal that is being written: the end moves, and half a line is no harm.
func TestPlaybackFollows(t *testing.T) {
	t.Parallel()
	lines, events := reel(t, 200)
	half := len(lines) / 2
	start := append(bytes.Join(lines[:half], nil), lines[half][:20]...)
	p, dir := projected(t, start)
	info := p.until(t, "the first half", func(i PlaybackInfo) bool { return i.Caught && i.Torn > 0 })
	if info.Seq != uint64(half) || info.Torn != 20 || info.Why == "" {
		t.Fatalf("%+v", info)
	}
	before, more, err := p.Range(t.Context(), 0, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range more {
		before.Apply(e)
	}
	f, err := os.OpenFile(filepath.Join(dir, JournalName), os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(lines[half][20:], bytes.Join(lines[half+1:], nil)...)); err != nil {
		t.Fatal(err)
	}
	info = p.until(t, "the second half", func(i PlaybackInfo) bool { return i.Seq == uint64(len(lines)) && i.Caught })
	if info.Torn != 0 || info.Why != "" {
		t.Errorf("%+v", info)
	}
	on, err := p.After(before.Seq, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range on {
		before.Apply(e)
	}
	if want := Fold(events); !same(before, want) {
		t.Errorf("followed to seq %d, want %d", before.Seq, want.Seq)
	}
}

func TestPlaybackKnowsWhetherItIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, _, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenPlayback(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if i, _ := p.Info(); !i.Live {
		t.Error("somebody writes it")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	p.until(t, "nobody", func(i PlaybackInfo) bool { return !i.Live })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Whatever stands at the end, all sound lines before it are there and the rest
// is said.
func TestPlaybackOfBrokenJournals(t *testing.T) {
	t.Parallel()
	lines, _ := reel(t, 20)
	whole := bytes.Join(lines, nil)
	for name, tail := range map[string]string{
		"torn":      `{"v":1,"seq":`,
		"no object": "nothing of ours\n" + string(lines[0]),
		"gap":       `{"v":1,"seq":9999,"t":"2026-10-17T15:36:00.000Z","ms":1,"by":"mel","type":"x"}` + "\n",
		"long":      strings.Repeat("x", maxLine+10) + "\n",
		"nul":       strings.Repeat("\x00", 4096),
		"body":      `{"v":1,"seq":` + fmt.Sprint(len(lines)+1) + `,"t":"2026-10-17T15:36:00.000Z","ms":1,"by":"mel","type":"note.add","body":7}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := projected(t, append(bytes.Clone(whole), tail...))
			info := p.until(t, "the end", caught)
			if info.Seq != uint64(len(lines)) || info.Torn != int64(len(tail)) || info.Why == "" {
				t.Errorf("%+v, want %d lines and %d bytes torn", info, len(lines), len(tail))
			}
			s, events, err := p.Range(t.Context(), 5000, 1<<40)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				s.Apply(e)
			}
			if s.Seq != uint64(len(lines)) {
				t.Errorf("seq %d", s.Seq)
			}
		})
	}
}

func TestPlaybackOfNothing(t *testing.T) {
	t.Parallel()
	if _, err := OpenPlayback(t.TempDir()); err == nil {
		t.Error("a folder without a journal opens")
	}
	p, _ := projected(t, nil)
	p.until(t, "the end", caught)
	s, events, err := p.Range(t.Context(), 0, 1000)
	if err != nil || len(events) > 0 || s.Seq != 0 {
		t.Errorf("%v %v %v", s, events, err)
	}
}

// FuzzPlayback reads any bytes as a journal: what can be read agrees with what
// every other reader of journals reads.
func FuzzPlayback(f *testing.F) {
	lines, _ := reel(f, 12)
	f.Add(bytes.Join(lines, nil), int64(3000))
	f.Add(bytes.Join(lines[:9], nil)[7:], int64(0))
	f.Add([]byte("{}\n"), int64(-1))
	f.Fuzz(func(t *testing.T, journal []byte, ms int64) {
		p, dir := projected(t, journal)
		info := p.until(t, "the end", caught)
		events, rest, err := ReadJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Read != rest.Whole || info.Torn != rest.Torn {
			t.Fatalf("read %d and %d torn, others %d and %d", info.Read, info.Torn, rest.Whole, rest.Torn)
		}
		s, more, err := p.Range(t.Context(), ms-1000, ms)
		if err != nil {
			t.Fatal(err)
		}
		if len(more) > len(events) || s.Seq > info.Seq {
			t.Fatalf("%d events of %d", len(more), len(events))
		}
	})
}
