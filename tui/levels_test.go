package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// levelStory is a busy session with three levels, the second one in trouble.
func levelStory() *story {
	t := newStory().baseline(5)
	sum := func(requests, errors uint64, basis string, rps, p50 float64, kinds ...session.KindSeen) session.LevelSum {
		return session.LevelSum{Requests: requests, Errors: errors, Basis: basis, Measured: requests, RPS: rps,
			P50: new(p50), P95: new(p50 * 4), P99: new(p50 * 9), Max: new(p50 * 12), Kinds: kinds}
	}
	late := session.KindSeen{Kind: "timeout", Count: 14, First: 31_200, Last: 58_400}
	busy := session.KindSeen{Kind: "status 503", Count: 97, First: 30_100, Last: 59_900}
	t.ms += 60_000
	t.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 120, Running: 96, Requests: 5234, Errors: 111, RPS: 212, P50: new(0.04), Logins: 40, Cached: 12, Servers: map[string]uint64{"web-1": 3000, "web-2": 2200},
		Ten:   &session.Window{Requests: 1200, RPS: 212, Errors: 111, P50: new(0.04), P95: new(0.2), P99: new(0.4), Logins: 40, Cached: 3},
		Kinds: map[string]uint64{"timeout": 14, "status 503": 97},
		ByStep: []session.StepTick{{Journey: "buy", Step: "GET /products", Requests: 2617, P50: new(0.03)},
			{Journey: "buy", Step: "POST /cart/{{cart}}/checkout", Requests: 2617, Errors: 111, P50: new(0.08), Kinds: map[string]uint64{"timeout": 14, "status 503": 97}}},
		Levels: []session.LevelTick{
			{N: 2, Asked: 5, From: 5_000, Span: 20, Held: 18, Over: true, LevelSum: sum(812, 0, "held", 41.2, 0.012)},
			{N: 3, Asked: 80, From: 25_000, Span: 35, Held: 27, Over: true, LevelSum: sum(4311, 111, "held", 153.4, 0.051, busy, late),
				Steps: []session.LevelStep{{Journey: "buy", Step: "GET /products", LevelSum: sum(2155, 0, "held", 76.7, 0.021)},
					{Journey: "buy", Step: "POST /cart/{{cart}}/checkout", LevelSum: sum(2156, 111, "held", 76.7, 0.081, busy, late)}}},
			{N: 4, Asked: 120, From: 60_000, Span: 5, Over: false, LevelSum: sum(111, 0, "all", 22.2, 0.061),
				Steps: []session.LevelStep{{Journey: "buy", Step: "GET /products", LevelSum: sum(56, 0, "all", 11.2, 0.031)}}},
		}})
	t.add(session.ByEngine, session.TypeExemplar, &session.ExemplarAdd{Level: 3, Asked: 80, Journey: "buy", Step: "POST /cart/{{cart}}/checkout", Kind: "status 503", Pick: "slowest",
		Sent: 41_300, Seconds: 2.31, Status: 503, User: 12, Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Method: "POST",
		URL: "http://127.0.0.1:8080/cart/4f…(12)/checkout?key=***", Body: `{"pay":"***"}`, Start: "the queue is full, try again later"})
	t.add(session.ByEngine, session.TypeExemplar, &session.ExemplarAdd{Level: 3, Asked: 80, Journey: "buy", Step: "POST /cart/{{cart}}/checkout", Kind: "timeout", Pick: "first",
		Sent: 31_200, Seconds: 5, User: 3, Method: "POST", URL: "http://127.0.0.1:8080/cart/77…(12)/checkout", Error: "context deadline exceeded"})
	return t
}

func TestLevelFrames(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		name string
		keys []string
	}{{"levels", []string{"l"}}, {"steps", []string{"l", "s"}}, {"errors", []string{"e"}}, {"kept", []string{"e", "end"}}, {"closed", []string{"l", "l"}}} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, _ := screen(levelStory(), size[0], size[1])
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// rateStory is a session whose dial counts requests a second, more than we can send.
func rateStory() *story {
	t := newStory()
	t.begin = func(s *session.Start) { s.Mode, s.Limits.RPS, s.Limits.Dial = "rate", 300, 300 }
	t.baseline(5)
	t.ms += 20_000
	t.add("mel", session.TypeDialSet, &session.DialSet{From: 0, To: 150})
	t.add("mel", session.TypeDialHold, &session.DialHold{At: 120})
	t.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 150, Running: 120, Ceiling: -1, InFlight: 40, Users: 40, Requests: 98, RPS: 98,
		P50: new(0.04), P95: new(0.1), P99: new(0.2), Max: new(0.3), Dropped: 22, Late: 22,
		Levels: []session.LevelTick{{N: 2, Asked: 150, From: 5_000, Span: 20, Late: 22, LevelSum: session.LevelSum{Requests: 980, Basis: "all", Measured: 980, RPS: 98, P50: new(0.04)}}}})
	return t
}

func TestRateFrames(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		name string
		keys []string
	}{{"main", nil}, {"levels", []string{"l"}}, {"help", []string{"?"}}, {"spike", []string{"S", "5", "0", "enter"}}} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, _ := screen(rateStory(), size[0], size[1])
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// No heading of the sheet of errors is cut in a narrow window, whatever this
// machine has to tell.
func TestErrorsSheetFitsANarrowWindow(t *testing.T) {
	m, _ := screen(levelStory(), 80, 24)
	m.machine = machine{CPU: new(100.0), Own: new(140.0), Memory: new(33.0), Cores: 2, Files: new(19_999), Ports: new(28_000), Pause: new(0.0123)}
	m.s.Load.Lag = &session.Lag{P50: 0.0011, P95: 0.0123, P99: 0.1234, Max: 0.2}
	s := m.errorsSheet()
	seen := 0
	for i := range s.n {
		text := ""
		for _, p := range s.line(i) {
			text += p.text
		}
		if strings.HasPrefix(text, "journey and step") { // what follows is of any length
			break
		}
		if width(text) > s.w {
			t.Errorf("%d cells of %d: %q", width(text), s.w, text)
		}
		for _, want := range []string{"p99 123 ms", "paused for memory", "28000 ports", "level of 120 users"} {
			if strings.Contains(text, want) {
				seen++
			}
		}
	}
	if seen != 4 {
		t.Errorf("%d of 4 things are told", seen)
	}
}
