package cloudauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What these servers are given for credentials, and answer, is after the vendors' documents, which the functions name.

func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheTokenOfAServiceAccountOfKubernetesIsExchangedForTheKeysOfItsRole(t *testing.T) {
	sts := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.FormValue("Action") != "AssumeRoleWithWebIdentity" || r.FormValue("Version") != "2011-06-15" || r.FormValue("RoleSessionName") == "" {
			t.Errorf("%s %v", r.Method, r.Form)
		}
		if r.FormValue("WebIdentityToken") != "eyJ.kube" || r.FormValue("RoleArn") != "arn:aws:iam::1:role/shop" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Audience>a</Audience>
			<Credentials><SessionToken>session</SessionToken><SecretAccessKey>s3cret-key</SecretAccessKey><Expiration>%s</Expiration><AccessKeyId>WEB</AccessKeyId></Credentials>
			</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	})
	good, bad, empty := write(t, "token", []byte("eyJ.kube\n")), write(t, "bad", []byte("eyJ.other")), write(t, "empty", nil)
	credentials := write(t, "credentials", []byte("[default]\naws_access_key_id=FILE\naws_secret_access_key=s3cret-key\n"))
	const arn = "arn:aws:iam::1:role/shop"
	for what, c := range map[string]struct {
		env  []string
		o    AWSOptions
		want string
	}{
		"exchanged":                 {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", good, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", sts, "AWS_SHARED_CREDENTIALS_FILE", credentials}, want: "Credential=WEB/"},
		"a key of the environment":  {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", good, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", sts, "AWS_ACCESS_KEY_ID", "ENV", "AWS_SECRET_ACCESS_KEY", "s3cret-key"}, want: "Credential=ENV/"},
		"a profile that is written": {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", good, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", sts, "AWS_SHARED_CREDENTIALS_FILE", credentials}, o: AWSOptions{Profile: "default"}, want: "Credential=FILE/"},
		"refused":                   {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", bad, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", sts}, want: "400 Bad Request: InvalidIdentityToken: No OpenIDConnect"},
		"no token":                  {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", empty, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", sts}, want: "holds no token"},
		"no file":                   {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "/none", "AWS_ROLE_ARN", arn}, want: "AWS_WEB_IDENTITY_TOKEN_FILE: open /none"},
		"no role":                   {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", good}, want: "without AWS_ROLE_ARN"},
		"no TLS":                    {env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE", good, "AWS_ROLE_ARN", arn, "AWS_ENDPOINT_URL_STS", "http://sts.example.com/"}, want: "https only"},
	} {
		c.o.Region, c.o.Service, c.o.Env = "eu-central-1", "logs", env(c.env...)
		a, err := NewAWS(c.o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := authorization(t, a)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "s3cret") || strings.Contains(got, "eyJ") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestSTSIsAskedInTheRegion(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "https://sts.eu-central-1.amazonaws.com/", "cn-north-1": "https://sts.cn-north-1.amazonaws.com.cn/"} {
		a, err := NewAWS(AWSOptions{Region: region, Service: "logs", Env: env()})
		if err != nil || a.stsURL() != want {
			t.Errorf("%s: %v, %v", region, a.stsURL(), err)
		}
	}
}

// googleFile is a key file as the console makes it.
func googleFile(t *testing.T, key *rsa.PrivateKey, tokenURL string) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "project_id": "p", "private_key_id": "k1", "client_email": "shop@p.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": tokenURL})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// claims checks the signature of a JSON Web Token and returns what it says.
func claims(t *testing.T, token string, key *rsa.PublicKey) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			t.Fatalf("%v %s", err, text)
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		t.Error(err)
	}
	return header, claims
}

func TestAServiceAccountsKeyFileGivesTokensOfGoogle(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var assertions []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("%v", r.Form)
		}
		assertions = append(assertions, r.FormValue("assertion"))
		fmt.Fprint(w, `{"access_token":"ya29.key","expires_in":3599,"token_type":"Bearer"}`)
	})
	token, err := GoogleKey(write(t, "key.json", googleFile(t, key, server+"/token")))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := authorization(t, token); err != nil || got != "Bearer ya29.key" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if len(assertions) != 1 {
		t.Fatalf("asked %d times", len(assertions))
	}
	header, says := claims(t, assertions[0], &key.PublicKey)
	if header["alg"] != "RS256" || header["typ"] != "JWT" || header["kid"] != "k1" {
		t.Errorf("header %v", header)
	}
	if says["iss"] != "shop@p.iam.gserviceaccount.com" || says["aud"] != server+"/token" || says["scope"] != googleScope || says["exp"].(float64)-says["iat"].(float64) != 3600 {
		t.Errorf("claims %v", says)
	}
}

