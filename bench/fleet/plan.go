package main

import (
	"fmt"
	"math"
)

// What a plan keeps free, and what limits it besides processors.
const (
	share       = 0.7   // of a worker's core: Locust warns at 0.9, and heartbeats need room
	masterShare = 0.5   // of the master's one core
	ports       = 28232 // Linux's for one source address and one target: 32768 to 60999
	// Messages a second from one worker to the master while it is under load: a
	// heartbeat, a report of statistics, and the plug-in's own five.
	messages = 1 + 1 + 5
)

func tell(all []cost, m master) {
	fmt.Println("| user | processor time of a request | requests/s of a core, full | planned with (70 %) | memory of a waiting user | of a worker without users | a worker with waiting users |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, c := range all {
		fmt.Printf("| `%s` | %.2f ms (%d requests) | %.0f | %.0f | %.0f KB | %.0f MB | %.1f %% of a core at %d |\n",
			c.kind, c.request.Seconds()*1000, c.sent, c.rate(), c.rate()*share, c.user/1024, c.base/(1<<20), c.idle*100, c.users)
	}
	fmt.Printf("\nThe master: %.1f %% of its one core by itself, and %.2f %% for each worker.\n", m.base*100, m.worker*100)
}

// rate is how many requests a second would fill a core.
func (c cost) rate() float64 { return 1 / c.request.Seconds() }

// plan shows the arithmetic for so many users.
func plan(c cost, m master, s settings) {
	rps := float64(s.users) / s.think.Seconds()
	perCore := c.rate() * share
	waiting := c.idle / float64(c.users) // of a core, for one
	byRequests, byWaiting := rps/perCore, float64(s.users)*waiting/share
	workers := math.Ceil(byRequests + byWaiting)
	memory := (workers*c.base + float64(s.users)*c.user) / (1 << 30)
	most := math.Floor((masterShare - m.base) / m.worker)
	fmt.Printf("\n%d users of `%s`, a request every %s each:\n\n", s.users, c.kind, s.think)
	fmt.Printf("- %d / %.0f s = %.0f requests a second; / %.0f = %.1f cores for requests\n", s.users, s.think.Seconds(), rps, perCore, byRequests)
	fmt.Printf("- %d x %.4f %% of a core / 0.7 = %.1f cores for waiting; together %.0f workers, one for each core, %.0f users each\n",
		s.users, waiting*100, byWaiting, workers, math.Ceil(float64(s.users)/workers))
	fmt.Printf("- %.0f x %.0f MB + %d x %.0f KB = %.0f GB of memory\n", workers, c.base/(1<<20), s.users, c.user/1024, memory)
	fmt.Printf("- one connection for each user: %d / %d ports = %.0f addresses of machines at least for one address of the target\n", s.users, ports, math.Ceil(float64(s.users)/ports))
	fmt.Printf("- %.0f x %d = %.0f messages a second to the master; %.1f %% + %.0f x %.2f %% = %.0f %% of its one core; at half of it %.0f workers\n",
		workers, messages, workers*messages, m.base*100, workers, m.worker*100, (m.base+workers*m.worker)*100, most)
}
