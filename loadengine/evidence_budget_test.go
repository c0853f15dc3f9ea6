package loadengine

import (
	"fmt"
	"testing"
	"time"
)

// course feeds evidence with exchanges at times of its own.
type course struct {
	v     *evidence
	now   time.Time
	steps int
	level *level
	told  []Exemplar
}

func newCourse(steps int) *course {
	c := &course{now: time.Unix(1_800_000_000, 0), steps: steps}
	c.v = newEvidence(func(x Exemplar) { c.told = append(c.told, x) }, steps)
	return c
}

func (c *course) dial(asked int) {
	number := 1
	if c.level != nil {
		number = c.level.number + 1
		c.level.ended.Store(int64(c.now.Sub(c.level.began)))
	}
	c.level = &level{number: number, asked: asked, began: c.now}
}

// answers gives every step some answers of a kind, each slower than the last.
func (c *course) answers(kind string, n int) {
	for at := range c.steps {
		u := &user{level: c.level, step: &step{name: fmt.Sprint(at), index: at}, lot: true}
		for i := range n {
			u.out = outcome{kind: kind, latency: time.Duration(i+1) * time.Millisecond}
			c.v.offer(u, nil, nil, nil, nil, nil)
		}
	}
}

func (c *course) pass(d time.Duration) {
	c.now = c.now.Add(d)
	c.v.hand(c.now, false)
}

// of counts what was handed over, by level.
func (c *course) of(kind string) map[int]int {
	n := map[int]int{}
	for _, x := range c.told {
		if x.Kind == kind {
			n[x.Level]++
		}
	}
	return n
}

// Every level of a quick rise has examples, the last ones too: that is where a
// product begins to slow.
func TestExemplarsOfEveryLevelOfARise(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "status 503"} {
		c := newCourse(5)
		for n := 1; n <= 40; n++ {
			c.dial(n)
			for range 4 {
				c.answers(kind, 3)
				c.pass(50 * time.Millisecond)
			}
		}
		got := c.of(kind)
		for n := 1; n <= 40; n++ {
			if got[n] == 0 {
				t.Errorf("kind %q: level %d has no example; there are %v", kind, n, got)
			}
		}
		if len(c.told) > budgetRoom {
			t.Errorf("kind %q: %d handed over in eight seconds", kind, len(c.told))
		}
	}
}

// However the dial moves, the level at which it rests has examples, and the whole
// is bounded over eight hours.
func TestExemplarsOfEightHours(t *testing.T) {
	t.Parallel()
	c := newCourse(5)
	var rests []int
	for hour := range 8 {
		for n := range 150 { // half a minute of the dial's keys
			c.dial(1 + n%2)
			c.answers("", 2)
			c.answers("status 503", 2)
			c.pass(200 * time.Millisecond)
		}
		c.dial(100 + hour)
		rests = append(rests, c.level.number)
		for range 59 * 60 / 20 {
			c.answers("", 2)
			c.answers("status 503", 2)
			c.pass(20 * time.Second)
		}
	}
	for _, kind := range []string{"", "status 503"} {
		got := c.of(kind)
		for _, n := range rests {
			if got[n] == 0 {
				t.Errorf("kind %q: the level %d of an hour's rest has no example", kind, n)
			}
		}
	}
	if most := 2 * (budgetRoom + int(8*time.Hour/budgetRefill)); len(c.told) > most {
		t.Errorf("%d handed over, at most %d", len(c.told), most)
	}
	if n := len(c.v.levels); n > 200 {
		t.Errorf("%d levels are still held", n)
	}
}

// A kind of error that nobody has seen before is kept, whatever came earlier.
func TestExemplarOfANewKindLate(t *testing.T) {
	t.Parallel()
	c := newCourse(5)
	for n := range 200 {
		c.dial(n)
		for kind := range 10 {
			c.answers(fmt.Sprint("old ", kind), 2)
		}
		c.pass(200 * time.Millisecond)
	}
	c.answers("new", 1)
	c.pass(200 * time.Millisecond)
	if got := c.of("new"); got[c.level.number] != 5 {
		t.Errorf("of a new kind at five steps: %v", got)
	}
}

// Newer ones of the same pick do not use up what a level's other kinds have.
func TestExemplarsOfManySteps(t *testing.T) {
	t.Parallel()
	c := newCourse(40)
	c.dial(1)
	c.answers("", 3)
	c.pass(time.Second)
	for range 6 {
		c.answers("", 3)
		c.pass(time.Minute)
	}
	keys := map[string]bool{}
	for _, x := range c.told {
		keys[x.Step+x.Pick] = true
	}
	for at := range 40 {
		for _, pick := range []string{PickFirst, PickSlowest} {
			if !keys[fmt.Sprint(at)+pick] {
				t.Errorf("step %d has none that is the %s", at, pick)
			}
		}
	}
}
