package amqphydra

import (
	"context"
	"log/slog"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes.
const (
	AddrKey       = "addr"
	CodeKey       = "code" // of AMQP
	ReasonKey     = "reason"
	ExchangeKey   = "exchange"
	RoutingKeyKey = "routing_key"
	ConsumerKey   = "consumer_tag"
)

// Watch logs what happens to a connection: that it ended with an error (ERROR), that the server blocks it and does not any more (WARNING, INFO). Its
// goroutines end with the connection.
func Watch(log *hydra.Logger, conn *amqp.Connection) {
	addr := slog.String(AddrKey, conn.RemoteAddr().String())
	each(conn.NotifyClose(make(chan *amqp.Error, 1)), func(err *amqp.Error) { closed(log, "amqp: connection closed", err, addr) })
	each(conn.NotifyBlocked(make(chan amqp.Blocking, 1)), func(b amqp.Blocking) {
		if b.Active {
			log.Warn(context.Background(), "amqp: the server blocks the connection", addr, slog.String(ReasonKey, b.Reason))
			return
		}
		log.Info(context.Background(), "amqp: the connection is not blocked any more", addr)
	})
}

// WatchChannel logs what happens to a channel: that it ended with an error (ERROR), that the server cancelled a consumer (WARNING), and messages that
// come back because no queue takes them, with their ids (WARNING). Its goroutines end with the channel.
func WatchChannel(log *hydra.Logger, ch *amqp.Channel) {
	each(ch.NotifyClose(make(chan *amqp.Error, 1)), func(err *amqp.Error) { closed(log, "amqp: channel closed", err) })
	each(ch.NotifyCancel(make(chan string, 1)), func(tag string) {
		log.Warn(context.Background(), "amqp: consumer cancelled by the server", slog.String(ConsumerKey, tag))
	})
	each(ch.NotifyReturn(make(chan amqp.Return, 1)), func(r amqp.Return) {
		c := received{correlation.Table(r.Headers), property(r.CorrelationId, r.ReplyTo), r.MessageId}
		log.Warn(correlation.Extract(context.Background(), c), "amqp: message returned", slog.String(ExchangeKey, r.Exchange),
			slog.String(RoutingKeyKey, r.RoutingKey), slog.Int(CodeKey, int(r.ReplyCode)), slog.String(ReasonKey, r.ReplyText))
	})
}

// each calls f until the client closes the channel, which it does when its connection or channel ends.
func each[T any](from <-chan T, f func(T)) {
	go func() {
		for v := range from {
			f(v)
		}
	}()
}

func closed(log *hydra.Logger, text string, err *amqp.Error, attrs ...slog.Attr) {
	if err != nil {
		log.Error(context.Background(), text, append(attrs, slog.Int(CodeKey, err.Code), hydra.Err(err))...)
	}
}
