// Package api is the JSON API by which other programs, a CRM or a web site, tell what contacts did
// and change what Andante knows of them. It speaks OpenAPI 3.1 (/api/v1/openapi.json), answers
// errors in the form of RFC 9457, and lets in who has a key with the scope.
//
// It decides nothing: it reads a request, checks it as an import would, and calls ops. It refuses to
// know SQL.
//
// Invariants: nothing is read or changed without a key; every change is noted with the key's name; a
// request that is sent again with its Idempotency-Key counts once.
package api
