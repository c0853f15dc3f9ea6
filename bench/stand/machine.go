package stand

import (
	"fmt"
	"runtime"
)

// Machine is what every table begins with: the system, its processors, and the
// Go that built both sides.
func Machine() string {
	return fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}
