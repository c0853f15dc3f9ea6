//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// lasting runs ours once, and tells minute by minute what a request costs and how
// much memory there is.
func (s *settings) lasting(ctx context.Context, ours tool, server *nginx, work string) error {
	ctx, cancel := context.WithTimeout(ctx, s.last+time.Minute)
	defer cancel()
	s.length = s.last
	dir := filepath.Join(work, "last")
	c := exec.CommandContext(ctx, ours.path, ours.args(server.target, server.watch, dir, s)...)
	c.Stdout, c.Stderr = io.Discard, os.Stderr
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s: %w", ours.name, err)
	}
	p, err := process.NewProcessWithContext(ctx, int32(c.Process.Pid))
	if err != nil {
		return errors.Join(fmt.Errorf("look at %s: %w", ours.name, err), c.Process.Kill(), c.Wait())
	}
	fmt.Printf("%s, %d users\n\n| minute | CPU for a request | requests a second | memory | journal |\n|---:|---:|---:|---:|---:|\n",
		s.heading(server), s.users)
	before, err := s.moment(ctx, p, server)
	for minute := 1; err == nil && minute <= int(s.last/time.Minute); minute++ {
		select {
		case <-time.After(time.Until(before.at.Add(min(time.Minute, s.last-time.Duration(minute-1)*time.Minute-2*time.Second)))):
		case <-ctx.Done():
			err = ctx.Err()
			continue
		}
		var now moment
		if now, err = s.moment(ctx, p, server); err != nil {
			break
		}
		size := int64(0)
		if info, err := os.Stat(filepath.Join(dir, "events.jsonl")); err == nil {
			size = info.Size()
		}
		fmt.Printf("| %d | %.1f µs | %.0f | %.1f MB | %.1f MB |\n", minute, 1e6*(now.cpu-before.cpu)/(now.requests-before.requests),
			(now.requests-before.requests)/now.at.Sub(before.at).Seconds(), float64(now.memory)/1e6, float64(size)/1e6)
		before = now
	}
	if err != nil {
		return errors.Join(err, c.Process.Kill(), c.Wait())
	}
	return c.Wait()
}

// moment is what a process has used by then.
type moment struct {
	at            time.Time
	cpu, requests float64 // seconds; answered by nginx
	memory        uint64  // resident, bytes
}

func (s *settings) moment(ctx context.Context, p *process.Process, server *nginx) (moment, error) {
	m := moment{at: time.Now()}
	times, err := p.TimesWithContext(ctx)
	if err != nil {
		return m, fmt.Errorf("read the CPU time: %w", err)
	}
	memory, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return m, fmt.Errorf("read the memory: %w", err)
	}
	m.cpu, m.memory = times.User+times.System, memory.RSS
	m.requests, err = server.requests(ctx)
	return m, err
}
