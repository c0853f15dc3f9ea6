package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/tui"
)

// shareFlags let others look on.
type shareFlags struct {
	addr  string
	allow string
}

func (f *shareFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.addr, "share", "", "let others look on by ssh at this address (127.0.0.1:2222); needs --allow")
	c.Flags().StringVar(&f.allow, "allow", "", `who may: public keys as in authorized_keys, role="navigator" or role="observer" before each`)
}

// check reports what can't be meant.
func (f *shareFlags) check() error {
	switch {
	case f.addr != "" && f.allow == "":
		return errors.New("--share lets in nobody without --allow FILE: a file of public keys, such as ~/.ssh/authorized_keys")
	case strings.HasPrefix(f.addr, "-"):
		return fmt.Errorf("--share %q is no address, such as 127.0.0.1:2222", f.addr)
	}
	return nil
}

// door makes the way in for guests. It is closed unless --share opens it; on a
// screen, s opens it later. Its address is taken at once, so that a wrong one is
// said before any load.
func (l *live) door(ctx context.Context) (*tui.Door, error) {
	f := l.flags
	if f.headless && f.share.addr == "" {
		return nil, nil
	}
	o := tui.DoorOptions{Addr: f.share.addr, Allow: f.share.allow, HostKey: filepath.Join(xdg.DataHome, "crosstalk", "host_key"),
		Confirm: !f.headless, Demo: l.demo, ASCII: f.ascii}
	if o.Allow == "" {
		o.Allow = tui.AllowedKeys()
	}
	if f.headless { // a screen says it, and so do the sentences
		o.Tell = func(text string) { fmt.Fprintln(os.Stderr, "crosstalk: look here:", text) }
	}
	d := tui.NewDoor(o)
	if f.share.addr == "" {
		return d, nil
	}
	if err := d.Bind(ctx); err != nil {
		return nil, usage(fmt.Errorf("--share: %w", err))
	}
	return d, nil
}

// openDoor lets guests in, if that was asked for, and says what to send them.
func (l *live) openDoor(ctx context.Context, d *tui.Door, s *session.Session) error {
	if d == nil {
		return nil
	}
	d.For(s, l.who.Name)
	if l.flags.share.addr == "" {
		return nil
	}
	if err := d.Open(ctx); err != nil {
		return fmt.Errorf("let guests in: %w", err)
	}
	if !l.flags.headless {
		return nil // the screen says it, and so do the sentences
	}
	sight := d.Sight()
	fmt.Fprintf(os.Stderr, "crosstalk: the door is open at %s; keys in %s decide\n", sight.Addr, sight.Allow)
	if sight.Warning != "" {
		fmt.Fprintln(os.Stderr, "crosstalk: look here:", sight.Warning)
	}
	for _, line := range sight.Skipped {
		fmt.Fprintln(os.Stderr, "crosstalk: look here: lets nobody in:", line)
	}
	for _, line := range sight.Lines {
		fmt.Fprintln(os.Stderr, "crosstalk:   "+line)
	}
	fmt.Fprintln(os.Stderr, "crosstalk:   host key "+sight.Fingerprint)
	fmt.Fprintf(os.Stderr, "crosstalk: not reachable? here: %s; your partner, on that server: %s\n", sight.Reverse, sight.ReverseFor)
	return nil
}
