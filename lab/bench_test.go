//go:build unix

package lab

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDeepCheck shows how load on staging reaches production's deep
// checks. One iteration is one check of each server, so -benchtime=100x takes
// about ten seconds a level. It reports latencies in milliseconds and the CPU
// of load, checks and lab together in percent of one core. Where cron is on,
// its job runs all the time, so that the figures are those of its two seconds.
func BenchmarkDeepCheck(b *testing.B) {
	for _, o := range []Options{
		{Noise: "busy"}, {Cron: true}, {Linked: true}, {},
	} {
		for _, users := range []int{0, 1, 3, 5, 10, 20, 40, 80} {
			if (o.Cron || o.Noise != "") && users > 0 {
				continue
			}
			b.Run(fmt.Sprintf("linked=%t,noise=%s,cron=%t,users=%d", o.Linked, o.Noise, o.Cron, users), func(b *testing.B) {
				measure(b, o, users)
			})
		}
	}
}

func measure(b *testing.B, o Options, users int) {
	job, stop := context.WithCancel(b.Context())
	defer stop()
	cron := o.Cron
	o.Cron = false
	l := begin(b, o)
	if cron {
		var jobs sync.WaitGroup
		defer jobs.Wait()
		defer stop()
		jobs.Go(func() {
			for job.Err() == nil {
				countStock(job, l.production.db)
			}
		})
	}
	load := newCrowd(b.Context(), l.Staging.URL)
	defer load.leave()
	load.add(users)
	probes := watch(b.Context(), l.Production.Servers)
	gather(b, probes, len(l.Production.Servers), 10)

	before, cpu, start := l.Stats(), cpuTime(b), time.Now()
	var all []time.Duration
	perServer := make([][]time.Duration, len(l.Production.Servers))
	bad := 0
	b.ResetTimer()
	for b.Loop() {
		for range l.Production.Servers {
			p := <-probes
			if p.code != http.StatusOK {
				bad++
			}
			all = append(all, p.latency)
			perServer[p.server] = append(perServer[p.server], p.latency)
		}
	}
	wall := time.Since(start)
	after := l.Stats()
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	slices.Sort(all)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(at(all, 0.5)), "p50-ms")
	b.ReportMetric(ms(at(all, 0.99)), "p99-ms")
	b.ReportMetric(ms(all[len(all)-1]), "max-ms")
	for i, s := range perServer {
		slices.Sort(s)
		b.ReportMetric(ms(at(s, 0.5)), fmt.Sprintf("web%d-ms", i+1))
	}
	b.ReportMetric(float64(bad), "bad")
	b.ReportMetric(100*float64(cpuTime(b)-cpu)/float64(wall), "cpu-%")
	b.ReportMetric(float64(after.StagingOrders-before.StagingOrders)/wall.Seconds(), "orders/s")
	b.ReportMetric(float64(after.Customers.Served-before.Customers.Served)/wall.Seconds(), "served/s")
	b.ReportMetric(float64(after.Customers.Hurt()-before.Customers.Hurt())/wall.Seconds(), "hurt/s")
}

// cpuTime is what this process has used, user and system.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
