package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// product is a row of the catalogue.
type product struct {
	SKU        string `json:"sku"`
	Name       string `json:"name"`
	PriceCents int64  `json:"price_cents"`
	Stock      int64  `json:"stock"`
}

// catalogue is what the shop sells, in the order it is listed.
var catalogue = [...]product{
	{"anvil", "Anvil, 20 kg", 8900, 0},
	{"bellows", "Bellows", 5400, 0},
	{"chisel", "Cold chisel", 1250, 0},
	{"drill", "Hand drill", 3990, 0},
	{"file", "Half-round file", 1490, 0},
	{"hammer", "Cross-peen hammer", 2750, 0},
	{"mallet", "Wooden mallet", 1690, 0},
	{"plane", "Block plane", 4600, 0},
	{"rasp", "Farrier's rasp", 2190, 0},
	{"saw", "Bow saw", 2890, 0},
	{"tongs", "Wolf-jaw tongs", 3350, 0},
	{"vice", "Bench vice", 9900, 0},
}

const (
	firstStock = 1000
	// A delivery comes when stock is down to lowStock, so it never runs out.
	lowStock = 50
	delivery = 950
)

const schema = `
CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL);
CREATE TABLE stock (sku TEXT PRIMARY KEY REFERENCES products, units INTEGER NOT NULL CHECK (units >= 0));
CREATE TABLE orders (id INTEGER PRIMARY KEY, environment TEXT NOT NULL, total_cents INTEGER NOT NULL, placed_ms INTEGER NOT NULL);
CREATE TABLE carts (order_id INTEGER PRIMARY KEY REFERENCES orders, cart INTEGER NOT NULL, sku TEXT NOT NULL, opened_ms INTEGER NOT NULL);
CREATE TABLE heartbeats (id INTEGER PRIMARY KEY, environment TEXT NOT NULL, server TEXT NOT NULL, at_ms INTEGER NOT NULL);
`

func createTables(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return err
	}
	for _, p := range catalogue {
		if _, err := db.ExecContext(ctx, "INSERT INTO products VALUES (?, ?, ?)", p.SKU, p.Name, p.PriceCents); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO stock VALUES (?, ?)", p.SKU, firstStock); err != nil {
			return err
		}
	}
	return nil
}

// session is one connection of the pool with its prepared statements. It is
// used by one goroutine at a time, and never with a request's context: the
// driver would start a goroutine for each statement and interrupt it half-way,
// where a database server runs what it has begun.
type session struct {
	ctx  context.Context //nolint:containedctx // carries no deadline, see above
	conn *sql.Conn

	begin, commit, rollback               *sql.Stmt
	list, find, price, take               *sql.Stmt
	addOrder, addCart, addBeat            *sql.Stmt
	forgetOrders, forgetCarts, forgetBeat *sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{ctx: context.WithoutCancel(ctx), conn: conn}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		// Immediate: the write lock is taken at the start, not at the first
		// write, where SQLite could refuse it at once.
		{&s.begin, "BEGIN IMMEDIATE"},
		{&s.commit, "COMMIT"},
		{&s.rollback, "ROLLBACK"},
		{&s.list, "SELECT sku, name, price_cents, units FROM products JOIN stock USING (sku) ORDER BY sku"},
		{&s.find, "SELECT sku, name, price_cents, units FROM products JOIN stock USING (sku) WHERE sku = ?"},
		{&s.price, "SELECT price_cents FROM products WHERE sku = ?"},
		{&s.take, fmt.Sprintf("UPDATE stock SET units = units - 1 + CASE WHEN units <= %d THEN %d ELSE 0 END WHERE sku = ?", lowStock, delivery)},
		{&s.addOrder, "INSERT INTO orders (environment, total_cents, placed_ms) VALUES (?, ?, ?)"},
		{&s.addCart, "INSERT INTO carts (order_id, cart, sku, opened_ms) VALUES (?, ?, ?, ?)"},
		{&s.addBeat, "INSERT INTO heartbeats (environment, server, at_ms) VALUES (?, ?, ?)"},
		{&s.forgetOrders, "DELETE FROM orders WHERE id <= ?"},
		{&s.forgetCarts, "DELETE FROM carts WHERE order_id <= ?"},
		{&s.forgetBeat, "DELETE FROM heartbeats WHERE id <= ?"},
	} {
		if *p.stmt, err = conn.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), conn.Close())
		}
	}
	return s, nil
}

// close gives the connection back; its statements go with the database.
func (s *session) close() error { return s.conn.Close() }

// transact runs f in a write transaction.
func (s *session) transact(f func() error) error {
	if _, err := s.begin.ExecContext(s.ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err := f()
	if err == nil {
		if _, err = s.commit.ExecContext(s.ctx); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	if _, undo := s.rollback.ExecContext(s.ctx); undo != nil {
		return errors.Join(err, fmt.Errorf("roll back: %w", undo))
	}
	return err
}

// products lists the catalogue with its stock.
func (s *session) products() (_ []product, err error) {
	rows, err := s.list.QueryContext(s.ctx)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all := make([]product, 0, len(catalogue))
	for rows.Next() {
		var p product
		if err := rows.Scan(&p.SKU, &p.Name, &p.PriceCents, &p.Stock); err != nil {
			return nil, fmt.Errorf("list products: %w", err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// product finds one; sql.ErrNoRows when there is none.
func (s *session) product(sku string) (product, error) {
	var p product
	err := s.find.QueryRowContext(s.ctx, sku).Scan(&p.SKU, &p.Name, &p.PriceCents, &p.Stock)
	if err != nil {
		return product{}, fmt.Errorf("find product: %w", err)
	}
	return p, nil
}

// order takes the cart's product from the stock and records the order. Every
// order past ordersKept forgets the oldest, so that no single one pays for a
// large clean-up.
func (s *session) order(environment string, c cart, now time.Time) (int64, error) {
	var cents int64
	if err := s.price.QueryRowContext(s.ctx, c.sku).Scan(&cents); err != nil {
		return 0, fmt.Errorf("price %s: %w", c.sku, err)
	}
	if _, err := s.take.ExecContext(s.ctx, c.sku); err != nil {
		return 0, fmt.Errorf("take %s from stock: %w", c.sku, err)
	}
	id, err := s.insert(s.addOrder, environment, cents, now.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("place order: %w", err)
	}
	if _, err := s.addCart.ExecContext(s.ctx, id, c.id, c.sku, c.opened.UnixMilli()); err != nil {
		return 0, fmt.Errorf("keep cart: %w", err)
	}
	for _, forget := range []*sql.Stmt{s.forgetCarts, s.forgetOrders} {
		if _, err := forget.ExecContext(s.ctx, id-ordersKept); err != nil {
			return 0, fmt.Errorf("forget old orders: %w", err)
		}
	}
	return id, nil
}

// heartbeat records that a server was looked at.
func (s *session) heartbeat(environment, server string, now time.Time) error {
	id, err := s.insert(s.addBeat, environment, server, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("write heartbeat: %w", err)
	}
	if _, err := s.forgetBeat.ExecContext(s.ctx, id-heartbeatsKept); err != nil {
		return fmt.Errorf("forget old heartbeats: %w", err)
	}
	return nil
}

func (s *session) insert(stmt *sql.Stmt, args ...any) (int64, error) {
	res, err := stmt.ExecContext(s.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}
