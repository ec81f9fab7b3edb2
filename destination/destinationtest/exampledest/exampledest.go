// Package exampledest is the driver that docs/DRIVERS.md explains: it posts batches of lines to a web server.
package exampledest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a driver.
type Options struct {
	// URL to post to. Required; it may hold a user and a password.
	URL string
	// Connections is the number of requests at once, where order does not matter. Default: 4.
	Connections int
}

// Driver posts batches.
type Driver struct {
	url         *url.URL
	connections int
	client      *http.Client
}

// New returns a driver. It does not connect: a server that is down is a failure that heals.
func New(o Options) (*Driver, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("url: give the address of a server, such as https://collector:8443/logs") // not err: it shows the password
	}
	if o.Connections <= 0 {
		o.Connections = 4
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost = o.Connections, o.Connections
	return &Driver{url: u, connections: o.Connections, client: &http.Client{Transport: t}}, nil
}

// Deliver implements destination.Driver. The worker has set the time limit of ctx.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	return d.do(ctx, http.MethodPost, b.Data, destination.BatchKey(b))
}

// Probe implements destination.Prober.
func (d *Driver) Probe(ctx context.Context) error { return d.do(ctx, http.MethodHead, nil, "") }

func (d *Driver) do(ctx context.Context, method string, body []byte, key string) error {
	req, err := http.NewRequestWithContext(ctx, method, d.url.String(), bytes.NewReader(body))
	if err != nil {
		return destination.Retry(errors.New("the request can't be made"), 0)
	}
	if key != "" {
		req.Header.Set("Content-Type", "application/x-ndjson")
		req.Header.Set("Idempotency-Key", key) // the same for every try: a server that knows it takes the batch once
	}
	res, err := d.client.Do(req)
	if err != nil {
		var u *url.Error // whose text shows the URL, and a password with it
		if errors.As(err, &u) {
			err = u.Err
		}
		return destination.Retry(err, 0)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
	return outcome(res)
}

// outcome is the error table: it says what each answer means for the batch.
func outcome(res *http.Response) error {
	err := fmt.Errorf("the server answers %s", http.StatusText(res.StatusCode))
	switch res.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return destination.Reject(err) // as it is, it will never be taken
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return nil
	}
	return destination.Retry(err, retryAfter(res)) // 401 and 404 too: somebody can mend them, and nothing is lost until then
}

func retryAfter(res *http.Response) time.Duration {
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// Concurrent implements destination.Concurrent.
func (d *Driver) Concurrent() int { return d.connections }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.url.Redacted() }

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.client.CloseIdleConnections()
	return nil
}
