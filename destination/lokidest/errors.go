package lokidest

import "github.com/hydra-logger/hydra/destination/httpdest"

// Loki answers 204. 429 and 5xx are tried again, 400 is one of:
//
//	an entry too far behind, or of the same time and text as one before   Loki has taken the others: see below
//	a line too long, too many labels, malformed                          rejected, the record at fault is searched
//
// Of a request with some entries that are too old, Loki takes the others and answers 400. The worker then sends
// halves, and Loki knows an entry with the same time, labels and text: it keeps it once. What is too old becomes a dead letter.
func outcome(r *httpdest.Response) error { return httpdest.Outcome(r) }
