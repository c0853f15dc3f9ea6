package locust

import (
	"fmt"
	"strings"
	"testing"
)

// Whoever copies the plug-in of this program has one that it speaks with.
func TestThePlugInSpeaksAsThisProgramDoes(t *testing.T) {
	t.Parallel()
	if want := fmt.Sprintf("\nPROTOCOL = %d\n", protocol); !strings.Contains(Plugin, want) {
		t.Errorf("the plug-in does not hold %q", want)
	}
}
