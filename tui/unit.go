package tui

import (
	"fmt"
	"strings"
)

// amount writes a number of the dial with its unit.
func (m *Model) amount(n int) string { return m.s.Unit().Of(n) }

// dialTitle heads the dial.
func (m *Model) dialTitle() string {
	if m.s.Unit().Rate() {
		return " RATE"
	}
	return " USERS"
}

// rate is what staging answers a second. Where the dial counts that, what it
// asks for or what we failed to send stands beside it.
func (m *Model) rate(rps float64) []piece {
	g := []piece{{fmt.Sprintf("%3.0f", rps), inkText}, {" req/s", inkDim}}
	switch late := m.s.Load.Late; {
	case !m.s.Unit().Rate():
	case late > 0:
		words := ", %d dropped by us"
		if m.w < 100 {
			words = ", %d dropped"
		}
		g = append(g, piece{fmt.Sprintf(words, late), inkAmber})
	default:
		g = append(g, piece{fmt.Sprintf(", %d asked", m.s.Dial.Asked), inkDim})
	}
	return g
}

var rateWords = strings.NewReplacer("one user more", "one req/s more", "one user fewer", "one req/s fewer", "10 users", "10 req/s", "a number of users", "a rate",
	"users follow", "the rate follows", "users finish and go", "requests in flight end", "hold users", "hold the rate", "each number of users", "each rate",
	"Users on staging", "Requests a second on staging", "adds a user", "adds one req/s")

// worded puts words about users into the dial's unit.
func (m *Model) worded(text string) string {
	if m.s.Unit().Rate() {
		return rateWords.Replace(text)
	}
	return text
}
