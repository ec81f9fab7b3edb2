package demo

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the demo, and what goes from service to service.
const (
	streamShop    = "SHOP"
	streamLogs    = "LOGS"
	subjectPlaced = "shop.placed" // gateway → orders
	subjectStored = "shop.stored" // orders → payments
	subjectPaid   = "shop.paid"   // payments → shipping
	ackWait       = 3 * time.Second
	patience      = 30 * time.Second
)

// broker is a NATS server with JetStream inside of this process, and a client of it.
type broker struct {
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
}

func startBroker(dir string) (b *broker, err error) {
	b = &broker{}
	b.server, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir})
	if err != nil {
		return nil, err
	}
	b.server.Start()
	if !b.server.ReadyForConnections(patience) {
		b.stop()
		return nil, errors.New("the NATS server does not start")
	}
	if b.conn, err = nats.Connect(b.server.ClientURL()); err == nil {
		b.js, err = jetstream.New(b.conn)
	}
	for _, c := range []jetstream.StreamConfig{{Name: streamShop, Subjects: []string{"shop.>"}}, {Name: streamLogs, Subjects: []string{"logs.>"}}} {
		if err == nil {
			c.Storage = jetstream.MemoryStorage
			_, err = b.js.CreateStream(context.Background(), c)
		}
	}
	for _, s := range services {
		if err == nil && s.subject != "" {
			_, err = b.js.CreateConsumer(context.Background(), streamShop, jetstream.ConsumerConfig{Durable: s.name, FilterSubject: s.subject,
				AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: -1})
		}
	}
	if err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

func (b *broker) stop() {
	if b.conn != nil {
		b.conn.Close()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// waiting is how many events nobody has acknowledged yet.
func (b *broker) waiting() (n int, err error) {
	for _, s := range services {
		if s.subject == "" {
			continue
		}
		c, err := b.js.Consumer(context.Background(), streamShop, s.name)
		if err != nil {
			return 0, err
		}
		n += int(c.CachedInfo().NumPending) + c.CachedInfo().NumAckPending
	}
	return n, nil
}

// dump writes what a service's destination nats sent to a file, a message a line, in the order of the stream.
func (b *broker) dump(service, path string) error {
	stream, err := b.js.Stream(context.Background(), streamLogs)
	if err != nil {
		return err
	}
	c, err := stream.CreateConsumer(context.Background(), jetstream.ConsumerConfig{FilterSubject: "logs." + service, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true})
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for left := int(c.CachedInfo().NumPending); left > 0; {
		batch, err := c.Fetch(min(left, 2000), jetstream.FetchMaxWait(patience))
		if err != nil {
			return err
		}
		n := 0
		for m := range batch.Messages() {
			all.WriteString(strings.TrimSuffix(string(m.Data()), "\n") + "\n")
			n++
		}
		if left -= n; n == 0 {
			return errors.Join(errors.New("the stream of logs can't be read to its end"), batch.Error())
		}
	}
	return os.WriteFile(path, all.Bytes(), 0o600)
}
