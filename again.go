package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/lab"
	"crosstalk/monitors"
	"crosstalk/session"
)

// again is an earlier session that this one takes up (--resume) or repeats
// (--like). A nil *again is none.
type again struct {
	*session.Earlier
	dir    string
	resume bool
	given  bool   // the configuration is not its own: a file or flags say what to run on
	script script // its moves, unless --dial gives others
}

func (f *liveFlags) addAgain(c *cobra.Command) {
	c.Flags().StringVar(&f.resume, "resume", "", "take up the session in this folder: charter, notes and timebox go on, load begins at zero")
	c.Flags().StringVar(&f.like, "like", "", "repeat the session in this folder: its configuration, dial moves and seed; what it left open comes as a list")
}

// readAgain reads the earlier session, if there is to be one, and takes from it
// what no flag says.
func (f *liveFlags) readAgain(c *cobra.Command, demo bool) error {
	dir := cmp.Or(f.resume, f.like)
	if dir == "" {
		return nil
	}
	a, err := openAgain(f, dir, demo)
	if err != nil {
		return usage(err)
	}
	f.again = a
	start := a.State.Start
	unset := func(flag string) bool { return !c.Flags().Changed(flag) }
	if unset("seed") {
		f.seed = start.Seed
	}
	if unset("baseline") {
		f.baseline = time.Duration(start.Baseline * float64(time.Second))
	}
	if unset("glide") {
		f.glide = "off"
		if g := start.Limits.Glide; g > 0 {
			f.glide = strconv.FormatFloat(g, 'g', -1, 64)
		}
	}
	if unset("mode") {
		f.mode = start.Mode
	}
	if unset("limit-users") {
		f.users = start.Limits.Users
	}
	if unset("limit-rps") {
		f.rps = start.Limits.RPS
	}
	if every := a.watchEvery(); every > 0 && unset("watch-every") {
		f.watchEvery = every
	}
	if a.resume {
		return nil
	}
	if unset("dial") {
		for _, m := range a.Moves {
			a.script = append(a.script, act{m.At, session.Scripted{Cmd: m.Cmd}})
		}
	}
	if f.headless && unset("for") {
		f.length = max(a.Length, time.Second)
	}
	return nil
}

// openAgain tells in one go what speaks against an earlier session.
func openAgain(f *liveFlags, dir string, demo bool) (*again, error) {
	switch {
	case f.resume != "" && f.like != "":
		return nil, errors.New("--resume and --like exclude each other: the one goes on with a session, the other begins a new one")
	case f.resume != "" && f.out != "":
		return nil, errors.New("--resume writes into the session's own folder: leave --out away")
	}
	e, err := session.ReadEarlier(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no session: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case e.Rest.Lines == 0:
		return nil, fmt.Errorf("the journal in %s has no line that can be read: %s", dir, cmp.Or(e.Rest.Why, "it is empty"))
	case f.resume != "" && session.Running(dir):
		return nil, inUse{dir}
	case demo && e.State.Start.Demo == "":
		return nil, fmt.Errorf("the session in %s ran on real systems, not on the embedded shop: crosstalk run %s %s", dir, map[bool]string{true: "--resume", false: "--like"}[f.resume != ""], dir)
	}
	return &again{Earlier: e, dir: dir, resume: f.resume != ""}, nil
}

// onShop runs again what ran on the embedded shop, which is started for it.
func (a *again) onShop(ctx context.Context, f *liveFlags, o lab.Options) error {
	switch demo := a.State.Start.Demo; demo {
	case demoMystery:
		return runMystery(ctx, f, o)
	default:
		o.Linked = demo == "linked"
		return runDemo(ctx, f, o, nil)
	}
}

// watchEvery is the period of those checks of production that named none; 0 if
// there are none.
func (a *again) watchEvery() time.Duration {
	var cfg session.Config
	if json.Unmarshal(a.State.Start.Config, &cfg) != nil {
		return 0
	}
	for _, k := range cfg.Production.Checks {
		for _, c := range a.State.Start.Checks {
			if c.Env == monitors.Production && c.Name == k.Name && k.Every == 0 && k.Kind == "http" {
				return time.Duration(c.Every * float64(time.Second))
			}
		}
	}
	return 0
}

// config is the session's configuration: as the flags give it, else the earlier
// session's.
func (f *liveFlags) config(path, target string, watch []string) (*session.Config, error) {
	if given := path != "" || target != "" || len(watch) > 0; f.again == nil || given {
		if given && f.again != nil {
			f.again.given = true
		}
		return readConfig(path, target, watch)
	}
	cfg, err := f.again.Config(".", os.LookupEnv)
	if err != nil {
		return nil, usage(fmt.Errorf("the configuration of %s can't be made whole again:\n%w", f.again.dir, err))
	}
	return cfg, nil
}

// apply makes a session the earlier one's next part, or its repetition.
func (a *again) apply(f *liveFlags, o *session.Options, plan script) script {
	if a == nil {
		return plan
	}
	st := a.State
	o.Start.People = join(o.Start.People, st.Start.People)
	if f.charter == "" {
		o.Start.Charter = cmp.Or(st.Charter, o.Start.Charter)
		if m := st.Mission; m.Text == st.Charter {
			o.Charter = session.Charter(m)
		}
	}
	if a.resume {
		o.Start.ID = cmp.Or(st.Start.ID, o.Start.ID)
		o.Start.Timebox = st.Timebox.Seconds()
		fmt.Fprintf(os.Stderr, "crosstalk: taken up again: %s, %s, %s of %s worked. Load begins at zero.\n", o.Start.ID, plural(len(st.Notes.Notes), "note"),
			clock(st.Worked(st.MS)), clock(st.Timebox))
		if a.Rest.Torn > 0 {
			fmt.Fprintf(os.Stderr, "crosstalk: %d bytes at the journal's end are no whole lines and are moved to %s: %s\n", a.Rest.Torn, session.TornName, a.Rest.Why)
		}
		return plan
	}
	o.Start.Timebox = cmp.Or(st.Start.Timebox, o.Start.Timebox)
	like := a.Like()
	if like.ID == "" {
		like.ID = filepath.Base(a.dir)
	}
	like.Moves = len(a.script)
	o.Start.Like = like
	fmt.Fprintf(os.Stderr, "crosstalk: like %s: %s of its dial, %s it left open. The first move by hand ends its moves.\n", like.ID, plural(like.Moves, "move"), plural(len(like.Items), "thing"))
	plan = append(slices.Clone(plan), a.script...)
	slices.SortStableFunc(plan, func(x, y act) int { return cmp.Compare(x.at, y.at) })
	return plan
}

// join adds to a list what it lacks.
func join(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(slices.Clip(list), s)
		}
	}
	return list
}
