package hydra

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination/cloudauth"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// newCloud makes the driver of async_cloud. The services have intakes that need no library of theirs:
//
//	aws    CloudWatch Logs, its OTLP endpoint; options region, log_group, log_stream. An API key in auth_token or token_file, else
//	       requests are signed: with credentials access_key_id, secret_access_key and session_token, with the profile of options
//	       profile and credentials_file, else with what cloudauth.AWSOptions lists
//	gcp    Cloud Logging, the OTLP endpoint of Telemetry; option project. An access token in auth_token or token_file, else for the
//	       service account whose key is in option credentials_file or GOOGLE_APPLICATION_CREDENTIALS, else of the metadata server,
//	       for option service_account
//	azure  Azure Monitor, the Logs Ingestion API; url of the endpoint, options rule_id, stream. An access token, else of the application
//	       that the environment names, else of the managed identity, for option client_id
func newCloud(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	switch service := strings.ToLower(strings.TrimSpace(d.Network.ServiceType)); service {
	case "aws":
		return newAWS(t, d, e)
	case "gcp":
		return newGCP(t, d, e)
	case "azure":
		return newAzure(t, d)
	default:
		return nil, fmt.Errorf("service_type %q is none of aws, gcp, azure: for others use otlp or network_http with their URL", d.Network.ServiceType)
	}
}

// newAWS: see "Sending logs to CloudWatch with an OTLP endpoint" in the documents of CloudWatch Logs.
func newAWS(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression     string            `json:"compression"`
		TokenFile       string            `json:"token_file"`
		Resource        map[string]string `json:"resource"`
		Region          string            `json:"region"`
		LogGroup        string            `json:"log_group"`
		LogStream       string            `json:"log_stream"`
		Profile         string            `json:"profile"`
		CredentialsFile string            `json:"credentials_file"`
	}
	if err := errors.Join(noFormat(d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	o.Region = cmp.Or(o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	switch {
	case o.LogGroup == "" || o.LogStream == "":
		return nil, errors.New("service_type aws needs options.log_group and options.log_stream, which exist there already")
	case o.Region == "" && (t.URL == "" || t.Token == "" && o.TokenFile == ""):
		return nil, errors.New("service_type aws needs options.region, or AWS_REGION")
	case strings.Trim(o.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return nil, errors.New("options.region is the name of a region, such as eu-central-1")
	}
	if t.URL == "" {
		t.URL = "https://logs." + o.Region + ".amazonaws.com"
		if strings.HasPrefix(o.Region, "cn-") {
			t.URL += ".cn"
		}
	}
	key := awsKey(&t)
	switch bearer := t.Token != "" || o.TokenFile != ""; {
	case bearer && (key != cloudauth.Key{} || o.Profile != "" || o.CredentialsFile != ""):
		return nil, errors.New("service_type aws: there is both an API key and an access key; write one of them")
	case !bearer:
		signer, err := cloudauth.NewAWS(cloudauth.AWSOptions{Region: o.Region, Service: "logs", Key: key, File: o.CredentialsFile, Profile: o.Profile})
		if err != nil {
			return nil, fmt.Errorf("service_type aws: %w", err)
		}
		t.Authorizer = signer
	}
	t = t.WithHeader("x-aws-log-group", o.LogGroup).WithHeader("x-aws-log-stream", o.LogStream)
	return (&otlpOptions{o.Compression, o.TokenFile, o.Resource}).driver(t, e)
}

// awsKey takes the access key out of the credentials, which else are headers.
func awsKey(t *httpdest.Target) (k cloudauth.Key) {
	for name, value := range t.Header {
		switch strings.ToLower(name) {
		case "access_key_id", "aws_access_key_id":
			k.ID = value
		case "secret_access_key", "aws_secret_access_key":
			k.Secret = value
		case "session_token", "aws_session_token":
			k.SessionToken = value
		default:
			continue
		}
		delete(t.Header, name)
	}
	return k
}

// newGCP: see "Telemetry (OTLP) API" in the documents of Google Cloud.
func newGCP(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string            `json:"compression"`
		TokenFile   string            `json:"token_file"`
		Resource    map[string]string `json:"resource"`
		Project     string            `json:"project"`
		Account     string            `json:"service_account"`
		KeyFile     string            `json:"credentials_file"`
	}
	if err := errors.Join(noFormat(d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	if o.Project == "" {
		return nil, errors.New("service_type gcp needs options.project")
	}
	bearer := t.Token != "" || o.TokenFile != ""
	if several(bearer, o.Account != "", o.KeyFile != "") {
		return nil, errors.New("service_type gcp: a token, options.service_account and options.credentials_file exclude each other; write one of them")
	}
	if !bearer {
		var err error
		if t.Authorizer, err = googleAuthorizer(o.Account, o.KeyFile); err != nil {
			return nil, fmt.Errorf("service_type gcp: %w", err)
		}
	}
	if t.URL == "" {
		t.URL = "https://telemetry.googleapis.com"
	}
	resource := map[string]string{"gcp.project_id": o.Project}
	for k, v := range o.Resource {
		resource[k] = v
	}
	t = t.WithHeader("x-goog-user-project", o.Project)
	return (&otlpOptions{o.Compression, o.TokenFile, resource}).driver(t, e)
}

// googleAuthorizer takes the key of a file where one is named, else asks the metadata server.
func googleAuthorizer(account, keyFile string) (httpdest.Authorizer, error) {
	if account == "" {
		keyFile = cmp.Or(keyFile, os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"))
	}
	if keyFile == "" {
		return cloudauth.Google(account, nil), nil
	}
	return cloudauth.GoogleKey(keyFile)
}

// several reports whether more than one of them is set.
func several(set ...bool) bool {
	n := 0
	for _, is := range set {
		if is {
			n++
		}
	}
	return n > 1
}

const (
	azureMaxBytes = 1 << 20 // of a call
	azureResource = "https://monitor.azure.com"
)

// newAzure: see "Logs Ingestion API in Azure Monitor".
func newAzure(t httpdest.Target, d *config.ResolvedDestination) (*httpdest.Driver, error) {
	var o struct {
		Compression string `json:"compression"`
		TokenFile   string `json:"token_file"`
		RuleID      string `json:"rule_id"`
		Stream      string `json:"stream"`
		APIVersion  string `json:"api_version"`
		ClientID    string `json:"client_id"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	switch {
	case t.URL == "":
		return nil, errors.New("service_type azure needs the url of a data collection endpoint")
	case o.RuleID == "" || o.Stream == "" || strings.ContainsAny(o.RuleID+o.Stream, "/?#"):
		return nil, errors.New("service_type azure needs options.rule_id and options.stream of a data collection rule")
	}
	switch bearer := t.Token != "" || o.TokenFile != ""; {
	case bearer && o.ClientID != "":
		return nil, errors.New("service_type azure: there is both a token and options.client_id; write one of them")
	case !bearer:
		t.Authorizer = cloudauth.Azure(azureResource, o.ClientID, nil)
	}
	if o.APIVersion == "" {
		o.APIVersion = "2023-01-01"
	}
	if o.Compression == "" {
		o.Compression = httpdest.Gzip
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	t = t.WithPath("/dataCollectionRules/"+o.RuleID+"/streams/"+o.Stream).WithQuery("api-version", o.APIVersion)
	return httpdest.New(httpdest.Options{Target: t, Payload: httpdest.Array, MaxBytes: azureMaxBytes})
}
