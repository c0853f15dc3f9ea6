package loadengine

import (
	"net/http"
	"strings"
	"testing"
)

// Lines between chunks that can be read in two ways are read in none: net/http
// refuses the same, so that a step fails or not whichever path it takes.
func TestChunksThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		chunks string
		good   bool
	}{
		"as they should be":       {"5\r\nhello\r\n0\r\n\r\n", true},
		"space behind the size":   {"5 \t\r\nhello\r\n0 \r\n\r\n", true},
		"an extension":            {"5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n", true},
		"zeros":                   {"0000005\r\nhello\r\n000\r\n\r\n", true},
		"trailers":                {"5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n e\r\n\r\n", true},
		"a bare line feed":        {"5\nhello\r\n0\r\n\r\n", false},
		"a bare end":              {"5\r\nhello\n0\r\n\r\n", false},
		"a bare last line":        {"5\r\nhello\r\n0\n\r\n", false},
		"a return in a size":      {"5;a\rb\r\nhello\r\n0\r\n\r\n", false},
		"two returns":             {"5\r\r\nhello\r\n0\r\n\r\n", false},
		"space before extensions": {"5 ;a\r\nhello\r\n0\r\n\r\n", false},
		"space before the size":   {" 5\r\nhello\r\n0\r\n\r\n", false},
		"no size":                 {"\r\nhello\r\n0\r\n\r\n", false},
		"a sign":                  {"+5\r\nhello\r\n0\r\n\r\n", false},
		"a prefix":                {"0x5\r\nhello\r\n0\r\n\r\n", false},
		"a size without end":      {strings.Repeat("0", 17) + "5\r\nhello\r\n0\r\n\r\n", false},
		"too long a chunk":        {"5\r\nhello!\r\n0\r\n\r\n", false},
		"too short a chunk":       {"5\r\nhell\r\n0\r\n\r\n", false},
		"too long a line":         {"5;" + strings.Repeat("a", 4<<10) + "\r\nhello\r\n0\r\n\r\n", false},
		"more lines than body":    {strings.Repeat("1;"+strings.Repeat("a", 1000)+"\r\nx\r\n", 20) + "0\r\n\r\n", false},
		"a trailer with a space":  {"5\r\nhello\r\n0\r\nX T : v\r\n\r\n", true},
		"a trailer after a space": {"5\r\nhello\r\n0\r\n X-T: v\r\n\r\n", false},
		"a trailer with no colon": {"5\r\nhello\r\n0\r\nnocolon\r\n\r\n", false},
		"a trailer with no name":  {"5\r\nhello\r\n0\r\n: v\r\n\r\n", false},
		"a trailer that begins":   {"5\r\nhello\r\n0\r\n folded\r\n\r\n", false},
		"a control in a trailer":  {"5\r\nhello\r\n0\r\nA: \x01\r\n\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for path, rt := range twoPaths(t) {
				target, _ := canned(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+test.chunks)
				got := exchanged(t, rt, http.MethodGet, target, nil)
				_, why, broken := strings.Cut(got, " cut: ")
				if broken == test.good || path == "lean" && broken && why != "not http" {
					t.Errorf("%s: %s", path, got)
				}
			}
		})
	}
}
