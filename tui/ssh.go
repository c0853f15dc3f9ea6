package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// Hall is the session behind a door.
type Hall interface {
	Source
	presenter
	keeper
	// Unshow takes a viewer's presence away.
	Unshow(viewer uint64)
	// MayJoin tells why somebody would not be let in under a name.
	MayJoin(v session.Viewer) error
	// TurnedAway writes down that somebody was not let in, and never waits.
	TurnedAway(why string, count int)
}

// DoorOptions say where guests come in, and who may.
type DoorOptions struct {
	Addr    string // host and port; "" is DoorAddr
	Allow   string // a file of public keys, each with a role
	HostKey string // the file of this machine's key; made if it is not there
	Confirm bool   // the host is asked at each first join; without a screen the keys alone decide
	Demo    bool
	ASCII   bool
	Now     func() time.Time

	// Tell is told what becomes of the file of keys, where no screen shows it.
	Tell func(string)
}

// DoorAddr is where the door opens when nobody says otherwise: for this machine
// alone.
const DoorAddr = "127.0.0.1:2222"

// Door lets guests in by SSH: each gets a screen of its own over the same event
// log, and nothing else. It is closed until it is opened.
type Door struct {
	o     DoorOptions
	b     bounds
	gate  *gate
	hall  Hall
	host  string                       // who lets in
	shape func(Source, Options) *Model // makes a guest's screen
	turn  sync.Mutex                   // one opening or closing at a time
	mu    sync.Mutex
	lis   net.Listener
	srv   *ssh.Server
	sight Sight
	stop  context.CancelFunc
	next  uint64
	made  time.Time // ages are counted from here: whatever is done to the clock on the wall, they are true
	dial  string    // who holds it
	knock []*knocker
	known map[string]bool      // fingerprints and names that the host has let in
	quiet map[string]time.Time // until when keys that the host refused are not asked about
	sent  map[string]bool      // keys that were sent away
	allow map[string]*allowance
	views map[*view]bool
	guest sync.WaitGroup // views
	help  sync.WaitGroup // the door's own goroutines
}

// Sight is what the host sees of the door.
type Sight struct {
	Open        bool
	Addr        string
	Allow       string
	Keys        int      // that may come in
	Skipped     []string // lines of the file that let nobody in, and why
	Trouble     string   // why nobody comes in by the file any more
	Here        bool     // only this machine reaches it
	Warning     string   // names the interface when others than this machine reach it
	Lines       []string // what a guest types
	Fingerprint string   // of this machine's key
	Reverse     string   // what the host runs when it can't be reached, and
	ReverseFor  string   // what the guest types then
}

// NewDoor returns a closed door.
func NewDoor(o DoorOptions) *Door {
	o.Addr = cmp.Or(o.Addr, DoorAddr)
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Door{o: o, b: usual(), shape: New, made: time.Now(), known: map[string]bool{}, quiet: map[string]time.Time{}, sent: map[string]bool{}, allow: map[string]*allowance{}, views: map[*view]bool{}}
	d.sight = Sight{Addr: o.Addr, Allow: o.Allow}
	return d
}

// Bind takes the address and reads keys, so that what is wrong with them is said
// before anything else begins. Nobody comes in before Open.
func (d *Door) Bind(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	return d.bind(ctx)
}

func (d *Door) bind(ctx context.Context) error {
	ring, err := readKeyring(d.o.Allow, d.o.Now())
	if err != nil {
		return err
	}
	signer, err := hostKey(d.o.HostKey)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", d.o.Addr)
	if err != nil {
		return fmt.Errorf("open the door at %s: %w", d.o.Addr, err)
	}
	addr, ok := lis.Addr().(*net.TCPAddr)
	if !ok {
		return errors.Join(fmt.Errorf("open the door at %s: it is no TCP address", d.o.Addr), lis.Close())
	}
	hosts, warning := reach(addr, faces())
	s := Sight{Addr: addr.String(), Allow: d.o.Allow, Keys: len(ring.keys), Skipped: ring.skipped, Here: addr.IP.IsLoopback(), Warning: warning, Fingerprint: gossh.FingerprintSHA256(signer.PublicKey()),
		Reverse:    fmt.Sprintf("ssh -N -R %d:%s YOU@SHARED-SERVER", addr.Port, net.JoinHostPort(loop(addr), fmt.Sprint(addr.Port))),
		ReverseFor: sshLine("127.0.0.1", addr.Port)}
	for _, h := range hosts {
		s.Lines = append(s.Lines, sshLine(h, addr.Port))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lis, d.sight = lis, s
	d.srv = &ssh.Server{Handler: d.view, HostSigners: []ssh.Signer{signer}, Version: "crosstalk",
		PublicKeyHandler:         d.mayProve,
		ServerConfigCallback:     d.config,
		ConnCallback:             d.call,
		ConnectionFailedCallback: func(c net.Conn, err error) { d.gate.nothing(c.RemoteAddr(), err) },
		ChannelHandlers:          map[string]ssh.ChannelHandler{"session": d.oneSession},
		RequestHandlers:          map[string]ssh.RequestHandler{},
		SubsystemHandlers:        map[string]ssh.SubsystemHandler{},
	}
	return nil
}

// loop is where this machine itself reaches a listener.
func loop(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return "127.0.0.1"
	}
	return a.IP.String()
}

// For sets the session behind the door, and who opens. It is called once, before
// Open.
func (d *Door) For(hall Hall, host string) {
	d.hall, d.host = hall, host
	d.gate = newGate(d.b, d.o.Now, hall.TurnedAway)
}

