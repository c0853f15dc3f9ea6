package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOrdersFromOutside(t *testing.T) {
	t.Parallel()
	for _, long := range []bool{false, true} {
		w := newWorld(t)
		o := w.options(t)
		if long { // longer than a socket's path may be
			o.Dir = filepath.Join(t.TempDir(), strings.Repeat("d", 120))
		}
		r := start(t, o)
		r.await("the rehearsal", ofType(TypeBrakeTest))
		r.do(SetDial{To: 5})
		r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 })
		send := func(o Order) Outcome {
			t.Helper()
			out, err := o.Send(t.Context(), r.Dir())
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if out := send(Order{Cmd: "note", By: "dana", Text: "? who does this"}); !out.OK || !strings.HasPrefix(out.Text, "n1 question saved") {
			t.Errorf("note: %+v", out)
		}
		if out := send(Order{Cmd: "note", By: "dana", Text: "@25:99 slow"}); !out.OK || !strings.Contains(out.Text, `"@25:99" is no time, so it is text`) {
			t.Errorf("no time: %+v", out)
		}
		if out := send(Order{Cmd: "note", By: "dana", Text: strings.Repeat("x", 100<<10)}); !out.OK || !strings.Contains(out.Text, "cut: 64 KB are kept, 36 KB were left out") {
			t.Errorf("a long note: %+v", out)
		}
		if out := send(Order{Cmd: "note", By: "dana", Text: strings.Repeat("x", maxOrder)}); out.OK || !strings.Contains(out.Text, "256 KB are too long for an order: attach") {
			t.Errorf("a longer one: %+v", out)
		}
		if out := send(Order{Cmd: "link", By: "jo", Link: &NoteLink{ID: "n1", Key: "SHOP-4711"}}); !out.OK || out.Text != "n1 is SHOP-4711" {
			t.Errorf("link: %+v", out)
		}
		if n, _ := r.Snapshot().Notes.Get("n1"); len(n.Links) != 1 || n.Links[0].Key != "SHOP-4711" || n.Links[0].By != "jo" {
			t.Errorf("links %+v", n.Links)
		}
		if out := send(Order{Cmd: "hold", By: "dana"}); !out.OK {
			t.Errorf("hold: %+v", out)
		}
		if out := send(Order{Cmd: "hold", By: "dana"}); !out.OK || out.Text != "held already" {
			t.Errorf("a second hold let go on: %+v", out)
		}
		if out := send(Order{Cmd: "stop", By: "dana"}); !out.OK {
			t.Errorf("stop: %+v", out)
		}
		for _, bad := range []Order{{Cmd: "dial", By: "dana"}, {Cmd: "link", By: "jo"}, {Cmd: "link", By: "jo", Link: &NoteLink{ID: "n99", Key: "x"}}, {Cmd: "link", By: "jo", Link: &NoteLink{ID: "n1"}}, {Cmd: "stop", By: "guard"}, {Cmd: "note", By: "dana"}, {Cmd: "note", By: "dana", Text: "x", Kind: "poem"}} {
			if out := send(bad); out.OK || out.Text == "" {
				t.Errorf("%+v: %+v", bad, out)
			}
		}
		if b := r.await("the stop", ofType(TypeStop)).Body.(*LoadStop); b.By != "dana" {
			t.Errorf("stop %+v", b)
		}
		for _, name := range []string{controlName, elsewhere} {
			if info, err := os.Stat(filepath.Join(r.Dir(), name)); err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is open to others: %s", name, info.Mode())
			}
		}
		r.finish()
		if _, err := (Order{Cmd: "stop", By: "dana"}).Send(t.Context(), r.Dir()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("after the end: %v", err)
		}
	}
}
