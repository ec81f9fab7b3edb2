package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra/examples/internal/killtest"
)

const patience = 60 * time.Second

func TestMain(m *testing.M) {
	killtest.Main(main)
	os.Exit(m.Run())
}

// broker runs a server with the stream ORDERS.
func broker(t *testing.T) (url string, js jetstream.JetStream) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders"}, Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	return s.ClientURL(), js
}

// publish sends n orders, each a flow of its own.
func publish(t *testing.T, js jetstream.JetStream, orders *killtest.Orders, run, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("o-%d-%d", run, i)
		m := nats.NewMsg("orders")
		m.Data = fmt.Appendf(nil, `{"order_id":%q,"amount":%d}`, id, i)
		m.Header.Set("correlation_id", "flow-"+id)
		m.Header.Set("Nats-Msg-Id", "event-"+id)
		orders.Send(id)
		if _, err := js.PublishMsgAsync(m); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		t.Fatal("the server does not take the events")
	}
	for i := range n {
		orders.Accept(fmt.Sprintf("o-%d-%d", run, i))
	}
}

// idle waits until every event is acknowledged.
func idle(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		c, err := js.Consumer(context.Background(), "ORDERS", consumer)
		if err != nil {
			t.Fatal(err)
		}
		i := c.CachedInfo()
		if i.NumPending == 0 && i.NumAckPending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d events wait, %d are not acknowledged", i.NumPending, i.NumAckPending)
		}
	}
}

func TestKilledAtRandomEveryEventThatWasAcknowledgedIsLogged(t *testing.T) {
	url, js := broker(t)
	dir, orders := killtest.Copy(t, "hydra.yaml"), killtest.NewOrders()
	for run := range killtest.Kills() {
		p := killtest.Start(t, dir, "NATS_URL="+url)
		killed := make(chan struct{})
		go func() { killtest.Moment(); p.Kill(); close(killed) }()
		publish(t, js, orders, run, 2000)
		<-killed
	}
	p := killtest.Start(t, dir, "NATS_URL="+url)
	idle(t, js)
	file := filepath.Join(dir, "logs", "events.jsonl")
	orders.Until(t, file).Check(t, "events.jsonl", true) // an event that was logged and not acknowledged comes again
	p.Kill()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `"correlation_id":"flow-o-0-7","message_id":"event-o-0-7"`) {
		t.Errorf("the ids of an event are not in its record: %v", err)
	}
}

func TestAnEventThatIsNoOrderIsAFailureForPeople(t *testing.T) {
	url, js := broker(t)
	dir := killtest.Copy(t, "hydra.yaml")
	p := killtest.Start(t, dir, "NATS_URL="+url)
	if _, err := js.Publish(t.Context(), "orders", []byte("{")); err != nil {
		t.Fatal(err)
	}
	idle(t, js)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(dir, "logs", "failures.log"))
		if strings.Contains(string(text), "| ERROR | failures | no order") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q", text)
		}
	}
	p.Kill()
}
