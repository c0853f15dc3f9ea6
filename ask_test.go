package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crosstalk/monitors/identity"
	"crosstalk/session"
)

// answersSay gives filled-in questions to ask and returns its exit code and JSON.
func answersSay(t *testing.T, a identity.Answers) (int, answered) {
	t.Helper()
	var out bytes.Buffer
	c := askCommand()
	c.SetIn(strings.NewReader(a.String()))
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceUsage, c.SilenceErrors = true, true // as under the root command
	c.SetArgs([]string{"--answers", "-", "--json"})
	code := 0
	err := c.ExecuteContext(t.Context())
	if f, ok := errors.AsType[*failure](err); ok {
		code = f.code
	} else if err != nil {
		t.Fatal(err)
	}
	var r answered
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	return code, r
}

// A pipeline may go on only when nothing is left open, whatever one answer says.
func TestAskEndsWithNoughtOnlyWhenNothingIsOpen(t *testing.T) {
	topics := []identity.Topic{identity.Database, identity.Cache, identity.Queue, identity.Login, identity.Payment, identity.Mail, identity.CDN, identity.Cloud}
	for _, c := range []struct {
		first, rest string
		code        int
		verdict     string
		words       string
	}{
		{"copy, restored every Monday", "", exitInconclusive, "UNKNOWN", "What is known, SAME LINEAGE"},
		{"copy, restored every Monday", "separate", 0, "SAME LINEAGE", "restored every Monday"},
		{"separate", "", exitInconclusive, "UNKNOWN", ""},
		{"separate", "separate", 0, "DISTINCT", ""},
		{"neighbour", "separate", exitInconclusive, "SHARED NEIGHBOUR", ""},
		{"same", "", exitLinked, "SAME INSTANCE", ""},
	} {
		var a identity.Answers
		for i, topic := range topics {
			answer := c.rest
			if i == 0 {
				answer = c.first
			}
			a.Given = append(a.Given, identity.Given{Topic: topic, Answer: answer})
		}
		code, r := answersSay(t, a)
		if code != c.code || r.Exit != code || r.Verdict != c.verdict || !strings.Contains(r.Words, c.words) {
			t.Errorf("%q and %q: exit %d, %s: %s", c.first, c.rest, code, r.Verdict, r.Words)
		}
	}
	two := identity.Answers{Given: []identity.Given{{Topic: identity.Database, Answer: "separate", Who: "Bob"}, {Topic: identity.Database, Answer: "same, both use orders-1", Who: "Ann"}}}
	if code, r := answersSay(t, two); code != exitLinked || !strings.Contains(r.Words, "says Ann") {
		t.Errorf("one says separate, one same: exit %d, %s", code, r.Words)
	}
}

