package monitors

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A new connection to a far server takes several round trips. That must not cost the
// reading after it: a link check with short halves has none to spare.
func TestAFarDatabaseTellsEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{}
		for i := range 40 {
			w.done = append(w.done, float64(100+i))
		}
		far := func(ctx context.Context) (session, error) {
			time.Sleep(150 * ms)
			return w.session(ctx)
		}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", far, noWords)
		if err != nil {
			t.Fatal(err)
		}
		fresh := 0
		for _, s := range phase(collect(t, mustMonitor(t, c), 30*time.Second-ms), Done, "db") {
			if s.Fresh {
				fresh++
			}
			if !s.Result.Worked {
				t.Errorf("at %v, fresh %v: %+v", s.Due, s.Fresh, s.Result)
			}
		}
		if w.asked != 30 || fresh == 0 {
			t.Errorf("asked %d times in 30 s, %d times on a new connection", w.asked, fresh)
		}
	})
}
