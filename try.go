package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"crosstalk/loadengine"
	"crosstalk/session"
)

func tryCommand() *cobra.Command {
	var in importFlags
	var config, target string
	var watch, journeys []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "try",
		Short: "One user walks each journey once, live and masked",
		Long: `Try sends what one user of a session would send: each journey once, its login first,
one request at a time, by the same gate as the load. It shows status and time of each
request, the values it saved (two letters and the length), the start of the answer, and
for a failure what to do about it.

Exit codes: 0 every step was good; 1 a step failed; 2 usage or configuration.`,
		Example: `  crosstalk try -c crosstalk.yaml
  crosstalk try --har shop.har
  crosstalk try --curl 'curl http://127.0.0.1:8080/products' --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := readAny(&in, config, target, watch, c.InOrStdin(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			t := &trial{cfg: cfg, out: c.OutOrStdout(), json: asJSON, only: journeys}
			return t.run(c.Context())
		},
	}
	in.add(c)
	c.Flags().StringVarP(&config, "config", "c", "", "the configuration file (default crosstalk.yaml, if there is one)")
	c.Flags().StringVar(&target, "target", "", "try this URL")
	c.Flags().StringArrayVar(&watch, "watch", nil, "production's URL, which is never asked here but kept from load (repeatable)")
	c.Flags().StringArrayVar(&journeys, "journey", nil, "only the journey of this name (repeatable)")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document at the end, masked too")
	return c
}

// readAny reads a configuration from an import, a file or two flags.
func readAny(in *importFlags, config, target string, watch []string, stdin io.Reader, w io.Writer) (*session.Config, error) {
	if in.given() {
		return in.config(config, target, watch, stdin, w)
	}
	return readConfig(config, target, watch)
}

// trial is one walk through all journeys.
type trial struct {
	cfg  *session.Config
	out  io.Writer
	json bool
	only []string

	plan   loadengine.Plan
	mask   *tryMask
	pages  []page // of this journey, for what a form should have sent
	name   string // of the journey that is being walked
	failed int    // steps
	steps  []triedStep
}

// tried is what --json prints.
type tried struct {
	Target   string         `json:"target"`
	Passed   bool           `json:"passed"`
	Journeys []triedJourney `json:"journeys"`
}

type triedJourney struct {
	Journey string      `json:"journey"`
	Passed  bool        `json:"passed"`
	Steps   []triedStep `json:"steps"`
	Left    []string    `json:"not_tried,omitempty"`
}

// run walks, and tells by its error how it went.
func (t *trial) run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	compiled, err := t.cfg.Compile(ctx, session.Caps{Version: version})
	if _, ok := errors.AsType[session.Problems](err); ok {
		return usage(err)
	}
	if err != nil {
		return err
	}
	t.plan, t.mask = compiled.Plan, &tryMask{cfg: t.cfg}
	for _, h := range t.plan.SharedAddresses(ctx, net.DefaultResolver) {
		fmt.Fprintln(os.Stderr, "crosstalk: look here:", t.mask.text(fmt.Sprintf("%s (staging) and %s (production) are one address, %s", h.Host, h.Forbidden, h.Addr)))
	}
	for _, w := range compiled.Warnings {
		fmt.Fprintln(os.Stderr, "crosstalk: look here:", w)
	}
	if !t.json {
		fmt.Fprintf(t.out, "One user on %s, each journey once\n", t.mask.text(t.cfg.Staging.URL))
	}
	doc := tried{Target: t.mask.text(t.cfg.Staging.URL)}
	walked, err := t.plan.Walk(ctx, t.only, func(x loadengine.Exchange) { t.tell(x) })
	if ctx.Err() != nil {
		return &failure{code: exitSignal}
	}
	if err != nil {
		return usage(err)
	}
	for _, w := range walked {
		j := triedJourney{Journey: w.Journey, Left: w.Left, Passed: w.Failed == ""}
		for _, s := range t.steps {
			if s.Journey == w.Journey {
				j.Steps = append(j.Steps, s)
				j.Passed = j.Passed && (s.OK || s.Repeated)
			}
		}
		doc.Journeys = append(doc.Journeys, j)
	}
	doc.Passed = t.failed == 0
	return t.end(doc)
}

func (t *trial) end(doc tried) error {
	if t.json {
		e := json.NewEncoder(t.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(doc); err != nil {
			return fmt.Errorf("write the walk: %w", err)
		}
	} else {
		t.summary(doc)
	}
	if !doc.Passed {
		return &failure{code: exitInternal}
	}
	return nil
}

// tell takes one exchange in, and prints it.
func (t *trial) tell(x loadengine.Exchange) {
	if x.Journey != t.name {
		t.name, t.pages = x.Journey, nil
		if !t.json {
			fmt.Fprintf(t.out, "\n%s\n", t.mask.text(x.Journey))
		}
	}
	private := slices.Clone(x.Saved)
	for _, v := range x.Private {
		private = append(private, loadengine.Saved{Value: v})
	}
	t.mask.learn(private)
	s := t.judge(x)
	t.pages = append(t.pages, pageOf(x))
	if !s.OK && !s.Repeated {
		t.failed++
	}
	t.steps = append(t.steps, s)
	if !t.json {
		t.print(s)
	}
}
