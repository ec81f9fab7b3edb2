package record

// Map returns the error with change applied to its message and to the messages of the errors that it wraps.
// Types and depths stay. It is e itself when change changes nothing.
func (e *Error) Map(change func(string) string) *Error {
	message := change(e.message)
	same := message == e.message
	var chain []byte
	var l Link
	for c := e.Chain(); c.Next(&l); {
		text := change(l.Message)
		same = same && text == l.Message
		at := len(chain)
		chain = append(chain, make([]byte, len(l.Type)+len(text)+3*maxVarint)...)
		i := putUvarint(chain, at, uint64(l.Depth))
		i = putString(chain, i, l.Type)
		chain = chain[:putString(chain, i, text)]
	}
	if same {
		return e
	}
	return &Error{message: message, name: e.name, chain: string(chain)}
}
