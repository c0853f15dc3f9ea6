package identity

import (
	"fmt"
	"strings"
	"testing"
)

// configMap holds a file.
func configMap(name, text string) string {
	return "apiVersion: v1\nkind: ConfigMap\ndata:\n  " + name + ": |\n    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n"
}

// What names a data store somewhere within a value is a place, or a doubt: both settings
// with the same never come out as two. No word of shared.example.test says what it is.
func TestNoDataStoreVanishes(t *testing.T) {
	for _, c := range []struct {
		file, text   string
		want, doubts string
	}{
		// Connection strings within a longer value.
		{".env", `JAVA_OPTS="-Xmx1g -Dspring.datasource.url=jdbc:mysql://shared.example.test:3306/shop"`, "1 JAVA_OPTS mysql shared.example.test:3306/shop", ""},
		{".env", "CMD=app --database postgres://app:s3cret@shared.example.test:5432/a --verbose", "1 CMD postgres shared.example.test:5432/a", ""},
		{"c.yaml", "command: app --db=postgres://app:s3cret@shared.example.test/a\n", "1 command postgres shared.example.test:5432/a", ""},
		{"c.yaml", `args: ["sh", "-c", "app --db 'redis://shared.example.test/1'"]`, "1 args.2 redis shared.example.test:6379/1", ""},
		{".env", "CMD=app --db sqlite:///srv/a.db; (app jdbc:oracle:thin:@shared.example.test:1521:a)", "1 CMD sqlite /srv/a.db; 1 CMD oracle shared.example.test:1521/a", ""},
		{".env", "REDIS_URLS=redis://a.example/0 redis://shared.example.test/0", "1 REDIS_URLS redis a.example:6379/0; 1 REDIS_URLS redis shared.example.test:6379/0", ""},
		{".env", "NATS_URL=nats://a.example:4222,nats://shared.example.test:4222", "1 NATS_URL nats a.example:4222; 1 NATS_URL nats shared.example.test:4222", ""},
		{".env", "CMD=app --db postgres://a.example/a --replica-of db=shared.example.test", "1 CMD postgres a.example:5432/a", "1 CMD a host"},
		{".env", `CMD=app postgres://app:12"34@shared.example.test/a now`, "", "1 CMD its form"},
		{".env", "CMD=app postgres://app:s3cret@${DB_SERVER}/a", "", "1 CMD it refers to DB_SERVER"},
		{".env", "DB_URL=postgres://u:x:redis://y@shared.example.test/a", "", "1 DB_URL there is an @"},
		{".env", "APP_HOST=weird://app:s3cret@shared.example.test", "", "1 APP_HOST its form"},
		{".env", "X=" + strings.Repeat("x ", maxValue) + "redis://shared.example.test", "1 X redis shared.example.test:6379/0", ""},
		// Files within a value.
		{"c.yaml", configMap("a.properties", "a=b\nspring.datasource.url=jdbc:mysql://shared.example.test/shop"), "6 spring.datasource.url mysql shared.example.test:3306/shop", ""},
		{"c.yaml", configMap("my.cnf", "[client]\nhost = shared.example.test\nuser = app"), "6 mysql.client.host mysql shared.example.test:3306", ""},
		{"c.yaml", configMap("config.ini", "[cache]\nname = b\n[database]\nhost = shared.example.test\nname = a"), "8 database.host server shared.example.test/a", ""},
		{"c.yaml", configMap("s.xml", "<?xml version=\"1.0\"?>\n<s>\n<url>jdbc:mysql://shared.example.test/a</url>\n</s>"), "7 s.xml mysql shared.example.test:3306/a", ""},
		{"c.yaml", configMap("s.xml", "<?xml version=\"1.0\"?>\n<s>\n<db-host>shared.example.test</db-host>\n</s>"), "", "7 s.xml a host"},
		{"c.yaml", configMap("s.xml", "<s>\n<db-host>shared.example.test</db-host>\n</s>"), "", "4 s.xml a host"},
		{"c.yaml", "run: |\n  set -e\n  psql postgres://app:s3cret@shared.example.test/a -c x\n", "1 run postgres shared.example.test:5432/a", ""},
		{"config.ini", "[database]\nhost = shared.example.test\n", "2 database.host server shared.example.test", ""},
		{".env", `APP_CONFIG="database.host=shared.example.test\ndatabase.name=a"`, "1 database.host server shared.example.test/a", ""},
		{".env", `DATABASES="host=shared.example.test dbname=a\nhost=b dbname=b"`, "", "1 DATABASES a host"},
		// Pairs, and other forms of libraries.
		{".env", "DB=mysql:host=shared.example.test;dbname=a;port=3307", "1 DB mysql shared.example.test:3307/a", ""},
		{".env", "DSN=pgsql:host=shared.example.test;dbname=a", "1 DSN postgres shared.example.test:5432/a", ""},
		{".env", `CMD=app --dsn "host=shared dbname=a user=x"`, "", "1 CMD a host"},
		{".env", "CACHE_CONNECTION=shared.example.test:6380,password=s3cret,ssl=True", "", "1 CACHE_CONNECTION a host"},
		{".env", "ORACLE_TNS=(DESCRIPTION=(ADDRESS=(HOST=a.example)(PORT=1521))(ADDRESS=(HOST=shared.example.test)(PORT=1522))(CONNECT_DATA=(SID=a)))", "1 ORACLE_TNS oracle a.example:1521,shared.example.test:1522/a", ""},
		{".env", "APP_DSN=app/s3cret@shared.example.test/a", "", "1 APP_DSN a host"},
		{".env", "URL=jdbc:mysql://address=(host=shared.example.test)(port=3306)/a", "", "1 URL its host cannot be a host"},
		{".env", "CONN=Endpoint=sb://shared.example.test/;SharedAccessKeyName=x;SharedAccessKey=s3cret", "1 CONN amqp shared.example.test:5671", ""},
		{".env", "COSMOS=AccountEndpoint=https://shared.example.test:443/;AccountKey=s3cret", "", "1 COSMOS a host"},
		{".env", "DB_DSN=Server=a.example;Failover Partner=shared.example.test;Database=x", "1 DB_DSN sqlserver a.example:1433,shared.example.test:1433/x", ""},
		{".env", "URL=postgresql://u:s3cret@/a?host=a.example&host=shared.example.test", "1 URL postgres a.example:5432,shared.example.test:5432/a", ""},
		{".env", "URL=jdbc:sqlserver://a.example;databaseName=x;failoverPartner=shared.example.test", "1 URL sqlserver a.example:1433,shared.example.test:1433/x", ""},
		{".env", "URL=JDBC:MYSQL://shared.example.test/a", "1 URL mysql shared.example.test:3306/a", ""},
		{".env", "PGSERVICE=shared", "", "1 PGSERVICE its value is in another file"},
		// Hosts under a data store's word, and by their port or their own name.
		{".env", "RDS_HOSTNAME=shared.example.test", "", "1 RDS_HOSTNAME neither"},
		{".env", "ORDERS_HOST=shared.example.test\nORDERS_DATABASE=a", "", "1 ORDERS_HOST neither"},
		{".env", "LEGACY_HOST=shared-db.example.test\nLEGACY_PORT=9999", "1 LEGACY_HOST server shared-db.example.test:9999", ""},
		{".env", "GALERA_NODES=shared.example.test,b", "1 GALERA_NODES mysql shared.example.test:3306,b:3306", ""},
		{".env", "DB_HOST=dummy.example.test", "1 DB_HOST server dummy.example.test", ""},
		{".env", "SHARDS=s1=shared.example.test:5432;s2=b:5432", "", "1 SHARDS a host"},
		{"c.yaml", "database: {writer: shared.example.test, reader: 192.0.2.7}\n", "", "1 database.writer a host; 1 database.reader a host"},
		{"c.yaml", "databases:\n  shared.example.test: {port: 5432}\n", "", "2 databases a host"},
		{".env", "DB_URL=postgres://a.example/x\nREDIS_URL=redis://shared.example.test\nPRIMARY_DB=shared.example.test", "1 DB_URL postgres a.example:5432/x; 2 REDIS_URL redis shared.example.test:6379/0", "3 PRIMARY_DB a host"},
		{".env", "CMD=wait-for shared.example.test:5432 -- app", "", "1 CMD a host"},
		{".env", "CMD=app --es http://shared.example.test:9200", "", "1 CMD a host"},
		{".env", "LEGACY=shared-db.example.test", "", "1 LEGACY a host"},
		{"c.yaml", "services: {redis: {command: redis-server --replicaof shared.example.test 6379}}\n", "", "1 services.redis.command a host"},
		// What is told once is told.
		{".env", "DB_SERVER_NAME=shared.example.test\nJAVA_OPTS=-Durl=jdbc:mysql://${DB_SERVER_NAME}/a", "2 JAVA_OPTS mysql shared.example.test:3306/a", ""},
		{".env", "DB_SERVER_NAME=shared.example.test\nSHOP_HOST=${DB_SERVER_NAME}", "", "1 DB_SERVER_NAME a host"},
		{".env", "DB_URL=postgres://shared.example.test/a\nWAIT=wait-for shared.example.test:5432", "1 DB_URL postgres shared.example.test:5432/a", ""},
		{".env", "DB_CONNECTION=mysql\nDB_HOST=a.example\nDB_DATABASE=shop.prod", "2 DB_HOST mysql a.example:3306/shop.prod", ""},
	} {
		checkFound(t, c.file, c.text, c.want, c.doubts)
	}
	for key := range strings.FieldsSeq("PRIMARY_DB MASTER_DATABASE DB_READ_REPLICA SPRING_DATASOURCE MONGO POSTGRES REDIS DATABASE DB1 DBHOST ORDERSDB DATA_SOURCE_NAME PGHOSTADDR WAREHOUSE hikari.dataSource.serverName TEST_DATABASE REDIS2_CLUSTER") {
		checkFound(t, ".env", key+"=shared.example.test", "", "1 "+key+" a host")
	}
}

