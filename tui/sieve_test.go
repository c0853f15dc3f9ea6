package tui

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
)

// sifted is what becomes of input that comes in these pieces.
func sifted(pieces ...string) string {
	var s sieve
	var out []byte
	for _, p := range pieces {
		out = s.pass(out, []byte(p), keysRead)
	}
	return string(out)
}

func TestWhatTheDecoderOfKeysGets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   []string
		want string
	}{
		"text":                       {[]string{"aě✜🙂\r\t\x18"}, "aě✜🙂\r\t\x18"},
		"a torn letter":              {[]string{"\xc4", "\x9b\xe2", "\x9c", "\x9c"}, "ě✜"},
		"half a letter":              {[]string{"\xc4", "a\x9bM!!!\xe2\x82b\xf0\x9f\xc4\x9b"}, "aM!!!bě"},
		"C1, written as a letter":    {[]string{"a\u009bM!!!"}, "aM!!!"},
		"keys":                       {[]string{"\x1b", "[1;5A\x1bOP\x1b[120;5u\x1b[<0;3;4M\x1b[<0;3;4m\x1b[Z\x1bx\x1b[15~"}, "\x1b[1;5A\x1bOP\x1b[120;5u\x1b[<0;3;4M\x1b[<0;3;4m\x1b[Z\x1bx\x1b[15~"},
		"an old mouse":               {[]string{"\x1b[M !\"\x1b[", "M#\xc4", "\x9bM!!!"}, "\x1b[<0;1;2M\x1b[<3;164;123mM!!!"},
		"old wheel and motion":       {[]string{"\x1b[M`!!\x1b[MC!!"}, "\x1b[<64;1;1M\x1b[<35;1;1M"},
		"keys of Windows":            {[]string{"\x1b[89;21;121;1;0;655", "35_y_"}, "\x1b[89;21;121;1;0;65535zy_"},
		"a mouse in other words":     {[]string{"\x1b[5M!!!"}, "\x1b[5z!!!"},
		"a colour":                   {[]string{"\x1b]11;rgb:1/2/3\x1b\\é\x1b]11;x\x07é"}, "\x1b]11;rgb:1/2/3\x1b\\é\x1b]11;x\x07é"},
		"a letter in a string":       {[]string{"\x1b]11;✜M!!!"}, "\x1b]11;" + breaker + "✜M!!!"},
		"a letter behind a bell":     {[]string{"\x1bPx\a✜\x1b]x\a✜"}, "\x1bPx\a" + breaker + "✜\x1b]x\a✜"},
		"a string as a key's code":   {[]string{"\x1b]95;1\a\x1bP1_x\x1b\\"}, "\x1b]85;1\a\x1bP1zx\x1b\\"},
		"a string's number":          {[]string{"\x1b]00095;1\a"}, "\x1b]00085" + breaker + ";1\a"},
		"a string without an end":    {[]string{"\x1b_" + strings.Repeat("a", 1030)}, "\x1b_" + strings.Repeat("a", 1024) + breaker + "aaaaaa"},
		"parameters without an end":  {[]string{"\x1b[" + strings.Repeat("1", 70)}, "\x1b[" + strings.Repeat("1", 64) + breaker + "111111"},
		"a number without an end":    {[]string{"\x1bO" + strings.Repeat("1", 70)}, "\x1bO" + strings.Repeat("1", 64) + breaker + "111111"},
		"a clipboard":                {[]string{"\x1b]52;c;" + strings.Repeat("a_8", 3000) + "\x1b\\x"}, "\x1b]52;c;" + strings.Repeat("a_8", 3000) + "\x1b\\x"},
		"one that is none":           {[]string{"\x1b]521;" + strings.Repeat("a", 1100)}, "\x1b]521;" + strings.Repeat("a", 1020) + breaker + strings.Repeat("a", 80)},
		"one sequence in another":    {[]string{"\x1b[1\x1b[M !\"\x1b]1\x1b[1_"}, "\x1b[1\x1b[<0;1;2M\x1b]1\x1b[1z"},
		"a letter behind parameters": {[]string{"\x1b[1é_"}, "\x1b[1é_"},
	} {
		if got := sifted(c.in...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What began long ago is a key of its own, and what comes behind it another.
func TestKeysThatOnlyLookLikeASequence(t *testing.T) {
	t.Parallel()
	var s sieve
	var out []byte
	for i, key := range []string{"\x1b", "[", "M", "\x1b", "[", "_", "\x1b", "]", "é", "\xc4", "\x9b"} {
		out = s.pass(out, []byte(key), keysRead.Add(time.Duration(i)*2*staleAfter))
	}
	if got, want := string(out), "\x1b[M\x1b[_\x1b]é"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out = nil
	for i, key := range []string{"\x1b[", "M", "x"} {
		out = s.pass(out, []byte(key), keysRead.Add(time.Hour+time.Duration(i)*staleAfter))
	}
	if got := s.pass(out, []byte("y"), keysRead.Add(2*time.Hour)); string(got) != "\x1b[My" {
		t.Errorf("%q", got)
	}
}

// decoded is what the decoder of keys makes of bytes that come in pieces.
func decoded(in io.Reader) []uv.Event {
	r := uv.NewTerminalReader(in, "xterm")
	r.EscTimeout = time.Microsecond
	events := make(chan uv.Event)
	var all []uv.Event
	var gathers sync.WaitGroup
	gathers.Go(func() {
		for e := range events {
			all = append(all, e)
		}
	})
	_ = r.StreamEvents(context.Background(), events)
	close(events)
	gathers.Wait()
	return all
}

func TestEveryPieceOfALetterIsOneKey(t *testing.T) {
	t.Parallel()
	keys := decoded(heeding(&chunks{"\xc4", "\x9bM!!!", "\xe2", "\x9c", "\x9c"}))
	var got []string
	for _, k := range keys {
		if k, ok := k.(uv.KeyPressEvent); ok {
			got = append(got, k.Text)
		}
	}
	if want := []string{"ě", "M", "!", "!", "!", "✜"}; !slices.Equal(got, want) {
		t.Errorf("keys %q of %v, want %q", got, keys, want)
	}
}

// Whatever comes, in whatever pieces: the decoder takes it, and makes no more of
// it than came.
func FuzzKeys(f *testing.F) {
	for _, s := range []string{"\x9bM!!!", "\xc4\x9bM!!!", "\x1b[M!!\xc4\x9bM!!!", "\x1b[89;21;121;1;0;65535_", "\x1b[0;0;65;1;0;1_\x1b[0;0;55357;1_",
		"\x1b]0;\xe2\x9c\x9bM!!!", "\x1b]95;1\x07\xe2\x9c\x9bM!!!", "\x1bP1$r0m\x1b\\\x1bP!|00\x1b\\\x1bP1+r5463=3\x1b\\", "\x1b_Gi=1,s=-5;AAAA\x1b\\",
		"\x1b[200~\x1b[", "\x1b[200~a\x1b[M!!\xc4\x9bM\x1b[201~x", "\x1b[8;1;1t\x1b[48;1;2;3;4t", "\x1b[1;2R\x1b[1$\x1b[?1;2$y\x1b[97:65;2:3;98u", "\x1b]11;rgb:ff/f/1\x07\x1b]52;c;aGk=\x07"} {
		f.Add([]byte(s), uint(0))
		f.Add([]byte(s), uint(0b1011))
		f.Add([]byte(s), uint(1<<5)) // the mark of a paste, and what comes next
	}
	f.Fuzz(func(t *testing.T, b []byte, cuts uint) {
		if len(b) > 5000 {
			return
		}
		var pieces chunks
		for from, i := 0, 0; i < len(b); i++ {
			if cuts>>(i%64)&1 == 1 || i == len(b)-1 {
				pieces, from = append(pieces, string(b[from:i+1])), i+1
			}
		}
		n := 0
		for _, e := range decoded(heeding(&pieces)) {
			if many, ok := e.(uv.MultiEvent); ok {
				n += len(many)
				continue
			}
			n++
		}
		if n > 2*len(b) {
			t.Errorf("%d events of %d bytes", n, len(b))
		}
		if got := sifted(string(b)); !utf8.ValidString(got) || len(got) > 3*len(b) {
			t.Errorf("%d bytes: %q", len(b), got)
		}
	})
}
