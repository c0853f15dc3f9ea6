package monitors

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// Windows has its own numbers for socket errors; syscall's portable names do
// not match them there. No Unix uses numbers this high.
const (
	wsaTooManyFiles    syscall.Errno = 10024
	wsaAddrNotAvail    syscall.Errno = 10049
	wsaNetDown         syscall.Errno = 10050
	wsaNetUnreachable  syscall.Errno = 10051
	wsaConnAborted     syscall.Errno = 10053
	wsaConnReset       syscall.Errno = 10054
	wsaNoBuffers       syscall.Errno = 10055
	wsaConnRefused     syscall.Errno = 10061
	longestReasonBytes               = 120
)

// failure turns the error of a probe into a Result: whose trouble it is, how
// hard, and short words for people. timeout is the check's, for the words.
func failure(err error, timeout time.Duration) Result {
	if r, ok := known(err, timeout); ok {
		return r
	}
	return Result{Hard: true, Reason: shortReason(err)}
}

// known is failure for the errors whose meaning does not depend on their text,
// which may hold what must not be shown.
func known(err error, timeout time.Duration) (Result, bool) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		// Not reaching a name server says nothing about the server itself.
		return Result{Blind: true, Reason: "name lookup of " + dns.Name + " failed"}, true
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if r, ok := socketFailure(errno); ok {
			return r, true
		}
	}
	if timed, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && timed.Timeout() {
		return Result{Hard: true, Reason: fmt.Sprintf("no answer within %v", timeout)}, true
	}
	if reason, ok := tlsReason(err); ok {
		return Result{Hard: true, Reason: reason}, true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return Result{Hard: true, Refused: true, Reason: "broke off the connection"}, true
	}
	return Result{}, false
}

func socketFailure(errno syscall.Errno) (Result, bool) {
	switch errno {
	case syscall.ECONNREFUSED, wsaConnRefused:
		return Result{Hard: true, Refused: true, Reason: "refused the connection"}, true
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, wsaConnReset, wsaConnAborted:
		return Result{Hard: true, Refused: true, Reason: "broke off the connection"}, true
	case syscall.EMFILE, syscall.ENFILE, wsaTooManyFiles:
		return Result{Blind: true, Reason: "this machine has no file handle left for the check"}, true
	case syscall.EADDRNOTAVAIL, syscall.ENOBUFS, wsaAddrNotAvail, wsaNoBuffers:
		return Result{Blind: true, Reason: "this machine has no free port left for the check"}, true
	case syscall.ENETUNREACH, syscall.ENETDOWN, wsaNetUnreachable, wsaNetDown:
		return Result{Blind: true, Reason: "this machine has no route to the server"}, true
	}
	return Result{}, false
}

// tlsReason words what is wrong with the server's TLS; false when the error is
// about something else.
func tlsReason(err error) (string, bool) {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the TLS certificate is expired or not yet valid", true
	}
	if is[x509.UnknownAuthorityError](err) {
		return "the TLS certificate is signed by nobody this machine trusts", true
	}
	if is[x509.HostnameError](err) {
		return "the TLS certificate is for another name", true
	}
	if is[*tls.CertificateVerificationError](err) {
		return "the TLS certificate was not accepted", true
	}
	if is[tls.RecordHeaderError](err) {
		return "did not answer with TLS", true
	}
	if alert, ok := errors.AsType[tls.AlertError](err); ok {
		return "TLS: " + alert.Error(), true
	}
	return "", false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// shortReason drops the URL that net/http puts before an error: it may carry a
// secret, and the check's name says it already.
func shortReason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return plain(err.Error())
}

// plain makes a text from elsewhere fit for a reason: one short line without
// anything a terminal would act on.
func plain(s string) string {
	// What is cut off anyway need not be looked at.
	s = s[:min(len(s), 8*longestReasonBytes)]
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > longestReasonBytes {
		s = strings.ToValidUTF8(s[:longestReasonBytes], "") + "..."
	}
	return s
}
