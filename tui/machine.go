package tui

import (
	"encoding/json"
	"fmt"
	"strings"
)

// machine is this machine as its own check sees it: what a screen shows of it.
type machine struct {
	CPU    *float64 `json:"cpu"`     // percent of all cores
	Own    *float64 `json:"own_cpu"` // this process, percent of one core
	Memory *float64 `json:"memory"`  // percent
	Cores  int      `json:"cores"`
	Files  *int     `json:"open_files"` // of this process
	Ports  *int     `json:"ports"`      // local ports in use towards one address
	Pause  *float64 `json:"gc_pause"`   // seconds
}

// readMachine reads the vitals of a tick, live or out of a journal, by the
// names they have there. What can't be read is not known.
func readMachine(vitals any) machine {
	var v machine
	if vitals == nil {
		return v
	}
	text, err := json.Marshal(vitals)
	if err != nil || json.Unmarshal(text, &v) != nil {
		return machine{}
	}
	return v
}

// words are "CPU 12 %, own 8 % of a core"; "" when nothing is known.
func (v machine) words() string {
	text := ""
	if v.CPU != nil {
		text = "CPU " + percent(*v.CPU)
	}
	if v.Own != nil {
		if text != "" {
			text += ", "
		}
		text += "own " + percent(*v.Own) + " of a core"
	}
	return text
}

func percent(p float64) string { return fmt.Sprintf("%.0f %%", min(max(p, 0), 99999)) }

// selfTrouble tells in words what our own machine lacks; "" while it is well.
// What of it was not seen yet is no trouble.
func (m *Model) selfTrouble() string {
	self := m.s.Env("self")
	if self.State != "amber" && self.State != "red" {
		return ""
	}
	if self.Why == "" {
		return "it is " + self.State
	}
	return self.Why
}

// roomLines are what is left of this machine's files and ports, and how late our
// own sends are.
func (m *Model) roomLines() [][]piece {
	var room, sends []string
	of := func(n *int, what string, limit int) {
		switch {
		case n == nil || *n < 0:
		case limit > 0:
			room = append(room, fmt.Sprintf("%d of %d %s", *n, limit, what))
		default:
			room = append(room, fmt.Sprintf("%d %s", *n, what))
		}
	}
	files, ports := 0, 0
	if r := m.s.Start.Room; r != nil {
		files, ports = r.Files, r.Ports
	}
	of(m.machine.Files, "files", files)
	of(m.machine.Ports, "ports", ports)
	if l := m.s.Load.Lag; l != nil {
		sends = append(sends, fmt.Sprintf("sends late p95 %s, p99 %s", millis(l.P95), millis(l.P99)))
	}
	if p := m.machine.Pause; p != nil {
		sends = append(sends, "paused for memory "+millis(*p))
	}
	const indent = "              "
	var out [][]piece
	for _, parts := range [][]string{room, sends} {
		if whole := indent + strings.Join(parts, " · "); width(whole) <= leastStep+len(m.figures().head) {
			parts = []string{strings.Join(parts, " · ")}
		}
		for _, p := range parts {
			if p != "" {
				out = append(out, []piece{{indent + p, inkText}})
			}
		}
	}
	return out
}

// machineLines are this machine's part of the sheet of errors.
func (m *Model) machineLines() [][]piece {
	if len(m.s.Env("self").Tiles) == 0 && m.machine.words() == "" {
		return nil
	}
	self := m.s.Env("self")
	sign, k := shape(self.State)
	l := []piece{{"this machine: ", inkDim}, {sign + " " + self.State, k}}
	if w := m.machine.words(); w != "" {
		l = append(l, piece{"  " + w, inkText})
	}
	if v := m.machine; v.Memory != nil {
		l = append(l, piece{", memory " + percent(*v.Memory), inkText})
	}
	out := append([][]piece{l}, m.roomLines()...)
	if self.State != "green" && self.Why != "" {
		out = append(out, []piece{{"              " + self.Why, k}})
	}
	return append(out, nil)
}
