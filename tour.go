package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"crosstalk/lab"
	"crosstalk/notes"
	"crosstalk/session"
	"crosstalk/tui"
)

// actNames are what is said of each act at its end.
var actNames = [tui.Acts]string{"Act 1, no guard ", "Act 2, the guard", "Act 3, the check"}

// tours tells whether a demo offers its acts: on a screen, linked, and when no
// flag says what is to happen.
func (f *liveFlags) tours(c *cobra.Command) bool {
	if f.headless || f.plain || f.express || f.again != nil || !screen() {
		return false
	}
	for _, flag := range []string{"linked", "out", "dial", "note", "for", "no-guard", "charter", "limit-users", "limit-rps", "noise", "cron"} {
		if c.Flags().Changed(flag) {
			return false
		}
	}
	return true
}

// runTour is the demo with its acts. Each act is a session of its own on the same
// shop: a guard is not switched off in the middle of one.
func runTour(ctx context.Context, f *liveFlags, o lab.Options) error {
	shop, err := startShop(ctx, f, o)
	if err != nil {
		return err
	}
	defer shop.Close()
	tour := &tui.Tour{}
	for {
		one, before := *f, shop.Stats().Customers.Hurt()
		tour.Next = 0
		tour.Hurt = func() uint64 { return shop.Stats().Customers.Hurt() - before }
		act := tour.Act
		switch act {
		case 1:
			one.noGuard = "act 1 of the demo: the story as it happened"
			one.charter = "Act 1: rising users on staging, and nobody looks at production"
		case 2:
			one.charter = "Act 2: the same moves, with the guard"
		case 3:
			one.charter = "Act 3: does load on staging reach production?"
		}
		err := runShop(ctx, &one, shop, "linked", func(l *live) {
			if act <= tui.Acts {
				l.tour = tour
			}
			if act >= 1 && act <= tui.Acts {
				l.brief = actNames[act-1]
				l.after = func(w io.Writer) { fmt.Fprintf(w, ", %s hurt\n", plural(int(tour.Hurt()), "customer")) }
			}
		})
		if tour.Next == 0 {
			return err
		}
		// A cut belongs to an act; anything else does not.
		if failed, ok := errors.AsType[*failure](err); err != nil && (!ok || failed.code != exitRed && failed.code != exitNoSight) {
			return err
		}
		if act >= 1 {
			tour.Told[act-1] = tour.Hurt()
		}
		tour.Act = tour.Next
	}
}

// goesOn tells whether another act, or the screen after them, follows.
func (l *live) goesOn() bool { return l.tour != nil && l.tour.Next != 0 }

// onlyOffered tells whether all that came of a session is that the acts were
// accepted: no load but the brake test's, and nothing that a person wrote.
func (l *live) onlyOffered(st *session.State) bool {
	return l.goesOn() && l.results == nil && l.tour.Act == 0 && !st.Dial.Own && st.Link.Last == nil && !written(st) && !drafted(l.opts.Dir)
}

// written tells whether a person has put words into a session, or may have.
func written(st *session.State) bool {
	return st.Learned != "" || len(st.Answers) > 0 || st.Charter != st.Start.Charter ||
		slices.ContainsFunc(st.Notes.Notes, func(n notes.Note) bool { return !n.System }) ||
		slices.ContainsFunc(st.Marks, func(k session.Mark) bool {
			switch k.Type {
			case session.TypeCharter, session.TypeExtend, session.TypePause:
				return true
			}
			return false
		})
}

// drafted tells whether somebody has begun to write, as far as can be seen.
func drafted(dir string) bool {
	left, err := os.ReadDir(filepath.Join(dir, session.DraftsName))
	return len(left) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist)
}

// forget takes the folder of such a session away.
func forget(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("take away the folder of a session that only offered the acts: %w", err)
	}
	return nil
}
