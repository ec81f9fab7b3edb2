package cloudauth

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// azureApp is an application that shows a secret, or a token of another identity provider that Entra trusts.
type azureApp struct {
	host, tenant, client string
	secret               string
	tokenFile            string
}

// azureAppOf returns the application that the environment names.
func azureAppOf(env func(string) string, client string) (azureApp, bool) {
	app := azureApp{host: env("AZURE_AUTHORITY_HOST"), tenant: env("AZURE_TENANT_ID"), client: client,
		secret: env("AZURE_CLIENT_SECRET"), tokenFile: env("AZURE_FEDERATED_TOKEN_FILE")}
	if app.client == "" {
		app.client = env("AZURE_CLIENT_ID")
	}
	if app.host == "" {
		app.host = "https://login.microsoftonline.com"
	}
	return app, app.tenant != "" && app.client != "" && (app.secret != "" || app.tokenFile != "")
}

// token: see "OAuth 2.0 client credentials flow on the Microsoft identity platform".
func (p azureApp) token(ctx context.Context, a *asker, resource string) (string, time.Time, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.client}, "scope": {strings.TrimSuffix(resource, "/") + "/.default"}}
	if p.secret != "" {
		form.Set("client_secret", p.secret)
	} else {
		token, err := readToken("AZURE_FEDERATED_TOKEN_FILE", p.tokenFile)
		if err != nil {
			return "", time.Time{}, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", token)
	}
	target := strings.TrimSuffix(p.host, "/") + "/" + url.PathEscape(p.tenant) + "/oauth2/v2.0/token"
	body, err := a.post(ctx, target, form)
	if err != nil {
		return "", time.Time{}, err
	}
	return new(tokenAnswer).read(body, p.host)
}
