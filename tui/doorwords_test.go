package tui

import (
	"net"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// The warning names the interface, or at least the address: never nothing.
func TestTheWarningNamesTheInterface(t *testing.T) {
	t.Parallel()
	cable := face{"eth1", []net.IP{net.ParseIP("169.254.7.9"), net.ParseIP("fe80::1")}}
	wifi := face{"wlan0", []net.IP{net.ParseIP("192.0.2.10"), net.ParseIP("fe80::2")}}
	for _, c := range []struct {
		addr     string
		faces    []face
		host     string
		who      string
		loopback bool
	}{
		{"127.0.0.1", []face{cable, wifi}, "127.0.0.1", "", true},
		{"::1", nil, "::1", "", true},
		{"192.0.2.10", []face{cable, wifi}, "192.0.2.10", "wlan0 (192.0.2.10)", false},
		{"169.254.7.9", []face{cable, wifi}, "169.254.7.9", "eth1 (169.254.7.9)", false},
		{"fe80::1", []face{cable, wifi}, "fe80::1", "eth1 (fe80::1)", false},
		{"198.51.100.7", []face{cable, wifi}, "198.51.100.7", "198.51.100.7", false},
		{"0.0.0.0", []face{cable, wifi}, "192.0.2.10", "every interface of this machine: wlan0 (192.0.2.10)", false},
		{"0.0.0.0", []face{cable}, "0.0.0.0", "every interface of this machine: eth1 (169.254.7.9), eth1 (fe80::1)", false},
		{"::", nil, "::", "any interface of this machine", false},
	} {
		hosts, warning := reach(&net.TCPAddr{IP: net.ParseIP(c.addr), Port: 2222}, c.faces)
		if len(hosts) != 1 || hosts[0] != c.host {
			t.Errorf("%s: reached at %q, want %s", c.addr, hosts, c.host)
		}
		want := "everybody who reaches " + c.who + " may knock at this door; only keys in the file come in"
		if c.loopback {
			want = ""
		}
		if warning != want {
			t.Errorf("%s: %q, want %q", c.addr, warning, want)
		}
	}
}

// Who opens the door to others is told so: on the pre-flight page, and in a
// message at each opening, without any card.
func TestAnOpenDoorIsSaid(t *testing.T) {
	open := Sight{Open: true, Addr: "0.0.0.0:2222", Warning: "everybody who reaches eth0 (192.0.2.10) may knock at this door; only keys in the file come in",
		Skipped: []string{"line 4: its expiry-time is past", "line 5: restrict means that it is not for a terminal like this", "line 6: x", "line 7: y"}}
	here := Sight{Open: true, Addr: "127.0.0.1:2222", Here: true}
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		for name, sight := range map[string]Sight{"open": open, "here": here, "closed": {Addr: "127.0.0.1:2222"}} {
			m, j, _ := twoScreens(size[0], size[1])
			m.o.Door = NewDoor(DoorOptions{})
			m.o.Door.sight = sight
			j.o.Door = m.o.Door // a guest's screen has none, and tells nothing
			m.overlay, j.overlay = overlayPreflight, overlayPreflight
			page := strings.Join(strings.Fields(strings.ReplaceAll(ansi.Strip(m.View().Content), "│", " ")), " ")
			for what, want := range map[string]bool{"▲ everybody who reaches eth0 (192.0.2.10) may knock": name == "open", "let nobody in: line 4: its expiry-time is past": name == "open",
				"and 2 more": name == "open", "Door open at 127.0.0.1:2222, which this machine alone reaches": name == "here", "Door": name != "closed"} {
				if strings.Contains(page, what) != want {
					t.Errorf("%v, %s: the page says %q: %t\n%s", size, name, what, !want, ansi.Strip(m.View().Content))
				}
			}
			if strings.Contains(ansi.Strip(j.View().Content), "Door") {
				t.Errorf("%v, %s: a guest is told of it", size, name)
			}
			m.overlay = overlayNone
			m.doorTurned(doorMsg{})
			frame := strings.Join(strings.Fields(ansi.Strip(m.View().Content)), " ")
			for _, want := range []string{"eth0 (192.0.2.10) may knock at this door", "let nobody in: line 4"} {
				if strings.Contains(frame, want) != (name == "open") {
					t.Errorf("%v, %s: the message says %q: %t\n%s", size, name, want, name != "open", m.message.text)
				}
			}
			// With --share, the door is open before the first frame.
			first := New(m.src, Options{Who: mel, Host: true, Now: m.o.Now, Door: m.o.Door, Before: true})
			if said := strings.Contains(first.message.text, "may knock at this door"); said != (name == "open") {
				t.Errorf("%v, %s: at the start: %q", size, name, first.message.text)
			}
		}
	}
}
