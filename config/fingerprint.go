package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Fingerprint is equal for configurations that have the same effect: it is a
// hash over what [Resolve] decides, not over how it is written. A
// configuration that is wrong has a fingerprint of its own text.
func (c *Config) Fingerprint() string {
	plan, err := Resolve(c)
	if err != nil {
		return fingerprint(c)
	}
	return plan.Fingerprint()
}

// Fingerprint is equal for plans with the same effect.
func (p Plan) Fingerprint() string {
	p.Warnings = nil
	all := make([]ResolvedDestination, len(p.Destinations))
	for i, d := range p.Destinations {
		d.Where = nil
		d.Extensions = withoutPlaces(d.Extensions)
		all[i] = d
	}
	p.Destinations = all
	return fingerprint(p)
}

// fingerprint hashes a value by its JSON form; map keys are sorted there.
func fingerprint(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		data = fmt.Appendf(nil, "%#v", v)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
