package cloudauth

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

const largestToken = 64 << 10

// askSTS exchanges the token of a service account for the keys of a role: see "AssumeRoleWithWebIdentity" in the reference of the Security
// Token Service. The request is not signed: the token is the credential.
func (s *AWS) askSTS(ctx context.Context) (Key, time.Time, error) {
	env := s.asker.env
	role, session := env("AWS_ROLE_ARN"), env("AWS_ROLE_SESSION_NAME")
	if role == "" {
		return Key{}, time.Time{}, errors.New("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN")
	}
	if session == "" {
		session = "hydra-logger"
	}
	token, err := readToken("AWS_WEB_IDENTITY_TOKEN_FILE", env("AWS_WEB_IDENTITY_TOKEN_FILE"))
	if err != nil {
		return Key{}, time.Time{}, err
	}
	body, err := s.asker.post(ctx, s.stsURL(), url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {role}, "RoleSessionName": {session}, "WebIdentityToken": {token}})
	if err != nil {
		return Key{}, time.Time{}, fmt.Errorf("role %s: %w", role, err)
	}
	return readAssumedRole(body)
}

func (s *AWS) stsURL() string {
	if u := s.asker.env("AWS_ENDPOINT_URL_STS"); u != "" {
		return u
	}
	u := "https://sts." + s.o.Region + ".amazonaws.com"
	if strings.HasPrefix(s.o.Region, "cn-") {
		u += ".cn"
	}
	return u + "/"
}

func readAssumedRole(body []byte) (Key, time.Time, error) {
	var answer struct {
		Credentials struct {
			AccessKeyId, SecretAccessKey, SessionToken string
			Expiration                                 time.Time
		} `xml:"AssumeRoleWithWebIdentityResult>Credentials"`
	}
	err := xml.Unmarshal(body, &answer)
	if c := answer.Credentials; err == nil && c.AccessKeyId != "" && c.SecretAccessKey != "" {
		return Key{c.AccessKeyId, c.SecretAccessKey, c.SessionToken}, c.Expiration, nil
	}
	return Key{}, time.Time{}, errors.New("the answer about the role holds no access key")
}

// readToken reads a file that a variable names; the platform renews it.
func readToken(variable, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || len(token) > largestToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s: %s holds no token", variable, path)
	}
	return token, nil
}
