package stand

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 9, 2}, 3}} {
		if got := Median(c.values); got != c.want {
			t.Errorf("the median of %v is told to be %v, want %v", c.values, got, c.want)
		}
	}
	if got := Median([]time.Duration{3 * time.Second, time.Second}); got != 2*time.Second {
		t.Errorf("of durations: %v", got)
	}
}

func TestChosen(t *testing.T) {
	for _, c := range []struct {
		list, name string
		want       bool
	}{{"", "k6", true}, {"k6,wrk", "wrk", true}, {"k6,wrk", "w", false}} {
		if Chosen(c.list, c.name) != c.want {
			t.Errorf("%q of %q: %v", c.name, c.list, !c.want)
		}
	}
}