func TestAKeyFileOfGoogleThatCannotBeUsedIsRefusedWithoutShowingIt(t *testing.T) {
	for want, text := range map[string]string{
		"not JSON":               "-----BEGIN s3cret",
		`type is "external_a`:    `{"type":"external_account","private_key":"s3cret"}`,
		"private_key is missing": `{"type":"service_account","client_email":"s3cret"}`,
		"not PEM":                `{"type":"service_account","client_email":"x","private_key":"s3cret"}`,
		"no PKCS 8 key":          `{"type":"service_account","client_email":"x","private_key":"-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n"}`,
		"too many":               strings.Repeat(" ", largestKeyFile+1),
	} {
		if _, err := GoogleKey(write(t, "key.json", []byte(text))); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := GoogleKey(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

func TestAzureGivesTheTokenOfAnApplicationThatTheEnvironmentNames(t *testing.T) {
	entra := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tenant-1/oauth2/v2.0/token" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "https://monitor.azure.com/.default" || r.FormValue("client_id") != "app-1" {
			t.Errorf("%s %v", r.URL, r.Form)
		}
		switch {
		case r.FormValue("client_secret") == "s3cret-1":
			fmt.Fprint(w, `{"access_token":"by-secret","expires_in":3599}`)
		case r.FormValue("client_assertion") == "eyJ.kube" && r.FormValue("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
			fmt.Fprint(w, `{"access_token":"by-token","expires_in":3599}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215"}`)
		}
	})
	kube, other := write(t, "token", []byte("eyJ.kube")), write(t, "other", []byte("eyJ.other"))
	app := []string{"AZURE_TENANT_ID", "tenant-1", "AZURE_CLIENT_ID", "app-1", "AZURE_AUTHORITY_HOST", entra + "/"}
	for what, c := range map[string]struct {
		env  []string
		want string
	}{
		"workload identity": {append([]string{"AZURE_FEDERATED_TOKEN_FILE", kube}, app...), "Bearer by-token"},
		"a secret":          {append([]string{"AZURE_CLIENT_SECRET", "s3cret-1", "AZURE_FEDERATED_TOKEN_FILE", kube}, app...), "Bearer by-secret"},
		"a wrong secret":    {append([]string{"AZURE_CLIENT_SECRET", "s3cret-2"}, app...), "401 Unauthorized: invalid_client: AADSTS7000215"},
		"a wrong token":     {append([]string{"AZURE_FEDERATED_TOKEN_FILE", other}, app...), "invalid_client"},
		"no file":           {append([]string{"AZURE_FEDERATED_TOKEN_FILE", "/none"}, app...), "AZURE_FEDERATED_TOKEN_FILE: open /none"},
		"no TLS":            {[]string{"AZURE_TENANT_ID", "t", "AZURE_CLIENT_ID", "a", "AZURE_CLIENT_SECRET", "s3cret-1", "AZURE_AUTHORITY_HOST", "http://example.com"}, "https only"},
	} {
		got, err := authorization(t, Azure("https://monitor.azure.com", "", env(c.env...)))
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "s3cret") || strings.Contains(got, "eyJ") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func FuzzGoogleKeyFile(f *testing.F) {
	f.Add([]byte(`{"type":"service_account","client_email":"x","private_key":"-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := parseGoogleKey(text); err == nil && (k.key == nil || k.Email == "" || k.TokenURL == "") {
			t.Errorf("%+v", k)
		}
	})
}

func FuzzAssumedRole(f *testing.F) {
	f.Add([]byte(`<R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>a</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></R>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = complaint(text)
		if k, _, err := readAssumedRole(text); err == nil && (k.ID == "" || k.Secret == "") {
			t.Errorf("%+v", k)
		}
	})
}
