package loadengine

import (
	"sync"
	"testing"
)

// Many users meet the same host at once: it is told once, with the first
// meeting, while the others are already counted.
func TestFindingsAreToldOnce(t *testing.T) {
	const users = 8
	var told []Finding
	met, all := make(chan struct{}), sync.WaitGroup{}
	f := &findings{tell: func(n Finding) {
		told = append(told, n)
		<-met // the others come while it is being told
	}}
	first := make(chan struct{})
	go func() { f.note(Finding{Kind: FindingRedirect, Host: "a.test:80", Step: "GET /"}); close(first) }()
	for len(f.list()) == 0 { // it is in the list before it is told
	}
	for range users {
		all.Go(func() { f.note(Finding{Kind: FindingRedirect, Host: "a.test:80", Step: "GET /"}) })
	}
	all.Wait()
	close(met)
	<-first
	if len(told) != 1 || told[0].Count != 1 {
		t.Errorf("told %v, want the first alone", told)
	}
	if l := f.list(); len(l) != 1 || l[0].Count != users+1 {
		t.Errorf("counted %v, want one kind met %d times", l, users+1)
	}
}
