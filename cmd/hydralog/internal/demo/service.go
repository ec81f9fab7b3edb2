package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/natsdest"
)

// role is one of the services: a process of its own.
type role struct {
	name    string
	subject string // of the events that it handles, "" for none
	run     func(ctx context.Context, s *service) error
}

var services = []role{
	{"gateway", "", serveHTTP},
	{"orders", subjectPlaced, consume((*worker).store)},
	{"payments", subjectStored, consume((*worker).charge)},
	{"shipping", subjectPaid, consume((*worker).ship)},
}

// service is the process of a role.
type service struct {
	name  string
	log   *hydra.Logger
	layer [kinds]*hydra.Logger
	calls *callsFile
	js    jetstream.JetStream
}

// Service is the program that the demo runs four times, and kills: it handles orders until its standard input ends, notes each
// log call in the file of calls, closes its logger and writes down its health. Every service reads the same configuration.
func Service(dir, name string) error {
	var r *role
	for i := range services {
		if services[i].name == name {
			r = &services[i]
		}
	}
	if r == nil {
		return fmt.Errorf("there is no service %q", name)
	}
	signal.Ignore(os.Interrupt) // of the terminal that the demo runs in: the demo ends its services
	s := &service{name: name}
	var err error
	if s.log, err = hydra.Open(filepath.Join(dir, configName), natsdest.Register()); err != nil {
		return err
	}
	if s.calls, err = openCalls(filepath.Join(dir, callsName(name))); err != nil {
		return errors.Join(err, s.log.Close())
	}
	who := slog.String("service", name)
	s.layer = [kinds]*hydra.Logger{kindRequest: s.log.Layer("service").With(who), kindEvent: s.log.Layer("events").With(who), kindAudit: s.log.Layer("audit").With(who)}
	s.layer[kindWork] = s.layer[kindEvent]
	err = s.connected(r)
	return errors.Join(err, s.log.Close(), s.writeHealth(dir), s.calls.close())
}

// connected runs the role with a connection to NATS, until standard input ends.
func (s *service) connected(r *role) error {
	conn, err := nats.Connect(os.Getenv(envNATS))
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.js, err = jetstream.New(conn); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return r.run(ctx, s)
}

func (s *service) writeHealth(dir string) error {
	text, err := json.MarshalIndent(s.log.Health(), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, healthName(s.name)), append(text, '\n'), 0o600)
}

// worker is one goroutine of a service, or the right to answer one request.
type worker struct {
	*service
	number int
}

// write logs one record. The file of calls tells before and after the call, so that a kill leaves no doubt.
func (w *worker) write(ctx context.Context, kind int, level slog.Level, message string, attrs ...slog.Attr) {
	row := rowOf(w.number, kind)
	n := w.calls.begin(row)
	w.layer[kind].Log(ctx, level, message, append(attrs, slog.Int("g", row), slog.Int("n", n))...)
	w.calls.end(row)
}

// work runs f as an operation, whose end is logged with its duration and error.
func (w *worker) work(ctx context.Context, name string, f func(ctx context.Context) error) (err error) {
	row := rowOf(w.number, kindWork)
	n := w.calls.begin(row)
	defer w.calls.end(row)
	ctx, op := hydra.Begin(hydra.NewContext(ctx, w.layer[kindWork]), name, slog.Int("g", row), slog.Int("n", n))
	defer op.End(&err)
	return f(ctx)
}

// shopOrder is what the events say.
type shopOrder struct {
	Order  int64 `json:"order"`
	Amount int   `json:"amount"`
}

func (o shopOrder) attrs() []slog.Attr {
	return []slog.Attr{slog.Int64("order", o.Order), slog.Int("amount", o.Amount)}
}

// publish sends an event on. Its id follows from the order, so that an order that is handled twice goes on once.
func (w *worker) publish(ctx context.Context, subject string, o shopOrder) error {
	m := nats.NewMsg(subject)
	var err error
	if m.Data, err = json.Marshal(o); err != nil {
		return err
	}
	correlation.Inject(ctx, correlation.NATSHeader(m.Header)) // the event in hand is the cause of this one
	m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%s-%d", subject, o.Order))
	_, err = w.js.PublishMsg(ctx, m)
	return err
}

// consume handles the events of a role with all workers until ctx ends.
func consume(handle func(w *worker, ctx context.Context, o shopOrder) error) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		c, err := s.js.Consumer(ctx, streamShop, s.name)
		if err != nil {
			return err
		}
		fmt.Println("ready")
		errs := make([]error, workers)
		var wg sync.WaitGroup
		for i := range workers {
			wg.Go(func() { errs[i] = (&worker{s, i}).consume(ctx, c, handle) })
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

func (w *worker) consume(ctx context.Context, c jetstream.Consumer, handle func(*worker, context.Context, shopOrder) error) error {
	for ctx.Err() == nil {
		batch, err := c.Fetch(4, jetstream.FetchMaxWait(200*time.Millisecond))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			var o shopOrder
			if err := json.Unmarshal(m.Data(), &o); err != nil {
				return err
			}
			event := correlation.Extract(context.WithoutCancel(ctx), correlation.NATSHeader(m.Headers()))
			if err := handle(w, event, o); err != nil {
				return err
			}
			if err := m.Ack(); err != nil {
				return err
			}
		}
	}
	return nil
}
