package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"crosstalk/loadengine"
	"crosstalk/session/recipe"
)

// page is what an answer of the journey showed, for what a later form should have
// sent.
type page struct {
	step, body string
	html       bool
}

func pageOf(x loadengine.Exchange) page {
	kind := ""
	if n := len(x.Hops); n > 0 {
		kind = http.Header(x.Hops[n-1].Answer).Get("Content-Type")
	}
	return page{step: x.Step, body: string(x.Body), html: strings.Contains(kind, "html")}
}

// remedies say what likely helps, the likeliest first. They may hold secrets.
func (t *trial) remedies(x loadengine.Exchange, step loadengine.Step) []string {
	host := t.cfg.Staging.URL
	if n := len(x.Hops); n > 0 {
		if u, err := url.Parse(x.Hops[n-1].URL); err == nil {
			host = u.Host
		}
	}
	if via := t.proxy(x); via != "" && slices.Contains([]string{"dns", "refused", "unreachable"}, x.Kind) {
		return []string{fmt.Sprintf("the proxy %s cannot be reached: is it up? NO_PROXY=%s goes without it", via, host)}
	}
	if refused, ok := errors.AsType[*loadengine.ProxyError](x.Err); ok {
		return []string{remedyProxy(refused.Proxy, refused.Status, host)}
	}
	switch x.Kind {
	case "dns":
		return []string{fmt.Sprintf("the name %s is not known here: check its spelling, the VPN and the name server", host)}
	case "refused":
		return []string{fmt.Sprintf("nothing listens at %s: is staging up, and is the port right?", host)}
	case "unreachable":
		return []string{fmt.Sprintf("no way leads to %s: check the VPN and the network", host)}
	case "tls":
		return []string{remedyTLS(x.Err, host)}
	case "timeout":
		return []string{fmt.Sprintf("no whole answer of %s in time: is it reachable (VPN, firewall)? %s", host, slower(step))}
	case "closed", "reset":
		return []string{fmt.Sprintf("%s hangs up: look at its log; a proxy before it may refuse this machine", host)}
	case "not http":
		return []string{fmt.Sprintf("%s does not speak http here: is it https, or another port?", host)}
	case "too many redirects":
		return []string{"the redirects go round: often a cookie that is not kept, or a login that does not hold. Walk the login as once steps"}
	case "bad url":
		return []string{"a saved value makes no URL of it: look at what the steps before saved"}
	case "host not allowed":
		return []string{"add the host to staging.hosts"}
	case "expect body", "expect json":
		return append(notJSON(x, x.Kind == "expect json"), "look at the start of the answer: correct the step, or what it expects")
	}
	if name, ok := strings.CutPrefix(x.Kind, "save "); ok {
		return append(notJSON(x, strings.HasPrefix(step.Save[name], "$")), fmt.Sprintf("look at the start of the answer, and correct save: {%s: ...}", name))
	}
	if strings.HasPrefix(x.Kind, "status ") {
		return t.remedyStatus(x, step)
	}
	return []string{"look at staging's log at this time"}
}

// slower says how a step gets more time.
func slower(step loadengine.Step) string {
	if step.Timeout > 0 {
		return fmt.Sprintf("The step is given up after %s, as its timeout says", step.Timeout)
	}
	return "A slow step takes timeout: 60s"
}

// proxy names the proxy of the environment by which a step goes; "" where it
// goes by none.
func (t *trial) proxy(x loadengine.Exchange) string {
	n := len(x.Hops)
	if n == 0 {
		return ""
	}
	u, err := url.Parse(x.Hops[n-1].URL)
	if err != nil {
		return ""
	}
	via, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}

// remedyProxy says what helps when a proxy does not lead on.
func remedyProxy(via string, status int, host string) string {
	without := fmt.Sprintf("NO_PROXY=%s goes without it", host)
	switch status {
	case http.StatusProxyAuthRequired:
		return fmt.Sprintf("the proxy %s wants a login: put user and password before its address in HTTPS_PROXY and HTTP_PROXY, or %s", via, without)
	case http.StatusForbidden:
		return fmt.Sprintf("the proxy %s lets nobody through to %s: have it allowed there, or %s", via, host, without)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Sprintf("the proxy %s does not reach %s: is staging up, and does the proxy know its name? %s", via, host, without)
	}
	return fmt.Sprintf("the proxy %s refuses to lead on to %s: look at its log, or %s", via, host, without)
}

