// Package ginlog logs the requests of a gin engine as [httplog] does: one record a request, ids in and out, the request's logger
// in its context.
//
//	m, err := httplog.New(httplog.Options{Logger: log})
//	engine := gin.New()
//	engine.Use(gin.Recovery(), ginlog.New(m))
//
// The route is gin's (c.FullPath), errors that handlers attach with c.Error are the record's error. Behind gin.Recovery a panic is
// logged with its stack and then answered by gin. Handlers find the logger with hydra.FromContext(c.Request.Context()).
package ginlog
