//go:build unix

package hops

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net"

	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"

	"github.com/hydra-logger/hydra/correlation"
)

// userProperties carries ids in those of a message.
func userProperties(p *paho.PublishProperties) correlation.Carrier {
	return correlation.Pairs(iter.Seq2[string, string](func(yield func(string, string) bool) {
		for _, u := range p.User {
			if !yield(u.Key, u.Value) {
				return
			}
		}
	}), func(name, value string) { p.User.Add(name, value) })
}

func (w *world) mqtt(next send) send {
	s := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	for _, err := range []error{s.AddHook(&auth.AllowHook{}, nil), s.AddListener(l), s.Serve()} {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	connect := func(name string, received func(*paho.Publish)) *paho.Client {
		conn, err := net.Dial("tcp", l.Address())
		if err != nil {
			w.t.Fatal(err)
		}
		c := paho.NewClient(paho.ClientConfig{Conn: conn, OnPublishReceived: []func(paho.PublishReceived) (bool, error){
			func(p paho.PublishReceived) (bool, error) { received(p.Packet); return true, nil }}})
		if _, err := c.Connect(context.Background(), &paho.Connect{ClientID: name, CleanStart: true, KeepAlive: 30}); err != nil {
			w.t.Fatal(err)
		}
		return c
	}
	publisher := connect("stock", func(*paho.Publish) {})
	subscriber := connect("mail", func(p *paho.Publish) {
		order := string(p.Payload)
		in := correlation.WithProperties(userProperties(p.Properties), string(p.Properties.CorrelationData), "")
		next(w.services["mail"].got(w, order, "mqtt", in), order)
	})
	if _, err := subscriber.Subscribe(context.Background(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "orders", QoS: 1}}}); err != nil {
		w.t.Fatal(err)
	}
	w.onClose(func() {
		_, _ = publisher.Disconnect(&paho.Disconnect{}), subscriber.Disconnect(&paho.Disconnect{})
		w.must(s.Close())
	})
	return func(ctx context.Context, order string) {
		p := &paho.PublishProperties{}
		w.services["stock"].sends(ctx, order, "mqtt", userProperties(p))
		_, err := publisher.Publish(ctx, &paho.Publish{Topic: "orders", QoS: 1, Payload: []byte(order), Properties: p})
		w.must(err)
	}
}
