package tui

import (
	"context"
	"os"
	"testing"
	"time"
	"crosstalk/session"
)

// throwaway
func TestLive(t *testing.T) {
	if os.Getenv("LIVE") == "" {
		return
	}
	tale := redStory()
	if os.Getenv("LIVE") == "busy" { tale = busyStory() }
	src := newSource(tale)
	off := time.Since(storyBegan.Add(time.Duration(tale.ms) * time.Millisecond))
	now := func() time.Time { return time.Now().Add(-off) }
	src.reply = func(c session.Command) (session.Reply, error) {
		switch c := c.(type) {
		case session.MoveDial:
			if tale.asked+c.By > 200 { return session.Reply{}, &session.Refusal{Why: "the cap is 200 users (--limit-users)"} }
			tale.dialTo(max(0, tale.asked+c.By))
			go src.push(tale.events[len(tale.events)-1])
		}
		return session.Reply{Note: "n17"}, nil
	}
	go func() {
		for range time.Tick(time.Second) {
			n := len(tale.events)
			tale.second()
			src.push(tale.events[n:]...)
		}
	}()
	tty, _ := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err := Run(context.Background(), src, Options{Who: mel, Host: true, Demo: true, Now: now, Environ: os.Environ()}, tty, tty); err != nil {
		t.Log(err)
	}
}
