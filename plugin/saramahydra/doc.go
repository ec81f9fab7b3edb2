// Package saramahydra ties github.com/IBM/sarama, a Kafka client, to Hydra-Logger.
//
//	sarama.Logger = saramahydra.NewLogger(log, hydra.LevelWarning)     // of all clients of the process
//	sarama.DebugLogger = saramahydra.NewLogger(log, hydra.LevelDebug)
//	config.Producer.Interceptors = []sarama.ProducerInterceptor{saramahydra.Interceptor{}}
//	producer.SendMessage(&sarama.ProducerMessage{Topic: "orders", Metadata: ctx}) // its ids go along
//	ctx := saramahydra.Extract(session.Context(), message)             // in a consumer
package saramahydra