func remedyTLS(err error, host string) string {
	var plain tls.RecordHeaderError
	var name x509.HostnameError
	var who x509.UnknownAuthorityError
	var bad x509.CertificateInvalidError
	switch {
	case errors.As(err, &plain):
		return fmt.Sprintf("%s speaks plain http at this port: write http://", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is for another name: use the name it is for", host)
	case errors.As(err, &who):
		return fmt.Sprintf("nobody here knows who signed the certificate of %s: staging: {ca: FILE} names its authority", host)
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired, or this clock is wrong", host)
	default:
		return fmt.Sprintf("no secure connection to %s: does it want a client certificate (staging: {cert: FILE, key: FILE})?", host)
	}
}

// notJSON says that an answer is of another kind than the step reads.
func notJSON(x loadengine.Exchange, wanted bool) []string {
	if !wanted || len(x.Hops) == 0 {
		return nil
	}
	kind := http.Header(x.Hops[len(x.Hops)-1].Answer).Get("Content-Type")
	switch {
	case strings.Contains(kind, "json"):
		return nil
	case strings.Contains(kind, "html"):
		return []string{"the answer is a page, not JSON: often a login or error page"}
	default:
		return []string{fmt.Sprintf("the answer is of type %q, not JSON: does the step need headers: {Accept: application/json}?", kind)}
	}
}

func (t *trial) remedyStatus(x loadengine.Exchange, step loadengine.Step) []string {
	last := loadengine.Hop{}
	if n := len(x.Hops); n > 0 {
		last = x.Hops[n-1]
	}
	reads := last.Method == http.MethodGet || last.Method == http.MethodHead
	if csrf := t.csrf(x); csrf != "" && slices.Contains([]int{400, 401, 403, 419, 422}, x.Status) {
		return []string{csrf}
	}
	switch via := t.proxy(x); {
	case x.Status == http.StatusProxyAuthRequired && via != "":
		return []string{remedyProxy(via, x.Status, hostOf(last.URL))}
	case x.Status < 400:
		return []string{fmt.Sprintf("the step expects %s: correct the step, or write expect: %d", step.Expect.Status, x.Status)}
	case (x.Status == 401 || x.Status == 403) && len(t.plan.Withheld(step)) > 0:
		return []string{fmt.Sprintf("%s of staging.headers is for staging's own host alone: if %s needs it, give the step headers of its own", strings.Join(t.plan.Withheld(step), ", "), hostOf(last.URL))}
	case x.Status == 401 && http.Header(last.Header).Get("Authorization") != "":
		return []string{"the credentials are not taken: is the variable's value current, and is it staging's?"}
	case x.Status == 401:
		return []string{"nobody is logged in: give headers: {Authorization: \"Bearer ${STAGING_TOKEN}\"}, or log in by once: [...] and save the token"}
	case x.Status == 403 && !reads:
		return []string{"this user may not, or a form's hidden token (CSRF) is missing: get the form first, save the token, and send it along"}
	case x.Status == 403:
		return []string{"this user may not see it, or a firewall refuses this machine"}
	case x.Status == 404:
		return []string{fmt.Sprintf("%s is not there: check the path, and whether staging.url needs one too", pathOf(last.URL))}
	case x.Status == 405:
		return []string{fmt.Sprintf("%s is not for %s: check the method", pathOf(last.URL), last.Method)}
	case x.Status == 406:
		return []string{"it does not give the type that is asked for: check headers: {Accept: ...}"}
	case x.Status == 415:
		kind := http.Header(last.Header).Get("Content-Type")
		return []string{fmt.Sprintf("it does not know the type that is sent (%q): use json: or form:, or say headers: {Content-Type: ...}", kind)}
	case x.Status == 419:
		return []string{"the form's hidden token (CSRF) is missing or stale: get the form first, save the token, and send it along"}
	case x.Status == 429:
		return []string{"it limits how often one may ask: wait, or have this machine let through before a load"}
	case x.Status < 500:
		return []string{"it does not like what is sent: the start of the answer often says what"}
	case x.Status == 502 || x.Status == 503 || x.Status == 504:
		return []string{"the server behind is away or too slow: is staging up as a whole?"}
	default:
		return []string{"the server failed: one user is enough for it, so this is a finding already. Look at its log"}
	}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return address
}

func pathOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Path
	}
	return address
}

// csrf names a hidden field of an earlier page that the request should have sent.
func (t *trial) csrf(x loadengine.Exchange) string {
	if len(x.Hops) == 0 || x.Hops[0].Method == http.MethodGet {
		return ""
	}
	sent := string(x.Hops[0].Body)
	for _, p := range slices.Backward(t.pages) {
		if !p.html {
			continue
		}
		names, save := recipe.CSRFFields(p.body)
		for i, name := range names {
			if !strings.Contains(sent, url.QueryEscape(name)) && !strings.Contains(sent, name) {
				return fmt.Sprintf("the page of %q has a hidden field %s, which this step does not send. There: save: {csrf: {regex: '%s'}}; here: form: {%s: \"{{csrf}}\"}",
					p.step, name, strings.ReplaceAll(save[i], "'", "''"), name)
			}
		}
	}
	return ""
}
