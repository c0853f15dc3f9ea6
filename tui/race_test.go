//go:build race

package tui

import "flag"

// The race detector makes drawing ten times slower, and sees no more in the hundredth
// window than in the thirtieth: .ci/full looks for what breaks a property without it, in
// thousands.
func init() {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
}
