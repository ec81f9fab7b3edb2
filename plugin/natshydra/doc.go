// Package natshydra ties github.com/nats-io/nats.go to Hydra-Logger.
//
//	nc, err := nats.Connect(url, natshydra.Options(log)...)
//	...
//	natshydra.Inject(ctx, msg)                       // before PublishMsg
//	ctx := natshydra.Extract(context.Background(), msg) // in a handler
//
// The client has no logger, only callbacks: [Options] fills them. [Inject] and [Extract] carry the ids of a
// context in the header of a message; the causation id is the Nats-Msg-Id of the message in hand, or its place in its stream.
package natshydra
