// Package amqphydra ties github.com/rabbitmq/amqp091-go, a client of AMQP 0-9-1, to Hydra-Logger.
//
//	amqp091.SetLogger(amqphydra.NewLogger(log, hydra.LevelWarning)) // at the start of the program; of all connections
//	amqphydra.Watch(log, conn)                                      // closed, blocked
//	amqphydra.WatchChannel(log, ch)                                 // closed, cancelled, messages that come back
//	amqphydra.Inject(ctx, &publishing)                              // before Publish
//	ctx := amqphydra.Extract(context.Background(), delivery)        // in a consumer
package amqphydra
