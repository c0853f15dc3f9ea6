package session

import (
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"SHOP-4711": {"SHOP-4711", ""},
		" #123\n":   {"#123", ""}, //nolint:gocritic // as it is pasted
		"https://github.com/owner/name/issues/123":           {"#123", "https://github.com/owner/name/issues/123"},
		"https://shop.atlassian.net/browse/SHOP-4711":        {"SHOP-4711", "https://shop.atlassian.net/browse/SHOP-4711"},
		"https://me:secret@shop.atlassian.net/browse/SHOP-1": {"SHOP-1", "https://shop.atlassian.net/browse/SHOP-1"},
	} {
		key, address, err := ParseKey(in)
		if err != nil || key != want[0] || address != want[1] {
			t.Errorf("%q: %q, %q, %v", in, key, address, err)
		}
	}
	for _, in := range []string{"", "two words", strings.Repeat("x", 100), "https://github.com/"} {
		if key, _, err := ParseKey(in); err == nil {
			t.Errorf("%q is %q", in, key)
		}
	}
}
