//go:build !linux

package monitors

import "time"

// OwnProcessor returns 0 and 0: this system does not tell how long a process waits for a
// processor.
func OwnProcessor() (had, waited time.Duration) { return 0, 0 }
