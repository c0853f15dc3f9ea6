package tui

import "strings"

// help is made from the key map: every key, and why it can't be used now.
func (m *Model) help() sheet {
	const (
		col  = 56
		name = 13
	)
	var blocks [][][]piece
	for _, g := range groups {
		b := [][]piece{{{m.worded(g), inkStrong}}}
		for i := range m.keys {
			k := &m.keys[i]
			if k.group != g {
				continue
			}
			nk, tk := inkKey, inkText
			if m.refused[k.id] != nil {
				nk, tk = inkFaint, inkFaint
			}
			b = append(b, []piece{{k.show + strings.Repeat(" ", max(1, name-width(k.show))), nk}, {m.worded(k.does), tk}})
			if err := m.refused[k.id]; err != nil {
				b = append(b, []piece{{strings.Repeat(" ", name) + "not now: " + cut(err.Error(), col-name-10), inkAmber}})
			}
		}
		if len(b) > 1 {
			blocks = append(blocks, append(b, nil))
		}
	}
	blocks = append(blocks, append(legend(), nil), append(m.words(), nil), checkWords())
	if m.w < 2*col+8 {
		var l [][]piece
		for _, b := range blocks {
			l = append(l, b...)
		}
		return sheet{m: m, title: "HELP", about: "every key there is ", w: 76, n: len(l), line: fixed(l)}
	}
	l := columns(blocks, col)
	return sheet{m: m, title: "HELP", about: "every key there is ", w: 2*col + 2, n: len(l), line: fixed(l)}
}

// legend explains the shapes and the marks.
func legend() [][]piece {
	return [][]piece{
		{{"Signs", inkStrong}},
		{{"●", inkGreen}, {" green  ", inkText}, {"▲", inkAmber}, {" amber  ", inkText}, {"■", inkRed}, {" red  ", inkText}, {"○", inkNoSight}, {" no sight: it can't be seen", inkText}},
		{{"╌", inkAmber}, {" across a chart: amber ", inkText}, {"▲", inkAmber}, {" or red ", inkText}, {"■", inkRed}, {" begins", inkText}},
		{{"on the time axis", inkDim}},
		{{"↑ ↓", inkStaging}, {" dial moved  ", inkText}, {"=", inkStaging}, {" held  ", inkText}, {"X", inkStrong}, {" all load stopped", inkText}},
		{{"H E C", inkAmber}, {" guard holds, eases, cuts  ", inkText}, {"R", inkGreen}, {" production recovered", inkText}},
		{{"B", inkAmber}, {" you are the bottleneck, as long as the ", inkText}, {"~", inkAmber}, {" goes on", inkText}},
		{{"n", inkStrong}, {" note  ", inkText}, {"·", inkDim}, {" automatic note  ", inkText}},
		{{"!", inkStrong}, {" bug ", inkText}, {"?", inkStrong}, {" question ", inkText}, {"|", inkStrong}, {" obstacle ", inkText}, {"*", inkStrong}, {" idea ", inkText}, {"+", inkStrong}, {" works", inkText}},
		{{"~", inkStrong}, {" risk ", inkText}, {">", inkStrong}, {" next ", inkText}, {"=", inkStrong}, {" decision ", inkText}, {":", inkStrong}, {" setup", inkText}},
		{{"over the charts, during a link check", inkDim}},
		{{"█", inkStaging}, {" load on  ", inkText}, {"▁", inkDim}, {" off  ", inkText}, {"▒", inkDim}, {" the same load sent elsewhere", inkText}},
		{{"on a tile, a minute", inkDim}},
		{{"·", inkDim}, {" green  ", inkText}, {"'", inkText}, {" one late  ", inkText}, {"▴", inkAmber}, {" amber  ", inkText}, {"▪", inkRed}, {" red  ", inkText}, {"◦", inkNoSight}, {" no sight", inkText}},
		{{"around the gauge", inkDim}},
		{{"▼", inkAmber}, {" ceiling  ", inkText}, {"●", inkGreen}, {" last good level  ", inkText}, {"✕", inkRed}, {" level of the last cut", inkText}},
	}
}

// words explains what the screen says and nobody says at home.
func (m *Model) words() [][]piece {
	out := [][]piece{{{"Words", inkStrong}}}
	for _, w := range [][2]string{
		{"p50 p95 p99", "50, 95, 99 of 100 answers came within"},
		{"req/s", "requests a second that were answered"},
		{"check, probe", "a look at one server, and one answer"},
		{"baseline", "what is usual, learned before any load"},
		{"amber, red", "slower than usual; so slow it is cut"},
		{"guard", "holds, eases, cuts load for production"},
		{"let go", "how soon load ends once production hangs"},
		{"ceiling, max", "most users that are allowed now"},
		{"last good", "highest level held 10 s with both green"},
		{"glide", "how many users a second follow the dial"},
		{"in flight", "requests sent and not answered yet"},
		{"level", "a time in which the dial did not move"},
		{"link", "does load on staging reach production"},
		{"brake test", "stopping, tried on one user at the start"},
		{"permit", "leave to send; ends if no guard renews it"},
		{"operator", "whoever stopped the load by hand"},
		{"journal", "the session's file, of all that happened"},
	} {
		out = append(out, []piece{{w[0] + strings.Repeat(" ", max(1, 14-width(w[0]))), inkDim}, {m.worded(w[1]), inkText}})
	}
	return out
}

// checkWords explain the link check to who sees one for the first time.
func checkWords() [][]piece {
	out := [][]piece{{{"The link check", inkStrong}}}
	for _, l := range []string{
		"Staging's load goes on and off in an order drawn by lot.",
		"Nothing else in the world knows it: if production",
		"follows it, the two share something.",
		"Evidence of 1 says nothing. Without a link, one check in",
		"200 gets to 200 by chance: from there on it is a link.",
		"Once there is some, the same load goes elsewhere in the",
		"halves without: is it only our own machine?",
		"Then: linked, no link seen up to so many users, or it",
		"can't tell. The guard stays on, whatever it says.",
	} {
		out = append(out, []piece{{l, inkText}})
	}
	return out
}

// columns lays blocks out in two columns of about the same height.
func columns(blocks [][][]piece, w int) [][]piece {
	all := 0
	for _, b := range blocks {
		all += len(b)
	}
	var left, right [][]piece
	for _, b := range blocks {
		if len(left)+len(b)/2 <= (all+1)/2 && right == nil {
			left = append(left, b...)
		} else {
			right = append(right, b...)
		}
	}
	out := make([][]piece, max(len(left), len(right)))
	for i := range out {
		n := 0
		if i < len(left) {
			for _, p := range left[i] {
				p.text = cut(p.text, max(0, w-n))
				out[i] = append(out[i], p)
				n += width(p.text)
			}
		}
		if i < len(right) {
			out[i] = append(out[i], piece{strings.Repeat(" ", max(0, w+2-n)), inkPlain})
			out[i] = append(out[i], right[i]...)
		}
	}
	return out
}
