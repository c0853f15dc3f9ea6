package recipe

// curlFlag is what a flag of curl's is to us.
type curlFlag struct {
	value bool   // it takes one
	use   string // the name under which command.flag knows it; empty: it changes nothing that load sends
	no    string // why it cannot be taken over, and what to do
}

const (
	skipFlag = ""
)

// curlShort are curl's short flags by their long names.
var curlShort = map[byte]string{
	'0': "http1.0", '1': "tlsv1", '4': "ipv4", '6': "ipv6", '#': "progress-bar", ':': "next", 'A': "user-agent", 'a': "append",
	'b': "cookie", 'B': "use-ascii", 'c': "cookie-jar", 'C': "continue-at", 'd': "data", 'D': "dump-header", 'e': "referer", 'E': "cert",
	'f': "fail", 'F': "form", 'g': "globoff", 'G': "get", 'H': "header", 'i': "include", 'I': "head", 'j': "junk-session-cookies",
	'J': "remote-header-name", 'k': "insecure", 'K': "config", 'l': "list-only", 'L': "location", 'm': "max-time", 'M': "manual", 'n': "netrc",
	'N': "no-buffer", 'o': "output", 'O': "remote-name", 'p': "proxytunnel", 'q': "disable", 'r': "range", 'R': "remote-time",
	's': "silent", 'S': "show-error", 't': "telnet-option", 'T': "upload-file", 'u': "user", 'U': "proxy-user", 'v': "verbose", 'w': "write-out",
	'x': "proxy", 'X': "request", 'Y': "speed-limit", 'y': "speed-time", 'Z': "parallel", 'z': "time-cond",
}

// curlLong are curl's flags that are taken over, passed over or refused with a
// reason. Any other is named as unknown.
var curlLong = func() map[string]curlFlag {
	all := map[string]curlFlag{}
	for _, name := range []string{"request", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string",
		"user", "cookie", "user-agent", "referer", "url", "url-query", "max-time", "oauth2-bearer", "cacert", "cert", "key", "range"} {
		all[name] = curlFlag{value: true, use: name}
	}
	for _, name := range []string{"get", "globoff", "head", "insecure"} {
		all[name] = curlFlag{use: name}
	}
	for _, name := range []string{"silent", "show-error", "verbose", "include", "show-headers", "fail", "fail-with-body", "fail-early", "progress-bar", "no-progress-meter",
		"no-buffer", "location", "location-trusted", "compressed", "path-as-is", "ipv4", "ipv6", "http1.0", "http1.1", "http2", "http2-prior-knowledge",
		"http3", "no-keepalive", "no-alpn", "no-npn", "tcp-nodelay", "tcp-fastopen", "remote-name", "remote-header-name", "remote-time", "disable", "basic", "parallel",
		"post301", "post302", "post303", "ssl-no-revoke", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "create-dirs", "raw", "junk-session-cookies",
		"styled-output", "no-styled-output", "trace-time", "retry-all-errors", "retry-connrefused", "no-sessionid", "clobber", "no-clobber"} {
		all[name] = curlFlag{use: skipFlag}
	}
	for _, name := range []string{"output", "write-out", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr", "output-dir", "connect-timeout", "retry",
		"retry-delay", "retry-max-time", "max-redirs", "limit-rate", "keepalive-time", "ciphers", "tls13-ciphers", "tls-max", "expect100-timeout", "speed-limit",
		"speed-time", "max-filesize", "happy-eyeballs-timeout-ms", "dns-servers", "interface", "local-port", "curves", "parallel-max"} {
		all[name] = curlFlag{value: true, use: skipFlag}
	}
	for name, no := range map[string]string{
		"proxy": "load goes where the URL says: leave it out", "proxy-user": "load goes where the URL says: leave it out", "socks5": "load goes where the URL says: leave it out",
		"socks5-hostname": "load goes where the URL says: leave it out", "preproxy": "load goes where the URL says: leave it out",
		"resolve": "write the address into the URL, and the name as -H 'Host: NAME'", "connect-to": "write the address into the URL, and the name as -H 'Host: NAME'",
		"upload-file": "write -X PUT --data-binary @FILE", "config": "write its flags into the command", "unix-socket": "load needs a host and port",
		"abstract-unix-socket": "load needs a host and port", "aws-sigv4": "a signature holds for one request only: use a token",
		"cert-type": "convert the certificate to PEM", "key-type": "convert the key to PEM", "pass": "take the passphrase off the key: openssl pkey -in KEY -out NEW",
		"netrc-file": "write the user as -u or as a header", "time-cond": "write it as -H 'If-Modified-Since: ...'", "continue-at": "write it as -H 'Range: bytes=N-'",
		"telnet-option": "only http and https are loaded", "request-target": "write the path into the URL", "etag-compare": "write it as -H 'If-None-Match: ...'",
		"variable": "write the value where it is used",
	} {
		all[name] = curlFlag{value: true, no: no}
	}
	for name, no := range map[string]string{
		"next": "give each request as a --curl of its own", "digest": "log in by a token or by a form", "ntlm": "log in by a token or by a form",
		"negotiate": "log in by a token or by a form", "anyauth": "say -u alone, which is basic", "netrc": "write the user as -u or as a header", "netrc-optional": "write the user as -u or as a header",
		"proxytunnel": "load goes where the URL says: leave it out", "list-only": "only http and https are loaded", "append": "only http and https are loaded",
		"use-ascii": "only http and https are loaded", "manual": "write a URL",
	} {
		all[name] = curlFlag{no: no}
	}
	return all
}()
