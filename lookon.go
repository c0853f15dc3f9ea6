package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"crosstalk/tui"
)

// inUse is a session that cannot be taken up, because another process writes it.
type inUse struct{ dir string }

func (u inUse) Error() string {
	return fmt.Sprintf("the session in %s is running: another process writes it. Look at it with crosstalk replay %s --at end, or crosstalk status %s; write into it with crosstalk note; take it up when it has ended", u.dir, u.dir, u.dir)
}

// elsewhere is what to do about a folder that can't be written.
func (f *liveFlags) elsewhere() string {
	if f.resume == "" {
		return "--out FOLDER puts the session elsewhere"
	}
	return fmt.Sprintf("crosstalk replay %s shows it; to go on with it, copy the folder, or begin another one with --like %s", f.resume, f.resume)
}

// lookOn opens a session that another process writes read-only, at its newest
// moment, where there is a screen to show it on. Any other error comes back as it
// is, and so does this one where nobody would see the screen.
func (f *liveFlags) lookOn(ctx context.Context, err error) error {
	u, ok := errors.AsType[inUse](err)
	if !ok || f.headless || f.plain || !screen() {
		return err
	}
	at, still, err := parseAt("end")
	if err != nil {
		return err
	}
	if err := playback(ctx, u.dir, tui.ReplayOptions{At: at, Still: still, Speed: 1, Now: time.Now, ASCII: f.ascii, Environ: os.Environ(), ReadOnly: true}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stderr, "crosstalk: you looked on, read-only: another process writes the session in %s. Take it up when it has ended: the same command again.\n", u.dir)
	return err
}
