package cloudauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// AWSOptions say whose key signs requests.
type AWSOptions struct {
	// Region and Service that requests are signed for. Required.
	Region, Service string
	// Key to use. Default: the first that there is of
	//
	//	the profile, where File or Profile is set
	//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
	//	the role AWS_ROLE_ARN, for the token in AWS_WEB_IDENTITY_TOKEN_FILE, as EKS sets them for service accounts
	//	the shared credentials file
	//	the role of the container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI, of ECS and of EKS Pod Identity
	//	the role of the machine, from the instance metadata service (IMDSv2), unless AWS_EC2_METADATA_DISABLED is true
	Key Key
	// File is the shared credentials file. Default: AWS_SHARED_CREDENTIALS_FILE, else .aws/credentials of the user's home.
	File string
	// Profile is a section of that file. Default: AWS_PROFILE, else "default".
	Profile string
	// Env looks a variable of the environment up. Default: [os.Getenv].
	Env func(string) string
}

// AWS signs requests. Its methods may be called by several goroutines at once.
type AWS struct {
	o     AWSOptions
	asker *asker
	file  *keyFile
	role  *held[Key]
}

// NewAWS returns a signer. Nothing is read or asked yet.
func NewAWS(o AWSOptions) (*AWS, error) {
	switch {
	case o.Region == "" || o.Service == "":
		return nil, errors.New("signing needs a region and a service")
	case (o.Key.ID == "") != (o.Key.Secret == "") || o.Key.ID == "" && o.Key.SessionToken != "":
		return nil, errors.New("an access key needs both its id and its secret")
	case o.Key.ID != "" && (o.File != "" || o.Profile != ""):
		return nil, errors.New("there is both an access key and a profile; write one of them")
	}
	s := &AWS{o: o, asker: newAsker(o.Env), role: newHeld[Key]()}
	s.file = &keyFile{path: s.first(o.File, "AWS_SHARED_CREDENTIALS_FILE"), profile: s.first(o.Profile, "AWS_PROFILE")}
	if s.file.path == "" {
		if home, err := os.UserHomeDir(); err == nil {
			s.file.path = filepath.Join(home, ".aws", "credentials")
		}
	}
	if s.file.profile == "" {
		s.file.profile = "default"
	}
	return s, nil
}

func (s *AWS) first(value, variable string) string {
	if value != "" {
		return value
	}
	return s.asker.env(variable)
}

// Authorize signs a request, see [Sign]. The secrets are what no error may show.
func (s *AWS) Authorize(r *http.Request, body []byte) (secrets []string, err error) {
	k, err := s.key(r.Context())
	if err != nil {
		return nil, err
	}
	Sign(r, body, k, s.o.Region, s.o.Service, time.Now())
	return []string{k.Secret, k.SessionToken}, nil
}

func (s *AWS) key(ctx context.Context) (Key, error) {
	if s.o.Key.ID != "" {
		return s.o.Key, nil
	}
	env := s.asker.env
	chosen := s.o.File != "" || s.o.Profile != ""
	if k := (Key{env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN")}); !chosen && k.ID != "" && k.Secret != "" {
		return k, nil
	}
	if path := env("AWS_WEB_IDENTITY_TOKEN_FILE"); path != "" && !chosen {
		return s.role.get(ctx, s.askSTS)
	}
	k, err := s.file.read()
	if err == nil || chosen || !errors.Is(err, errNoKey) {
		return k, err
	}
	k, err = s.role.get(ctx, s.askRole)
	if err != nil {
		return Key{}, fmt.Errorf("there is no access key of AWS: none in the configuration and in AWS_ACCESS_KEY_ID, none of profile %s in %s, and no role: %w", s.file.profile, s.file.path, err)
	}
	return k, nil
}

// askRole asks for the keys of the container's role, else of the machine's.
func (s *AWS) askRole(ctx context.Context) (Key, time.Time, error) {
	env := s.asker.env
	switch relative, full := env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), env("AWS_CONTAINER_CREDENTIALS_FULL_URI"); {
	case relative != "":
		return s.askContainer(ctx, "http://169.254.170.2"+relative)
	case full != "":
		return s.askContainer(ctx, full)
	case strings.EqualFold(env("AWS_EC2_METADATA_DISABLED"), "true"):
		return Key{}, time.Time{}, errors.New("AWS_EC2_METADATA_DISABLED is true")
	}
	return s.askMachine(ctx)
}

// askContainer: see "Container credential provider" in the reference guide of the AWS SDKs.
func (s *AWS) askContainer(ctx context.Context, target string) (Key, time.Time, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return Key{}, time.Time{}, errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL")
	}
	if u.Scheme != "https" && !trusted(u.Hostname()) {
		return Key{}, time.Time{}, fmt.Errorf("AWS_CONTAINER_CREDENTIALS_FULL_URI: %s may be asked over https only", u.Hostname())
	}
	token := s.asker.env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if path := s.asker.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return Key{}, time.Time{}, fmt.Errorf("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %w", err)
		}
		token = strings.TrimSpace(string(text))
	}
	header := map[string]string{}
	if token != "" {
		if strings.ContainsAny(token, "\r\n") {
			return Key{}, time.Time{}, errors.New("the authorization token of the container has several lines")
		}
		header["Authorization"] = token
	}
	body, _, err := s.asker.ask(ctx, http.MethodGet, target, header)
	if err != nil {
		return Key{}, time.Time{}, err
	}
	return readKey(body)
}

// trusted reports addresses of the machine itself, and those of ECS and EKS.
func trusted(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23")
}

// askMachine: see "Use the Instance Metadata Service to access instance metadata" in the User Guide of EC2, version 2.
func (s *AWS) askMachine(ctx context.Context) (Key, time.Time, error) {
	base := strings.TrimSuffix(s.first("", "AWS_EC2_METADATA_SERVICE_ENDPOINT"), "/")
	if base == "" {
		base = "http://169.254.169.254"
	}
	token, _, err := s.asker.ask(ctx, http.MethodPut, base+"/latest/api/token", map[string]string{"X-aws-ec2-metadata-token-ttl-seconds": "300"})
	if err != nil {
		return Key{}, time.Time{}, err
	}
	header := map[string]string{"X-aws-ec2-metadata-token": string(token)}
	path := base + "/latest/meta-data/iam/security-credentials/"
	roles, _, err := s.asker.ask(ctx, http.MethodGet, path, header)
	if err != nil {
		return Key{}, time.Time{}, err
	}
	role, _, _ := strings.Cut(strings.TrimSpace(string(roles)), "\n")
	if role == "" {
		return Key{}, time.Time{}, errors.New("the machine has no role")
	}
	body, _, err := s.asker.ask(ctx, http.MethodGet, path+url.PathEscape(role), header)
	if err != nil {
		return Key{}, time.Time{}, err
	}
	return readKey(body)
}

// readKey reads the answer about a role.
func readKey(body []byte) (Key, time.Time, error) {
	var answer struct {
		Code                                string
		AccessKeyId, SecretAccessKey, Token string
		Expiration                          time.Time
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.AccessKeyId == "" || answer.SecretAccessKey == "" {
		return Key{}, time.Time{}, errors.New("the answer about the role holds no access key")
	}
	return Key{answer.AccessKeyId, answer.SecretAccessKey, answer.Token}, answer.Expiration, nil
}
