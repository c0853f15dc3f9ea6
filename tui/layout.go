package tui

// rect is a part of the window, in cells.
type rect struct{ x, y, w, h int }

// layout is where everything stands for one window. It is made from nothing
// but sizes, so that a resize is a table test.
type layout struct {
	w, h       int
	small      bool // too small to work in
	header     rect
	banner     rect // no height when there is nothing to say
	staging    rect
	production rect
	users      rect
	notes      rect
	bar        rect // a replay's position; else no height
	status     rect
}

// The least window in which everything can be shown.
const (
	minW = 80
	minH = 24
)

// zoom tells which pane has the room of both.
type zoom int

const (
	zoomNone zoom = iota
	zoomStaging
	zoomProduction
	zoomNotes // the panes keep the least that shows both
	zoomCount
)

// wide tells whether one environment has the room of both.
func (z zoom) wide() bool { return z == zoomStaging || z == zoomProduction }

// arrange lays a window out. banner is how many lines the banner needs; input
// how many lines the note line has.
func arrange(w, h, banner, input int, z zoom) layout {
	l := layout{w: w, h: h, small: w < minW || h < minH}
	if l.small {
		return l
	}
	l.header = rect{0, 0, w, 1}
	l.banner = rect{0, 1, w, banner}
	l.status = rect{0, h - 1, w, 1}
	bottom := bottomHeight(h) + max(0, input-1)
	bottom = min(bottom, h/2)
	top := 1 + banner
	if z == zoomNotes {
		bottom = max(bottom, h-1-top-leastPanes)
	}
	panes := h - 1 - bottom - top
	half := w / 2
	switch z {
	case zoomStaging:
		l.staging = rect{0, top, w, panes}
	case zoomProduction:
		l.production = rect{0, top, w, panes}
	default:
		l.staging = rect{0, top, half, panes}
		l.production = rect{half, top, w - half, panes}
	}
	left := usersWidth(w)
	l.users = rect{0, top + panes, left, bottom}
	l.notes = rect{left, top + panes, w - left, bottom}
	return l
}

func bottomHeight(h int) int {
	switch {
	case h >= 50:
		return 15
	case h >= 40:
		return 13
	case h >= 32:
		return 11
	case h >= 28:
		return 9
	}
	return 8
}

func usersWidth(w int) int {
	switch {
	case w >= 160:
		return 42
	case w >= 110:
		return 34
	}
	return 26
}
