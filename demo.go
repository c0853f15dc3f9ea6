package main

import (
	"context"
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
	c := &cobra.Command{
		Use:   "demo",
		Short: "The whole program on an embedded shop: nothing to set up",
		Long: `Demo starts a small shop on this machine, staging and production, and opens a
session on it. By default the two share one database, and nobody told you. Turn
the dial up and watch both panes.`,
		Example: `  crosstalk demo
  crosstalk demo --linked=false
  crosstalk demo --headless --for 20s --dial "0s=5,4s=80,16s=0" --note "6s=! slow checkout"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.readAgain(c, true); err != nil {
				return err
			}
			if f.again != nil && !c.Flags().Changed("linked") {
				o.Linked = f.again.State.Start.Demo == "linked"
			}
			return runDemo(c.Context(), &f, o)
		},
	}
	f.add(c, 5*time.Second, 100*time.Millisecond)
	labFlags(c, &o, true)
	return c
}

func labFlags(c *cobra.Command, o *lab.Options, linked bool) {
	c.Flags().BoolVar(&o.Linked, "linked", linked, "staging and production share one database")
	c.Flags().StringVar(&o.Noise, "noise", "quiet", "production's own customers: quiet or busy")
	c.Flags().BoolVar(&o.Cron, "cron", false, "a production job runs every 10 s")
}

func runDemo(ctx context.Context, f *liveFlags, o lab.Options) error {
	if _, _, err := f.check(); err != nil {
		return err
	}
	o.Seed = f.seed
	shop, err := lab.Start(context.WithoutCancel(ctx), o)
	if err != nil {
		return labFailed(err)
	}
	defer shop.Close()
	demo := "unlinked"
	if o.Linked {
		demo = "linked"
	}
	return runLive(ctx, f, demoConfig(shop), &extra{
		demo: demo,
		adapt: func(o *session.Options) {
			o.Rules.GreenAfter, o.Rules.SightAfter = demoWait, demoWait
			o.Hold = monitors.Hold{Amber: demoWait / 2, Red: demoWait / 2}
		},
		live: func(l *live) {
			l.after = func(w io.Writer) {
				if n := shop.Stats().Customers.Hurt(); n > 0 {
					fmt.Fprintf(w, "Customers  %d of the simulated production customers were slowed or turned away\n", n)
				}
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
