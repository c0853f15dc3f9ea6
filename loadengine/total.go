package loadengine

// Total counts the requests of a run that have ended until now, as ticks do.
type Total struct{ Requests, Errors uint64 }

// Total returns what has ended since the start, up to this moment: for who
// counts over spans that are not those of the ticks.
func (e *Engine) Total() Total {
	e.stats.mu.Lock()
	defer e.stats.mu.Unlock()
	return e.stats.total
}
