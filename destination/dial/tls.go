package dial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS are the settings of a secured connection. The zero value trusts the system's authorities. TLS 1.2 is the
// oldest version that is spoken.
type TLS struct {
	// CA is the path of a PEM file with the authorities that may have signed the server's certificate.
	// Default: those of the system.
	CA string
	// Cert and Key are the paths of PEM files with the client's certificate and its key. Default: none is shown.
	Cert, Key string
	// ServerName is what the server's certificate has to name. Default: the host of the address.
	ServerName string
	// SkipVerify accepts any certificate: whoever is in the way can read and change everything. For tests.
	SkipVerify bool
}

// Config reads the files and returns the configuration for a server at host.
func (t *TLS) Config(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.SkipVerify}
	if c.ServerName == "" {
		c.ServerName = host
	}
	if c.ServerName == "" && !c.InsecureSkipVerify {
		return nil, errors.New("TLS needs a server name: the address names no host")
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("certificates of the authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificates of the authorities: %s holds no PEM certificate", t.CA)
		}
	}
	if (t.Cert == "") != (t.Key == "") {
		return nil, errors.New("a client certificate needs both cert and key")
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
