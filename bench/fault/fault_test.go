package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func newServer(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ask returns the status, or the error, of one request on a new connection.
func ask(ctx context.Context, t *testing.T, address string) (status, size int, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, len(body), err
}

func TestServerFailsOnOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t, Options{Body: 10})
	address := s.Address()
	if status, size, err := ask(t.Context(), t, address); status != 200 || size != 10 || err != nil {
		t.Errorf("well: %d, %d bytes, %v", status, size, err)
	}
	s.Become(Half)
	var codes [600]int
	for range 10 {
		status, _, err := ask(t.Context(), t, address)
		if err != nil {
			t.Fatal(err)
		}
		codes[status]++
	}
	if codes[200] != 5 || codes[503] != 5 {
		t.Errorf("half: %d good, %d bad", codes[200], codes[503])
	}
	s.Become(Hangs)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := ask(ctx, t, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hangs: %v", err)
	}
	if n := s.Arrived(); n != 12 || s.Last().IsZero() {
		t.Errorf("%d arrived, the last at %v", n, s.Last())
	}
	s.Refuse()
	if _, _, err := ask(t.Context(), t, address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refuses: %v", err)
	}
	s.Become(Well)
	if err := s.Accept(); err != nil {
		t.Fatal(err)
	}
	if status, _, err := ask(t.Context(), t, address); status != 200 || err != nil || s.Address() != address {
		t.Errorf("mended: %d, %v at %s", status, err, s.Address())
	}
}

func TestWhatHangsIsLetGo(t *testing.T) {
	t.Parallel()
	s := newServer(t, Options{})
	s.Become(Hangs)
	answered := make(chan int, 1)
	go func() {
		status, _, _ := ask(t.Context(), t, s.Address())
		answered <- status
	}()
	for s.Arrived() == 0 {
		<-time.After(time.Millisecond)
	}
	s.Become(Well)
	if status := <-answered; status != 200 {
		t.Errorf("answered %d", status)
	}
}

func TestNamesAreKnownUntilTheyAreNot(t *testing.T) {
	t.Parallel()
	n, err := NewNames()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	r := n.Resolver()
	if found, err := r.LookupHost(t.Context(), "production.test."); err != nil || strings.Join(found, ",") != "127.0.0.1" {
		t.Errorf("found %v, %v", found, err)
	}
	n.Break("production.test.")
	var dns *net.DNSError
	if found, err := r.LookupHost(t.Context(), "production.test."); !errors.As(err, &dns) || dns.IsNotFound {
		t.Errorf("broken: found %v, %v", found, err)
	}
	if _, err := r.LookupHost(t.Context(), "another.test."); err != nil {
		t.Errorf("another name: %v", err)
	}
	n.Mend("production.test.")
	if _, err := r.LookupHost(t.Context(), "production.test."); err != nil {
		t.Errorf("mended: %v", err)
	}
}

func FuzzNamesReply(f *testing.F) {
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\x01\x00\x01"))
	f.Add([]byte{})
	n := new(Names)
	f.Fuzz(func(t *testing.T, ask []byte) {
		if reply := n.reply(ask); reply != nil && (len(reply) < headerBytes || reply[0] != ask[0] || reply[2]&0x80 == 0) {
			t.Errorf("%x answered by %x", ask, reply)
		}
	})
}

// A line takes its time, whoever sends.
func TestUplinkIsShared(t *testing.T) {
	t.Parallel()
	const size = 4 * pieceBytes
	large, small := newServer(t, Options{Body: size}), newServer(t, Options{Body: 1})
	u := NewUplink(2 * size)
	t.Cleanup(u.Close)
	var addresses []string
	for _, s := range []*Server{large, small} {
		a, err := u.To(s.Address())
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, a)
	}
	began := time.Now()
	if status, n, err := ask(t.Context(), t, addresses[0]); status != 200 || n != size || err != nil {
		t.Errorf("large: %d, %d bytes, %v", status, n, err)
	}
	// Half a second's worth can't have come sooner, on any machine.
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("%d bytes at %d a second took %v", size, 2*size, took)
	}
	if status, n, err := ask(t.Context(), t, addresses[1]); status != 200 || n != 1 || err != nil {
		t.Errorf("small: %d, %d bytes, %v", status, n, err)
	}
}
