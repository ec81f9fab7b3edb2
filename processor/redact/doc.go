// Package redact hides secrets in records before they are accepted, and in texts and values outside of a logger.
//
// A secret is found by the name that it stands under (password, access_token, X-Api-Key; in attributes,
// structs, maps, JSON, query strings, headers, connection strings), or by how it looks (cards with their check
// digit, keys of services, JSON Web Tokens, private keys). Numbers, UUIDs, times, addresses of
// hosts and hashes stay.
//
// Texts are scanned by hand-written detectors, each asked only at a character that its secrets have. A rule
// that fails hides the whole text.
package redact
