package hydra

import (
	"fmt"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/redact"
)

// newSecurity makes the redaction of a logger or, beside it, of one destination. Its level is that of the
// configuration where the extension does not say another.
func newSecurity(m maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var o redact.Options
	if err := config.DecodeOptions(x.Settings, &o); err != nil {
		return nil, err
	}
	if o.Level == "" {
		o.Level = x.SecurityLevel
	}
	for _, name := range o.UnknownPatterns() { // as in the original they are no error
		m.ignored.add(fmt.Sprintf("%s.patterns: unknown pattern %q%s; nothing is looked for under this name",
			x.Where, name, config.Possible("patterns", name, redact.PatternNames())))
	}
	return redact.New(o)
}
