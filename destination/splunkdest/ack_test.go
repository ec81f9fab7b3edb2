package splunkdest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// indexer numbers requests as a collector does whose token has acknowledgement. It is a fake after the vendor's documents.
type indexer struct {
	mu       sync.Mutex
	next     int64
	channels map[string]bool
	asked    map[int64]int // how often for each request
	late     int           // how often it says that a request is not indexed yet
}

func newIndexer(late int) *indexer {
	return &indexer{channels: map[string]bool{}, asked: map[int64]int{}, late: late}
}

func (x *indexer) decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	channel := r.Header.Get(channelHeader)
	if channel == "" || r.Header.Get("Authorization") != "Splunk secret-token" {
		return nil, fmt.Errorf("the header is %v", r.Header)
	}
	x.channels[channel] = true
	if r.URL.Path == ackPath {
		return nil, x.acknowledge(w, body)
	}
	records, err := decode(httptest.NewRecorder(), r, body)
	if err == nil {
		fmt.Fprintf(w, `{"text":"Success","code":0,"ackId":%d}`, x.next)
		x.next++
	}
	return records, err
}

func (x *indexer) acknowledge(w http.ResponseWriter, body []byte) error {
	var question struct{ Acks []int64 }
	if err := json.Unmarshal(body, &question); err != nil || len(question.Acks) != 1 || question.Acks[0] >= x.next {
		return fmt.Errorf("asked for %s: %w", body, err)
	}
	id := question.Acks[0]
	x.asked[id]++
	fmt.Fprintf(w, `{"acks":{"%d":%v}}`, id, x.asked[id] > x.late)
	return nil
}

func openAck(t *testing.T, url string) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-token"}, Host: "web1", Index: "main", Ack: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverThatWaitsForTheIndexersKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: newIndexer(0).decode, Secrets: []string{"secret-token"},
		Open: func(t *testing.T, url string) destination.Driver { return openAck(t, url) }})
}

func TestARequestIsDeliveredWhenTheIndexersHaveAcknowledgedIt(t *testing.T) {
	x := newIndexer(2)
	s := httpfake.Start(t, x.decode)
	d := openAck(t, s.URL)
	defer d.Close(t.Context())
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			if err := d.Deliver(t.Context(), httpfake.Batch(fmt.Sprintf(`{"n":%d}`, n))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	for id := range int64(4) {
		if x.asked[id] != 3 {
			t.Errorf("request %d: asked %d times, the third answer says that it is indexed", id, x.asked[id])
		}
	}
	for channel := range x.channels {
		if len(x.channels) != 1 || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(channel) {
			t.Errorf("channels: %v", x.channels)
		}
	}
}

func TestWhatTheIndexersDoNotAcknowledgeInTimeIsSentAgain(t *testing.T) {
	s := httpfake.Start(t, newIndexer(1<<30).decode)
	d := openAck(t, s.URL)
	defer d.Close(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := d.Deliver(ctx, httpfake.Batch(`{"n":1}`))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "not acknowledged") {
		t.Error(err)
	}
}

func TestATokenWithoutAcknowledgementIsSaidToBeTheReason(t *testing.T) {
	s := httpfake.Start(t, decode)
	d := openAck(t, s.URL)
	defer d.Close(t.Context())
	err := d.Deliver(t.Context(), httpfake.Batch(`{"n":1}`))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "enable it, or leave out ack") {
		t.Error(err)
	}
}

func TestAnAnswerAboutAcknowledgements(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		done   bool
		kind   destination.Kind
	}{
		{200, `{"acks":{"7":true}}`, true, destination.Delivered},
		{200, `{"acks":{"7":false}}`, false, destination.Delivered},
		{200, `{"acks":{"8":true}}`, false, destination.Delivered},
		{200, `{}`, false, destination.Delivered},
		{503, `{"text":"Server is busy","code":9}`, false, destination.Delivered},
		{429, ``, false, destination.Delivered},
		{400, `{"text":"ACK is disabled","code":14}`, false, destination.Retrying},
		{403, `{"text":"Invalid token","code":4}`, false, destination.Retrying},
		{404, ``, false, destination.Retrying},
		{200, `<html>`, false, destination.Retrying},
	} {
		done, err := indexed(&httpdest.Response{Status: c.status, Body: []byte(c.body), Target: "splunk"}, 7)
		if done != c.done || destination.OutcomeOf(err).Kind != c.kind {
			t.Errorf("%d %s: %v, %v", c.status, c.body, done, err)
		}
	}
}
