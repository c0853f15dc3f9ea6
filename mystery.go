package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"crosstalk/lab"
	"crosstalk/notes"
	"crosstalk/session"
	"crosstalk/tui"
)

// demoMystery is what a journal says of a shop whose link is not told.
const demoMystery = "mystery"

// mysteryLinked casts the lot of a mystery. The same seed casts the same.
func mysteryLinked(seed uint64) bool {
	return rand.New(rand.NewPCG(seed, 0x6c6f74)).IntN(2) == 0 //nolint:gosec // repeatable, not secret
}

// runMystery is the demo whose link is to be found out.
func runMystery(ctx context.Context, f *liveFlags, o lab.Options) error {
	if _, _, err := f.check(); err != nil {
		return err
	}
	o.Linked = mysteryLinked(f.seed)
	shop, err := startShop(ctx, f, o)
	if err != nil {
		return err
	}
	defer shop.Close()
	before := shop.Stats().Customers.Hurt()
	return runShop(ctx, f, shop, demoMystery, func(l *live) {
		l.riddle = true
		l.ending = func(w io.Writer, st *session.State) {
			answer := answerOf(st)
			s := score{linked: o.Linked, answer: answer, shown: shownBy(st, answer), hurt: shop.Stats().Customers.Hurt() - before, peak: st.Dial.Peak, took: st.Elapsed()}
			fmt.Fprintf(w, "Mystery    %s\n", s)
		}
		l.after = nil
	})
}

// answerOf is the last decision that says linked, or not linked; "" is none.
func answerOf(st *session.State) string {
	answer := ""
	for _, n := range st.Notes.Notes {
		if n.Gone != nil || n.System || n.Kind != notes.Decision {
			continue
		}
		text := strings.ToLower(strings.TrimSpace(n.Text))
		switch {
		case strings.HasPrefix(text, tui.AnswerNotLinked):
			answer = tui.AnswerNotLinked
		case strings.HasPrefix(text, tui.AnswerLinked):
			answer = tui.AnswerLinked
		}
	}
	return answer
}
