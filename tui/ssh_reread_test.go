package tui

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"github.com/charmbracelet/x/ansi"
)

// A slip in one line of the key file, made while the door is open, keeps nobody else
// out, and the host hears of it at once; a line that stands there twice is one.
func TestASlipInTheFileKeepsNobodyElseOut(t *testing.T) {
	var mu sync.Mutex
	var told strings.Builder // where no screen shows it
	h := openHouse(t, func(o *DoorOptions, _ *Door) {
		o.Tell = func(text string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(&told, text)
		}
	})
	path := h.door.o.Allow
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := New(h.Session, Options{Who: mel, Host: true, Door: h.door})
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil { // whole or not at all
			t.Fatal(err)
		}
	}
	says := func(want string) {
		t.Helper()
		until(t, "the host's screen says "+want, func() bool {
			m.now = m.o.Now()
			m.watchQuestion()
			return strings.Contains(m.message.text, want)
		})
		until(t, "the door tells "+want, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Contains(told.String(), want)
		})
	}
	n := strings.Count(string(good), "\n")
	write(string(good) + "ssh-ed25519 AAAAC3Nz oops\nrole=\"boss\" " + string(gossh.MarshalAuthorizedKey(h.keys["eve"].PublicKey())))
	says(fmt.Sprintf("line %d: this is no public key", n+1))
	says(fmt.Sprintf("line %d: role=\"boss\" is not", n+2))
	h.guest("jon", 80, 24, nil).sees("STAGING")
	if c, err := gossh.Dial("tcp", h.addr, h.config("eve", "eve")); err == nil {
		_ = c.Close()
		t.Error("eve comes in by a line that is wrong")
	}
	m.openShare()
	m.w, m.h = 120, 36
	m.arrange()
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "this is no public key") {
		t.Errorf("the card does not say it:\n%s", frame)
	}
	write(string(good) + string(good))
	says(fmt.Sprintf("%d keys may come in", n))
	write("nonsense\n")
	says("nobody comes in any more")
	if c, err := gossh.Dial("tcp", h.addr, h.config("kim", "kim")); err == nil {
		_ = c.Close()
		t.Error("kim comes in by nothing")
	}
	write(string(good))
	says(fmt.Sprintf("%d keys may come in", n))
	// Before the door opens, all has to be right.
	write(string(good) + "oops\n")
	if err := NewDoor(h.door.o).Bind(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf(":%d: this is no public key", n+1)) {
		t.Errorf("a door opens on a file that is wrong: %v", err)
	}
}
