package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// ink names what a character is for; styles say how that looks.
type ink uint8

// The inks. Green, amber and red are for state alone.
const (
	inkPlain   ink = iota // the terminal's own
	inkText               // what is read
	inkStrong             // what is read first
	inkDim                // labels and units
	inkFaint              // borders, grids
	inkStaging            // staging's accent
	inkStagingSoft
	inkProd // production's accent
	inkProdSoft
	inkUsers // the area of users
	inkGreen
	inkAmber
	inkRed
	inkAmberSoft // a limit, which is no state
	inkRedSoft
	inkNoSight
	inkKey    // a key's name
	inkSystem // what the program itself wrote
	inkSelect // the selected row
	inkAlarm  // the banner of a cut
	inkNotice // the banner of a stop
	inkInput  // what is being typed
	inkCount
)

// styles is every look on the screen, made once for a background and a colour
// choice.
type styles struct {
	open   [inkCount]string // the escape that begins an ink
	backed [inkCount]bool   // the ink shows on a blank
	dark   bool
	ascii  bool // only what every terminal can show
	blocks bool // charts without braille
}

// newStyles makes the styles for a dark or light background; without colour
// only weight and reverse are left, and shapes and words carry every state
// anyway. The three state colours keep apart for red-green blindness, after
// Okabe and Ito.
func newStyles(dark, colourless, ascii, blocks bool, p palette) *styles {
	s := &styles{dark: dark, ascii: ascii, blocks: blocks || ascii}
	pick := lipgloss.LightDark(dark)
	tone := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	fore := func(c color.Color) ansi.Style {
		if colourless {
			return ansi.Style{}
		}
		return ansi.Style{}.ForegroundColor(c)
	}
	text := tone("#24272E", "#D6D9E0")
	dim := tone("#656B78", "#8A91A0")
	faint := tone("#B9BEC8", "#4A5060")
	staging, prod := tone("#1D5FBF", "#7AA8FF"), tone("#8436A0", "#CE9BF5")
	states := paletteOf[p]
	green, amber, red := tone(states.light[0], states.dark[0]), tone(states.light[1], states.dark[1]), tone(states.light[2], states.dark[2])
	set := func(k ink, st ansi.Style) { s.open[k] = st.String() }
	set(inkText, fore(text))
	set(inkStrong, fore(tone("#0E1014", "#F2F4F8")).Bold())
	set(inkDim, fore(dim))
	set(inkFaint, fore(faint))
	set(inkStaging, fore(staging))
	set(inkStagingSoft, fore(tone("#7BA0DB", "#4D6DA8")))
	set(inkProd, fore(prod))
	set(inkProdSoft, fore(tone("#B98CCB", "#84609F")))
	set(inkUsers, fore(tone("#9DB4D6", "#4B607F")))
	set(inkGreen, fore(green))
	set(inkAmber, fore(amber))
	set(inkRed, fore(red).Bold())
	set(inkAmberSoft, fore(tone("#B58A45", "#9C7C3C")))
	set(inkRedSoft, fore(tone("#C07A66", "#A85B4B")))
	set(inkNoSight, fore(text).Bold())
	set(inkKey, fore(text).Bold())
	set(inkSystem, fore(dim).Italic(true))
	set(inkInput, fore(tone("#0E1014", "#F2F4F8")))
	if colourless {
		set(inkFaint, ansi.Style{}.Faint())
		set(inkDim, ansi.Style{})
		set(inkUsers, ansi.Style{}.Faint())
		set(inkSelect, ansi.Style{}.Reverse(true))
		set(inkAlarm, ansi.Style{}.Reverse(true).Bold())
		set(inkNotice, ansi.Style{}.Reverse(true))
	} else {
		set(inkSelect, fore(tone("#0E1014", "#F2F4F8")).BackgroundColor(tone("#DCE4F2", "#2B3446")))
		set(inkAlarm, fore(tone("#FFFFFF", "#1A0D0A")).Bold().BackgroundColor(red))
		set(inkNotice, fore(tone("#0E1014", "#F2F4F8")).BackgroundColor(tone("#DCE4F2", "#2B3446")))
	}
	s.backed[inkSelect], s.backed[inkAlarm], s.backed[inkNotice] = true, true, true
	s.open[inkPlain] = ""
	for i := range s.open {
		if s.open[i] == ansi.ResetStyle {
			s.open[i] = "" // an empty style resets, which a line does itself
		}
	}
	return s
}

// shape is the mark and ink of a state. The shape alone tells which it is.
func shape(state string) (string, ink) {
	switch state {
	case "green":
		return "●", inkGreen
	case "amber":
		return "▲", inkAmber
	case "red":
		return "■", inkRed
	}
	return "○", inkNoSight
}
