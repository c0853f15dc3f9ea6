package loadengine

import "syscall"

// FileReserve is how many of the files that this process may have open are kept
// from load: without them nobody would see production any more, or write down
// what happened.
func FileReserve(limit int) int { return min(64, limit/4) }

// reserve refuses a connection to load that would take a file of the reserve.
// Systems give the lowest number that is free, so a number tells how many are
// taken, and nothing has to be counted.
type reserve struct{ first uint64 } // of the kept numbers; 0: none are kept

func newReserve() reserve {
	limit := fileLimit()
	if limit == 0 || limit > 1<<30 { // as good as none
		return reserve{}
	}
	return reserve{first: limit - uint64(FileReserve(int(limit)))}
}

// check is asked with a socket that is not connected yet.
func (r reserve) check(raw syscall.RawConn) error {
	if r.first == 0 {
		return nil
	}
	if n, ok := fileNumber(raw); ok && n >= r.first {
		return errFiles
	}
	return nil
}
