package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"crosstalk/lab"
)

// labFailed tells a wrong flag from a machine that has no port or folder left.
func labFailed(err error) error {
	if errors.Is(err, lab.ErrNoise) {
		return usage(fmt.Errorf("--noise: %w", err))
	}
	return err
}

func labCommand() *cobra.Command {
	var o lab.Options
	c := &cobra.Command{
		Use:   "lab",
		Short: "Only the embedded shop's servers",
		Long: `Lab starts the demo's shop alone, staging and production, and prints every URL and
DSN as JSON on stdout. It runs until it is interrupted.`,
		Example: "  crosstalk lab --linked --noise busy",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			shop, err := lab.Start(ctx, o)
			if err != nil {
				return labFailed(err)
			}
			defer shop.Close()
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			if err := enc.Encode(shop); err != nil {
				return fmt.Errorf("print the lab: %w", err)
			}
			fmt.Fprintln(os.Stderr, "The lab runs. Ctrl+C ends it.")
			<-ctx.Done()
			return nil
		},
	}
	labFlags(c, &o, false)
	c.Flags().Uint64Var(&o.Seed, "seed", 0, "seed of the simulated customers")
	return c
}
