package hydra

import "github.com/hydra-logger/hydra/processor"

func (e *engine) makeProcessors() error {
	e.chain = processor.NewChain(e.opts.processors...)
	return nil
}