func checkFound(t *testing.T, file, text, want, doubts string) {
	t.Helper()
	e, err := ParseEnv(file, []byte(text))
	var said []string
	for _, d := range e.Doubts {
		said = append(said, fmt.Sprintf("%d %s %s", d.Line, d.Key, d.Why))
	}
	open := strings.Split(doubts, "; ")
	matches := err == nil && strings.Join(found(e), "; ") == want && (doubts == "") == (len(said) == 0) && (doubts == "" || len(open) == len(said))
	for i := 0; matches && i < len(said); i++ {
		matches = strings.HasPrefix(said[i], open[i])
	}
	if !matches || strings.Contains(fmt.Sprint(e, said), "s3cret") {
		t.Errorf("%.200q: found %q, open %q, %v", text, found(e), said, err)
	}
}

// Names with dots that are no hosts, and hosts that keep no data, leave nothing open.
func TestNamesWithDotsAreNotAllHosts(t *testing.T) {
	for file, text := range map[string]string{".env": dotted, "compose.yaml": dottedCompose, "deploy.yaml": dottedCluster} {
		e, err := ParseEnv(file, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, d := range e.Doubts {
			t.Errorf("%s:%d: %s is open: %s", file, d.Line, d.Key, d.Why)
		}
		for _, p := range e.Places {
			if !service(p.System) {
				t.Errorf("%s:%d: %s is %s", file, p.Line, p.Key, p)
			}
		}
	}
}

const dotted = `APP_HOST=app.example.com
APP_DOMAIN=shop.example.com
APP_URL=https://shop.example.com
DB_COLLATION=utf8mb4_0900_ai_ci
DB_USERNAME=app@tenant.example.com
DB_PASSWORD=s3cret.example.com
DB_CHARSET=en_US.UTF-8
DB_SSL_CA=/etc/ssl/certs/rds-ca.pem
DB_SSLROOTCERT=global-bundle.pem
DB_ALLOWED_IPS=10.0.0.0/8
DB_LOG=db.log
LOG_CONFIG=logback.xml
CACHE_CLASS=org.springframework.cache.RedisCache
QUEUE_NAME=shop.orders
ORDERS_QUEUE=shop.orders.created
KAFKA_TOPIC=orders.created.v1
KAFKA_GROUP_ID=shop.app
SUPPORT_EMAIL=dba@db.example.com
ALERTS=oncall@db.example.com,team@mysql.example.com
STRIPE_HOST=api.stripe.com
STRIPE_URL=https://api.stripe.com/v1
SENTRY_DSN=https://k@o1.ingest.sentry.io/5
MAILER_DSN=smtp://user:s3cret@smtp.example.com:587
NOTIFIER_DSN=slack://s3cret@default?channel=x
OTEL_EXPORTER_OTLP_ENDPOINT=http://otel.example.com:4317
STATSD_HOST=statsd.example.com
POSTGRES_VERSION=16.2
REDIS_VERSION=7.2.4-alpine
POSTGRES_IMAGE=docker.io/library/postgres:16.2
spring.datasource.driver-class-name=org.postgresql.Driver
SPRING_JPA_DATABASE_PLATFORM=org.hibernate.dialect.PostgreSQLDialect
spring.datasource.hikari.driverClassName=com.mysql.cj.jdbc.Driver
spring.liquibase.change-log=classpath:db/changelog/db.changelog-master.yaml
spring.sql.init.schema-locations=classpath:schema.sql
spring.kafka.consumer.value-deserializer=org.apache.kafka.common.serialization.StringDeserializer
spring.kafka.properties.spring.json.trusted.packages=com.example.events
DATABASE_ENGINE=django.db.backends.postgresql
DJANGO_SETTINGS_MODULE=shop.db.settings
CACHE_BACKEND=django.core.cache.backends.redis.RedisCache
LOGGING=org.hibernate.SQL=DEBUG
JAVA_OPTS=-Xmx1g -javaagent:/opt/agent.jar -Dhttp.proxyHost=proxy.example.com -Dlog4j.configurationFile=log4j2.xml
DOCS=see https://www.postgresql.org/docs/ and https://redis.io/commands
DATABASE_HELP="ask in https://wiki.example.com/db"
LDAP_BASE_DN=dc=example,dc=org
REDIS_CONF=redis.conf
PG_DUMP=backup.sql.gz
DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
GIT_REPO=git@github.com:acme/db.git
`

const dottedCompose = `services:
  db:
    image: docker.io/library/postgres:16.2
    command: postgres -c config_file=/etc/postgresql.conf -c shared_buffers=256MB
    environment: {POSTGRES_INITDB_ARGS: --locale=C.UTF-8 --data-checksums}
    healthcheck: {test: ["CMD-SHELL", "pg_isready -U app -h 127.0.0.1 -d db.example"]}
    ports: ["127.0.0.1:5432:5432"]
    volumes: ["./init.sql:/docker-entrypoint-initdb.d/init.sql", "db_data:/var/lib/postgresql/data"]
    labels: [traefik.enable=true, "traefik.http.routers.db.rule=Host('shop.example.com')"]
  shop:
    image: ghcr.io/acme/shop:1.2.3
    command: ["./wait-for-it.sh", "db:5432", "--", "java", "-jar", "app.jar"]
`

const dottedCluster = `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  labels: {app.kubernetes.io/name: shop, helm.sh/chart: postgresql-12.1.2}
  annotations: {x: cert-manager.io/cluster-issuer}
spec:
  imageName: ghcr.io/cloudnative-pg/postgresql:16.1
  args: ["--collector.mysqld.foo", "--web.listen-address=:9104", "--config=/etc/app/config.yaml"]
  redis: {podAnnotations: {a.b.io: x}}
  elasticsearch: {image: docker.elastic.co/elasticsearch/elasticsearch:8.1}
---
apiVersion: v1
kind: ConfigMap
data:
  logback.xml: |
    <configuration>
      <appender name="DB" class="ch.qos.logback.classic.db.DBAppender"/>
      <logger name="org.hibernate.SQL" level="debug"/>
    </configuration>
  nginx.conf: |
    server_name shop.example.com;
    location / { proxy_pass http://app.example.com:8080; }
  init.sql: |
    CREATE DATABASE shop; -- see https://wiki.example.com
    GRANT ALL ON shop.orders TO 'app'@'%';
`

// What a file repeats is read a bounded number of times, and it says so.
func TestRepeatedValuesAreNotReadOverAndOver(t *testing.T) {
	for file, text := range map[string]string{
		"x.yaml": "a: &a \"x=1 " + strings.Repeat("db.example.test redis:// ", 20_000) + "\"\nb: [" + strings.Repeat("*a,", 40_000) + "]\n",
		".env":   "B=" + strings.Repeat("db.example.test ", 3_000) + "\nA=" + strings.Repeat("${B}", 100_000) + "\n",
	} {
		env, err := ParseEnv(file, []byte(text))
		if len(env.Doubts) == 0 || len(env.Doubts) > 500 {
			t.Errorf("%s: %d doubts", file, len(env.Doubts))
		}
		if file == "x.yaml" && (err == nil || !strings.Contains(err.Error(), "too many entries")) {
			t.Errorf("%s is cut without a word: %v", file, err)
		}
	}
}
