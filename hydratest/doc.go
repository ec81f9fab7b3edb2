// Package hydratest is for tests of programs that log with Hydra-Logger.
//
//	log, rec := hydratest.New(t)
//	handle(log, request)
//	rec.Expect(hydratest.HasMessage("declined"), hydratest.HasAttr("order.id", 42))
//
// The [Recorder] stands behind the real pipeline: what it shows went through
// the journal and a worker, as it does in production. Nothing is printed, unless
// the test fails: then its whole log is. When the test ends, the logger is closed and
// the ledger of every destination is checked.
//
// [Faulty] is a destination that blocks, fails, is slow or takes half of what it
// is given, to see how a program fares with it.
package hydratest
