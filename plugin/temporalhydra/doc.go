// Package temporalhydra ties go.temporal.io/sdk to Hydra-Logger.
//
//	c, err := client.Dial(client.Options{
//		Logger:             temporalhydra.NewLogger(log),
//		ContextPropagators: []workflow.ContextPropagator{temporalhydra.NewPropagator()},
//	})
//
// [NewLogger] is the logger of clients, workers, workflows and activities. [NewPropagator] takes the ids of a context from the
// caller into a workflow and on into its activities and child workflows. [Logger] is for workflows: what workflow.GetLogger returns, with these ids.
// The SDK mutes it while a workflow is replayed.
package temporalhydra
