package natshydra

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/hydra-logger/hydra"
)

// The keys of the attributes that this package writes.
const (
	URLKey     = "url" // without credentials
	ServerKey  = "server"
	SubjectKey = "subject"
	QueueKey   = "queue"
	DroppedKey = "dropped" // messages of a subscription that its program is too slow for
	ServersKey = "servers"
)

// Options returns options for nats.Connect that log what happens to a connection: connected, reconnected and closed without an error at INFO; disconnected,
// a failed reconnect, and a server that will shut down (lame duck) at WARNING; closed by an error, and errors of a subscription at ERROR, with
// its subject, but a slow consumer at WARNING, with the number of messages that were dropped; servers that were discovered at DEBUG. A nil log
// writes nothing.
//
// Callbacks that were set by options in front of these are called too, after the record. Put options of your own with callbacks in front.
func Options(log *hydra.Logger) []nats.Option {
	w := watcher{log}
	return []nats.Option{
		func(o *nats.Options) error {
			disconnected := o.DisconnectedErrCB
			if plain := o.DisconnectedCB; disconnected == nil && plain != nil { //nolint:staticcheck // what the program set goes on to work
				disconnected = func(nc *nats.Conn, _ error) { plain(nc) }
			}
			o.ConnectedCB = both(w.say(hydra.LevelInfo, "nats: connected"), o.ConnectedCB)
			o.ReconnectedCB = both(w.say(hydra.LevelInfo, "nats: reconnected"), o.ReconnectedCB)
			o.LameDuckModeHandler = both(w.say(hydra.LevelWarning, "nats: the server will shut down"), o.LameDuckModeHandler)
			o.DiscoveredServersCB = both(w.discovered, o.DiscoveredServersCB)
			o.ClosedCB = both(w.closed, o.ClosedCB)
			o.DisconnectedErrCB = bothErr(w.sayErr("nats: disconnected"), disconnected)
			o.ReconnectErrCB = bothErr(w.sayErr("nats: reconnect failed"), o.ReconnectErrCB)
			o.AsyncErrorCB = w.failed(o.AsyncErrorCB)
			return nil
		},
	}
}

func both(first, second nats.ConnHandler) nats.ConnHandler {
	return func(nc *nats.Conn) {
		first(nc)
		if second != nil {
			second(nc)
		}
	}
}

func bothErr(first, second nats.ConnErrHandler) nats.ConnErrHandler {
	return func(nc *nats.Conn, err error) {
		first(nc, err)
		if second != nil {
			second(nc, err)
		}
	}
}

// watcher logs what happens to connections.
type watcher struct{ log *hydra.Logger }

func (w watcher) write(level slog.Level, text string, nc *nats.Conn, attrs ...slog.Attr) {
	ctx := context.Background()
	if !w.log.Enabled(ctx, level) {
		return
	}
	if nc != nil {
		if url := nc.ConnectedUrlRedacted(); url != "" {
			attrs = append(attrs, slog.String(URLKey, url), slog.String(ServerKey, nc.ConnectedServerName()))
		}
	}
	w.log.Log(ctx, level, text, attrs...)
}

func (w watcher) say(level slog.Level, text string) nats.ConnHandler {
	return func(nc *nats.Conn) { w.write(level, text, nc) }
}

func (w watcher) sayErr(text string) nats.ConnErrHandler {
	return func(nc *nats.Conn, err error) {
		level := hydra.LevelWarning
		if err == nil { // it was asked to
			level = hydra.LevelInfo
		}
		w.write(level, text, nc, hydra.Err(err))
	}
}

func (w watcher) discovered(nc *nats.Conn) {
	w.write(hydra.LevelDebug, "nats: servers were discovered", nc, slog.Any(ServersKey, nc.DiscoveredServers()))
}

func (w watcher) closed(nc *nats.Conn) {
	err := nc.LastError()
	level := hydra.LevelInfo
	if err != nil {
		level = hydra.LevelError
	}
	w.write(level, "nats: closed", nc, hydra.Err(err))
}

func (w watcher) failed(next nats.ErrHandler) nats.ErrHandler {
	return func(nc *nats.Conn, sub *nats.Subscription, err error) {
		level, text, attrs := hydra.LevelError, "nats: error", []slog.Attr{hydra.Err(err)}
		if sub != nil {
			attrs = append(attrs, slog.String(SubjectKey, sub.Subject))
			if sub.Queue != "" {
				attrs = append(attrs, slog.String(QueueKey, sub.Queue))
			}
		}
		if errors.Is(err, nats.ErrSlowConsumer) && sub != nil {
			level, text = hydra.LevelWarning, "nats: slow consumer"
			if dropped, err := sub.Dropped(); err == nil {
				attrs = append(attrs, slog.Int(DroppedKey, dropped))
			}
		}
		w.write(level, text, nc, attrs...)
		if next != nil {
			next(nc, sub, err)
		}
	}
}
