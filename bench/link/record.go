package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"crosstalk/lab"
	"crosstalk/monitors"
)

// probeEvery is the period of the checks in the recording and in the models.
const probeEvery = 100 * time.Millisecond

// record starts a quiet lab, asks its production servers and a sink of our own
// ten times a second for d, and writes the latencies to path: one line for each
// due time, one column for each check, microseconds from the due time; -1 for a
// probe that failed, nothing for one that could not be sent.
func record(ctx context.Context, path string, d time.Duration) error {
	shop, err := lab.Start(ctx, lab.Options{Noise: "quiet", Seed: 1})
	if err != nil {
		return err
	}
	defer func() { _ = shop.Close() }()

	run, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var checks []monitors.Check
	for _, s := range shop.Production.Servers {
		c, err := monitors.HTTP(monitors.HTTPOptions{
			Env: monitors.Production, Name: s.Name, URL: s.DeepHealth, Every: probeEvery,
		})
		if err != nil {
			return err
		}
		checks = append(checks, c)
	}
	sink, err := monitors.Sink(run)
	if err != nil {
		return err
	}
	sink.Every = probeEvery
	checks = append(checks, sink)

	m, err := monitors.New(checks)
	if err != nil {
		return err
	}
	samples := make(chan monitors.Sample, 256)
	go func() {
		defer close(samples)
		m.Run(run, samples)
	}()
	columns := make([][]string, len(checks))
	for s := range samples {
		switch {
		case s.Phase == monitors.Missing:
			columns[s.Check] = append(columns[s.Check], "")
		case s.Phase == monitors.Done && s.Result.OK:
			columns[s.Check] = append(columns[s.Check], strconv.FormatInt(s.Latency.Microseconds(), 10))
		case s.Phase == monitors.Done:
			columns[s.Check] = append(columns[s.Check], "-1")
		}
	}
	return writeRecording(path, checks, columns)
}

func writeRecording(path string, checks []monitors.Check, columns [][]string) error {
	rows := len(columns[0])
	names := make([]string, len(checks))
	for i := range checks {
		names[i] = checks[i].Name
		rows = min(rows, len(columns[i]))
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, strings.Join(names, ","))
	line := make([]string, len(columns))
	for r := range rows {
		for i := range columns {
			line[i] = columns[i][r]
		}
		fmt.Fprintln(w, strings.Join(line, ","))
	}
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return fmt.Errorf("write the recording: %w", err)
	}
	return f.Close()
}
