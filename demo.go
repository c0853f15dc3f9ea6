package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/lab"
	"crosstalk/monitors"
	"crosstalk/session"
)

// demoWait is the demo's patience where a real session asks for a minute.
const demoWait = 10 * time.Second

func demoCommand() *cobra.Command {
	var f liveFlags
	var o lab.Options
	var mysterious bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "The whole program on an embedded shop: nothing to set up",
		Long: `Demo starts a small shop on this machine, staging and production, and opens a
session on it. By default the two share one database, and nobody told you. Turn
the dial up and watch both panes; or press Enter, and three acts show what happened
to somebody who did not watch, the same with the guard, and the check first.

With --mystery it is not said whether they are linked: find out, hurt as few of
production's simulated customers as you can, and see your score at the end. The
same --seed casts the same lot.`,
		Example: `  crosstalk demo
  crosstalk demo --linked=false
  crosstalk demo --mystery
  crosstalk demo --express
  crosstalk demo --headless --for 20s --dial "0s=5,4s=80,16s=0" --note "6s=! slow checkout"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.readAgain(c, true); err != nil {
				return f.lookOn(c.Context(), err)
			}
			if mysterious && c.Flags().Changed("linked") {
				return usage(errors.New("--mystery casts the lot itself: leave --linked out"))
			}
			if f.again != nil && !c.Flags().Changed("linked") {
				o.Linked = f.again.State.Start.Demo == "linked"
				mysterious = mysterious || f.again.State.Start.Demo == demoMystery
			}
			if mysterious {
				return runMystery(c.Context(), &f, o)
			}
			if f.tours(c) {
				return runTour(c.Context(), &f, o)
			}
			return runDemo(c.Context(), &f, o, nil)
		},
	}
	f.add(c, 5*time.Second, 100*time.Millisecond)
	labFlags(c, &o, true)
	c.Flags().BoolVar(&mysterious, "mystery", false, "linked or not is drawn by lot: find out, gently")
	return c
}

func labFlags(c *cobra.Command, o *lab.Options, linked bool) {
	c.Flags().BoolVar(&o.Linked, "linked", linked, "staging and production share one database")
	c.Flags().StringVar(&o.Noise, "noise", "quiet", "production's own customers: quiet or busy")
	c.Flags().BoolVar(&o.Cron, "cron", false, "a production job runs every 10 s")
}

// startShop starts the lab of a demo. The flags are right before anything is.
func startShop(ctx context.Context, f *liveFlags, o lab.Options) (*lab.Lab, error) {
	if _, _, err := f.check(); err != nil {
		return nil, err
	}
	o.Seed = f.seed
	shop, err := lab.Start(context.WithoutCancel(ctx), o)
	if err != nil {
		return nil, labFailed(err)
	}
	return shop, nil
}

func runDemo(ctx context.Context, f *liveFlags, o lab.Options, adapt func(*live)) error {
	shop, err := startShop(ctx, f, o)
	if err != nil {
		return err
	}
	defer shop.Close()
	demo := "unlinked"
	if o.Linked {
		demo = "linked"
	}
	return runShop(ctx, f, shop, demo, adapt)
}

// runShop opens one session on the lab. What it did to production's customers is
// counted from its start.
func runShop(ctx context.Context, f *liveFlags, shop *lab.Lab, demo string, adapt func(*live)) error {
	before := shop.Stats().Customers.Hurt()
	return runLive(ctx, f, demoConfig(shop), &extra{
		demo: demo,
		adapt: func(o *session.Options) {
			o.Rules.GreenAfter, o.Rules.SightAfter = demoWait, demoWait
			o.Hold = monitors.Hold{Amber: demoWait / 2, Red: demoWait / 2}
		},
		live: func(l *live) {
			l.after = func(w io.Writer) {
				if n := shop.Stats().Customers.Hurt() - before; n > 0 {
					fmt.Fprintf(w, "Customers  %d of the simulated production customers were slowed or turned away\n", n)
				}
			}
			if adapt != nil {
				adapt(l)
			}
		},
	})
}

// demoConfig is what a tester of the shop would write.
func demoConfig(shop *lab.Lab) *session.Config {
	cfg := &session.Config{
		Charter: session.Charter{Explore: "checkout", With: "rising users", Discover: "where orders slow down"},
		Staging: session.Staging{URL: shop.Staging.URL, Build: &session.BuildSource{Method: "GET", Path: "/version"}, Journeys: []session.Journey{{
			Name: "buy", Weight: 1, Think: session.Range{Min: 20 * time.Millisecond, Max: 60 * time.Millisecond},
			Steps: []session.Step{
				{Name: "GET /products", Method: "GET", Path: "/products"},
				{Name: "POST /cart", Method: "POST", Path: "/cart", Expect: session.Expect{Status: []string{"201"}},
					Save: []session.Save{{Name: "cart", From: "json", Expr: "$.id"}}},
				{Name: "POST /checkout", Method: "POST", Path: "/cart/{{cart}}/checkout", Expect: session.Expect{Status: []string{"2xx"}}},
			},
		}}},
	}
	cfg.Staging.Checks = shopChecks(shop.Staging)
	cfg.Production.Checks = shopChecks(shop.Production)
	for i := range cfg.Staging.Checks {
		cfg.Staging.Checks[i].Every = 500 * time.Millisecond
	}
	return cfg
}

func shopChecks(site lab.Site) []session.Check {
	var out []session.Check
	for _, s := range site.Servers {
		out = append(out, session.Check{Name: s.Name, Kind: "http", Address: s.DeepHealth})
	}
	return out
}
