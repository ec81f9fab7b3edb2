package splunkdest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// Acknowledgement by the indexers: each request has a number on the driver's channel, and the collector is asked
// for it until it says that the events are indexed.
// See https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck.
const (
	ackPath       = "/services/collector/ack"
	channelHeader = "X-Splunk-Request-Channel"

	// An indexer that is at rest acknowledges within a second; one that is not is not to be asked often.
	firstWait = 100 * time.Millisecond
	longWait  = 5 * time.Second
)

// acknowledged makes a protocol wait for the indexers.
func acknowledged(p *httpdest.Protocol) {
	channel := newChannel()
	p.Prepare = func(r *http.Request, _ *destination.Batch) { r.Header.Set(channelHeader, channel) }
	p.Confirm = func(ctx context.Context, r *httpdest.Response, ask httpdest.Ask) error {
		return confirm(ctx, r, func(ctx context.Context, body []byte) (*httpdest.Response, error) {
			return ask(ctx, ackPath, http.Header{channelHeader: {channel}}, body)
		})
	}
}

// confirm waits until the request with the answer r is indexed.
func confirm(ctx context.Context, r *httpdest.Response, ask func(context.Context, []byte) (*httpdest.Response, error)) error {
	var taken struct {
		ID *int64 `json:"ackId"`
	}
	if err := json.Unmarshal(r.Body, &taken); err != nil || taken.ID == nil {
		return destination.Retry(fmt.Errorf("%s: the answer has no ackId: the token has no indexer acknowledgement; enable it, or leave out ack", r.Target), 0)
	}
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		if err := sleep(ctx, wait); err != nil {
			return fmt.Errorf("%s: the indexers have not acknowledged: %w", r.Target, err)
		}
		answer, err := ask(ctx, fmt.Appendf(nil, `{"acks":[%d]}`, *taken.ID))
		if err != nil {
			return err
		}
		if done, err := indexed(answer, *taken.ID); done || err != nil {
			return err
		}
	}
}

// indexed reads the answer to the question whether a request is indexed. A collector that is busy is asked again.
func indexed(r *httpdest.Response, id int64) (bool, error) {
	var answer struct {
		Acks map[string]bool `json:"acks"`
	}
	switch {
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		return false, nil
	case r.Status != http.StatusOK:
		return false, destination.Retry(r.Failure(), r.RetryAfter())
	}
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return false, destination.Retry(fmt.Errorf("%s: %s is not what the collector answers: %w", r.Target, ackPath, err), 0)
	}
	return answer.Acks[fmt.Sprint(id)], nil
}

// sleep returns the cause when ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// newChannel is a random UUID (RFC 9562, version 4): numbers of requests count on one channel, and no other may have ours.
func newChannel() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
