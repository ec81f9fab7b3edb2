package destination

// Assurer is a driver whose target does not say that it keeps a record. Assurance says in a few words, for health, what it means
// that a record counts as delivered; "" where the target does say so.
type Assurer interface {
	Assurance() string
}
