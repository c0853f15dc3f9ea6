package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"crosstalk/session"
)

// latency is a latency in words; nil is not known.
func latency(p *float64) string {
	if p == nil {
		return NotKnown
	}
	return millis(*p)
}

// millis is a latency in milliseconds with its unit; under 10 ms one decimal.
func millis(seconds float64) string {
	ms := seconds * 1000
	if math.Abs(ms) < 9.95 {
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
}

// percent is a share in words: a little is never called nothing.
func percent(share float64) string {
	switch p := share * 100; {
	case p == 0:
		return "0 %"
	case p < 0.1:
		return "under 0.1 %"
	case p < 99.95 && p >= 9.95:
		return fmt.Sprintf("%.0f %%", p)
	default:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", p), ".0") + " %"
	}
}

// percentOf is how many of all, as a share.
func percentOf(n, all uint64) string {
	if all == 0 {
		return "none"
	}
	return percent(float64(n) / float64(all))
}

// clock is a span as 00:05:40; what lies before the session has no other time in it.
func clock(seconds float64) string {
	if seconds < 0 {
		return "before"
	}
	s := int64(seconds)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// lasting is a span in words.
func lasting(seconds float64) string {
	switch s := int64(math.Round(seconds)); {
	case seconds < 0.05:
		return "0 s"
	case seconds < 10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + " s"
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", s/60, s%60), " 0 s")
	default:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", s/3600, s/60%60), " 0 min")
	}
}

// count is a number of things.
func count[N int | uint64 | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// users is a number of users.
func users(n int) string { return count(n, "user", "users") }

// stamp is a moment of the wall clock as a table shows it.
func stamp(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// date is a moment of the wall clock in full.
func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// number is a rate without a tail of decimals.
func number(f float64) string {
	switch {
	case f == 0:
		return "0"
	case math.Abs(f) < 9.95:
		return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// list joins words as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return "none"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// round keeps n decimals, so that a sum's binary dust stays out of the files.
func round(f float64, n int) float64 {
	p := math.Pow10(n)
	if r := math.Round(f*p) / p; !math.IsInf(r, 0) && !math.IsNaN(r) {
		return r
	}
	return f
}

// secs turns milliseconds into seconds.
func secs(ms int64) float64 { return float64(ms) / 1000 }

// cut shortens a text to n runes and says so.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// rateWords tell what numbers of users are of a session whose dial counted
// requests a second; empty of every other.
func (h Header) rateWords() string {
	if !session.Unit(h.Mode).Rate() {
		return ""
	}
	return "The dial counted requests a second in this session: wherever users are counted here, read requests a second."
}
