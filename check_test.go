package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"crosstalk/lab"
)

// checkLab runs a check in this process and returns its exit code and JSON.
func checkLab(t *testing.T, f checkFlags) (int, checkResult, string) {
	t.Helper()
	var out, progress bytes.Buffer
	f.json, f.as = true, "mel"
	if f.profile == "" {
		f.profile = "quick"
	}
	f.watchEvery = 100e6
	err := runCheck(t.Context(), &f, &out, &progress)
	code := 0
	if f, ok := errors.AsType[*failure](err); ok {
		code = f.code
	} else if err != nil {
		t.Fatalf("check: %v\n%s", err, &progress)
	}
	var r checkResult
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v in %s", err, &out)
		}
	}
	return code, r, progress.String()
}

func startLab(t *testing.T, o lab.Options) *lab.Lab {
	t.Helper()
	shop, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	return shop
}

func TestCheckComparesDataStoresWithoutLoad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		linked  bool
		code    int
		verdict string
	}{{true, exitLinked, "SAME INSTANCE"}, {false, 0, "DISTINCT"}} {
		shop := startLab(t, lab.Options{Linked: c.linked})
		code, r, said := checkLab(t, checkFlags{stagingDSN: shop.Staging.DSN, prodDSN: shop.Production.DSN})
		if code != c.code || r.Verdict != c.verdict || r.Exit != code || r.Check != nil || !strings.Contains(said, c.verdict) {
			t.Errorf("linked %t: exit %d, %+v\n%s", c.linked, code, r, said)
		}
		// With a target as well: one data store ends it before any load.
		if c.linked {
			before := shop.Stats().StagingOrders
			code, r, _ = checkLab(t, checkFlags{stagingDSN: shop.Staging.DSN, prodDSN: shop.Production.DSN, target: shop.Staging.URL + "/products",
				watch: []string{shop.Production.Servers[0].DeepHealth}})
			if code != exitLinked || r.Check != nil || shop.Stats().StagingOrders != before {
				t.Errorf("with a target: exit %d, %+v", code, r)
			}
		}
	}
}

func TestCheckComparesSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	shop := startLab(t, lab.Options{Linked: true})
	for i, c := range []struct {
		staging, production string
		code                int
		words               string
	}{
		{"URL=mongodb://192.0.2.1/a", "URL=mongodb://192.0.2.1/b", exitLinked, "SAME INSTANCE"},
		// Of two machines these are two, and of one they are one: not ours to say.
		{"URL=" + shop.Staging.DSN, "URL=" + shop.Production.DSN, exitInconclusive, "on two machines these are two"},
		// A replica of production has another address, too.
		{"DB_CONNECTION=mysql\nDB_HOST=192.0.2.1\nDB_DATABASE=shop", "DB_CONNECTION=mysql\nDB_HOST=192.0.2.2\nDB_DATABASE=shop", exitInconclusive, "a replica, a pooler"},
	} {
		staging, production := file(fmt.Sprintf("staging%d.env", i), c.staging), file(fmt.Sprintf("production%d.env", i), c.production)
		if code, r, said := checkLab(t, checkFlags{stagingEnv: staging, prodEnv: production}); code != c.code || !strings.Contains(said, c.words) {
			t.Errorf("%q: exit %d, %+v\n%s", c.staging, code, r, said)
		}
	}
}

// Without a configuration, too, no password is told.
func TestCheckMasksWithoutAConfiguration(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"settings.yaml": "\"postgresql://app:hunter2@/shop?host\": /cloudsql/p:r:i\n",
		".env":          "MONGO_HOST=192.0.2.1\nMONGO_DB=mongodb://app:hunter2@192.0.2.1/shop\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, asJSON := range []bool{false, true} {
			var out, said strings.Builder
			err := runCheck(t.Context(), &checkFlags{profile: "standard", watchEvery: 1e9, stagingEnv: path, prodEnv: path, json: asJSON}, &out, &said)
			if all := out.String() + said.String(); strings.Contains(all, "hunter2") || !strings.Contains(all, "SAME INSTANCE") {
				t.Errorf("%s: %v\n%s", name, err, all)
			}
		}
	}
}

func TestCheckRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	rate := filepath.Join(t.TempDir(), "rate.yaml")
	text := "staging: {url: \"http://127.0.0.1:1/\", mode: rate, limits: {rps: 20}}\nproduction: {checks: [{http: \"http://127.0.0.1:2/\"}]}\n"
	if err := os.WriteFile(rate, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    checkFlags
		want string
	}{
		{checkFlags{stagingDSN: "sqlite:///tmp/a.db"}, "--staging-dsn and --production-dsn go together"},
		{checkFlags{prodDSN: "redis://127.0.0.1:1/0"}, "--staging-dsn and --production-dsn go together"},
		{checkFlags{prodDSN: "redis://127.0.0.1:1/0", target: "http://127.0.0.1:1/"}, "there is nothing to see a link with"},
		{checkFlags{stagingDSN: "redis://127.0.0.1:1/0", target: "http://127.0.0.1:1/"}, "--staging-dsn and --production-dsn go together"},
		{checkFlags{target: "http://127.0.0.1:1/", profile: "fast"}, "unknown link check profile"},
		{checkFlags{target: "http://127.0.0.1:1/"}, "there is nothing to see a link with"},
		{checkFlags{target: "http://127.0.0.1:1/", watch: []string{"http://127.0.0.1:2/"}, users: 1000}, "above the cap"},
		{checkFlags{config: rate, users: 21}, "--users 21 is above the cap of 20 req/s (limits.rps under staging)"},
		{checkFlags{stagingEnv: "/no/such/file", prodEnv: "/no/such/file"}, "no such file"},
	} {
		if c.f.profile == "" {
			c.f.profile = "quick"
		}
		c.f.watchEvery = 250e6
		var out bytes.Buffer
		err := runCheck(t.Context(), &c.f, &out, &out)
		f, ok := errors.AsType[*failure](err)
		if !ok || f.code != exitUsage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.f, err, c.want)
		}
	}
}

// checks is how often TestCheckOnTheLab makes the whole check of each lab, some
// 100 s each; CROSSTALK_CHECKS sets it.
func checks(t *testing.T) int {
	t.Helper()
	s := os.Getenv("CROSSTALK_CHECKS")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		t.Fatalf("CROSSTALK_CHECKS=%q is no number of checks", s)
	}
	return n
}

// The whole quick check over real sockets: it finds the lab's link, and never
// one that is not there.
func TestCheckOnTheLab(t *testing.T) {
	for i := range checks(t) {
		for _, linked := range []bool{true, false} {
			t.Run(fmt.Sprintf("linked=%t-%d", linked, i), func(t *testing.T) {
				shop := startLab(t, lab.Options{Linked: linked, Seed: uint64(i + 1)})
				path := filepath.Join(t.TempDir(), "crosstalk.yaml")
				if err := os.WriteFile(path, []byte(labConfig(shop)), 0o600); err != nil {
					t.Fatal(err)
				}
				code, r, said := checkLab(t, checkFlags{config: path, users: 5})
				t.Logf("exit %d: %s", code, r.Words)
				if linked && code != exitLinked || !linked && code != 0 && code != exitInconclusive {
					t.Errorf("linked %t, exit %d: %s\n%s", linked, code, r.Words, said)
				}
			})
		}
	}
}

// labConfig is what a tester of the shop would write.
func labConfig(shop *lab.Lab) string {
	var b strings.Builder
	fmt.Fprintf(&b, "staging:\n  url: %s\n  journeys:\n    - name: buy\n      think: 20ms..60ms\n      steps:\n", shop.Staging.URL)
	b.WriteString("        - GET /products\n        - {post: /cart, save: {cart: $.id}, expect: 201}\n        - {post: \"/cart/{{cart}}/checkout\", expect: 2xx}\n")
	b.WriteString("production:\n  checks:\n")
	for _, s := range shop.Production.Servers {
		fmt.Fprintf(&b, "    - {name: %s, http: %q}\n", s.Name, s.DeepHealth)
	}
	return b.String()
}
