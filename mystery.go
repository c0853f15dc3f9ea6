package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

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
			s := score{linked: o.Linked, answer: answerOf(st), hurt: shop.Stats().Customers.Hurt() - before, peak: st.Dial.Peak, took: st.Elapsed()}
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

// score is what came of a mystery.
type score struct {
	linked bool
	answer string
	hurt   uint64
	peak   int
	took   time.Duration
}

// points are 100 for a right answer less one for each customer who was hurt, and
// at least 1; a wrong one and none are worth nothing.
func (s score) points() int {
	if s.answer == "" || (s.answer == tui.AnswerLinked) != s.linked {
		return 0
	}
	return int(max(1, 100-min(99, int64(min(s.hurt, 99))))) //nolint:gosec // bounded
}

// String says the truth, the answer, what it cost, and the points.
func (s score) String() string {
	truth := "they share one database"
	if !s.linked {
		truth = "they share nothing"
	}
	said := "you gave no answer (Enter, or a note \"= linked\", \"= not linked\")"
	switch {
	case s.points() > 0:
		said = "you said so"
	case s.answer != "":
		said = "you said " + s.answer
	}
	return fmt.Sprintf("%s; %s. %s hurt in %s, at most %s. %d of 100 points", truth, said, plural(int(min(s.hurt, 1<<31)), "customer"), clock(s.took), plural(s.peak, "user"), s.points()) //nolint:gosec // bounded
}
