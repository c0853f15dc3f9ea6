package monitors

import (
	"testing"
	"time"
)

// BenchmarkBoard is the work of a second of simulated time: 40 servers with 100
// checks a second together, and Advance every 50 ms.
func BenchmarkBoard(b *testing.B) {
	replies := make([]reply, 40)
	for i := range replies {
		replies[i] = steady(44 * ms)
	}
	w := newWorld(400*ms, Limits{Errors: 0.01}, replies...)
	w.baseline(20 * time.Second)
	b.ReportAllocs()
	at := 20 * time.Second
	for b.Loop() {
		at += time.Second
		w.run(at)
	}
}

// BenchmarkBoardFailing is the same while a quarter of the servers fail.
func BenchmarkBoardFailing(b *testing.B) {
	replies := make([]reply, 40)
	for i := range replies {
		replies[i] = steady(44 * ms)
		if i%4 == 0 {
			replies[i] = failing
		}
	}
	w := newWorld(400*ms, Limits{Errors: 0.01}, replies...)
	w.baseline(20 * time.Second)
	b.ReportAllocs()
	at := 20 * time.Second
	for b.Loop() {
		at += time.Second
		w.run(at)
	}
}

// BenchmarkEnv is one summary of 40 servers.
func BenchmarkEnv(b *testing.B) {
	replies := make([]reply, 40)
	for i := range replies {
		replies[i] = steady(44 * ms)
	}
	w := newWorld(400*ms, Limits{}, replies...)
	w.run(20 * time.Second)
	b.ReportAllocs()
	for b.Loop() {
		w.board.Env(Production, w.now)
	}
}
