//go:build real

package tui

import (
	"testing"
	"time"
)

// At 56 kbit/s, as the line has it.
func TestALineOf56KilobitsGetsFewerFrames(t *testing.T) { bySlowLine(t, 10*time.Millisecond) }
