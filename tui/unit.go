package tui

// amount writes a number of the dial with its unit.
func (m *Model) amount(n int) string { return users(n) }
