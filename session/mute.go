package session

import (
	"fmt"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// refusedMute tells why a check can't be muted.
func refusedMute(st *State, c Mute) string {
	if st.Guard.Latched() {
		return noMute
	}
	if c.Why == "" {
		return "a typed reason is needed: it is recorded"
	}
	env, ok := st.Envs[c.Env]
	if !ok || env.tile(c.Check) == nil {
		return fmt.Sprintf("%s has no check %s", c.Env, c.Check)
	}
	if env.tile(c.Check).Now.State == monitors.Green.String() {
		return c.Check + " is green: there is nothing to mute"
	}
	return ""
}

// What a cut can't be made less by.
const (
	noMute = "the load is cut: muting a check now would make production look well. Mute it before, or once you have gone on"
	noWarn = "the load is cut: amber can only warn once you have gone on"
)

// refusedWarn tells why amber can't be made a warning only.
func refusedWarn(st *State, c WarnOnly) string {
	switch {
	case st.Guard.Latched():
		return noWarn
	case c.Why == "":
		return "a typed reason is needed: it is recorded"
	}
	return ""
}

// mute makes one check only warn until it is green again. A decision of a
// person's, so it is a note with its reason; the guard writes it once it agrees.
func (s *Session) mute(who string, c Mute) (Reply, error) {
	return s.entrust(who, c, c.Check+" only warns until it is green", func(now time.Time) error { return s.watch.mute(now, who, c) })
}

// warnOnly makes production's amber only warn for a while.
func (s *Session) warnOnly(who, reason string) (Reply, error) {
	reason = notes.Clean(reason)
	return s.entrust(who, WarnOnly{}, "amber only warns for 5 minutes; red still cuts", func(now time.Time) error { return s.watch.warn(now, who, reason) })
}
