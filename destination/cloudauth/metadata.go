package cloudauth

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	askTimeout = 5 * time.Second
	mostAnswer = 64 << 10
)

// asker asks servers of the machine or container that the program runs in. It uses no proxy, follows no redirect, and keeps no
// connection.
type asker struct {
	env  func(string) string
	http http.Client
}

func newAsker(env func(string) string) *asker {
	if env == nil {
		env = os.Getenv
	}
	return &asker{env: env, http: http.Client{
		Timeout:       askTimeout,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask makes a request without body and returns the answer's, when its status is 200. Errors show neither URL nor answer, which
// may hold a credential, but for the host and what a server that refuses says of itself.
func (a *asker) ask(ctx context.Context, method, target string, header map[string]string) ([]byte, http.Header, error) {
	return a.send(ctx, method, target, header, nil)
}

// post sends a form to a server on the internet, through the proxy of the environment, and is else as ask. Only a server of the
// machine itself gets it without TLS.
func (a *asker) post(ctx context.Context, target string, form url.Values) ([]byte, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return nil, errors.New("the address of the server that gives credentials is no URL")
	}
	if u.Scheme != "https" && !trusted(u.Hostname()) {
		return nil, fmt.Errorf("%s may be asked for credentials over https only", u.Hostname())
	}
	public := &asker{env: a.env, http: a.http}
	public.http.Transport = &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}
	body, _, err := public.send(ctx, http.MethodPost, target, map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		strings.NewReader(form.Encode()))
	return body, err
}

func (a *asker) send(ctx context.Context, method, target string, header map[string]string, content io.Reader) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, content)
	if err != nil {
		return nil, nil, errors.New("the address of the server that gives credentials can't be parsed")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := a.http.Do(r)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return nil, nil, fmt.Errorf("asking %s for credentials: %w", r.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("asking %s for credentials: the answer broke off: %w", r.URL.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("asking %s for credentials: %d %s%s", r.URL.Host, resp.StatusCode, http.StatusText(resp.StatusCode), complaint(body))
	}
	return body, resp.Header, nil
}

// complaint is what an answer in JSON, or in XML as of STS, says of an error.
func complaint(body []byte) string {
	var e struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	var x struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if json.Unmarshal(body, &e) != nil && xml.Unmarshal(body, &x) != nil {
		return ""
	}
	var text strings.Builder
	for _, part := range []string{e.Error, e.Description, e.Message, x.Code, x.Message} {
		if part != "" {
			text.WriteString(": " + strings.Map(printable, part[:min(len(part), 200)]))
		}
	}
	return text.String()
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// number is a JSON number, also where it is written as a text.
type number int64

func (n *number) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil {
		return errors.New("not a number")
	}
	*n = number(v)
	return nil
}

// Token asks for access tokens. Its methods may be called by several goroutines at once.
type Token struct {
	held  *held[string]
	fetch func(context.Context) (string, time.Time, error)
}

// Authorize sets the header Authorization. The secrets are what no error may show.
func (t *Token) Authorize(r *http.Request, _ []byte) (secrets []string, err error) {
	token, err := t.held.get(r.Context(), t.fetch)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return []string{token}, nil
}

// tokenAnswer is what both clouds answer.
type tokenAnswer struct {
	Token     string `json:"access_token"`
	ExpiresIn number `json:"expires_in"` // seconds
	ExpiresOn number `json:"expires_on"` // seconds since 1970
}

func (a *tokenAnswer) read(body []byte, host string) (string, time.Time, error) {
	if json.Unmarshal(body, a) != nil || a.Token == "" || strings.ContainsFunc(a.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", time.Time{}, fmt.Errorf("the answer of %s holds no access token", host)
	}
	switch {
	case a.ExpiresIn > 0:
		return a.Token, time.Now().Add(time.Duration(a.ExpiresIn) * time.Second), nil
	case a.ExpiresOn > 0:
		return a.Token, time.Unix(int64(a.ExpiresOn), 0), nil
	}
	return a.Token, time.Now().Add(renewPause), nil
}

// Google returns the tokens of a service account that is attached to the machine, pod or function, from the metadata server. account is
// its name; "" is the default one. For an account that is not attached see [GoogleKey]. See "About VM metadata" and "Authenticate workloads to Google Cloud APIs using service accounts" in
// the documents of Compute Engine. GCE_METADATA_HOST names another server. env is [os.Getenv] where nil.
func Google(account string, env func(string) string) *Token {
	a := newAsker(env)
	if account == "" {
		account = "default"
	}
	return &Token{held: newHeld[string](), fetch: func(ctx context.Context) (string, time.Time, error) {
		host := a.env("GCE_METADATA_HOST")
		if host == "" {
			host = "metadata.google.internal"
		}
		target := "http://" + host + "/computeMetadata/v1/instance/service-accounts/" + url.PathEscape(account) + "/token"
		body, header, err := a.ask(ctx, http.MethodGet, target, map[string]string{"Metadata-Flavor": "Google"})
		if err != nil {
			return "", time.Time{}, err
		}
		if header.Get("Metadata-Flavor") != "Google" {
			return "", time.Time{}, fmt.Errorf("%s is no metadata server of Google Cloud: its answer lacks Metadata-Flavor", host)
		}
		return new(tokenAnswer).read(body, host)
	}}
}

// Azure returns tokens for a resource, such as https://monitor.azure.com: of the application that the environment names with a secret
// or a federated token, as AKS sets it for workload identities (AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or
// AZURE_FEDERATED_TOKEN_FILE), else of a managed identity. client is the id of a user-assigned identity or the application; "" is
// AZURE_CLIENT_ID, else the system's. For a managed identity it asks IDENTITY_ENDPOINT, with IDENTITY_HEADER, where App Service,
// Functions and Container Apps have set it, else the instance metadata service of the machine, or AZURE_POD_IDENTITY_AUTHORITY_HOST in its place.
// See "How managed identities for Azure resources work" and "How to use managed identities for App Service". env is [os.Getenv] where nil.
func Azure(resource, client string, env func(string) string) *Token {
	a := newAsker(env)
	return &Token{held: newHeld[string](), fetch: func(ctx context.Context) (string, time.Time, error) {
		if app, ok := azureAppOf(a.env, client); ok {
			return app.token(ctx, a, resource)
		}
		target, header, err := azureRequest(a.env, resource, client)
		if err != nil {
			return "", time.Time{}, err
		}
		body, _, err := a.ask(ctx, http.MethodGet, target.String(), header)
		if err != nil {
			return "", time.Time{}, err
		}
		return new(tokenAnswer).read(body, target.Host)
	}}
}

func azureRequest(env func(string) string, resource, client string) (*url.URL, map[string]string, error) {
	endpoint, header, version := env("IDENTITY_ENDPOINT"), map[string]string{"Metadata": "true"}, "2018-02-01"
	switch secret := env("IDENTITY_HEADER"); {
	case endpoint != "" && secret != "":
		header, version = map[string]string{"X-IDENTITY-HEADER": secret}, "2019-08-01"
	case endpoint != "":
		return nil, nil, errors.New("IDENTITY_ENDPOINT is set without IDENTITY_HEADER, as by Azure Arc, which is not supported: use a token file")
	default:
		host := env("AZURE_POD_IDENTITY_AUTHORITY_HOST")
		if host == "" {
			host = "http://169.254.169.254"
		}
		endpoint = strings.TrimSuffix(host, "/") + "/metadata/identity/oauth2/token"
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil, nil, errors.New("the address of the managed identity is no URL")
	}
	q := u.Query()
	q.Set("api-version", version)
	q.Set("resource", resource)
	if client == "" {
		client = env("AZURE_CLIENT_ID")
	}
	if client != "" {
		q.Set("client_id", client)
	}
	u.RawQuery = q.Encode()
	return u, header, nil
}
