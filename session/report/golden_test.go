package report

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestGoldens(t *testing.T) {
	t.Parallel()
	tapes := map[string]*tape{"rich": rich(), "crashed": crashed(), "resumed": resumed(), "empty": newTape()}
	only := newTape()
	only.start()
	tapes["started"] = only
	for name, tape := range tapes {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			written, err := Write(tape.dir(t), out, Formats())
			if err != nil {
				t.Fatal(err)
			}
			if len(written) != names() {
				t.Fatalf("wrote %v", written)
			}
			for _, path := range written {
				got, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if filepath.Ext(path) == ".png" {
					if name == "rich" || name == "empty" {
						goldenPicture(t, filepath.Join(name, filepath.Base(path)), got)
					}
					continue
				}
				if filepath.Base(path) == "report.html" {
					if name != "rich" && name != "empty" {
						continue // drawn, and looked at by other tests; the goldens stay small
					}
					got = reduced(got)
				}
				golden(t, filepath.Join(name, filepath.Base(path)), got)
			}
		})
	}
}

// What a golden of a page leaves out: its style, which is a file of its own, and
// of its charts what is drawn twice and what only shows when pointed at.
var leftOut = regexp.MustCompile(`(?s)<style>.*?</style>|<svg class="narrow".*?</svg>|<rect class="hover"[^>]*><title>[^<]*</title></rect>|<meta http-equiv[^>]*>`)

func reduced(page []byte) []byte {
	return bytes.ReplaceAll(leftOut.ReplaceAll(page, nil), []byte("/><"), []byte("/>\n<"))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		gl, wl := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
		for i := range min(len(gl), len(wl)) {
			if !bytes.Equal(gl[i], wl[i]) {
				t.Fatalf("%s line %d:\n got %s\nwant %s\n(go test -update writes it anew)", path, i+1, gl[i], wl[i])
			}
		}
		t.Fatalf("%s has %d lines, want %d", path, len(gl), len(wl))
	}
}

// goldenPicture compares pictures as eyes do: processors round the last bit of a
// line's edge in their own ways.
func goldenPicture(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		golden(t, name, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, aerr := png.Decode(bytes.NewReader(got))
	b, berr := png.Decode(bytes.NewReader(want))
	if aerr != nil || berr != nil || a.Bounds() != b.Bounds() {
		t.Fatalf("%s: %v, %v", path, aerr, berr)
	}
	other := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, _ := a.At(x, y).RGBA()
			wr, wg, wb, _ := b.At(x, y).RGBA()
			if max(r, wr)-min(r, wr)+max(g, wg)-min(g, wg)+max(bl, wb)-min(bl, wb) > 0x6000 {
				other++
			}
		}
	}
	if other > a.Bounds().Dx()*a.Bounds().Dy()/2000 {
		t.Fatalf("%s: %d pixels are others (go test -update writes it anew)", path, other)
	}
}

// A session as the program recorded it: a linked demo that the guard cut, with
// notes of two people, a file, a debrief and a key of a tracker.
func TestGoldensOfARecordedSession(t *testing.T) {
	t.Parallel()
	dir, out := filepath.Join("testdata", "recorded"), t.TempDir()
	written, err := Write(dir, out, Formats())
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != names() {
		t.Fatalf("wrote %v", written)
	}
	for _, path := range written {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(path) {
		case ".png":
			goldenPicture(t, filepath.Join("recorded", filepath.Base(path)), got)
			continue
		case ".html":
			got = reduced(got)
		}
		golden(t, filepath.Join("recorded", filepath.Base(path)), got)
	}
}
