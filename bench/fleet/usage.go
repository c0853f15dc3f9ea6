package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used, as Linux tells it.
type usage struct {
	cpu    time.Duration
	memory float64 // bytes in RAM
}

// hertz is the unit of /proc's processor times: Linux shows every program 100.
const hertz = 100

func (u *usage) read(pid int) error {
	name := fmt.Sprintf("/proc/%d/stat", pid)
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read what a process uses (this needs Linux): %w", err)
	}
	// The program's name, in parentheses, may hold anything.
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const user, system, resident = 11, 12, 21 // proc(5), counted from the state
	if len(fields) <= resident {
		return fmt.Errorf("read %s: %d fields", name, len(fields))
	}
	var n [3]float64
	for i, at := range []int{user, system, resident} {
		if n[i], err = strconv.ParseFloat(fields[at], 64); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	u.cpu = time.Duration((n[0] + n[1]) * float64(time.Second) / hertz)
	u.memory = n[2] * float64(os.Getpagesize())
	return nil
}
