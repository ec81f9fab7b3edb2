// Package cloudauth gives requests the credentials of the large clouds, without their libraries: AWS Signature Version 4 with an
// access key or the role of a machine or container, and access tokens from the metadata server of Google Cloud and from the managed
// identities of Azure. What it asks for is kept until shortly before it expires.
//
// Not built: the web identities of Kubernetes (AWS_WEB_IDENTITY_TOKEN_FILE, AZURE_FEDERATED_TOKEN_FILE), credentials files of
// service accounts, SSO and credential_process of AWS profiles, Azure Arc.
package cloudauth
