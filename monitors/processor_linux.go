package monitors

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// OwnProcessor returns how long the threads of this process have had a processor, and how
// long they waited for one while they could run; 0 and 0 where the system does not tell.
func OwnProcessor() (had, waited time.Duration) {
	threads, err := filepath.Glob("/proc/self/task/*/schedstat")
	if err != nil {
		return 0, 0
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended meanwhile
		}
		var ran, queued int64 // nanoseconds
		if _, err := fmt.Sscan(string(text), &ran, &queued); err == nil {
			had += time.Duration(ran)
			waited += time.Duration(queued)
		}
	}
	return had, waited
}
