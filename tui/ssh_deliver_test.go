package tui

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// takes is a program that takes what it is sent.
type takes struct {
	mu  sync.Mutex
	all []tea.Msg
}

// Send takes one message.
func (p *takes) Send(m tea.Msg) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, m)
}

// sent is what a screen hears of keys that come in these pieces.
func sent(t *testing.T, pieces ...string) []tea.Msg {
	t.Helper()
	var p takes
	in := chunks(pieces)
	deliver(&p, &in, "xterm", nil, func(what string) { t.Errorf("it failed: %s", what) })
	return p.all
}

func TestNoKeysOfAGuestHarmTheHost(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	h.door.mu.Lock()
	var v *view
	for v = range h.door.views {
	}
	h.door.mu.Unlock()
	for _, keys := range []string{"\x9bM!!!", "\x1b[M!!\xc4\x9bM!!!", "\x1b]0;\xe2\x9c\x9bM!!!", "\x1b]95;1\a\x1b[1\xe2\x9c\x9bM!!!", "\x1b[8;9000;9000t",
		"\xc4", "\x9bM!!!", strings.Repeat("\x1b[89;21;121;1;0;65535_", 20), "\x03"} {
		before := v.heard.Load()
		ann.press(keys)
		until(t, "the door hears the keys, each by themselves", func() bool { return v.heard.Load() != before })
	}
	_ = ann.end()
	if b := h.leaves("ann"); b.Why != "left" {
		t.Errorf("ann is gone: %s", b.Why)
	}
	h.empty()
}

// A decoder that fails is the end of one view, and leaves nobody behind.
func TestADecoderThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p takes
		said := ""
		handOver(&p, func(ctx context.Context, events chan<- uv.Event) error {
			go func() { <-ctx.Done() }() // what has read more
			events <- uv.FocusEvent{}
			panic("broken on\x1b purpose")
		}, nil, func(what string) { said = what })
		if len(p.all) != 1 || said != "broken on purpose" {
			t.Errorf("the screen heard of %v, and it is said %q", p.all, said)
		}
	})
}

func TestAScreenHearsNoMoreThanAPersonCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		all := sent(t, strings.Repeat("a", 3000), strings.Repeat("\x1b[89;21;121;1;0;65535_", 20), "b")
		if n := len(all); n != 3001 {
			t.Errorf("the screen hears of %d keys", n)
		}
		if took := time.Since(begin); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("3001 keys took %v", took)
		}
	})
}

func TestWhatAGuestsTerminalMayTell(t *testing.T) {
	all := sent(t, "\x1b[8;9000;9000t\x1b[48;1;2;3;4t\x1b[5;2R\x1b]52;c;aGk=\a\x1b]11;rgb:ffff/ffff/ffff\a\x1b[<0;3;4M\x1b[I\x1b[?2026;2$y\x1b[200~hi\x1b[201~x")
	var kinds []string
	for _, m := range all {
		switch m.(type) {
		case uv.ClipboardEvent:
			kinds = append(kinds, "clipboard")
		case uv.BackgroundColorEvent:
			kinds = append(kinds, "ground")
		case uv.MouseClickEvent:
			kinds = append(kinds, "mouse")
		case uv.FocusEvent:
			kinds = append(kinds, "focus")
		case uv.ModeReportEvent:
			kinds = append(kinds, "mode")
		case uv.PasteStartEvent, uv.PasteEvent, uv.PasteEndEvent:
			kinds = append(kinds, "paste")
		case uv.KeyPressEvent:
			kinds = append(kinds, "key")
		default:
			t.Errorf("the screen hears of %T %v", m, m)
		}
	}
	if want := []string{"clipboard", "ground", "mouse", "focus", "mode", "paste", "paste", "paste", "key"}; !slices.Equal(kinds, want) {
		t.Errorf("the screen hears of %v, want %v", kinds, want)
	}
}

// What the decoder does not know piles up nowhere: it is let go of, and what
// stands behind it arrives.
func TestWhatNobodyKnowsPilesUpNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, keys := io.Pipe()
		var p takes
		var reads sync.WaitGroup
		reads.Go(func() { deliver(&p, in, "xterm", nil, func(what string) { t.Errorf("it failed: %s", what) }) })
		for range 2 * gathered / 5 { // without a moment's rest
			_, _ = io.WriteString(keys, "\x1b[1\x01x")
		}
		p.mu.Lock()
		n := len(p.all)
		p.mu.Unlock()
		if n == 0 {
			t.Error("nothing has arrived yet")
		}
		_ = keys.Close()
		reads.Wait()
		if n := len(p.all); n != 2*(2*gathered/5) {
			t.Errorf("%d keys arrived", n)
		}
	})
}
