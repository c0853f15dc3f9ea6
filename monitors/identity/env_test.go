package identity

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// found lists what a file of settings leads to: line, key, system and place.
func found(e Env) []string {
	var out []string
	for _, p := range e.Places {
		out = append(out, fmt.Sprintf("%d %s %s %s", p.Line, p.Key, p.System, p))
	}
	return out
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestParseEnv(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []string
		doubts           []string
	}{
		{"plain", ".env", "# comment\nexport DATABASE_URL=postgres://u:p@db.example/shop # ours\n\nREDIS='redis://cache.example/1'\nPORT=8080\nNAME=shop\n",
			[]string{"2 DATABASE_URL postgres db.example:5432/shop", "4 REDIS redis cache.example:6379/1"}, nil},
		{"variables", "x.env", "HOST_OF_DB=db.example\nPW=a\"b\nURL=\"mysql://u:${PW}@${HOST_OF_DB}:${PORT:-3307}/shop\"\nRAW='postgres://u:$PW@raw.example/x'\n",
			[]string{"3 URL mysql db.example:3307/shop", "4 RAW postgres raw.example:5432/x"}, nil},
		{"unfilled", ".env", "URL=postgres://u:p@${DB_HOST}/shop\nCACHE_HOST=${ELSEWHERE}\n", nil, []string{"1 URL it refers to DB_HOST", "2 CACHE_HOST it refers to ELSEWHERE"}},
		{"unreadable", ".env", "URL=postgres://u:p/x@db.example/shop\n", nil, []string{"1 URL there is an @ behind the host"}},
		{"several keys", ".env", "DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_PORT=3307\nDB_DATABASE=shop\nDB_PASSWORD=p\nREDIS_HOST=cache.example\nMAIL_HOST=mail.example\nMAIL_PORT=587\n",
			[]string{"2 DB_HOST mysql db.example:3307/shop", "6 REDIS_HOST redis cache.example:6379/0", "7 MAIL_HOST smtp mail.example:587"}, nil},
		{"libpq", ".env", "PGHOST=db.example\nPGPORT=6000\nPGDATABASE=shop\n", []string{"1 PGHOST postgres db.example:6000/shop"}, nil},
		{"a whole string for a name", ".env", "MONGO_HOST=m.example\nMONGO_DB=mongodb://app:s3cret@m.example/shop\n", []string{"1 MONGO_HOST mongodb m.example:27017", "2 MONGO_DB mongodb m.example:27017/shop"}, nil},
		{"brokers", ".env", "KAFKA_BROKERS=a.example:9092,b.example:9092\n", []string{"1 KAFKA_BROKERS kafka a.example:9092,b.example:9092"}, nil},
		{"what the application is itself", ".env", "LISTEN_HOST=0.0.0.0\nALLOWED_HOSTS=shop.example\nHOST=shop.example\nAPP_NAME=x.db\nSERVER=x\n", nil, nil},
		{"services", ".env", "PAYMENT_URL=https://pay.example/v1?key=p\n", []string{"1 PAYMENT_URL http pay.example:443"}, nil},
		{"many lines", ".env", "KEY=\"-----BEGIN\nX=1\n-----END\"\nDB=sqlite:///var/shop.db\n", []string{"4 DB sqlite /var/shop.db"}, nil},
		{"windows", ".env", "\ufeffDATABASE_URL=postgres://u:p@db.example/shop\r\nX=1\r\n", []string{"1 DATABASE_URL postgres db.example:5432/shop"}, nil},
		{"properties", "application.properties", "spring.datasource.url=jdbc:postgresql://db.example:5432/shop\nspring.data.redis.host: cache.example\n",
			[]string{"1 spring.datasource.url postgres db.example:5432/shop", "2 spring.data.redis.host redis cache.example:6379/0"}, nil},
		{"nested", "application.yml", "spring:\n  datasource:\n    url: jdbc:mysql://db.example/shop\n    password: p\n  redis:\n    host: cache.example\n    port: 6380\n",
			[]string{"3 spring.datasource.url mysql db.example:3306/shop", "6 spring.redis.host redis cache.example:6380/0"}, nil},
		{"rails", "database.yml", "default: &default\n  adapter: postgresql\n  host: db.example\nproduction:\n  <<: *default\n  database: shop\n",
			[]string{"3 default.host postgres db.example:5432", "3 production.host postgres db.example:5432/shop"}, nil},
		{"secret", "secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata:\n  DATABASE_URL: " + b64("postgres://u:p@db.example/shop\n") + "\n  KEY: " + b64("\xff\xfe\x00") + "\nstringData:\n  REDIS_URL: redis://cache.example\n",
			[]string{"5 DATABASE_URL postgres db.example:5432/shop", "8 REDIS_URL redis cache.example:6379/0"}, nil},
		{"list", "all.yaml", "---\napiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    data: {URL: " + b64("redis://a.example") + "}\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  URL: redis://b.example\n",
			[]string{"7 URL redis a.example:6379/0", "12 URL redis b.example:6379/0"}, nil},
		{"files in a map", "map.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  app.env: |\n    A=1\n    DB_URL=postgres://db.example/x\n  app.yaml: |\n    cache:\n      url: redis://cache.example\n",
			[]string{"6 DB_URL postgres db.example:5432/x", "9 cache.url redis cache.example:6379/0"}, nil},
		{"deployment", "deploy.yaml", "kind: Deployment\nspec:\n  containers:\n    - env:\n        - name: DATABASE_URL\n          value: postgres://u:p@db.example/shop\n",
			[]string{"6 DATABASE_URL postgres db.example:5432/shop"}, nil},
		{"compose", "compose.yaml", "services:\n  shop:\n    environment:\n      - DATABASE_URL=mysql://u:p@db/shop\n", []string{"4 DATABASE_URL mysql db:3306/shop"}, nil},
		{"json", "x.json", `{"db": {"url": "postgres://u:p@db.example/shop"}}`, []string{"1 db.url postgres db.example:5432/shop"}, nil},
		{"yaml without its ending", "settings", "db:\n  url: redis://cache.example\n", []string{"2 db.url redis cache.example:6379/0"}, nil},
		{"a secret of bare names", "secret.yaml", "apiVersion: v1\nkind: Secret\nstringData: {host: db.example, port: \"5432\", dbname: shop, username: u, password: p}\n---\n" +
			"apiVersion: v1\nkind: Secret\nstringData: {host: my.example, engine: aurora-mysql}\n",
			[]string{"3 host postgres db.example:5432/shop", "7 host mysql my.example:3306"}, nil},
		{"as RDS keeps it", "x.json", `{"engine":"mariadb","host":"db.example","port":3307,"username":"u","password":"p","dbname":"shop"}`, []string{"1 host mysql db.example:3307/shop"}, nil},
		{"as its store gives it", "x.json", `{"Name":"shop","SecretString":"{\"engine\":\"postgres\",\"host\":\"db.example\",\"dbname\":\"shop\"}"}`, []string{"1 host postgres db.example:5432/shop"}, nil},
		{"as Cloud Foundry tells it", ".env", "A=1\nVCAP_SERVICES={\"postgres\":[{\"credentials\":{\"uri\":\"postgres://u:p@db.example/shop\"}}]}\n", []string{"2 postgres.0.credentials.uri postgres db.example:5432/shop"}, nil},
		{"as a container is told it", "deploy.yaml", "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - env:\n        - name: VCAP_SERVICES\n          value: '{\"postgres\":[{\"credentials\":{\"uri\":\"postgres://u:p@db.example/shop\"}}]}'\n",
			[]string{"8 postgres.0.credentials.uri postgres db.example:5432/shop"}, nil},
		{"as compose is told it", "compose.yaml", "services:\n  shop:\n    environment:\n    - DB_SECRET={\"host\":\"db.example\",\"engine\":\"mysql\"}\n    - SERVICES=[{\"url\":\"redis://cache.example\"}]\n    args: ['{\"url\":\"redis://other.example\"}']\n",
			[]string{"4 host mysql db.example:3306", "5 .0.url redis cache.example:6379/0", "6 url redis other.example:6379/0"}, nil},
		{"deep in a map", "values.yaml", "a:\n  b:\n    c:\n      d:\n        host: db.example\n        x: '{\"url\":\"redis://cache.example\"}'\n        dbname: shop\n        port: 5432\n        engine: postgres\n",
			[]string{"5 a.b.c.d.host postgres db.example:5432/shop", "6 url redis cache.example:6379/0"}, nil},
		{"in a file in a map", "map.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  app.env: |\n    A=1\n    S={\"url\":\"redis://a.example\"}\n    B=2\n  app.yaml: |\n    x: 1\n    s: '{\"url\":\"redis://b.example\"}'\n",
			[]string{"6 url redis a.example:6379/0", "10 url redis b.example:6379/0"}, nil},
		{"one in the other", ".env", `A={"b":"{\"url\":\"redis://a.example\"}"}` + "\n" + `C={"d":"{\"e\":\"{\\\"f\\\":\\\"{\\\\\\\"g\\\\\\\":\\\\\\\"{}\\\\\\\"}\\\"}\"}"}`,
			[]string{"1 url redis a.example:6379/0"}, []string{"2 g objects of JSON stand in it"}},
		{"from a secret beside it", "all.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {u: \"redis://a.example\"}\n---\nspec:\n  env:\n  - name: REDIS_URL\n    valueFrom: {secretKeyRef: {name: db, key: u}}\n  envFrom: [{secretRef: {name: db}}]\n",
			[]string{"4 u redis a.example:6379/0", "9 REDIS_URL redis a.example:6379/0"}, nil},
		{"from elsewhere", "d.yaml", "spec:\n  env:\n  - name: DATABASE_URL\n    valueFrom: {secretKeyRef: {name: db, key: url}}\n  - name: DB_HOST\n    valueFrom: {configMapKeyRef: {name: cfg, key: host}}\n" +
			"  - name: DB_PASSWORD\n    valueFrom: {secretKeyRef: {name: db, key: pw}}\n  - name: DB_URL\n    valueFrom: arn:aws:ssm:x\n  - name: POD_HOST\n    valueFrom: {fieldRef: {fieldPath: status.hostIP}}\n  envFrom: [{secretRef: {name: more}}]\n", nil,
			[]string{"4 DATABASE_URL its value comes from the Secret db, which the file does not hold", "6 DB_HOST its value comes from the ConfigMap cfg", "10 DB_URL its value comes from elsewhere", "13 secretRef the settings of the Secret more come with it"}},
		{"from a store of secrets", "x.yaml", "kind: ExternalSecret\nspec:\n  dataFrom: [{extract: {key: prod}}]\n  data:\n  - secretKey: DATABASE_URL\n    remoteRef: {key: prod}\n  - secretKey: NAME\n    remoteRef: {key: prod}\n", nil,
			[]string{"3 dataFrom its settings come from a store", "5 DATABASE_URL its value comes from a store of secrets"}},
		{"from another file", "compose.yaml", "services:\n  shop:\n    env_file: [prod.env]\n    environment:\n      DATABASE_URL_FILE: /run/secrets/url\n      DB_PASSWORD_FILE: /run/secrets/pw\n", nil,
			[]string{"3 env_file the settings of another file", "5 services.shop.environment.DATABASE_URL_FILE its value is in another file"}},
		{"schemes of libraries", ".env", "A_URL=psql://u:p@a.example/x\nB_URL=ecto://u:p@b.example/x\nC_URL=trilogy://u:p@c.example/x\nD_URL=rediscache://d.example/1\nREDIS_URL=tcp://e.example:6380\nREDIS_TLS_URL=tls://f.example\n",
			[]string{"1 A_URL postgres a.example:5432/x", "2 B_URL postgres b.example:5432/x", "3 C_URL mysql c.example:3306/x", "4 D_URL redis d.example:6379/1", "5 REDIS_URL redis e.example:6380/0", "6 REDIS_TLS_URL redis f.example:6379/0"}, nil},
		{"drivers around drivers", "x.properties", "a.url=jdbc:mysql:replication://a.example,b.example:3307/x\nb.url=jdbc:aws-wrapper:postgresql://b.example:5433/x\nc.url=jdbc:oracle:thin:@c.example:1522:ORCL\nd.url=jdbc:oracle:thin:u/p@//d.example/svc\n" +
			"e.url=jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=e.example)(PORT=1523))(CONNECT_DATA=(SERVICE_NAME=svc)))\nf.url=jdbc:oracle:thin:@shop\ng.url=jdbc:h2:mem:test\nh.url=jdbc:db2://h.example:50000/x\n",
			[]string{"1 a.url mysql a.example:3306,b.example:3307/x", "2 b.url postgres b.example:5433/x", "3 c.url oracle c.example:1522/ORCL", "4 d.url oracle d.example:1521/svc", "5 e.url oracle e.example:1523/svc"},
			[]string{"6 f.url its form is not known", "8 h.url its form is not known"}},
		{"forms that nobody knows", ".env", "DATABASE_URL=libsql://db.example\nANY=foo://u:s3cret@db.example\nCACHE_URL=locmem://\nDEPLOY=ssh://git@git.example/x\nREDIS_URI=redis-sentinel://s.example:26379/main\nDB_DSN=shop\nHELP_URL=about:blank\nMYSQL_URL=ENC[AES256_GCM,data:x]\n",
			nil, []string{"1 DATABASE_URL its form is not known", "2 ANY its form is not known", "5 REDIS_URI it leads to a Sentinel", "6 DB_DSN its form is not known", "8 MYSQL_URL it is encrypted"}},
		{"hosts that are none", ".env", "PGHOST=/run/postgresql\nPGDATABASE=shop\nDB_HOST=ENC[AES256_GCM,data:x]\nREDIS_HOST=tls://cache.example\nCACHE_HOST=c.example\nCACHE_PORT=${P}\nQUEUE_HOST=q.example\n",
			[]string{"1 PGHOST postgres /run/postgresql/shop"}, []string{"3 DB_HOST it is encrypted", "4 REDIS_HOST its form is not known", "5 CACHE_HOST its port refers to P", "7 QUEUE_HOST neither its kind nor its port"}},
		{"lists of hosts", "x.yml", "mongo: {hosts: [m.example:27017, n.example:27018]}\nclients: {default: {hosts: [o.example:27017]}}\nspring:\n  kafka: {bootstrap-servers: [k.example:9092]}\n  data: {redis: {cluster: {nodes: [r.example:6379]}}}\n",
			[]string{"1 mongo.hosts.0 mongodb m.example:27017", "1 mongo.hosts.1 mongodb n.example:27018", "2 clients.default.hosts.0 mongodb o.example:27017", "4 spring.kafka.bootstrap-servers.0 kafka k.example:9092", "5 spring.data.redis.cluster.nodes.0 redis r.example:6379/0"}, nil},
		{"names of hosts", "x.properties", "spring.rabbitmq.addresses=mq.example:5672\nspring.cassandra.contact-points=c.example\nKAFKA_BROKER=a.example:9092\nKAFKA_BROKER_LIST=b.example:9092\nspring.kafka.bootstrap-servers[0]=k.example:9092\nNEO4J_URI=bolt://neo.example:7687\n",
			[]string{"1 spring.rabbitmq.addresses amqp mq.example:5672", "2 spring.cassandra.contact-points cassandra c.example:9042", "3 KAFKA_BROKER kafka a.example:9092", "4 KAFKA_BROKER_LIST kafka b.example:9092", "5 spring.kafka.bootstrap-servers[0] kafka k.example:9092", "6 NEO4J_URI neo4j neo.example:7687"}, nil},
		{"one of several", ".env", "DB_CONNECTION=pgsql\nDB_HOST_READ=r.example\nDB_HOST1=a.example\nDB_PORT1=6000\nDB_DATABASE=shop\nREDIS_HOST_1=c.example\nREDIS_PORT_1=6380\nREDIS_PORT=6381\n",
			[]string{"2 DB_HOST_READ postgres r.example:5432/shop", "3 DB_HOST1 postgres a.example:6000/shop", "6 REDIS_HOST_1 redis c.example:6380/0"}, nil},
		{"variables of two documents", "d.yaml", "env: [{name: PRIMARY, value: p.example}, {name: DATABASE_URL, value: \"postgres://u:p@$(PRIMARY)/shop\"}]\n---\nenv: [{name: PRIMARY, value: s.example}, {name: DATABASE_URL, value: \"postgres://u:p@$(PRIMARY)/orders\"}]\n---\nenv: [{name: REDIS_URL, value: \"redis://$(PRIMARY:-x)\"}]\n",
			[]string{"1 DATABASE_URL postgres p.example:5432/shop", "3 DATABASE_URL postgres s.example:5432/orders"}, []string{"5 REDIS_URL it refers to PRIMARY"}},
		{"variables of two services", "c.yaml", "services:\n  a: {environment: {H: a.example, URL: \"redis://${H}\"}}\n  b: {environment: {H: b.example, URL: \"redis://${H}\"}}\n  c: {environment: {URL: \"redis://${H}\"}}\n",
			[]string{"2 services.a.environment.URL redis a.example:6379/0", "3 services.b.environment.URL redis b.example:6379/0"}, []string{"4 services.c.environment.URL it refers to H"}},
		{"a form of hosts", ".env", "REDIS_SENTINELS=s1.example:26379\nMEMCACHED_LOCATION=m.example:11211\nETCD_ENDPOINTS=http://e.example:2379\nUPSTREAM=p.example:5432\nDB_PROXY=weird://p.example\n",
			[]string{"3 ETCD_ENDPOINTS http e.example:2379"}, []string{"1 REDIS_SENTINELS its form", "2 MEMCACHED_LOCATION its form", "3 ETCD_ENDPOINTS it is a data store that is reached by http", "4 UPSTREAM its form", "5 DB_PROXY its form"}},
		{"passed on by compose", "compose.yaml", "services:\n  a: {environment: [DATABASE_URL, DEBUG]}\n  b:\n    environment:\n      REDIS_URL:\n      NAME:\n", nil,
			[]string{"2 DATABASE_URL its value comes from elsewhere", "5 services.b.environment.REDIS_URL its value comes from elsewhere"}},
		{"a database of its own name", ".env", "ORDERS_HOST=db.example\nORDERS_PORT=5433\nORDERS_DATABASE=orders\nORDERS_USER=o\nSOLR_HOST=s.example\nSOLR_PORT=8983\nSQL_HOST=q.example\nSQL_DATABASE=x\nELASTICSEARCH_HOSTS=http://es.example:9200\nCOUCHDB_URL=http://u:p@c.example:5984\n",
			[]string{"1 ORDERS_HOST server db.example:5433/orders", "5 SOLR_HOST server s.example:8983", "9 ELASTICSEARCH_HOSTS http es.example:9200", "10 COUCHDB_URL http c.example:5984"},
			[]string{"7 SQL_HOST neither its kind", "9 ELASTICSEARCH_HOSTS it is a data store that is reached by http", "10 COUCHDB_URL it is a data store"}},
		{"kinds beside a host", "database.yml", "a: {adapter: postgresql, host: '<%= ENV[1] %>'}\nb: {adapter: postgresql, host: /var/run/postgresql}\n", []string{"2 b.host postgres /var/run/postgresql"}, []string{"1 a.host its form"}},
		{"a store by http", ".env", "ELASTICSEARCH_URL=https://es.example/x\nSTORE_URL=https://shop.example\n",
			[]string{"1 ELASTICSEARCH_URL http es.example:443", "2 STORE_URL http shop.example:443"}, []string{"1 ELASTICSEARCH_URL it is a data store that is reached by http"}},
	} {
		e, err := ParseEnv(c.file, []byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if strings.Contains(fmt.Sprint(e.Doubts), "s3cret") {
			t.Errorf("%s: %v", c.name, e.Doubts)
		}
		if got := found(e); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		if len(e.Doubts) != len(c.doubts) {
			t.Errorf("%s: doubts %v", c.name, e.Doubts)
			continue
		}
		for i, d := range e.Doubts {
			if got := fmt.Sprintf("%d %s %s", d.Line, d.Key, d.Why); !strings.HasPrefix(got, c.doubts[i]) {
				t.Errorf("%s: %q, want %q", c.name, got, c.doubts[i])
			}
		}
	}
}

func TestBadSettingsHaveAPlaceAndARemedy(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{".env", "A=1\nwhat s3cret is this\n", ".env:2: this line is no setting: write KEY=value"},
		{".env", "A=\"s3cret\nB=1\n", ".env:1: the quotes opened here are not closed: close them"},
		{".env", "s3cret key=1\n", ".env:1: what stands before the = is no name"},
		{"dsn", "postgresql://app:s3cret@/shop?host=/cloudsql/p:r:i\n", "dsn:1: what stands before the = is no name"},
		{".env", "app:s3cret@tcp(db.example)/shop?tls=true\n", ".env:1: what stands before the = is no name"},
		{"x.yaml", "a: [s3cret\nb: }\n", "x.yaml:"},
		{"x.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  URL: s3cret!!\n", "x.yaml:4: the value of URL is not base64: write it base64-encoded"},
		{"x.yaml", "x: [" + strings.Repeat("~,", yamlNodes) + "]\nurl: redis://a.example\n", "x.yaml:1: it has too many entries"},
		{"x.yaml", strings.Repeat("[", 100), "x.yaml:1: brackets and lists are nested too deep"},
		{".env", strings.Repeat("A=1\n", mostSettings+1), ".env:5001: there are more than 5000 settings: keep only"},
		{".env", "A=\xff\n", ".env: it is not text in UTF-8"},
		{".env", strings.Repeat("x", maxFile+1), ".env: it has more than"},
	} {
		_, err := ParseEnv(c.file, []byte(c.text))
		p, ok := errors.AsType[*Problem](err)
		if !ok || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") || p.Remedy == "" {
			t.Errorf("%.40q: %v", c.text, err)
		}
	}
	dir := t.TempDir()
	for path, want := range map[string]string{dir: "it is no file", filepath.Join(dir, "none"): "there is no such file"} {
		if _, err := ReadEnv(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	path := filepath.Join(dir, ".env")
	if err := os.WriteFile(path, []byte("URL=redis://cache.example\nbad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// What can be read is there all the same.
	e, err := ReadEnv(path)
	if len(e.Places) != 1 || err == nil || !strings.HasPrefix(err.Error(), path+":2: ") {
		t.Errorf("%v, %v", e, err)
	}
}

func TestCompareEnvs(t *testing.T) {
	known := Options{Resolver: names{
		"db.example": "192.0.2.1", "db2.example": "192.0.2.2", "alias.example": "192.0.2.1", "in1.example": "10.0.0.5", "in2.example": "10.0.0.5",
		"shop.c1abcdefgh.eu-west-1.rds.amazonaws.com": "192.0.2.3", "shop2.c1abcdefgh.eu-west-1.rds.amazonaws.com": "192.0.2.4",
	}}
	for _, c := range []struct {
		name, staging, production string
		want                      Verdict
		words                     string
	}{
		{"one database", "DATABASE_URL=postgres://u:s3cret@db.example/shop", "A=1\nURL=postgresql://v:s3cret@DB.example:5432/shop", SameInstance, "DATABASE_URL of staging (staging.env:1) and URL of production (production.env:2) lead to db.example:5432, and to the same database there, shop"},
		{"one server", "URL=postgres://db.example/shop_staging", "URL=postgres://db.example/shop", SameInstance, "to its databases shop_staging (staging) and shop (production)"},
		{"one instance of Cloud SQL", "URL=jdbc:mysql:///a?cloudSqlInstance=p:r:i", "URL=mysql+pymysql://u:s3cret@/a?unix_socket=/cloudsql/p:r:i", SameInstance, "lead to the instance p:r:i of Cloud SQL, and to the same database there, a"},
		{"one instance of Cloud SQL, in a project of a domain", "URL=postgresql+pg8000://u:s3cret@/a?unix_sock=/run/cloudsql/corp.example:p:r:i/.s.PGSQL.5432", "URL=postgresql:///b?host=/cloudsql/corp.example:p:r:i", SameInstance, "the instance corp.example:p:r:i of Cloud SQL, to its databases a (staging) and b"},
		{"two instances of Cloud SQL", "URL=postgresql:///a?host=/cloudsql/p:r:i", "URL=postgresql:///a?host=/cloudsql/p:r:j", Unknown, "leads to none of the 1 places"},
		{"one path of two machines", "URL=postgresql:///a?host=/run/p:r:i", "URL=postgresql:///a?host=/run/p:r:i", Unknown, "name the same path"},
		{"one server, two names", "URL=postgres://alias.example/shop", "URL=postgres://db.example/shop", SameInstance, "the address 192.0.2.1:5432"},
		{"one cache, two numbers", "REDIS_URL=redis://db.example/1", "REDIS_HOST=db.example", SameInstance, "databases 1 (staging) and 0"},
		{"one host", "URL=postgres://alias.example/shop", "URL=postgres://db.example:5433/shop", SharedNeighbour, "on different ports"},
		{"two", "URL=postgres://u:s3cret@db.example/shop", "URL=postgres://u:s3cret@db2.example/shop", Unknown, "hint: DISTINCT, postgres (staging db.example:5432/shop, production -): Do the settings of both lead to one place? URL of staging (staging.env:1) leads to none of the 1 places"},
		{"two, one without a user", "URL=postgres://u:s3cret@db.example/shop", "URL=postgres://db2.example/shop", Unknown, "not all of these servers can be asked: a replica, a pooler"},
		{"two, told in parts", "DB_HOST=db.example\nDB_PORT=5432\nDB_DATABASE=shop", "DB_HOST=db2.example\nDB_PORT=5432\nDB_DATABASE=shop", Unknown, "not all of these servers can be asked: a replica, a pooler"},
		{"two of a kind nobody can ask", "URL=mongodb://db.example/shop", "URL=mongodb://db2.example/shop", Unknown, "ask whoever runs it"},
		{"two files", "URL=sqlite:///srv/a.db", "URL=sqlite:///srv/b.db", Unknown, "not all of these servers"},
		{"one file", "URL=sqlite:///srv/shop.db", "URL=sqlite:///srv/shop.db", Unknown, "on two machines these are two"},
		{"one socket", "URL=postgres:///shop?host=/run/postgresql", "URL=postgres:///shop?host=/run/postgresql", Unknown, "on two machines these are two"},
		{"one socket of Redis", "URL=unix:///run/redis.sock", "REDIS_URL=unix:///run/redis.sock", Unknown, ""},
		{"two names, one address of a network", "URL=postgres://in1.example/shop", "URL=postgres://in2.example/shop", Unknown, "10.0.0.5, which two separate networks"},
		{"one mail server", "URL=postgres://db.example/a\nMAIL_HOST=mail.example", "URL=postgres://db2.example/a\nMAIL_HOST=mail.example", Unknown, "hint: SHARED NEIGHBOUR, smtp"},
		{"localhost", "URL=postgres://localhost/shop\nR=redis://db.example", "URL=postgres://localhost/shop\nR=redis://db2.example", Unknown, "another machine wherever it is read"},
		{"a service's name", "URL=postgres://db/shop", "URL=postgres://db/shop", Unknown, "completed by where it is read"},
		{"one of kubernetes", "URL=postgres://db.shop.svc.cluster.local/shop", "URL=postgres://db.shop.svc.cluster.local/shop", Unknown, "one namespace"},
		{"an address of two networks", "URL=postgres://10.0.0.5/shop", "URL=postgres://10.0.0.5/shop", Unknown, "two separate networks"},
		{"an address of a provider's network", "URL=postgres://100.64.0.5/shop", "URL=postgres://100.64.0.5/shop", Unknown, "two separate networks"},
		{"an address of one", "URL=postgres://198.51.100.7/shop", "URL=postgres://198.51.100.7/shop", SameInstance, "lead to 198.51.100.7:5432"},
		{"unresolved", "URL=postgres://x.example/shop", "URL=postgres://y.example/shop", Unknown, "do not resolve from here"},
		{"one account", "URL=postgres://shop.c1abcdefgh.eu-west-1.rds.amazonaws.com/a", "URL=postgres://shop2.c1abcdefgh.eu-west-1.rds.amazonaws.com/a", Unknown, "hint: SHARED NEIGHBOUR"},
		{"one service", "URL=postgres://db.example/a\nPAY=https://pay.example/x?key=s3cret", "URL=postgres://db2.example/a\nPAY=https://pay.example/y", Unknown, "use the service at pay.example:443"},
		// What the servers that can be asked say is not all there is.
		{"a form nobody knows", "URL=redis://db.example\nDATABASE_URL=libsql://u:s3cret@db.example/shop", "URL=redis://db2.example\nDATABASE_URL=libsql://u:s3cret@db.example/shop", Unknown, "UNKNOWN, config: Do the settings of both lead to one place? Where DATABASE_URL of staging (staging.env:2) leads is not known: its form"},
		{"a scheme of a library's", "DATABASE_URL=psql://u:s3cret@db.example/shop", "DATABASE_URL=psql://v:s3cret@db.example/shop", SameInstance, "lead to db.example:5432"},
		{"nothing beside it", "URL=redis://db.example", "URL=postgres://db2.example/a", Unknown, "production's settings name no Redis"},
		{"nothing beside production's, which can be asked", "URL=mongodb://db.example/a", "URL=mongodb://db2.example/a\nR=redis://db.example", Unknown, "staging's settings name no Redis"},
		{"nothing beside production's", "URL=postgres://db.example/a", "URL=postgres://db2.example/a\nBROKER=amqp://u:s3cret@mq.example/x", Unknown, "BROKER of production (production.env:2) leads to mq.example:5672/x, and staging's settings name no amqp"},
		{"nothing", "A=1", "URL=postgres://db2.example/a", Unknown, "The settings of staging hold no connection string"},
		{"a doubt", "URL=postgres://db.example/a\nR=redis://${X}", "URL=postgres://db2.example/a", Unknown, "Where R of staging (staging.env:2) leads is not known"},
	} {
		var e [2]Env
		for i, text := range []string{c.staging, c.production} {
			var err error
			if e[i], err = ParseEnv([]string{"staging.env", "production.env"}[i], []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		r := CompareEnvs(t.Context(), e[0], e[1], known)
		if r.Verdict != c.want || !strings.Contains(r.String(), c.words) || strings.Contains(r.String(), "s3cret") {
			t.Errorf("%s: want %s and %q, got %s", c.name, c.want, c.words, r)
		}
		worded(t, r)
	}
}

// Two databases behind one pooler have one host, one port and one name in the
// settings: what they say of themselves when they are asked counts.
func TestServersOutweighTheirSettings(t *testing.T) {
	const place = "pooler.example:6543/postgres"
	env := func(text string) Env {
		e, err := ParseEnv(".env", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	one, other := env("URL=postgres://postgres.aaa:s3cret-a@"+place), env("URL=postgres://postgres.bbb:s3cret-b@"+place)
	parts := env("DB_CONNECTION=pgsql\nDB_HOST=pooler.example\nDB_PORT=6543\nDB_DATABASE=postgres")
	said := func(a, b postgresFacts) Result {
		f := Finding{System: systemPostgres, Staging: place, Production: place}
		return Conclude(judgePostgres(t.Context(), Options{Resolver: names{}}.complete(), f, &a, &b, sighting{}, false)...)
	}
	two := said(postgresFacts{id: "1", start: "1"}, postgresFacts{id: "2", start: "2"})
	// Of readers behind one address each says that it is another than the rest.
	readers := append(slices.Clone(two.Findings), Finding{System: systemPostgres, Staging: place, Production: place}.open(questionReplica, &trouble{"replication could not be looked at", "GRANT REPLICATION CLIENT"}))
	for _, c := range []struct {
		name          string
		a, b          Env
		asked         Result
		want          Verdict
		words         string
		withoutAsking Verdict
	}{
		{"two servers", one, other, two, SharedNeighbour, "lead to pooler.example:6543, and to the same database there, postgres. But the servers behind it say that they are two", SameInstance},
		{"two servers of which one may copy", one, other, Conclude(append(readers, Finding{Question: "Do both lead to one address?", Verdict: SharedNeighbour, Evidence: "x"})...), SharedNeighbour, "say that they are two, and whether one copies from the other is open.\n  would answer it: GRANT REPLICATION CLIENT", SameInstance},
		{"two servers of which one may copy, elsewhere", one, other, Conclude(readers...), Unknown, "whether one copies from the other is open", SameInstance},
		{"a server and its copy", one, other, said(postgresFacts{id: "1", start: "1"}, postgresFacts{id: "1", start: "2"}), Unknown, "say that one is a copy of the other", SameInstance},
		{"one server", one, other, said(postgresFacts{id: "1", start: "1"}, postgresFacts{id: "1", start: "1"}), SameInstance, "started at the same microsecond", SameInstance},
		{"nobody answers", one, other, Conclude(Finding{System: systemPostgres, Question: "Can it be asked?", Evidence: "It did not answer.", Answer: "try again", Staging: place}), SameInstance, "lead to pooler.example:6543", SameInstance},
		// One login leads to one place, whichever of its servers answers.
		{"one login", one, one, two, SameInstance, "lead to pooler.example:6543", SameInstance},
		{"what could not be asked", one, parts, two, SameInstance, "lead to pooler.example:6543", SameInstance},
	} {
		text := CompareEnvs(t.Context(), c.a, c.b, Options{Resolver: names{}})
		r := Join(text, c.asked)
		if text.Verdict != c.withoutAsking || r.Verdict != c.want || !strings.Contains(r.String(), c.words) || strings.Contains(r.String(), "s3cret") {
			t.Errorf("%s: want %s and %q, got %s from %s", c.name, c.want, c.words, r, text)
		}
		worded(t, r)
	}
}

func FuzzParseEnv(f *testing.F) {
	for _, s := range []string{
		"DATABASE_URL=postgres://u:p@db.example/shop\nX=\"a\nb\"\n", "export A='${A}'\nB=${A:-x}$C\n", "DB_HOST=h\nDB_PORT=1\n",
		"apiVersion: v1\nkind: Secret\ndata: {A: cmVkaXM6Ly9o}\n", "a: &a [*a]\nb: {<<: *a}\n", "kind: List\nitems: [{}]\n", "a.env: |\n  X=1\n  Y=2\n", "- name: X\n  value: redis://h\n",
		"C=app --db 'redis://h/1' -h db.example:5432\n[x]\nhost = y.example\n", "a.ini: |\n  [db]\n  host=h\n  <x>jdbc:mysql://h</x>\n", "A=\"x=1\ny=redis://h\"\n",
	} {
		f.Add("x.env", s)
		f.Add("x.yaml", s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		e, err := ParseEnv(name, []byte(text))
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") + 1
		for _, p := range e.Places {
			if p.Line < 1 || p.Line > lines || len(p.Hosts) == 0 && p.Path == "" || p.System == "" {
				t.Errorf("%+v of %d lines", p, lines)
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// "127.0.0.1" in the settings of two servers is two machines, neither of them
// this one: that is no link, and not "none of them" either.
func TestLoopbackInSettingsIsNoServerOfOurs(t *testing.T) {
	dir := t.TempDir()
	var envs [2]Env
	for i, user := range []string{"app", "admin"} {
		path := filepath.Join(dir, user+".env")
		text := "DATABASE_URL=postgres://" + user + ":s3cret@127.0.0.1:5432/shop\nCACHE_URL=redis://cache.example:6379/0\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if envs[i], err = ReadEnv(path); err != nil {
			t.Fatal(err)
		}
		if dsns := envs[i].DSNs(); len(dsns) != 1 || !strings.Contains(dsns[0], "cache.example") {
			t.Errorf("%d DSNs to ask from here, want the cache's alone", len(dsns))
		}
	}
	for _, f := range CompareEnvs(t.Context(), envs[0], envs[1], Options{}).Findings {
		if f.System == systemPostgres && f.Verdict != Unknown {
			t.Errorf("%s: %s", f.Verdict, f.Evidence)
		}
	}
}

// Where these lead depends on who reads them: none may be asked from here.
func TestSettingsOfAnotherMachineAreNotAskedFromHere(t *testing.T) {
	for _, text := range []string{
		"URL=postgres://u:p@10.255.255.1:5432/shop", "URL=postgres://u:p@100.64.1.1/shop", "URL=mysql://u:p@192.168.1.5/shop", "URL=redis://[fd00::1]:6379",
		"URL=postgres://u:p@db/shop", "URL=mysql://u:p@db.shop.svc.cluster.local/shop", "URL=redis://cache.internal", "URL=postgres://u:p@db.example,10.0.0.1/shop",
		"URL=sqlite:///srv/shop.db", "DB=file:shop.db", "URL=postgres:///shop?host=/run/postgresql", "PGHOST=/run/postgresql\nPGUSER=u\nPGPASSWORD=p", "URL=u:p@unix(/run/mysqld.sock)/shop", "REDIS_URL=unix:///run/redis.sock",
		"DB_CONNECTION=mysql\nDB_HOST=127.0.0.1\nDB_DATABASE=shop\nDB_USERNAME=u\nDB_PASSWORD=p",
	} {
		e, err := ParseEnv(".env", []byte(text))
		if err != nil || len(e.Places) != 1 || len(e.DSNs()) != 0 {
			t.Errorf("%q: %d places, %d to ask from here, %v", text, len(e.Places), len(e.DSNs()), err)
		}
	}
}

// What applications are told in parts can be asked as well, and is as secret.
func TestPartsMakeAConnectionString(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_PORT=3307\nDB_DATABASE=shop\nDB_USERNAME=s3cret-u\nDB_PASSWORD='s3cret/@:?#p'", "mysql://s3cret-u:s3cret%2F%40%3A%3F%23p@db.example:3307/shop"},
		{"DB_CONNECTION=pgsql\nDB_HOST=db.example\nDB_DATABASE=shop\nDB_USER=s3cret-u\nDB_PASS=s3cret-p", "postgres://s3cret-u:s3cret-p@db.example:5432/shop"},
		{"PGHOST=db.example\nPGUSER=s3cret-u\nPGPASSWORD=s3cret-p\nPGDATABASE=shop", "postgres://s3cret-u:s3cret-p@db.example:5432/shop"},
		{"REDIS_HOST=cache.example\nREDIS_PASSWORD=null\nREDIS_DB=2", "redis://cache.example:6379/2"},
		{"REDIS_HOST=cache.example\nREDIS_PASSWORD=s3cret-p", "redis://:s3cret-p@cache.example:6379/0"},
		{"REDIS_HOST=cache.example\nREDIS_PASSWORD=${ELSEWHERE}", ""},
		{"DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_USERNAME=s3cret-u\nDB_PASSWORD=", ""},
		{"DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_PASSWORD=s3cret-p", ""},
		{"MONGO_HOST=db.example\nMONGO_USER=s3cret-u\nMONGO_PASSWORD=s3cret-p", ""},
		// What is called the database may be a whole connection string.
		{"MONGO_HOST=db.example\nMONGO_NAME=x;Pwd=s3cret", ""},
		{"DB_HOST=/cloudsql/p:r:i\nDB_TYPE=mysql\nDB_NAME=Server=db.example;Pwd=s3cret", ""},
	} {
		e, err := ParseEnv(".env", []byte(c.text))
		if err != nil || len(e.Places) != 1 {
			t.Errorf("%q: %v, %v", c.text, e, err)
			continue
		}
		if got := strings.Join(e.DSNs(), " "); got != c.want {
			t.Errorf("%q is asked by %q, want %q", c.text, got, c.want)
		}
		p := e.Places[0]
		for _, said := range []string{fmt.Sprint(e), fmt.Sprintf("%+v %#v", e, p), p.String(), CompareEnvs(t.Context(), e, e, Options{Resolver: names{}}).String()} {
			if strings.Contains(said, "s3cret") {
				t.Errorf("%q tells %s", c.text, said)
			}
		}
		if c.want == "" {
			continue
		}
		again, err := ParseDSN(c.want)
		if err != nil || again.String() != p.String() || again.System != p.System {
			t.Errorf("%q comes to %s, not %s: %v", c.text, again, p, err)
		}
		switch p.System {
		case systemMySQL:
			if m, err := mysqlConfig(p); err != nil || m.User != "s3cret-u" || m.Passwd != "s3cret/@:?#p" || m.Addr != "db.example:3307" {
				t.Errorf("%q: the driver reads %v", c.text, err)
			}
		case systemRedis:
			if _, err := redisOptions(p); err != nil {
				t.Errorf("%q: %v", c.text, err)
			}
		}
	}
}
