// Package lab is an embedded shop with two environments, for demos and tests:
// staging with two web servers and production with four, each a real HTTP
// server on a free loopback port, on real SQLite databases.
//
// Linked, both environments use one database: one file, one pool, one writer.
// That is the accident to be found: load on staging then slows production's
// deep checks, and a little more of it turns its servers red one by one.
// Unlinked, each environment has a database of its own.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// Options says which lab to start. The zero value is an unlinked, quiet lab
// in a temporary folder.
type Options struct {
	// Linked makes staging and production share one database.
	Linked bool
	// Noise names production's background: "quiet" (also "") or "busy".
	Noise string
	// Cron runs a job on production's database for 2 s in every 10 s.
	Cron bool
	// Seed sets the randomness of production's customers and noise.
	Seed uint64
	// Dir is the folder of the database files. It is created when missing and
	// kept by Close, which removes only the files that Start made there. Empty
	// means a temporary folder that Close removes.
	Dir string
}

// Lab is a running lab. Its JSON form holds every URL and DSN. It must not be
// copied. All methods may be called from any goroutine.
type Lab struct {
	Linked     bool   `json:"linked"`
	Noise      string `json:"noise"`
	Cron       bool   `json:"cron"`
	Staging    Site   `json:"staging"`
	Production Site   `json:"production"`

	staging, production *shop
	customers           *customers
	databases           []*database

	cancel  context.CancelFunc
	servers []*http.Server
	serving sync.WaitGroup // one for each listener
	conns   sync.WaitGroup // one for each open connection
	jobs    sync.WaitGroup // customers and cron

	tempDir   string
	closeOnce sync.Once
	closeErr  error
}

const (
	stagingServers    = 2
	productionServers = 4
)

// Start starts a lab. It stops when ctx is done or Close is called; call
// Close in any case, to wait until everything has stopped. An unknown noise
// and a folder that already holds a lab's database are errors.
func Start(ctx context.Context, o Options) (*Lab, error) {
	noise, err := noiseNamed(o.Noise)
	if err != nil {
		return nil, err
	}
	run, cancel := context.WithCancel(ctx)
	l := &Lab{Linked: o.Linked, Noise: noise.name, Cron: o.Cron, cancel: cancel}
	if err := l.start(run, o, noise); err != nil {
		return nil, errors.Join(fmt.Errorf("start lab: %w", err), l.Close())
	}
	context.AfterFunc(run, func() { _ = l.Close() })
	return l, nil
}

func (l *Lab) start(ctx context.Context, o Options, noise noise) error {
	dir, err := l.folder(o.Dir)
	if err != nil {
		return err
	}
	stagingFile, productionFile := "staging.db", "production.db"
	if o.Linked {
		stagingFile, productionFile = "shop.db", "shop.db"
	}
	stagingDB, err := l.openDatabase(ctx, filepath.Join(dir, stagingFile))
	if err != nil {
		return err
	}
	productionDB := stagingDB
	if !o.Linked {
		if productionDB, err = l.openDatabase(ctx, filepath.Join(dir, productionFile)); err != nil {
			return err
		}
	}

	l.staging = newShop("staging", "2.4.0-rc1", stagingDB)
	l.production = newShop("production", "2.3.7", productionDB)
	if l.Staging, err = l.open(ctx, l.staging, stagingServers); err != nil {
		return err
	}
	if l.Production, err = l.open(ctx, l.production, productionServers); err != nil {
		return err
	}

	l.customers = newCustomers(l.Production.URL, o.Seed, noise)
	l.customers.start(ctx, &l.jobs)
	if o.Cron {
		l.jobs.Go(func() { runCron(ctx, productionDB) })
	}
	return nil
}

// folder returns the absolute folder of the database files, made if needed.
func (l *Lab) folder(dir string) (string, error) {
	if dir == "" {
		temp, err := os.MkdirTemp("", "crosstalk-lab-")
		if err != nil {
			return "", fmt.Errorf("make a temporary folder: %w", err)
		}
		l.tempDir, dir = temp, temp
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	return abs, nil
}

func (l *Lab) openDatabase(ctx context.Context, path string) (*database, error) {
	d, err := openDatabase(ctx, path)
	if err != nil {
		return nil, err
	}
	l.databases = append(l.databases, d)
	return d, nil
}

// serve listens on a free loopback port, serves h there and returns the URL.
func (l *Lab) serve(ctx context.Context, h http.Handler) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen on loopback: %w", err)
	}
	srv := newServer(ctx, h, &l.conns)
	l.servers = append(l.servers, srv)
	// Serve only ever ends with Close: its error says no more than that.
	l.serving.Go(func() { _ = srv.Serve(ln) })
	return "http://" + ln.Addr().String(), nil
}

// Close stops the customers and servers, cancels what is in flight, waits
// until all of it has ended and removes the database files. It may be called
// more than once; every call returns the first one's error.
func (l *Lab) Close() error {
	l.closeOnce.Do(func() {
		l.cancel()
		var errs []error
		for _, s := range l.servers {
			errs = append(errs, s.Close())
		}
		// Only Serve opens connections, so conns can no longer grow once all
		// of serving has ended.
		l.serving.Wait()
		l.conns.Wait()
		l.jobs.Wait()
		for _, d := range l.databases {
			errs = append(errs, d.close())
		}
		if l.tempDir != "" {
			errs = append(errs, os.RemoveAll(l.tempDir))
		}
		if err := errors.Join(errs...); err != nil {
			l.closeErr = fmt.Errorf("close lab: %w", err)
		}
	})
	return l.closeErr
}

// Stats are counts since the start.
type Stats struct {
	// Customers are production's own, so what load does to them is harm done.
	Customers CustomerStats `json:"customers"`
	// Orders placed on each environment, by its customers and by load.
	StagingOrders    uint64 `json:"staging_orders"`
	ProductionOrders uint64 `json:"production_orders"`
}

// Stats returns the counts as of now.
func (l *Lab) Stats() Stats {
	return Stats{
		Customers:        l.customers.stats(),
		StagingOrders:    l.staging.orders.Load(),
		ProductionOrders: l.production.orders.Load(),
	}
}
