package main

import (
	"bytes"
	"encoding/json"
)

// decodeRules fills f from the keys of a file. An unknown key is an error.
func decodeRules(raw map[string]any, f *redactFile) error {
	data, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(f)
}
