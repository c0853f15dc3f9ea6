package loadengine

import (
	"errors"
	"net"
	"testing"
)

// A server that listens on every address of this machine is production by
// whichever of them it is reached.
func TestProductionIsForbiddenByEveryAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	hosts := []string{"127.0.0.1", "127.0.0.2", "127.9.8.7", "[::1]", "localhost", "0.0.0.0", "[::ffff:127.0.0.3]"}
	for _, a := range ownAddresses() {
		hosts = append(hosts, placeOf("http", net.JoinHostPort(a.String(), "80")).host)
		if a.Is6() {
			hosts[len(hosts)-1] = "[" + a.String() + "]"
		}
	}
	for _, theirs := range hosts {
		for _, ours := range hosts {
			p := onePlan("http://"+ours+":19082", Step{URL: "/"})
			p.Forbidden = []string{theirs + ":19082"}
			if errs := p.Validate(); len(errs) == 0 {
				t.Errorf("load may go to %s, while production is watched at %s", ours, theirs)
			}
			p.Forbidden = []string{theirs + ":19083"}
			if errs := p.Validate(); len(errs) > 0 {
				t.Errorf("another port of %s is refused for %s: %v", ours, theirs, errs)
			}
		}
	}
}

// What may be loaded is what was named and nothing beside it.
func TestOtherLoopbackAddressesAreNotAllowed(t *testing.T) {
	t.Parallel()
	p := onePlan("http://127.0.0.1:8080", Step{URL: "/"})
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	if err := prog.hosts.check("http", "127.0.0.2:8080"); !errors.Is(err, errHost) {
		t.Errorf("got %v, want %v", err, errHost)
	}
}

func TestNamesOfThisMachineShareAnAddress(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test:8080", Step{URL: "/"})
	p.Forbidden = []string{"shop.test:8080", "far.test:8080"}
	hints := p.SharedAddresses(t.Context(), names{"staging.test": "127.0.0.2", "shop.test": "127.0.0.1", "far.test": "192.0.2.1"})
	if len(hints) != 1 || hints[0].Forbidden != "shop.test:8080" {
		t.Errorf("hints %+v, want one of shop.test", hints)
	}
}
