package tui

import (
	"strings"
	"testing"
)

func TestWrapPieces(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		w     int
		parts []piece
		want  string
	}{
		{20, []piece{{"one ", inkText}, {"two", inkDim}}, "one two"},
		{9, []piece{{"one two ", inkText}, {"three", inkDim}}, "one two|three"},
		{9, []piece{{"■ ", inkRed}, {"web-1", inkText}, {": slow", inkDim}}, "■ web-1:|slow"},
		{9, []piece{{"●\u00a0web-1  ", inkText}, {"●\u00a0web-2  ", inkText}}, "● web-1|● web-2"},
		{4, []piece{{"http://a", inkText}}, "http|://a"},
		{4, []piece{{"abcd", inkText}, {"ef g", inkDim}}, "abcd|ef g"},
		{3, []piece{{"数据库 x", inkText}}, "数|据|库|x"},
		{5, nil, ""},
		{5, []piece{{"   ", inkText}}, ""},
	} {
		var lines []string
		for _, l := range wrapPieces(v.parts, v.w) {
			text := ""
			for _, p := range l {
				text += p.text
			}
			if width(text) > v.w {
				t.Errorf("%q is wider than %d", text, v.w)
			}
			lines = append(lines, text)
		}
		if got := strings.Join(lines, "|"); got != v.want {
			t.Errorf("%v in %d: %q, want %q", v.parts, v.w, got, v.want)
		}
	}
}
