package cloudauth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"
)

const (
	googleTokenURL = "https://oauth2.googleapis.com/token"
	googleScope    = "https://www.googleapis.com/auth/cloud-platform"
	assertionLife  = time.Hour // the longest that Google takes
)

// GoogleKey returns the tokens of a service account whose key is in a file, as the console of Google Cloud makes it (type
// service_account). The file is read now, and again for each token, about once an hour. See "Using OAuth 2.0 for server to server
// applications" in the documents of Google Identity, and RFC 7523. Files of other types are refused.
func GoogleKey(path string) (*Token, error) {
	if _, err := readGoogleKey(path); err != nil {
		return nil, err
	}
	a := newAsker(nil)
	return &Token{held: newHeld[string](), fetch: func(ctx context.Context) (string, time.Time, error) {
		k, err := readGoogleKey(path) // which may have been renewed
		if err != nil {
			return "", time.Time{}, err
		}
		assertion, err := k.assertion(time.Now())
		if err != nil {
			return "", time.Time{}, err
		}
		body, err := a.post(ctx, k.TokenURL, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
		if err != nil {
			return "", time.Time{}, err
		}
		return new(tokenAnswer).read(body, k.TokenURL)
	}}, nil
}

type googleKey struct {
	Type     string `json:"type"`
	Email    string `json:"client_email"`
	ID       string `json:"private_key_id"`
	PEM      string `json:"private_key"`
	TokenURL string `json:"token_uri"`

	key *rsa.PrivateKey
}

// readGoogleKey reads and checks a file. Errors show nothing of what it holds but its type.
func readGoogleKey(path string) (*googleKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("credentials file: %w", err)
	}
	if info.Size() > largestKeyFile {
		return nil, fmt.Errorf("credentials file %s: %d bytes are too many", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("credentials file: %w", err)
	}
	k, err := parseGoogleKey(text)
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	return k, nil
}

func parseGoogleKey(text []byte) (*googleKey, error) {
	k := &googleKey{}
	switch err := json.Unmarshal(text, k); {
	case err != nil:
		return nil, errors.New("it is not JSON")
	case k.Type != "service_account":
		return nil, fmt.Errorf("its type is %q; only service_account is supported: others are for people, or need a library of Google", k.Type)
	case k.Email == "" || k.PEM == "":
		return nil, errors.New("client_email or private_key is missing")
	}
	block, _ := pem.Decode([]byte(k.PEM))
	if block == nil {
		return nil, errors.New("private_key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("private_key is no PKCS 8 key")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("private_key is no RSA key")
	}
	k.key = key
	if k.TokenURL == "" {
		k.TokenURL = googleTokenURL
	}
	return k, nil
}

// assertion is a JSON Web Token (RFC 7519), signed with RS256 (RFC 7518), that says who asks.
func (k *googleKey) assertion(now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": k.ID})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": k.Email, "scope": googleScope, "aud": k.TokenURL,
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix()})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing with the service account's key: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
