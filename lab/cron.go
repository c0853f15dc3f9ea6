package lab

import (
	"context"
	"time"
)

// The cron job stands for a stock count: for cronFor in every cronEvery it
// writes in small steps, each holding production's writer for cronCost. That
// slows a deep check by about a fifth.
const (
	cronEvery = 10 * time.Second
	cronFor   = 2 * time.Second
	cronStep  = 9 * time.Millisecond
	cronCost  = 3 * time.Millisecond
)

func runCron(ctx context.Context, d *database) {
	due := time.NewTicker(cronEvery)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due.C:
			countStock(ctx, d)
		}
	}
}

// countStock runs the job once. A database too busy for it is the job's bad
// luck: it goes on with the next step.
func countStock(ctx context.Context, d *database) {
	ctx, cancel := context.WithTimeout(ctx, cronFor)
	defer cancel()
	step := time.NewTicker(cronStep)
	defer step.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-step.C:
			_ = d.write(ctx, cronCost, func(s *session) error {
				return s.heartbeat("production", "cron", time.Now())
			})
		}
	}
}
