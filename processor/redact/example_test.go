package redact_test

import (
	"fmt"

	"github.com/hydra-logger/hydra/processor/redact"
)

// A processor for hydra.WithProcessor, which redacts other texts and values too.
func ExampleNew() {
	r, err := redact.New(redact.Options{Keys: []string{"pin_code"}, Actions: map[string]string{"credit_card": "mask"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.RedactString("login of ann@example.com, card 4111 1111 1111 1111, order 20261124001"))
	text, err := r.RedactJSON([]byte(`{"order": "A-17", "pinCode": 1234, "auth": {"access_token": "abcdefghijklmnop"}}`))
	fmt.Println(string(text), err)
	fmt.Println(r.Counts())

	// Output:
	// login of [REDACTED_EMAIL], card ****1111, order 20261124001
	// {"order": "A-17", "pinCode": "[REDACTED]", "auth": {"access_token": "[REDACTED]"}} <nil>
	// [{token 1} {email 1} {credit_card 1} {keys 1}]
}
