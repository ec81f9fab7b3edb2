package httpdest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// What a status means for a batch:
//
//	2xx            every record has arrived
//	400, 413, 422  the target does not take these records: rejected; of several, the one at fault is searched
//	all others     retried, not before what Retry-After says
//
// Retried is more than what a time or a server's state heals. Wrong credentials (401, 403), a wrong path or method
// (404, 405), a redirect to elsewhere (3xx) are mended by somebody, and the records wait in the journal until then; to call
// them rejected would make dead letters of all of them. The batch is seen as failing in health.

// Outcome is what an answer means that no vendor's rule is about.
func Outcome(r *Response) error {
	switch {
	case r.Status >= 200 && r.Status < 300:
		return nil
	case r.Status == http.StatusBadRequest, r.Status == http.StatusRequestEntityTooLarge, r.Status == http.StatusUnprocessableEntity:
		return destination.Reject(r.Failure())
	}
	return destination.Retry(r.Failure(), r.RetryAfter())
}

// Failure is the answer as an error: status and the beginning of the body.
func (r *Response) Failure() error {
	text := fmt.Sprintf("%s: %d %s", r.Target, r.Status, http.StatusText(r.Status))
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		text += ", are the credentials right?"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		text += ", is the path of the URL right?"
	}
	if r.Status >= 300 && r.Status < 400 {
		text += ", a redirect that leads to another host or would change the request is not followed; write the final URL"
	}
	if more := r.Excerpt(string(r.Body)); more != "" {
		text += ": " + more
	}
	return errors.New(text)
}

// RetryAfter is the delay that the header Retry-After asks for, in seconds or as a date; 0 if it is missing or makes no sense.
// See RFC 9110, section 10.2.3.
func (r *Response) RetryAfter() time.Duration { return retryAfter(r.Header, time.Now()) }

func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		const most = 366 * 24 * 60 * 60
		return time.Duration(min(max(seconds, 0), most)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
