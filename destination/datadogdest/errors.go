package datadogdest

import "github.com/hydra-logger/hydra/destination/httpdest"

// Datadog answers 202 when it has taken a request; 413 for one that is too large, 400 for one that it can't read: rejected, and
// halved by the worker. 408, 429 and 5xx are to be tried again, 401 and 403 say that the API key is wrong: retried, like all that
// somebody can mend. That is the general table, see [httpdest.Outcome].
func outcome(r *httpdest.Response) error { return httpdest.Outcome(r) }
