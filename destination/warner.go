package destination

// Warner is a driver that is configured in a way that somebody should know about, such as a certificate that is
// not verified. Health shows the warnings as long as it runs. They hold no credential.
type Warner interface {
	Warnings() []string
}
