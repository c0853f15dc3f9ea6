package tui

import (
	"io"
	"strings"
	"testing"
)

// chunks is input that comes in these pieces.
type chunks []string

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; (*c)[0] == "" {
		*c = (*c)[1:]
	}
	return n, nil
}

func TestStopKeysComeThroughAPaste(t *testing.T) {
	t.Parallel()
	const start, end = "\x1b[200~", "\x1b[201~"
	for name, c := range map[string]struct {
		in   chunks
		want string
	}{
		"keys as they are":          {chunks{"n", "ab", "\x18"}, "nab\x18"},
		"a paste that ended":        {chunks{start + "ab" + end, "\x18"}, start + "ab" + end + "\x18"},
		"one that did not":          {chunks{start + "ab", "\x18", "5\r"}, start + "ab" + end + "\x18" + start + "5\r"},
		"again":                     {chunks{start, "\x18", "\x03"}, start + end + "\x18" + start + end + "\x03" + start},
		"as a modern terminal":      {chunks{start + "ab", "\x1b[120;5u", "c" + end}, start + "ab" + end + "\x1b[120;5u" + start + "c" + end},
		"inside of a pasted text":   {chunks{start + "a\x18b", "c\x18", end}, start + "a\x18bc\x18" + end},
		"marks that are cut in two": {chunks{"\x1b[20", "0~ab", "\x03", "c\x1b[2", "01~", "\x18"}, start + "ab" + end + "\x03" + start + "c" + end + "\x18"},
	} {
		got, err := io.ReadAll(heeding(&c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	if got, err := io.ReadAll(heeding(strings.NewReader(strings.Repeat("x", 10_000)))); err != nil || len(got) != 10_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if heeding(nil) != nil {
		t.Error("no input became some")
	}
}
