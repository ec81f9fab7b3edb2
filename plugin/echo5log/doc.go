// Package echolog logs the requests of an echo server (version 5; for version 4: plugin/echolog) as [httplog] does: one record a request, ids in and out, the
// request's logger in its context.
//
//	m, err := httplog.New(httplog.Options{Logger: log})
//	e := echo.New()
//	e.Use(middleware.Recover(), echo5log.New(m))
//
// The route is echo's (c.Path), an error that the handler returns is the record's error. Behind echo's Recover a panic is logged
// with its stack and then answered by echo. Handlers find the logger with hydra.FromContext(c.Request().Context()).
package echo5log
