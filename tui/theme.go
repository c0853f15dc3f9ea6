package tui

// theme is how the screen looks, where the viewer chose it.
type theme struct {
	ground  ground
	palette palette
}

// ground is the colour behind the text.
type ground int

const (
	groundAuto ground = iota // as the terminal says
	groundDark
	groundLight
)

// palette is a choice of hues for green, amber and red. In each the three keep
// apart with every kind of colour blindness, and shapes tell them anyway.
type palette int

const (
	paletteHouse    palette = iota // after Okabe and Ito
	paletteContrast                // after Tol's high contrast: blue, yellow, red
	paletteBlue                    // blue, orange, magenta: for who sees neither red nor green
	paletteCount
)

// hues are green, amber and red.
type hues struct {
	name        string
	light, dark [3]string
}

var paletteOf = [paletteCount]hues{
	paletteHouse:    {"bluish green, orange, vermilion", [3]string{"#00795C", "#925F00", "#BF3510"}, [3]string{"#35C4A0", "#F2B83C", "#FF7256"}},
	paletteContrast: {"blue, yellow, dark red", [3]string{"#004488", "#8A6A00", "#BB5566"}, [3]string{"#6FA8DC", "#F0D060", "#F08090"}},
	paletteBlue:     {"sky blue, orange, magenta", [3]string{"#0072B2", "#A65200", "#A0207A"}, [3]string{"#56B4E9", "#E69F00", "#F07CC8"}},
}

// nextGround goes from what the terminal says to dark, light and back.
func (m *Model) nextGround() {
	m.theme.ground = (m.theme.ground + 1) % 3
	m.restyle(m.ground)
	m.say([]string{"ground: as the terminal says", "ground: dark", "ground: light"}[m.theme.ground], false)
}

// nextPalette changes the hues of the states.
func (m *Model) nextPalette() {
	m.theme.palette = (m.theme.palette + 1) % paletteCount
	m.restyle(m.ground)
	text := "green, amber, red are " + paletteOf[m.theme.palette].name
	if m.env("NO_COLOR") != "" {
		text += "; NO_COLOR is set, so none is shown"
	}
	m.say(text, false)
}
