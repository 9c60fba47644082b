// Package webhooks takes what comes from outside over HTTP: verify, then call
// ops. A GET never changes anything; scanners follow links.
package webhooks
