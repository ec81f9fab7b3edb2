// Package httplog logs HTTP requests, one record a request, and carries ids across them: [Middleware.Handler] for servers
// with any router of net/http, [Middleware.Transport] for clients.
//
// A request's context carries its ids ([correlation.Extract]) and its logger ([hydra.FromContext]); [SetAttrs] adds attributes to
// its record. The response has the correlation id as X-Correlation-ID.
//
// The message is method and path. The attributes, of a server's record, in this order; those in brackets only where there is something to say:
//
//	[slow] [client_aborted]       true
//	[of SetAttrs]
//	method path [route] status
//	duration                      from the first byte of the request's header to the end of the handler: nanoseconds in JSON
//	bytes_out [bytes_in]          of the bodies, without headers
//	[request_body] [request_body_cut]
//	remote_ip host proto [user_agent]
//	[hijacked]
//	[request_headers] [response_headers]   groups, with names in lower case
//	[response_body] [response_body_cut]
//	[panic stack]
//
// remote_ip is that of the connection: behind a proxy it is the proxy's; list X-Forwarded-For in RequestHeaders where it is needed and
// can be trusted. The level is that of [LevelOf], of a panic ERROR.
//
// To hold the debug records of a request back until it fails or is slow, configure an extension of type keep_back of the logger with
// trigger WARNING: the record of a failed or slow request lets out what its correlation id has held. What is held is bounded there.
package httplog