// What the owners said goes into the charter and every report; that the database is
// the same locks the dial.
func TestAnswersGoIntoTheSession(t *testing.T) {
	t.Parallel()
	a := identity.Answers{Given: []identity.Given{{Topic: identity.Database, Answer: "same, both use orders-1", Who: "ann, data"}, {Topic: identity.Login, Answer: "separate"}}}
	file := filepath.Join(t.TempDir(), "answers.txt")
	if err := os.WriteFile(file, []byte(a.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	staging, production := newSite(t, nil), newSite(t, nil)
	dir := filepath.Join(t.TempDir(), "s")
	out := run(t, "run", "--headless", "--target", staging.URL, "--watch", production.URL+"/health", "--baseline", "0", "--charter", "explore orders",
		"--answers", file, "--dial", "500ms=5", "--for", "2s", "--out", dir)
	if out.code != 0 {
		t.Fatalf("exit %d: %s", out.code, out.err.text())
	}
	events, _, err := session.ReadJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	st := session.Fold(events)
	if st.Charter != "explore orders" || len(st.Mission.Architecture) < 3 || st.Link.Lock == nil || st.Dial.Peak > 1 {
		t.Errorf("charter %q, architecture %q, lock %v, %d users", st.Charter, st.Mission.Architecture, st.Link.Lock, st.Dial.Peak)
	}
	for _, format := range []string{"report.html", "report.md"} {
		text := string(readFile(t, dir, format))
		for _, say := range []string{"both use orders-1", "ann, data", "Still unknown: "} {
			if !strings.Contains(text, say) {
				t.Errorf("%s does not say %q", format, say)
			}
		}
	}
	if out := run(t, "run", "--headless", "--target", staging.URL, "--watch", production.URL+"/health", "--answers", file+".no", "--for", "1s"); out.code != 2 || !strings.Contains(out.err.text(), "read the answers") {
		t.Errorf("no such file: exit %d: %s", out.code, out.err.text())
	}
}

// Secrets with little or no form, as people put them into a chat; and what is none.
func TestMaskAnswer(t *testing.T) {
	mask := new(session.Config).Mask
	for _, said := range []string{
		"app/S3cret@db1", "sqlplus app/S3cret@db1", "app:S3cret @ db1", "postgres://app:S3cret (at) db1", "postgres://app:S3cret%40db1", "postgres://app:a/b S3cret c@db1/shop",
		"mysql -u app -pS3cret shop", "mysql --password S3cret", "mysql --password=S3cret", "redis-cli -a S3cret", "curl -u admin:S3cret https://x.example", "creds: app:S3cret", "app@x.example:S3cret",
		"REDISCLI_AUTH=S3cret", "REDIS_AUTH=S3cret", "requirepass S3cret", "AccountKey=S3cret==", "SECRET_KEY_BASE=S3cret", "access key: S3cret", "api key: S3cret", "Bearer S3cret", "<password>S3cret</password>",
		"passwort: S3cret", "Passwort=S3cret", "kennwort: S3cret", "password：S3cret", "pass phrase: S3cret", "pw S3cret", "password is S3cret", "PW ist S3cret", "password -> S3cret", "password - S3cret", "password (S3cret)",
		"sk_live_S3cret", "ghp_S3cret", "xoxb-S3cret", "-----BEGIN RSA PRIVATE KEY----- S3cret S3cret -----END RSA PRIVATE KEY-----", "https://hooks.slack.com/services/T1/B1/S3cret",
		"CREATE USER app WITH PASSWORD 'S3cret'", "password S3cret", "password `S3cret`", "pass S3cret", "AUTH S3cret", "password was S3cret", "password → S3cret", "password – S3cret", "password＝S3cret", "passwords: S3cret",
		"Passwörter: S3cret", "mot de passe: S3cret", "Passwort lautet S3cret", "password of app: S3cret", "the password for app is S3cret", "password (app): S3cret", "sqlcmd -U sa -P S3cret", "db1.example:5432:shop:app:S3cret",
		"app:S3cret at db1.example", "Zugangsdaten: app/S3cret", "creds app/S3cret", "oracle app/S3cret//db1", "https://x.example/a?sig=S3cret", "SharedAccessSignature=S3cret", "SG.S3cret", "npm_S3cret", "AIzaS3cret",
	} {
		for _, text := range []string{said, "same, " + said, "separate, " + said + " for both"} {
			if got := maskAnswer(text, mask); strings.Contains(got, "S3cret") || !strings.Contains(got, "***") {
				t.Errorf("%q is shown as %q", text, got)
			}
		}
	}
	for _, plain := range []string{
		"same, both use orders-1.example:5432", "separate: db1.example:5432 and db2.example:5432", "redis://cache.example:6379/0 for both", "https://wiki.example/db", "linked: nightly at 02:30",
		"staging/prod share one cluster", "no passwords are shared", "Ann <ann@shop.example>", "separate tokens", "a read-replica, see docs/db.md",
		"yes/same @Bob please check", "same, see https://wiki.example/db @Bob", "both use postgres://orders-1.example:5432.", "Ann Berg <mailto:ann@shop.example>", "separate: ASIA-same-cluster-as-production", "separate passwords, same server", "staging -prod shared",
	} {
		if got := maskAnswer(plain, mask); got != plain {
			t.Errorf("%q is shown as %q", plain, got)
		}
	}
}

// People answer with whole connection strings. No password of theirs, and no secret
// of the configuration that they quote, is anywhere in the session or in what ask says.
func TestAnswersAreMasked(t *testing.T) {
	t.Parallel()
	said := map[identity.Topic]string{
		identity.Database: "same, postgres://shop:hunter2-pg@db1.example/shop for both",
		identity.Cache:    "same, " + strings.Repeat("really ", 26) + "redis://:hunter2-redis@cache:6379/0", // cut where the password is
		identity.Queue:    "separate, amqp://app:hunter2-mq@mq/ and shop:hunter2-my@tcp(db2:3306)/shop",
		identity.Login:    "separate; password=hunter2-login, Password: hunter2-said, POSTGRES_PASSWORD: hunter2, dbPassword: hunter2; {\"host\":\"db1\",\"password\":\"hunter2\"} **Password:** hunter2 and **Password**: hunter2, DB_PASSWORD=\"x hunter2\" password=x,hunter2 pw: hunter2",
		identity.Payment:  "separate, mysql://app:9x/hunter2-slash@db1/shop and redis://:9x#hunter2-hash@db1/0 and mongodb://app:9x?hunter2-mark@db1/shop, app:hunter2@db1:3306/shop and postgres://shop:hunter2 -pg@db1/shop",
		identity.Mail:     "neighbour, its key is tok-1234567890, and https://admin:hunter2<x@es1:9200, jdbc:oracle:thin:shop/hunter2@db1:1521:S, app:hunter2@(db1:3306)/shop; https://es.test/x,app:hunter2@(db1)/shop https://admin:p/hunter2@es1:9200 postgres://shop:x hunter2@db1/shop",
		identity.CDN:      "separate, postgres://app:hunter2<Kx9@db1/shop and redis://:hunter2>b@db1/0 and mongodb://app:hunter2'c@db1/shop and amqp://app:hunter2\"d@mq/",
		identity.Cloud:    "separate, app:hunter2'e@tcp(db2:3306)/shop and app:hunter2\"f@tcp(db2:3306)/shop, POSTGRES_PASSWORD: hunter2, postgres://shop:hunter2 -hunter2@db1/shop",
	}
	var a identity.Answers
	for topic, answer := range said {
		a.Given = append(a.Given, identity.Given{Topic: topic, Answer: answer, Who: "ann, postgres://ann:hunter2-who@db1/"})
	}
	const host = "198.51.100.77" // which the file keeps to itself
	a.Staging = []string{"crosstalk postgres id=1 start=200 standby=true at=192.0.2.2,5432 db=password=hunter2-db links=receives," + host + ",5432 end"}
	a.Production = []string{"crosstalk postgres id=1 start=100 standby=false at=" + host + ",5432 db=shop links=- end"}
	secrets := []string{"hunter2"}
	clean := func(where, text string) {
		t.Helper()
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s holds %q: %.80q", where, secret, text[i:])
			}
		}
	}
	_, r := answersSay(t, a)
	asked, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	clean("ask --json", string(asked))
	if got := r.Answers.Given[0].Answer; got != "same, postgres://***@db1.example/shop for both" || r.Verdict != "SAME INSTANCE" {
		t.Errorf("%q, %s: the answer itself is gone", got, r.Verdict)
	}

	folder := t.TempDir()
	file, config := filepath.Join(folder, "answers.txt"), filepath.Join(folder, "crosstalk.yaml")
	staging, production := newSite(t, nil), newSite(t, nil)
	for path, text := range map[string]string{
		file: a.String(),
		config: "staging: {url: " + staging.URL + ", headers: {X-Mail-Key: tok-1234567890, X-Db-Token: \"" + host + "\", Authorization: Bearer tok-1234567890}, " +
			"journeys: [{name: a, steps: [GET /]}]}\nproduction: {checks: [{name: web, http: " + production.URL + "/health}]}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(folder, "s")
	out := run(t, "run", "--headless", "-c", config, "--baseline", "0", "--answers", file, "--dial", "500ms=1", "--for", "1s", "--out", dir)
	if out.code != 0 {
		t.Fatalf("exit %d: %s", out.code, out.err.text())
	}
	secrets = append(secrets, "tok-1234567890", host)
	files := 0
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
			text, rerr := os.ReadFile(path)
			err = rerr
			clean(filepath.Base(path), string(text))
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files: %v", files, err)
	}
	if journal := string(readFile(t, dir, session.JournalName)); !strings.Contains(journal, "postgres://***@db1.example/shop for both") || !strings.Contains(journal, "its key is ***") || !strings.Contains(journal, "Staging is a standby that receives from ***") {
		t.Error("the answers are not in the journal at all")
	}
}
