package report

import (
	"bytes"
	"path/filepath"
	"testing"

	"crosstalk/session"
)

// A picture whose letters are missing says so, on itself and to whoever exports it.
func TestAPictureSaysWhatItCantDraw(t *testing.T) {
	t.Parallel()
	learned := func(text string) *tape {
		tape := newTape()
		tape.start()
		tape.quiet(5)
		tape.dial("mel", 5)
		tape.seconds(10)
		tape.add("mel", session.TypeDebrief, &session.Debrief{Question: "learned", Text: text})
		tape.end("quit")
		return tape
	}
	for text, want := range map[string]int{
		"Checkout shares its pool: 80 users slow both": 0,
		"Größe, naïve, Ελλάδα, Москва, „ja“ – 5 € … →": 0,
		"结账与生产共享连接池":                                   10,
		"チェックアウト":                                      7,
		"الدفع بطيء":                                   9,
		"קופה איטית":                                   8,
		"slow 🔥 checkout":                              1,
	} {
		p := newPainting(400, 40)
		if p.text(5, 30, 0, text, 20, false, inkText); len(p.undrawn) != want {
			t.Errorf("%q: %d letters are missing, want %d", text, len(p.undrawn), want)
		}
	}
	for text, want := range map[string]string{"Checkout shares its pool": "", "结账 slow": "share.png: 2 letters of its words can't be drawn in a picture and are boxes there; report.html shows them"} {
		dir, out := learned(text).dir(t), t.TempDir()
		told := ""
		written, err := WriteOf(dir, out, []Format{Share}, Options{Profile: DefaultProfile(), Tell: func(s string) { told += filepath.Base(s) }})
		if err != nil || len(written) != 1 || told != want {
			t.Errorf("wrote %v, %v; told %q, want %q", written, err, told, want)
		}
	}
	// On the picture itself: its last line is red.
	for text, want := range map[string]bool{"Checkout": false, "结账": true} {
		m := learned(text).model(t)
		p := newPainting(shareWidth, shareHeight)
		p.text(48, 90, 0, text, 20, false, inkText)
		var b bytes.Buffer
		if err := p.finish(&b, m); err != nil {
			t.Fatal(err)
		}
		red := 0
		for x := range shareWidth {
			for y := 640; y < shareHeight; y++ {
				if p.img.RGBAAt(x, y) == inkBad {
					red++
				}
			}
		}
		if red > 100 != want {
			t.Errorf("%q: %d red pixels", text, red)
		}
	}
}
