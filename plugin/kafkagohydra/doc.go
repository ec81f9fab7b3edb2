// Package kafkagohydra ties github.com/segmentio/kafka-go to Hydra-Logger.
//
//	w := &kafka.Writer{Logger: kafkagohydra.NewLogger(log, hydra.LevelDebug), ErrorLogger: kafkagohydra.NewLogger(log, hydra.LevelError)}
//	kafkagohydra.Inject(ctx, &m)                        // before WriteMessages
//	ctx := kafkagohydra.Extract(context.Background(), m) // of a message that was read
package kafkagohydra
