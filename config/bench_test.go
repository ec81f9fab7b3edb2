package config

import "testing"

// What opening a logger costs before anything is opened: a file of three
// layers that extends a preset is read, checked and resolved.
func BenchmarkRead(b *testing.B) {
	text := []byte("extends: template:enterprise\nlayers: {audit: {destinations: [{type: network_http, url: 'https://h/${HOME}'}]}}\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadText(text, Options{LookupEnv: func(string) (string, bool) { return "x", true }}); err != nil {
			b.Fatal(err)
		}
	}
}
