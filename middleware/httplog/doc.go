// Package httplog logs HTTP requests, one record a request, and carries ids across them: [Middleware.Handler] for servers
// with any router of net/http, [Middleware.Transport] for clients.
//
// A request's context carries its ids ([correlation.Extract]) and its logger ([hydra.FromContext]); [SetAttrs] adds attributes to
// its record. The response has the correlation id as X-Correlation-ID.
//
// To hold the debug records of a request back until it fails or is slow, configure the keepback processor of the logger with
// trigger WARNING: the record of a failed or slow request lets out what its correlation id has held. What is held is bounded there.
package httplog
