package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pace  = 20 * time.Millisecond // between two orders of a client
	quick = 2 * time.Millisecond  // the same in the rush before the kill
)

// clients are customers, who order at the gateway over HTTP.
type clients struct {
	url     string
	orders  atomic.Int64 // sent
	refused atomic.Int64 // not answered with 202
	rush    atomic.Bool
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

func startClients(address string) *clients {
	ctx, cancel := context.WithCancel(context.Background())
	c := &clients{url: "http://" + address + "/orders", stop: cancel}
	for range workers {
		c.wg.Go(func() { c.customer(ctx) })
	}
	return c
}

// end stops the customers and waits for their last answers.
func (c *clients) end() {
	c.stop()
	c.wg.Wait()
}

func (c *clients) customer(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		if err := order(client, c.url, c.orders.Add(1)); err != nil {
			c.refused.Add(1)
		}
		if c.rush.Load() {
			time.Sleep(quick)
		} else {
			time.Sleep(pace)
		}
	}
}

// correlationOf is the id that follows an order through all services. The customer chose it.
func correlationOf(order int64) string { return fmt.Sprintf("order-%05d", order) }

func order(client *http.Client, url string, n int64) error {
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(fmt.Sprintf(`{"order":%d,"amount":%d}`, n, 5+n%95)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Correlation-ID", correlationOf(n))
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the gateway answers %s", res.Status)
	}
	return nil
}
