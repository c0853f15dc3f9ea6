package session

import (
	"cmp"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// masked stands where a secret was.
const masked = "***"

// A secret shorter than this is masked where it was put in, and not wherever the same letters turn up: "1" or
// "on" would take every text apart.
const shortSecret = 4

// Parts of the patterns below.
const (
	noPort       = `:\d*[^\d\s/?#@,;)>\]"']`
	login        = `[^\s/:@,;=("'<>{}\[\]]+:(?:[^\s/]|/[^\s/])`
	passwordName = `password|passwd|passphrase|pwd|(?:api|access|secret|private)[_-]?key`
	marks        = "[\\\\\"'*_`]{0,3}"
	quoted       = `\\"(?:[^"\\\n]|\\\\\\"|\\[^"\n])*(?:\\")?|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?`
)

var (
	configTemplate = regexp.MustCompile(`\{\{[^{}]*\}\}`)
	onlyTemplate   = regexp.MustCompile(`^(?:[A-Za-z]+ )?\{\{[^{}]*\}\}$`)

	// user:password@ of an address on the web, up to the last @ before the path: a password may hold one.
	userInURL = regexp.MustCompile(`^[^/\s?#]*@`)
	// What stands before the path there and is no host and port: a password with a / in it goes on.
	noHost = regexp.MustCompile(`^[^\[/\s?#@]*` + noPort)
	// A URL whose password goes on behind a space or on the next line.
	userBroken = regexp.MustCompile(`^[^\[/\s?#@]*(?:` + noPort + `[^\s@]*|:)\s+\S*@`)
	scheme     = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://`)
	web        = regexp.MustCompile(`(?i)^(?:https?|wss?)://$`)
	// A quote that closes a text and does not stand within one.
	closingQuote = regexp.MustCompile(`\\?"(?:[\s,;:>)}\]\\]|$)`)
	// user:password@tcp(host:port)/ as MySQL's drivers have it; the password may hold anything but a space.
	userInMySQL = regexp.MustCompile(`\S*@((?:tcp[46]?|unix)\()`)
	// The same without the network's name: user:password@(host:port)/, user:password@/.
	userAlone = regexp.MustCompile(login + `\S*@[(/]`)
	// The same with a bare host: user:password@host:port/.
	userAtHost = regexp.MustCompile(login + `[^\s"]*@(?:sha256:|[\w\[])`)
	schemes    = regexp.MustCompile(`^[^/]*://`)
	// The scheme, mailto:ann@host, and the port of host:80/ann@host or a time's minutes.
	noLogin = regexp.MustCompile(`^(?:[^/]*://|(?i:mailto|sip|acct|xmpp):|[^:]*:\d{1,5}[/?#,:])`)
	// jdbc:oracle:thin:user/password@...
	userInOracle = regexp.MustCompile(`(?i)(oracle:[a-z0-9]+:)\S*@`)
	// password=... in data sources and queries, DB_PASSWORD="...".
	namedSecret = regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:` + passwordName + `|secret|token)` + marks + `[ \t]*=[ \t]*)(` + quoted + `|[^\s&;,"']+(?:,[^\s&;,"']+)*)`)
	// DB_PASSWORD: ..., "password":"...", **Password:** ... as YAML, JSON and chats have them. A token or a secret
	// counts only as part of a name: people write of them.
	saidSecret = regexp.MustCompile(`(?i)((?:[a-z0-9_.-]*(?:` + passwordName + `)|[a-z0-9_."'-]+(?:secret|token))` + marks + `[ \t]*:(?:[*_]{1,2}[ \t]|[ \t])*)(` + quoted + `|[^\s"',](?:[^\s"]*[^\s",])?)`)
	// What stands there and is none, or is masked or shortened already.
	noSecret = regexp.MustCompile(`(?i)^(?:\*+|.{0,2}…\(\d+\)|yes|no|true|false|null|none|\{\{[^{}]*\}\})[).,;}\]]*$`)
	// A header of this kind in a text.
	inHeader = regexp.MustCompile(`(?i)(authorization["']?\s*:\s*["']?)(?:[A-Za-z]+\s+)?[^\s"',}]+`)
)

// secretWords are parts of the names of headers and fields whose values nobody should read.
var secretWords = []string{"authorization", "cookie", "password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "credential", "privatekey", "signature"}

// isSecretName tells by its name whether a header or field holds a secret.
func isSecretName(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}

// Mask replaces what must not be read by *** in any text: the values that came from the environment, the hosts
// that they name, secret headers of the config, and passwords that show by their form (in URLs and data sources,
// as password=...).
func (c *Config) Mask(s string) string {
	if m, ok := c.inPlace[s]; ok {
		s = m
	}
	replace := c.replace
	if replace == nil {
		replace = c.replacer()
	}
	return maskPatterns(replace.Replace(s))
}

// maskPatterns replaces passwords that show by their form.
func maskPatterns(s string) string {
	s = maskUsers(s)
	if strings.Contains(s, "@") {
		s = userInMySQL.ReplaceAllString(s, masked+"@$1")
		s = userInOracle.ReplaceAllString(s, "${1}"+masked+"@")
		s = maskLogins(userAlone, schemes, s)
		s = maskLogins(userAtHost, noLogin, s)
	}
	if strings.Contains(s, "=") {
		s = maskNamed(namedSecret, s)
	}
	if strings.Contains(s, ":") {
		s = maskNamed(saidSecret, s)
		s = inHeader.ReplaceAllString(s, "${1}"+masked)
	}
	return s
}

// maskNamed replaces the values that stand behind the name of a secret. Their quotes stay.
func maskNamed(pattern *regexp.Regexp, s string) string {
	return pattern.ReplaceAllStringFunc(s, func(pair string) string {
		m := pattern.FindStringSubmatch(pair)
		bare := strings.TrimLeft(m[2], "\\\"'`")
		quote := m[2][:len(m[2])-len(bare)]
		if bare == "" || pattern == saidSecret && noSecret.MatchString(strings.TrimRight(bare, "\\\"'`")) {
			return pair
		}
		return m[1] + quote + masked + quote
	})
}

// maskLogins replaces user:password@ where no scheme stands before it; none is what a login may begin with and is
// not of it.
func maskLogins(pattern, none *regexp.Regexp, s string) string {
	return pattern.ReplaceAllStringFunc(s, func(login string) string {
		at := strings.LastIndexByte(login, '@')
		if part := none.FindString(login); part != "" {
			return part + maskLogins(pattern, none, login[len(part):])
		}
		if strings.HasPrefix(login[at:], "@sha256:") || strings.Contains(strings.ToLower(login), "oracle:") {
			return login // a digest, or masked already
		}
		return masked + login[at:]
	})
}

// maskUsers replaces user:password@ in URLs. Those of data stores hold what hardly anybody escapes there: up to the
// last @ of what no space and no closing quote ends, all of it goes.
func maskUsers(s string) string {
	if !strings.Contains(s, "://") || !strings.Contains(s, "@") {
		return s
	}
	var b strings.Builder
	for {
		at := scheme.FindStringIndex(s)
		if at == nil {
			break
		}
		kind, rest := s[at[0]:at[1]], s[at[1]:]
		b.WriteString(s[:at[1]])
		url := rest
		if end := strings.IndexFunc(url, unicode.IsSpace); end >= 0 {
			url = url[:end]
		}
		if end := closingQuote.FindStringIndex(url); end != nil {
			url = url[:end[0]]
		}
		if web.MatchString(kind) {
			user := len(userInURL.FindString(url))
			if user == 0 && noHost.MatchString(url) {
				user = strings.LastIndexByte(url, '@') + 1
			}
			if user > 0 {
				b.WriteString(masked + "@")
			}
			s = rest[user:]
			continue
		}
		if user := userBroken.FindString(rest); user != "" && !strings.Contains(url, "@") {
			b.WriteString(masked + "@")
			s = rest[len(user):]
			continue
		}
		if end := strings.LastIndexByte(url, '@'); end >= 0 {
			b.WriteString(masked)
			url, rest = url[end:], rest[end:]
		}
		b.WriteString(url)
		s = rest[len(url):]
	}
	return b.String() + s
}

// Spellings are the ways in which a value turns up in texts: as it is, as URLs
// write it, and as JSON does, with and without escapes for HTML, and with the
// slashes escaped, as PHP has them.
func Spellings(v string) []string {
	all := []string{v, url.QueryEscape(v), url.PathEscape(v)}
	for _, html := range []bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if err := e.Encode(v); err == nil {
			s := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
			all = append(all, s, strings.ReplaceAll(s, "/", `\/`))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// replacer knows every secret by its value, and as URLs and JSON write it; longer ones first, so that none
// leaves its tail behind.
func (c *Config) replacer() *strings.Replacer {
	list := c.spelledSecrets()
	pairs := make([]string, 0, 2*len(list))
	for _, s := range list {
		pairs = append(pairs, s, masked)
	}
	return strings.NewReplacer(pairs...)
}

// spelledSecrets are all secrets as they may be written, the longest first.
func (c *Config) spelledSecrets() []string {
	var list []string
	put := func(s string) {
		if len(s) < shortSecret || strings.Trim(s, "*") == "" {
			return
		}
		list = append(list, Spellings(s)...)
	}
	for _, s := range c.Secrets {
		put(s)
		put(strings.TrimSpace(s))
		// One that was given as a URL writes it comes back as it is meant.
		if plain, err := url.QueryUnescape(s); err == nil && plain != s {
			put(plain)
		}
	}
	for _, h := range c.hiddenHosts() {
		put(h)
	}
	for _, s := range c.Notify.secrets() {
		if len(s) >= 2*shortSecret {
			put(s)
		}
	}
	headers := []map[string]string{c.Staging.Headers}
	for _, j := range c.Staging.Journeys {
		for _, s := range slices.Concat(j.Once, j.Steps) {
			headers = append(headers, s.Headers)
		}
	}
	for _, k := range slices.Concat(c.Staging.Checks, c.Production.Checks, c.Control.Checks) {
		headers = append(headers, k.Headers, map[string]string{"token": k.Token})
	}
	for _, h := range headers {
		for name, v := range h {
			// A literal of a few letters may be a word of everyday language.
			if (isSecretName(name) || SecretValue(v)) && !onlyTemplate.MatchString(v) && len(v) >= 2*shortSecret {
				put(v)
				if _, bare, ok := strings.Cut(v, " "); ok && len(bare) >= 2*shortSecret {
					put(bare)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return slices.Compact(list)
}

// Masked is a deep copy in which every secret is ***: what came from the environment, passwords in URLs and data
// sources, headers and fields that hold secrets by their name, and the sources of the identity check. It leaves
// out the data rows. This copy may be written to the journal.
func (c *Config) Masked() *Config {
	m := reflect.New(reflect.TypeFor[Config]())
	copyMasked(m.Elem(), reflect.ValueOf(c).Elem(), c.Mask)
	out := m.Interface().(*Config)
	out.Secrets, out.Staging.DataRows, out.Dir = nil, nil, ""
	hide := func(s *string) {
		if *s != "" {
			*s = masked
		}
	}
	hide(&out.Identity.Staging)
	hide(&out.Identity.Production)
	hide(&out.Notify.Webhook)
	if g := out.Notify.Grafana; g != nil {
		hide(&g.Token)
	}
	maskFields(out.Staging.Headers)
	for i := range out.Staging.Journeys {
		j := &out.Staging.Journeys[i]
		for _, steps := range [][]Step{j.Once, j.Steps} {
			for k := range steps {
				maskFields(steps[k].Headers)
				maskFields(steps[k].Form)
				steps[k].JSON = maskJSON(steps[k].JSON, false)
			}
		}
	}
	for _, checks := range [][]Check{out.Staging.Checks, out.Production.Checks, out.Control.Checks} {
		for i := range checks {
			k := &checks[i]
			maskFields(k.Headers)
			hide(&k.Token)
			// Where the pattern for any text stops at a space, a password may go on.
			if at := max(strings.LastIndex(k.Address, "@tcp"), strings.LastIndex(k.Address, "@unix(")); k.Kind == "mysql" && at >= 0 {
				k.Address = masked + k.Address[at:]
			}
		}
	}
	return out
}

// maskFields hides the values whose names say that they are secret. A template alone is none.
func maskFields(m map[string]string) {
	for k, v := range m {
		if (isSecretName(k) || SecretValue(v)) && !onlyTemplate.MatchString(v) {
			m[k] = masked
		}
	}
}

// maskJSON does the same at any depth; secret is true below a name that says so.
func maskJSON(v any, secret bool) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = maskJSON(e, secret || isSecretName(k))
		}
	case []any:
		for i, e := range v {
			v[i] = maskJSON(e, secret)
		}
	case nil, bool:
	case string:
		if secret && !onlyTemplate.MatchString(v) {
			return masked
		}
	default:
		if secret {
			return masked
		}
	}
	return v
}

// copyMasked copies all exported fields, masking every text on the way, so that a field added one day cannot
// be forgotten here.
func copyMasked(to, from reflect.Value, mask func(string) string) {
	switch from.Kind() {
	case reflect.String:
		to.SetString(mask(from.String()))
	case reflect.Struct:
		for i := range from.NumField() {
			switch f := from.Type().Field(i); {
			case !f.IsExported():
			case f.Tag.Get("mask") == "no":
				// A word of our own, such as a kind or a method.
				to.Field(i).Set(from.Field(i))
			default:
				copyMasked(to.Field(i), from.Field(i), mask)
			}
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				copyMasked(to.Index(i), from.Index(i), mask)
			}
		}
	case reflect.Map:
		if !from.IsNil() {
			to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
			for it := from.MapRange(); it.Next(); {
				k, v := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
				copyMasked(k, it.Key(), mask)
				copyMasked(v, it.Value(), mask)
				to.SetMapIndex(k, v)
			}
		}
	case reflect.Pointer, reflect.Interface:
		if !from.IsNil() {
			v := reflect.New(from.Elem().Type())
			copyMasked(v.Elem(), from.Elem(), mask)
			if from.Kind() == reflect.Interface {
				v = v.Elem()
			}
			to.Set(v)
		}
	default:
		to.Set(from)
	}
}
