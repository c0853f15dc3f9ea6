// Package recipe reads what a tester has at hand - a curl command copied from a
// browser, a HAR file, vegeta's targets - and makes the crosstalk.yaml of it
// that walks the same requests: journeys with their login, values saved from one
// answer for the next request, secrets as ${NAME}.
//
// A Recipe is always written as YAML and read back by the strict reader of the
// session, so what is imported has passed everything that a file written by hand
// has to pass, and no value can become a key. Secrets never stand in the YAML:
// they are given to the reader as if they were environment variables, so that
// every mask that hides those hides these.
package recipe