// Open lets guests in until ctx is done, the session ends or Shut.
func (d *Door) Open(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.mu.Lock()
	open, bound := d.sight.Open, d.lis != nil
	d.mu.Unlock()
	if open {
		return nil
	}
	if !bound {
		if err := d.bind(ctx); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.mu.Lock()
	d.stop, d.sight.Open = stop, true
	clear(d.quiet)
	d.gate.anew()
	srv, lis := d.srv, d.lis
	d.mu.Unlock()
	st := d.hall.Snapshot()
	d.holds(st.Pair.Holder)
	d.help.Go(func() { _ = srv.Serve(lis) }) // ends with Shut
	d.help.Go(func() { d.reports(ctx) })
	d.help.Go(func() { d.follow(ctx, st.Seq) })
	return nil
}

// Sight is what the host sees of the door just now.
func (d *Door) Sight() Sight {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sight
}

// Shut sends all guests away, says why, and waits until nothing of them is left.
func (d *Door) Shut(why string) {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.mu.Lock()
	srv, lis, stop := d.srv, d.lis, d.stop
	d.srv, d.lis, d.stop = nil, nil, nil
	d.sight.Open = false
	for v := range d.views {
		v.end(why)
	}
	d.mu.Unlock()
	if lis != nil {
		_ = lis.Close()
	}
	d.guest.Wait() // each says goodbye, and none takes longer than farewellFor
	if srv != nil {
		_ = srv.Close()
	}
	if stop != nil {
		stop()
	}
	if d.gate != nil && srv != nil {
		d.gate.hangUp()
		d.gate.report(true)
	}
	d.help.Wait()
}

// reports writes down every second who was turned away, and looks at the file of
// keys.
func (d *Door) reports(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var file os.FileInfo
	said := d.Sight().slips()
	for {
		file = d.glance(file)
		if s := d.Sight(); s.slips() != said {
			if said = s.slips(); d.o.Tell != nil {
				d.o.Tell(s.news())
			}
		}
		select {
		case <-tick.C:
			d.gate.report(false)
		case <-ctx.Done():
			return
		}
	}
}

// follow ends the views of who was sent away, and all with the session.
func (d *Door) follow(ctx context.Context, seq uint64) {
	for {
		events, err := d.hall.Since(ctx, seq)
		if err != nil {
			d.endAll("the session has ended")
			return
		}
		for _, e := range events {
			seq = e.Seq
			if c, ok := e.Body.(*session.RoleChange); ok {
				d.holds(c.To)
			}
			k, ok := e.Body.(*session.ViewerKick)
			if !ok {
				continue
			}
			d.mu.Lock()
			if k.Key != "" {
				d.sent[k.Key] = true
			}
			for v := range d.views {
				if v.id == k.Viewer || k.Key != "" && v.key == k.Key {
					v.end(e.By + " sent you away")
				}
			}
			d.mu.Unlock()
		}
	}
}

func (d *Door) endAll(why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for v := range d.views {
		v.end(why)
	}
}

// call takes a connection in.
func (d *Door) call(ctx ssh.Context, conn net.Conn) net.Conn {
	c := d.gate.admit(conn)
	if c == nil {
		return nil
	}
	ctx.SetValue(callerKey{}, c)
	return c
}

type callerKey struct{}

// provedKey is where a connection's permissions name the key whose signature was
// verified.
const provedKey = "crosstalk-proved"

// config is a connection's: public keys alone, a few tries, and which key was
// proved written down where nothing else can get at it.
func (d *Door) config(ssh.Context) *gossh.ServerConfig {
	return &gossh.ServerConfig{MaxAuthTries: d.b.tries,
		VerifiedPublicKeyCallback: func(_ gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			return &gossh.Permissions{Extensions: map[string]string{provedKey: gossh.FingerprintSHA256(key)}}, nil
		}}
}

// mayProve tells whether a key is one of those that may come in, and has not to
// wait. The file is read anew each time: a line that is taken out lets nobody in
// any more.
func (d *Door) mayProve(ctx ssh.Context, key ssh.PublicKey) bool {
	finger := gossh.FingerprintSHA256(key)
	if d.gate.waits(finger) {
		return false
	}
	_, ok := d.entry(finger, hostOf(ctx.RemoteAddr()))
	return ok
}

func (d *Door) entry(finger, addr string) (guestKey, bool) {
	ring, err := d.reread()
	if err != nil {
		d.gate.tell("the file", clipped(err.Error(), 200))
		return guestKey{}, false
	}
	return ring.find(finger, addr)
}

// reread reads the file of keys as it is now. What is wrong in it is said, and only
// what is right counts: one bad line keeps nobody else out.
func (d *Door) reread() (keyring, error) {
	ring, err := readKeys(d.o.Allow, d.o.Now())
	ring = ring.forgiving()
	if err == nil && len(ring.keys) == 0 && len(ring.skipped) > 0 {
		err = fmt.Errorf("%s lets nobody in (%s)", d.o.Allow, strings.Join(ring.skipped, "; "))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sight.Keys, d.sight.Skipped, d.sight.Trouble = len(ring.keys), ring.skipped, ""
	if err != nil {
		d.sight.Trouble = clipped(err.Error(), 200)
	}
	return ring, err
}

// glance reads the file of keys when it has changed, so that the host hears of a
// slip before a guest does.
func (d *Door) glance(was os.FileInfo) os.FileInfo {
	info, err := os.Stat(d.o.Allow)
	if err != nil {
		info = nil
	}
	same := was == nil && info == nil || was != nil && info != nil && was.ModTime().Equal(info.ModTime()) && was.Size() == info.Size() && was.Mode() == info.Mode()
	if !same {
		_, _ = d.reread() // what is wrong is in sight
	}
	return info
}

// AllowedKeys is the file that a person's own SSH server lets people in by.
func AllowedKeys() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return home + "/.ssh/authorized_keys"
}
