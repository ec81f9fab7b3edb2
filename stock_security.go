package hydra

import (
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/redact"
)

// newSecurity makes the redaction of a logger or, beside it, of one destination. Its level is that of the
// configuration where the extension does not say another.
func newSecurity(_ maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var o redact.Options
	if err := config.DecodeOptions(x.Settings, &o); err != nil {
		return nil, err
	}
	if o.Level == "" {
		o.Level = x.SecurityLevel
	}
	return redact.New(o)
}
