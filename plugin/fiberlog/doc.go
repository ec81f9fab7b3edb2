// Package fiberlog logs the requests of a fiber app (version 3) as httplog does: one record a request with the same attributes and
// levels, ids in and out, the request's logger in its context.
//
//	app := fiber.New()
//	handler, err := fiberlog.New(fiberlog.Options{Options: httplog.Options{Logger: log}})
//	app.Use(recover.New(), handler)
//
// Handlers find the logger with hydra.FromContext(c.Context()).
//
// fiber stands on fasthttp, not on net/http. What follows from that: a client that goes away is not seen, so there is no 499; a
// body that is streamed is sent after the handler, so its size and time are not in the record.
package fiberlog
