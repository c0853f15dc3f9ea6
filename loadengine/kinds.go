package loadengine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// kindAstray is the kind of an answer that leads where load may not go, or to what
// is no address, of a step that does not expect it.
const kindAstray = "redirect not followed"

// classify names the kind of a failure without a response. The words are few
// and fixed, unlike the messages, which carry URLs and ports.
func classify(err error) string {
	var (
		dns   *net.DNSError
		plain tls.RecordHeaderError
		cert  *tls.CertificateVerificationError
		host  x509.HostnameError
		auth  x509.UnknownAuthorityError
		alert tls.AlertError
		op    *net.OpError
		timed net.Error
		proxy *ProxyError
	)
	switch {
	case errors.Is(err, errForbidden):
		return "forbidden"
	case errors.Is(err, errHost):
		return "host not allowed"
	case errors.Is(err, errRedirects):
		return "too many redirects"
	case errors.As(err, &proxy):
		return "proxy refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &plain), errors.As(err, &cert), errors.As(err, &host), errors.As(err, &auth), errors.As(err, &alert),
		errors.As(err, &op) && op.Op == "remote error": // an alert that TLS got from the other side
		return "tls"
	}
	if kind := classifyNumber(err); kind != "" {
		return kind
	}
	switch {
	case errors.As(err, &timed) && timed.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		return "closed"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "not http"
	default:
		return "other"
	}
}

// classifyNumber knows the numbers of the operating system, Winsock's included:
// the syscall package does not map those to the names.
func classifyNumber(err error) string {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return ""
	}
	switch {
	case no == syscall.ECONNREFUSED, no == 10061:
		return "refused"
	case no == syscall.ECONNRESET, no == syscall.EPIPE, no == syscall.ECONNABORTED, no == 10053, no == 10054:
		return "reset"
	case no == syscall.EADDRNOTAVAIL, no == 10048, no == 10049:
		return "no free port here"
	case no == syscall.EMFILE, no == syscall.ENFILE, no == 10024:
		return "too many open files here"
	case no == syscall.EHOSTUNREACH, no == syscall.ENETUNREACH, no == 10051, no == 10065:
		return "unreachable"
	default:
		return ""
	}
}
