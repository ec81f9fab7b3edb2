// Package redishydra ties github.com/redis/go-redis to Hydra-Logger.
//
//	redis.SetLogger(redishydra.NewLogger(log, hydra.LevelWarning)) // of all clients, which have one logger in common
//	client.AddHook(redishydra.NewHook(log, redishydra.Options{Slow: 50 * time.Millisecond}))
//	ctx = redishydra.Extract(ctx, message)                         // the ids of an entry of a stream
//
// Into an entry of a stream ids are written with the carrier that package correlation has: correlation.Inject(ctx, correlation.Table(values)).
//
// Arguments of commands are never logged: keys and values may be secret.
package redishydra
