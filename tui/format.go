package tui

import (
	"fmt"
	"math"
	"time"
)

// millis writes a latency given in seconds, never wider than 6 columns:
// "0.4 ms", "12 ms", "412 ms", "1.2 s", "61 s".
func millis(seconds float64) string {
	ms := seconds * 1000
	switch {
	case math.IsNaN(ms) || ms < 0:
		return "—"
	case ms < 0.95:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", min(seconds, 9999))
}

// number is a latency in milliseconds without its unit, at least 3 wide.
func number(p *float64) string {
	if p == nil {
		return "  –"
	}
	ms := *p * 1000
	if ms < 9.95 {
		return fmt.Sprintf("%3.1f", ms)
	}
	return fmt.Sprintf("%3.0f", min(ms, 99999))
}

// share writes a share as a percentage: "0.0 %".
func share(errors float64) string {
	p := errors * 100
	if p >= 9.95 {
		return fmt.Sprintf("%.0f %%", p)
	}
	return fmt.Sprintf("%.1f %%", p)
}

// clock writes hours, minutes and seconds: "00:12:41".
func clock(d time.Duration) string {
	s := int(max(0, d) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// short writes minutes and seconds: "12:41", from 100 minutes on "1:40:00".
func short(d time.Duration) string {
	s := int(max(0, d) / time.Second)
	if s >= 6000 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// since writes a moment of the session, and of one that was before it only that.
func since(ms int64) string {
	if ms < 0 {
		return "before"
	}
	return short(time.Duration(ms) * time.Millisecond)
}

// span writes a length of time in words: "4 min 10 s", "8 s".
func span(d time.Duration) string {
	s := int(max(0, d) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600 && s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
}

// users counts users in words.
func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// perSecond writes a rate: "4", "0.5".
func perSecond(r float64) string {
	if r > 0 && r < 9.95 && math.Abs(r-math.Round(r)) > 0.05 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

// plural counts things: "1 bug", "2 bugs".
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
