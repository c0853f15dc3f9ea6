package lab

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 4 << 10

// shop is one environment behind its servers.
type shop struct {
	environment, version string
	db                   *database
	carts                *carts
	orders               atomic.Uint64
}

func newShop(environment, version string, db *database) *shop {
	return &shop{environment: environment, version: version, db: db, carts: newCarts()}
}

// web is one server of a shop.
type web struct {
	*shop
	name string
	// reads is how many reads a deep check makes. The servers differ in it, so
	// that a slow database makes them red one by one, not all at once.
	reads int
}

// server returns the handler of a server of the shop.
func (s *shop) server(name string, reads int) http.Handler {
	w := &web{shop: s, name: name, reads: reads}
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                 w.index,
		"GET /products":            w.listProducts,
		"GET /products/{sku}":      w.showProduct,
		"POST /cart":               w.openCart,
		"POST /cart/{id}/checkout": w.checkout,
		"GET /health":              w.health,
		"GET /health/deep":         w.deepHealth,
		"GET /version":             w.showVersion,
	} {
		mux.HandleFunc(pattern, h)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Server", "crosstalk-lab")
		rw.Header().Set("X-Served-By", name)
		// One deadline for all of a request's waits, not one for each.
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		mux.ServeHTTP(rw, r.WithContext(ctx))
	})
}

func (w *web) index(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, map[string]string{"shop": "crosstalk lab", "environment": w.environment, "server": w.name})
}

func (w *web) showVersion(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, map[string]string{"version": w.version})
}

func (w *web) listProducts(rw http.ResponseWriter, r *http.Request) {
	var all []product
	err := w.db.read(r.Context(), func(s *session) (err error) {
		all, err = s.products()
		return err
	})
	if err != nil {
		refuse(rw, err)
		return
	}
	answer(rw, http.StatusOK, map[string][]product{"products": all})
}

func (w *web) showProduct(rw http.ResponseWriter, r *http.Request) {
	var p product
	err := w.db.read(r.Context(), func(s *session) (err error) {
		p, err = s.product(r.PathValue("sku"))
		return err
	})
	if err != nil {
		refuse(rw, err)
		return
	}
	answer(rw, http.StatusOK, p)
}

func (w *web) openCart(rw http.ResponseWriter, r *http.Request) {
	sku, err := readSKU(http.MaxBytesReader(rw, r.Body, maxBody))
	if err != nil {
		code := http.StatusBadRequest
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			code = http.StatusRequestEntityTooLarge
		}
		fail(rw, code, err)
		return
	}
	answer(rw, http.StatusCreated, map[string]int64{"id": w.carts.add(sku, time.Now())})
}

func (w *web) checkout(rw http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		refuse(rw, errNoCart)
		return
	}
	c, err := w.carts.pay(id)
	if err != nil {
		refuse(rw, err)
		return
	}
	var order int64
	err = w.db.write(r.Context(), commitCost, func(s *session) (err error) {
		order, err = s.order(w.environment, c, time.Now())
		return err
	})
	w.carts.settle(id, err == nil)
	if err != nil {
		refuse(rw, err)
		return
	}
	w.orders.Add(1)
	answer(rw, http.StatusCreated, map[string]int64{"order": order})
}

func (w *web) health(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, map[string]string{"status": "ok", "server": w.name})
}

func (w *web) deepHealth(rw http.ResponseWriter, r *http.Request) {
	var units int64
	for i := range w.reads {
		err := w.db.read(r.Context(), func(s *session) error {
			p, err := s.product(catalogue[i%len(catalogue)].SKU)
			units += p.Stock
			return err
		})
		if err != nil {
			refuse(rw, err)
			return
		}
	}
	err := w.db.write(r.Context(), heartbeatCost, func(s *session) error {
		return s.heartbeat(w.environment, w.name, time.Now())
	})
	if err != nil {
		refuse(rw, err)
		return
	}
	answer(rw, http.StatusOK, map[string]any{"status": "ok", "server": w.name, "reads": w.reads, "stock": units})
}

// refuse answers with the status that fits err.
func refuse(rw http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, errNoCart), errors.Is(err, sql.ErrNoRows):
		code = http.StatusNotFound
	case errors.Is(err, errCartPaying):
		code = http.StatusConflict
	case errors.Is(err, errBusy), errors.Is(err, context.Canceled):
		// Cancelled: the client has gone, or the lab closes.
		code = http.StatusServiceUnavailable
	}
	fail(rw, code, err)
}

func fail(rw http.ResponseWriter, code int, err error) {
	answer(rw, code, map[string]string{"error": err.Error()})
}

func answer(rw http.ResponseWriter, code int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		code, text = http.StatusInternalServerError, []byte(`{"error":"encode the answer"}`)
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	rw.WriteHeader(code)
	// A client that has gone cannot be told.
	_, _ = rw.Write(append(text, '\n'))
}
